//! What programs do to the texts of prompts, as far as it can be done without running them: blanks taken away, lines
//! put together.

use domain::ApiError;

use super::literal::Literals;
use super::scan::name_at;
use crate::code::json::{Json, Text};

/// Does what is called on a literal; none where that is something else.
///
/// # Errors
/// As of any value.
pub(super) fn apply<'a>(reader: &mut Literals<'a, '_>, mut json: Json<'a>) -> Result<Option<Json<'a>>, ApiError> {
    loop {
        let end = reader.at;
        reader.blank();
        if !reader.takes(".") {
            reader.at = end;
            return Ok(Some(json));
        }
        let name = name_at(reader.rest());
        reader.at += name.len();
        if !reader.takes("(") {
            return Ok(None);
        }
        let trim: Option<fn(&str) -> &str> = match name {
            "strip" | "trim" => Some(str::trim),
            "lstrip" | "trimStart" => Some(str::trim_start),
            "rstrip" | "trimEnd" => Some(str::trim_end),
            _ => None,
        };
        let done = match (trim, name) {
            (Some(trim), _) => match plain(&json) {
                Some(text) => {
                    reader.spend(text.len())?;
                    Some(Json::Text(Text::of(trim(&text))))
                }
                None => None,
            },
            (None, "join") => {
                reader.open += 1;
                let argument = reader.value();
                reader.open -= 1;
                match (json, argument?) {
                    // Python says it the other way round.
                    (Json::List(list), Some(Json::Text(between))) => joined(reader, &list, &between)?,
                    (Json::Text(between), Some(Json::List(list))) => joined(reader, &list, &between)?,
                    _ => None,
                }
            }
            _ => None,
        };
        reader.blank();
        match done.filter(|_| reader.takes(")")) {
            Some(done) => json = done,
            None => return Ok(None),
        }
    }
}

fn plain(json: &Json<'_>) -> Option<String> {
    match json {
        Json::Text(text) => text.plain(),
        _ => None,
    }
}

fn joined<'a>(
    reader: &mut Literals<'_, '_>,
    list: &[Json<'_>],
    between: &Text<'_>,
) -> Result<Option<Json<'a>>, ApiError> {
    let texts: Option<Vec<_>> = list.iter().map(plain).collect();
    let (Some(texts), Some(between)) = (texts, between.plain()) else { return Ok(None) };
    let length = texts.iter().map(String::len).fold(between.len().saturating_mul(texts.len()), usize::saturating_add);
    reader.spend(length)?;
    Ok(Some(Json::Text(Text::of(&texts.join(&between)))))
}
