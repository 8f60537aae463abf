//! Line ends. A field of a browser shows each as one LF and forgets what stood there; here that is put back.
//!
//! A draft holds its texts to the byte, and every field that shows one keeps what it was given ([`restore`]): so what
//! is sent, kept and saved has the line ends that the text came with.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;

/// How often what lies between two lines that stand once in both texts is searched for further ones. Beyond, its lines
/// are taken by their places: a text may be made so that each search finds one line only.
const SEARCHES_MAX: u8 = 12;

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Lf,
    CrLf,
    Cr,
}

impl End {
    const ALL: [Self; 3] = [Self::Lf, Self::CrLf, Self::Cr];

    const fn text(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Lf => "LF",
            Self::CrLf => "CR LF",
            Self::Cr => "CR",
        }
    }
}

/// Returns the text as a field shows it: every line end is one LF.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(text) }
}

/// Makes of what a field shows by now the text that it stands for, given the one that it was filled with.
///
/// A line that is still there keeps its own end, a changed one that of the line in its place, a new one the end that
/// most lines have. What the field shows of the result is what it shows now, always.
#[must_use]
pub fn restore(original: &str, edited: &str) -> String {
    if !original.contains('\r') || edited.contains('\r') {
        return edited.to_owned();
    }
    let ends = ends(original);
    let usual = most_frequent(&ends);
    if ends.iter().all(|end| *end == usual) {
        return edited.replace('\n', usual.text());
    }
    let (before, now) = (shown(original), edited.split('\n').collect::<Vec<_>>());
    if before == edited {
        return original.to_owned();
    }
    let sources = sources(&before.split('\n').collect::<Vec<_>>(), &now);
    let mut text = String::with_capacity(original.len().max(edited.len()));
    for (place, (line, source)) in now.iter().zip(sources).enumerate() {
        text.push_str(line);
        if place + 1 == now.len() {
            break;
        }
        match source.and_then(|source| ends.get(source)).copied().unwrap_or(usual) {
            // With the CR before it, it would be one line end, and an empty line would be gone.
            End::Lf if text.ends_with('\r') => text.push_str(End::CrLf.text()),
            end => text.push_str(end.text()),
        }
    }
    text
}

/// Says in what the line ends of two texts differ; nothing where they are alike.
#[must_use]
pub fn said(old: &str, new: &str) -> Option<String> {
    if !old.contains('\r') && !new.contains('\r') {
        return None;
    }
    let (was, now) = (kind(old), kind(new));
    let alone = old != new && shown(old) == shown(new);
    match (was, now) {
        (Some(was), Some(now)) if was != now => {
            let what = if alone { "only the line ends differ" } else { "other line ends" };
            Some(format!("{what}: {was} on the left, {now} on the right"))
        }
        _ => alone.then(|| "only the line ends differ".to_owned()),
    }
}

/// What the ends of a text are called; nothing where it has one line.
fn kind(text: &str) -> Option<&'static str> {
    let ends = ends(text);
    let first = ends.first()?;
    Some(if ends.iter().all(|end| end == first) { first.name() } else { "mixed" })
}

/// The end of every line but the last, which has none.
fn ends(text: &str) -> Vec<End> {
    let bytes = text.as_bytes();
    let end = |(at, byte): (usize, &u8)| match byte {
        b'\n' if at > 0 && bytes[at - 1] == b'\r' => None,
        b'\n' => Some(End::Lf),
        b'\r' if bytes.get(at + 1) == Some(&b'\n') => Some(End::CrLf),
        b'\r' => Some(End::Cr),
        _ => None,
    };
    bytes.iter().enumerate().filter_map(end).collect()
}

/// The end that most lines have; of two, the one that comes first.
fn most_frequent(ends: &[End]) -> End {
    let rank = |of: &End| {
        let count = ends.iter().filter(|end| *end == of).count();
        let first = ends.iter().position(|end| end == of).unwrap_or(usize::MAX);
        (count, Reverse(first))
    };
    End::ALL.into_iter().max_by_key(rank).unwrap_or(End::Lf)
}

/// The old line that each new line was: the same where it is still there, else the one in its place.
fn sources(olds: &[&str], news: &[&str]) -> Vec<Option<usize>> {
    let mut sources = vec![None; news.len()];
    let mut gaps = vec![(0..olds.len(), 0..news.len(), SEARCHES_MAX)];
    while let Some((mut old, mut new, searches)) = gaps.pop() {
        while !old.is_empty() && !new.is_empty() && olds[old.start] == news[new.start] {
            sources[new.start] = Some(old.start);
            (old.start, new.start) = (old.start + 1, new.start + 1);
        }
        while !old.is_empty() && !new.is_empty() && olds[old.end - 1] == news[new.end - 1] {
            (old.end, new.end) = (old.end - 1, new.end - 1);
            sources[new.end] = Some(old.end);
        }
        let found = if searches == 0 { Vec::new() } else { anchors(olds, &old, news, &new) };
        if found.is_empty() {
            old.zip(new).for_each(|(old, new)| sources[new] = Some(old));
            continue;
        }
        // Each gap begins with the line that was found: it is taken as the first thing that both begin with.
        let starts = std::iter::once((old.start, new.start)).chain(found.iter().copied());
        let ends = found.iter().copied().chain([(old.end, new.end)]);
        gaps.extend(starts.zip(ends).map(|(from, to)| (from.0..to.0, from.1..to.1, searches - 1)));
    }
    sources
}

/// Lines that stand once in both stretches, as many as stand there in one order.
fn anchors(olds: &[&str], old: &Range<usize>, news: &[&str], new: &Range<usize>) -> Vec<(usize, usize)> {
    let (in_old, in_new) = (places(olds, old), places(news, new));
    let pair = |place: usize| {
        let line = news[place];
        in_new.get(line).copied().flatten()?;
        Some((in_old.get(line).copied().flatten()?, place))
    };
    rising(&new.clone().filter_map(pair).collect::<Vec<_>>())
}

/// Where each line stands; nothing, where it stands more than once.
fn places<'t>(lines: &[&'t str], range: &Range<usize>) -> HashMap<&'t str, Option<usize>> {
    let mut places = HashMap::new();
    for place in range.clone() {
        places.entry(lines[place]).and_modify(|place| *place = None).or_insert(Some(place));
    }
    places
}

/// The longest row of pairs, taken in their order, whose first places rise.
fn rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // For every length, which pair ends the row of that length that ends lowest.
    let mut lowest = Vec::<usize>::new();
    let mut before = vec![None; pairs.len()];
    for (at, (old, _)) in pairs.iter().enumerate() {
        let length = lowest.partition_point(|end| pairs[*end].0 < *old);
        before[at] = length.checked_sub(1).map(|shorter| lowest[shorter]);
        if length == lowest.len() {
            lowest.push(at);
        } else {
            lowest[length] = at;
        }
    }
    let row = std::iter::successors(lowest.last().copied(), |at| before[*at]);
    let mut row: Vec<_> = row.map(|at| pairs[at]).collect();
    row.reverse();
    row
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "a",
            "b",
            "",
            "\n",
            "\r\n",
            "\r",
            "\n\r",
            "{{x}}",
            "\u{2028}",
            "\u{2029}",
            "\u{0}",
            "\u{85}",
            "\u{feff}",
            "👩‍👩‍👧",
        ])
    }

    fn text() -> impl Strategy<Value = String> {
        prop::collection::vec(piece(), 0..40).prop_map(|pieces| pieces.concat())
    }

    /// Lines that are all different, each with an end of its own.
    fn numbered() -> impl Strategy<Value = Vec<(String, &'static str)>> {
        let end = prop::sample::select(vec!["\n", "\r\n", "\r"]);
        prop::collection::vec(end, 2..30).prop_map(|ends| {
            ends.into_iter().enumerate().map(|(number, end)| (format!("line {number}"), end)).collect()
        })
    }

    fn whole(lines: &[(String, &str)]) -> String {
        lines.iter().map(|(line, end)| format!("{line}{end}")).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a4_what_nobody_edits_is_the_same_to_the_byte(text in text()) {
            prop_assert_eq!(restore(&text, &shown(&text)), text);
        }

        #[test]
        fn a4_a_field_shows_of_the_result_what_was_typed(original in text(), edited in text()) {
            let edited = shown(&edited).into_owned();
            prop_assert_eq!(shown(&restore(&original, &edited)).into_owned(), edited);
        }

        #[test]
        fn a4_where_all_lines_end_alike_new_ones_do_too(
            lines in prop::collection::vec("[a-c]{0,2}", 2..20),
            edited in text(),
            end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        ) {
            let edited = shown(&edited).into_owned();
            prop_assert_eq!(restore(&lines.join(end), &edited), edited.replace('\n', end));
        }

        #[test]
        fn a4_a_change_in_a_line_leaves_every_line_end_as_it_was(lines in numbered(), at in any::<prop::sample::Index>()) {
            let mut after = lines.clone();
            at.get_mut(&mut after).0.push_str(" and more");
            prop_assert_eq!(restore(&whole(&lines), &shown(&whole(&after))), whole(&after));
        }

        #[test]
        fn a4_lines_that_come_and_go_leave_the_others_as_they_were(
            lines in numbered(),
            gone in any::<prop::sample::Index>(),
            put in any::<prop::sample::Index>(),
        ) {
            let mut after = lines.clone();
            after.remove(gone.index(lines.len()));
            after.insert(put.index(after.len() + 1), ("a new one".to_owned(), "\n"));
            let made = restore(&whole(&lines), &shown(&whole(&after)));
            let made_ends = ends(&made);
            for (place, (line, end)) in after.iter().enumerate().filter(|(_, (line, _))| line.starts_with("line")) {
                prop_assert_eq!(made_ends[place].text(), *end, "{} of {:?}", line, made);
            }
        }
    }

    #[test]
    fn a_new_line_ends_as_most_do() {
        assert_eq!(restore("a\r\nb\r\nc\nd", "a\nb\nnew\nc\nd"), "a\r\nb\r\nnew\r\nc\nd");
        assert_eq!(restore("a\rb\nc", "a\nb\nc\nmore"), "a\rb\nc\rmore");
        assert_eq!(restore("no end\r", ""), "");
    }

    #[test]
    fn a_cr_never_takes_the_lf_of_the_next_line() {
        assert_eq!(restore("a\rb\nc", "a\n\nc"), "a\r\r\nc");
        assert_eq!(shown("a\r\r\nc"), "a\n\nc");
    }

    #[test]
    fn a4_many_mixed_lines_are_found_again() {
        let line = |number: usize| format!("{number}{}", ["\n", "\r\n", "\r"][number % 3]);
        let original: String = (0..200_000).map(line).collect();
        let edited = format!("first\n{}last", shown(&original)).replace("\n777\n", "\nchanged\n");
        let expected = format!("first\n{original}last").replace("\r777\n", "\rchanged\n");
        assert!(restore(&original, &edited) == expected);
        let turned: Vec<&str> = edited.split('\n').rev().collect();
        assert_eq!(shown(&restore(&original, &turned.join("\n"))), turned.join("\n"));
    }

    #[test]
    fn a4_what_differs_in_line_ends_is_said() {
        let said = |old, new| said(old, new).unwrap_or_default();
        assert_eq!(said("a\r\nb", "a\nb"), "only the line ends differ: CR LF on the left, LF on the right");
        assert_eq!(said("a\rb\n", "a\nb\r"), "only the line ends differ");
        assert_eq!(said("a\r\nb", "a\nc"), "other line ends: CR LF on the left, LF on the right");
        assert_eq!(said("a\nb\r\n", "a\r\nc\r\n"), "other line ends: mixed on the left, CR LF on the right");
        for (old, new) in [("a", "a\r\nb"), ("a\r\nb", "a\r\nc"), ("a\n", "b\n"), ("", "")] {
            assert_eq!(said(old, new), "");
        }
    }
}
