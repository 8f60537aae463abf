//! A value as a language writes it, over as many lines as it needs.

use super::json::{Json, Text, Unit};

/// Longest line that several values share, in characters.
const WIDTH: usize = 96;
/// Shortest text with line breaks that is written over several lines, in bytes.
const BLOCK_BYTES_MIN: usize = 40;

/// Whose literals are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Json,
    Python,
    /// TypeScript, as JavaScript reads it, too.
    Script,
}

impl Dialect {
    /// How many blanks a line stands further in than the one that it belongs to.
    const fn step(self) -> usize {
        if matches!(self, Self::Python) { 4 } else { 2 }
    }

    /// Writes a value whose first line stands `indent` blanks in.
    pub fn value(self, out: &mut String, json: &Json<'_>, indent: usize) {
        match json {
            Json::Word(word) => out.push_str(self.word(word)),
            Json::Text(text) => self.text(out, text),
            Json::List(list) => self.nested(out, json, ["[", "]"], indent, list.iter().map(|value| (None, value))),
            Json::Object(fields) => {
                self.nested(out, json, ["{", "}"], indent, fields.iter().map(|(name, value)| (Some(name), value)));
            }
        }
    }

    fn nested<'j>(
        self,
        out: &mut String,
        json: &Json<'_>,
        [open, close]: [&str; 2],
        indent: usize,
        values: impl ExactSizeIterator<Item = (Option<&'j Text<'j>>, &'j Json<'j>)>,
    ) {
        let length = out.len();
        if self.flat(out, json, WIDTH.saturating_sub(indent)).is_some() {
            return;
        }
        out.truncate(length);
        let (inner, count) = (indent + self.step(), values.len());
        out.push_str(open);
        for (n, (name, value)) in values.enumerate() {
            line(out, inner);
            if let Some(name) = name {
                self.name(out, name);
            }
            self.value(out, value, inner);
            if n + 1 < count || self != Self::Json {
                out.push(',');
            }
        }
        line(out, indent);
        out.push_str(close);
    }

    /// Writes a value on the line that has begun; none where it takes more than `room`.
    fn flat(self, out: &mut String, json: &Json<'_>, room: usize) -> Option<()> {
        let start = out.len();
        let left = |out: &String| room.checked_sub(out.len() - start);
        match json {
            Json::Word(word) => out.push_str(self.word(word)),
            Json::Text(text) if text.as_escaped().len() > room || self.is_block(text) => return None,
            Json::Text(text) => self.text(out, text),
            Json::List(list) => {
                out.push('[');
                for (n, value) in list.iter().enumerate() {
                    out.push_str(if n == 0 { "" } else { ", " });
                    self.flat(out, value, left(out)?)?;
                }
                out.push(']');
            }
            Json::Object(fields) if fields.is_empty() => out.push_str("{}"),
            Json::Object(fields) => {
                let blank = if self == Self::Script { " " } else { "" };
                out.push('{');
                for (n, (name, value)) in fields.iter().enumerate() {
                    out.push_str(if n == 0 { blank } else { ", " });
                    left(out)?.checked_sub(name.as_escaped().len())?;
                    self.name(out, name);
                    self.flat(out, value, left(out)?)?;
                }
                out.push_str(blank);
                out.push('}');
            }
        }
        left(out).map(drop)
    }

    fn word(self, word: &str) -> &str {
        match (self, word) {
            (Self::Python, "true") => "True",
            (Self::Python, "false") => "False",
            (Self::Python, "null") => "None",
            // There it is a whole number, and those have no such zero.
            (Self::Python, "-0") => "-0.0",
            _ => word,
        }
    }

    /// Writes a field's name, and what stands between it and the value.
    pub fn name(self, out: &mut String, name: &Text<'_>) {
        let plain = name.as_escaped();
        match self {
            // Written like any other it would be the object's prototype.
            Self::Script if plain == "__proto__" => out.push_str("[\"__proto__\"]"),
            Self::Script if is_identifier(plain) => out.push_str(plain),
            _ => self.quoted(out, name),
        }
        out.push_str(": ");
    }

    fn text(self, out: &mut String, text: &Text<'_>) {
        if self.is_block(text) { self.block(out, text) } else { self.quoted(out, text) }
    }

    /// Whether a text is written over several lines, as it reads.
    fn is_block(self, text: &Text<'_>) -> bool {
        let escaped = text.as_escaped();
        let units = || text.units().map(|unit| unit == Unit::Char('\n'));
        self != Self::Json
            && escaped.len() >= BLOCK_BYTES_MIN
            && escaped.contains("\\n")
            && units().position(|breaks| breaks).is_some_and(|first| first + 1 < units().count())
    }

    /// JSON's escapes, which Python and TypeScript have, too.
    fn quoted(self, out: &mut String, text: &Text<'_>) {
        out.push('"');
        for unit in text.units() {
            match unit {
                Unit::Char('"') => out.push_str("\\\""),
                Unit::Char('\n') => out.push_str("\\n"),
                unit => put(out, unit),
            }
        }
        out.push('"');
    }

    fn block(self, out: &mut String, text: &Text<'_>) {
        let quote = if self == Self::Python { "\"\"\"" } else { "`" };
        out.push_str(quote);
        let mut units = text.units().peekable();
        let mut before = None;
        while let Some(unit) = units.next() {
            let after = units.peek();
            match unit {
                Unit::Char('\n') => out.push('\n'),
                // Editors take blanks away from the ends of lines.
                Unit::Char(' ') if after.is_none_or(|after| *after == Unit::Char('\n')) => out.push_str("\\u0020"),
                Unit::Char('"') if self == Self::Python && (before == Some(unit) || after.is_none()) => {
                    out.push_str("\\\"");
                }
                Unit::Char('`') if self == Self::Script => out.push_str("\\`"),
                Unit::Char('$') if self == Self::Script && after == Some(&Unit::Char('{')) => out.push_str("\\$"),
                unit => put(out, unit),
            }
            before = Some(unit);
        }
        out.push_str(quote);
    }
}

fn put(out: &mut String, unit: Unit) {
    match unit {
        Unit::Char('\\') => out.push_str("\\\\"),
        Unit::Char('\r') => out.push_str("\\r"),
        Unit::Char('\t') => out.push_str("\\t"),
        Unit::Char(c) if is_hidden(c) => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        Unit::Char(c) => out.push(c),
        Unit::Lone(half) => out.push_str(&format!("\\u{half:04x}")),
    }
}

/// Characters that are not seen, and that turn lines round or end them: compilers refuse some, terminals and editors
/// lose others. None is above `U+FFFF`.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Begins a line that stands `indent` blanks in.
pub(super) fn line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(dialect: Dialect, json: &str) -> String {
        let mut out = String::new();
        dialect.value(&mut out, &Json::parse(json, 100, 1_000).expect("JSON"), 0);
        out
    }

    #[test]
    fn each_has_its_own_words() {
        let json = r#"{"a-b": [true, false, null, -0], "c": {"__proto__": "\"x\""}}"#;
        assert_eq!(written(Dialect::Json, json), json);
        assert_eq!(
            written(Dialect::Python, json),
            r#"{"a-b": [True, False, None, -0.0], "c": {"__proto__": "\"x\""}}"#
        );
        assert_eq!(
            written(Dialect::Script, json),
            r#"{ "a-b": [true, false, null, -0], c: { ["__proto__"]: "\"x\"" } }"#
        );
        assert_eq!(written(Dialect::Script, "[{}, []]"), "[{}, []]");
    }

    #[test]
    fn what_is_long_takes_several_lines() {
        let long = "x".repeat(60);
        let json = format!(r#"[{{"a": "{long}"}}, "{long}"]"#);
        assert_eq!(written(Dialect::Json, &json), format!("[\n  {{\"a\": \"{long}\"}},\n  \"{long}\"\n]"));
        assert_eq!(written(Dialect::Python, &json), format!("[\n    {{\"a\": \"{long}\"}},\n    \"{long}\",\n]"));
    }

    #[test]
    fn a_text_of_several_lines_stays_one() {
        let json = r#""\"Say\" \"\"\"no\"\"\" to \\ and `${x}` \u202e. \n\nThe\tend, \"he\r\n said\"""#;
        assert_eq!(
            written(Dialect::Python, json),
            "\"\"\"\"Say\" \"\\\"\\\"no\"\\\"\\\" to \\\\ and `${x}` \\u202e.\\u0020\n\nThe\\tend, \"he\\r\n said\\\"\"\"\""
        );
        assert_eq!(
            written(Dialect::Script, json),
            "`\"Say\" \"\"\"no\"\"\" to \\\\ and \\`\\${x}\\` \\u202e.\\u0020\n\nThe\\tend, \"he\\r\n said\"`"
        );
        assert!(!written(Dialect::Json, json).contains('\n'));
        let short = r#""one line of more than forty characters, and its end\n""#;
        assert_eq!(written(Dialect::Python, short), short);
    }
}
