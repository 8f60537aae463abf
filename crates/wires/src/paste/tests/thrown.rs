//! What is thrown at a field that anything can be pasted into.

use proptest::prelude::*;

use super::AT;
use crate::code::testing::{BODIES, every};
use crate::paste::read;

/// A megabyte of what makes careless readers slow.
#[test]
fn a_large_text_takes_no_longer_than_its_length() {
    let (n, call) = (100_000, "client.messages.create(messages=");
    let fields: String = (0..n).map(|n| format!("\"a{n}\":1,")).collect();
    let doubling: String = (0..40).map(|n| format!("a{n} = [a{}, a{}]\n", n + 1, n + 1)).collect();
    for text in [
        "curl ".repeat(n),
        "\ncurl x -d @- <<A".repeat(n / 2),
        format!("curl x -d {}", "$(cat <<A\n".repeat(n)),
        format!("curl x -d {}", "\\ ".repeat(n)),
        format!("curl x {}", "-d '{}' ".repeat(n)),
        format!("curl x ^\n{}", "^^\\\"".repeat(n)),
        format!("{{\"messages\":[{{\"role\":\"user\",\"content\":\"x\",{fields}\"b\":1}}]}}"),
        format!("{{\"messages\":[{{\"role\":\"user\",{fields}\"content\":[{{\"type\":\"x\",{fields}\"b\":1}}]}}]}}"),
        format!(
            "{{\"messages\":[{}]}}",
            "{\"role\":\"user\",\"content\":\"\",\"x\":1},".repeat(n).trim_end_matches(',')
        ),
        format!("[{}]", "[],".repeat(4 * n).trim_end_matches(',')),
        format!("{call}{}", "[".repeat(n)),
        format!("{call}{}", "(".repeat(n)),
        format!("{call}[{}])", "x.y, ".repeat(n)),
        format!("{call}[{}])", "'a' ".repeat(n)),
        format!("{call}[{}])", "\"\\'".repeat(n)),
        format!("{call}[{}])", "{'a': ".repeat(n)),
        format!("{doubling}a40 = ['x']\n{call}a0)"),
        format!("a = '{}'\n{call}[{}])", "x".repeat(10 * n), "a, ".repeat(n)),
        format!("{call}'{}'{})", "x".repeat(5 * n), ".strip()".repeat(n / 2)),
        format!("{call}'{}'.join([{}]))", "x".repeat(5 * n), "'', ".repeat(n)),
        format!("{call}{{ {} }})", "a, ".repeat(n)),
        format!("{call}1)\n").repeat(n / 10),
        format!("a.b.c = d; {call}").repeat(n / 10),
        format!("client.messages.create({{ a: `{}", "${`".repeat(n)),
        "fn x() r#\"{".repeat(n),
        format!("fn x() {}", "r#\"{\"# ".repeat(n)),
        "{{a}}".repeat(n),
        "```\n".repeat(n),
    ] {
        drop(read(&text));
    }
}

/// A text with a few places changed.
fn mutated(text: &str, changes: &[(usize, u8, char)]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for (place, kind, c) in changes {
        let place = place % (chars.len() + 1);
        match kind % 4 {
            0 => chars.insert(place, *c),
            1 if place < chars.len() => drop(chars.remove(place)),
            2 => chars.truncate(place),
            _ => {
                let from = place.saturating_sub(20);
                let piece: Vec<_> = chars[from..place].to_vec();
                chars.splice(place..place, piece);
            }
        }
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_too_much(text in "\\PC{0,200}", more in any::<Vec<char>>()) {
        drop(read(&text));
        drop(read(&more.into_iter().collect::<String>()));
    }

    #[test]
    fn no_changed_text_is_too_much(
        which in 0..9_usize,
        changes in prop::collection::vec((any::<usize>(), any::<u8>(), any::<char>()), 1..8),
        more in prop::collection::vec((any::<usize>(), Just(0_u8), prop::sample::select(vec!['"', '\'', '\\', '`', '{', '[', '(', ')', '$', '<', '#', '\n', '^', 'é'])), 0..6),
    ) {
        let (vendor, body) = BODIES[which % 2];
        let text = match which / 2 {
            0 => body.to_owned(),
            n => every(vendor, AT[n % 2], body).swap_remove(n - 1).1,
        };
        drop(read(&mutated(&text, &changes)));
        drop(read(&mutated(&text, &more)));
        drop(read(&mutated(&mutated(&text, &changes), &more)));
    }
}
