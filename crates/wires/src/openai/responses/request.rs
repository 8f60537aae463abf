//! What is asked for.

use std::collections::BTreeMap;

use domain::{ApiError, ChatMessage, Content, NewRun, Params, Part, Role, ToolCall, Vendor};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::{Answered, Block};
use crate::openai::{chat, messages};
use crate::reading::{Reader, Reading, Target, literal};
use domain::fields::{Fields, invalid, join};

/// Fields that change nothing in the answer. What is too long for a model is refused, as with `truncation` disabled.
const HINTS: [&str; 8] = [
    "metadata",
    "prompt_cache_key",
    "prompt_cache_retention",
    "prompt_cache_options",
    "safety_identifier",
    "service_tier",
    "truncation",
    "user",
];

/// A response as asked for.
#[derive(Debug)]
pub struct Asked {
    /// The run.
    pub reading: Reading,
    /// Whether the client does not wait for it.
    pub background: bool,
    /// Whether it can be read later.
    pub store: bool,
}

/// The conversation that a response goes on with, and what of earlier answers it refers to.
#[derive(Debug, Default)]
pub struct Earlier {
    /// Its messages, the instructions left out.
    pub messages: Vec<ChatMessage>,
    /// Items of earlier answers, by their ids.
    pub items: BTreeMap<String, Block>,
}

impl Earlier {
    /// The conversation up to an answer: what was asked for, without the instructions, and the answer.
    #[must_use]
    pub fn of(asked: Vec<ChatMessage>, had_instructions: bool, answered: &Answered) -> Self {
        let mut messages: Vec<_> = asked.into_iter().skip(usize::from(had_instructions)).collect();
        let (mut text, mut tool_calls) = (String::new(), Vec::new());
        for block in answered.blocks() {
            match block {
                Block::Text { text: more, .. } => text.push_str(more),
                Block::Tool { id, name, arguments } => {
                    tool_calls.push(ToolCall { id: id.clone(), name: name.clone(), arguments: arguments.clone() });
                }
                Block::Reasoning { .. } | Block::Redacted { .. } => {}
            }
        }
        if !text.is_empty() || !tool_calls.is_empty() {
            messages.push(ChatMessage { tool_calls, ..ChatMessage::text(Role::Assistant, literal(&text)) });
        }
        Self { messages, items: BTreeMap::new() }
    }
}

/// The ids of the items of earlier answers that a request refers to.
#[must_use]
pub fn references(fields: &Fields<'_>) -> Vec<String> {
    #[derive(Deserialize)]
    struct Item {
        #[serde(rename = "type")]
        kind: Option<String>,
        id: Option<String>,
    }
    let list = fields.peek("input").and_then(|raw| serde_json::from_str::<Vec<Item>>(raw.get()).ok());
    let is_reference = |item: &Item| item.kind.as_deref() == Some("item_reference");
    list.unwrap_or_default().into_iter().filter(is_reference).filter_map(|item| item.id).collect()
}

/// The id of the response that a request goes on with.
///
/// # Errors
/// When it is no text.
pub fn previous(fields: &mut Fields<'_>) -> Result<Option<String>, ApiError> {
    fields.take("previous_response_id")
}

/// Reads the body's fields, of which the model and the previous response's id have been taken.
///
/// # Errors
/// What is wrong, with the field named; also what this model cannot be told.
pub fn read(mut fields: Fields<'_>, target: &Target, earlier: Earlier) -> Result<Asked, ApiError> {
    let mut reader = Reader::new(target, Vendor::Openai, false);
    let mut all = Vec::new();
    if let Some(instructions) = fields.take::<String>("instructions")? {
        all.push(ChatMessage::text(Role::System, literal(&instructions)));
        reader.stands(all.len(), "instructions");
    }
    all.extend(earlier.messages);
    reader.stands(all.len(), "previous_response_id");
    if fields.peek("input").is_some() || !target.preset {
        input(&mut fields, &mut reader, &earlier.items, &mut all)?;
    }
    let mut run = NewRun::new(&*target.model, all);
    run.params = params(&mut fields, &mut reader)?;
    let tools = fields.list("tools")?.unwrap_or_default();
    run.tools = self::tools(&tools, &mut reader)?;
    run.tool_choice = chat::tool_choice(&mut fields, !run.tools.is_empty())?;
    run.parallel_tool_calls = chat::parallel(&mut fields)?.filter(|_| !run.tools.is_empty());
    text(&mut fields, &mut run, &mut reader)?;
    let (store, background) = (fields.take("store")?, fields.take("background")?);
    let (store, background) = (store.unwrap_or(true), background.unwrap_or(false));
    if background && !store {
        return Err(fields.refuse("background", "needs `store`: what is not kept cannot be read later."));
    }
    let stream = fields.take("stream")?.unwrap_or(false);
    // How a stream is padded against those who guess from lengths: there is none of that here.
    fields.raw("stream_options");
    for (name, what) in [
        ("conversation", "conversations are not built yet; `previous_response_id` is"),
        ("max_tool_calls", "it counts calls of tools that the provider runs by itself, and there are none"),
        ("context_management", "nothing is cut out of a conversation in silence"),
    ] {
        if fields.raw(name).is_some() {
            return Err(fields.refuse(name, format!("is not taken: {what}.")));
        }
    }
    if fields.take::<Vec<String>>("modalities")?.is_some_and(|all| all.iter().any(|modality| modality != "text")) {
        return Err(fields.refuse("modalities", "asks for more than text, which runs cannot keep."));
    }
    for (name, _) in fields.rest() {
        if HINTS.contains(&name.as_str()) {
            hint(&mut reader, name);
        } else {
            return Err(reader.not_taken(&name));
        }
    }
    Ok(Asked { reading: reader.finish(run, stream), background, store })
}

/// These are Etude's own business here: they come back with the response, and nothing is lost that is not sent on.
fn hint(reader: &mut Reader, name: String) {
    if !matches!(&*name, "metadata" | "user" | "safety_identifier") {
        reader.hint(name);
    }
}

fn params(fields: &mut Fields<'_>, reader: &mut Reader) -> Result<Params, ApiError> {
    let mut params = Params {
        temperature: fields.take("temperature")?,
        top_p: fields.take("top_p")?,
        max_tokens: fields.take("max_output_tokens")?,
        ..Params::default()
    };
    let top: Option<u8> = fields.take("top_logprobs")?;
    params.logprobs = top.filter(|top| *top > 0);
    for (n, wanted) in fields.take::<Vec<String>>("include")?.unwrap_or_default().iter().enumerate() {
        match &**wanted {
            "message.output_text.logprobs" => params.logprobs = Some(top.unwrap_or(0)),
            // Reasoning that is shown needs no sealed copy.
            "reasoning.encrypted_content" => reader.hint(format!("include[{n}]")),
            "message.input_image.image_url" => {}
            _ => {
                return Err(fields
                    .refuse("include", format!("asks for `{}`, which is not here.", domain::fields::quoted(wanted))));
            }
        }
    }
    if let Some(mut reasoning) = fields.object("reasoning")? {
        params.reasoning_effort = reasoning.take("effort")?;
        for (name, _) in reasoning.rest() {
            match &*name {
                // What a model thought is shown as it thought it.
                "summary" | "generate_summary" => {}
                _ => return Err(reader.not_taken(&join("reasoning", &name))),
            }
        }
    }
    Ok(params)
}

fn text(fields: &mut Fields<'_>, run: &mut NewRun, reader: &mut Reader) -> Result<(), ApiError> {
    let Some(mut text) = fields.object("text")? else { return Ok(()) };
    if let Some(format) = text.object("format")? {
        run.response_format = messages::response_format(format, true, reader)?;
    }
    if let Some(verbosity) = text.take::<String>("verbosity")?
        && verbosity != "medium"
    {
        reader.kin_option("text.verbosity", "verbosity", serde_json::Value::from(verbosity).to_string())?;
    }
    match text.rest().next() {
        None => Ok(()),
        Some((name, _)) => Err(reader.not_taken(&join("text", &name))),
    }
}

fn tools(list: &[&RawValue], reader: &mut Reader) -> Result<Vec<domain::chat::Tool>, ApiError> {
    let mut tools = Vec::with_capacity(list.len());
    for (n, raw) in list.iter().enumerate() {
        let at = format!("tools[{n}]");
        let mut fields = Fields::of(raw, &*at)?;
        let kind: String = fields.need("type")?;
        if kind != "function" {
            return Err(fields.refuse("type", "is not `function`, the only kind of tool that is known here."));
        }
        tools.push(messages::tool(&mut fields)?);
        if let Some((name, _)) = fields.rest().next() {
            return Err(reader.not_taken(&join(&at, &name)));
        }
    }
    reader.tools(!tools.is_empty())?;
    Ok(tools)
}

type Items = BTreeMap<String, Block>;

fn input(
    fields: &mut Fields<'_>,
    reader: &mut Reader,
    items: &Items,
    all: &mut Vec<ChatMessage>,
) -> Result<(), ApiError> {
    let Some(raw) = fields.raw("input") else { return Err(fields.lacks("input")) };
    if let Ok(text) = serde_json::from_str::<String>(raw.get()) {
        all.push(ChatMessage::text(Role::User, literal(&text)));
        reader.stands(all.len(), "input");
        return Ok(());
    }
    let list: Vec<&RawValue> = serde_json::from_str(raw.get())
        .map_err(|_| fields.refuse("input", "is neither a text nor a list of items."))?;
    for (n, raw) in list.into_iter().enumerate() {
        let at = format!("input[{n}]");
        item(raw, &at, reader, items, all)?;
        reader.stands(all.len(), &at);
    }
    Ok(())
}

fn item(
    raw: &RawValue,
    at: &str,
    reader: &mut Reader,
    items: &Items,
    all: &mut Vec<ChatMessage>,
) -> Result<(), ApiError> {
    let mut fields = Fields::of(raw, at)?;
    let kind: String = fields.take("type")?.unwrap_or_else(|| "message".into());
    // Which item it was when it was an answer, and how it ended then.
    let id: Option<String> = fields.take("id")?;
    fields.raw("status");
    match kind.as_str() {
        "message" => all.push(message(&mut fields, reader)?),
        "function_call" => {
            let call = ToolCall {
                id: fields.need("call_id")?,
                name: fields.need("name")?,
                arguments: fields.take("arguments")?.unwrap_or_default(),
            };
            called(call, all);
        }
        "item_reference" => match items.get(id.as_deref().unwrap_or_default()) {
            Some(Block::Text { text, .. }) => all.push(ChatMessage::text(Role::Assistant, literal(text))),
            Some(Block::Tool { id, name, arguments }) => {
                called(ToolCall { id: id.clone(), name: name.clone(), arguments: arguments.clone() }, all);
            }
            Some(Block::Reasoning { .. } | Block::Redacted { .. }) => reader.hint(at),
            None => {
                let id = domain::fields::quoted(id.as_deref().unwrap_or_default());
                return Err(fields.refuse("id", format!("is `{id}`, which is no item of an answer that is kept here.")));
            }
        },
        "function_call_output" => {
            let tool_call_id = Some(fields.need("call_id")?);
            let path = fields.path("output");
            let raw = fields.raw("output").ok_or_else(|| fields.lacks("output"))?;
            let content = content(raw, &path, reader)?;
            all.push(ChatMessage { role: Role::Tool, content, tool_calls: Vec::new(), tool_call_id });
        }
        // What a model thought in an earlier turn: sealed for the vendor's own servers.
        "reasoning" => {
            for name in ["summary", "content", "encrypted_content"] {
                fields.raw(name);
            }
            reader.hint(at);
        }
        _ => {
            let kind = domain::fields::quoted(&kind);
            return Err(fields.refuse("type", format!("is `{kind}`; items that are known here are message, function_call, function_call_output, reasoning and item_reference.")));
        }
    }
    match fields.rest().next() {
        None => Ok(()),
        Some((name, _)) => Err(reader.not_taken(&join(at, &name))),
    }
}

/// Adds a call: calls that follow each other, or the text before them, are one turn of the model.
fn called(call: ToolCall, all: &mut Vec<ChatMessage>) {
    match all.last_mut().filter(|last| last.role == Role::Assistant) {
        Some(last) => last.tool_calls.push(call),
        None => all.push(ChatMessage { tool_calls: vec![call], ..ChatMessage::text(Role::Assistant, "") }),
    }
}

fn message(fields: &mut Fields<'_>, reader: &mut Reader) -> Result<ChatMessage, ApiError> {
    let role: String = fields.need("role")?;
    let role = match role.as_str() {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => return Err(fields.refuse("role", "is none of system, developer, user, assistant.")),
    };
    let path = fields.path("content");
    let raw = fields.raw("content").ok_or_else(|| fields.lacks("content"))?;
    // Which part of a turn it was.
    fields.raw("phase");
    Ok(ChatMessage { content: content(raw, &path, reader)?, ..ChatMessage::text(role, "") })
}

fn content(raw: &RawValue, at: &str, reader: &mut Reader) -> Result<Content, ApiError> {
    if let Ok(text) = serde_json::from_str::<String>(raw.get()) {
        return Ok(Content::Text(literal(&text)));
    }
    let list: Vec<&RawValue> = serde_json::from_str(raw.get())
        .map_err(|_| invalid(format!("`{at}` is neither a text nor a list of parts.")).param(at))?;
    let parts = list.into_iter().enumerate().map(|(n, raw)| part(raw, &format!("{at}[{n}]"), reader));
    parts.collect::<Result<_, _>>().map(Content::Parts)
}

fn part(raw: &RawValue, at: &str, reader: &mut Reader) -> Result<Part, ApiError> {
    let mut fields = Fields::of(raw, at)?;
    let kind: String = fields.need("type")?;
    let part = match kind.as_str() {
        "input_text" | "output_text" | "text" => Part::Text { text: literal(&fields.need::<String>("text")?) },
        "refusal" => Part::Text { text: literal(&fields.need::<String>("refusal")?) },
        "input_image" => {
            reader.picture(at)?;
            let url = fields.take("image_url")?.ok_or_else(|| {
                fields.refuse("image_url", "is missing; a picture that is a file of the vendor cannot be passed on.")
            })?;
            let image = messages::image(url, fields.take("detail")?);
            reader.detail(&fields.path("detail"), image.detail.as_ref())?;
            Part::Image(image)
        }
        _ => return Err(reader.not_taken(at)),
    };
    for (name, value) in fields.rest() {
        match &*name {
            "annotations" if value.get() != "[]" => reader.hint(join(at, &name)),
            "annotations" | "logprobs" => {}
            _ => return Err(reader.not_taken(&join(at, &name))),
        }
    }
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::testing::{everything, folded};

    fn asked(json: &str, vendor: Option<Vendor>, earlier: Earlier) -> Result<Asked, ApiError> {
        let mut fields = Fields::of_body(json.as_bytes())?;
        fields.raw("model");
        previous(&mut fields)?;
        read(fields, &Target { model: "m".into(), vendor, tools: true, images: true, preset: false }, earlier)
    }

    const EVERYTHING: &str = r#"{"model":"m","instructions":"Be {{kind}}.","input":[
        {"role":"user","content":[{"type":"input_text","text":"What?"},{"type":"input_image","image_url":"https://e.org/a.png","detail":"auto"}]},
        {"type":"reasoning","id":"rs_1","summary":[]},
        {"type":"message","role":"assistant","id":"msg_1","status":"completed","content":[{"type":"output_text","text":"Let me see.","annotations":[]}]},
        {"type":"function_call","call_id":"c1","name":"clock","arguments":"{}","id":"fc_1"},
        {"type":"function_call","call_id":"c2","name":"clock","arguments":"{}"},
        {"type":"function_call_output","call_id":"c1","output":"noon"},
        {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"one"}]}],
        "temperature":0.5,"max_output_tokens":9,"include":["message.output_text.logprobs"],"top_logprobs":2,
        "tools":[{"type":"function","name":"clock","parameters":{"type":"object"},"strict":true}],"tool_choice":{"type":"function","name":"clock"},
        "text":{"format":{"type":"json_schema","name":"x","schema":{"type":"object"},"strict":true}},
        "reasoning":{"effort":"low","summary":"auto"},"parallel_tool_calls":false,"metadata":{"a":"b"},"store":true,"stream":true}"#;

    #[test]
    fn everything_is_read_whoever_answers() {
        for vendor in [None, Some(Vendor::Openai), Some(Vendor::Anthropic)] {
            let Asked { reading, store, background } = asked(EVERYTHING, vendor, Earlier::default()).expect("reads");
            assert!(store && !background && reading.stream && !reading.native);
            let run = reading.run;
            let roles: Vec<_> = run.messages.iter().map(|message| message.role.as_str()).collect();
            assert_eq!(roles, ["system", "user", "assistant", "tool", "tool"]);
            assert_eq!(run.messages[0].content.text(), "Be \\{{kind}}.");
            assert_eq!(run.messages[2].tool_calls.len(), 2);
            assert_eq!((run.params.logprobs, run.params.max_tokens), (Some(2), Some(9)));
            assert_eq!(run.response_format.expect("a format").strict, Some(true));
            assert_eq!(reading.unsent, ["input[1]"]);
        }
    }

    #[test]
    fn what_is_wrong_or_not_here_is_named() {
        for (body, named) in [
            (r#"{}"#, "input"),
            (r#"{"input":[{"role":"tool","content":""}]}"#, "input[0].role"),
            (r#"{"input":[{"type":"web_search_call"}]}"#, "input[0].type"),
            (r#"{"input":"x","tools":[{"type":"web_search"}]}"#, "tools[0].type"),
            (r#"{"input":"x","conversation":"conv_1"}"#, "conversation"),
            (r#"{"input":"x","background":true,"store":false}"#, "background"),
            (r#"{"input":"x","text":{"verbosity":"low"}}"#, "text.verbosity"),
            (r#"{"input":"x","seed":1}"#, "seed"),
            (r#"{"input":"x","include":["file_search_call.results"]}"#, "include"),
        ] {
            let error = asked(body, None, Earlier::default()).expect_err(body);
            assert_eq!(error.param.as_deref(), Some(named), "{error}");
        }
        let low = asked(r#"{"input":"x","text":{"verbosity":"low"}}"#, Some(Vendor::Openai), Earlier::default());
        assert_eq!(
            low.expect("goes through").reading.run.provider_options.expect("kept").as_str(),
            r#"{"verbosity":"low"}"#
        );
    }

    #[test]
    fn d1_a_conversation_goes_on_from_exact_messages() {
        let before = vec![ChatMessage::text(Role::System, "Be kind."), ChatMessage::text(Role::User, "What?")];
        let earlier = Earlier::of(before, true, &folded(&everything()));
        let run = asked(r#"{"input":"And?","instructions":"Be short."}"#, None, earlier).expect("reads").reading.run;
        let told: Vec<_> = run.messages.iter().map(|message| (message.role.as_str(), message.content.text())).collect();
        let want = [("system", "Be short."), ("user", "What?"), ("assistant", "It is"), ("user", "And?")];
        assert_eq!(told, want.map(|(role, text)| (role, text.to_owned())));
        assert_eq!(run.messages[2].tool_calls.len(), 2);
    }
}
