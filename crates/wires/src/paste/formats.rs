//! What a JSON text is: the body of a call, or one of the forms in which prompts are exported.

use domain::{ApiError, ClientWire};

use super::inputs::inputs;
use super::left::Left;
use super::object::{Object, entries, field, kind, object, of_text, says, text, word};
use super::{External, Recognised, Spoken, exports, unknown, why};
use crate::code::json::Json;

/// Says what a value is, and gives it in the words of one wire.
///
/// # Errors
/// `invalid_request` for what is none of the known forms.
pub(super) fn recognise<'a>(json: Json<'a>, left: &mut Left) -> Result<Recognised<'a>, ApiError> {
    match json {
        Json::List(list) => recognise_list(list, left),
        Json::Object(fields) => recognise_object(Object(fields), left),
        Json::Word(_) | Json::Text(_) => Err(unknown()),
    }
}

/// A list of messages, or of exported prompts.
fn recognise_list<'a>(mut list: Vec<Json<'a>>, left: &mut Left) -> Result<Recognised<'a>, ApiError> {
    let first = list.first().ok_or_else(unknown)?;
    if ["prompt", "messages", "body"].iter().any(|name| field(first, name).is_some()) {
        for n in 1..list.len() {
            left.add(format!("[{n}]"), why::ANOTHER);
        }
        return recognise_object(object(list.swap_remove(0)).ok_or_else(unknown)?, left);
    }
    if field(first, "role").is_none() {
        return Err(unknown());
    }
    let is_items = kind(first) == "message" || parts(&list).any(|part| kind(part).starts_with("input_"));
    let name = if is_items { "input" } else { "messages" };
    let mut body = Object::default();
    body.put(name, Json::List(list));
    let wire = by_fields(&body).ok_or_else(unknown)?;
    Ok(Recognised { kind: Some("a list of messages"), ..Recognised::new(Spoken::Wire(wire), body) })
}

fn recognise_object<'a>(mut fields: Object<'a>, left: &mut Left) -> Result<Recognised<'a>, ApiError> {
    if fields.has("custom_id") || fields.has("url") && fields.has("body") {
        return batch(fields, left);
    }
    let is_response = says(fields.get("object"), "response");
    if is_response || exports::is_openai_prompt(&fields) {
        return exports::openai_prompt(fields, is_response, left);
    }
    if fields.has("messages") && fields.has_any(&["modelParameters", "testData", "evaluators"]) {
        return exports::github_prompt(fields, left);
    }
    if exports::is_langfuse(&fields) {
        return exports::langfuse(fields, left);
    }
    if fields.has("messages") && fields.has_any(&["params", "inputs", "provider_options"]) {
        return Ok(Recognised::new(Spoken::Etude, fields));
    }
    if fields.has("messages") && fields.has_any(&["variables", "variable_values"]) {
        return Ok(exports::workbench(fields, left));
    }
    let wire = by_fields(&fields).ok_or_else(unknown)?;
    let name = if fields.has("model") { fields.take_text("name") } else { None };
    Ok(Recognised { name, ..Recognised::new(Spoken::Wire(wire), fields) })
}

/// A request of a batch: the body stands in it.
fn batch<'a>(mut fields: Object<'a>, left: &mut Left) -> Result<Recognised<'a>, ApiError> {
    let url = fields.take_text("url").unwrap_or_default();
    let body = fields.take_object("body").or_else(|| fields.take_object("params")).ok_or_else(unknown)?;
    match wire_of(&url) {
        Some(spoken) => Ok(Recognised::new(spoken, body)),
        None => recognise_object_in_batch(body, left),
    }
}

fn recognise_object_in_batch<'a>(body: Object<'a>, left: &mut Left) -> Result<Recognised<'a>, ApiError> {
    // One in another would be another in another.
    if body.has("custom_id") || body.has("body") { Err(unknown()) } else { recognise_object(body, left) }
}

/// The wire whose route an address ends with.
pub(super) fn wire_of(url: &str) -> Option<Spoken> {
    let path = url.trim_end_matches('/');
    [
        ("/chat/completions", Spoken::Wire(ClientWire::Chat)),
        ("/completions", Spoken::Wire(ClientWire::Completions)),
        ("/responses", Spoken::Wire(ClientWire::Responses)),
        ("/messages", Spoken::Wire(ClientWire::Messages)),
        ("/messages/count_tokens", Spoken::Wire(ClientWire::Messages)),
        ("/v1/runs", Spoken::Etude),
    ]
    .into_iter()
    .find(|(end, _)| path.ends_with(end))
    .map(|(_, spoken)| spoken)
}

/// The prompt that a response refers to.
pub(super) fn reference(fields: &Object<'_>) -> Option<External> {
    let prompt = fields.get("prompt")?;
    let id = ["id", "prompt_id"].into_iter().find_map(|name| text(field(prompt, name)?))?;
    Some(External { id, version: field(prompt, "version").and_then(word) })
}

/// The wire whose words the fields are; where several have them, the one that says the same with them.
pub(super) fn by_fields(fields: &Object<'_>) -> Option<ClientWire> {
    if let Some(Json::List(messages)) = fields.get("messages") {
        let is_anthropic = is_anthropic(fields, messages) && !is_openai(fields, messages);
        return Some(if is_anthropic { ClientWire::Messages } else { ClientWire::Chat });
    }
    if fields.has_any(&["input", "instructions"]) || matches!(fields.get("prompt"), Some(Json::Object(_))) {
        return Some(ClientWire::Responses);
    }
    let is_prompt = matches!(fields.get("prompt"), Some(Json::Text(_) | Json::List(_)));
    (is_prompt && fields.has("model")).then_some(ClientWire::Completions)
}

fn is_anthropic(fields: &Object<'_>, messages: &[Json<'_>]) -> bool {
    const FIELDS: [&str; 9] = [
        "system",
        "stop_sequences",
        "thinking",
        "anthropic_version",
        "anthropic_beta",
        "output_config",
        "mcp_servers",
        "container",
        "max_tokens_to_sample",
    ];
    const PARTS: [&str; 7] =
        ["image", "document", "tool_use", "tool_result", "thinking", "redacted_thinking", "search_result"];
    let is_choice = |choice| ["any", "tool", "auto", "none"].contains(&kind(choice));
    let is_claude = matches!(fields.get("model"), Some(Json::Text(model)) if model.as_escaped().contains("claude"));
    fields.has_any(&FIELDS)
        || entries(fields.get("tools")).iter().any(|tool| field(tool, "input_schema").is_some())
        || parts(messages).any(|part| PARTS.contains(&kind(part)))
        || fields.get("tool_choice").is_some_and(is_choice)
        || is_claude && fields.has("max_tokens")
}

fn is_openai(fields: &Object<'_>, messages: &[Json<'_>]) -> bool {
    const FIELDS: [&str; 13] = [
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "n",
        "parallel_tool_calls",
        "presence_penalty",
        "reasoning_effort",
        "response_format",
        "seed",
        "stop",
        "stream_options",
        "verbosity",
    ];
    let is_turn = |message: &Json<'_>| {
        let role = field(message, "role");
        ["system", "developer", "tool"].iter().any(|word| says(role, word)) || field(message, "tool_calls").is_some()
    };
    fields.has_any(&FIELDS)
        || messages.iter().any(is_turn)
        || entries(fields.get("tools")).iter().any(|tool| field(tool, "function").is_some())
        || parts(messages).any(|part| kind(part) == "image_url")
}

/// The parts of all messages.
fn parts<'j, 'a>(messages: &'j [Json<'a>]) -> impl Iterator<Item = &'j Json<'a>> {
    messages.iter().flat_map(|message| entries(field(message, "content")))
}

/// A text as a message.
pub(super) fn message<'a>(role: &str, content: Json<'a>) -> Json<'a> {
    let mut message = Object::default();
    message.put("role", of_text(role));
    message.put("content", content);
    Json::Object(message.0)
}

/// The values of variables that a form has beside its prompt.
pub(super) fn take_inputs(recognised: &mut Recognised<'_>, value: Option<Json<'_>>, left: &mut Left) {
    if let Some(value) = value {
        inputs(&value, &mut recognised.inputs, left);
    }
}
