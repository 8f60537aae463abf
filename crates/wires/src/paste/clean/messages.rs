//! Anthropic's messages.

use domain::fields::join;

use super::super::object::{Object, is_null};
use super::super::why;
use super::{Cleaning, each_of};
use crate::code::json::{Json, Text};

const FIELDS: [&str; 12] = [
    "max_tokens",
    "messages",
    "output_config",
    "output_format",
    "stop_sequences",
    "system",
    "temperature",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
    "model",
];

pub(super) fn body<'a>(mut fields: Object<'a>, cleaning: &mut Cleaning<'_>) -> Object<'a> {
    if fields.get("system") == Some(&Json::Text(Text::escaped(""))) {
        fields.take("system");
    }
    fields.rename("max_tokens_to_sample", "max_tokens");
    each_of(&mut fields, "system", "", |fields, at| Some(block(fields, at, cleaning)));
    each_of(&mut fields, "messages", "", |mut fields, at| {
        each_of(&mut fields, "content", at, |fields, at| Some(block(fields, at, cleaning)));
        Some(Json::Object(cleaning.keep(fields, at, &["role", "content"], &[]).0))
    });
    each_of(&mut fields, "tools", "", |fields, at| tool(fields, at, cleaning));
    for (name, known) in [
        ("tool_choice", &["type", "name", "disable_parallel_tool_use"][..]),
        ("output_config", &["effort", "format"]),
        ("output_format", &["type", "schema"]),
    ] {
        if let Some(inner) = fields.take_object(name) {
            let inner = cleaning.keep(inner, name, known, &[]);
            fields.put(name, Json::Object(inner.0));
        }
    }
    let mut kept = Object::default();
    for (name, value) in fields.0 {
        match name.as_escaped() {
            _ if is_null(&value) => {}
            "stream" | "request_id" | "anthropic_version" => {}
            "metadata" => cleaning.left.add("metadata", why::USER),
            "thread" => cleaning.left.add("thread", why::EARLIER),
            "betas" | "anthropic_beta" => cleaning.left.add(name.as_escaped(), why::HEADER),
            "preset_id" | "input_context" => cleaning.left.add(name.as_escaped(), why::NO_PLACE),
            known if FIELDS.contains(&known) => kept.0.push((name, value)),
            other => cleaning.option(other, &value),
        }
    }
    kept
}

fn block<'a>(mut fields: Object<'a>, at: &str, cleaning: &mut Cleaning<'_>) -> Json<'a> {
    let is_inline = |fields: &Object<'_>| {
        let kind = fields.get("source").map_or("", super::super::object::kind);
        matches!(kind, "base64" | "url")
    };
    let known: &[&str] = match fields.kind() {
        "text" => &["type", "text"],
        "image" if is_inline(&fields) => {
            if let Some(source) = fields.take_object("source") {
                let source = cleaning.keep(source, &join(at, "source"), &["type", "media_type", "data", "url"], &[]);
                fields.put("source", Json::Object(source.0));
            }
            &["type", "source"]
        }
        "tool_use" => &["type", "id", "name", "input"],
        "tool_result" => {
            each_of(&mut fields, "content", at, |fields, at| Some(block(fields, at, cleaning)));
            &["type", "tool_use_id", "content"]
        }
        // It stays as it is, for who speaks this wire.
        _ => return Json::Object(fields.0),
    };
    // A citation of an answer's says nothing to a model; an empty list of them says nothing at all.
    let quiet: &[&str] = if fields.get("citations") == Some(&Json::List(Vec::new())) { &["citations"] } else { &[] };
    Json::Object(cleaning.keep(fields, at, known, quiet).0)
}

fn tool<'a>(mut fields: Object<'a>, at: &str, cleaning: &mut Cleaning<'_>) -> Option<Json<'a>> {
    if !matches!(fields.kind(), "" | "custom") {
        cleaning.left.add(at, why::TOOL);
        return None;
    }
    if !fields.has("input_schema") && cleaning.left.has(&join(at, "input_schema")) {
        // The wire demands one; that it is computed has been said.
        fields.put("input_schema", Json::Object(vec![(Text::escaped("type"), Json::Text(Text::escaped("object")))]));
    }
    let known = ["type", "name", "description", "input_schema", "strict"];
    Some(Json::Object(cleaning.keep(fields, at, &known, &[]).0))
}
