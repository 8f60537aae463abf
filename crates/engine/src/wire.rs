//! What was sent to a provider and the head of its answer, packed for log and database.

use domain::Wire;

use crate::error::Error;
use crate::packing;

/// zstd's level for what was sent: it stands in front of the first token, so the fastest.
const LEVEL: i32 = 1;
/// Largest exchange that is unpacked, in bytes: the inline limit, each byte written as `\u0001` and escaped again.
const UNPACKED_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A part of an exchange, compressed.
///
/// # Errors
/// When zstd has no memory.
pub fn pack(wire: &Wire) -> Result<Vec<u8>, Error> {
    let json = serde_json::to_vec(wire).map_err(|error| Error::Corrupt(error.to_string()))?;
    packing::pack(&json, LEVEL).map_err(Error::disk("what was sent cannot be compressed"))
}

/// The exchange that parts add up to.
///
/// # Errors
/// When a part is damaged or larger than is believed.
pub fn unpack<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Result<Wire, Error> {
    let mut wire = Wire::default();
    for packed in parts {
        let corrupt = |error: &dyn std::fmt::Display| Error::Corrupt(format!("a wire view: {error}"));
        let json = packing::unpack(packed, UNPACKED_BYTES_MAX).map_err(|error| corrupt(&error))?;
        wire.merge(serde_json::from_slice(&json).map_err(|error| corrupt(&error))?);
    }
    Ok(wire)
}

#[cfg(test)]
mod tests {
    use domain::{WireRequest, WireResponse};

    use super::*;

    #[test]
    fn parts_add_up() {
        let request = WireRequest {
            method: "POST".into(),
            url: "http://127.0.0.1:9000/v1".into(),
            headers: [("a".to_owned(), "b".to_owned())].into(),
            body: "\u{1}\"ä".into(),
        };
        let response = WireResponse { status: 200, headers: [].into() };
        let sent = pack(&Wire { client: None, request: Some(request.clone()), response: None }).expect("packs");
        let answered = pack(&Wire { client: None, request: None, response: Some(response.clone()) }).expect("packs");
        let whole = unpack([&sent[..], &answered[..]]).expect("unpacks");
        assert_eq!(whole, Wire { client: None, request: Some(request), response: Some(response) });
        assert!(unpack([&b"nonsense"[..]]).is_err());
    }
}
