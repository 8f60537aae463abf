//! Messages: what is asked for.
//!
//! <https://docs.anthropic.com/en/api/messages>

use domain::chat::{ResponseKind, Tool, Verbatim};
use domain::{ApiError, ChatMessage, Content, Image, NewRun, Params, Part, ResponseFormat, Role, ToolCall, Vendor};
use serde_json::json;
use serde_json::value::RawValue;

use crate::reading::{Reader, Reading, Target, literal, verbatim, verbatim_text};
use domain::fields::{Fields, invalid, join};

/// Fields that change nothing in the answer: who asks, billing, caches, where and how fast it is computed.
const HINTS: [&str; 8] = [
    "metadata",
    "service_tier",
    "cache_control",
    "inference_geo",
    "diagnostics",
    "speed",
    "user_profile_id",
    "workspace_id",
];

/// Reads the body's fields, of which the model has been taken. To count tokens `max_tokens` is not needed.
///
/// # Errors
/// What is wrong, with the field named; also what this model cannot be told.
pub fn read(mut fields: Fields<'_>, target: &Target, is_count: bool) -> Result<Reading, ApiError> {
    let mut reader = Reader::new(target, Vendor::Anthropic, true);
    let mut messages = system(&mut fields, &mut reader)?;
    reader.stands(messages.len(), "system");
    let list = match fields.list("messages")? {
        Some(list) => list,
        None if target.preset => Vec::new(),
        None => return Err(fields.lacks("messages")),
    };
    for (n, raw) in list.into_iter().enumerate() {
        let at = format!("messages[{n}]");
        message(raw, &at, &mut reader, &mut messages)?;
        reader.stands(messages.len(), &at);
    }
    let mut run = NewRun::new(&*target.model, messages);
    run.params = Params {
        max_tokens: fields.take("max_tokens")?,
        temperature: fields.take("temperature")?,
        top_p: fields.take("top_p")?,
        top_k: fields.take("top_k")?,
        stop: fields.take::<Vec<String>>("stop_sequences")?.filter(|stop| !stop.is_empty()),
        ..Params::default()
    };
    if run.params.max_tokens.is_none() && !is_count && !target.preset {
        return Err(fields.lacks("max_tokens"));
    }
    let stream = fields.take("stream")?.unwrap_or(false);
    // A conversation that the vendor keeps cannot be continued from here: the ids of its answers are ours. The vendor's
    // own clients send the whole conversation when they are told so.
    if fields.raw("thread").is_some() {
        return Err(reader.not_taken("thread"));
    }
    let tools = fields.list("tools")?.unwrap_or_default();
    run.tools =
        tools.into_iter().enumerate().map(|(n, raw)| tool(raw, n, &mut reader)).collect::<Result<_, ApiError>>()?;
    reader.tools(!run.tools.is_empty())?;
    if let Some(choice) = fields.object("tool_choice")? {
        tool_choice(choice, &mut run)?;
    }
    if let Some(raw) = fields.raw("thinking") {
        let mut thinking = Fields::of(raw, "thinking")?;
        if thinking.need::<String>("type")? != "disabled" || reader.is_native() {
            reader.option("thinking", raw)?;
        }
    }
    if let Some(raw) = fields.raw("output_config") {
        output_config(raw, &mut run, &mut reader)?;
    }
    if let Some(format) = fields.object("output_format")? {
        run.response_format = self::format(format)?;
    }
    for (name, value) in fields.rest() {
        if HINTS.contains(&name.as_str()) { reader.hint(name) } else { reader.option(&name, value)? }
    }
    Ok(reader.finish(run, stream))
}

fn system(fields: &mut Fields<'_>, reader: &mut Reader) -> Result<Vec<ChatMessage>, ApiError> {
    let Some(raw) = fields.raw("system") else { return Ok(Vec::new()) };
    let content = match texts(raw, "system")? {
        Texts::One(text) => Content::Text(text),
        Texts::Blocks(blocks) => {
            let mut parts = Vec::with_capacity(blocks.len());
            for (n, raw) in blocks.into_iter().enumerate() {
                parts.extend(block(raw, &format!("system[{n}]"), reader)?);
            }
            Content::Parts(parts)
        }
    };
    Ok(vec![ChatMessage { content, ..ChatMessage::text(Role::System, "") }])
}

enum Texts<'a> {
    One(String),
    Blocks(Vec<&'a RawValue>),
}

fn texts<'a>(raw: &'a RawValue, at: &str) -> Result<Texts<'a>, ApiError> {
    if let Ok(text) = serde_json::from_str::<String>(raw.get()) {
        return Ok(Texts::One(literal(&text)));
    }
    serde_json::from_str(raw.get())
        .map(Texts::Blocks)
        .map_err(|_| invalid(format!("`{at}` is neither a text nor a list of blocks.")).param(at))
}

/// A message; results of tools in it become messages of their own, in front of what else the user says, as this wire
/// demands it of them.
fn message(raw: &RawValue, at: &str, reader: &mut Reader, out: &mut Vec<ChatMessage>) -> Result<(), ApiError> {
    let mut fields = Fields::of(raw, at)?;
    let role: String = fields.need("role")?;
    let role = match role.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => Role::System,
        _ => return Err(fields.refuse("role", "is neither user nor assistant.")),
    };
    let raw = fields.raw("content").ok_or_else(|| fields.lacks("content"))?;
    let path = fields.path("content");
    for (name, _) in fields.rest() {
        reader.only_here(&join(at, &name))?;
    }
    let blocks = match texts(raw, &path)? {
        Texts::One(text) => {
            out.push(ChatMessage::text(role, text));
            return Ok(());
        }
        Texts::Blocks(blocks) => blocks,
    };
    let (mut parts, mut tool_calls, mut results) = (Vec::new(), Vec::new(), 0);
    for (n, raw) in blocks.into_iter().enumerate() {
        let at = format!("{path}[{n}]");
        match kind(raw, &at)?.as_str() {
            "tool_use" if role == Role::Assistant => tool_calls.push(tool_use(raw, &at, reader)?),
            "tool_result" if role == Role::User => {
                out.push(tool_result(raw, &at, reader)?);
                results += 1;
            }
            _ => parts.extend(block(raw, &at, reader)?),
        }
    }
    if !parts.is_empty() || !tool_calls.is_empty() || results == 0 {
        out.push(ChatMessage { role, content: Content::Parts(parts), tool_calls, tool_call_id: None });
    }
    Ok(())
}

fn kind(raw: &RawValue, at: &str) -> Result<String, ApiError> {
    Fields::of(raw, at)?.need("type")
}

/// A block that says something; none where it is left out, since this model has no use for it.
fn block(raw: &RawValue, at: &str, reader: &mut Reader) -> Result<Option<Part>, ApiError> {
    let mut fields = Fields::of(raw, at)?;
    let kind: String = fields.need("type")?;
    let part = match kind.as_str() {
        "text" => Part::Text { text: literal(&fields.need::<String>("text")?) },
        "image" => match image(&mut fields)? {
            Some(image) => {
                reader.picture(at)?;
                Part::Image(image)
            }
            None => {
                reader.only_here(at)?;
                return Ok(Some(native(raw)));
            }
        },
        "thinking" | "redacted_thinking" if !reader.is_native() => {
            // Sealed by one provider for itself; to others it means nothing.
            reader.hint(at);
            return Ok(None);
        }
        _ => {
            reader.only_here(at)?;
            return Ok(Some(native(raw)));
        }
    };
    for (name, value) in fields.rest() {
        match &*name {
            "cache_control" => reader.hint(join(at, &name)),
            // Where an earlier answer had its words from.
            "citations" if value.get() != "[]" => reader.hint(join(at, &name)),
            "citations" => {}
            _ => reader.only_here(&join(at, &name))?,
        }
    }
    Ok(Some(part))
}

fn native(raw: &RawValue) -> Part {
    Part::Native { vendor: Vendor::Anthropic, json: raw.get().to_owned() }
}

/// A picture; none where it is a file that only its vendor has.
fn image(fields: &mut Fields<'_>) -> Result<Option<Image>, ApiError> {
    let mut source = fields.object("source")?.ok_or_else(|| fields.lacks("source"))?;
    let kind: String = source.need("type")?;
    Ok(match kind.as_str() {
        "base64" => Some(Image {
            media_type: Some(source.need("media_type")?),
            data: Some(source.need("data")?),
            ..Image::default()
        }),
        "url" => Some(Image { url: Some(source.need("url")?), ..Image::default() }),
        _ => None,
    })
}

fn tool_use(raw: &RawValue, at: &str, reader: &mut Reader) -> Result<ToolCall, ApiError> {
    let mut fields = Fields::of(raw, at)?;
    fields.raw("type");
    let input = fields.object("input")?.is_some().then(|| Fields::of(raw, at)).transpose()?;
    let arguments = input.and_then(|mut again| again.raw("input")).map_or("{}", RawValue::get).to_owned();
    let call = ToolCall { id: fields.need("id")?, name: fields.need("name")?, arguments };
    for (name, _) in fields.rest() {
        if matches!(&*name, "cache_control" | "caller") {
            reader.hint(join(at, &name));
        } else {
            reader.only_here(&join(at, &name))?;
        }
    }
    Ok(call)
}

fn tool_result(raw: &RawValue, at: &str, reader: &mut Reader) -> Result<ChatMessage, ApiError> {
    let mut fields = Fields::of(raw, at)?;
    fields.raw("type");
    let id = fields.need("tool_use_id")?;
    let path = fields.path("content");
    let content = match fields.raw("content") {
        None => Content::default(),
        Some(raw) => match texts(raw, &path)? {
            Texts::One(text) => Content::Text(text),
            Texts::Blocks(blocks) => {
                let mut parts = Vec::with_capacity(blocks.len());
                for (n, raw) in blocks.into_iter().enumerate() {
                    parts.extend(block(raw, &format!("{path}[{n}]"), reader)?);
                }
                Content::Parts(parts)
            }
        },
    };
    if fields.take::<bool>("is_error")?.unwrap_or(false) {
        // The result's own text says what went wrong; other wires have no mark for it.
        reader.hint(join(at, "is_error"));
    }
    for (name, _) in fields.rest() {
        if name == "cache_control" { reader.hint(join(at, &name)) } else { reader.only_here(&join(at, &name))? }
    }
    Ok(ChatMessage { role: Role::Tool, content, tool_calls: Vec::new(), tool_call_id: Some(id) })
}

fn tool(raw: &RawValue, n: usize, reader: &mut Reader) -> Result<Tool, ApiError> {
    let at = format!("tools[{n}]");
    let mut fields = Fields::of(raw, &*at)?;
    if fields.take::<String>("type")?.is_some_and(|kind| kind != "custom") {
        // What such a tool answers has no place in a run's log yet.
        return Err(fields.refuse("type", "is not `custom`, the only kind of tool that is known here."));
    }
    let tool = Tool {
        name: fields.need("name")?,
        description: fields.take("description")?,
        parameters: Some(fields.raw("input_schema").map(verbatim).ok_or_else(|| fields.lacks("input_schema"))?),
        strict: fields.take("strict")?,
    };
    for (name, _) in fields.rest() {
        match &*name {
            "cache_control" | "eager_input_streaming" | "input_examples" => reader.hint(join(&at, &name)),
            _ => reader.only_here(&join(&at, &name))?,
        }
    }
    Ok(tool)
}

fn tool_choice(mut fields: Fields<'_>, run: &mut NewRun) -> Result<(), ApiError> {
    let kind: String = fields.need("type")?;
    let named = |name: String| verbatim_text(json!({"type": "tool", "name": name}).to_string());
    run.tool_choice = match kind.as_str() {
        // What is done where nothing is said.
        "auto" => None,
        "any" => Some(word("required")),
        "none" if run.tools.is_empty() => None,
        "none" => Some(word("none")),
        "tool" => Some(named(fields.need("name")?)),
        _ => return Err(fields.refuse("type", "is none of auto, any, none, tool.")),
    };
    if fields.take::<bool>("disable_parallel_tool_use")?.unwrap_or(false) && !run.tools.is_empty() {
        run.parallel_tool_calls = Some(false);
    }
    match fields.rest().next() {
        None => Ok(()),
        Some((name, _)) => {
            let path = join("tool_choice", &name);
            Err(invalid(format!("`{path}` is not known here. Nothing was done.")).param(path))
        }
    }
}

fn word(word: &str) -> Verbatim {
    verbatim_text(json!(word).to_string())
}

fn output_config(raw: &RawValue, run: &mut NewRun, reader: &mut Reader) -> Result<(), ApiError> {
    let mut config = Fields::of(raw, "output_config")?;
    run.params.reasoning_effort = config.take("effort")?;
    if let Some(format) = config.object("format")? {
        run.response_format = self::format(format)?;
    }
    for (name, _) in config.rest() {
        reader.only_here(&join("output_config", &name))?;
    }
    Ok(())
}

fn format(mut fields: Fields<'_>) -> Result<Option<ResponseFormat>, ApiError> {
    let kind: String = fields.need("type")?;
    if kind != "json_schema" {
        return Err(fields.refuse("type", "is not `json_schema`, the only form that this wire has."));
    }
    let schema = fields.raw("schema").map(verbatim).ok_or_else(|| fields.lacks("schema"))?;
    // On this wire a schema is always kept to.
    Ok(Some(ResponseFormat { kind: ResponseKind::JsonSchema, name: None, schema: Some(schema), strict: None }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(json: &str, vendor: Option<Vendor>) -> Result<Reading, ApiError> {
        let mut fields = Fields::of_body(json.as_bytes())?;
        fields.raw("model");
        read(fields, &Target { model: "m".into(), vendor, tools: true, images: true, preset: false }, false)
    }

    const EVERYTHING: &str = r#"{"model":"m","max_tokens":9,
        "system":[{"type":"text","text":"Be {{kind}}.","cache_control":{"type":"ephemeral"}}],
        "messages":[
          {"role":"user","content":[{"type":"text","text":"What?"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}]},
          {"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"s"},{"type":"text","text":"Let me see."},
             {"type":"tool_use","id":"t1","name":"clock","input":{"n": 1}},{"type":"tool_use","id":"t2","name":"clock","input":{}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"noon"},
             {"type":"tool_result","tool_use_id":"t2","content":[{"type":"text","text":"one"}],"is_error":true},{"type":"text","text":"And?"}]}],
        "temperature":0.5,"top_k":3,"stop_sequences":["END"],"stream":true,
        "tools":[{"name":"clock","description":"d","input_schema":{"type":"object"}}],
        "tool_choice":{"type":"auto","disable_parallel_tool_use":true},"metadata":{"user_id":"u"}}"#;

    #[test]
    fn everything_is_read_whoever_answers() {
        for vendor in [None, Some(Vendor::Openai), Some(Vendor::Anthropic)] {
            let reading = asked(EVERYTHING, vendor).expect("reads");
            let native = vendor == Some(Vendor::Anthropic);
            let run = reading.run;
            let roles: Vec<_> = run.messages.iter().map(|message| message.role.as_str()).collect();
            assert_eq!(roles, ["system", "user", "assistant", "tool", "tool", "user"]);
            assert_eq!(run.messages[0].content.text(), "Be \\{{kind}}.");
            assert_eq!(run.messages[2].tool_calls[0].arguments, r#"{"n": 1}"#);
            assert_eq!(run.messages[2].content.natives().count(), usize::from(native));
            assert_eq!(run.messages[4].tool_call_id.as_deref(), Some("t2"));
            assert_eq!((run.params.top_k, run.params.max_tokens), (Some(3), Some(9)));
            assert_eq!((run.parallel_tool_calls, run.tool_choice), (Some(false), None));
            let unsent =
                ["system[0].cache_control", "messages[1].content[0]", "messages[2].content[1].is_error", "metadata"];
            assert_eq!(reading.unsent, if native { &[][..] } else { &unsent[..] });
        }
    }

    #[test]
    fn what_only_this_wire_has_goes_to_who_speaks_it() {
        let hi = |more: &str| {
            format!(r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"Hi"}}],{more}}}"#)
        };
        for (more, named) in
            [(r#""thinking":{"type":"enabled","budget_tokens":1024}"#, "thinking"), (r#""container":"c""#, "container")]
        {
            let kept = asked(&hi(more), Some(Vendor::Anthropic)).expect("goes through").run;
            assert!(kept.provider_options.expect("kept").as_str().contains(named));
            assert_eq!(asked(&hi(more), None).expect_err("not taken").param.as_deref(), Some(named));
        }
        assert!(asked(&hi(r#""thinking":{"type":"disabled"}"#), None).is_ok());
        let paper = r#"{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{}}]}]}"#;
        assert!(asked(paper, Some(Vendor::Anthropic)).is_ok());
        let error = asked(paper, Some(Vendor::Openai)).expect_err("no");
        assert_eq!(error.param.as_deref(), Some("messages[0].content[0]"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, named) in [
            (r#"{"messages":[]}"#, "max_tokens"),
            (r#"{"max_tokens":9}"#, "messages"),
            (r#"{"max_tokens":9,"messages":[{"role":"tool","content":""}]}"#, "messages[0].role"),
            (r#"{"max_tokens":9,"messages":[{"role":"user"}]}"#, "messages[0].content"),
            (
                r#"{"max_tokens":9,"messages":[{"role":"user","content":[{"text":"x"}]}]}"#,
                "messages[0].content[0].type",
            ),
            (r#"{"max_tokens":9,"messages":[],"tools":[{"type":"web_search_20250305","name":"w"}]}"#, "tools[0].type"),
            (r#"{"max_tokens":9,"messages":[],"tool_choice":{"type":"maybe"}}"#, "tool_choice.type"),
            (r#"{"max_tokens":-1,"messages":[]}"#, "max_tokens"),
        ] {
            let error = asked(body, Some(Vendor::Anthropic)).expect_err(body);
            assert_eq!(error.param.as_deref(), Some(named), "{error}");
        }
    }
}
