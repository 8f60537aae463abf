//! The way back from every program.

use domain::{ClientWire, Vendor};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{AT, texts_of, told};
use crate::code::testing::{every, texts, values};
use crate::paste::read;

fn vendor() -> impl Strategy<Value = Vendor> {
    prop_oneof![Just(Vendor::Openai), Just(Vendor::Anthropic)]
}

/// A body that a run has a place for, down to the last field.
fn body(vendor: Vendor, texts: &[String], extra: &Value, numbers: (f64, u32), flag: bool) -> String {
    let [system, user, assistant, tool, model] = texts else { panic!("five texts") };
    let (temperature, tokens) = numbers;
    let temperature = if temperature.is_finite() { temperature } else { 1.0 };
    let stop = [format!("{tool}x"), "\n".into()];
    let schema = json!({"type": "object", "x": extra});
    match vendor {
        Vendor::Openai => json!({
            "model": model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": [{"type": "text", "text": user}]},
                {"role": "assistant", "content": assistant, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": extra.to_string()}}]},
                {"role": "tool", "tool_call_id": "c", "content": tool}],
            "temperature": temperature, "max_tokens": tokens, "stop": stop, "seed": 7, "top_k": 5,
            "tools": [{"type": "function", "function": {"name": "f", "description": tool, "parameters": schema}}],
            "x y": extra, "stream": flag,
        }),
        Vendor::Anthropic => json!({
            "model": model, "system": format!("{system}."),
            "messages": [{"role": "user", "content": user}, {"role": "assistant", "content": [{"type": "text", "text": assistant}, {"type": "tool_use", "id": "c", "name": "f", "input": {"x": extra}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": tool}]}],
            "temperature": temperature, "max_tokens": tokens, "stop_sequences": stop,
            "tools": [{"name": "f", "description": tool, "input_schema": schema}],
            "x y": extra, "stream": flag,
        }),
    }
    .to_string()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a6_every_body_comes_back_from_every_program(
        vendor in vendor(),
        texts in prop::collection::vec(texts(), 5),
        extra in values(),
        numbers in (any::<f64>(), 1..100_000_u32),
        flag in any::<bool>(),
        at in 0..2_usize,
    ) {
        let body = body(vendor, &texts, &extra, numbers, flag);
        let want = read(&body).expect("a body");
        prop_assert_eq!(want.wire.map(ClientWire::vendor), Some(vendor));
        // The texts are as they stand in the body.
        let [system, user, assistant, tool, model] = &texts[..] else { panic!("five texts") };
        let system = if vendor == Vendor::Openai { system.clone() } else { format!("{system}.") };
        let shown: Vec<_> = texts_of(&want.run).into_iter().map(|(_, text)| text).collect();
        prop_assert_eq!(&shown, &[&system, user, assistant, tool].map(String::clone));
        prop_assert_eq!(&want.run.model, model);
        for (language, text) in every(vendor, AT[at], &body) {
            let got = read(&text);
            prop_assert!(got.is_ok(), "{:?}: {:?}\n{}", language, got, text);
            let got = got.expect("reads");
            prop_assert_eq!(told(got.run), told(want.run.clone()), "{:?}\n{}", language, text);
        }
    }
}
