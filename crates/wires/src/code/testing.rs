//! Bodies to write programs of.

use domain::Vendor;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::json::Json;
use super::{At, Call, Language, write};

/// One of each vendor's, with a bit of everything; compact, as the engine writes them.
pub const BODIES: [(Vendor, &str); 2] = [
    (
        Vendor::Openai,
        r#"{"model":"gpt-5-mini","messages":[{"role":"system","content":"Be \"short\".\nAbout {{topic}}, not \\{{topic}}: \\n \u0007 \ud83d\ude00 don't `${x}`\r\n"},{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"https://example.org/a.png","detail":"low"}}]},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"clock","arguments":"{\"n\": 1}"}}]},{"role":"tool","content":"noon","tool_call_id":"c1"}],"temperature":1.0,"top_k":40,"max_completion_tokens":400,"stop":["END","\n\n"],"seed":7,"logprobs":true,"top_logprobs":2,"tools":[{"type":"function","function":{"name":"clock","description":"The \"time\"","parameters":{"type":"object","properties":{"n":{"type":"integer","maximum":1e3,"const":1.50}}},"strict":true}}],"tool_choice":"required","parallel_tool_calls":false,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object"},"strict":true}},"logit_bias":{"50256":-100},"stream":true,"stream_options":{"include_usage":true}}"#,
    ),
    (
        Vendor::Anthropic,
        r#"{"model":"claude-sonnet-4-5","max_tokens":9000,"system":[{"type":"text","text":"Be {{kind}}."},{"type":"text","text":"A second \"\"\"text\"\"\" of some length, with a line\nbreak and \u2028 in it "}],"messages":[{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}]},{"role":"assistant","content":[{"type":"text","text":"Let me see."},{"type":"tool_use","id":"t1","name":"clock","input":{"n":1.0,"__proto__":{"a":null}}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"noon"}]}],"temperature":0.5,"top_k":3,"stop_sequences":["END"],"tools":[{"name":"clock","description":"d","input_schema":{"type":"object"}}],"tool_choice":{"type":"any","disable_parallel_tool_use":true},"thinking":{"type":"enabled","budget_tokens":1024},"output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}}}}"#,
    ),
];

/// The call in every language.
pub fn every(vendor: Vendor, at: At<'_>, body: &str) -> Vec<(Language, String)> {
    Language::ALL.into_iter().map(|language| (language, write(language, &Call { vendor, at, body }))).collect()
}

/// What a JSON text says: equal texts say the same, numbers by their digits.
pub fn meaning(json: &str) -> String {
    Json::parse(json, 200, 1_000_000).expect("JSON").compact()
}

/// Texts that languages stumble over.
pub fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just("'".to_owned()),
        Just("\\".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\t ".to_owned()),
        Just("`${x}`".to_owned()),
        Just("\"\"\"".to_owned()),
        Just("{{name}}".to_owned()),
        Just("\\{{name}}".to_owned()),
        Just("{{".to_owned()),
        Just("\"##".to_owned()),
        Just("\nJSON\n".to_owned()),
        Just("$HOME $(id) %PATH% ^!".to_owned()),
        Just("# // /* */".to_owned()),
        Just("\u{1f600}\u{2028}\u{202e}\u{feff}\u{0}\u{7f}\u{85}".to_owned()),
        "[ -~]{1,12}",
        "\\PC{1,8}",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// Values of any kind.
pub fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((texts(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Bodies of any fields.
pub fn bodies() -> impl Strategy<Value = String> {
    (values(), texts(), any::<bool>()).prop_map(|(value, text, stream)| {
        json!({"model": "HASHES", "x": value, "messages": [{"role": "user", "content": text}], "stream": stream})
            .to_string()
    })
}
