//! Texts of others in Markdown: none of them can end what it stands in.

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

/// Shortest fence.
const FENCE: usize = 3;

/// A text on one line of its own words: nothing in it means anything.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '-' | '.' | '!' | '|' | '~'
            | '>' | '"' | '\'' | '$' | '^' | '=' | ':' => {
                out.push('\\');
                out.push(letter);
            }
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out.trim().to_owned()
}

/// Text of several lines, quoted.
pub fn quote(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let _ = writeln!(out, "> {}  ", plain(line));
    }
    out.push('\n');
    out
}

/// A name of programs on one line.
pub fn code(text: &str) -> String {
    let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if text.trim().is_empty() {
        return String::new();
    }
    let ticks = "`".repeat(longest(&text) + 1);
    // In a table a bar would end the cell, also here.
    let text = text.replace('|', "\\|");
    if text.starts_with('`') || text.ends_with('`') {
        format!("{ticks} {text} {ticks}")
    } else {
        format!("{ticks}{text}{ticks}")
    }
}

/// Text to the letter, in a fence that is longer than any in it.
pub fn fence(kind: &str, text: &str) -> String {
    let fence = "`".repeat((longest(text) + 1).max(FENCE));
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{kind}\n{text}{end}{fence}\n\n")
}

/// The longest row of backticks.
fn longest(text: &str) -> usize {
    let (mut longest, mut here) = (0, 0);
    for byte in text.bytes() {
        here = if byte == b'`' { here + 1 } else { 0 };
        longest = longest.max(here);
    }
    longest
}

/// A time, in UTC.
pub fn time(micros: i64) -> String {
    let since = Duration::from_micros(u64::try_from(micros).unwrap_or_default());
    humantime::format_rfc3339_seconds(UNIX_EPOCH + since).to_string()
}

/// Names and values, side by side.
#[derive(Default)]
pub struct Table(String);

impl Table {
    /// Adds a row; the value is Markdown.
    pub fn row(&mut self, name: &str, value: String) {
        let _ = writeln!(self.0, "| {name} | {value} |");
    }

    /// Adds a row with several values, where there are any.
    pub fn list(&mut self, name: &str, values: impl Iterator<Item = String>) {
        let values: Vec<_> = values.collect();
        if !values.is_empty() {
            self.row(name, values.join(", "));
        }
    }

    /// The table.
    pub fn finish(self) -> String {
        format!("|  |  |\n|---|---|\n{}\n", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_fence() {
        assert_eq!(fence("text", "a"), "```text\na\n```\n\n");
        assert_eq!(fence("text", ""), "```text\n```\n\n");
        let sly = "```\n# not a heading\n`````\r~~~";
        let fenced = fence("text", sly);
        assert!(fenced.starts_with("``````text\n") && fenced.ends_with("\n``````\n\n"), "{fenced}");
        assert_eq!(fenced.matches("``````").count(), 2);
    }

    #[test]
    fn names_are_plain_text_on_one_line() {
        assert_eq!(plain("a|b\n# <b>*x*</b>"), "a\\|b \\# &lt;b\\>\\*x\\*&lt;/b\\>");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("|"), "`\\|`");
        assert_eq!(quote("a\n> b"), "> a  \n> \\> b  \n\n");
        assert_eq!(time(1_000_000), "1970-01-01T00:00:01Z");
    }
}
