//! Errors as problem JSON (RFC 9457), or in the shape of the vendor whose SDK asks, with the request's id and the state
//! of the limits.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::live::Problem;
use domain::{ApiError, Code, RunId, Vendor};
use engine::Error;
use engine::admission::LimitState;

use super::sse;

/// A refusal on its way out. [`finish`] writes its body, since only there the request's id is known.
#[derive(Debug, Clone)]
pub struct Refusal {
    error: ApiError,
    limit: Option<LimitState>,
    /// The run that was started all the same.
    run: Option<RunId>,
}

impl Refusal {
    /// The failure of a run, told as an error of the request.
    #[must_use]
    pub fn of_run(error: ApiError, run: RunId) -> Self {
        Self { error, limit: None, run: Some(run) }
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self { error, limit: None, run: None }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let limit = match &error {
            Error::OverLimit(state) => Some(*state),
            _ => None,
        };
        Self { error: error.public(), limit, run: None }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = status(self.error.code.status()).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

fn status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Routes that are Etude's own, whoever asks.
const OWN: [&str; 8] = ["runs", "live", "presets", "shares", "export", "import", "uploads", "blobs"];

/// Whose shape the errors of a path have; none for problem JSON. Also of paths that do not exist: an SDK must
/// understand that as well.
fn shape(path: &str, headers: &HeaderMap) -> Option<Vendor> {
    let first = path.strip_prefix("/v1/")?.split('/').next().unwrap_or_default();
    match first {
        own if OWN.contains(&own) => None,
        "messages" => Some(Vendor::Anthropic),
        "chat" | "completions" | "responses" | "embeddings" => Some(Vendor::Openai),
        _ if headers.contains_key("anthropic-version") => Some(Vendor::Anthropic),
        "models" | "files" | "batches" | "batch" => Some(Vendor::Openai),
        _ => headers.contains_key("x-stainless-lang").then_some(Vendor::Openai),
    }
}

/// Writes the bodies of refusals.
pub async fn finish(request: Request, next: Next) -> Response {
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let vendor = shape(request.uri().path(), request.headers());
    let mut response = next.run(request).await;
    if vendor == Some(Vendor::Anthropic)
        && let Some(id) = id.as_deref().and_then(|id| HeaderValue::from_str(id).ok())
    {
        // The vendor's name for it, which its SDKs read.
        response.headers_mut().insert(HeaderName::from_static("request-id"), id);
    }
    let Some(Refusal { error, limit, run }) = response.extensions_mut().remove::<Refusal>() else { return response };
    if let Some(run) = run {
        sse::insert_run(&mut response, run);
    }
    if vendor.is_some() {
        *response.status_mut() = status(wires::error::status(&error));
    }
    let kind = if vendor.is_some() { "application/json" } else { "application/problem+json" };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(state) = limit {
        limit_headers(headers, state, error.retry_after_ms.unwrap_or_default());
    }
    if let Some(after_ms) = error.retry_after_ms {
        headers.insert(header::RETRY_AFTER, after_ms.div_ceil(1_000).into());
        headers.insert(HeaderName::from_static("retry-after-ms"), after_ms.into());
    }
    // The SDKs of both vendors do as it says.
    let retry = HeaderValue::from_static(if error.retryable { "true" } else { "false" });
    headers.insert(HeaderName::from_static("x-should-retry"), retry);
    if error.code == Code::Internal {
        tracing::error!(request_id = id, error = %error, "a request failed");
    }
    let body = match vendor {
        Some(vendor) => wires::error::body(vendor, &error, id.as_deref()).to_string(),
        None => serde_json::to_string(&Problem::new(error, id)).expect("a problem is strings and numbers"),
    };
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
