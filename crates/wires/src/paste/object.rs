//! An object whose fields are taken one by one, as it came from whatever language.

use crate::code::json::{Json, Text};

/// The fields that have not been taken yet. What is `null` is as good as absent.
#[derive(Debug, Clone, Default)]
pub(super) struct Object<'a>(pub Vec<(Text<'a>, Json<'a>)>);

impl<'a> Object<'a> {
    pub fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.0.iter().find(|(known, _)| known.is(name)).map(|(_, value)| value).filter(|value| !is_null(value))
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    pub fn take(&mut self, name: &str) -> Option<Json<'a>> {
        let place = self.0.iter().position(|(known, _)| known.is(name))?;
        let (_, value) = self.0.remove(place);
        (!is_null(&value)).then_some(value)
    }

    /// Takes a text; what is none stays.
    pub fn take_text(&mut self, name: &str) -> Option<String> {
        let text = text(self.get(name)?)?;
        self.take(name);
        Some(text)
    }

    /// Takes an object; what is none stays.
    pub fn take_object(&mut self, name: &str) -> Option<Self> {
        if !matches!(self.get(name)?, Json::Object(_)) {
            return None;
        }
        object(self.take(name)?)
    }

    /// Takes a list; what is none stays.
    pub fn take_list(&mut self, name: &str) -> Option<Vec<Json<'a>>> {
        if !matches!(self.get(name)?, Json::List(_)) {
            return None;
        }
        match self.take(name)? {
            Json::List(list) => Some(list),
            _ => None,
        }
    }

    /// The word that says what kind of thing it is.
    pub fn kind(&self) -> &str {
        match self.get("type") {
            Some(Json::Text(kind)) => kind.as_escaped(),
            _ => "",
        }
    }

    /// Adds a field, in the place of one that is there.
    pub fn put(&mut self, name: &str, value: Json<'a>) {
        self.take(name);
        self.0.push((Text::of(name), value));
    }

    /// Takes a field and adds it again under another name, unless that is there, too.
    pub fn rename(&mut self, name: &str, other: &str) {
        if !self.has(other)
            && let Some(value) = self.take(name)
        {
            self.put(other, value);
        }
    }
}

/// A field of an object; none of anything else.
pub(super) fn field<'j, 'a>(json: &'j Json<'a>, name: &str) -> Option<&'j Json<'a>> {
    let Json::Object(fields) = json else { return None };
    fields.iter().find(|(known, _)| known.is(name)).map(|(_, value)| value).filter(|value| !is_null(value))
}

/// The word that says what kind of thing an object is.
pub(super) fn kind<'j>(json: &'j Json<'_>) -> &'j str {
    match field(json, "type") {
        Some(Json::Text(kind)) => kind.as_escaped(),
        _ => "",
    }
}

/// Whether a value is this word.
pub(super) fn says(json: Option<&Json<'_>>, word: &str) -> bool {
    matches!(json, Some(Json::Text(text)) if text.is(word))
}

/// The entries of a list; of anything else there are none.
pub(super) fn entries<'j, 'a>(json: Option<&'j Json<'a>>) -> &'j [Json<'a>] {
    match json {
        Some(Json::List(list)) => list,
        _ => &[],
    }
}

pub(super) fn is_null(json: &Json<'_>) -> bool {
    matches!(json, Json::Word(word) if word == "null")
}

pub(super) fn object<'a>(json: Json<'a>) -> Option<Object<'a>> {
    match json {
        Json::Object(fields) => Some(Object(fields)),
        _ => None,
    }
}

/// A text as it reads.
pub(super) fn text(json: &Json<'_>) -> Option<String> {
    match json {
        Json::Text(text) => text.plain(),
        _ => None,
    }
}

/// A text, or a number or a truth value as it is written.
pub(super) fn word(json: &Json<'_>) -> Option<String> {
    match json {
        Json::Word(word) => Some(word.clone().into_owned()),
        other => text(other),
    }
}

/// A text as a value.
pub(super) fn of_text<'a>(text: &str) -> Json<'a> {
    Json::Text(Text::of(text))
}
