//! What the bodies of all wires have in common.

use std::collections::BTreeMap;

use domain::chat::Verbatim;
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
