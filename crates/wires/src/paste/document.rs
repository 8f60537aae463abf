//! Documents that stand in a command: what the shell still does to them.

use super::shell::Word;

/// Whether the shell puts a value in where this follows a `$`.
pub(super) const fn begins_value(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'{' | b'(')
}

/// A document in which the shell still puts values in.
pub(super) fn unquoted(text: &str) -> Word {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut is_expanded) = (text, false);
    while let Some(place) = rest.find(['\\', '$', '`']) {
        out.push_str(&rest[..place]);
        let after = &rest[place + 1..];
        match (rest.as_bytes()[place], after.bytes().next()) {
            (b'\\', Some(b'\n')) => rest = &after[1..],
            (b'\\', Some(b'\\' | b'$' | b'`')) => {
                out.push_str(&after[..1]);
                rest = &after[1..];
            }
            (mark, next) => {
                is_expanded |= mark == b'`' || mark == b'$' && next.is_some_and(begins_value);
                out.push(char::from(mark));
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Word { text: out, is_expanded }
}

/// `$(cat <<'END' … )`: the document, and how long all of it is.
pub(super) fn repeated(rest: &str) -> Option<(&str, usize)> {
    let after = rest.strip_prefix("$(")?.trim_start().strip_prefix("cat")?.trim_start().strip_prefix("<<")?;
    let after = after.strip_prefix('-').unwrap_or(after).trim_start_matches(' ');
    let (line, body) = after.split_once('\n')?;
    let end = line.trim_end();
    let end = ['\'', '"'].into_iter().find_map(|quote| end.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(end);
    let mut length = 0;
    for line in body.split_inclusive('\n') {
        if line.trim() == end {
            let after = &body[length + line.len()..];
            let closing = after.trim_start();
            return closing.starts_with(')').then(|| (body[..length].trim_end(), rest.len() - closing.len() + 1));
        }
        length += line.len();
    }
    None
}
