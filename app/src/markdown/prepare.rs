//! Takes out of a text, before Markdown is parsed, what Markdown must not touch or must never see.
//!
//! Mathematics and bare addresses are replaced by *slots*, so that `_` or `*` in them mean nothing. Raw HTML,
//! link reference definitions and single tildes are disarmed by swapping one character. All of it is put back
//! when text is written, in code too: whatever goes wrong here can hide nothing and lose nothing. The
//! characters used are Unicode's noncharacters U+FDD0.., which exist for such purposes; where a text brings
//! its own, they become U+FFFD.

use super::heal;
use super::line;
use super::url;

const SLOT: char = '\u{FDD0}';
const SLOT_END: char = '\u{FDD1}';
const COLON: char = '\u{FDD2}';
const LESS: char = '\u{FDD3}';
const TILDE: char = '\u{FDD4}';

/// Longest formula. Beyond it lies text with a stray dollar sign.
const MATH_MAX: usize = 4000;

/// Text that is ready for the parser, and what was taken out of it.
#[derive(Debug, Default)]
pub(super) struct Prepared<'a> {
    pub text: String,
    pub slots: Vec<Slot<'a>>,
    /// It ends inside a formula or an address.
    pub dangling: bool,
}

/// Something taken out, with its source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot<'a> {
    pub source: &'a str,
    pub is: Is<'a>,
}

/// What a slot holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Is<'a> {
    Math {
        tex: &'a str,
        display: bool,
    },
    Address,
    /// Unfinished: shown as it stands.
    Plain,
}

/// A part of written text: itself, or a slot.
pub(super) enum Part<'a, 'b> {
    Text(&'b str),
    Slot(Slot<'a>),
}

impl<'a> Prepared<'a> {
    /// Prepares `source` and appends it. `live`: more of it may come.
    pub fn add(&mut self, source: &'a str, live: bool) {
        Reader { source, at: 0, live, no_run: 0, no_math: [0; 3], into: self }.read();
    }

    /// Splits text from the parser into what it was.
    pub fn parts<'b>(&self, text: &'b str, mut each: impl FnMut(Part<'a, 'b>)) {
        let mut rest = text;
        while let Some(at) = rest.find(['\u{FDD0}', '\u{FDD1}', '\u{FDD2}', '\u{FDD3}', '\u{FDD4}']) {
            each(Part::Text(&rest[..at]));
            let mark = rest[at..].chars().next().unwrap_or(SLOT_END);
            rest = &rest[at + mark.len_utf8()..];
            match mark {
                COLON => each(Part::Text(":")),
                LESS => each(Part::Text("<")),
                TILDE => each(Part::Text("~")),
                _ => {
                    let slot = rest.split_once(SLOT_END).filter(|_| mark == SLOT).and_then(|(index, after)| {
                        let slot = self.slots.get(index.parse::<usize>().ok()?)?;
                        Some((slot, after))
                    });
                    match slot {
                        Some((slot, after)) => {
                            each(Part::Slot(*slot));
                            rest = after;
                        }
                        // A noncharacter written as an entity.
                        None => each(Part::Text("\u{FFFD}")),
                    }
                }
            }
        }
        each(Part::Text(rest));
    }

    /// The source of text from the parser.
    pub fn restore(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        self.parts(text, |part| match part {
            Part::Text(text) => out.push_str(text),
            Part::Slot(slot) => out.push_str(slot.source),
        });
        out
    }
}

/// A quote's line without its mark; a line without mark as it is.
pub(super) fn unquote(text: &str) -> &str {
    let (columns, at) = line::indent(text);
    match text[at..].strip_prefix('>') {
        Some(rest) if columns < 4 => rest.strip_prefix(' ').unwrap_or(rest),
        _ => text,
    }
}

/// True if nothing in the text is open, so that what follows cannot change how it reads.
pub(super) fn is_calm(source: &str) -> bool {
    let mut prepared = Prepared::default();
    prepared.add(source, true);
    let backslash = source.trim_end_matches('\n').ends_with('\\');
    !prepared.dangling && !backslash && heal::is_calm(&prepared.text)
}

struct Reader<'a, 'p> {
    source: &'a str,
    at: usize,
    live: bool,
    /// Bit n: no run of n backticks comes any more.
    no_run: u64,
    /// Up to where a closer of `$$`, `\)`, `\]` was looked for in vain.
    no_math: [usize; 3],
    into: &'p mut Prepared<'a>,
}

impl<'a> Reader<'a, '_> {
    fn read(&mut self) {
        let bytes = self.source.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            let rest = &self.source[self.at..];
            let before = bytes[..self.at].last().copied();
            match byte {
                b'\\' => self.backslash(rest),
                b'`' => self.code(rest),
                b'$' => self.dollar(rest, before),
                b'<' if !keeps_angle(rest, &bytes[..self.at]) => self.swap(LESS),
                b':' if before == Some(b']') => self.swap(COLON),
                b'~' => {
                    let run = line::run(rest, b'~');
                    if run == 1 { self.swap(TILDE) } else { self.copy(run) }
                }
                b'h' | b'H' => self.address(rest, before),
                b'\r' => self.at += 1,
                0xEF if rest.starts_with(|c| ('\u{FDD0}'..='\u{FDEF}').contains(&c)) => {
                    self.into.text.push('\u{FFFD}');
                    self.at += 3;
                }
                _ => self.copy(1 + rest.bytes().skip(1).take_while(|byte| is_plain(*byte)).count()),
            }
        }
    }

    /// Copies `len` bytes, but never half a character.
    fn copy(&mut self, len: usize) {
        let end = (self.at + len).min(self.source.len());
        let end = self.source.ceil_char_boundary(end);
        self.into.text.push_str(&self.source[self.at..end]);
        self.at = end;
    }

    fn swap(&mut self, mark: char) {
        self.into.text.push(mark);
        self.at += 1;
    }

    fn slot(&mut self, len: usize, is: Is<'a>) {
        let source = &self.source[self.at..self.at + len];
        let index = self.into.slots.len().to_string();
        self.into.text.extend([SLOT]);
        self.into.text.push_str(&index);
        self.into.text.push(SLOT_END);
        self.into.slots.push(Slot { source, is });
        self.at += len;
    }

    fn backslash(&mut self, rest: &'a str) {
        match rest.as_bytes().get(1) {
            Some(b'(') => self.math(rest, "\\)", 1, false),
            Some(b'[') => self.math(rest, "\\]", 2, true),
            // What is escaped begins nothing; a carriage return or an address after it is looked at all the same.
            Some(b'\r' | b':' | b'h' | b'H') => self.copy(1),
            Some(byte) if byte.is_ascii() => self.copy(2),
            _ => self.copy(1),
        }
    }

    /// A code span is copied as it is, so that a dollar sign in it begins nothing.
    fn code(&mut self, rest: &str) {
        let run = line::run(rest, b'`');
        let bit = 1_u64.checked_shl(u32::try_from(run).unwrap_or(64)).unwrap_or(0);
        let mut at = run;
        if bit != 0 && self.no_run & bit == 0 {
            while let Some(next) = rest[at..].find('`') {
                let len = line::run(&rest[at + next..], b'`');
                if len == run {
                    let (span, end) = (self.at + run, self.at + at + next);
                    self.copy(run);
                    self.disarm(span, end);
                    self.at = end;
                    self.copy(run);
                    return;
                }
                at += next + len;
            }
            self.no_run |= bit;
        }
        self.copy(run);
    }

    /// Copies what looks like code. Whether it is decides the parser, so it is disarmed like all the rest.
    fn disarm(&mut self, from: usize, to: usize) {
        let mut last = '`';
        let mut tildes = 0;
        let text = &self.source[from..to];
        for (at, c) in text.char_indices() {
            tildes = if c == '~' { tildes + 1 } else { 0 };
            let lone = tildes == 1 && !text[at + 1..].starts_with('~');
            match c {
                '\r' => continue,
                '<' => self.into.text.push(LESS),
                ':' if last == ']' => self.into.text.push(COLON),
                '~' if lone => self.into.text.push(TILDE),
                '\u{FDD0}'..='\u{FDEF}' => self.into.text.push('\u{FFFD}'),
                c => self.into.text.push(c),
            }
            last = c;
        }
    }

    fn dollar(&mut self, rest: &'a str, before: Option<u8>) {
        if rest.starts_with("$$") {
            return self.math(rest, "$$", 0, true);
        }
        match inline(rest, before) {
            Some(end) => self.slot(end + 1, Is::Math { tex: &rest[1..end], display: false }),
            None => self.copy(1),
        }
    }

    /// `$$…$$`, `\(…\)` or `\[…\]`, within a paragraph.
    fn math(&mut self, rest: &'a str, close: &str, kind: usize, display: bool) {
        if self.no_math[kind] > self.at {
            return self.copy(2);
        }
        let limit = rest.floor_char_boundary(MATH_MAX);
        let limit = rest[..limit].find("\n\n").unwrap_or(limit);
        let found = rest[2..limit.max(2)].find(close);
        match found.map(|len| rest[2..2 + len].trim()) {
            Some("") => self.copy(2),
            Some(tex) => self.slot(found.unwrap_or(0) + 4, Is::Math { tex, display }),
            None if self.live && limit == rest.len() => {
                self.into.dangling = true;
                self.slot(rest.len(), Is::Plain);
            }
            None => {
                self.no_math[kind] = self.at + limit;
                self.copy(2);
            }
        }
    }

    fn address(&mut self, rest: &'a str, before: Option<u8>) {
        let bytes = self.source.as_bytes();
        let inside = before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'<')
            || before == Some(b'(') && self.at >= 2 && bytes[self.at - 2] == b']';
        match url::bare(rest).filter(|_| !inside) {
            Some(len) if self.live && rest[len..].trim_end_matches(['.', ',', '?', '!', ':', '/']).is_empty() => {
                self.into.dangling = true;
                self.slot(len, Is::Plain);
            }
            Some(len) => self.slot(len, Is::Address),
            None => self.copy(1),
        }
    }
}

/// True for `<` before an address, or where a link's destination begins; elsewhere it is a character.
fn keeps_angle(rest: &str, before: &[u8]) -> bool {
    before.ends_with(b"](")
        || ["<http://", "<https://", "<mailto:"]
            .iter()
            .any(|head| rest.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head)))
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii() && !matches!(byte, b'\\' | b'`' | b'$' | b'<' | b':' | b'~' | b'h' | b'H' | b'\r' | b']')
}

/// Where a `$` that closes the one at the start of `rest` stands.
///
/// Money is not mathematics: no space inside the dollars, no letter or digit outside them, all on one line,
/// and what begins with a digit must have a sign of TeX in it or no space.
fn inline(rest: &str, before: Option<u8>) -> Option<usize> {
    let bytes = rest.as_bytes();
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'$') {
        return None;
    }
    let mut at = 1;
    let end = loop {
        match bytes.get(at)? {
            b'\n' | b'`' => return None,
            _ if at > MATH_MAX / 4 => return None,
            b'\\' => at += 2,
            b'$' => break at,
            _ => at += 1,
        }
    };
    let tex = rest.get(1..end)?;
    let spaced = tex.is_empty() || tex.starts_with([' ', '\t']) || tex.ends_with([' ', '\t']);
    let glued = bytes.get(end + 1).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'$');
    let money = tex.starts_with(|c: char| c.is_ascii_digit())
        && tex.contains(' ')
        && !tex.contains(['\\', '^', '_', '{', '=', '+', '*', '<', '>']);
    (!spaced && !glued && !money).then_some(end)
}
