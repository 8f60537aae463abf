//! A text as Python or JavaScript writes it.

use domain::ApiError;

use super::literal::Literals;
use super::scan::{Tongue, name_at, string_end, template_end};
use crate::code::json::Writing;

/// Reads one text, the letters before its quote included, onto what has been read of it; false where it is none for a
/// model.
///
/// # Errors
/// Where it has no end, or holes that the program fills.
pub(super) fn read(reader: &mut Literals<'_, '_>, out: &mut Writing) -> Result<bool, ApiError> {
    let prefix = name_at(reader.rest()).to_ascii_lowercase();
    if prefix.contains('b') {
        return Ok(false);
    }
    let start = reader.at + prefix.len();
    let quote = reader.text.as_bytes()[start];
    let width = if reader.text[start..].starts_with(["\"\"\"", "'''"][usize::from(quote == b'\'')])
        && reader.tongue == Tongue::Python
    {
        3
    } else {
        1
    };
    let (end, is_whole) = match (quote, reader.tongue) {
        (b'`', Tongue::Script) => {
            let end = template_end(reader.text, start);
            (end, end > start + 1 && reader.text.as_bytes()[end - 1] == b'`')
        }
        (b'`', Tongue::Python) => return Ok(false),
        _ => string_end(reader.text, start, reader.tongue),
    };
    if !is_whole || end < start + 2 * width {
        return Err(reader.flaw("a text has no end"));
    }
    let inner = &reader.text[start + width..end - width];
    let has_holes = match (quote, reader.tongue) {
        (b'`', _) => holes(inner),
        (_, Tongue::Python) => prefix.contains(['f', 't']) && inner.contains(['{', '}']),
        (_, Tongue::Script) => false,
    };
    if has_holes {
        let kind = if quote == b'`' { "a template" } else { "an f-string" };
        return Err(reader.flaw(&format!("a text is {kind} that the program puts values into")).hint(HOLES));
    }
    if prefix.contains('r') {
        each_line(inner, |c| out.char(c));
    } else {
        escapes(inner, reader.tongue, out).map_err(|what| reader.flaw(what))?;
    }
    reader.at = end;
    Ok(true)
}

const HOLES: &str = "Write each of them as `{{name}}`, in a text without the mark.";

/// Whether code stands in a template.
fn holes(inner: &str) -> bool {
    let bytes = inner.as_bytes();
    let mut at = 0;
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            [b'\\', _] => at += 1,
            b"${" => return true,
            _ => {}
        }
        at += 1;
    }
    false
}

/// Every end of a line is one character to both languages.
fn each_line(inner: &str, mut put: impl FnMut(char)) {
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\r' {
            chars.next_if_eq(&'\n');
            put('\n');
        } else {
            put(c);
        }
    }
}

fn escapes(inner: &str, tongue: Tongue, out: &mut Writing) -> Result<(), &'static str> {
    let mut rest = inner;
    while let Some(place) = rest.find('\\') {
        each_line(&rest[..place], |c| out.char(c));
        rest = &rest[place + 1..];
        let Some(c) = rest.chars().next() else { return Err("an escape has no end") };
        rest = &rest[c.len_utf8()..];
        match c {
            'b' => out.char('\u{8}'),
            'f' => out.char('\u{c}'),
            'n' => out.char('\n'),
            'r' => out.char('\r'),
            't' => out.char('\t'),
            'v' => out.char('\u{b}'),
            'a' if tongue == Tongue::Python => out.char('\u{7}'),
            // A line that goes on.
            '\r' => rest = rest.strip_prefix('\n').unwrap_or(rest),
            '\n' => {}
            '\u{2028}' | '\u{2029}' if tongue == Tongue::Script => {}
            'x' => out.code(digits(&mut rest, 16, 2..=2)?),
            'u' if tongue == Tongue::Script && rest.starts_with('{') => {
                rest = &rest[1..];
                out.code(digits(&mut rest, 16, 1..=6)?);
                rest = rest.strip_prefix('}').ok_or("an escape is badly written")?;
            }
            'u' => out.code(digits(&mut rest, 16, 4..=4)?),
            'U' if tongue == Tongue::Python => out.code(digits(&mut rest, 16, 8..=8)?),
            'N' if tongue == Tongue::Python => {
                return Err("a character is written by its name, which is not known here");
            }
            '0'..='7' if tongue == Tongue::Python => {
                rest = &inner[inner.len() - rest.len() - 1..];
                out.code(digits(&mut rest, 8, 1..=3)?);
            }
            '0' => out.char('\0'),
            '\\' | '\'' | '"' => out.char(c),
            // Python leaves what it does not know as it is, JavaScript leaves the backslash out.
            c => {
                if tongue == Tongue::Python {
                    out.char('\\');
                }
                out.char(c);
            }
        }
    }
    each_line(rest, |c| out.char(c));
    Ok(())
}

fn digits(rest: &mut &str, base: u32, count: std::ops::RangeInclusive<usize>) -> Result<u32, &'static str> {
    let found = rest.chars().take(*count.end()).take_while(|c| c.is_digit(base)).count();
    let (digits, after) = rest.split_at(found);
    *rest = after;
    let code = u32::from_str_radix(digits, base).ok().filter(|code| *code <= 0x0010_ffff);
    code.filter(|_| count.contains(&found)).ok_or("an escape is badly written")
}
