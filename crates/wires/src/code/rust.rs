//! A Rust program: the answer goes to the standard output as it comes.

use domain::Vendor;

use super::curl::ANTHROPIC_VERSION;
use super::{Key, Request};

pub(super) fn write(request: &Request<'_>) -> String {
    let place = &request.place;
    let body = request.body();
    let fence = "#".repeat(fence(&body));
    let url = match place.url_env {
        Some(name) => format!("    let url = {};\n", or(name, &place.url)),
        None => String::new(),
    };
    let post = match place.url_env {
        Some(_) => format!("format!(\"{{url}}{}\")", place.path),
        None => format!("\"{}{}\"", place.url, place.path),
    };
    let key = match &place.key {
        Key::Perhaps(name) => format!("    let key = {};\n", or(name, super::NO_KEY)),
        Key::In(name) => format!("    let key = std::env::var(\"{name}\").map_err(|_| \"{name} is not set\")?;\n"),
        Key::Unwanted => String::new(),
    };
    let headers = match (request.vendor, &place.key) {
        (Vendor::Openai, Key::Unwanted) => String::new(),
        (Vendor::Openai, _) => "        .bearer_auth(key)\n".into(),
        (Vendor::Anthropic, key) => {
            let key = if matches!(key, Key::Unwanted) { "" } else { "        .header(\"x-api-key\", key)\n" };
            format!("{key}        .header(\"anthropic-version\", \"{ANTHROPIC_VERSION}\")\n")
        }
    };
    format!(
        r##"// Cargo.toml:
// [dependencies]
// reqwest = "0.13"
// tokio = {{ version = "1", features = ["full"] }}

use std::io::Write;

const BODY: &str = r{fence}"{body}"{fence};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {{
{url}{key}    let mut answer = reqwest::Client::new()
        .post({post})
{headers}        .header("content-type", "application/json")
        .body(BODY)
        .send()
        .await?;
    let status = answer.status();
    let mut out = std::io::stdout();
    while let Some(piece) = answer.chunk().await? {{
        out.write_all(&piece)?;
        out.flush()?;
    }}
    if !status.is_success() {{
        return Err(format!("The server answered {{status}}.").into());
    }}
    Ok(())
}}
"##
    )
}

fn or(variable: &str, instead: &str) -> String {
    format!("std::env::var(\"{variable}\").unwrap_or_else(|_| \"{instead}\".into())")
}

/// How many `#` a raw string needs so that nothing in it ends it.
fn fence(text: &str) -> usize {
    let longest = text.split('"').skip(1).map(|after| after.bytes().take_while(|byte| *byte == b'#').count()).max();
    1 + longest.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::code::testing::{bodies, meaning};
    use crate::code::{At, Call, Language, write};
    use domain::Vendor;

    #[test]
    fn a6_a_program_is_complete() {
        let at = At::Provider { base_url: "https://api.openai.com/v1", key_env: "OPENAI_API_KEY" };
        let body = r###"{"model":"m","messages":[{"role":"user","content":"\"#1\" and \"##2"}],"seed":12345678901234567890}"###;
        let text = write(Language::Rust, &Call { vendor: Vendor::Openai, at, body });
        for part in [
            "// reqwest = \"0.13\"",
            "const BODY: &str = r###\"{\n  \"model\": \"m\",\n",
            "\"seed\": 12345678901234567890\n}\"###;",
            ".post(\"https://api.openai.com/v1/chat/completions\")",
            "std::env::var(\"OPENAI_API_KEY\").map_err(|_| \"OPENAI_API_KEY is not set\")?;",
            ".bearer_auth(key)",
            "#[tokio::main]",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    proptest! {
        #[test]
        fn a6_the_body_stands_in_it_unharmed(body in bodies(), hashes in 0..4_usize) {
            let body = body.replacen("HASHES", &format!("\\\"{}", "#".repeat(hashes)), 1);
            let call = Call { vendor: Vendor::Anthropic, at: At::Etude { url: "http://e" }, body: &body };
            let text = write(Language::Rust, &call);
            let (_, literal) = text.split_once("const BODY: &str = r").expect("a literal");
            let (fence, literal) = literal.split_once('"').expect("its quote");
            // The compiler ends it at the first quote that is followed by the fence.
            let (inner, _) = literal.split_once(&format!("\"{fence}")).expect("its end");
            prop_assert_eq!(meaning(inner), meaning(&body));
            // It takes neither of these in a raw string.
            let refused = inner.contains(['\r', '\u{202e}']);
            prop_assert!(!refused);
        }
    }
}
