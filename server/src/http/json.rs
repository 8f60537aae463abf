//! JSON bodies, read strictly.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use domain::limits::INLINE_BODY_BYTES_MAX;
use domain::{ApiError, Code, strict};
use serde::de::DeserializeOwned;

use super::problem::Refusal;

/// A JSON body whose unknown fields are refused by name.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        // Anything else could be sent by a form of another site without asking.
        if kind.split(';').next().map(str::trim) != Some("application/json") {
            return Err(ApiError::new(
                Code::UnsupportedMediaType,
                format!("The body's content type is `{kind}`; `application/json` was expected."),
            )
            .into());
        }
        let length =
            request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if length.is_some_and(|length: usize| length > INLINE_BODY_BYTES_MAX) {
            return Err(too_large());
        }
        let body = to_bytes(request.into_body(), INLINE_BODY_BYTES_MAX).await.map_err(|_| too_large())?;
        Ok(Self(strict::from_slice(&body)?))
    }
}

fn too_large() -> Refusal {
    ApiError::new(Code::BodyTooLarge, format!("The body is larger than {} MiB.", INLINE_BODY_BYTES_MAX / 1024 / 1024))
        .hint("Send a shorter prompt.")
        .into()
}
