//! Output that is held to a schema.

use inference::{CheckError, FailureKind, Finish, Grammar, Sampling, Update};
use serde_json::Value;

use crate::support::{ask, collect, with_shared};

const SCHEMA: &str = r#"{
    "type": "object",
    "properties": {
        "city": {"type": "string", "maxLength": 20},
        "country": {"enum": ["France", "Spain"]},
        "population": {"type": "integer", "minimum": 1, "maximum": 99999999}
    },
    "required": ["city", "country", "population"],
    "additionalProperties": false
}"#;

#[test]
fn h4_output_conforms_to_the_schema() {
    with_shared(|engine| async move {
        for seed in 0..3 {
            let mut request = ask("Describe Paris.", 100);
            request.grammar = Some(Grammar::JsonSchema(SCHEMA.to_owned()));
            request.sampling = Sampling { seed: Some(seed), ..Sampling::default() };
            let outcome = collect(engine.generate(request)).await;
            assert_eq!(outcome.finish().0, Finish::Stop, "{}", outcome.text);
            let value: Value = serde_json::from_str(&outcome.text).unwrap();
            assert!(value["city"].as_str().unwrap().chars().count() <= 20);
            assert!(["France", "Spain"].contains(&value["country"].as_str().unwrap()));
            assert!((1..=99_999_999).contains(&value["population"].as_i64().unwrap()));
            assert_eq!(value.as_object().unwrap().len(), 3);
        }
    });
}

#[test]
fn h4_json_mode_gives_an_object() {
    with_shared(|engine| async move {
        let mut request = ask("Give me a JSON object with the name and age of Anna, who is 30.", 120);
        request.grammar = Some(Grammar::Json);
        let outcome = collect(engine.generate(request)).await;
        assert_eq!(outcome.finish().0, Finish::Stop, "{}", outcome.text);
        assert!(serde_json::from_str::<Value>(&outcome.text).unwrap().is_object());
    });
}

#[test]
fn a_bad_schema_is_refused() {
    with_shared(|engine| async move {
        for schema in ["{", "3", r#"{"type": "florp"}"#, r##"{"$ref": "#/nowhere"}"##] {
            let mut request = ask("Hi", 5);
            request.grammar = Some(Grammar::JsonSchema(schema.to_owned()));
            let error = engine.check(&request).await.unwrap_err();
            assert!(matches!(error, CheckError::BadGrammar(_)), "{schema}: {error:?}");
            let last = collect(engine.generate(request)).await.last;
            assert!(matches!(last, Some(Update::Failed { kind: FailureKind::BadGrammar, .. })), "{last:?}");
        }
    });
}
