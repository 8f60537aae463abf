//! OpenAI's responses.

use domain::fields::join;

use super::super::formats::reference;
use super::super::object::{Object, is_null, says};
use super::super::why;
use super::{Cleaning, FUNCTION, SCHEMA, each_of, tool_choice, user};
use crate::code::json::{Json, Text};

const FIELDS: [&str; 14] = [
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "model",
    "parallel_tool_calls",
    "reasoning",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
];

/// What chat completions have as well, on which a run goes to OpenAI.
const SHARED: [&str; 6] = [
    "metadata",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
];

pub(super) fn body<'a>(mut fields: Object<'a>, cleaning: &mut Cleaning<'_>) -> Object<'a> {
    if reference(&fields).is_some() {
        fields.take("prompt");
        cleaning.left.add("prompt", why::REFERENCE);
    }
    if fields.get("instructions") == Some(&Json::Text(Text::escaped(""))) {
        fields.take("instructions");
    }
    input(&mut fields, cleaning);
    each_of(&mut fields, "tools", "", |fields, at| tool(fields, at, cleaning));
    tool_choice(&mut fields, cleaning);
    inner(&mut fields, cleaning);
    user(&mut fields, cleaning);
    let mut kept = Object::default();
    for (name, value) in fields.0 {
        match name.as_escaped() {
            _ if is_null(&value) => {}
            "stream" | "stream_options" | "request_id" => {}
            "store" | "background" => {
                if value != Json::Word("false".into()) {
                    cleaning.left.add(name.as_escaped(), why::KEPT);
                }
            }
            "previous_response_id" | "conversation" => cleaning.left.add(name.as_escaped(), why::EARLIER),
            "include" => include(&value, &mut kept, cleaning),
            "preset_id" | "input_context" => cleaning.left.add(name.as_escaped(), why::NO_PLACE),
            known if FIELDS.contains(&known) => kept.0.push((name, value)),
            shared if SHARED.contains(&shared) => cleaning.option(shared, &value),
            own @ ("context_management" | "max_tool_calls" | "prompt" | "truncation") => {
                cleaning.left.add(own, why::ONLY_THERE);
            }
            other => cleaning.left.add(domain::fields::quoted(other), why::NO_PLACE),
        }
    }
    kept
}

/// Instructions that are messages stand before the others, as they are sent.
fn input<'a>(fields: &mut Object<'a>, cleaning: &mut Cleaning<'_>) {
    let mut items = fields.take_list("instructions").unwrap_or_default();
    match fields.take("input") {
        Some(Json::List(more)) => items.extend(more),
        Some(text @ Json::Text(_)) if items.is_empty() => {
            fields.put("input", text);
            return;
        }
        Some(text @ Json::Text(_)) => items.push(super::super::formats::message("user", text)),
        // What is neither is for the reader to refuse.
        Some(other) => {
            fields.put("input", other);
            return;
        }
        None => {}
    }
    fields.put("input", Json::List(items));
    each_of(fields, "input", "", |fields, at| item(fields, at, cleaning));
}

fn item<'a>(mut fields: Object<'a>, at: &str, cleaning: &mut Cleaning<'_>) -> Option<Json<'a>> {
    let known: &[&str] = match fields.kind() {
        "" | "message" => {
            each_of(&mut fields, "content", at, |fields, at| part(fields, at, cleaning));
            &["type", "role", "content"]
        }
        "function_call" => &["type", "call_id", "name", "arguments"],
        "function_call_output" => {
            each_of(&mut fields, "output", at, |fields, at| part(fields, at, cleaning));
            &["type", "call_id", "output"]
        }
        _ => {
            cleaning.left.add(at, why::ANSWER);
            return None;
        }
    };
    Some(Json::Object(cleaning.keep(fields, at, known, &["id", "status", "phase"]).0))
}

fn part<'a>(mut fields: Object<'a>, at: &str, cleaning: &mut Cleaning<'_>) -> Option<Json<'a>> {
    if fields.kind() == "image_url" {
        // As chat completions have it.
        let url = fields.take_object("image_url").and_then(|mut image| image.take("url"));
        fields.put("type", Json::Text(Text::escaped("input_image")));
        url.into_iter().for_each(|url| fields.put("image_url", url));
    }
    let known: &[&str] = match fields.kind() {
        "input_text" | "output_text" | "text" => &["type", "text"],
        "refusal" => &["type", "refusal"],
        "input_image" if fields.has("image_url") => &["type", "image_url", "detail"],
        _ => {
            cleaning.left.add(at, why::FILE);
            return None;
        }
    };
    Some(Json::Object(cleaning.keep(fields, at, known, &["annotations", "logprobs"]).0))
}

fn tool<'a>(mut fields: Object<'a>, at: &str, cleaning: &mut Cleaning<'_>) -> Option<Json<'a>> {
    // As chat completions have it, and exports with them.
    if let Some(function) = fields.take_object("function") {
        function.0.into_iter().for_each(|(name, value)| fields.put(&name.plain().unwrap_or_default(), value));
    }
    if fields.kind() != "function" {
        cleaning.left.add(at, why::TOOL);
        return None;
    }
    let known: Vec<_> = ["type"].into_iter().chain(FUNCTION).collect();
    Some(Json::Object(cleaning.keep(fields, at, &known, &[]).0))
}

/// What stands in objects of its own: the form of the answer, and how long to think.
fn inner(fields: &mut Object<'_>, cleaning: &mut Cleaning<'_>) {
    if let Some(mut text) = fields.take_object("text") {
        if let Some(format) = text.take_object("format") {
            let known: Vec<_> = ["type"].into_iter().chain(SCHEMA).collect();
            if matches!(format.kind(), "text" | "json_object" | "json_schema") {
                let format = cleaning.keep(format, "text.format", &known, &[]);
                text.put("format", Json::Object(format.0));
            } else {
                cleaning.left.add("text.format", why::NO_PLACE);
            }
        }
        if let Some(verbosity) = text.take("verbosity") {
            // What is done where nothing is said.
            if !says(Some(&verbosity), "medium") {
                cleaning.option("verbosity", &verbosity);
            }
        }
        let text = cleaning.keep(text, "text", &["format"], &[]);
        fields.put("text", Json::Object(text.0));
    }
    if let Some(reasoning) = fields.take_object("reasoning") {
        let reasoning = cleaning.keep(reasoning, "reasoning", &["effort"], &["summary", "generate_summary"]);
        fields.put("reasoning", Json::Object(reasoning.0));
    }
}

/// What else an answer shall show: logprobs a run can have, other things belong to what has no place.
fn include<'a>(value: &Json<'a>, kept: &mut Object<'a>, cleaning: &mut Cleaning<'_>) {
    const LOGPROBS: &str = "message.output_text.logprobs";
    for (n, entry) in super::super::object::entries(Some(value)).iter().enumerate() {
        if says(Some(entry), LOGPROBS) {
            kept.put("include", Json::List(vec![entry.clone()]));
        } else {
            cleaning.left.add(join("", &format!("include[{n}]")), why::ONLY_THERE);
        }
    }
}
