//! A Python program, with the vendor's own SDK.

use domain::Vendor;

use super::layout::{Dialect, line};
use super::{Key, NO_KEY, Request};

pub(super) fn write(request: &Request<'_>) -> String {
    let (package, class, version) = match request.vendor {
        Vendor::Openai => ("openai", "OpenAI", ">=3,<4"),
        Vendor::Anthropic => ("anthropic", "Anthropic", ">=2,<3"),
    };
    let mut out = format!("# pip install \"{package}{version}\"\n");
    if !matches!(request.place.key, Key::Unwanted) {
        out.push_str("import os\n\n");
    }
    out.push_str(&format!("from {package} import {class}\n\n{}\n\n", client(request, class)));
    let method = match request.vendor {
        Vendor::Openai => "chat.completions.create",
        Vendor::Anthropic => "messages.create",
    };
    let name = if request.stream { "stream" } else { "answer" };
    out.push_str(&format!("{name} = client.{method}("));
    arguments(request, &mut out);
    out.push_str("\n)\n");
    out.push_str(match (request.vendor, request.stream) {
        (Vendor::Openai, true) => OPENAI_STREAM,
        (Vendor::Openai, false) => OPENAI_WHOLE,
        (Vendor::Anthropic, true) => ANTHROPIC_STREAM,
        (Vendor::Anthropic, false) => ANTHROPIC_WHOLE,
    });
    if request.has_tools() {
        out.push_str(match (request.vendor, request.stream) {
            (Vendor::Openai, true) => OPENAI_STREAM_TOOLS,
            (Vendor::Openai, false) => OPENAI_WHOLE_TOOLS,
            (Vendor::Anthropic, true) => ANTHROPIC_STREAM_TOOLS,
            (Vendor::Anthropic, false) => ANTHROPIC_WHOLE_TOOLS,
        });
    }
    if request.stream {
        out.push_str("print()\n");
    }
    out
}

fn client(request: &Request<'_>, class: &str) -> String {
    let place = &request.place;
    let key = match &place.key {
        Key::Perhaps(name) => format!("os.environ.get(\"{name}\", \"{NO_KEY}\")"),
        Key::In(name) => format!("os.environ[\"{name}\"]"),
        Key::Unwanted => format!("\"{NO_KEY}\""),
    };
    let Some(more) = place.sdk else { return format!("client = {class}(api_key={key})") };
    let more = if more.is_empty() { String::new() } else { format!(" + \"{more}\"") };
    let url = match place.url_env {
        Some(name) => format!("os.environ.get(\"{name}\", \"{}\"){more}", place.url),
        None => format!("\"{}\"", place.url),
    };
    format!("client = {class}(\n    base_url={url},\n    api_key={key},\n)")
}

/// The fields that the method knows are its arguments; the others are sent beside them.
fn arguments(request: &Request<'_>, out: &mut String) {
    let (known, others) = request.known();
    for (name, value) in known {
        line(out, 4);
        out.push_str(name.as_escaped());
        out.push('=');
        Dialect::Python.value(out, value, 4);
        out.push(',');
    }
    if !others.is_empty() {
        line(out, 4);
        out.push_str("extra_body={");
        for (name, value) in others {
            line(out, 8);
            Dialect::Python.name(out, name);
            Dialect::Python.value(out, value, 8);
            out.push(',');
        }
        line(out, 4);
        out.push_str("},");
    }
    if let Some(seconds) = request.timeout_s() {
        line(out, 4);
        out.push_str(&format!("timeout={seconds},"));
    }
}

const OPENAI_STREAM: &str = r#"for chunk in stream:
    for choice in chunk.choices:
        print(choice.delta.content or "", end="", flush=True)
"#;

const OPENAI_STREAM_TOOLS: &str = r#"        for call in choice.delta.tool_calls or []:
            if call.function and call.function.name:
                print("\n" + call.function.name, end=" ")
            if call.function and call.function.arguments:
                print(call.function.arguments, end="", flush=True)
"#;

const OPENAI_WHOLE: &str = r#"for choice in answer.choices:
    print(choice.message.content or "")
"#;

const OPENAI_WHOLE_TOOLS: &str = r"    for call in choice.message.tool_calls or []:
        print(call.function.name, call.function.arguments)
";

const ANTHROPIC_STREAM: &str = r#"for event in stream:
    if event.type == "content_block_delta" and event.delta.type == "text_delta":
        print(event.delta.text, end="", flush=True)
"#;

const ANTHROPIC_STREAM_TOOLS: &str = r#"    elif event.type == "content_block_start" and event.content_block.type == "tool_use":
        print("\n" + event.content_block.name, end=" ")
    elif event.type == "content_block_delta" and event.delta.type == "input_json_delta":
        print(event.delta.partial_json, end="", flush=True)
"#;

const ANTHROPIC_WHOLE: &str = r#"for block in answer.content:
    if block.type == "text":
        print(block.text)
"#;

const ANTHROPIC_WHOLE_TOOLS: &str = r#"    elif block.type == "tool_use":
        print(block.name, block.input)
"#;

#[cfg(test)]
mod tests {
    use crate::code::{At, Call, Language, write};
    use domain::Vendor;

    #[test]
    fn a6_what_the_sdk_does_not_know_goes_along() {
        let at = At::Etude { url: "http://127.0.0.1:3000" };
        let body =
            r#"{"model":"m","messages":[{"role":"user","content":"Hi"}],"temperature":1.0,"top_k":40,"stream":true}"#;
        let want = r##"# pip install "openai>=3,<4"
import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("ETUDE_URL", "http://127.0.0.1:3000") + "/v1",
    api_key=os.environ.get("ETUDE_KEY", "none"),
)

stream = client.chat.completions.create(
    model="m",
    messages=[{"role": "user", "content": "Hi"}],
    temperature=1.0,
    stream=True,
    extra_body={
        "top_k": 40,
    },
)
for chunk in stream:
    for choice in chunk.choices:
        print(choice.delta.content or "", end="", flush=True)
print()
"##;
        assert_eq!(write(Language::Python, &Call { vendor: Vendor::Openai, at, body }), want);
    }

    #[test]
    fn a6_a_long_answer_is_waited_for() {
        let at = At::Provider { base_url: "https://api.anthropic.com", key_env: "ANTHROPIC_API_KEY" };
        for (max_tokens, stream, waits) in [(8_192, false, false), (64_000, false, true), (64_000, true, false)] {
            let body = format!(r#"{{"model":"m","max_tokens":{max_tokens},"messages":[],"stream":{stream}}}"#);
            for (language, word) in [(Language::Python, "timeout=3600"), (Language::Typescript, "{ timeout: 3600000 }")]
            {
                let text = write(language, &Call { vendor: Vendor::Anthropic, at, body: &body });
                assert_eq!(text.contains(word), waits, "{text}");
            }
        }
    }
}
