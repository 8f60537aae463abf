//! Literals of Python and JavaScript as JSON, and of what is none its reason.

use std::collections::HashMap;

use domain::ApiError;
use domain::fields::{invalid, quoted};

use super::left::Left;
use super::scan::{Token, Tokens, Tongue, comment_end, line_of, name_at};
use super::{DEPTH_MAX, VALUES_MAX, method, why};
use crate::code::json::{Json, Text, Writing};

/// Most bytes that are read of a program's values, names that stand for others included.
const READ_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Fields that hold a text for the model.
const TEXT_FIELDS: [&str; 6] = ["content", "text", "system", "instructions", "input", "prompt"];

/// Fields of a request that such fields stand in.
const MESSAGE_FIELDS: [&str; 3] = ["messages", "system", "input"];

/// The names of a program, and where what they stand for is written.
pub(super) type Scope<'a> = HashMap<&'a str, Named>;

/// A name of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// Assigned once, here.
    At(usize),
    /// Assigned several times, or changed after it was assigned.
    Changed,
}

/// Reads the values of a program.
pub(super) struct Literals<'a, 'l> {
    pub text: &'a str,
    pub at: usize,
    pub tongue: Tongue,
    scope: &'l Scope<'a>,
    pub(super) left: &'l mut Left,
    pub(super) path: Vec<String>,
    depth_left: usize,
    values_left: usize,
    bytes_left: usize,
    /// The name that stands for what is being read.
    pub(super) outer: Option<&'a str>,
    /// How many brackets are open: a statement ends with its line, a value in brackets does not.
    pub(super) open: usize,
}

/// A value; none where it is not in the text.
pub(super) type Value<'a> = Result<Option<Json<'a>>, ApiError>;

impl<'a, 'l> Literals<'a, 'l> {
    pub fn new(text: &'a str, tongue: Tongue, scope: &'l Scope<'a>, left: &'l mut Left) -> Self {
        let (depth_left, values_left, bytes_left) = (DEPTH_MAX, VALUES_MAX, READ_BYTES_MAX);
        Self {
            text,
            at: 0,
            tongue,
            scope,
            left,
            path: Vec::new(),
            depth_left,
            values_left,
            bytes_left,
            outer: None,
            open: 0,
        }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips blanks and comments, and the ends of lines in brackets.
    pub(super) fn blank(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r') => self.at += 1,
                Some(b'\n') if self.open > 0 => self.at += 1,
                Some(b'\\') if self.rest().starts_with("\\\n") => self.at += 2,
                Some(0xc2) if self.rest().starts_with('\u{a0}') => self.at += 2,
                _ => match comment_end(self.text, self.at, self.tongue) {
                    Some(end) => self.at = end,
                    None => return,
                },
            }
        }
    }

    pub(super) fn takes(&mut self, mark: &str) -> bool {
        let is_there = self.rest().starts_with(mark);
        self.at += if is_there { mark.len() } else { 0 };
        is_there
    }

    pub(super) fn flaw(&self, what: &str) -> ApiError {
        invalid(format!("Line {} cannot be read: {what}. Nothing was done.", line_of(self.text, self.at)))
    }

    /// Reads a value; none where it is not in the text, which is noted.
    ///
    /// # Errors
    /// For what is written so that nobody should go on: a text with holes, or without an end.
    pub fn value(&mut self) -> Value<'a> {
        self.value_of(None)
    }

    /// Reads a value, perhaps that of a name.
    pub(super) fn value_of(&mut self, outer: Option<&'a str>) -> Value<'a> {
        self.outer = outer;
        self.blank();
        self.values_left = self.values_left.checked_sub(1).ok_or_else(|| self.flaw("it has too many values"))?;
        let (start, steps, left) = (self.at, self.path.len(), self.left.mark());
        let literal = self.literal()?;
        if literal.is_some() && self.ends() {
            return Ok(literal);
        }
        // What was noted in it is a part of what is not taken.
        self.left.back(left);
        self.path.truncate(steps);
        self.at = start;
        let name = name_at(self.rest());
        self.at += name.len();
        let is_name = !name.is_empty() && self.ends();
        if self.open > 0 {
            self.skip();
        }
        let end = self.at;
        if self.tongue == Tongue::Script && name == "undefined" && is_name {
            return Ok(None);
        }
        let value = match self.scope.get(name) {
            _ if !is_name => self.leave(why::COMPUTED, outer),
            Some(Named::At(place)) => self.named(*place, outer.unwrap_or(name))?,
            Some(Named::Changed) => self.leave(why::CHANGED, Some(name)),
            None => self.leave(why::ELSEWHERE, Some(name)),
        };
        self.at = end;
        Ok(value)
    }

    /// Reads what a name stands for.
    fn named(&mut self, place: usize, name: &'a str) -> Value<'a> {
        self.depth_left = self.depth_left.checked_sub(1).ok_or_else(|| self.flaw("names stand for each other"))?;
        let open = std::mem::take(&mut self.open);
        self.at = place;
        let value = self.value_of(Some(name));
        self.open = open;
        let value = value?;
        self.spend(self.at.saturating_sub(place))?;
        self.depth_left += 1;
        Ok(value)
    }

    /// Notes that bytes are read again, or made.
    ///
    /// # Errors
    /// Where a short text would be a long one.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), ApiError> {
        self.bytes_left =
            self.bytes_left.checked_sub(bytes).ok_or_else(|| self.flaw("it stands for much more than it is"))?;
        Ok(())
    }

    /// Notes that a value is not in the text. A name in the place of a text is a variable here as it was there.
    fn leave(&mut self, why: &str, name: Option<&str>) -> Option<Json<'a>> {
        let is_text = match &self.path[..] {
            [only] => only != "text" && TEXT_FIELDS.contains(&only.as_str()),
            [first, .., last] => TEXT_FIELDS.contains(&last.as_str()) && MESSAGE_FIELDS.contains(&first.as_str()),
            [] => false,
        };
        let what = self.place();
        match name.map(|name| format!("{{{{{name}}}}}")).filter(|hole| !domain::template::variables(hole).is_empty()) {
            Some(hole) if is_text => {
                self.left.add(what, why::VARIABLE);
                Some(Json::Text(Text::of(&hole)))
            }
            _ => {
                self.left.add(what, why);
                // A message without a text is no message.
                is_text.then(|| Json::Text(Text::of("")))
            }
        }
    }

    fn place(&self) -> String {
        let mut out = String::new();
        for step in &self.path {
            if !out.is_empty() && !step.starts_with('[') {
                out.push('.');
            }
            out.push_str(&quoted(step));
        }
        if out.is_empty() { "the call".into() } else { out }
    }

    /// Whether a value is over: nothing is done with it.
    fn ends(&mut self) -> bool {
        self.blank();
        if self.tongue == Tongue::Script && matches!(name_at(self.rest()), "as" | "satisfies") {
            self.skip();
        }
        if self.open > 0 {
            return matches!(self.peek(), None | Some(b',' | b')' | b']' | b'}'));
        }
        match self.peek() {
            None | Some(b';') => true,
            Some(b',' | b'}' | b')') => self.tongue == Tongue::Script,
            Some(b'\n') => self.tongue == Tongue::Python || !self.rest().trim_start().starts_with(['.', '?', '+']),
            Some(_) => false,
        }
    }

    /// Skips to the end of a value in brackets, or of a statement.
    pub(super) fn skip(&mut self) {
        let mut open = 0_usize;
        for (at, token) in Tokens::new(self.text, self.at, self.tongue) {
            match token {
                Token::Mark(b'(' | b'[' | b'{') => open += 1,
                Token::Mark(b')' | b']' | b'}') if open > 0 => open -= 1,
                Token::Mark(b',' | b')' | b']' | b'}' | b';') if open == 0 => {
                    self.at = at;
                    return;
                }
                Token::Line if open == 0 && self.open == 0 => {
                    self.at = at;
                    return;
                }
                _ => {}
            }
        }
        self.at = self.text.len();
    }

    /// Reads a literal, and what is called on it; none where it is something else.
    pub(super) fn literal(&mut self) -> Value<'a> {
        match self.bare()? {
            Some(json @ (Json::Text(_) | Json::List(_))) => method::apply(self, json),
            other => Ok(other),
        }
    }

    fn bare(&mut self) -> Value<'a> {
        match self.peek() {
            Some(b'"' | b'\'' | b'`') => self.text(),
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(|reader| reader.list(']')),
            Some(b'(') => self.nested(Self::bracket),
            Some(b'0'..=b'9' | b'-' | b'+' | b'.') => Ok(super::number::read(self)),
            _ => self.worded(),
        }
    }

    fn worded(&mut self) -> Value<'a> {
        let name = name_at(self.rest());
        let word = match name {
            "True" | "true" => "true",
            "False" | "false" => "false",
            "None" | "null" => "null",
            "dict" if self.tongue == Tongue::Python => {
                self.at += name.len();
                return if self.peek() == Some(b'(') {
                    self.nested(|reader| reader.arguments().map(Some))
                } else {
                    Ok(None)
                };
            }
            _ if self.is_prefix(name) => return self.text(),
            _ => return Ok(None),
        };
        self.at += name.len();
        Ok(Some(Json::Word(word.into())))
    }

    /// Whether a name is one of the letters that Python puts before the quote of a text.
    fn is_prefix(&self, name: &str) -> bool {
        self.tongue == Tongue::Python
            && (1..=2).contains(&name.len())
            && name.bytes().all(|byte| b"rRbBuUfFtT".contains(&byte))
            && matches!(self.text.as_bytes().get(self.at + name.len()), Some(b'"' | b'\''))
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Value<'a>) -> Value<'a> {
        self.depth_left = self.depth_left.checked_sub(1).ok_or_else(|| self.flaw("it is nested too deeply"))?;
        self.at += 1;
        self.open += 1;
        let value = read(self);
        self.open -= 1;
        self.depth_left += 1;
        value
    }

    fn text(&mut self) -> Value<'a> {
        let mut out = Writing::default();
        loop {
            if !super::text::read(self, &mut out)? {
                return Ok(None);
            }
            let end = self.at;
            self.blank();
            if self.tongue == Tongue::Script && self.rest().trim_start().starts_with('+') {
                self.at = self.text.len() - self.rest().trim_start().len();
            }
            if self.tongue == Tongue::Script || self.rest().starts_with('+') {
                if !self.takes("+") {
                    self.at = end;
                    break;
                }
                self.blank();
            }
            let name = name_at(self.rest());
            let goes_on = matches!(self.peek(), Some(b'"' | b'\'' | b'`')) || self.is_prefix(name);
            if !goes_on {
                self.at = end;
                break;
            }
        }
        Ok(Some(Json::Text(out.finish())))
    }
}
