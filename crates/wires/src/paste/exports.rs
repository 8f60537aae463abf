//! Prompts as other tools export them, in the words of the wire that is nearest.

use domain::fields::{invalid, quoted};
use domain::{ApiError, ClientWire};

use super::formats::{by_fields, message, reference, take_inputs};
use super::left::Left;
use super::object::{Object, entries, field, object, of_text, text, word};
use super::{External, Recognised, Spoken, unknown, why};
use crate::code::json::Json;

/// What of an export is a field of OpenAI's responses.
const RESPONSE_FIELDS: [&str; 17] = [
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "metadata",
    "model",
    "parallel_tool_calls",
    "previous_response_id",
    "reasoning",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
];

/// What says of an export only where it comes from.
const ORIGIN_FIELDS: [&str; 14] = [
    "created",
    "created_at",
    "created_by",
    "id",
    "is_default",
    "object",
    "openai_prompt_id",
    "production_version",
    "prompt",
    "prompt_id",
    "status",
    "updated_at",
    "usage",
    "version",
];

/// Whether an object is a prompt of OpenAI's, by its id.
pub(super) fn is_openai_prompt(fields: &Object<'_>) -> bool {
    let is_id = |name: &str| matches!(fields.get(name), Some(Json::Text(id)) if id.as_escaped().starts_with("pmpt_"));
    fields.has("openai_prompt_id") || is_id("id") || is_id("prompt_id")
}

/// A prompt object of OpenAI's as it is exported by hand or by a tool, or a response in which it has been filled.
///
/// # Errors
/// Where the prompt itself is not in it.
pub(super) fn openai_prompt<'a>(
    mut fields: Object<'a>,
    is_response: bool,
    left: &mut Left,
) -> Result<Recognised<'a>, ApiError> {
    let mut external = reference(&fields);
    if !is_response {
        let id = ["id", "prompt_id", "openai_prompt_id"].into_iter().find_map(|name| text(fields.get(name)?));
        let version = fields.take("version").as_ref().and_then(word);
        external = id.map(|id| External { id, version });
    }
    if let Some(version) = chosen_version(&mut fields, left) {
        if let (Some(external), Some(number)) = (&mut external, version.get("version").and_then(word)) {
            external.version = Some(number);
        }
        merge(&mut fields, version);
    }
    for name in ["config", "prompt"] {
        if let Some(mut more) = fields.take_object(name) {
            if is_response {
                more.0.retain(|(name, _)| name.is("variables"));
            }
            merge(&mut fields, more);
        }
    }
    let mut recognised = Recognised::new(Spoken::Wire(ClientWire::Responses), Object::default());
    recognised.kind = Some(if is_response { "OpenAI response" } else { "OpenAI prompt export" });
    recognised.name = fields.take_text("name");
    recognised.external = external;
    let variables = fields.take("variables");
    take_inputs(&mut recognised, variables, left);
    if is_response && fields.take_list("output").is_some_and(|output| !output.is_empty()) {
        left.add("output", why::ANSWER);
    }
    // A prompt that is one text.
    if let Some(prompt) = fields.take_text("prompt") {
        fields.put("input", of_text(&prompt));
    }
    let mut items = instructions(&mut fields);
    for name in ["messages", "input"] {
        match fields.take(name) {
            Some(Json::List(list)) => items.extend(list),
            Some(Json::Text(text)) => items.push(message("user", Json::Text(text))),
            _ => {}
        }
    }
    if items.is_empty() && !fields.has("instructions") {
        return Err(no_text(&recognised, is_response));
    }
    fields.put("input", Json::List(items));
    as_response(&mut fields);
    let mut body = Object::default();
    for (name, value) in fields.0 {
        if RESPONSE_FIELDS.contains(&name.as_escaped()) {
            body.0.push((name, value));
        } else if !is_response && !ORIGIN_FIELDS.contains(&name.as_escaped()) {
            left.add(quoted(name.as_escaped()), why::NO_PLACE);
        }
    }
    recognised.fields = body;
    Ok(recognised)
}

fn no_text(recognised: &Recognised<'_>, is_response: bool) -> ApiError {
    if is_response {
        return invalid("It is an answer of OpenAI's; what was asked for is not in it. Nothing was done.".into())
            .hint("Paste the request.");
    }
    missing_prompt(recognised.external.as_ref().map_or("", |external| &external.id))
}

/// The refusal of a prompt that is only named.
pub(super) fn missing_prompt(id: &str) -> ApiError {
    let id = quoted(id);
    invalid(format!("The prompt `{id}` is only named here; its messages are at OpenAI. Nothing was done."))
        .hint("Copy its messages on OpenAI's page, or paste a response that was made with it.")
}

/// The version of several that is in use, or else the last.
fn chosen_version<'a>(fields: &mut Object<'a>, left: &mut Left) -> Option<Object<'a>> {
    let mut versions = fields.take_list("versions")?;
    let wanted = fields.take("production_version").as_ref().and_then(word);
    let number = |version: &Json<'_>| field(version, "version").and_then(word);
    let place = wanted.and_then(|wanted| versions.iter().position(|version| number(version).as_ref() == Some(&wanted)));
    let place = place.or(versions.len().checked_sub(1))?;
    for (n, version) in versions.iter().enumerate().filter(|(n, _)| *n != place) {
        let shown = number(version).unwrap_or_else(|| n.to_string());
        left.add(format!("version {}", quoted(&shown)), why::ANOTHER);
    }
    object(versions.swap_remove(place))
}

/// Adds what is not there yet.
fn merge<'a>(fields: &mut Object<'a>, more: Object<'a>) {
    for (name, value) in more.0 {
        if !fields.0.iter().any(|(known, _)| *known == name) {
            fields.0.push((name, value));
        }
    }
}

/// Instructions that are messages, as a response gives them back.
fn instructions<'a>(fields: &mut Object<'a>) -> Vec<Json<'a>> {
    fields.take_list("instructions").unwrap_or_default()
}

/// The words of chat completions, where they stand, in those of responses.
fn as_response(fields: &mut Object<'_>) {
    for name in ["max_completion_tokens", "max_tokens"] {
        fields.rename(name, "max_output_tokens");
    }
    if let Some(effort) = fields.take("reasoning_effort")
        && !fields.has("reasoning")
    {
        let mut reasoning = Object::default();
        reasoning.put("effort", effort);
        fields.put("reasoning", Json::Object(reasoning.0));
    }
    if let Some(mut format) = fields.take_object("response_format")
        && !fields.has("text")
    {
        if let Some(schema) = format.take_object("json_schema") {
            merge(&mut format, schema);
        }
        let mut text = Object::default();
        text.put("format", Json::Object(format.0));
        fields.put("text", Json::Object(text.0));
    }
}

/// A prompt with its variables beside it, as Anthropic's workbench has it.
pub(super) fn workbench<'a>(mut fields: Object<'a>, left: &mut Left) -> Recognised<'a> {
    let is_templatized = fields.has("variable_values");
    let values = [fields.take("variables"), fields.take("variable_values")];
    fields.rename("max_tokens_to_sample", "max_tokens");
    fields.take("usage");
    for name in ["id", "created_at", "updated_at", "description"] {
        if fields.take(name).is_some() {
            left.add(name, why::NO_PLACE);
        }
    }
    let wire = if is_templatized { Some(ClientWire::Messages) } else { by_fields(&fields) };
    let wire = wire.unwrap_or(ClientWire::Chat);
    let mut recognised = Recognised::new(Spoken::Wire(wire), Object::default());
    recognised.kind = (wire == ClientWire::Messages).then_some("Anthropic workbench export");
    recognised.name = fields.take_text("name");
    for value in values {
        take_inputs(&mut recognised, value, left);
    }
    recognised.fields = fields;
    recognised
}

/// Whether an object is a prompt of Langfuse's: its own text or messages are `prompt`.
pub(super) fn is_langfuse(fields: &Object<'_>) -> bool {
    match fields.get("prompt") {
        Some(Json::List(list)) => list.iter().all(|entry| matches!(entry, Json::Object(_))) && !list.is_empty(),
        Some(Json::Text(_)) => !fields.has("model") && fields.has_any(&["name", "type", "config", "labels"]),
        _ => false,
    }
}

/// A prompt of Langfuse's.
///
/// # Errors
/// Where it has no messages.
pub(super) fn langfuse<'a>(mut fields: Object<'a>, left: &mut Left) -> Result<Recognised<'a>, ApiError> {
    /// What people put into its free `config` that is a field of chat completions.
    const CONFIG: [&str; 21] = [
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "model",
        "n",
        "parallel_tool_calls",
        "presence_penalty",
        "reasoning_effort",
        "response_format",
        "seed",
        "service_tier",
        "stop",
        "temperature",
        "tool_choice",
        "tools",
        "top_k",
        "top_logprobs",
        "top_p",
        "verbosity",
    ];
    let mut messages = Vec::new();
    match fields.take("prompt") {
        Some(Json::Text(text)) => messages.push(message("user", Json::Text(text))),
        Some(Json::List(list)) => {
            for (n, entry) in list.into_iter().enumerate() {
                if field(&entry, "role").is_some() {
                    let entry = object(entry).map(|mut entry| {
                        entry.take("type");
                        Json::Object(entry.0)
                    });
                    messages.extend(entry);
                } else {
                    left.add(format!("prompt[{n}]"), why::PLACEHOLDER);
                }
            }
        }
        _ => return Err(unknown()),
    }
    let mut body = Object::default();
    body.put("messages", Json::List(messages));
    if let Some(mut config) = fields.take_object("config") {
        config.rename("max_output_tokens", "max_tokens");
        config.rename("modelName", "model");
        for (name, value) in config.0 {
            if CONFIG.contains(&name.as_escaped()) {
                body.0.push((name, value));
            } else {
                left.add(format!("config.{}", quoted(name.as_escaped())), why::NO_PLACE);
            }
        }
    }
    let mut recognised = Recognised::new(Spoken::Wire(ClientWire::Chat), body);
    recognised.kind = Some("Langfuse prompt");
    recognised.name = fields.take_text("name");
    for (name, _) in fields.0 {
        if matches!(name.as_escaped(), "labels" | "tags" | "commitMessage") {
            left.add(name.as_escaped(), why::NO_PLACE);
        }
    }
    Ok(recognised)
}

/// A prompt file of GitHub Models, as JSON.
///
/// # Errors
/// Where its schema is no JSON.
pub(super) fn github_prompt<'a>(mut fields: Object<'a>, left: &mut Left) -> Result<Recognised<'a>, ApiError> {
    const PARAMETERS: [(&str, &str); 7] = [
        ("temperature", "temperature"),
        ("topP", "top_p"),
        ("maxTokens", "max_tokens"),
        ("maxCompletionTokens", "max_completion_tokens"),
        ("stop", "stop"),
        ("frequencyPenalty", "frequency_penalty"),
        ("presencePenalty", "presence_penalty"),
    ];
    let mut body = Object::default();
    for name in ["model", "messages"] {
        if let Some(value) = fields.take(name) {
            body.put(name, value);
        }
    }
    let mut parameters = fields.take_object("modelParameters").unwrap_or_default();
    for (name, other) in PARAMETERS {
        if let Some(value) = parameters.take(name).or_else(|| parameters.take(other)) {
            body.put(other, value);
        }
    }
    for (name, _) in parameters.0 {
        left.add(format!("modelParameters.{}", quoted(name.as_escaped())), why::NO_PLACE);
    }
    let schema = fields.take("jsonSchema");
    if let Some(kind) = fields.take("responseFormat") {
        let mut format = Object::default();
        format.put("type", kind);
        match schema {
            Some(Json::Text(text)) => {
                let owned = text.plain().unwrap_or_default();
                format.put("json_schema", owned_json(&owned)?);
            }
            Some(schema) => format.put("json_schema", schema),
            None => {}
        }
        body.put("response_format", Json::Object(format.0));
    }
    for name in ["testData", "evaluators"] {
        if !entries(fields.take(name).as_ref()).is_empty() {
            left.add(name, why::EVALUATION);
        }
    }
    let mut recognised = Recognised::new(Spoken::Wire(ClientWire::Chat), body);
    recognised.kind = Some("GitHub Models prompt");
    recognised.name = fields.take_text("name");
    for (name, _) in fields.0 {
        left.add(quoted(name.as_escaped()), why::NO_PLACE);
    }
    Ok(recognised)
}

/// JSON that stands in a text.
fn owned_json<'a>(text: &str) -> Result<Json<'a>, ApiError> {
    let json = Json::parse(text, super::DEPTH_MAX, super::VALUES_MAX);
    json.map(Json::into_owned)
        .map_err(|_| invalid("`jsonSchema` is no JSON. Nothing was done.".into()).param("jsonSchema"))
}
