//! `{{name}}`: a hole in a text, filled with a value that is not scanned again.
//!
//! A name is a letter or `_`, then letters, digits, `_`, `-` or `.`; blanks around it are allowed.
//! `\{{` is a literal `{{`. Braces around anything else are plain text.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::error::{ApiError, Code};
use crate::limits::{INLINE_BODY_BYTES_MAX, VARIABLE_NAME_BYTES_MAX};

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Stands for itself.
    Text(&'a str),
    /// `\{{`, which stands for `{{`.
    Escape,
    /// `{{name}}`.
    Variable(&'a str),
}

/// Splits a text into its pieces, each with its place in bytes.
pub fn scan(text: &str) -> impl Iterator<Item = (Range<usize>, Piece<'_>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        let rest = &text[start..];
        if rest.is_empty() {
            return None;
        }
        if let Some((piece, length)) = special(rest) {
            at += length;
            return Some((start..at, piece));
        }
        let length = memchr::memchr2_iter(b'{', b'\\', rest.as_bytes())
            .find(|place| *place > 0 && special(&rest[*place..]).is_some())
            .unwrap_or(rest.len());
        at += length;
        Some((start..at, Piece::Text(&rest[..length])))
    })
}

fn special(rest: &str) -> Option<(Piece<'_>, usize)> {
    if rest.starts_with("\\{{") {
        return Some((Piece::Escape, 3));
    }
    let inner = rest.strip_prefix("{{")?;
    // A name is short: looking no further keeps a text full of open braces linear.
    let window_end = floor_char_boundary(inner, VARIABLE_NAME_BYTES_MAX + 32);
    let end = inner[..window_end].find("}}")?;
    let name = inner[..end].trim_matches([' ', '\t']);
    is_name(name).then_some((Piece::Variable(name), 2 + end + 2))
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn is_name(name: &str) -> bool {
    name.len() <= VARIABLE_NAME_BYTES_MAX
        && name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// The variables of a text, in the order of their first use.
#[must_use]
pub fn variables(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for (_, piece) in scan(text) {
        if let Piece::Variable(name) = piece
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// Fills every variable of a text, within `room` bytes, and takes from it what it uses: a value that stands in a
/// text a thousand times is a thousand times as long.
///
/// # Errors
/// `unfilled_variable` for the first one that has no value; `body_too_large` past the room.
pub fn render(text: &str, inputs: &BTreeMap<String, String>, room: &mut usize) -> Result<String, ApiError> {
    let mut out = String::new();
    for (_, piece) in scan(text) {
        let text = match piece {
            Piece::Text(text) => text,
            Piece::Escape => "{{",
            Piece::Variable(name) => inputs.get(name).ok_or_else(|| unfilled(name))?,
        };
        *room = room.checked_sub(text.len()).ok_or_else(too_long)?;
        out.push_str(text);
    }
    Ok(out)
}

/// The text in which nothing is a variable, and which [`render`] turns into `text`: texts from clients that know of no
/// templates.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut done = 0;
    for (place, piece) in scan(text) {
        if !matches!(piece, Piece::Text(_)) {
            out.push_str(&text[done..place.start]);
            out.push('\\');
            done = place.start;
        }
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// What [`escape`] was given; a text with variables in it stays as it is.
#[must_use]
pub fn unescape(text: &str) -> String {
    render(text, &BTreeMap::new(), &mut text.len().max(1)).unwrap_or_else(|_| text.to_owned())
}

fn too_long() -> ApiError {
    let megabytes = INLINE_BODY_BYTES_MAX / 1024 / 1024;
    ApiError::new(
        Code::BodyTooLarge,
        format!("With its variables filled in, the prompt is longer than {megabytes} MiB. Nothing was sent."),
    )
    .hint("Use the long value less often, or shorten it.")
}

fn unfilled(name: &str) -> ApiError {
    ApiError::new(Code::UnfilledVariable, format!("The variable `{{{{{name}}}}}` has no value. Nothing was sent."))
        .hint(format!("Give `inputs.{name}` a value, or write `\\{{{{` for literal braces."))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled(text: &str) -> Result<String, ApiError> {
        let inputs = [("topic", "rivers"), ("x", "{{topic}}")];
        render(text, &inputs.map(|(name, value)| (name.to_owned(), value.to_owned())).into(), &mut 1_000)
    }

    #[test]
    fn a_value_that_is_used_often_meets_a_limit() {
        let inputs = BTreeMap::from([("x".to_owned(), "y".repeat(100))]);
        let error = render(&"{{x}}".repeat(11), &inputs, &mut 1_000).expect_err("1,100 bytes");
        assert_eq!(error.code, Code::BodyTooLarge);
    }

    #[test]
    fn a1_fills_variables_and_scans_values_no_further() {
        for (text, want) in [
            ("About {{topic}}.", "About rivers."),
            ("{{ topic }}{{x}}", "rivers{{topic}}"),
            (r"\{{topic}} {{topic}}", "{{topic}} rivers"),
            ("{{}} {{ }} {{1a}} {{a b}} {topic} {{{topic}}}", "{{}} {{ }} {{1a}} {{a b}} {topic} {{{topic}}}"),
            ("open {{", "open {{"),
            ("\\", "\\"),
        ] {
            // `{{{topic}}}` is a brace, then a name that begins with a brace: text, then a variable.
            let want = want.replace("{{{topic}}}", "{rivers}");
            assert_eq!(filled(text).as_deref(), Ok(want.as_str()), "{text}");
        }
    }

    #[test]
    fn a_variable_without_a_value_is_named() {
        let error = filled("Write about {{river}}").expect_err("no value");
        assert_eq!(error.code, Code::UnfilledVariable);
        assert!(error.message.contains("{{river}}"));
        assert_eq!(variables("{{b}} {{a}} {{b}}"), ["b", "a"]);
    }

    /// Two million texts of braces, backslashes, names and other characters.
    #[test]
    fn millions_of_random_texts_are_scanned_and_put_together_again() {
        const TEXTS: usize = 2_000_000;
        const PIECES: [&str; 14] =
            ["{", "}", "{{", "}}", "\\", "{{a", "b}}", "_", "1", ".", " ", "\t", "é", "\u{1f600}"];
        let mut random = fastrand::Rng::with_seed(4);
        let mut text = String::new();
        let mut variables_seen = 0;
        for _ in 0..TEXTS {
            text.clear();
            for _ in 0..random.usize(..16) {
                text.push_str(PIECES[random.usize(..PIECES.len())]);
            }
            let mut at = 0;
            for (range, piece) in scan(&text) {
                assert!(range.start == at && range.end > at, "{text:?}");
                let source = &text[range.clone()];
                match piece {
                    Piece::Text(part) => assert_eq!(part, source),
                    Piece::Escape => assert_eq!(source, "\\{{"),
                    Piece::Variable(name) => {
                        variables_seen += 1;
                        let inner = source.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
                        assert_eq!(inner.map(|inner| inner.trim_matches([' ', '\t'])), Some(name), "{text:?}");
                        assert!(is_name(name), "{text:?}");
                    }
                }
                at = range.end;
            }
            assert_eq!(at, text.len(), "{text:?}");
            let escaped = escape(&text);
            let again = render(&escaped, &BTreeMap::new(), &mut 1_000);
            assert_eq!(again.as_deref(), Ok(&*text), "{escaped:?}");
            assert_eq!(unescape(&escaped), text);
        }
        assert!(variables_seen > TEXTS / 20, "only {variables_seen} variables: the texts are too dull");
    }

    proptest! {
        #[test]
        fn pieces_cover_the_text(text in r"([{}\\a-c é ]|\{\{a\}\}|\\\{\{){0,40}") {
            let mut at = 0;
            for (range, piece) in scan(&text) {
                prop_assert_eq!(range.start, at);
                prop_assert!(range.end > at);
                if let Piece::Text(part) = piece {
                    prop_assert_eq!(part, &text[range.clone()]);
                    prop_assert!(!part.contains("\\{{"));
                }
                at = range.end;
            }
            prop_assert_eq!(at, text.len());
        }
    }
}
