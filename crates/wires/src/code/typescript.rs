//! A TypeScript program, with the vendor's own SDK. It has no types of its own: it is JavaScript as it stands.

use domain::Vendor;

use super::json::Json;
use super::layout::{Dialect, line};
use super::{Key, NO_KEY, Request};

/// Largest whole number that JavaScript tells from its neighbours.
const WHOLE_MAX: u64 = (1 << 53) - 1;

pub(super) fn write(request: &Request<'_>) -> String {
    let (package, class, version) = match request.vendor {
        Vendor::Openai => ("openai", "OpenAI", 7),
        Vendor::Anthropic => ("@anthropic-ai/sdk", "Anthropic", 1),
    };
    let mut out = format!("// npm install {package}@{version}\nimport {class} from \"{package}\";\n\n");
    out.push_str(&client(request, class));
    if let Some(number) = request.fields.iter().find_map(|(_, value)| rounded(value)) {
        out.push_str(&format!("// JavaScript rounds {number} before it is sent.\n"));
    }
    let method = match request.vendor {
        Vendor::Openai => "chat.completions.create",
        Vendor::Anthropic => "messages.create",
    };
    let name = if request.stream { "stream" } else { "answer" };
    out.push_str(&format!("const {name} = await client.{method}({{"));
    arguments(request, &mut out);
    out.push_str("\n}");
    if let Some(seconds) = request.timeout_s() {
        out.push_str(&format!(", {{ timeout: {} }}", seconds * 1_000));
    }
    out.push_str(");\n");
    let [shown, tools, end] = match (request.vendor, request.stream) {
        (Vendor::Openai, true) => OPENAI_STREAM,
        (Vendor::Openai, false) => OPENAI_WHOLE,
        (Vendor::Anthropic, true) => ANTHROPIC_STREAM,
        (Vendor::Anthropic, false) => ANTHROPIC_WHOLE,
    };
    out.push_str(shown);
    out.push_str(if request.has_tools() { tools } else { "" });
    out.push_str(end);
    out
}

fn client(request: &Request<'_>, class: &str) -> String {
    let place = &request.place;
    let key = match &place.key {
        Key::Perhaps(name) => format!("process.env.{name} ?? \"{NO_KEY}\""),
        Key::In(name) => format!("process.env.{name}"),
        Key::Unwanted => format!("\"{NO_KEY}\""),
    };
    let Some(more) = place.sdk else { return format!("const client = new {class}({{ apiKey: {key} }});\n\n") };
    let url = match (place.url_env, more) {
        (Some(name), "") => format!("process.env.{name} ?? \"{}\"", place.url),
        (Some(name), more) => format!("(process.env.{name} ?? \"{}\") + \"{more}\"", place.url),
        (None, _) => format!("\"{}\"", place.url),
    };
    format!("const client = new {class}({{\n  baseURL: {url},\n  apiKey: {key},\n}});\n\n")
}

/// A field that the SDK's types lack would be refused by the compiler where it stands by itself; spread, it is taken.
fn arguments(request: &Request<'_>, out: &mut String) {
    let (known, others) = request.known();
    for (name, value) in known {
        line(out, 2);
        Dialect::Script.name(out, name);
        Dialect::Script.value(out, value, 2);
        out.push(',');
    }
    if !others.is_empty() {
        line(out, 2);
        out.push_str("...{");
        for (name, value) in others {
            line(out, 4);
            Dialect::Script.name(out, name);
            Dialect::Script.value(out, value, 4);
            out.push(',');
        }
        line(out, 2);
        out.push_str("},");
    }
}

/// A whole number in a value that JavaScript reads as another.
fn rounded<'j>(json: &'j Json<'_>) -> Option<&'j str> {
    match json {
        Json::Word(word) => {
            let is_whole = word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') && word.len() > 1;
            let digits = word.trim_start_matches('-');
            (is_whole && digits.parse::<u64>().map_or(true, |number| number > WHOLE_MAX)).then_some(word)
        }
        Json::Text(_) => None,
        Json::List(list) => list.iter().find_map(rounded),
        Json::Object(fields) => fields.iter().find_map(|(_, value)| rounded(value)),
    }
}

// What is shown, what of it only where there are tools, and how it ends.

const OPENAI_STREAM: [&str; 3] = [
    r#"for await (const chunk of stream) {
  for (const choice of chunk.choices) {
    process.stdout.write(choice.delta.content ?? "");
"#,
    r#"    for (const call of choice.delta.tool_calls ?? []) {
      if (call.function?.name) process.stdout.write("\n" + call.function.name + " ");
      process.stdout.write(call.function?.arguments ?? "");
    }
"#,
    "  }\n}\nprocess.stdout.write(\"\\n\");\n",
];

const OPENAI_WHOLE: [&str; 3] = [
    r#"for (const choice of answer.choices) {
  console.log(choice.message.content ?? "");
"#,
    r#"  for (const call of choice.message.tool_calls ?? []) {
    if (call.type === "function") console.log(call.function.name, call.function.arguments);
  }
"#,
    "}\n",
];

const ANTHROPIC_STREAM: [&str; 3] = [
    r#"for await (const event of stream) {
  if (event.type === "content_block_delta" && event.delta.type === "text_delta") {
    process.stdout.write(event.delta.text);
"#,
    r#"  } else if (event.type === "content_block_start" && event.content_block.type === "tool_use") {
    process.stdout.write("\n" + event.content_block.name + " ");
  } else if (event.type === "content_block_delta" && event.delta.type === "input_json_delta") {
    process.stdout.write(event.delta.partial_json);
"#,
    "  }\n}\nprocess.stdout.write(\"\\n\");\n",
];

const ANTHROPIC_WHOLE: [&str; 3] = [
    r#"for (const block of answer.content) {
  if (block.type === "text") {
    console.log(block.text);
"#,
    r#"  } else if (block.type === "tool_use") {
    console.log(block.name, JSON.stringify(block.input));
"#,
    "  }\n}\n",
];

#[cfg(test)]
mod tests {
    use crate::code::{At, Call, Language, write};
    use domain::Vendor;

    #[test]
    fn a6_what_the_sdk_does_not_know_goes_along() {
        let at = At::Etude { url: "http://127.0.0.1:3000" };
        let body = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"top_k":40,"x-y":9007199254740993}"#;
        let want = r#"// npm install @anthropic-ai/sdk@1
import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({
  baseURL: process.env.ETUDE_URL ?? "http://127.0.0.1:3000",
  apiKey: process.env.ETUDE_KEY ?? "none",
});

// JavaScript rounds 9007199254740993 before it is sent.
const answer = await client.messages.create({
  model: "m",
  max_tokens: 9,
  messages: [{ role: "user", content: "Hi" }],
  ...{
    top_k: 40,
    "x-y": 9007199254740993,
  },
});
for (const block of answer.content) {
  if (block.type === "text") {
    console.log(block.text);
  }
}
"#;
        assert_eq!(write(Language::Typescript, &Call { vendor: Vendor::Anthropic, at, body }), want);
    }
}
