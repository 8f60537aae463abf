//! The data of an event: the fields of its kind, and its time in front of them.

use std::io::Write;

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Date {
    at_ms: u64,
}

/// The time of an event, by its data. (Read apart: into a flattened struct serde reads by way of a list of everything.)
///
/// # Errors
/// When `data` is not an object with that time.
pub(super) fn at_ms(data: &str) -> Result<u64, serde_json::Error> {
    match leading_date(data) {
        Some(at_ms) => Ok(at_ms),
        None => Ok(serde_json::from_str::<Date>(data)?.at_ms),
    }
}

/// The time of an event whose data begins with it, as [`encode`] writes it: a stream has nothing more frequent to read.
fn leading_date(data: &str) -> Option<u64> {
    let rest = data.strip_prefix(DATE)?;
    let digits = rest.split_once([',', '}'])?.0;
    // JSON knows no sign and no zero before a number.
    let is_plain = digits.bytes().all(|digit| digit.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    if is_plain { digits.parse().ok() } else { None }
}

/// What the data of an event begins with.
const DATE: &str = r#"{"at_ms":"#;

/// Writes the fields of an event behind its time, in one object. (By way of `serde(flatten)` each field costs several
/// times as much.)
pub(super) fn encode<T: Serialize>(at_ms: u64, data: &T, out: &mut Vec<u8>) {
    out.extend_from_slice(DATE.as_bytes());
    write!(out, "{at_ms}").expect("memory takes what is written");
    let place = out.len();
    serde_json::to_writer(&mut *out, data)
        .expect("events are structs of strings, numbers and lists: nothing that JSON cannot hold");
    match out.get(place + 1) {
        Some(b'}') => drop(out.remove(place)),
        _ => out[place] = b',',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_without_fields_of_its_own_has_its_time() {
        let mut out = b"before".to_vec();
        encode(5, &std::collections::BTreeMap::<String, u8>::new(), &mut out);
        assert_eq!(out, br#"before{"at_ms":5}"#);
    }
}
