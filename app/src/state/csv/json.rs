//! A JSON object a line (JSONL).

use std::fmt;

use domain::chat::Verbatim;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::{FIELDS_MAX, Form, Problem, Table, push};

/// The members of a JSON object as they are written, in their order.
struct Members(Vec<(String, Verbatim)>);

impl<'de> serde::Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of names and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members: Vec<(String, Verbatim)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Verbatim>()? {
                    if members.iter().any(|(known, _)| *known == name) {
                        return Err(serde::de::Error::custom(format!("the name “{name}” stands in it twice")));
                    }
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// Reads an object a line.
pub(super) fn lines(text: &str) -> Result<Table, Problem> {
    let mut names: Vec<String> = Vec::new();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let read = serde_json::from_str::<Members>(line);
        let Members(members) = read.map_err(|error| {
            let column = line.char_indices().take_while(|(at, _)| at + 1 < error.column().max(1)).count() + 1;
            let said = error.to_string();
            let said = said.split(" at line ").next().unwrap_or_default();
            Problem::at(number + 1, column, format!("{said}. Each line is a JSON object."))
        })?;
        let mut row = vec![String::new(); names.len()];
        for (name, value) in members {
            let place = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                names.push(name);
                row.push(String::new());
                names.len() - 1
            });
            row[place] = plain(value.as_str());
        }
        if names.len() > FIELDS_MAX {
            return Err(Problem::at(number + 1, 1, format!("there are more than {FIELDS_MAX} names.")));
        }
        push(&mut rows, row, number + 1)?;
    }
    // A name that came up later is missing in the rows before.
    for row in &mut rows {
        row.resize(names.len(), String::new());
    }
    Ok(Table { form: Form::JsonLines, names, rows })
}

/// A JSON value as text: a string's own text, nothing for null, anything else as it is written without its blanks.
fn plain(json: &str) -> String {
    let json = json.trim();
    if json.starts_with('"') {
        return serde_json::from_str(json).unwrap_or_default();
    }
    if json == "null" {
        return String::new();
    }
    let (mut out, mut inside, mut escaped) = (String::with_capacity(json.len()), false, false);
    for char in json.chars() {
        if inside {
            (inside, escaped) = (char != '"' || escaped, char == '\\' && !escaped);
        } else if char.is_ascii_whitespace() {
            continue;
        } else {
            inside = char == '"';
        }
        out.push(char);
    }
    out
}
