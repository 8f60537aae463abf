//! The work for a delta does not grow with what came before it. Bytes are counted: they are the same on every machine.

use std::fmt::Write as _;

use app::markdown::Document;

use crate::page::{Page, split};

const SIZE: usize = 400 * 1024;

fn until(size: usize, mut each: impl FnMut(usize, &mut String)) -> String {
    let mut text = String::new();
    let mut n = 0;
    while text.len() < size {
        each(n, &mut text);
        n += 1;
    }
    text
}

/// Total work, that of the first KiB and that of the last, in bytes.
fn measure(text: &str, step: usize) -> (usize, usize, usize) {
    let mut document = Document::default();
    let mut at = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let cut = rest.ceil_char_boundary(step.min(rest.len()));
        document.push(&rest[..cut]);
        rest = &rest[cut..];
        at.push(document.work().scanned + document.work().parsed);
    }
    document.finish();
    let window = 1024 / step;
    let (total, n) = (at[at.len() - 1], at.len());
    // Several KiB at each end, averaged: one KiB may hold a whole piece or half of one.
    let many = 8;
    let first = at[window * many - 1] / many;
    let last = (total - at[n - 1 - window * many]) / many;
    (total, first, last)
}

fn texts() -> Vec<(&'static str, String)> {
    let words = "The quick brown fox jumps over the lazy dog, and so on, as it was said before. ";
    vec![
        (
            "answer",
            until(SIZE, |n, out| {
                let _ = write!(
                    out,
                    "## Section {n}\n\nSome **bold** text with a [link](https://example.com/{n}) and `code`. {words}{words}\n\n- one\n- two with *emphasis*\n  - nested\n\n```rust\nfn f{n}() -> u32 {{ {n} }}\n```\n\n| a | b |\n|---|---|\n| {n} | 2 |\n\n"
                );
            }),
        ),
        ("paragraph, one line", until(SIZE, |_, out| out.push_str(words))),
        (
            "paragraph, many lines",
            until(SIZE, |_, out| {
                out.push_str(words);
                out.push('\n');
            }),
        ),
        (
            "paragraph, marked up",
            until(SIZE, |n, out| {
                let _ = write!(
                    out,
                    "Some **bold text**, a [link {n}](https://example.com/{n}), `code` and *more* of $x_{n}$, https://example.org/{n} too. "
                );
            }),
        ),
        (
            "list",
            until(SIZE, |n, out| {
                let _ = writeln!(out, "{}. {words}", n + 1);
            }),
        ),
        (
            "list, nested",
            until(SIZE, |n, out| {
                let _ = write!(out, "- {words}\n  - in {n}\n  - out\n");
            }),
        ),
        (
            "fence",
            until(SIZE, |n, out| {
                if n == 0 {
                    out.push_str("```rust\n");
                }
                let _ = writeln!(out, "    let x{n} = \"<{n}>\";");
            }),
        ),
        ("fence, one line", format!("```\n{}", "x".repeat(SIZE))),
        (
            "indented code",
            until(SIZE, |n, out| {
                let _ = writeln!(out, "    let x{n} = 1;");
            }),
        ),
        (
            "table",
            until(SIZE, |n, out| {
                if n == 0 {
                    out.push_str("| a | b | c |\n|---|--:|---|\n");
                }
                let _ = writeln!(out, "| {n} | some *text* | `code` |");
            }),
        ),
        (
            "quote",
            until(SIZE, |n, out| {
                let _ = write!(out, "> {words}{n}\n>\n");
            }),
        ),
    ]
}

#[test]
fn the_last_kilobyte_costs_what_the_first_did() {
    for (name, text) in texts() {
        let (total, first, last) = measure(&text, 4);
        assert!((last as f64) <= 1.2 * (first as f64), "{name}: {first} then {last}");
        assert!(total / text.len() < 400, "{name}: {total}");
    }
}

/// Texts made to be expensive may cost more per delta, but no more at their end than a bounded piece does.
#[test]
fn hostile_texts_stay_linear() {
    let size = 100 * 1024;
    let texts: Vec<(&str, String)> = vec![
        ("brackets", "[".repeat(size)),
        ("brackets and parens", "[a](".repeat(size / 4)),
        ("images", "![".repeat(size / 2)),
        ("emphasis", "*a **b _c ".repeat(size / 10)),
        ("stars", "*".repeat(size)),
        ("underscores", "a_".repeat(size / 2)),
        (
            "backticks",
            until(size, |n, out| {
                out.push_str(&"`".repeat(n % 60 + 1));
                out.push(' ');
            }),
        ),
        ("dollars", "$ $a ".repeat(size / 5)),
        ("math", "\\( \\[ ".repeat(size / 6)),
        ("quotes", ">".repeat(size)),
        ("quotes, lazy", format!("{}\n{}", ">".repeat(1000), "a\n".repeat(size / 2))),
        ("quotes, lines", format!("{}a\n", ">".repeat(200)).repeat(size / 202)),
        ("lists", "- ".repeat(size / 2)),
        ("lists, mixed", "- + ".repeat(size / 4)),
        (
            "lists, deep",
            until(size, |n, out| {
                let _ = writeln!(out, "{}- x", "  ".repeat(n % 500));
            }),
        ),
        ("one item", format!("- a\n{}", "  - b\n".repeat(size / 6))),
        ("one item, fence", format!("- a\n  ```py\n{}", "  x = 1\n".repeat(size / 8))),
        ("angles", "<".repeat(size)),
        ("comments", "<!-- ".repeat(size / 5)),
        (
            "definitions",
            until(size, |n, out| {
                let _ = writeln!(out, "[a{n}]: http://x.y\n[a{n}]");
            }),
        ),
        ("table, wide", format!("{}\n{}\n{}", "|x".repeat(60), "|-".repeat(60), "a\n".repeat(size / 2))),
        ("table, too wide", format!("{}\n{}\n{}", "|x".repeat(1000), "|-".repeat(1000), "a\n".repeat(size / 2))),
        ("table in an item", format!("- {}\n  {}\n{}", "|x".repeat(1000), "|-".repeat(1000), "  |\n".repeat(size / 4))),
        ("addresses", "http://a".repeat(size / 8)),
        ("entities", "&#x202E;".repeat(size / 8)),
        ("rules", ("- ".repeat(2000) + "x\n").repeat(20)),
        ("tildes", format!("~~~\n{}", "~".repeat(size))),
        ("blank lines", "\n".repeat(size)),
        ("blank lines in a list", format!("- a\n{}", "\n".repeat(size))),
        ("spaces", " ".repeat(size)),
        ("carriage returns", "\r".repeat(size)),
        ("nul", "\0".repeat(size)),
    ];
    for (name, text) in texts {
        // As a page takes them: what arrives within a frame is joined, a few dozen bytes.
        let (total, _, _) = measure(&text, 32);
        assert!(total / text.len() < 600, "{name}: {total}");
    }
}

/// What the page inserts is in proportion too, and it shows what it should.
#[test]
fn a_page_keeps_up() {
    let mut rng = fastrand::Rng::with_seed(7);
    for (name, text) in texts() {
        let text = &text[..text.floor_char_boundary(30_000)];
        let mut document = Document::default();
        let mut page = Page::default();
        for part in split(text, &mut rng, 60) {
            let change = document.push(part);
            page.apply(&change, document.blocks());
            let html: Vec<&str> = document.blocks().iter().map(|block| &*block.html).collect();
            assert!(page.nodes == html, "{name}");
        }
    }
}
