//! What Markdown looks like here, finished and unfinished.

use app::markdown::{Document, Kind, invisible, render};

const LINK: &str = " rel=\"noopener noreferrer nofollow ugc\" target=\"_blank\" referrerpolicy=\"no-referrer\"";

/// The HTML of all blocks, without what every block or link has.
fn html(text: &str) -> String {
    brief(&render(text).iter().map(|block| block.html.clone()).collect::<String>())
}

fn live(text: &str) -> String {
    let mut document = Document::default();
    document.push(text);
    brief(&document.blocks().iter().map(|block| block.html.clone()).collect::<String>())
}

fn brief(html: &str) -> String {
    html.replace(LINK, "").replace(" dir=\"auto\"", "").replace(" dir=\"ltr\"", "")
}

#[test]
fn finished() {
    let cases = [
        ("# a\n## b\n##### c #\n", "<h3>a</h3><h4>b</h4><h5>c</h5>"),
        ("## a\n#### b\n### c\n## d\n# e\n## f\n", "<h3>a</h3><h4>b</h4><h4>c</h4><h3>d</h3><h3>e</h3><h4>f</h4>"),
        ("a\n===\nb\n---\n", "<h3>a</h3><h4>b</h4>"),
        ("a\nb  \nc\\\nd", "<p>a<br>b<br>c<br>d</p>"),
        ("- a\n- b\n  - c\n", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"),
        ("3. a\n4. b\n", "<ol start=\"3\"><li>a</li><li>b</li></ol>"),
        ("- a\n\n- b\n", "<ul><li>a</li><li>b</li></ul>"),
        (
            "- [x] a\n- [ ] b",
            "<ul><li><span role=\"img\" aria-label=\"done\">☑</span> a</li><li><span role=\"img\" aria-label=\"to do\">☐</span> b</li></ul>",
        ),
        ("> a\n> - b\n", "<blockquote><p>a</p><ul><li>b</li></ul></blockquote>"),
        ("```Rust\nx<y\n```\n", "<etude-code language=\"rust\" closed><pre><code>x&lt;y\n</code></pre></etude-code>"),
        ("```\nx", "<etude-code><pre><code>x</code></pre></etude-code>"),
        ("```c++,x\n```", "<etude-code language=\"c++\" closed><pre><code></code></pre></etude-code>"),
        ("- ```py\n  x\n", "<ul><li><etude-code language=\"py\"><pre><code>x\n</code></pre></etude-code></li></ul>"),
        (
            "|a|b|\n|-|-:|\n|1|2|\n",
            "<etude-table><table><thead><tr><th>a</th><th data-align=\"right\">b</th></tr></thead><tbody><tr><td>1</td><td data-align=\"right\">2</td></tr></tbody></table></etude-table>",
        ),
        ("~~a~~ ~b~ ~5", "<p><del>a</del> ~b~ ~5</p>"),
        (
            "$5 and $10, $HOME/$USER, US$5-$6, $1,000 to 2,000$",
            "<p>$5 and $10, $HOME/$USER, US$5-$6, $1,000 to 2,000$</p>",
        ),
        (
            "$x_1*y*$ \\(a\\) $$b$$ \\[c\\] `$d$` \\$e$",
            "<p><etude-math>x_1*y*</etude-math> <etude-math>a</etude-math> <etude-math display>b</etude-math> <etude-math display>c</etude-math> <code>$d$</code> $e$</p>",
        ),
        ("so:\n$$\na\n- b\n= c\n$$\nend", "<p>so:</p><p><etude-math display>a\n- b\n= c</etude-math><br>end</p>"),
        ("https://a.example/b_c_d.", "<p><a href=\"https://a.example/b_c_d\">https://a.example/b_c_d</a>.</p>"),
        ("[a](/x) [b](javascript:c)", "<p>[a](/x) [b](javascript:c)</p>"),
        ("[a.example](https://b.example)", "<p><a href=\"https://b.example\">a.example <bdi>(b.example)</bdi></a></p>"),
        (
            "[x](https://a.example@b.example/)",
            "<p><a href=\"https://a.example@b.example/\">x <bdi>(b.example)</bdi></a></p>",
        ),
        ("![a](https://b.example/c.png)", "<p><a href=\"https://b.example/c.png\">🖼 a <bdi>(b.example)</bdi></a></p>"),
        (
            "[a]: https://b.example\n[a] [^1]",
            "<p>[a]: <a href=\"https://b.example\">https://b.example</a><br>[a] [^1]</p>",
        ),
        ("<b>*x*</b>\n", "<p>&lt;b&gt;<em>x</em>&lt;/b&gt;</p>"),
        ("\u{202E}abc", "<p>\u{202E}abc\u{202C}</p>"),
        ("[\u{2066}a](https://b.example) c", "<p><a href=\"https://b.example\">\u{2066}a\u{2069}</a> c</p>"),
        ("***\n", "<hr>"),
        ("- - a\n", "<ul><li><ul><li>a</li></ul></li></ul>"),
        ("- 3. 5. - a\n", "<ul><li><ol start=\"3\"><li>5. • a</li></ol></li></ul>"),
        ("1. 1. 1. a\n      2. b\n   2. c\n", "<ol><li><ol><li>1. a<br>2. b</li><li>c</li></ol></li></ol>"),
        ("1. 2. 3.\n", "<ol><li><ol start=\"2\"><li>3. </li></ol></li></ol>"),
        ("> - - - a\n>     - b\n", "<blockquote><ul><li><ul><li>• a<br>• b</li></ul></li></ul></blockquote>"),
    ];
    for (text, expected) in cases {
        assert_eq!(html(text), expected, "of {text:?}");
    }
}

#[test]
fn unfinished() {
    let cases = [
        ("a **b", "<p>a <strong>b</strong></p>"),
        ("a **b c", "<p>a <strong>b c</strong></p>"),
        ("a **b*", "<p>a <strong>b</strong></p>"),
        ("a **", "<p>a</p>"),
        ("a `b", "<p>a <code>b</code></p>"),
        ("a [b", "<p>a b</p>"),
        ("a [b]", "<p>a b</p>"),
        ("a [b](https://c.ex", "<p>a b</p>"),
        ("a [b](https://c.example)", "<p>a <a href=\"https://c.example\">b</a></p>"),
        ("a https://c.ex", "<p>a https://c.ex</p>"),
        ("a \\(x_1", "<p>a \\(x_1</p>"),
        ("a\n-", "<p>a</p>"),
        ("a\n--", "<p>a</p>"),
        ("a\n- b", "<p>a</p><ul><li>b</li></ul>"),
        ("#", ""),
        ("```ru", ""),
        ("```rust\nfn", "<etude-code language=\"rust\"><pre><code>fn</code></pre></etude-code>"),
        ("```rust\nfn\n``", "<etude-code language=\"rust\"><pre><code>fn\n</code></pre></etude-code>"),
        ("| a | b |\n|--", "<p></p>"),
        (
            "| a | b |\n|---|---|\n| c",
            "<etude-table><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>c</td><td></td></tr></tbody></table></etude-table>",
        ),
        ("- a\n- **b", "<ul><li>a</li><li><strong>b</strong></li></ul>"),
        ("12", ""),
        ("12. ", ""),
        ("12. 1", "<ol start=\"12\"><li>1</li></ol>"),
        ("12. 1. 2. 2", "<ol start=\"12\"><li><ol><li>2. 2</li></ol></li></ol>"),
    ];
    for (text, expected) in cases {
        assert_eq!(live(text), expected, "of {text:?}");
    }
}

#[test]
fn no_number_is_lost_however_many_lists_a_line_begins() {
    let text = (1..=200).map(|number| format!("{number}. ")).collect::<String>();
    let html = html(&text);
    for number in 3..=200 {
        assert!(html.contains(&format!("{number}. ")), "{number} in {html}");
    }
    assert!(html.starts_with("<ol><li><ol start=\"2\"><li>3. 4. "), "{html}");
    let deep = (0..40).map(|depth| format!("{}- {depth}\n", "  ".repeat(depth))).collect::<String>();
    let html = brief(&render(&deep).iter().map(|block| block.html.clone()).collect::<String>());
    assert!(html.contains("<ul><li>14<ul><li>15<br>• 16<br>• 17<br>"), "{html}");
}

#[test]
fn invisible_characters_are_counted_and_shown() {
    let mut document = Document::default();
    document.push("a\u{200B}b &#x202E;c 👨\u{200D}👩 ❤\u{FE0F} می\u{200C}خ\n\n```\n\u{E0061}\n```\n");
    document.finish();
    assert_eq!(document.invisible(), 3);
    document.reveal(true);
    assert_eq!(document.invisible(), 3);
    assert!(
        document.blocks()[0]
            .html
            .contains("<span class=\"invisible\" title=\"U+202E right-to-left override\">⟦RLO⟧</span>")
    );
    assert!(document.blocks()[1].html.contains("⟦tag a⟧"));
    assert_eq!(invisible::count("x\u{200D}y"), 1);
    assert_eq!(
        invisible::reveal("<\u{200B}>"),
        "&lt;<span class=\"invisible\" title=\"U+200B zero width space\">⟦ZWSP⟧</span>&gt;"
    );
}

#[test]
fn blocks_know_their_place() {
    let text = "# a\n\nb\n\n```\nc\n```\n\n- d\n- e\n";
    let blocks = render(text);
    let places: Vec<(Kind, &str)> = blocks.iter().map(|block| (block.kind, &text[block.source.clone()])).collect();
    assert_eq!(
        places,
        [
            (Kind::Heading(3), "# a\n"),
            (Kind::Paragraph, "b\n"),
            (Kind::Code, "```\nc\n```\n"),
            (Kind::List { start: None }, "- d\n- e\n"),
        ]
    );
}
