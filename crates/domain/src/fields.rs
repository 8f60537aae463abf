//! A JSON object whose fields are taken one by one: what is read is typed, what is left stays as it came.

use std::fmt;

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::error::{ApiError, Code};

/// Longest part of a client's word that an error repeats, in characters.
const QUOTED_CHARS_MAX: usize = 100;

/// The fields of an object that have not been taken yet, in their order.
pub struct Fields<'a> {
    /// Where the object stands in the request; empty for the request itself.
    at: String,
    list: Vec<(String, &'a RawValue)>,
}

struct Listed<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Listed<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(field) = map.next_entry()? {
                    list.push(field);
                }
                Ok(list)
            }
        }
        deserializer.deserialize_map(Object).map(Self)
    }
}

impl<'a> Fields<'a> {
    /// The fields of the request itself.
    ///
    /// # Errors
    /// `invalid_request` for what is no JSON object, and for a field that stands twice: nobody knows which counts.
    pub fn of_body(body: &'a [u8]) -> Result<Self, ApiError> {
        let text = std::str::from_utf8(body).map_err(|error| {
            let at = error.valid_up_to();
            invalid(format!("The body is not UTF-8: byte {at} is the first that is not."))
        })?;
        if text.trim().is_empty() {
            return Err(invalid("The body is empty; JSON was expected.".into()));
        }
        Self::parse(text, String::new())
    }

    /// The fields of an object inside it.
    ///
    /// # Errors
    /// As [`Fields::of_body`].
    pub fn of(json: &'a RawValue, at: impl Into<String>) -> Result<Self, ApiError> {
        Self::parse(json.get(), at.into())
    }

    fn parse(text: &'a str, at: String) -> Result<Self, ApiError> {
        let Listed(list) = serde_json::from_str(text).map_err(|error| {
            if at.is_empty() { invalid(format!("The JSON cannot be used: {error}.")) } else { unusable(&at, &error) }
        })?;
        let twice = list.iter().enumerate().find(|(n, (name, _))| list[..*n].iter().any(|(before, _)| before == name));
        if let Some((_, (name, _))) = twice {
            let path = join(&at, name);
            return Err(invalid(format!("`{path}` stands in the request twice. Nothing was done.")).param(path));
        }
        Ok(Self { at, list })
    }

    /// Where the object stands in the request; empty for the request itself.
    #[must_use]
    pub fn at(&self) -> &str {
        &self.at
    }

    /// A field as it came, which stays.
    #[must_use]
    pub fn peek(&self, name: &str) -> Option<&'a RawValue> {
        self.list.iter().find(|(known, value)| known == name && value.get() != "null").map(|(_, value)| *value)
    }

    /// The path of a field of this object.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        join(&self.at, name)
    }

    /// Takes a field as it came; `null` is as good as absent, as both vendors have it.
    pub fn raw(&mut self, name: &str) -> Option<&'a RawValue> {
        let place = self.list.iter().position(|(known, _)| known == name)?;
        let (_, value) = self.list.remove(place);
        (value.get() != "null").then_some(value)
    }

    /// Takes a field.
    ///
    /// # Errors
    /// `invalid_request` that names the field, when it is something else.
    pub fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, ApiError> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        serde_json::from_str(raw.get()).map(Some).map_err(|error| unusable(&self.path(name), &error))
    }

    /// Takes a list, its entries as they came.
    ///
    /// # Errors
    /// `invalid_request` that names the field, when it is something else.
    pub fn list(&mut self, name: &str) -> Result<Option<Vec<&'a RawValue>>, ApiError> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        serde_json::from_str(raw.get()).map(Some).map_err(|error| unusable(&self.path(name), &error))
    }

    /// Takes an object.
    ///
    /// # Errors
    /// `invalid_request` that names the field, when it is something else.
    pub fn object(&mut self, name: &str) -> Result<Option<Self>, ApiError> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        Self::of(raw, self.path(name)).map(Some)
    }

    /// Takes a field that must be there.
    ///
    /// # Errors
    /// As [`Fields::take`], and when it is absent.
    pub fn need<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, ApiError> {
        self.take(name)?.ok_or_else(|| self.lacks(name))
    }

    /// The refusal of a request that lacks a field.
    #[must_use]
    pub fn lacks(&self, name: &str) -> ApiError {
        let path = self.path(name);
        invalid(format!("`{path}` is missing. Nothing was done.")).param(path)
    }

    /// The refusal of what cannot be used in a field of this object.
    #[must_use]
    pub fn refuse(&self, name: &str, why: impl fmt::Display) -> ApiError {
        let path = self.path(name);
        invalid(format!("`{path}` {why} Nothing was done.")).param(path)
    }

    /// All that has not been taken, as it came.
    pub fn all(self) -> impl Iterator<Item = (String, &'a RawValue)> {
        self.list.into_iter()
    }

    /// What has not been taken, but for what is `null`.
    pub fn rest(self) -> impl Iterator<Item = (String, &'a RawValue)> {
        self.list.into_iter().filter(|(_, value)| value.get() != "null")
    }
}

/// The path of a field of an object.
#[must_use]
pub fn join(at: &str, name: &str) -> String {
    let name = quoted(name);
    if at.is_empty() { name } else { format!("{at}.{name}") }
}

/// A client's word, as an error may repeat it.
#[must_use]
pub fn quoted(word: &str) -> String {
    word.chars().take(QUOTED_CHARS_MAX).collect()
}

/// A refusal of the request itself.
#[must_use]
pub fn invalid(message: String) -> ApiError {
    ApiError::new(Code::InvalidRequest, message)
}

fn unusable(path: &str, error: &serde_json::Error) -> ApiError {
    let text = error.to_string();
    let why = text.split(" at line ").next().unwrap_or(&text);
    invalid(format!("`{path}` cannot be used: {why}. Nothing was done.")).param(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_gone_and_the_rest_is_as_it_came() {
        let mut fields = Fields::of_body(br#"{"a": 1, "b": null, "c": [ 1.0e1 ], "d": "x"}"#).expect("an object");
        assert_eq!(fields.take::<u32>("a"), Ok(Some(1)));
        assert_eq!(fields.take::<u32>("b"), Ok(None));
        let wrong = fields.take::<u32>("d").expect_err("a text");
        assert!(wrong.message.contains("`d`") && wrong.param.as_deref() == Some("d"), "{wrong:?}");
        let rest: Vec<_> = fields.rest().map(|(name, value)| (name, value.get())).collect();
        assert_eq!(rest, [("c".to_owned(), "[ 1.0e1 ]")]);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in [&b""[..], b"[]", b"{", b"{\"a\":1,\"a\":2}", b"\xff", b"{} {}"] {
            assert!(Fields::of_body(body).is_err(), "{body:?}");
        }
    }
}
