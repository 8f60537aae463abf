//! Texts that want to be more than text, from `tests/hostile` and made here where they are huge.

use app::markdown::{Document, render};

use crate::checker::check;
use crate::page::{split, stream};

/// Words that must never be followed by a browser: outside of text they would be a tag or an address.
fn harmless(name: &str, text: &str) {
    let whole = render(text);
    for block in &whole {
        assert_eq!(check(&block.html), Ok(1), "{name}: {}", &block.html[..block.html.floor_char_boundary(2000)]);
    }
    let mut revealed = Document::new(true);
    revealed.push(text);
    revealed.finish();
    for block in revealed.blocks() {
        assert_eq!(check(&block.html), Ok(1), "{name}: {}", &block.html[..block.html.floor_char_boundary(2000)]);
    }
}

#[test]
fn the_corpus_is_text() {
    let mut files = 0;
    for file in std::fs::read_dir("tests/hostile").expect("corpus") {
        let path = file.expect("file").path();
        let text = std::fs::read_to_string(&path).expect("utf-8");
        let name = path.display().to_string();
        harmless(&name, &text);
        let mut rng = fastrand::Rng::with_seed(1);
        let whole = render(&text);
        for longest in [1, 2, 3, 7, 50] {
            let parts = split(&text, &mut rng, longest);
            assert_eq!(stream(parts, true), whole, "{name}");
        }
        // Each line alone, each line in a quote, an item, a heading, a cell and emphasis.
        for line in text.lines() {
            for shape in [
                "{}",
                "> {}",
                "- {}",
                "# {}",
                "| {} | x |\n|---|---|\n| {} | {} |",
                "**{}**",
                "[{}](https://a.example)",
                "![{}](https://a.example)",
                "a\n{}",
            ] {
                harmless(&name, &shape.replace("{}", line));
            }
        }
        files += 1;
    }
    assert!(files >= 7);
}

#[test]
fn huge_texts_are_text() {
    let n = 100_000;
    let deep = |mark: &str| format!("{}x", mark.repeat(1000));
    let stairs: String = (0..1000).map(|n| format!("{}- x\n", "  ".repeat(n))).collect();
    let texts = [
        ("quotes", deep("> ")),
        ("quotes, tight", deep(">")),
        ("lists", deep("- ")),
        ("ordered", deep("1. ")),
        ("mixed", deep("> - 1. ")),
        ("stairs", stairs),
        ("quotes, many lines", format!("{}\n", deep(">")).repeat(20)),
        ("emphasis", deep("*a ")),
        ("strong", deep("**a ")),
        ("underscores", deep("_a ")),
        ("emphasis, closed", format!("{}x{}", "*a **b ".repeat(500), "** *".repeat(500))),
        ("links", deep("[a](https://b.c ")),
        ("images", format!("{}x{}", "![".repeat(1000), "](https://a.b)".repeat(1000))),
        ("brackets", format!("{}{}", "[".repeat(n), "]".repeat(n))),
        ("references", (0..5000).map(|n| format!("[a{n}]: https://b.c/{n}\n[a{n}][a{n}]\n")).collect()),
        ("table, wide", format!("{}|\n{}|\n{}", "|x".repeat(3000), "|-".repeat(3000), "|\n".repeat(3000))),
        ("table, long", format!("|a|b|\n|-|-|\n{}", "|x|y|\n".repeat(20_000))),
        ("table, short rows", format!("{}|\n{}|\n{}", "|x".repeat(64), "|-".repeat(64), "a\n".repeat(5000))),
        ("table in a quote", format!("> {}|\n> {}|\n{}", "|x".repeat(1500), "|-".repeat(1500), "> |\n".repeat(5000))),
        ("entities", "&lt;script&gt;".repeat(n / 14)),
        ("backslashes", "\\".repeat(n)),
        ("tags", "<b onclick=x>".repeat(n / 13)),
        ("one word", "a".repeat(n)),
        ("address", format!("https://a.example/{}", "a".repeat(n))),
        ("overrides", "\u{202E}".repeat(n / 3)),
        ("nul", "\0".repeat(n)),
        ("lines", "a\n".repeat(n)),
        ("fences", "```\n".repeat(n / 4)),
        ("dollars", "$a$ $$b$$ ".repeat(n / 10)),
        ("tasks", "- [x] a\n".repeat(n / 8)),
        ("setext", "a\n=\n".repeat(n / 4)),
    ];
    for (name, text) in texts {
        #[expect(clippy::disallowed_methods, reason = "printed for people, asserted nowhere")]
        let start = std::time::Instant::now();
        let size: usize = render(&text).iter().map(|block| block.html.len()).sum();
        println!(
            "{name:24} {:8} bytes, {:8.2} ms, html {:.1} per byte",
            text.len(),
            start.elapsed().as_secs_f64() * 1e3,
            size as f64 / text.len() as f64
        );
        harmless(name, &text);
        let mut rng = fastrand::Rng::with_seed(2);
        let parts = split(&text, &mut rng, 4000);
        assert_eq!(stream(parts, false), render(&text), "{name}");
    }
}

#[test]
fn nothing_that_runs_is_ever_an_address() {
    for text in include_str!("../hostile/schemes.md").lines() {
        for block in render(text) {
            for part in block.html.split("href=\"").skip(1) {
                assert!(part.starts_with("http") || part.starts_with("mailto:"), "{text}");
            }
        }
    }
}

#[test]
fn the_checker_checks() {
    let link = " rel=\"noopener noreferrer nofollow ugc\" target=\"_blank\" referrerpolicy=\"no-referrer\"";
    let bad = [
        "<script></script>",
        "<p onclick=\"x\"></p>",
        "<p><ul></ul></p>",
        "<p>",
        "</p>",
        "<p>a & b</p>",
        "<p>\"</p>",
        "x",
        "<p><b>x</b></p>",
        "<p><a href=\"https://a.b\">x</a></p>",
        &format!("<p><a href=\"javascript:x\"{link}>x</a></p>"),
        "<p><img src=\"x\"></p>",
        "<p id=\"x\"></p>",
        "<etude-code language=\"A\" dir=\"ltr\"><pre><code></code></pre></etude-code>",
        "<p><span class=\"x\"></span></p>",
        "<p style=\"x\"></p>",
        "<table></table>",
        "<ul>x</ul>",
        &format!("<p><a href=\" https://a.b\"{link}>x</a></p>"),
        "<p><!-- x --></p>",
        "<p a='b'></p>",
    ];
    for html in bad {
        assert!(check(html).is_err(), "{html}");
    }
}
