//! What is sent: exactly what was asked for, in Anthropic's words.

use domain::chat::{ResponseKind, Tool};
use domain::{ApiError, ChatMessage, Code, Content, ImageSource, Params, Part, Role, ToolCall, ToolChoice};
use serde_json::{Map, Value, json};

use crate::providers::body::{append_options, parsed, pass};
use crate::render::ChatRequest;

/// Refuses what cannot be said on this wire.
///
/// # Errors
/// With the field named.
pub fn check(request: &ChatRequest) -> Result<(), ApiError> {
    if request.native().is_some() {
        return Ok(());
    }
    let first = request.messages().iter().take_while(|message| message.role == Role::System).count();
    let rest = &request.messages()[first..];
    if rest.is_empty() {
        return Err(refuse("`messages` has system prompts only; Anthropic's wire needs a message of the user.".into()));
    }
    for (n, message) in (first..).zip(rest) {
        if message.role == Role::System {
            return Err(refuse(format!(
                "`messages[{n}]` is a system prompt after the conversation has begun; Anthropic's wire has it in front."
            )));
        }
        if message.content.images().next().is_some() && message.role == Role::Assistant {
            return Err(refuse(format!(
                "`messages[{n}]` has a picture; on Anthropic's wire only the user shows some."
            )));
        }
        if message.content.images().any(|image| image.detail.is_some()) {
            return Err(unsupported(format!(
                "`messages[{n}]` has a picture with `detail`, which Anthropic's wire lacks."
            )));
        }
        for call in &message.tool_calls {
            input(call)?;
        }
    }
    if request.response_format().is_some_and(|format| format.kind == ResponseKind::JsonObject) {
        return Err(unsupported(
            "`response_format` is `json_object`, which Anthropic's wire lacks; `json_schema` it has.".into(),
        ));
    }
    if request.response_format().is_some_and(|format| format.strict == Some(false)) {
        return Err(unsupported(
            "`response_format.strict` is false; on Anthropic's wire a schema is always kept.".into(),
        ));
    }
    Ok(())
}

fn refuse(why: String) -> ApiError {
    ApiError::new(Code::InvalidRequest, format!("{why} Nothing was sent."))
}

fn unsupported(why: String) -> ApiError {
    ApiError::new(Code::ParameterNotSupported, format!("{why} Nothing was sent."))
}

/// The body of the request, which `params` are in force for; `provider_options` go through to the byte. The name of a
/// response format is a label that this wire has no place for.
///
/// # Errors
/// As [`check`], and where `provider_options` say something again.
pub fn encode(model: &str, params: &Params, request: &ChatRequest) -> Result<String, ApiError> {
    if let Some(native) = request.native() {
        return pass(&native.body, &[("model", model.into()), ("stream", true.into())], &[]);
    }
    let mut body = said(model, params, request)?;
    body.insert("stream".into(), true.into());
    append_options(&body, request.provider_options())
}

/// The body of the question how many tokens the prompt has.
///
/// # Errors
/// As [`check`].
pub fn encode_count(model: &str, request: &ChatRequest) -> Result<String, ApiError> {
    if let Some(native) = request.native() {
        return pass(&native.body, &[("model", model.into())], &[]);
    }
    let mut body = said(model, &Params::default(), request)?;
    body.retain(|name, _| matches!(name.as_str(), "model" | "system" | "messages" | "tools" | "tool_choice"));
    append_options(&body, None)
}

fn said(model: &str, params: &Params, request: &ChatRequest) -> Result<Map<String, Value>, ApiError> {
    let system: Vec<_> = request.messages().iter().take_while(|message| message.role == Role::System).collect();
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    if let Some(max_tokens) = params.max_tokens {
        body.insert("max_tokens".into(), max_tokens.into());
    }
    let texts: Vec<_> =
        system.iter().flat_map(|message| message.content.texts()).filter(|text| !text.is_empty()).collect();
    match texts[..] {
        [] => {}
        [text] => drop(body.insert("system".into(), text.into())),
        _ => drop(body.insert("system".into(), texts.into_iter().map(text_block).collect())),
    }
    body.insert("messages".into(), messages(&request.messages()[system.len()..])?);
    put_params(&mut body, params);
    if !request.tools().is_empty() {
        body.insert("tools".into(), request.tools().iter().map(tool).collect());
    }
    let choice = request.tool_choice().map(ToolChoice::read).transpose()?;
    if let Some(choice) = tool_choice(choice, request) {
        body.insert("tool_choice".into(), choice);
    }
    if let Some(output) = output_config(params, request) {
        body.insert("output_config".into(), output);
    }
    Ok(body)
}

fn put_params(body: &mut Map<String, Value>, params: &Params) {
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.into(), value);
        }
    };
    put("temperature", params.temperature.map(Value::from));
    put("top_p", params.top_p.map(Value::from));
    put("top_k", params.top_k.map(Value::from));
    put("stop_sequences", params.stop.clone().map(Value::from));
}

/// <https://docs.anthropic.com/en/docs/build-with-claude/structured-outputs> and …/effort
fn output_config(params: &Params, request: &ChatRequest) -> Option<Value> {
    let mut config = Map::new();
    if let Some(effort) = &params.reasoning_effort {
        config.insert("effort".into(), effort.as_str().into());
    }
    if let Some(schema) = request.response_format().and_then(|format| format.schema.as_ref()) {
        config.insert("format".into(), json!({"type": "json_schema", "schema": parsed(schema.as_str())}));
    }
    (!config.is_empty()).then_some(Value::Object(config))
}

/// Results of tools that stand in a row belong into one message of the user.
fn messages(messages: &[ChatMessage]) -> Result<Value, ApiError> {
    let mut out: Vec<Value> = Vec::with_capacity(messages.len());
    let mut results: Vec<Value> = Vec::new();
    for message in messages {
        if message.role == Role::Tool {
            results.push(tool_result(message)?);
            continue;
        }
        flush(&mut results, &mut out);
        out.push(json!({"role": message.role.as_str(), "content": content(message)?}));
    }
    flush(&mut results, &mut out);
    Ok(out.into())
}

fn flush(results: &mut Vec<Value>, out: &mut Vec<Value>) {
    if !results.is_empty() {
        out.push(json!({"role": "user", "content": std::mem::take(results)}));
    }
}

fn content(message: &ChatMessage) -> Result<Value, ApiError> {
    if let (Content::Text(text), []) = (&message.content, &message.tool_calls[..]) {
        return Ok(text.as_str().into());
    }
    let mut blocks = blocks(&message.content)?;
    for call in &message.tool_calls {
        blocks.push(json!({"type": "tool_use", "id": call.id, "name": call.name, "input": input(call)?}));
    }
    Ok(blocks.into())
}

/// Empty texts are left out: the wire refuses them, and they say nothing.
fn blocks(content: &Content) -> Result<Vec<Value>, ApiError> {
    match content {
        Content::Text(text) => Ok((!text.is_empty()).then(|| text_block(text)).into_iter().collect()),
        Content::Parts(parts) => {
            parts.iter().filter(|part| part.text().is_none_or(|text| !text.is_empty())).map(block).collect()
        }
    }
}

fn block(part: &Part) -> Result<Value, ApiError> {
    Ok(match part {
        Part::Text { text } => text_block(text),
        Part::Image(image) => {
            let source = match image.source()? {
                ImageSource::Inline { media_type, data } => {
                    json!({"type": "base64", "media_type": media_type, "data": data})
                }
                ImageSource::Remote(url) => json!({"type": "url", "url": url}),
            };
            json!({"type": "image", "source": source})
        }
        // Of another vendor's wire there is none here any more: rendering refuses it.
        Part::Native { json, .. } => parsed(json),
    })
}

fn text_block(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn tool_result(message: &ChatMessage) -> Result<Value, ApiError> {
    let content: Value = match &message.content {
        Content::Text(text) => text.as_str().into(),
        Content::Parts(_) => blocks(&message.content)?.into(),
    };
    let id = message.tool_call_id.as_deref().unwrap_or_default();
    Ok(json!({"type": "tool_result", "tool_use_id": id, "content": content}))
}

fn input(call: &ToolCall) -> Result<Value, ApiError> {
    let text = if call.arguments.trim().is_empty() { "{}" } else { &call.arguments };
    serde_json::from_str::<Map<String, Value>>(text).map(Value::Object).map_err(|error| {
        let name: String = call.name.chars().take(100).collect();
        refuse(format!(
            "The arguments of the tool call `{name}` are not a JSON object ({error}), which Anthropic's wire demands."
        ))
    })
}

fn tool(tool: &Tool) -> Value {
    let mut out = Map::new();
    out.insert("name".into(), tool.name.as_str().into());
    if let Some(description) = &tool.description {
        out.insert("description".into(), description.as_str().into());
    }
    // The wire demands a schema; a tool without one takes nothing.
    let schema = tool.parameters.as_ref().map_or_else(|| json!({"type": "object"}), |schema| parsed(schema.as_str()));
    out.insert("input_schema".into(), schema);
    if let Some(strict) = tool.strict {
        out.insert("strict".into(), strict.into());
    }
    out.into()
}

/// On this wire it stands in the choice of tools whether they may be called side by side.
fn tool_choice(choice: Option<ToolChoice>, request: &ChatRequest) -> Option<Value> {
    let one_by_one = request.parallel_tool_calls() == Some(false) && !request.tools().is_empty();
    let mut said = match choice.or(one_by_one.then_some(ToolChoice::Auto))? {
        ToolChoice::None => return Some(json!({"type": "none"})),
        ToolChoice::Auto => json!({"type": "auto"}),
        ToolChoice::Required => json!({"type": "any"}),
        ToolChoice::Tool(name) => json!({"type": "tool", "name": name}),
    };
    if one_by_one {
        said["disable_parallel_tool_use"] = true.into();
    }
    Some(said)
}

#[cfg(test)]
mod tests {
    use domain::{ModelInfo, NewRun};

    use super::*;
    use crate::render::render;

    fn body(json: &str) -> Result<Value, ApiError> {
        let new: NewRun = serde_json::from_str(json).expect("a run");
        let request = render(&new, &ModelInfo::named("m", "p")).expect("renders");
        check(&request)?;
        let params = Params { max_tokens: Some(99), ..request.params().clone() };
        encode("large", &params, &request).map(|body| serde_json::from_str(&body).expect("json"))
    }

    #[test]
    fn d1_sends_what_was_asked_for_and_nothing_else() {
        let sent = body(r#"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#).expect("a body");
        let want = json!({"model": "large", "max_tokens": 99, "messages": [{"role": "user", "content": "Hi"}], "stream": true});
        assert_eq!(sent, want);
    }

    #[test]
    fn everything_has_its_word() {
        let sent = body(
            r#"{"model":"m","messages":[
                {"role":"system","content":"Be short."},{"role":"system","content":"Be kind."},
                {"role":"user","content":[{"type":"text","text":"What?"},{"type":"image","url":"data:image/png;base64,aGk="},{"type":"image","url":"https://example.org/a.png"}]},
                {"role":"assistant","content":"","tool_calls":[{"id":"c1","name":"clock","arguments":"{\"n\":1}"},{"id":"c2","name":"clock","arguments":""}]},
                {"role":"tool","tool_call_id":"c1","content":"noon"},{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"one"}]},
                {"role":"user","content":"And now?"},{"role":"assistant","content":"It is"}],
              "params":{"temperature":0.5,"top_p":0.9,"top_k":4,"stop":["END"],"reasoning_effort":"low"},
              "tools":[{"name":"clock"}],"tool_choice":"required",
              "response_format":{"type":"json_schema","schema":{"type":"object"}},
              "provider_options":{"metadata":{"user_id":"u"}}}"#,
        )
        .expect("a body");
        assert_eq!(sent["system"], json!([text_block("Be short."), text_block("Be kind.")]));
        assert_eq!(
            sent["messages"],
            json!([
                {"role": "user", "content": [text_block("What?"),
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
                    {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}}]},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "clock", "input": {"n": 1}},
                    {"type": "tool_use", "id": "c2", "name": "clock", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "noon"},
                    {"type": "tool_result", "tool_use_id": "c2", "content": [text_block("one")]}]},
                {"role": "user", "content": "And now?"},
                {"role": "assistant", "content": "It is"},
            ])
        );
        assert_eq!(
            (&sent["temperature"], &sent["top_k"], &sent["stop_sequences"]),
            (&json!(0.5), &json!(4), &json!(["END"]))
        );
        assert_eq!(sent["tools"], json!([{"name": "clock", "input_schema": {"type": "object"}}]));
        assert_eq!(sent["tool_choice"], json!({"type": "any"}));
        assert_eq!(
            sent["output_config"],
            json!({"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}})
        );
        assert_eq!(sent["metadata"], json!({"user_id": "u"}));
    }

    #[test]
    fn what_the_wire_lacks_is_refused_by_name() {
        for (more, part) in [
            (r#""messages":[{"role":"system","content":"x"}]"#, "system prompts only"),
            (r#""messages":[{"role":"user","content":"x"},{"role":"system","content":"y"}]"#, "messages[1]"),
            (
                r#""messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"}"#,
                "response_format",
            ),
            (
                r#""messages":[{"role":"user","content":"x"}],"params":{"top_k":3},"provider_options":{"top_k":4}"#,
                "provider_options.top_k",
            ),
            (
                r#""messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"c","name":"t","arguments":"[]"}]},{"role":"tool","tool_call_id":"c","content":"y"}]"#,
                "arguments",
            ),
        ] {
            let error = body(&format!(r#"{{"model":"m",{more}}}"#)).expect_err(part);
            assert!(error.message.contains(part), "{error}");
        }
    }
}
