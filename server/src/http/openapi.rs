//! `GET /openapi.json`: what the API takes and answers.
//!
//! Written by hand in `server/openapi`, a file for each area. `server/tests/it/openapi.rs` holds it against the table of
//! routes, `end2end/clients/schemathesis` against what the server does.

use std::sync::LazyLock;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::Value;

/// Its parts; they are joined in this order.
const PARTS: [&str; 21] = [
    include_str!("../../openapi/root.json"),
    include_str!("../../openapi/runs.json"),
    include_str!("../../openapi/run-request.json"),
    include_str!("../../openapi/run-answer.json"),
    include_str!("../../openapi/run-events.json"),
    include_str!("../../openapi/presets.json"),
    include_str!("../../openapi/shares.json"),
    include_str!("../../openapi/carry.json"),
    include_str!("../../openapi/chat.json"),
    include_str!("../../openapi/chat-answer.json"),
    include_str!("../../openapi/completions.json"),
    include_str!("../../openapi/responses.json"),
    include_str!("../../openapi/responses-request.json"),
    include_str!("../../openapi/responses-answer.json"),
    include_str!("../../openapi/embeddings.json"),
    include_str!("../../openapi/messages.json"),
    include_str!("../../openapi/messages-request.json"),
    include_str!("../../openapi/messages-answer.json"),
    include_str!("../../openapi/models.json"),
    include_str!("../../openapi/operations.json"),
    include_str!("../../openapi/errors.json"),
];

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut whole = Value::Null;
    for part in PARTS {
        join(&mut whole, serde_json::from_str(part).expect("a part of the document is JSON, which a test reads"));
    }
    whole
});

static TEXT: LazyLock<Bytes> = LazyLock::new(|| DOCUMENT.to_string().into());

/// The document.
#[must_use]
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// Gives it.
pub async fn document_json() -> Response {
    let mut response = TEXT.clone().into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Puts a part into the whole: objects are joined, whatever else stands there is replaced.
fn join(whole: &mut Value, part: Value) {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            for (name, value) in part {
                join(whole.entry(name).or_insert(Value::Null), value);
            }
        }
        (whole, part) => *whole = part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `$ref` below a value.
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let mut found = Vec::new();
        references(document(), &mut found);
        assert!(found.len() > 100, "only {} references", found.len());
        for reference in found {
            let pointer = reference.strip_prefix('#').expect("a reference within the document");
            assert!(document().pointer(pointer).is_some(), "{reference} leads nowhere");
        }
    }

    #[test]
    fn no_two_parts_say_the_same() {
        fn leaves(value: &Value) -> usize {
            match value {
                Value::Object(fields) => fields.values().map(leaves).sum(),
                _ => 1,
            }
        }
        let parts = PARTS.map(|part| serde_json::from_str::<Value>(part).expect("JSON"));
        assert_eq!(parts.iter().map(leaves).sum::<usize>(), leaves(document()), "a part replaces another's words");
    }
}
