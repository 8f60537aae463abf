//! JSON as it is written: numbers keep their digits, and texts keep what no `String` can hold.

mod reader;

use std::borrow::Cow;
use std::str::Chars;

pub(crate) use reader::number_length;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    /// A number, `true`, `false` or `null`, to the byte.
    Word(Cow<'a, str>),
    /// A text.
    Text(Text<'a>),
    /// A list.
    List(Vec<Self>),
    /// An object, its fields in their order.
    Object(Vec<(Text<'a>, Self)>),
}

/// A text with the escapes of JSON, and with none that it does not need: equal texts are equal byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Text<'a>(Cow<'a, str>);

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Char(char),
    /// Half of a surrogate pair without the other half: JSON can say it, UTF-8 cannot.
    Lone(u16),
}

/// What makes a text no JSON, and at which byte.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub at: usize,
    pub why: &'static str,
}

impl<'a> Text<'a> {
    /// A text as people write it.
    pub fn of(text: &str) -> Text<'static> {
        let mut out = Writing::default();
        text.chars().for_each(|c| out.char(c));
        out.finish()
    }

    /// A text that has its escapes already.
    pub fn escaped(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// The same text, on its own.
    pub fn into_owned(self) -> Text<'static> {
        Text(Cow::Owned(self.0.into_owned()))
    }

    /// The text with its escapes, without the quotes.
    pub fn as_escaped(&self) -> &str {
        &self.0
    }

    /// Whether it is this word, which needs no escape.
    pub fn is(&self, word: &str) -> bool {
        self.0 == word
    }

    /// Its pieces, without escapes.
    pub fn units(&self) -> Units<'_> {
        Units(self.0.chars())
    }

    /// The text as it reads; none with half a surrogate pair in it.
    pub fn plain(&self) -> Option<String> {
        self.units()
            .map(|unit| match unit {
                Unit::Char(c) => Some(c),
                Unit::Lone(_) => None,
            })
            .collect()
    }
}

/// The pieces of a [`Text`].
pub(crate) struct Units<'a>(Chars<'a>);

impl Iterator for Units<'_> {
    type Item = Unit;

    fn next(&mut self) -> Option<Unit> {
        let c = self.0.next()?;
        if c != '\\' {
            return Some(Unit::Char(c));
        }
        let escaped = self.0.next()?;
        Some(Unit::Char(match escaped {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let code = (&mut self.0).take(4).fold(0, |code, digit| code * 16 + digit.to_digit(16).unwrap_or(0));
                match char::from_u32(code) {
                    Some(c) => c,
                    None => return Some(Unit::Lone(u16::try_from(code).unwrap_or_default())),
                }
            }
            other => other,
        }))
    }
}

/// A text that is being written. Halves of a surrogate pair that meet become one character.
#[derive(Debug, Default)]
pub(crate) struct Writing {
    out: String,
    high: Option<u16>,
}

impl Writing {
    pub fn char(&mut self, c: char) {
        self.flush();
        match c {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            '\u{8}' => self.out.push_str("\\b"),
            '\u{c}' => self.out.push_str("\\f"),
            c if c < ' ' => self.out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => self.out.push(c),
        }
    }

    /// A number of Unicode, or of UTF-16; nothing past its end.
    pub fn code(&mut self, code: u32) {
        match (self.high, code) {
            (_, 0xd800..=0xdbff) => {
                self.flush();
                self.high = u16::try_from(code).ok();
            }
            (Some(high), 0xdc00..=0xdfff) => {
                self.high = None;
                let joined = 0x10000 + ((u32::from(high) - 0xd800) << 10) + (code - 0xdc00);
                self.char(char::from_u32(joined).expect("a pair is a character"));
            }
            (None, 0xdc00..=0xdfff) => self.lone(code),
            (_, code) => {
                if let Some(c) = char::from_u32(code) {
                    self.char(c);
                }
            }
        }
    }

    fn flush(&mut self) {
        if let Some(high) = self.high.take() {
            self.lone(high.into());
        }
    }

    fn lone(&mut self, half: u32) {
        self.out.push_str(&format!("\\u{half:04x}"));
    }

    pub fn finish(mut self) -> Text<'static> {
        self.flush();
        Text(Cow::Owned(self.out))
    }
}

impl<'a> Json<'a> {
    /// Reads a JSON text, nested at most `depth_max` deep and with at most `values_max` values in it.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: &'a str, depth_max: usize, values_max: usize) -> Result<Self, Flaw> {
        reader::read(text, depth_max, values_max)
    }

    /// The same value, on its own.
    pub fn into_owned(self) -> Json<'static> {
        match self {
            Self::Word(word) => Json::Word(word.into_owned().into()),
            Self::Text(text) => Json::Text(text.into_owned()),
            Self::List(list) => Json::List(list.into_iter().map(Json::into_owned).collect()),
            Self::Object(fields) => {
                Json::Object(fields.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
            }
        }
    }

    /// The value on one line, without blanks.
    pub fn compact(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Word(word) => out.push_str(word),
            Self::Text(text) => quote(out, text),
            Self::List(list) => {
                for (n, value) in list.iter().enumerate() {
                    out.push(if n == 0 { '[' } else { ',' });
                    value.write(out);
                }
                out.push_str(if list.is_empty() { "[]" } else { "]" });
            }
            Self::Object(fields) => {
                for (n, (name, value)) in fields.iter().enumerate() {
                    out.push(if n == 0 { '{' } else { ',' });
                    quote(out, name);
                    out.push(':');
                    value.write(out);
                }
                out.push_str(if fields.is_empty() { "{}" } else { "}" });
            }
        }
    }
}

fn quote(out: &mut String, text: &Text<'_>) {
    out.push('"');
    out.push_str(text.as_escaped());
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn parse(text: &str) -> Result<Json<'_>, Flaw> {
        Json::parse(text, 100, 1_000)
    }

    #[test]
    fn what_is_read_is_written_again() {
        for (text, want) in [
            (
                r#" { "a" : [ 1.0 , -0, 1E+5, 12345678901234567890123 ] , "b" : null } "#,
                r#"{"a":[1.0,-0,1E+5,12345678901234567890123],"b":null}"#,
            ),
            (r#""\u00e9\/\u0041\"\\ \u0007\b""#, r#""é/A\"\\ \u0007\b""#),
            (r#""\ud83d\ude00 \ud83d \ude00\ud83d""#, "\"\u{1f600} \\ud83d \\ude00\\ud83d\""),
            ("[[],{}]", "[[],{}]"),
            ("\"\u{2028}\u{1f600}\"", "\"\u{2028}\u{1f600}\""),
        ] {
            assert_eq!(parse(text).map(|json| json.compact()).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        for (text, at) in [
            ("", 0),
            ("{\"a\":1", 6),
            ("[1,]", 3),
            ("[1 2]", 3),
            ("{a:1}", 1),
            ("01", 0),
            ("1.", 0),
            ("[\"\n\"]", 2),
            (r#""\x""#, 1),
            (r#""\u12""#, 1),
            ("{} {}", 3),
            ("nul", 0),
        ] {
            assert_eq!(parse(text).expect_err(text).at, at, "{text}");
        }
        let many = Json::parse("[1,2,3]", 9, 3);
        assert_eq!(many, Err(Flaw { at: 5, why: "it has too many values" }));
        let deep = "[".repeat(101);
        assert_eq!(parse(&deep), Err(Flaw { at: 100, why: "it is nested too deeply" }));
    }

    #[test]
    fn a_text_reads_as_it_was_written() {
        let text = "a\"b\\c\n\u{7f}\u{1f600}\u{0}";
        assert_eq!(Text::of(text).plain().as_deref(), Some(text));
        assert_eq!(
            parse(r#""\ud800""#).map(|json| matches!(json, Json::Text(text) if text.plain().is_none())),
            Ok(true)
        );
    }

    proptest! {
        #[test]
        fn it_agrees_with_serde(text in r#"[\[\]{},:"\\ 0-9.eE+\-untrflasd/é\n]{0,24}"#) {
            let theirs = serde_json::from_str::<Box<serde_json::value::RawValue>>(&text);
            let ours = parse(&text);
            prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?}", ours);
        }

        #[test]
        fn it_means_what_serde_reads(text in "\\PC{0,40}", more in any::<Vec<char>>()) {
            let more: String = more.into_iter().collect();
            let value = serde_json::json!({"a": [text, more], "b": {"c": 1.5}});
            let written = value.to_string();
            let ours = parse(&written).expect("JSON").compact();
            prop_assert_eq!(&ours, &written);
            prop_assert_eq!(serde_json::from_str::<Value>(&ours).expect("JSON"), value);
        }
    }
}
