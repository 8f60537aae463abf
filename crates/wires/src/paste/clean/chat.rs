//! Chat completions.

use domain::fields::join;

use super::super::object::{Object, is_null, says};
use super::super::why;
use super::{Cleaning, FUNCTION, SCHEMA, each_of, tool_choice, user};
use crate::code::json::{Json, Text};

/// What a run has a field for.
const FIELDS: [&str; 18] = [
    "frequency_penalty",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "parallel_tool_calls",
    "presence_penalty",
    "reasoning_effort",
    "response_format",
    "seed",
    "stop",
    "temperature",
    "tool_choice",
    "tools",
    "top_k",
    "top_logprobs",
    "top_p",
    "model",
];

/// What is decided anew each time: how an answer is delivered, and which submission it is.
const QUIET: [&str; 3] = ["stream", "stream_options", "request_id"];

pub(super) fn body<'a>(mut fields: Object<'a>, cleaning: &mut Cleaning<'_>) -> Object<'a> {
    each_of(&mut fields, "messages", "", |fields, at| Some(message(fields, at, cleaning)));
    each_of(&mut fields, "tools", "", |fields, at| tool(fields, at, cleaning));
    tool_choice(&mut fields, cleaning);
    response_format(&mut fields, cleaning);
    user(&mut fields, cleaning);
    let mut kept = Object::default();
    for (name, value) in fields.0 {
        match name.as_escaped() {
            _ if is_null(&value) => {}
            name if QUIET.contains(&name) => {}
            "functions" | "function_call" => cleaning.left.add(name.as_escaped(), why::REPLACED),
            "modalities" | "audio" if !is_text_only(&value) => cleaning.left.add(name.as_escaped(), why::ONLY_TEXT),
            "modalities" => {}
            "n" if value == Json::Word("1".into()) => {}
            "logit_bias" if value == Json::Object(Vec::new()) => {}
            "preset_id" | "input_context" => cleaning.left.add(name.as_escaped(), why::NO_PLACE),
            known if FIELDS.contains(&known) => kept.0.push((name, value)),
            other => cleaning.option(other, &value),
        }
    }
    kept
}

fn is_text_only(value: &Json<'_>) -> bool {
    matches!(value, Json::List(list) if list.iter().all(|entry| *entry == Json::Text(Text::escaped("text"))))
}

fn message<'a>(mut fields: Object<'a>, at: &str, cleaning: &mut Cleaning<'_>) -> Json<'a> {
    let is_tool = says(fields.get("role"), "tool");
    each_of(&mut fields, "content", at, |fields, at| Some(part(fields, at, cleaning)));
    each_of(&mut fields, "tool_calls", at, |mut fields, at| {
        if let Some(function) = fields.take_object("function") {
            let function = cleaning.keep(function, &join(at, "function"), &["name", "arguments"], &[]);
            fields.put("function", Json::Object(function.0));
        }
        Some(Json::Object(cleaning.keep(fields, at, &["id", "type", "function"], &["index"]).0))
    });
    // A call's id says which tool it was.
    let quiet: &[&str] = if is_tool { &["name"] } else { &[] };
    let known = ["role", "content", "tool_calls", "tool_call_id", "refusal"];
    Json::Object(cleaning.keep(fields, at, &known, quiet).0)
}

fn part<'a>(mut fields: Object<'a>, at: &str, cleaning: &mut Cleaning<'_>) -> Json<'a> {
    let kind = fields.kind().to_owned();
    let known: &[&str] = match &*kind {
        "text" => &["type", "text"],
        "refusal" => &["type", "refusal"],
        "image_url" => {
            match fields.take("image_url") {
                Some(Json::Object(image)) => {
                    let at = join(at, "image_url");
                    let image = cleaning.keep(Object(image), &at, &["url", "detail"], &[]);
                    fields.put("image_url", Json::Object(image.0));
                }
                // The address alone, as some write it.
                Some(url @ Json::Text(_)) => {
                    fields.put("image_url", Json::Object(vec![(Text::escaped("url"), url)]));
                }
                _ => {}
            }
            &["type", "image_url"]
        }
        // It stays as it is, for who speaks this wire.
        _ => return Json::Object(fields.0),
    };
    Json::Object(cleaning.keep(fields, at, known, &[]).0)
}

fn tool<'a>(mut fields: Object<'a>, at: &str, cleaning: &mut Cleaning<'_>) -> Option<Json<'a>> {
    if !fields.has("function") && fields.has("name") {
        // As responses have it, and exports with them.
        let mut function = Object::default();
        FUNCTION.iter().for_each(|name| {
            if let Some(value) = fields.take(name) {
                function.put(name, value);
            }
        });
        fields.put("function", Json::Object(function.0));
    }
    let function = fields.take_object("function").or_else(|| {
        cleaning.left.add(at, why::TOOL);
        None
    })?;
    let function = cleaning.keep(function, &join(at, "function"), &FUNCTION, &[]);
    fields.put("function", Json::Object(function.0));
    fields.put("type", Json::Text(Text::escaped("function")));
    Some(Json::Object(cleaning.keep(fields, at, &["type", "function"], &[]).0))
}

fn response_format(fields: &mut Object<'_>, cleaning: &mut Cleaning<'_>) {
    let Some(mut format) = fields.take_object("response_format") else { return };
    if !matches!(format.kind(), "text" | "json_object" | "json_schema") {
        cleaning.left.add("response_format", why::NO_PLACE);
        return;
    }
    if let Some(schema) = format.take_object("json_schema") {
        let schema = cleaning.keep(schema, "response_format.json_schema", &SCHEMA, &[]);
        format.put("json_schema", Json::Object(schema.0));
    }
    let format = cleaning.keep(format, "response_format", &["type", "json_schema"], &[]);
    fields.put("response_format", Json::Object(format.0));
}
