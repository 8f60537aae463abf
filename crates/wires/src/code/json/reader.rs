//! JSON as it is read: what is no JSON is refused with its place.

use super::{Flaw, Json, Text, Writing};

/// Reads a JSON text.
///
/// # Errors
/// Where it is none.
pub(super) fn read(text: &str, depth_max: usize, values_max: usize) -> Result<Json<'_>, Flaw> {
    let mut reader = JsonReader { text, at: 0, depth_left: depth_max, values_left: values_max };
    let value = reader.value()?;
    reader.blank();
    if reader.at < text.len() { Err(reader.flaw("something follows after its end")) } else { Ok(value) }
}

struct JsonReader<'a> {
    text: &'a str,
    at: usize,
    depth_left: usize,
    values_left: usize,
}

impl<'a> JsonReader<'a> {
    fn flaw(&self, why: &'static str) -> Flaw {
        Flaw { at: self.at, why }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn takes(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn value(&mut self) -> Result<Json<'a>, Flaw> {
        self.blank();
        self.values_left = self.values_left.checked_sub(1).ok_or_else(|| self.flaw("it has too many values"))?;
        match self.peek() {
            None => Err(self.flaw("it ends in the middle")),
            Some(b'"') => self.string().map(Json::Text),
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::list),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => {
                let rest = &self.text[self.at..];
                let word = ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word));
                let word = word.ok_or_else(|| self.flaw("no value begins like this"))?;
                self.at += word.len();
                Ok(Json::Word(word.into()))
            }
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Json<'a>, Flaw>) -> Result<Json<'a>, Flaw> {
        self.depth_left = self.depth_left.checked_sub(1).ok_or_else(|| self.flaw("it is nested too deeply"))?;
        self.at += 1;
        self.blank();
        let value = read(self);
        self.depth_left += 1;
        value
    }

    fn list(&mut self) -> Result<Json<'a>, Flaw> {
        let mut list = Vec::new();
        if self.takes(b']') {
            return Ok(Json::List(list));
        }
        loop {
            list.push(self.value()?);
            if self.ends(b']')? {
                return Ok(Json::List(list));
            }
        }
    }

    fn object(&mut self) -> Result<Json<'a>, Flaw> {
        let mut fields = Vec::new();
        if self.takes(b'}') {
            return Ok(Json::Object(fields));
        }
        loop {
            self.blank();
            if self.peek() != Some(b'"') {
                return Err(self.flaw(if self.peek().is_none() {
                    "it ends in the middle"
                } else {
                    "a field has no name"
                }));
            }
            let name = self.string()?;
            self.blank();
            if !self.takes(b':') {
                return Err(self.flaw("a field has no value"));
            }
            fields.push((name, self.value()?));
            if self.ends(b'}')? {
                return Ok(Json::Object(fields));
            }
        }
    }

    /// Whether a list or an object ends here; otherwise a comma stands here.
    fn ends(&mut self, end: u8) -> Result<bool, Flaw> {
        self.blank();
        if self.takes(end) {
            return Ok(true);
        }
        if self.takes(b',') {
            return Ok(false);
        }
        Err(self.flaw(if self.peek().is_none() { "it ends in the middle" } else { "a comma is missing" }))
    }

    fn number(&mut self) -> Result<Json<'a>, Flaw> {
        let length = number_length(&self.text[self.at..]).ok_or_else(|| self.flaw("a number is badly written"))?;
        let word = &self.text[self.at..self.at + length];
        self.at += length;
        Ok(Json::Word(word.into()))
    }

    fn string(&mut self) -> Result<Text<'a>, Flaw> {
        self.at += 1;
        let rest = &self.text[self.at..];
        let plain = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\') || byte < b' ').unwrap_or(rest.len());
        if rest.as_bytes().get(plain) == Some(&b'"') {
            self.at += plain + 1;
            return Ok(Text::escaped(&rest[..plain]));
        }
        let mut out = Writing::default();
        loop {
            let rest = &self.text[self.at..];
            let c = rest.chars().next().ok_or_else(|| self.flaw("it ends in the middle"))?;
            match c {
                '"' => {
                    self.at += 1;
                    return Ok(out.finish());
                }
                '\\' => self.escape(&mut out)?,
                c if c < ' ' => return Err(self.flaw("a text has a line break or another control character in it")),
                c => {
                    self.at += c.len_utf8();
                    out.char(c);
                }
            }
        }
    }

    fn escape(&mut self, out: &mut Writing) -> Result<(), Flaw> {
        let rest = &self.text[self.at + 1..];
        let c = match rest.chars().next() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let digits = rest.get(1..5).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
                let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                out.code(code.ok_or_else(|| self.flaw("an escape is badly written"))?);
                self.at += 6;
                return Ok(());
            }
            None => return Err(self.flaw("it ends in the middle")),
            Some(_) => return Err(self.flaw("an escape is badly written")),
        };
        out.char(c);
        self.at += 2;
        Ok(())
    }
}

/// How long the number is that a text begins with, in bytes; none where it is not as JSON has it.
pub(crate) fn number_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || whole > 1 && bytes[at] == b'0' {
        return None;
    }
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        at += (fraction > 0).then_some(1 + fraction)?;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        at += (exponent > 0).then_some(1 + sign + exponent)?;
    }
    Some(at)
}
