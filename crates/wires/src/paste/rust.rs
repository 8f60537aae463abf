//! A Rust program: its body is a raw text.

use domain::ClientWire;

use super::object::{Object, object};
use super::{DEPTH_MAX, VALUES_MAX};
use crate::code::json::Json;

/// The first raw text in a Rust program that is a JSON object, and the wire that its address names.
pub(super) fn find(text: &str) -> Option<(Option<ClientWire>, Object<'_>)> {
    if !text.contains("fn ") && !text.contains("::") {
        return None;
    }
    let mut at = 0;
    while let Some(place) = text[at..].find("r#") {
        let start = at + place + 1;
        let fence = text[start..].bytes().take_while(|byte| *byte == b'#').count();
        let inner = start + fence;
        at = inner;
        let Some(inner) = text[inner..].strip_prefix('"') else { continue };
        let length = inner.find(&format!("\"{}", "#".repeat(fence)))?;
        at += 1 + length + 1 + fence;
        let Some(body) = Json::parse(&inner[..length], DEPTH_MAX, VALUES_MAX).ok().and_then(object) else { continue };
        let code = [&text[..start], &text[at..]];
        let names = |path: &str| code.iter().any(|code| code.contains(path));
        let wire = PATHS.into_iter().find(|(path, _)| names(path)).map(|(_, wire)| wire);
        return Some((wire, body));
    }
    None
}

const PATHS: [(&str, ClientWire); 4] = [
    ("/chat/completions\"", ClientWire::Chat),
    ("/responses\"", ClientWire::Responses),
    ("/completions\"", ClientWire::Completions),
    ("/messages\"", ClientWire::Messages),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_found_among_other_texts() {
        let text = "fn main() { let a = r#\"no\"#; let b = r##\"{\"a\": \"#\"}\"##; post(\"x/v1/messages\") }";
        let (wire, body) = find(text).expect("a body");
        assert_eq!(wire, Some(ClientWire::Messages));
        assert!(body.has("a"));
        for text in ["r#\"{}\"#", "fn main() { r#\"{}\" }", "fn main() { r# }", "fn main() {}"] {
            assert!(find(text).is_none(), "{text}");
        }
    }
}
