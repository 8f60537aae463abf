//! A command of the shell.

use domain::Vendor;

use super::{Key, Request};

/// The version of Anthropic's wire that the body is written for.
pub(super) const ANTHROPIC_VERSION: &str = "2023-06-01";

pub(super) fn write(request: &Request<'_>) -> String {
    let place = &request.place;
    let url = match place.url_env {
        Some(name) => format!("${{{name}:-{}}}", place.url),
        None => place.url.clone(),
    };
    let key = match &place.key {
        Key::Perhaps(name) => Some(format!("${{{name}:-{}}}", super::NO_KEY)),
        Key::In(name) => Some(format!("${name}")),
        Key::Unwanted => None,
    };
    // Without `-N` curl keeps a stream until it has a block of it.
    let flags = if request.stream { "-sSN" } else { "-sS" };
    let mut out = format!("curl {flags} --fail-with-body \"{url}{}\"", place.path);
    match (request.vendor, key) {
        (Vendor::Openai, Some(key)) => out.push_str(&header(&format!("authorization: Bearer {key}"))),
        (Vendor::Anthropic, Some(key)) => out.push_str(&header(&format!("x-api-key: {key}"))),
        (_, None) => {}
    }
    if request.vendor == Vendor::Anthropic {
        out.push_str(&header(&format!("anthropic-version: {ANTHROPIC_VERSION}")));
    }
    out.push_str(&header("content-type: application/json"));
    let body = request.body();
    let mut end = "JSON".to_owned();
    while body.lines().any(|line| line == end) {
        end.push('_');
    }
    out.push_str(&format!(" \\\n  --data-binary @- <<'{end}'\n{body}\n{end}\n"));
    out
}

fn header(line: &str) -> String {
    format!(" \\\n  -H \"{line}\"")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::code::testing::{bodies, meaning};
    use crate::code::{At, Call, Language, write};
    use domain::Vendor;

    #[test]
    fn a6_a_stream_is_shown_as_it_comes() {
        let at = At::Provider { base_url: "https://api.anthropic.com", key_env: "ANTHROPIC_API_KEY" };
        let body = r#"{"model":"m","max_tokens":9,"temperature":1.0,"messages":[{"role":"user","content":"It's $HOME."}],"stream":true}"#;
        let text = write(Language::Curl, &Call { vendor: Vendor::Anthropic, at, body });
        let want = r#"curl -sSN --fail-with-body "https://api.anthropic.com/v1/messages" \
  -H "x-api-key: $ANTHROPIC_API_KEY" \
  -H "anthropic-version: 2023-06-01" \
  -H "content-type: application/json" \
  --data-binary @- <<'JSON'
{
  "model": "m",
  "max_tokens": 9,
  "temperature": 1.0,
  "messages": [{"role": "user", "content": "It's $HOME."}],
  "stream": true
}
JSON
"#;
        assert_eq!(text, want);
    }

    proptest! {
        #[test]
        fn a6_the_body_stands_in_it_unharmed(body in bodies()) {
            let call = Call { vendor: Vendor::Openai, at: At::Etude { url: "http://e" }, body: &body };
            let text = write(Language::Curl, &call);
            let (_, heredoc) = text.split_once("<<'JSON'\n").expect("a heredoc");
            // The shell ends it at the first line that is the delimiter.
            let lines: Vec<_> = heredoc.split('\n').take_while(|line| *line != "JSON").collect();
            prop_assert_eq!(meaning(&lines.join("\n")), meaning(&body));
        }
    }
}
