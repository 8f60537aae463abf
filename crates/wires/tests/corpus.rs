//! Every field that the vendors document, and what becomes of it where each kind of provider answers.
//!
//! `corpus/*.json` has a row for each: what is added to a plain request, and for each target whether it is `taken`, goes
//! `unsent` (and the client is told), or is `refused` by its name. `end2end/clients/python/test_corpus.py` holds the
//! list of fields against the types of the vendors' own clients.

use std::path::Path;

use domain::fields::Fields;
use domain::{ApiError, Vendor};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use wires::openai::responses::Earlier;
use wires::openai::{chat, completions, responses};
use wires::{Reading, Target, anthropic};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    field: String,
    with: Map<String, Value>,
    /// What is named where it is unsent or refused, if that is not the field itself.
    named: Option<String>,
    openai: Outcome,
    anthropic: Outcome,
    embedded: Outcome,
}

#[derive(Deserialize, Debug, PartialEq, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Taken,
    Unsent,
    Refused,
}

fn check(wire: &str, plain: &Value, read: impl Fn(Fields<'_>, &Target) -> Result<Reading, ApiError>) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/corpus/{wire}.json"));
    let rows: Vec<Row> =
        serde_json::from_str(&std::fs::read_to_string(file).expect("a corpus")).expect("rows of the corpus");
    assert!(rows.len() > 20, "only {} rows", rows.len());
    for row in rows {
        for (vendor, want) in
            [(Some(Vendor::Openai), row.openai), (Some(Vendor::Anthropic), row.anthropic), (None, row.embedded)]
        {
            let mut request = plain.as_object().expect("an object").clone();
            request.extend(row.with.clone());
            let body = Value::Object(request).to_string();
            let mut fields = Fields::of_body(body.as_bytes()).expect("an object");
            fields.raw("model");
            let named = row.named.as_deref().unwrap_or_else(|| row.field.split(':').next().unwrap_or_default());
            let place = format!("{wire}: {} for {vendor:?}", row.field);
            match read(fields, &Target { model: "m".into(), vendor, tools: true, images: true, preset: false }) {
                Ok(reading) if reading.unsent.is_empty() => assert_eq!(want, Outcome::Taken, "{place}"),
                Ok(reading) => {
                    assert_eq!(want, Outcome::Unsent, "{place}: {:?}", reading.unsent);
                    assert!(reading.unsent.iter().any(|path| path == named), "{place}: {:?}", reading.unsent);
                }
                Err(error) => {
                    assert_eq!(want, Outcome::Refused, "{place}: {error}");
                    assert_eq!(error.param.as_deref(), Some(named), "{place}: {error}");
                    assert!(error.message.contains(named), "{place}: {error}");
                }
            }
        }
    }
}

#[test]
fn g1_every_documented_field_of_chat_completions() {
    let plain = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]});
    check("chat", &plain, |fields, target| chat::read(fields, target).map(|asked| asked.reading));
}

#[test]
fn g1_every_documented_field_of_completions() {
    let plain = json!({"model": "m", "prompt": "Hi"});
    check("completions", &plain, |fields, target| completions::read(fields, target).map(|asked| asked.reading));
}

#[test]
fn g1_every_documented_field_of_responses() {
    let plain = json!({"model": "m", "input": "Hi"});
    check("responses", &plain, |fields, target| {
        responses::read(fields, target, Earlier::default()).map(|asked| asked.reading)
    });
}

#[test]
fn g1_every_documented_field_of_messages() {
    let plain = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]});
    check("messages", &plain, |fields, target| anthropic::request::read(fields, target, false));
}
