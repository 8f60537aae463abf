//! The document of the format says what files really are.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::filled_with_comparison;

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../../../docs/export.schema.json")).expect("JSON")
}

/// What is wrong with a value, by the keywords that the document uses.
fn wrong(root: &Value, schema: &Value, value: &Value, path: &str, out: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').expect("a reference within the document");
        wrong(root, root.pointer(pointer).expect("it leads somewhere"), value, path, out);
    }
    if let Some(options) = schema["anyOf"].as_array() {
        let fits = |option: &Value| {
            let mut inner = Vec::new();
            wrong(root, option, value, path, &mut inner);
            inner.is_empty()
        };
        if !options.iter().any(fits) {
            out.push(format!("{path}: none of several"));
        }
    }
    if schema.get("const").is_some_and(|known| known != value) {
        out.push(format!("{path}: another constant"));
    }
    if schema["enum"].as_array().is_some_and(|known| !known.contains(value)) {
        out.push(format!("{path}: not in the list"));
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds = schema.get("type").map(|kinds| kinds.as_array().cloned().unwrap_or_else(|| vec![kinds.clone()]));
    if kinds.is_some_and(|kinds| !kinds.contains(&json!(kind))) {
        out.push(format!("{path}: is {kind}"));
    }
    if let Some(fields) = value.as_object() {
        for required in schema["required"].as_array().into_iter().flatten() {
            if !fields.contains_key(required.as_str().expect("a name")) {
                out.push(format!("{path}: lacks {required}"));
            }
        }
        for (name, value) in fields {
            let path = format!("{path}.{name}");
            match (schema["properties"].get(name), &schema["additionalProperties"]) {
                (Some(known), _) => wrong(root, known, value, &path, out),
                (None, Value::Bool(false)) => out.push(format!("{path}: is not described")),
                (None, other) if other.is_object() => wrong(root, other, value, &path, out),
                (None, _) => {}
            }
        }
    }
    for (at, value) in value.as_array().into_iter().flatten().enumerate() {
        if let Some(items) = schema.get("items") {
            wrong(root, items, value, &format!("{path}[{at}]"), out);
        }
    }
}

/// The names of fields below a schema, and those without a word about them.
fn fields(schema: &Value, names: &mut BTreeSet<String>, silent: &mut Vec<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        names.insert(name.clone());
        if field.get("description").is_none() && field.get("$ref").is_none() {
            silent.push(name.clone());
        }
        fields(field, names, silent);
    }
}

#[tokio::test]
async fn e2_a_file_is_what_the_document_says() {
    let file = filled_with_comparison().await.export().await;
    let (schema, file): (Value, Value) = (schema(), serde_json::from_str(&file).expect("JSON"));
    let mut found = Vec::new();
    wrong(&schema, &schema, &file, "", &mut found);
    assert_eq!(found, [""; 0]);
    // And the check itself sees something.
    for (pointer, value) in [("/runs/0/status", json!("queued")), ("/prompts/0/nme", json!(1)), ("/version", json!(2))]
    {
        let mut file = file.clone();
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        file.pointer_mut(parent).expect("there")[name] = value;
        wrong(&schema, &schema, &file, "", &mut found);
        assert_eq!(std::mem::take(&mut found).len(), 1, "{pointer}");
    }
}

#[test]
fn every_field_of_the_document_is_described() {
    let schema = schema();
    let (mut names, mut silent) = (BTreeSet::new(), Vec::new());
    for entry in schema["$defs"].as_object().expect("definitions").values().chain([&schema]) {
        assert!(entry["description"].is_string(), "{entry}");
        fields(entry, &mut names, &mut silent);
    }
    assert!(names.len() > 60, "{names:?}");
    assert_eq!(silent, [""; 0]);
}
