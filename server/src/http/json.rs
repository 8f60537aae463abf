//! JSON bodies, read strictly.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use bytes::Bytes;
use domain::limits::INLINE_BODY_BYTES_MAX;
use domain::{ApiError, Code, strict};
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;

use super::problem::Refusal;

/// A JSON body whose unknown fields are refused by name.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let body = read(request).await?;
        Ok(Self(strict::from_slice(&body)?))
    }
}

/// A body of JSON, not read yet.
///
/// # Errors
/// When it is called something else, is over the inline limit, or does not arrive whole.
pub async fn read(request: Request) -> Result<Bytes, ApiError> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    // Anything else could be sent by a form of another site without asking.
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        return Err(ApiError::new(
            Code::UnsupportedMediaType,
            format!("The body's content type is `{kind}`; `application/json` was expected."),
        ));
    }
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > INLINE_BODY_BYTES_MAX) {
        return Err(too_large());
    }
    to_bytes(request.into_body(), INLINE_BODY_BYTES_MAX).await.map_err(|error| unread(&error))
}

fn unread(error: &axum::Error) -> ApiError {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<LengthLimitError>() {
            return too_large();
        }
        cause = inner.source();
    }
    ApiError::new(Code::InvalidRequest, "The body did not arrive whole. Nothing was done.").retry(None)
}

/// Over the inline limit.
pub fn too_large() -> ApiError {
    let megabytes = INLINE_BODY_BYTES_MAX / 1024 / 1024;
    ApiError::new(Code::BodyTooLarge, format!("The request is larger than {megabytes} MiB. Nothing was done."))
        .hint("Send a shorter prompt.")
}
