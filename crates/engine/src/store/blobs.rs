//! Pictures, each kept once: rows of runs name them by digest.
//!
//! A request is kept to the byte, so it is not parsed and written again: the base64 of a picture, which stands in no
//! other place of it, gives way to a name, and the name gives way to the base64 when it is read.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use domain::{ImageSource, NewRun, RunId};
use sqlx::{Row, SqliteConnection};

use super::Store;
use crate::error::Error;

/// Shortest picture that is kept by digest, in bytes of base64: a shorter one is not worth a row.
const KEPT_BYTES_MIN: usize = 1_024;
/// How a name begins. Whatever contains it already is kept as it is.
const NAME: &str = "etude-blob:";

/// A picture that was taken out of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    digest: [u8; 32],
    bytes: Vec<u8>,
}

impl Blob {
    fn of(base64: &str) -> Option<Self> {
        let bytes = BASE64.decode(base64).ok()?;
        // Only what is written again exactly as it was.
        let digest = *blake3::hash(&bytes).as_bytes();
        (BASE64.encode(&bytes) == base64).then_some(Self { digest, bytes })
    }

    fn name(digest: &[u8]) -> String {
        digest.iter().fold(NAME.to_owned(), |name, byte| format!("{name}{byte:02x}"))
    }
}

/// A request without its pictures, and the pictures.
#[must_use]
pub fn take_out(request: &str) -> (String, Vec<Blob>) {
    let mut without = request.to_owned();
    let mut blobs: Vec<Blob> = Vec::new();
    if request.len() < KEPT_BYTES_MIN || !request.contains("\"image\"") || request.contains(NAME) {
        return (without, blobs);
    }
    let Ok(run) = serde_json::from_str::<NewRun>(request) else { return (without, blobs) };
    for image in run.messages.iter().flat_map(|message| message.content.images()) {
        let Ok(ImageSource::Inline { data, .. }) = image.source() else { continue };
        if data.len() < KEPT_BYTES_MIN {
            continue;
        }
        let Some(blob) = Blob::of(data).filter(|blob| !blobs.iter().any(|known| known.digest == blob.digest)) else {
            continue;
        };
        without = without.replace(data, &Blob::name(&blob.digest));
        blobs.push(blob);
    }
    (without, blobs)
}

/// What was sent, without the pictures of the request.
#[must_use]
pub fn name_in(text: String, blobs: &[Blob]) -> String {
    blobs.iter().fold(text, |text, blob| text.replace(&BASE64.encode(&blob.bytes), &Blob::name(&blob.digest)))
}

pub(super) async fn keep(db: &mut SqliteConnection, run: RunId, blobs: &[Blob]) -> Result<(), Error> {
    for blob in blobs {
        sqlx::query("insert into blobs (digest, bytes) values ($1, $2) on conflict (digest) do nothing")
            .bind(&blob.digest[..])
            .bind(&blob.bytes)
            .execute(&mut *db)
            .await?;
        sqlx::query("insert into run_blobs (run, digest) values ($1, $2)")
            .bind(&run.as_bytes()[..])
            .bind(&blob.digest[..])
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

impl Store {
    /// The text with the run's pictures in it again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn put_in(&self, run: RunId, text: String) -> Result<String, Error> {
        if !text.contains(NAME) {
            return Ok(text);
        }
        let rows = sqlx::query(
            "select b.digest, b.bytes from run_blobs r join blobs b on b.digest = r.digest where r.run = $1",
        )
        .bind(&run.as_bytes()[..])
        .fetch_all(&self.readers)
        .await?;
        rows.iter().try_fold(text, |text, row| {
            let (digest, bytes): (Vec<u8>, Vec<u8>) = (row.try_get("digest")?, row.try_get("bytes")?);
            Ok(text.replace(&Blob::name(&digest), &BASE64.encode(bytes)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(data: &str, text: &str) -> String {
        format!(
            r#"{{"model":"m","messages":[{{"role":"user","content":[{{"type":"text","text":"{text}"}},{{"type":"image","media_type":"image/png","data":"{data}"}},{{"type":"image","media_type":"image/png","data":"{data}"}}]}}],"params":{{}},"provider_options":{{ "x": 1.0 }}}}"#
        )
    }

    #[test]
    fn a_picture_is_taken_out_once_and_leaves_its_name() {
        let data = BASE64.encode([7_u8; 3_000]);
        let (without, blobs) = take_out(&request(&data, "Look"));
        assert_eq!(blobs.len(), 1);
        assert!(without.len() < 600 && without.contains("{ \"x\": 1.0 }"), "{without}");
        assert_eq!(without.replace(&Blob::name(&blobs[0].digest), &data), request(&data, "Look"));
        assert_eq!(name_in(format!("data:image/png;base64,{data}"), &blobs).matches(NAME).count(), 1);
    }

    #[test]
    fn what_looks_like_a_name_is_left_alone() {
        let data = BASE64.encode([7_u8; 3_000]);
        let tricky = request(&data, "etude-blob:00");
        assert_eq!(take_out(&tricky), (tricky.clone(), Vec::new()));
        assert!(take_out(&request("aGk=", "Look")).1.is_empty());
    }
}
