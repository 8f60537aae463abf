//! What the bodies of all wires have in common.

use std::collections::BTreeMap;

use domain::chat::Verbatim;
use domain::fields::Fields;
use domain::{ApiError, Code};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// The body as text, with `provider_options` appended to the byte.
///
/// # Errors
/// Where these say again what the request says already: twice in one body, nobody knows which counts.
pub fn append_options(body: &Map<String, Value>, options: Option<&Verbatim>) -> Result<String, ApiError> {
    let mut text = serde_json::to_string(body).expect("a body is strings and numbers");
    let Some(options) = options.map(|options| options.as_str().trim()) else { return Ok(text) };
    let fields: BTreeMap<String, IgnoredAny> = serde_json::from_str(options).unwrap_or_default();
    if let Some(twice) = fields.keys().find(|name| body.contains_key(*name)) {
        return Err(ApiError::new(
            Code::InvalidRequest,
            format!("`provider_options.{twice}` stands in the request already. Nothing was sent."),
        )
        .hint("Say it in one of the two places."));
    }
    let inner = options.strip_prefix('{').and_then(|options| options.strip_suffix('}')).unwrap_or_default();
    if !fields.is_empty() {
        text.pop();
        text.push(',');
        text.push_str(inner);
        text.push('}');
    }
    Ok(text)
}

/// Fields of a client's body that are meant for Etude.
const OURS: [&str; 1] = ["request_id"];

/// A client's body as it came, but for the fields that the run decides, and those that a server knows by another name.
///
/// # Errors
/// When it is no JSON object.
pub fn pass(body: &str, decided: &[(&str, Value)], renamed: &[(&str, &str)]) -> Result<String, ApiError> {
    let mut out = String::with_capacity(body.len() + 64);
    let mut put = |name: &str, json: &str| {
        out.push(if out.is_empty() { '{' } else { ',' });
        out.push_str(&Value::from(name).to_string());
        out.push(':');
        out.push_str(json);
    };
    for (name, value) in Fields::of_body(body.as_bytes())?.all() {
        if !OURS.contains(&&*name) && decided.iter().all(|(known, _)| *known != name) {
            let name = renamed.iter().find(|(known, _)| *known == name).map_or(&*name, |(_, other)| other);
            put(name, value.get());
        }
    }
    for (name, value) in decided {
        put(name, &value.to_string());
    }
    out.push('}');
    Ok(out)
}

/// A number that `provider_options` have under this name.
#[must_use]
pub fn optional_number(options: Option<&Verbatim>, name: &str) -> Option<u32> {
    let fields: BTreeMap<String, Value> = serde_json::from_str(options?.as_str()).ok()?;
    fields.get(name)?.as_u64()?.try_into().ok()
}

/// JSON that rendering has checked.
#[must_use]
pub fn parsed(json: &str) -> Value {
    serde_json::from_str(json).expect("rendering reads verbatim JSON before it is sent")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_body_passes_as_it_came() {
        let body = r#"{"model":"m", "x": 1.10e0, "max_completion_tokens": 5,"stream":false,"messages":[ 1 ]}"#;
        let passed = pass(
            body,
            &[("model", "large".into()), ("stream", true.into())],
            &[("max_completion_tokens", "max_tokens")],
        );
        assert_eq!(
            passed.as_deref(),
            Ok(r#"{"x":1.10e0,"max_tokens":5,"messages":[ 1 ],"model":"large","stream":true}"#)
        );
        assert_eq!(pass("{}", &[("stream", true.into())], &[]).as_deref(), Ok(r#"{"stream":true}"#));
    }
}
