//! What is sent: exactly what was asked for.

use domain::chat::{ResponseKind, Tool};
use domain::{ApiError, ChatMessage, Content, Part, ToolChoice};
use serde_json::{Map, Value, json};

use super::dialect::Dialect;
use crate::providers::body::{append_options, parsed, pass};
use crate::render::ChatRequest;

/// The body of the request. What is absent is not sent; `provider_options` go through to the byte.
///
/// # Errors
/// When something of it cannot be said on this wire.
pub fn encode(model: &str, dialect: Dialect, request: &ChatRequest) -> Result<String, ApiError> {
    if let Some(native) = request.native() {
        let decided =
            [("model", model.into()), ("stream", true.into()), ("stream_options", json!({"include_usage": true}))];
        return pass(&native.body, &decided, dialect.renamed());
    }
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    body.insert("messages".into(), request.messages().iter().map(message).collect::<Result<_, _>>()?);
    body.insert("stream".into(), true.into());
    body.insert("stream_options".into(), json!({"include_usage": true}));
    params(&mut body, dialect, request);
    if !request.tools().is_empty() {
        body.insert("tools".into(), request.tools().iter().map(tool).collect());
    }
    if let Some(choice) = request.tool_choice() {
        body.insert("tool_choice".into(), tool_choice(&ToolChoice::read(choice)?));
    }
    if let Some(parallel) = request.parallel_tool_calls() {
        body.insert("parallel_tool_calls".into(), parallel.into());
    }
    if let Some(format) = request.response_format() {
        let format = match (format.kind, &format.schema) {
            (ResponseKind::JsonSchema, Some(schema)) => {
                // The wire demands a name; nothing hangs on it.
                let name = format.name.as_deref().unwrap_or("answer");
                let mut inner = json!({"name": name, "schema": parsed(schema.as_str())});
                if let Some(strict) = format.strict {
                    inner["strict"] = strict.into();
                }
                json!({"type": "json_schema", "json_schema": inner})
            }
            _ => json!({"type": "json_object"}),
        };
        body.insert("response_format".into(), format);
    }
    append_options(&body, request.provider_options())
}

fn tool_choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => "auto".into(),
        ToolChoice::None => "none".into(),
        ToolChoice::Required => "required".into(),
        ToolChoice::Tool(name) => json!({"type": "function", "function": {"name": name}}),
    }
}

fn params(body: &mut Map<String, Value>, dialect: Dialect, request: &ChatRequest) {
    let params = request.params();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.into(), value);
        }
    };
    put("temperature", params.temperature.map(Value::from));
    put("top_p", params.top_p.map(Value::from));
    put("top_k", params.top_k.map(Value::from));
    put(dialect.max_tokens(), params.max_tokens.map(Value::from));
    put("stop", params.stop.clone().map(Value::from));
    put("seed", params.seed.map(Value::from));
    put("presence_penalty", params.presence_penalty.map(Value::from));
    put("frequency_penalty", params.frequency_penalty.map(Value::from));
    put("reasoning_effort", params.reasoning_effort.clone().map(Value::from));
    put("logprobs", params.logprobs.map(|_| true.into()));
    put("top_logprobs", params.logprobs.filter(|alternatives| *alternatives > 0).map(Value::from));
}

fn message(message: &ChatMessage) -> Result<Value, ApiError> {
    let mut out = Map::new();
    out.insert("role".into(), message.role.as_str().into());
    let content = match &message.content {
        // A call without a word: the wire refuses an empty list, and has a null for it.
        Content::Text(text) if text.is_empty() && !message.tool_calls.is_empty() => Value::Null,
        Content::Parts(parts) if parts.is_empty() && !message.tool_calls.is_empty() => Value::Null,
        Content::Text(text) => text.as_str().into(),
        Content::Parts(parts) => parts.iter().map(part).collect::<Result<_, _>>()?,
    };
    out.insert("content".into(), content);
    if !message.tool_calls.is_empty() {
        let calls = message.tool_calls.iter().map(|call| {
            json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}})
        });
        out.insert("tool_calls".into(), calls.collect());
    }
    if let Some(id) = &message.tool_call_id {
        out.insert("tool_call_id".into(), id.as_str().into());
    }
    Ok(Value::Object(out))
}

fn part(part: &Part) -> Result<Value, ApiError> {
    Ok(match part {
        Part::Text { text } => json!({"type": "text", "text": text}),
        Part::Image(image) => {
            let mut inner = json!({"url": image.as_url()?});
            if let Some(detail) = &image.detail {
                inner["detail"] = detail.as_str().into();
            }
            json!({"type": "image_url", "image_url": inner})
        }
        // Of another vendor's wire there is none here any more: rendering refuses it.
        Part::Native { json, .. } => parsed(json),
    })
}

fn tool(tool: &Tool) -> Value {
    let mut function = Map::new();
    function.insert("name".into(), tool.name.as_str().into());
    if let Some(description) = &tool.description {
        function.insert("description".into(), description.as_str().into());
    }
    if let Some(parameters) = &tool.parameters {
        function.insert("parameters".into(), parsed(parameters.as_str()));
    }
    if let Some(strict) = tool.strict {
        function.insert("strict".into(), strict.into());
    }
    json!({"type": "function", "function": function})
}

#[cfg(test)]
mod tests {
    use domain::{ModelInfo, NewRun, Role};

    use super::*;
    use crate::render::render;

    #[test]
    fn d1_sends_what_was_asked_for_and_nothing_else() {
        let new = NewRun::new("m", vec![ChatMessage::text(Role::User, "Hi")]);
        let request = render(&new, &ModelInfo::named("m", "p")).expect("renders");
        let body: Value =
            serde_json::from_str(&encode("large", Dialect::Plain, &request).expect("a body")).expect("json");
        assert_eq!(
            body,
            json!({"model": "large", "messages": [{"role": "user", "content": "Hi"}], "stream": true, "stream_options": {"include_usage": true}})
        );
    }

    #[test]
    fn a_call_without_a_word_has_no_empty_list() {
        for content in [r#""""#, "[]"] {
            let new: NewRun = serde_json::from_str(&format!(
                r#"{{"model":"m","messages":[{{"role":"user","content":"Hi"}},{{"role":"assistant","content":{content},"tool_calls":[{{"id":"1","name":"clock","arguments":"{{}}"}}]}}]}}"#
            ))
            .expect("a run");
            let request = render(&new, &ModelInfo::named("m", "p")).expect("renders");
            let body = encode("large", Dialect::Plain, &request).expect("a body");
            let body: Value = serde_json::from_str(&body).expect("json");
            assert_eq!(body["messages"][1]["content"], Value::Null);
        }
    }

    #[test]
    fn provider_options_go_through_to_the_byte() {
        let new: NewRun = serde_json::from_str(
            r#"{"model":"m","messages":[{"role":"user","content":"Hi"}],"params":{"temperature":0.5},"provider_options":{ "x": 1.10e0 }}"#,
        )
        .expect("a run");
        let request = render(&new, &ModelInfo::named("m", "p")).expect("renders");
        let body = encode("large", Dialect::Plain, &request).expect("a body");
        assert!(body.ends_with(r#", "x": 1.10e0 }"#), "{body}");
        assert_eq!(serde_json::from_str::<Value>(&body).expect("json")["temperature"], 0.5);
    }

    #[test]
    fn pictures_tools_and_openais_own_words() {
        let new: NewRun = serde_json::from_str(
            r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image","media_type":"image/png","data":"aGk=","detail":"low"}]}],
                "tools":[{"name":"clock"}],"tool_choice":{"type":"tool","name":"clock"},"params":{"max_tokens":5,"stop":"END"}}"#,
        )
        .expect("a run");
        let request = render(&new, &ModelInfo::named("m", "p")).expect("renders");
        let body = encode("large", Dialect::OpenAi, &request).expect("a body");
        let body: Value = serde_json::from_str(&body).expect("json");
        assert_eq!(
            body["messages"][0]["content"][1],
            json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk=", "detail": "low"}})
        );
        assert_eq!(body["tool_choice"], json!({"type": "function", "function": {"name": "clock"}}));
        assert_eq!((&body["max_completion_tokens"], &body["max_tokens"]), (&json!(5), &Value::Null));
        assert_eq!(body["stop"], json!(["END"]));
    }
}
