//! The two ways in which text becomes HTML: as an attribute's value and as ink on the page.

use super::invisible::{self, Watch};

/// Appends text with everything escaped that means something in text or in a quoted attribute.
///
/// The only escape there is. Carriage returns go, since HTML would turn them into line feeds, and NUL, which
/// no parser of HTML keeps, becomes U+FFFD.
pub(super) fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        escape_char(out, c);
    }
}

fn escape_char(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        '\r' => {}
        '\0' => out.push('\u{FFFD}'),
        c => out.push(c),
    }
}

/// Writes text and keeps an eye on what one does not see.
#[derive(Clone, Debug, Default)]
pub(super) struct Ink {
    reveal: bool,
    balance: bool,
    watch: Watch,
    /// Closers of the bidi controls that are open.
    open: Vec<char>,
    pub invisible: u32,
}

impl Ink {
    /// `reveal`: invisible characters get a sign. `balance`: bidi controls are closed by [`Ink::rest`].
    pub fn new(reveal: bool, balance: bool) -> Ink {
        Ink { reveal, balance, ..Ink::default() }
    }

    pub fn write(&mut self, out: &mut String, text: &str) {
        for c in text.chars() {
            if self.watch.sees(c) {
                self.invisible += 1;
                if self.reveal {
                    invisible::sign(out, c);
                    continue;
                }
                if self.balance {
                    self.follow(c);
                }
            }
            escape_char(out, c);
        }
    }

    fn follow(&mut self, c: char) {
        match c {
            '\u{202A}' | '\u{202B}' | '\u{202D}' | '\u{202E}' => self.open.push('\u{202C}'),
            '\u{2066}'..='\u{2068}' => self.open.push('\u{2069}'),
            '\u{202C}' if self.open.last() == Some(&c) => drop(self.open.pop()),
            // A closed isolate closes the embeddings inside it (UAX #9, X6a).
            '\u{2069}' => {
                if let Some(at) = self.open.iter().rposition(|open| *open == c) {
                    self.open.truncate(at);
                }
            }
            _ => {}
        }
    }

    /// Closes the bidi controls that are open, so that they end with the text they stand in.
    pub fn rest(&mut self, out: &mut String) {
        if self.balance {
            out.extend(self.open.drain(..).rev());
        }
        self.open.clear();
    }
}
