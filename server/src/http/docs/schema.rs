//! Schemas as an outline: fields with their type, what they may be, what they mean, and the fields inside them.

use serde_json::Value;

use super::html::{escape, line};

/// Where the named schemas stand in the document.
const SCHEMAS: &str = "#/components/schemas/";

/// Draws outlines of a document's schemas.
#[derive(Clone, Copy)]
pub struct Outline<'a> {
    document: &'a Value,
    /// How many schemas may stand inside each other; what lies deeper is a link.
    depth: usize,
}

impl<'a> Outline<'a> {
    /// Outlines down to a depth.
    #[must_use]
    pub fn new(document: &'a Value, depth: usize) -> Self {
        Self { document, depth }
    }

    /// What a reference leads to; anything else is itself.
    #[must_use]
    pub fn resolve(self, value: &'a Value) -> &'a Value {
        let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        pointer.and_then(|pointer| self.document.pointer(pointer)).unwrap_or(value)
    }

    /// What is inside a schema.
    #[must_use]
    pub fn inside(self, schema: &'a Value) -> String {
        self.fields(schema, &mut Vec::new())
    }

    fn fields(self, schema: &'a Value, path: &mut Vec<&'a str>) -> String {
        if let Some(name) = name_of(schema) {
            if path.len() >= self.depth || path.contains(&name) {
                return String::new();
            }
            path.push(name);
            let inside = self.fields(self.resolve(schema), path);
            path.pop();
            return inside;
        }
        let mut out = self.own_fields(schema, path);
        for all in list(schema, "allOf") {
            out += &self.fields(all, path);
        }
        for inner in ["items", "contentSchema", "additionalProperties"] {
            if schema[inner].is_object() {
                out += &self.fields(&schema[inner], path);
            }
        }
        out + &self.variants(schema, path)
    }

    fn own_fields(self, schema: &'a Value, path: &mut Vec<&'a str>) -> String {
        let Some(properties) = schema["properties"].as_object() else { return String::new() };
        let needed: Vec<_> = list(schema, "required").filter_map(Value::as_str).collect();
        let rows: String = properties
            .iter()
            // What must not be there.
            .filter(|(_, field)| **field != Value::Bool(false))
            .map(|(name, field)| self.field(name, field, needed.contains(&name.as_str()), path))
            .collect();
        if rows.is_empty() { rows } else { format!(r#"<ul class="fields" role="list">{rows}</ul>"#) }
    }

    fn field(self, name: &'a str, field: &'a Value, needed: bool, path: &mut Vec<&'a str>) -> String {
        let needed = if needed { r#" <span class="fields__need">required</span>"# } else { "" };
        let limits = limits(self.resolve(field));
        let limits =
            if limits.is_empty() { limits } else { format!(r#" <span class="fields__limits">{limits}</span>"#) };
        let about = self.about(field).map(|about| format!(r#"<p class="fields__about">{}</p>"#, line(about)));
        let inside = self.fields(field, path);
        let inside = match inside.is_empty() {
            true => inside,
            false => format!(
                r#"<details class="fields__more"><summary>Inside <code>{}</code></summary>{inside}</details>"#,
                escape(name)
            ),
        };
        format!(
            r#"<li class="fields__row"><div class="fields__head"><code class="fields__name">{}</code> <span class="fields__type">{}</span>{needed}{limits}</div>{}{inside}</li>"#,
            escape(name),
            self.kind(field),
            about.unwrap_or_default(),
        )
    }

    /// What a field means: said beside a reference, or where it leads.
    fn about(self, field: &'a Value) -> Option<&'a str> {
        field["description"].as_str().or_else(|| self.resolve(field)["description"].as_str())
    }

    fn variants(self, schema: &'a Value, path: &mut Vec<&'a str>) -> String {
        let mut out = String::new();
        for variant in list(schema, "oneOf").chain(list(schema, "anyOf")) {
            let inside = self.fields(variant, path);
            if inside.is_empty() {
                continue;
            }
            let title = variant["title"].as_str().or_else(|| self.resolve(variant)["title"].as_str());
            let title = title.map_or_else(|| self.kind(variant), line);
            out += &format!(r#"<div class="fields__variant"><p class="fields__title">{title}</p>{inside}</div>"#);
        }
        out
    }

    /// The type, in words.
    #[must_use]
    pub fn kind(self, schema: &'a Value) -> String {
        if let Some(name) = name_of(schema) {
            return format!(r##"<a href="#schema-{0}">{0}</a>"##, escape(name));
        }
        if let Some(value) = schema.get("const") {
            return format!("<code>{}</code>", escape(&value.to_string()));
        }
        let values: Vec<_> =
            list(schema, "enum").map(|value| format!("<code>{}</code>", escape(&value.to_string()))).collect();
        if !values.is_empty() {
            return values.join(" or ");
        }
        let variants: Vec<_> =
            list(schema, "oneOf").chain(list(schema, "anyOf")).map(|variant| self.kind(variant)).collect();
        if !variants.is_empty() && schema["type"].is_null() {
            return distinct(variants).join(" or ");
        }
        if schema["contentSchema"].is_object() {
            return format!("JSON text: {}", self.kind(&schema["contentSchema"]));
        }
        let kinds: Vec<_> = match &schema["type"] {
            Value::String(kind) => vec![self.word(kind, schema)],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).map(|kind| self.word(kind, schema)).collect(),
            _ if schema["properties"].is_object() => vec!["object".to_owned()],
            _ => vec!["anything".to_owned()],
        };
        kinds.join(" or ")
    }

    fn word(self, kind: &str, schema: &'a Value) -> String {
        match kind {
            "array" if schema["items"].is_object() => format!("list of {}", self.kind(&schema["items"])),
            "array" => "list".to_owned(),
            "object" if schema["additionalProperties"].is_object() => {
                format!("names with {}", self.kind(&schema["additionalProperties"]))
            }
            other => other.to_owned(),
        }
    }
}

/// The name of the schema that a reference leads to.
fn name_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix(SCHEMAS)
}

fn list<'a>(schema: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    schema[name].as_array().into_iter().flatten()
}

fn distinct(words: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        if !out.contains(&word) {
            out.push(word);
        }
    }
    out
}

/// What a value must keep to, in words.
#[must_use]
pub fn limits(schema: &Value) -> String {
    let mut out = Vec::new();
    // The range of an integer of 64 bits says nothing.
    if schema["format"] != "int64" {
        out.extend(range(&schema["minimum"], &schema["maximum"], ""));
    }
    out.extend(range(&schema["minLength"], &schema["maxLength"], " characters"));
    out.extend(range(&schema["minItems"], &schema["maxItems"], " entries"));
    if let Some(pattern) = schema["pattern"].as_str().filter(|pattern| pattern.len() < PATTERN_SHOWN) {
        out.push(format!("like <code>{}</code>", escape(pattern)));
    }
    if let Some(value) = schema.get("default") {
        out.push(format!("<code>{}</code> where absent", escape(&value.to_string())));
    }
    out.join(", ")
}

/// Longer patterns say less than the words beside them, in bytes.
const PATTERN_SHOWN: usize = 40;

/// The largest whole numbers of 32 bits, and of those that every program can hold: bounds that say nothing.
const LARGEST: [u64; 2] = [2_147_483_647, 9_007_199_254_740_991];

fn range(min: &Value, max: &Value, what: &str) -> Option<String> {
    let bounded = max.is_number() && !max.as_u64().is_some_and(|max| LARGEST.contains(&max));
    match (min.is_number(), bounded) {
        (true, true) if min == max => Some(format!("{min}{what}")),
        (true, true) => Some(format!("{min} to {max}{what}")),
        (true, false) if min == 1 && !what.is_empty() => Some("not empty".into()),
        (true, false) => Some(format!("at least {min}{what}")),
        (false, true) => Some(format!("at most {max}{what}")),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_say_their_type_and_their_limits() {
        let document = json!({"components": {"schemas": {
            "A": {"type": "object", "required": ["n"], "properties": {
                "n": {"type": ["integer", "null"], "minimum": 1, "maximum": 9},
                "again": {"$ref": "#/components/schemas/A"},
                "list": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
            }},
        }}});
        let schema = json!({"$ref": "#/components/schemas/A"});
        let html = Outline::new(&document, 4).inside(&schema);
        assert!(html.contains("integer or null"), "{html}");
        assert!(html.contains("required</span> <span class=\"fields__limits\">1 to 9"), "{html}");
        assert!(html.contains("list of string</span> <span class=\"fields__limits\">at most 2 entries"), "{html}");
        // What contains itself ends.
        assert_eq!(html.matches("#schema-A").count(), 1, "{html}");
    }
}
