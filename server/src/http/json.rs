//! JSON bodies, read strictly.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use bytes::{Bytes, BytesMut};
use domain::limits::INLINE_BODY_BYTES_MAX;
use domain::{ApiError, Code, strict};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;

use super::problem::Refusal;

/// Most of a body that is too large that is read to its end all the same, in bytes.
const DRAIN_BYTES_MAX: usize = 4 * INLINE_BODY_BYTES_MAX;
/// How long that may take, in milliseconds.
const DRAIN_MS: u64 = 5_000;

/// A JSON body whose unknown fields are refused by name.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let body = read(request).await?;
        Ok(Self(strict::from_slice(&body)?))
    }
}

/// Refuses a body that is not called JSON.
///
/// # Errors
/// When it is called something else.
pub fn check_kind(request: &Request) -> Result<(), ApiError> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    // Anything else could be sent by a form of another site without asking.
    if kind.split(';').next().map(str::trim) == Some("application/json") {
        return Ok(());
    }
    let message = format!("The body's content type is `{kind}`; `application/json` was expected.");
    Err(ApiError::new(Code::UnsupportedMediaType, message))
}

/// A body of JSON, not read yet.
///
/// # Errors
/// When it is called something else, is over the inline limit, or does not arrive whole.
pub async fn read(request: Request) -> Result<Bytes, ApiError> {
    check_kind(&request)?;
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let mut body = request.into_body();
    if length.is_some_and(|length: usize| length > INLINE_BODY_BYTES_MAX) {
        drain(body).await;
        return Err(too_large());
    }
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let cut =
            |_| ApiError::new(Code::InvalidRequest, "The body did not arrive whole. Nothing was done.").retry(None);
        let Ok(data) = frame.map_err(cut)?.into_data() else { continue };
        if bytes.is_empty() && body.is_end_stream() && data.len() <= INLINE_BODY_BYTES_MAX {
            return Ok(data);
        }
        if bytes.len() + data.len() > INLINE_BODY_BYTES_MAX {
            drain(body).await;
            return Err(too_large());
        }
        bytes.reserve(length.unwrap_or_default().saturating_sub(bytes.len()).max(data.len()));
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

/// Reads what is not wanted, up to a bound: a client that is still sending would see its connection break in place of
/// the refusal.
pub async fn drain(mut body: Body) {
    let rest = async {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, Bytes::len);
            if read > DRAIN_BYTES_MAX {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(Duration::from_millis(DRAIN_MS), rest).await;
}

/// Over the inline limit.
pub fn too_large() -> ApiError {
    let megabytes = INLINE_BODY_BYTES_MAX / 1024 / 1024;
    ApiError::new(Code::BodyTooLarge, format!("The request is larger than {megabytes} MiB. Nothing was done."))
        .hint("Send a shorter prompt.")
}
