//! Two versions of a text as rows of a table: what is there before the page is live, and where it never is.

use domain::diff::{Hunk, TextDiff};

/// Unchanged lines around a change.
const AROUND: usize = 3;
/// Most rows; what differs further down is told by its number.
const ROWS_MAX: usize = 160;
/// Longest line, in characters.
const LINE_CHARS_MAX: usize = 2_000;

/// One side of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// Its text in pieces, each with whether it differs from the other side's.
    pub pieces: Vec<(bool, String)>,
    /// Whether the line is in one of the texts only.
    pub changed: bool,
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiffRow {
    /// The old line and the new one.
    Lines(Option<Line>, Option<Line>),
    /// So many lines in a row that are the same in both.
    Fold(usize),
    /// So many changes that are not in the table.
    More(usize),
}

/// The first rows of what differs.
#[must_use]
pub fn rows(old: &str, new: &str, diff: &TextDiff) -> Vec<DiffRow> {
    let (olds, news): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    let mut rows = Vec::new();
    let (mut old_at, mut new_at) = (0, 0);
    for (place, hunk) in diff.hunks.iter().enumerate() {
        same(&olds, old_at, new_at, hunk.old_lines.from - old_at, place == 0, false, &mut rows);
        if rows.len() >= ROWS_MAX {
            rows.push(DiffRow::More(diff.hunks.len() - place));
            return rows;
        }
        changed(&olds, &news, hunk, &mut rows);
        (old_at, new_at) = (hunk.old_lines.to, hunk.new_lines.to);
    }
    same(&olds, old_at, new_at, olds.len().saturating_sub(old_at), diff.hunks.is_empty(), true, &mut rows);
    rows
}

/// Lines that are the same, those away from a change folded. `first` and `last` say that no change stands on that side.
fn same(lines: &[&str], old_at: usize, new_at: usize, count: usize, first: bool, last: bool, rows: &mut Vec<DiffRow>) {
    let above = if first { 0 } else { AROUND };
    let below = if last { 0 } else { AROUND };
    // A fold of one line takes as much room as the line.
    let folded = if count > above + below + 1 { count - above - below } else { 0 };
    for n in 0..count {
        if folded > 0 && n == above {
            rows.push(DiffRow::Fold(folded));
        }
        if folded > 0 && (above..above + folded).contains(&n) {
            continue;
        }
        let line =
            |number: usize| Some(Line { number: number + 1, pieces: pieces(lines[old_at + n], &[]), changed: false });
        rows.push(DiffRow::Lines(line(old_at + n), line(new_at + n)));
    }
}

fn changed(olds: &[&str], news: &[&str], hunk: &Hunk, rows: &mut Vec<DiffRow>) {
    let gone = hunk.words.iter().map(|(gone, _)| (gone.from, gone.to)).collect::<Vec<_>>();
    let added = hunk.words.iter().map(|(_, added)| (added.from, added.to)).collect::<Vec<_>>();
    let mut left = side(olds, hunk.old_lines.from, hunk.old_lines.to, &gone).into_iter();
    let mut right = side(news, hunk.new_lines.from, hunk.new_lines.to, &added).into_iter();
    loop {
        match (left.next(), right.next()) {
            (None, None) => break,
            (old, new) => rows.push(DiffRow::Lines(old, new)),
        }
        if rows.len() > ROWS_MAX {
            break;
        }
    }
}

/// The lines of one side of a hunk, their words marked. `words` are UTF-16 units from the start of the hunk.
fn side(lines: &[&str], from: usize, to: usize, words: &[(usize, usize)]) -> Vec<Line> {
    let mut at = 0;
    let mut made = Vec::new();
    let here = lines.iter().enumerate().take(to).skip(from).take(ROWS_MAX);
    for (number, line) in here {
        let units: usize = line.chars().map(char::len_utf16).sum();
        let here: Vec<(usize, usize)> = words
            .iter()
            .filter(|(start, end)| *start < at + units && *end > at)
            .map(|(start, end)| (start.saturating_sub(at), (end - at).min(units)))
            .collect();
        made.push(Line { number: number + 1, pieces: pieces(line, &here), changed: true });
        at += units + 1;
    }
    made
}

/// A line in pieces; `words` are UTF-16 units of the line, in order.
fn pieces(line: &str, words: &[(usize, usize)]) -> Vec<(bool, String)> {
    let mut pieces: Vec<(bool, String)> = Vec::new();
    let (mut unit, units) = (0, line.chars().map(char::len_utf16).sum::<usize>());
    for (count, char) in line.chars().enumerate() {
        if count == LINE_CHARS_MAX {
            pieces.push((false, "…".into()));
            break;
        }
        let marked = words.iter().any(|(start, end)| (*start..*end).contains(&unit));
        unit += char.len_utf16();
        // At the end of a line it says something only where it differs.
        if char == '\r' && !marked && unit == units {
            break;
        }
        match pieces.last_mut() {
            Some((same, text)) if *same == marked => text.push(seen(char)),
            _ => pieces.push((marked, seen(char).to_string())),
        }
    }
    pieces
}

/// A control character by its picture: HTML has no way to write some, and none can be seen.
fn seen(char: char) -> char {
    match char {
        '\t' => char,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(char)).unwrap_or(char),
        '\u{7f}' => '\u{2421}',
        _ => char,
    }
}

#[cfg(test)]
mod tests {
    use domain::diff::compare;

    use super::*;

    fn shown(old: &str, new: &str) -> Vec<String> {
        let side = |line: Option<Line>| match line {
            None => "-".to_owned(),
            Some(line) => {
                let text: String = line
                    .pieces
                    .iter()
                    .map(|(marked, text)| if *marked { format!("[{text}]") } else { text.clone() })
                    .collect();
                format!("{}:{text}", line.number)
            }
        };
        rows(old, new, &compare(old, new, None))
            .into_iter()
            .map(|row| match row {
                DiffRow::Lines(old, new) => format!("{} | {}", side(old), side(new)),
                DiffRow::Fold(count) => format!("~{count}"),
                DiffRow::More(count) => format!("+{count}"),
            })
            .collect()
    }

    #[test]
    fn a4_lines_stand_beside_each_other_with_their_words() {
        let found = shown("one\ntwo cats\nthree", "one\ntwo dogs\nand more\nthree");
        assert_eq!(found, ["1:one | 1:one", "2:two [cats] | 2:two [dogs]", "- | 3:[and more]", "3:three | 4:three"]);
    }

    #[test]
    fn a4_unchanged_lines_are_folded() {
        let text = |middle: &str| {
            let before: Vec<String> = (1..=20).map(|n| format!("a{n}")).collect();
            let after: Vec<String> = (1..=20).map(|n| format!("b{n}")).collect();
            format!("{}\n{middle}\n{}", before.join("\n"), after.join("\n"))
        };
        let found = shown(&text("x"), &text("y"));
        assert_eq!(found[0], "~17");
        assert_eq!((found.len(), found[8].as_str()), (9, "~17"));
    }

    #[test]
    fn a4_many_changes_are_counted_where_the_table_ends() {
        let text = |mark: &str| (0..2_000).map(|n| format!("{mark}{n}\nsame")).collect::<Vec<_>>().join("\n");
        let found = shown(&text("a"), &text("b"));
        assert!(found.len() < ROWS_MAX + 10);
        assert!(found.last().is_some_and(|row| row.starts_with('+')), "{:?}", found.last());
    }

    #[test]
    fn a4_control_characters_are_seen_and_line_ends_where_they_differ() {
        assert_eq!(shown("a\r\nb\r\nc", "a\r\nx\r\nc"), ["1:a | 1:a", "2:[b] | 2:[x]", "3:c | 3:c"]);
        assert_eq!(shown("a b c\r\nd", "a b c\nd"), ["1:a b c[␍] | 1:a b c", "2:d | 2:d"]);
        assert_eq!(shown("a\0b\rc d", "a\0b\rc e"), ["1:a␀b␍c [d] | 1:a␀b␍c [e]"]);
    }

    #[test]
    fn a4_signs_of_two_units_are_marked_as_a_whole() {
        let found = shown("say 👍 now", "say 👎 now");
        assert_eq!(found, ["1:say [👍] now | 1:say [👎] now"]);
    }
}
