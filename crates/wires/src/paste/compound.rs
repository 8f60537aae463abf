//! What programs have in brackets: lists, objects, the arguments of a call.

use std::collections::HashMap;

use domain::ApiError;

use super::literal::{Literals, Value};
use super::object::is_null;
use super::scan::{Tongue, name_at};
use super::why;
use crate::code::json::{Json, Text};

impl<'a> Literals<'a, '_> {
    /// Whether a comma stands here, and then something else than the end.
    fn goes_on(&mut self, end: char) -> bool {
        self.blank();
        if !self.takes(",") {
            return false;
        }
        self.blank();
        !self.rest().starts_with(end)
    }

    fn closes(&mut self, end: char) -> bool {
        self.blank();
        let mut buffer = [0; 4];
        self.takes(end.encode_utf8(&mut buffer))
    }

    pub(super) fn list(&mut self, end: char) -> Value<'a> {
        let mut list = Vec::new();
        self.blank();
        while !self.rest().starts_with(end) {
            self.path.push(format!("[{}]", list.len()));
            let is_spread = self.takes(if self.tongue == Tongue::Python { "*" } else { "..." });
            match self.value()? {
                Some(Json::List(more)) if is_spread => list.extend(more),
                Some(_) if is_spread => return Ok(None),
                value => list.extend(value),
            }
            self.path.pop();
            if !self.goes_on(end) {
                break;
            }
        }
        Ok(self.closes(end).then_some(Json::List(list)))
    }

    /// What stands in round brackets: a value; in Python a list, too.
    pub(super) fn bracket(&mut self) -> Value<'a> {
        self.blank();
        if self.tongue == Tongue::Python && self.takes(")") {
            return Ok(Some(Json::List(Vec::new())));
        }
        let first = self.value_of(self.outer)?;
        self.blank();
        if self.takes(")") {
            return Ok(first);
        }
        if self.tongue == Tongue::Script {
            return Ok(None);
        }
        let mut list: Vec<_> = first.into_iter().collect();
        if self.goes_on(')') {
            match self.list(')')? {
                Some(Json::List(more)) => list.extend(more),
                _ => return Ok(None),
            }
            return Ok(Some(Json::List(list)));
        }
        Ok(self.closes(')').then_some(Json::List(list)))
    }

    pub(super) fn object(&mut self) -> Value<'a> {
        let mut fields = Merging::default();
        self.blank();
        while self.peek() != Some(b'}') {
            if self.takes(if self.tongue == Tongue::Python { "**" } else { "..." }) {
                if let Some(Json::Object(more)) = self.value()? {
                    more.into_iter().for_each(|(name, value)| fields.put(name, value));
                }
            } else {
                let start = self.at;
                let Some(name) = self.key()? else { return Ok(None) };
                self.blank();
                self.path.push(name.as_escaped().to_owned());
                let value = if self.takes(":") {
                    self.value()?
                } else if self.tongue == Tongue::Script && matches!(self.peek(), Some(b',' | b'}')) {
                    // The field's name is its value's, too.
                    self.at = start;
                    self.value()?
                } else {
                    return Ok(None);
                };
                self.path.pop();
                if let Some(value) = value {
                    fields.put(name, value);
                }
            }
            if !self.goes_on('}') {
                break;
            }
        }
        Ok(self.closes('}').then(|| fields.finish()))
    }

    /// A field's name; none where it is computed.
    fn key(&mut self) -> Result<Option<Text<'a>>, ApiError> {
        let is_computed = self.tongue == Tongue::Script && self.takes("[");
        self.blank();
        let name = name_at(self.rest());
        let is_plain = !name.is_empty() && !is_computed && self.tongue == Tongue::Script;
        let key = if is_plain {
            self.at += name.len();
            Some(Json::Text(Text::escaped(name)))
        } else {
            self.literal()?
        };
        self.blank();
        if is_computed && !self.takes("]") {
            return Ok(None);
        }
        Ok(match key {
            Some(Json::Text(text)) => Some(text),
            Some(Json::Word(word)) => Some(Text::of(&word)),
            _ => None,
        })
    }

    /// Reads the arguments of a call in Python, after the bracket that opens them.
    ///
    /// # Errors
    /// As [`Literals::value`].
    pub(super) fn arguments(&mut self) -> Result<Json<'a>, ApiError> {
        let mut fields = Merging::default();
        self.blank();
        while !matches!(self.peek(), None | Some(b')')) {
            let start = self.at;
            let name = name_at(self.rest());
            self.at += name.len();
            self.blank();
            if !name.is_empty() && self.rest().starts_with('=') && !self.rest().starts_with("==") {
                self.at += 1;
                self.path.push(name.to_owned());
                if let Some(value) = self.value()? {
                    fields.put(Text::escaped(name), value);
                }
                self.path.pop();
            } else {
                self.at = start;
                let is_spread = self.takes("**");
                match self.value()? {
                    Some(Json::Object(more)) if is_spread => {
                        more.into_iter().for_each(|(name, value)| fields.put(name, value));
                    }
                    Some(value) if is_null(&value) => {}
                    Some(_) => self.left.add("an argument without a name", why::NO_PLACE),
                    None => {}
                }
            }
            if !self.goes_on(')') {
                break;
            }
        }
        if self.closes(')') { Ok(fields.finish()) } else { Err(self.flaw("the call has no end")) }
    }
}

/// Fields of which the last of a name counts, where the first stood.
#[derive(Default)]
struct Merging<'a> {
    fields: Vec<(Text<'a>, Json<'a>)>,
    places: HashMap<Text<'a>, usize>,
}

impl<'a> Merging<'a> {
    fn put(&mut self, name: Text<'a>, value: Json<'a>) {
        match self.places.get(&name) {
            Some(place) => self.fields[*place].1 = value,
            None => {
                self.places.insert(name.clone(), self.fields.len());
                self.fields.push((name, value));
            }
        }
    }

    fn finish(self) -> Json<'a> {
        Json::Object(self.fields)
    }
}
