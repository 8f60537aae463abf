//! Completions.

use super::super::object::{Object, is_null};
use super::super::why;
use super::{Cleaning, user};
use crate::code::json::Json;

const FIELDS: [&str; 11] = [
    "frequency_penalty",
    "logprobs",
    "max_tokens",
    "presence_penalty",
    "prompt",
    "seed",
    "stop",
    "temperature",
    "top_k",
    "top_p",
    "model",
];

pub(super) fn body<'a>(mut fields: Object<'a>, cleaning: &mut Cleaning<'_>) -> Object<'a> {
    user(&mut fields, cleaning);
    let mut kept = Object::default();
    for (name, value) in fields.0 {
        match name.as_escaped() {
            _ if is_null(&value) => {}
            "stream" | "stream_options" | "request_id" => {}
            "n" | "best_of" if value == Json::Word("1".into()) => {}
            // A message is no text that goes on: there is nothing to repeat, and nothing behind it.
            "best_of" | "echo" | "suffix" => cleaning.left.add(name.as_escaped(), why::NO_PLACE),
            "preset_id" | "input_context" => cleaning.left.add(name.as_escaped(), why::NO_PLACE),
            known if FIELDS.contains(&known) => kept.0.push((name, value)),
            other => cleaning.option(other, &value),
        }
    }
    kept
}
