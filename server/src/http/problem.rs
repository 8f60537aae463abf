//! Errors as problem JSON (RFC 9457), with the request's id and the state of the limits.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::live::Problem;
use domain::{ApiError, Code};
use engine::Error;
use engine::admission::LimitState;

/// A refusal on its way out. [`finish`] writes its body, since only there the request's id is known.
#[derive(Debug, Clone)]
pub struct Refusal {
    error: ApiError,
    limit: Option<LimitState>,
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self { error, limit: None }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let limit = match &error {
            Error::OverLimit(state) => Some(*state),
            _ => None,
        };
        Self { error: error.public(), limit }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the bodies of refusals.
pub async fn finish(request: Request, next: Next) -> Response {
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let mut response = next.run(request).await;
    let Some(Refusal { error, limit }) = response.extensions_mut().remove::<Refusal>() else { return response };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(state) = limit {
        limit_headers(headers, state, error.retry_after_ms.unwrap_or_default());
    }
    if let Some(after_ms) = error.retry_after_ms {
        headers.insert(header::RETRY_AFTER, after_ms.div_ceil(1_000).into());
    }
    if error.code == Code::Internal {
        tracing::error!(request_id = id, error = %error, "a request failed");
    }
    let body = serde_json::to_vec(&Problem::new(error, id)).expect("a problem is strings and numbers");
    *response.body_mut() = body.into();
    response
}

/// A handler that panicked is a defect of ours, and an answer all the same. The panic itself is on stderr.
pub fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Refusal::from(
        ApiError::new(Code::Internal, "The server failed because of a fault of its own.")
            .hint("Look at the server's log."),
    )
    .into_response()
}

/// Says which limit there is, how much of it remains, and when there is more (F3).
pub fn limit_headers(headers: &mut HeaderMap, state: LimitState, reset_ms: u64) {
    let reset_s = reset_ms.div_ceil(1_000);
    for (name, value) in [
        ("x-ratelimit-limit", u64::from(state.limit)),
        ("x-ratelimit-remaining", u64::from(state.remaining)),
        ("x-ratelimit-reset", reset_s),
        ("x-ratelimit-limit-concurrency", u64::from(state.limit)),
        ("x-ratelimit-remaining-concurrency", u64::from(state.remaining)),
        ("x-ratelimit-reset-concurrency", reset_s),
    ] {
        headers.insert(HeaderName::from_static(name), value.into());
    }
}
