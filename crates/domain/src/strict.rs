//! JSON in: every mistake is named with its field, and a misspelt field gets a suggestion.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::error::{ApiError, Code};

/// Least likeness (Jaro-Winkler, 0 to 1) at which another field is suggested.
const LIKENESS_MIN: f64 = 0.75;

/// Reads JSON whose unknown fields are refused by name.
///
/// # Errors
/// `invalid_request` with line and column, or `unknown_field` with the field that was probably meant.
pub fn from_slice<T: DeserializeOwned>(json: &[u8]) -> Result<T, ApiError> {
    let text = std::str::from_utf8(json).map_err(|error| {
        ApiError::new(
            Code::InvalidRequest,
            format!("The body is not UTF-8: byte {} is the first that is not.", error.valid_up_to()),
        )
        .hint("Send JSON encoded as UTF-8.")
    })?;
    if text.trim().is_empty() {
        return Err(ApiError::new(Code::InvalidRequest, "The body is empty; JSON was expected."));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let Object(value) = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        explain(&path, error.inner())
    })?;
    reader.end().map_err(|error| explain(".", &error))?;
    Ok(value)
}

/// A mistake in JSON, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it is, such as `content.messages[0].role`; empty where it is the whole.
    pub path: String,
    /// What is wrong there, as the rest of a sentence that begins with the place.
    pub why: String,
}

/// Reads one object out of a larger file: as [`from_slice`], with the place apart.
///
/// # Errors
/// What is wrong, and where.
pub fn located<T: DeserializeOwned>(json: &str) -> Result<T, Mistake> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let read = serde_path_to_error::deserialize(&mut reader).map(|Object(value)| value);
    read.map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        let text = error.inner().to_string();
        let message = text.split(" at line ").next().unwrap_or(&text);
        let why = match unknown_field(message) {
            Some((field, known)) => match closest(field, &known) {
                Some(meant) => format!("is not known; `{meant}` is."),
                None => "is not known.".into(),
            },
            None => format!("cannot be used: {message}."),
        };
        Mistake { path, why }
    })
}

/// A struct that must be written as an object: serde's own would take a list of its fields, too, in an order that nobody
/// has promised.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Form<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_map(Form(PhantomData)).map(Self)
    }
}

/// Reads a struct that must be written as an object.
///
/// # Errors
/// When it is written as anything else, or cannot be read.
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Object::deserialize(deserializer).map(|Object(value)| value)
}

/// As [`object`], where it may be absent or null.
///
/// # Errors
/// As [`object`].
pub fn optional_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(Option::<Object<T>>::deserialize(deserializer)?.map(|Object(value)| value))
}

/// As [`object`], for a list of them.
///
/// # Errors
/// As [`object`].
pub fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Vec::<Object<T>>::deserialize(deserializer)?.into_iter().map(|Object(value)| value).collect())
}

/// Refuses text with a NUL character in it: neither models nor databases take one.
///
/// # Errors
/// `invalid_request`.
pub fn refuse_nul(json: &str) -> Result<(), ApiError> {
    // In JSON it can only stand as an escape, and an even number of backslashes before that would escape themselves.
    let is_nul = |(place, _): (usize, &str)| {
        let before = json[..place].bytes().rev().take_while(|byte| *byte == b'\\').count();
        before.is_multiple_of(2)
    };
    if json.match_indices("\\u0000").any(is_nul) {
        let message = "The request contains a NUL character (U+0000), which models cannot take. Nothing was sent.";
        return Err(ApiError::new(Code::InvalidRequest, message).hint("Remove it."));
    }
    Ok(())
}

fn explain(path: &str, error: &serde_json::Error) -> ApiError {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text);
    let place = if path == "." || path.is_empty() { String::new() } else { format!(" in `{path}`") };
    if let Some((field, known)) = unknown_field(message) {
        let place = path.rsplit_once('.').map_or_else(String::new, |(parent, _)| format!(" in `{parent}`"));
        let error = ApiError::new(Code::UnknownField, format!("Unknown field `{field}`{place}. Nothing was done."));
        return match closest(field, &known) {
            Some(meant) => error.hint(format!("Did you mean `{meant}`?")),
            None => error.hint(format!("Known fields: {}.", known.join(", "))),
        };
    }
    let (line, column) = (error.line(), error.column());
    let at = if line > 0 { format!(" (line {line}, column {column})") } else { String::new() };
    ApiError::new(Code::InvalidRequest, format!("The JSON cannot be used: {message}{place}{at}."))
}

/// Takes serde's own message apart: it is the only place where the field's name stands.
fn unknown_field(message: &str) -> Option<(&str, Vec<&str>)> {
    let rest = message.strip_prefix("unknown field `")?;
    let (field, rest) = rest.split_once('`')?;
    Some((field, rest.split('`').skip(1).step_by(2).collect()))
}

fn closest<'a>(field: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(field, name), *name))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::NewRun;

    fn refusal(json: &str) -> ApiError {
        from_slice::<NewRun>(json.as_bytes()).expect_err("must be refused")
    }

    #[test]
    fn a_misspelt_field_is_named_and_another_suggested() {
        let error = refusal(r#"{"model":"m","messages":[],"params":{"temprature":1}}"#);
        assert_eq!(error.code, Code::UnknownField);
        assert!(error.message.contains("`temprature` in `params`"), "{error}");
        assert_eq!(error.hint.as_deref(), Some("Did you mean `temperature`?"));
    }

    #[test]
    fn a_list_of_fields_is_no_object() {
        for json in [
            r#"["m", [], null]"#,
            r#"{"model":"m","messages":[["user","x"]]}"#,
            r#"{"model":"m","messages":[],"params":[0.5]}"#,
            r#"{"model":"m","messages":[{"role":"user","content":[["text","x"]]}]}"#,
            r#"{"model":"m","messages":[],"tools":[["f"]]}"#,
            r#"{"model":"m","messages":[],"response_format":["text"]}"#,
            r#"{"model":"m","messages":[{"role":"assistant","tool_calls":[["a","b","c"]]}]}"#,
        ] {
            let error = refusal(json);
            assert!(error.message.contains("an object"), "{json}: {error}");
        }
    }

    #[test]
    fn a_nul_is_found_and_a_backslash_is_none() {
        for (text, has_nul) in [("a\0", true), ("\\u0000", false), ("\\\0", true), ("plain", false)] {
            let json = serde_json::to_string(text).expect("json");
            assert_eq!(refuse_nul(&json).is_err(), has_nul, "{json}");
        }
    }

    #[test]
    fn a_wrong_type_is_named_with_its_place() {
        let error = refusal(r#"{"model":"m","messages":[{"role":"usr","content":"x"}]}"#);
        assert!(error.message.contains("messages[0].role") && error.message.contains("unknown variant"), "{error}");
        assert!(refusal("{\"model\":").message.contains("line 1"));
        assert!(refusal("  ").message.contains("empty"));
    }

    #[test]
    fn a_mistake_in_a_part_has_its_place_apart() {
        let mistake = |json: &str| located::<NewRun>(json).expect_err("must be refused");
        let unknown = mistake(r#"{"model":"m","messages":[],"params":{"temprature":1}}"#);
        assert_eq!(
            (unknown.path.as_str(), unknown.why.as_str()),
            ("params.temprature", "is not known; `temperature` is.")
        );
        let wrong = mistake(r#"{"model":"m","messages":[{"role":"usr","content":"x"}]}"#);
        assert!(
            wrong.path == "messages[0].role" && wrong.why.starts_with("cannot be used: unknown variant"),
            "{wrong:?}"
        );
        assert_eq!(mistake("[]").path, "");
    }

    #[test]
    fn deep_json_is_refused_and_does_not_overflow_the_stack() {
        let deep = format!("{{\"model\":{}", "[".repeat(10_000));
        assert_eq!(refusal(&deep).code, Code::InvalidRequest);
    }
}
