//! What differs between two texts: by line and word for versions, by word for answers while they come.
//!
//! | file | what stands there |
//! |---|---|
//! | `word` | where a word begins, in prose, code and scripts without blanks |
//! | `align` | what two lists have in common (Myers), and the common ends of two texts |
//! | `line` | the lines that two texts do not share |
//! | `text` | [`compare`]: two versions of a text, as hunks of lines with their words |
//! | `answer` | [`differs`], [`first_divergence`], [`agreement`], [`groups`]: two answers or more |
//! | `live` | [`Live`]: two answers while they come, at the cost of what is new |
//!
//! Nothing here reads a clock unless it is given a deadline, which a browser never does.

use std::ops::Range;
use std::time::Instant;

use serde::{Deserialize, Serialize};

mod align;
mod answer;
mod line;
mod live;
mod text;
mod word;

pub use answer::{ANSWER_PIECES_MAX, Answer, Differences, Divergence, agreement, differs, first_divergence, groups};
pub use live::Live;
pub use text::{Hunk, Span, TextDiff, compare};

/// What became of a stretch of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It stands in both texts.
    Same,
    /// It stands in the old text only.
    Gone,
    /// It stands in the new text only.
    New,
}

/// A stretch of two texts, in bytes of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// What became of it.
    pub change: Change,
    /// Where it stands in the old text; empty, and where it would stand, if it is new.
    pub old: Range<usize>,
    /// Where it stands in the new text; empty, and where it would stand, if it is gone.
    pub new: Range<usize>,
}

/// Compares two texts by word; the stretches cover both from end to end, in order.
///
/// What is the same between two changes but shorter than both counts as changed: two sentences that
/// have only "the" and "of" in common are read better apart. Linear for texts that are alike; beyond
/// the deadline the answer is coarser, never wrong.
#[must_use]
pub fn words(old: &str, new: &str, deadline: Option<Instant>) -> Vec<Stretch> {
    stretches(&align::gaps(old, new, usize::MAX, deadline), old.len(), new.len())
}

/// Fills in what is the same.
fn stretches(gaps: &[align::Gap], old_end: usize, new_end: usize) -> Vec<Stretch> {
    let mut stretches = Vec::with_capacity(gaps.len() * 3 + 1);
    let (mut old_at, mut new_at) = (0, 0);
    let mut push = |change, old: Range<usize>, new: Range<usize>| {
        if !old.is_empty() || !new.is_empty() {
            stretches.push(Stretch { change, old, new });
        }
    };
    for gap in gaps {
        push(Change::Same, old_at..gap.old.start, new_at..gap.new.start);
        push(Change::Gone, gap.old.clone(), gap.new.start..gap.new.start);
        push(Change::New, gap.old.end..gap.old.end, gap.new.clone());
        (old_at, new_at) = (gap.old.end, gap.new.end);
    }
    push(Change::Same, old_at..old_end, new_at..new_end);
    stretches
}

/// Texts to test with: prose, code, scripts without blanks, signs of several units and of several chars.
#[cfg(test)]
pub(crate) mod texts {
    use proptest::prelude::*;

    const PIECES: &[&str] = &[
        "the",
        "there",
        "a",
        "cat",
        "sat",
        " ",
        "  ",
        "\n",
        "\n\n",
        "\r\n",
        ".",
        "{{name}}",
        "x_1",
        "0.7",
        "日",
        "本語",
        "한국",
        "👩‍👩‍👧",
        "👍🏽",
        "🇩🇪",
        "e\u{301}",
        "é",
        "ü",
        "\u{3000}",
        "क्षि",
        "ก็",
        "-",
        "\u{200d}",
        "\u{301}",
        "\t",
    ];

    /// A text of such pieces.
    pub fn text() -> impl Strategy<Value = String> {
        proptest::collection::vec(0..PIECES.len(), 0..60)
            .prop_map(|places| places.into_iter().map(|place| PIECES[place]).collect())
    }

    /// A text, and what became of it after a few edits.
    pub fn edited() -> impl Strategy<Value = (String, String)> {
        (text(), proptest::collection::vec((any::<u16>(), 0..4_usize, 0..PIECES.len()), 0..6)).prop_map(
            |(old, edits)| {
                let mut new = old.clone();
                for (place, cut, piece) in edits {
                    let places: Vec<usize> = new.char_indices().map(|(at, _)| at).chain([new.len()]).collect();
                    let from = usize::from(place) % places.len();
                    let to = (from + cut).min(places.len() - 1);
                    new.replace_range(places[from]..places[to], PIECES[piece]);
                }
                (old, new)
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The changes as people read them: `[-gone-]` and `[+new+]`.
    fn marked(old: &str, new: &str) -> String {
        let stretches = words(old, new, None).into_iter();
        stretches
            .map(|stretch| match stretch.change {
                Change::Same => old[stretch.old].to_owned(),
                Change::Gone => format!("[-{}-]", &old[stretch.old]),
                Change::New => format!("[+{}+]", &new[stretch.new]),
            })
            .collect()
    }

    #[test]
    fn a4_finds_the_words_that_changed() {
        for (old, new, want) in [
            ("If silent, say so.", "If silent, say so; do not guess.", "If silent, say so[+; do not guess+]."),
            ("2. Propose a redline.", "2. Propose one redline each.", "2. Propose [-a-][+one+] redline[+ each+]."),
            ("let x_1 = 10;", "let x_2 = 10;", "let x_[-1-][+2+] = 10;"),
            ("temperature: 0.70", "temperature: 0.75", "temperature: 0.[-70-][+75+]"),
            ("我喜欢红色的车", "我喜欢蓝色的车", "我喜欢[-红-][+蓝+]色的车"),
            ("the cat 👩‍👩‍👧 sat", "the cat 👩‍👩‍👦 sat", "the cat [-👩‍👩‍👧-][+👩‍👩‍👦+] sat"),
            ("cafe", "cafe\u{301}", "[-cafe-][+cafe\u{301}+]"),
            ("    a\n", "  a\n", "[-    -][+  +]a\n"),
        ] {
            assert_eq!(marked(old, new), want);
        }
    }

    #[test]
    fn two_sentences_with_nothing_but_small_words_in_common_are_read_apart() {
        let (old, new) = ("Explain the reasoning of the judge.", "Quote the words of a clause.");
        assert_eq!(marked(old, new), "[-Explain the reasoning of the judge-][+Quote the words of a clause+].");
    }

    #[test]
    fn says_the_whole_text_where_one_is_empty() {
        assert_eq!(words("", "", None), []);
        assert_eq!(words("", "é", None), [Stretch { change: Change::New, old: 0..0, new: 0..2 }]);
        assert_eq!(words("é", "", None), [Stretch { change: Change::Gone, old: 0..2, new: 0..0 }]);
    }

    proptest! {
        #[test]
        fn stretches_cover_both_texts_in_order((old, new) in texts::edited()) {
            let (mut old_at, mut new_at, mut applied) = (0, 0, String::new());
            for Stretch { change, old: old_range, new: new_range } in words(&old, &new, None) {
                prop_assert_eq!((old_range.start, new_range.start), (old_at, new_at));
                // A range that cuts a char would panic here.
                match change {
                    Change::Same => prop_assert_eq!(&old[old_range.clone()], &new[new_range.clone()]),
                    Change::Gone => prop_assert!(new_range.is_empty() && !old_range.is_empty()),
                    Change::New => prop_assert!(old_range.is_empty() && !new_range.is_empty()),
                }
                applied.push_str(if change == Change::Gone { "" } else { &new[new_range.clone()] });
                (old_at, new_at) = (old_range.end, new_range.end);
            }
            prop_assert_eq!((old_at, new_at), (old.len(), new.len()));
            prop_assert_eq!(applied, new);
        }

        #[test]
        fn texts_that_have_nothing_to_do_with_each_other_are_compared_too(old in texts::text(), new in texts::text()) {
            let stretches = words(&old, &new, None);
            let kept: String = stretches.iter().map(|stretch| &old[stretch.old.clone()]).collect();
            let made: String = stretches.iter().map(|stretch| &new[stretch.new.clone()]).collect();
            prop_assert_eq!((kept, made), (old, new));
        }
    }
}
