//! Text into HTML.

/// A text as it may stand in HTML, between tags and in quotes.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

/// A sentence of the document, with its `code` and its **bold** words.
#[must_use]
pub fn line(text: &str) -> String {
    let mut out = String::new();
    for (n, piece) in text.split('`').enumerate() {
        if n % 2 == 1 {
            out += &format!("<code>{}</code>", escape(piece));
            continue;
        }
        for (n, piece) in piece.split("**").enumerate() {
            let piece = escape(piece);
            out += &if n % 2 == 1 { format!("<b>{piece}</b>") } else { piece };
        }
    }
    out
}

/// A description: a paragraph for each.
#[must_use]
pub fn prose(text: &str) -> String {
    text.split("\n\n").map(|text| format!("<p>{}</p>", line(text))).collect()
}

/// A block of code that can be copied, with its name in its head.
#[must_use]
pub fn code(name: &str, language: &str, text: &str) -> String {
    format!(
        r#"<figure class="code docs__code" data-language="{language}"><figcaption class="code__head"><span>{name}</span><button class="button live-only" type="button" data-kind="quiet" data-size="sm" data-copy aria-label="Copy {name}">Copy</button></figcaption><pre tabindex="0" role="group" aria-label="{name}"><code>{text}</code></pre></figure>"#,
        name = escape(name),
        text = escape(text),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_html_stays_text() {
        assert_eq!(line("a < `b\"` & **c**"), "a &lt; <code>b&quot;</code> &amp; <b>c</b>");
        assert_eq!(prose("one\n\ntwo"), "<p>one</p><p>two</p>");
        assert!(code("curl", "curl", "<script>").contains("&lt;script&gt;"));
    }
}
