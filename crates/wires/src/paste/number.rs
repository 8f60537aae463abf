//! A number as Python or JavaScript writes it.

use super::literal::Literals;
use crate::code::json::{Json, number_length};

/// Longest number that is written otherwise than in JSON, in bytes.
const FOREIGN_BYTES_MAX: usize = 64;

/// Reads a number; none where it is none.
pub(super) fn read<'a>(reader: &mut Literals<'a, '_>) -> Option<Json<'a>> {
    let rest = reader.rest();
    let is_part = |(n, byte): &(usize, u8)| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || matches!(byte, b'+' | b'-') && is_sign(rest, *n)
    };
    let length = rest.bytes().enumerate().take_while(is_part).count();
    reader.at += length;
    let written = &rest[..length];
    if number_length(written) == Some(length) {
        return Some(Json::Word(written.into()));
    }
    foreign(written).map(|number| Json::Word(number.into()))
}

/// A sign stands in front of a number or of its exponent.
fn is_sign(rest: &str, at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| rest.as_bytes()[before]);
    before.is_none() || matches!(before, Some(b'e' | b'E')) && !rest.starts_with("0x")
}

/// What JSON writes otherwise: `1_000`, `.5`, `5.`, `+1`, `0xff`, `10n`.
fn foreign(written: &str) -> Option<String> {
    if written.len() > FOREIGN_BYTES_MAX {
        return None;
    }
    let plain = written.replace('_', "");
    let (sign, plain) = match plain.strip_prefix('-') {
        Some(rest) => ("-", rest.to_owned()),
        None => ("", plain.strip_prefix('+').unwrap_or(&plain).to_owned()),
    };
    let lower = plain.to_ascii_lowercase();
    for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = lower.strip_prefix(prefix) {
            return u64::from_str_radix(digits.strip_suffix('n').unwrap_or(digits), base)
                .ok()
                .map(|n| format!("{sign}{n}"));
        }
    }
    let plain = plain.strip_suffix('n').unwrap_or(&plain);
    let (mantissa, exponent) = plain.find(['e', 'E']).map_or((plain, ""), |place| plain.split_at(place));
    let zero_first = if mantissa.starts_with('.') { "0" } else { "" };
    let zero_last = if mantissa.ends_with('.') { "0" } else { "" };
    let number = format!("{sign}{zero_first}{mantissa}{zero_last}{exponent}");
    (mantissa != "." && number_length(&number) == Some(number.len())).then_some(number)
}
