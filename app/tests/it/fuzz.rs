//! Random texts: no panic, nothing forbidden, the same blocks however they arrive.

use app::markdown::{Document, render};
use proptest::prelude::*;

use crate::checker::check;
use crate::page::{split, stream};

#[rustfmt::skip]
const WORDS: &[&str] = &[
    "\n", "\n", "\n", "\n\n", " ", " ", "  ", "    ", "\t", "\r\n", "\r", "a", "b c", "word ", "é", "𝒳", "漢", "# ", "## ", "====", "---", "***",
    "- ", "* ", "+ ", "1. ", "2) ", "10. ", "- [ ] ", "- [x] ", "> ", ">", "```", "````", "~~~", "```rs\n", "`", "``", "*", "**", "_", "__", "~", "~~",
    "[", "]", "(", ")", "](", "![", "[a](http://x.y)", "[a](javascript:x)", "http://a.b/c", "https://ex.com", "<http://q.r>", "<", ">", "<script>",
    "</p>", "<!--", "-->", "<b onclick=x>", "&lt;", "&#x202E;", "&#0;", "&#xFDD0;0&#xFDD1;", "&", "|", "| a | b |\n", "|---|---|\n", "|:-:|--:|\n", "a|b\n-|-\n",
    "$", "$$", "\\(", "\\)", "\\[", "\\]", "\\", "\\\n", "x^2", "[a]: http://b.c\n", "[^1]", "[^1]: note", ":", "\"", "'", "\0", "\u{202e}", "\u{2066}",
    "\u{200b}", "\u{fdd0}0\u{fdd1}", "\u{fdd3}", "\u{e0061}", "javascript:", "data:text/html,", "mailto:a@b.c", "style=", "www.x.y", "5", "$5 ",
];

fn random(rng: &mut fastrand::Rng, longest: usize) -> String {
    (0..rng.usize(0..longest)).map(|_| WORDS[rng.usize(..WORDS.len())]).collect()
}

fn verify(text: &str, rng: &mut fastrand::Rng, look: bool) {
    let whole = render(text);
    for block in &whole {
        assert_eq!(check(&block.html), Ok(1), "of {text:?}\n{}", block.html);
        assert!(text.get(block.source.clone()).is_some(), "{text:?}");
        assert!(block.closed);
    }
    let longest = rng.usize(1..8);
    let parts = split(text, rng, longest);
    // Unfinished texts too: a page that the server rendered in mid-run is what the browser makes of it.
    let (mut once, mut often) = (Document::default(), Document::default());
    once.push(text);
    for part in &parts {
        often.push(part);
    }
    assert_eq!(often.blocks(), once.blocks(), "of {text:?}");
    assert_eq!(stream(parts, look), whole, "of {text:?}");
}

#[test]
fn random_texts() {
    let count: u64 = std::env::var("FUZZ").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000);
    let base: u64 = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    for seed in base..base + count {
        let mut rng = fastrand::Rng::with_seed(seed);
        let text = random(&mut rng, if seed % 64 == 0 { 400 } else { 24 });
        verify(&text, &mut rng, seed % 8 == 0);
    }
}

/// Long texts reach the cuts: chunks of lines, stretches of paragraphs, items and quotes that are joined.
#[test]
fn long_random_texts() {
    let count: u64 = std::env::var("FUZZ").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000) / 2000;
    for seed in 0..count.max(10) {
        let mut rng = fastrand::Rng::with_seed(seed);
        // A few words only, often: so that one construct goes on for long.
        let few: Vec<&str> = (0..rng.usize(1..6)).map(|_| WORDS[rng.usize(..WORDS.len())]).collect();
        let mut text = String::new();
        while text.len() < 20_000 {
            text.push_str(if rng.u8(..8) > 0 { few[rng.usize(..few.len())] } else { WORDS[rng.usize(..WORDS.len())] });
        }
        let whole = render(&text);
        for block in &whole {
            assert_eq!(check(&block.html), Ok(1), "seed {seed}");
        }
        let parts = split(&text, &mut rng, 300);
        assert_eq!(stream(parts, true), whole, "seed {seed}");
        let parts = split(&text, &mut rng, 9000);
        assert_eq!(stream(parts, true), whole, "seed {seed}");
    }
}

proptest! {
    #[test]
    fn any_text_any_split(text in "(?s).{0,200}", cut in 1..5_usize) {
        let mut rng = fastrand::Rng::with_seed(cut as u64);
        let whole = render(&text);
        for block in &whole {
            prop_assert_eq!(check(&block.html), Ok(1));
        }
        let parts = split(&text, &mut rng, cut);
        prop_assert_eq!(stream(parts, true), whole);
    }
}
