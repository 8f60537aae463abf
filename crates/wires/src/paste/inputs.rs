//! The values of variables, in the forms that exports have them in.

use std::collections::BTreeMap;

use super::left::Left;
use super::object::{field, is_null, word};
use super::why;
use crate::code::json::Json;

/// Reads values: a map of them, or a list of names, with values or without.
pub(super) fn inputs(json: &Json<'_>, out: &mut BTreeMap<String, String>, left: &mut Left) {
    match json {
        Json::Object(fields) => {
            for (name, json) in fields {
                let Some(name) = name.plain() else { continue };
                match value(json) {
                    Some(text) => drop(out.insert(name, text)),
                    None if is_null(json) => {}
                    None => left.add(format!("variables.{}", domain::fields::quoted(&name)), why::FILE),
                }
            }
        }
        Json::List(list) => {
            for entry in list {
                let name = field(entry, "name").or_else(|| field(entry, "key")).and_then(word);
                let text = ["value", "default", "default_value", "example"]
                    .into_iter()
                    .find_map(|of| value(field(entry, of)?));
                if let (Some(name), Some(text)) = (name, text) {
                    out.insert(name, text);
                }
            }
        }
        Json::Word(_) | Json::Text(_) => {}
    }
}

fn value(json: &Json<'_>) -> Option<String> {
    match json {
        Json::Object(_) => ["text", "value"].into_iter().find_map(|name| field(json, name).and_then(word)),
        other if is_null(other) => None,
        other => word(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_in_every_form() {
        for (text, want) in [
            (
                r#"{"a":"x","b":{"type":"input_text","text":"y"},"c":30,"d":null}"#,
                &[("a", "x"), ("b", "y"), ("c", "30")][..],
            ),
            (r#"["a",{"name":"b","value":"y"},{"name":"c"},{"name":"d","default":"z"}]"#, &[("b", "y"), ("d", "z")]),
            (r#"{"a":{"type":"input_image","image_url":"https://e.org"}}"#, &[]),
            ("1", &[]),
        ] {
            let mut out = BTreeMap::new();
            inputs(&Json::parse(text, 9, 99).expect("JSON"), &mut out, &mut Left::default());
            let want = want.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            assert_eq!(out, want.collect(), "{text}");
        }
    }
}
