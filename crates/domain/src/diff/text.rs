//! Two versions of a text, as hunks of lines.

use std::ops::Range;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::align::{self, Gap};
use super::line::{Middle, join};

/// Most hunks; beyond, those that stand close are joined.
const HUNKS_MAX: usize = 20_000;
/// Most pieces on either side of a hunk, past the common ends, whose words are compared.
const HUNK_PIECES_MAX: usize = 8_192;
/// Most words of all hunks together; those of further hunks are not looked for.
const WORDS_MAX: usize = 200_000;
/// A hunk of which less than one part in so many is the same is not read word by word.
const ALIKE_PARTS: usize = 5;

/// What differs between two versions of a text.
///
/// Places are UTF-16 units, which editors in a browser count. Lines are parted by `\n` alone, and
/// every line has one: each text counts as if one more stood at its end, so that a span of lines may
/// end one unit past the text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextDiff {
    /// Lines that differ, in order, none next to another.
    pub hunks: Vec<Hunk>,
    /// Length of the old text.
    pub old_units: usize,
    /// Length of the new text.
    pub new_units: usize,
    /// Lines that are new. An empty text has none.
    pub added_lines: usize,
    /// Lines that are gone.
    pub removed_lines: usize,
    /// Whether time or room ran out: it is right, but more may be marked than changed.
    pub is_coarse: bool,
}

/// Lines that differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// Where they stand in the old text, line breaks included.
    pub old: Span,
    /// Where they stand in the new text, line breaks included.
    pub new: Span,
    /// Which lines of the old text, from 0.
    pub old_lines: Span,
    /// Which lines of the new text, from 0.
    pub new_lines: Span,
    /// The words that differ, gone and new, counted from the start of the hunk on either side. None
    /// where the lines differ as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<(Span, Span)>,
}

/// From one place to before another; in JSON a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(usize, usize)", into = "(usize, usize)")]
pub struct Span {
    /// Where it begins.
    pub from: usize,
    /// Where it has ended.
    pub to: usize,
}

impl Span {
    /// How long it is.
    #[must_use]
    pub const fn len(self) -> usize {
        self.to - self.from
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.from == self.to
    }
}

impl From<(usize, usize)> for Span {
    fn from((from, to): (usize, usize)) -> Self {
        Self { from, to: to.max(from) }
    }
}

impl From<Span> for (usize, usize) {
    fn from(Span { from, to }: Span) -> Self {
        (from, to)
    }
}

/// Compares two versions of a text by line and, where lines changed, by word.
///
/// Linear for texts that are alike. Beyond the deadline the answer is coarser, never wrong; a browser
/// has no such clock and gives none, and is protected by the limits alone.
#[must_use]
pub fn compare(old: &str, new: &str, deadline: Option<Instant>) -> TextDiff {
    let mut diff = TextDiff { old_units: units(old), new_units: units(new), ..TextDiff::default() };
    if old == new {
        return diff;
    }
    let middle = Middle::of(old, new);
    let gaps = middle.gaps(deadline);
    let count = |text: &str, side: fn(&Gap) -> &Range<usize>| match text {
        "" => 0,
        _ => gaps.iter().map(|gap| side(gap).len()).sum(),
    };
    diff.removed_lines = count(old, |gap| &gap.old);
    diff.added_lines = count(new, |gap| &gap.new);
    diff.is_coarse = middle.is_too_much() || is_over(deadline) || gaps.len() > HUNKS_MAX;
    let (mut olds, mut news) = (Units::of(old), Units::of(new));
    let mut words_left = WORDS_MAX;
    for gap in join(gaps, HUNKS_MAX) {
        let mut words = Vec::new();
        if is_over(deadline) || words_left == 0 {
            diff.is_coarse = true;
        } else {
            words = hunk_words(middle.old.content(&gap.old), middle.new.content(&gap.new), deadline);
            words_left = words_left.saturating_sub(words.len());
        }
        let line_span = |lines: Range<usize>| Span { from: middle.line + lines.start, to: middle.line + lines.end };
        diff.hunks.push(Hunk {
            old: olds.span(&middle.old.bytes(&gap.old)),
            new: news.span(&middle.new.bytes(&gap.new)),
            old_lines: line_span(gap.old),
            new_lines: line_span(gap.new),
            words,
        });
    }
    diff
}

/// Without a deadline no clock is asked: in a browser there is none.
fn is_over(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| deadline.elapsed() > Duration::ZERO)
}

/// The words that differ, in units from the start of either side.
fn hunk_words(old: &str, new: &str, deadline: Option<Instant>) -> Vec<(Span, Span)> {
    if old.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let gaps = align::gaps(old, new, HUNK_PIECES_MAX, deadline);
    let differing: usize = gaps.iter().map(|gap| gap.old.len() + gap.new.len()).sum();
    let all = old.len() + new.len();
    if (all - differing) * ALIKE_PARTS < all {
        return Vec::new();
    }
    let (mut olds, mut news) = (Units::of(old), Units::of(new));
    gaps.iter().map(|gap| (olds.span(&gap.old), news.span(&gap.new))).collect()
}

/// Counts units along a text, from place to later place.
struct Units<'t> {
    text: &'t str,
    byte: usize,
    unit: usize,
}

impl<'t> Units<'t> {
    const fn of(text: &'t str) -> Self {
        Self { text, byte: 0, unit: 0 }
    }

    fn span(&mut self, bytes: &Range<usize>) -> Span {
        Span { from: self.at(bytes.start), to: self.at(bytes.end) }
    }

    /// One past the text, where the break of the last line would be, is one unit further.
    fn at(&mut self, byte: usize) -> usize {
        let inside = byte.min(self.text.len());
        self.unit += units(&self.text[self.byte..inside]);
        self.byte = inside;
        self.unit + (byte - inside)
    }
}

/// The length of a text in UTF-16 units: one for each first byte of a char, two where it has four bytes.
fn units(text: &str) -> usize {
    let of = |byte: &u8| usize::from(byte & 0xC0 != 0x80) + usize::from(*byte >= 0xF0);
    text.as_bytes().iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::texts;
    use super::*;

    fn span(from: usize, to: usize) -> Span {
        Span { from, to }
    }

    /// Makes the new text of the old one, by the hunks alone.
    fn applied(old: &str, new: &str, diff: &TextDiff) -> Vec<u16> {
        let [old, new] = [old, new].map(|text| format!("{text}\n").encode_utf16().collect::<Vec<_>>());
        let (mut made, mut at) = (Vec::new(), 0);
        for hunk in &diff.hunks {
            made.extend_from_slice(&old[at..hunk.old.from]);
            made.extend_from_slice(&new[hunk.new.from..hunk.new.to]);
            at = hunk.old.to;
        }
        made.extend_from_slice(&old[at..]);
        made
    }

    #[test]
    fn a4_says_which_lines_changed_and_which_words_of_them() {
        let old = "You are an analyst.\n\nBe specific. If silent, say so.\nAnswer in {{language}}.";
        let new = "You are an analyst.\n\nBe specific. If silent, say so; do not guess.\nKeep it 👍.\nAnswer in {{language}}.";
        let diff = compare(old, new, None);
        assert_eq!((diff.added_lines, diff.removed_lines, diff.is_coarse), (2, 1, false));
        let [hunk] = &diff.hunks[..] else { panic!("one hunk: {diff:?}") };
        assert_eq!((hunk.old, hunk.new), (span(21, 53), span(21, 79)));
        assert_eq!((hunk.old_lines, hunk.new_lines), (span(2, 3), span(2, 4)));
        let gone: Vec<&str> = hunk.words.iter().map(|(gone, _)| &old[21 + gone.from..21 + gone.to]).collect();
        assert_eq!(gone.concat(), "", "nothing is gone, words were put in: {:?}", hunk.words);
        assert_eq!(
            hunk.words.last().map(|(_, new)| new.to),
            Some("Be specific. If silent, say so; do not guess.\nKeep it 👍".encode_utf16().count())
        );
        assert_eq!((diff.old_units, diff.new_units), (old.encode_utf16().count(), new.encode_utf16().count()));
    }

    #[test]
    fn lines_at_either_end_are_lines_like_any_other() {
        for (old, new, hunks) in [
            ("a\nb", "a\nb\nc", &[(2, 2, 2, 3)][..]),
            ("a\nb\nc", "b\nc", &[(0, 1, 0, 0)]),
            ("a", "a\n", &[(1, 1, 1, 2)]),
            ("a\n", "a\nb\n", &[(1, 1, 1, 2)]),
            ("a\nb\nc", "x\nb\ny", &[(0, 1, 0, 1), (2, 3, 2, 3)]),
            ("a\r\nb", "a\nb", &[(0, 1, 0, 1)]),
            ("a", "", &[(0, 1, 0, 1)]),
        ] {
            let found = compare(old, new, None).hunks;
            let found: Vec<_> = (found.iter())
                .map(|Hunk { old_lines, new_lines, .. }| (old_lines.from, old_lines.to, new_lines.from, new_lines.to))
                .collect();
            assert_eq!(found, hunks, "{old:?} to {new:?}");
        }
        let emptied = compare("a", "", None);
        assert_eq!((emptied.added_lines, emptied.removed_lines), (0, 1));
        assert_eq!(compare("", "", None), TextDiff::default());
    }

    #[test]
    fn lines_that_differ_as_a_whole_have_no_words() {
        let diff = compare("Explain your reasoning.\n", "Zitiere, was zählt\n", None);
        assert_eq!(diff.hunks[0].words, []);
    }

    #[test]
    fn json_is_small_and_comes_back() {
        let diff = compare("a b\nc", "a x\nc", None);
        let json = serde_json::to_string(&diff.hunks[0]).expect("plain data");
        assert_eq!(json, r#"{"old":[0,4],"new":[0,4],"old_lines":[0,1],"new_lines":[0,1],"words":[[[2,3],[2,3]]]}"#);
        let whole = serde_json::to_string(&diff).expect("plain data");
        assert_eq!(serde_json::from_str::<TextDiff>(&whole).expect("its own"), diff);
    }

    #[test]
    fn many_hunks_are_joined() {
        let text = |mark: &str| (0..50_000).map(|line| format!("{line}\n{mark}{line}\n")).collect::<String>();
        let (old, new) = (text("old "), text("new "));
        let diff = compare(&old, &new, None);
        assert!(diff.hunks.len() <= HUNKS_MAX && diff.is_coarse);
        assert_eq!((diff.added_lines, diff.removed_lines), (50_000, 50_000));
        assert!(applied(&old, &new, &diff) == format!("{new}\n").encode_utf16().collect::<Vec<_>>());
    }

    #[test]
    fn beyond_the_deadline_the_answer_is_coarse_and_right() {
        #[expect(clippy::disallowed_methods, reason = "a deadline that has passed, whatever the time")]
        let passed = Some(Instant::now());
        std::thread::sleep(Duration::from_millis(1));
        let (old, new) = ("a\nb\nc\nd\ne f g h", "a\nx\nc\ny\ne f g i");
        let diff = compare(old, new, passed);
        assert!(diff.is_coarse);
        assert_eq!(applied(old, new, &diff), format!("{new}\n").encode_utf16().collect::<Vec<_>>());
    }

    /// `cargo test --release -p domain -- --ignored --nocapture figures`
    #[test]
    #[ignore = "it measures: for a release build"]
    #[expect(clippy::disallowed_methods, reason = "what is measured here is real time")]
    fn a4_figures() {
        let line = |n: usize| {
            format!("{n}: The quick {{{{brown}}}} fox number {} jumps over the lazy dog. ", n % 97).repeat(7) + "\n"
        };
        let prose: Vec<String> = (0..22_000).map(line).collect();
        let mut edited = prose.clone();
        for edit in 0..7_000 {
            let at = edit * 3;
            match edit % 3 {
                0 => edited[at] = edited[at].replacen("lazy", "sleeping", 2),
                1 => edited[at] = String::new(),
                _ => edited[at].insert_str(0, "A line that was put in 👍.\n"),
            }
        }
        let words = "The quick brown fox jumps over the lazy dog. ".repeat(10 * 1024 * 1024 / 45);
        let numbers = |step: usize| (0..1_300_000).map(|n| format!("{}\n", n * step)).collect::<String>();
        let noise = |seed: u64| {
            let mut dice = fastrand::Rng::with_seed(seed);
            (0..900_000)
                .map(|_| format!("{} word{}", dice.u32(0..2000), ["\n", " "][dice.usize(0..2)]))
                .collect::<String>()
        };
        let same = words.clone();
        for (name, old, new) in [
            ("22,000 lines, 7,000 edits", prose.concat(), edited.concat()),
            ("the same text", words.clone(), same),
            ("one line, one word", words.clone(), format!("{}cats{}", &words[..5 << 20], &words[(5 << 20) + 4..])),
            ("one line, many words", words.clone(), words.replace("lazy", "sleeping")),
            ("one line without a blank", "x".repeat(10 << 20), "x".repeat(5 << 20) + &"y".repeat(5 << 20)),
            ("nothing in common, 1.3 million lines", numbers(2), numbers(3)),
            ("noise", noise(1), noise(2)),
            ("five million lines", "x\n".repeat(5 << 20), "x\ny\n".repeat(5 << 19)),
        ] {
            let begin = Instant::now();
            let diff = compare(&old, &new, Some(begin + Duration::from_millis(1_000)));
            let took = begin.elapsed();
            let unlimited = {
                let begin = Instant::now();
                _ = compare(&old, &new, None);
                begin.elapsed()
            };
            println!(
                "{name}: {} and {} bytes, {} hunks, +{} -{}, coarse {}, {took:?}; without deadline {unlimited:?}; {} bytes of JSON",
                old.len(),
                new.len(),
                diff.hunks.len(),
                diff.added_lines,
                diff.removed_lines,
                diff.is_coarse,
                serde_json::to_string(&diff).map_or(0, |json| json.len()),
            );
            assert!(took < Duration::from_secs(3), "{name}");
        }
    }

    proptest! {
        #[test]
        fn a4_the_hunks_make_the_new_text_of_the_old((old, new) in texts::edited()) {
            let diff = compare(&old, &new, None);
            prop_assert_eq!(applied(&old, &new, &diff), format!("{new}\n").encode_utf16().collect::<Vec<_>>());
            let (mut old_at, mut new_at) = (0, 0);
            for Hunk { old: old_span, new: new_span, old_lines, new_lines, words } in &diff.hunks {
                prop_assert!(old_span.from >= old_at && new_span.from >= new_at);
                prop_assert!(old_at == 0 || old_span.from > old_at && new_span.from > new_at, "hunks do not touch");
                (old_at, new_at) = (old_span.to, new_span.to);
                for (text, span, lines) in [(&old, old_span, old_lines), (&new, new_span, new_lines)] {
                    let units: Vec<u16> = format!("{text}\n").encode_utf16().collect();
                    let here = String::from_utf16(&units[span.from..span.to]).expect("no half chars");
                    prop_assert_eq!(here.matches('\n').count(), lines.len());
                    prop_assert!(here.is_empty() || here.ends_with('\n'));
                    prop_assert_eq!(units[..span.from].iter().filter(|unit| **unit == 10).count(), lines.from);
                }
                // The words make the new lines of the old ones, too.
                let cut = |text: &str, span: &Span| -> Vec<u16> { format!("{text}\n").encode_utf16().skip(span.from).take(span.len()).collect() };
                let (olds, news) = (cut(&old, old_span), cut(&new, new_span));
                if !words.is_empty() {
                    let (mut made, mut at) = (Vec::new(), 0);
                    for (gone, added) in words {
                        prop_assert!(gone.from >= at);
                        made.extend_from_slice(&olds[at..gone.from]);
                        made.extend_from_slice(&news[added.from..added.to]);
                        at = gone.to;
                    }
                    made.extend_from_slice(&olds[at..]);
                    prop_assert_eq!(made, news);
                }
            }
        }

        #[test]
        fn units_are_counted_as_an_editor_counts_them(text in texts::text()) {
            prop_assert_eq!(units(&text), text.encode_utf16().count());
        }
    }
}
