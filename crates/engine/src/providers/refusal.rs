//! What a provider says when it does not answer with a stream, in our words and its own.

use std::time::Duration;

use domain::limits::UPSTREAM_ERROR_BYTES_MAX;
use domain::{ApiError, Code, Upstream};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::secret::Secrets;

/// Longest part of a provider's message that is passed on, in characters.
const MESSAGE_CHARS_MAX: usize = 2_000;
/// How long the body of an error is waited for once its head is there, in milliseconds.
const ERROR_BODY_MS: u64 = 2_000;
/// Longest wait that a provider may suggest, in milliseconds (a day).
const RETRY_AFTER_MS_MAX: u64 = 24 * 60 * 60 * 1_000;

/// A body, read up to a bound.
pub struct Bounded {
    /// What arrived.
    pub bytes: Vec<u8>,
    /// Whether that is all of it.
    pub whole: bool,
}

impl Bounded {
    /// Reads at most `bytes_max`, within `patience` where there is one; a connection that breaks or goes silent leaves
    /// what had arrived.
    pub async fn read(mut response: Response, bytes_max: usize, patience: Option<Duration>) -> Self {
        let until = patience.map(|patience| Instant::now() + patience);
        let mut bytes = Vec::new();
        loop {
            let chunk = match until {
                Some(until) => tokio::time::timeout_at(until, response.chunk()).await,
                None => Ok(response.chunk().await),
            };
            match chunk {
                Ok(Ok(Some(chunk))) if bytes.len() + chunk.len() > bytes_max => {
                    bytes.extend_from_slice(&chunk[..bytes_max - bytes.len()]);
                    return Self { bytes, whole: false };
                }
                Ok(Ok(Some(chunk))) => bytes.extend_from_slice(&chunk),
                Ok(Ok(None)) => return Self { bytes, whole: true },
                Ok(Err(_)) | Err(_) => return Self { bytes, whole: false },
            }
        }
    }
}

/// An answer that is no stream of events.
pub async fn refused(name: &str, secrets: &Secrets, response: Response) -> ApiError {
    let status = response.status();
    let headers = response.headers().clone();
    let body = Bounded::read(response, UPSTREAM_ERROR_BYTES_MAX, Some(Duration::from_millis(ERROR_BODY_MS))).await;
    explain(name, secrets, status, &headers, &body.bytes)
}

fn explain(name: &str, secrets: &Secrets, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ApiError {
    let said = Said::read(body);
    let message = shorten(secrets.blank(said.message));
    let head = head(secrets, status, headers);
    let text = |header: &str| headers.get(header).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let Meaning { code, hint, retryable } = meaning(status.as_u16(), &said.kind);
    let mut error = ApiError::new(
        code,
        if message.is_empty() {
            format!("{name} answered with status {status}.")
        } else {
            format!("{name} answered with status {status}: {message}")
        },
    )
    .hint(hint);
    error.retryable = match text("x-should-retry").as_deref() {
        Some("true") => true,
        Some("false") => false,
        _ => retryable,
    };
    error.retry_after_ms = retry_after_ms(headers);
    error.upstream = Some(Box::new(Upstream {
        message: (!message.is_empty()).then_some(message),
        request_id: head.request_id.or_else(|| said.request_id.map(|id| secrets.blank(id))),
        ..head
    }));
    error
}

/// What the head of an answer says of the request.
pub fn head(secrets: &Secrets, status: StatusCode, headers: &HeaderMap) -> Upstream {
    let text = |header: &str| headers.get(header).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let request_id = text("x-request-id").or_else(|| text("request-id")).map(|id| secrets.blank(id));
    Upstream { status: Some(status.as_u16()), message: None, request_id }
}

struct Meaning {
    code: Code,
    hint: &'static str,
    retryable: bool,
}

fn meaning(status: u16, kind: &str) -> Meaning {
    let (code, hint, retryable) = match (status, kind) {
        (_, "insufficient_quota" | "billing_error") | (402, _) => {
            (Code::UpstreamRateLimit, "The provider's account has no credit left; see its billing page.", false)
        }
        (401 | 403, _) | (_, "authentication_error" | "permission_error") => {
            (Code::UpstreamAuthentication, "Check the key of this provider.", false)
        }
        (429, _) | (_, "rate_limit_error" | "rate_limit_exceeded") => {
            (Code::UpstreamRateLimit, "Wait, or use another model.", true)
        }
        (503 | 529, _) | (_, "overloaded_error") => {
            (Code::UpstreamOverloaded, "Try again in a moment, or use another model.", true)
        }
        (404, _) | (_, "not_found_error") => {
            (Code::UpstreamError, "Check that the provider still serves this model, and its base_url.", false)
        }
        (413, _) => (Code::UpstreamError, "Shorten the prompt, or use a model that takes longer ones.", false),
        (408 | 409 | 500.., _) | (_, "api_error" | "server_error" | "timeout_error") => {
            (Code::UpstreamError, "Try again, or use another model.", true)
        }
        (200..=299, _) => {
            (Code::UpstreamInvalid, "Check that base_url is the address of an API of this provider's kind.", false)
        }
        (300..=399, _) => (Code::UpstreamInvalid, "It redirects, which is not followed: set base_url to where.", false),
        _ => (Code::UpstreamError, "Change the request as the provider says.", false),
    };
    Meaning { code, hint, retryable }
}

/// An error in the middle of a stream: the answer's status was 200.
pub fn failed_midway(name: &str, secrets: &Secrets, body: &Value) -> ApiError {
    let said = Said::of(body);
    let message = shorten(secrets.blank(said.message));
    let Meaning { code, retryable, .. } = meaning(said.status.unwrap_or(500), &said.kind);
    let mut error = ApiError::new(code, format!("{name} failed in the middle of its answer: {message}"))
        .hint("What had arrived is kept. Run it again, or continue from it.");
    error.retryable = retryable;
    let request_id = said.request_id.map(|id| secrets.blank(id));
    error.upstream = Some(Box::new(Upstream { status: said.status, message: Some(message), request_id }));
    error
}

/// A provider's error, in the shapes that are in use:
/// `{"error": {"message", "type", "code"}}`, `{"error": "…"}`, `{"type": "error", "error": {…}, "request_id"}`,
/// `{"object": "error", "message", "code"}`, `{"detail": …}`, `{"message": …}`, or plain text.
#[derive(Default)]
struct Said {
    message: String,
    /// The provider's word for what went wrong.
    kind: String,
    /// A status that stands inside the body.
    status: Option<u16>,
    request_id: Option<String>,
}

impl Said {
    fn read(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) if value.is_object() => Self::of(&value),
            _ => Self { message: plain(&String::from_utf8_lossy(body)), ..Self::default() },
        }
    }

    fn of(value: &Value) -> Self {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Fields {
            message: Option<Value>,
            detail: Option<Value>,
            #[serde(rename = "type")]
            kind: Option<Value>,
            code: Option<Value>,
        }
        let inner = value.get("error").filter(|error| !error.is_null()).unwrap_or(value);
        let request_id = value.get("request_id").and_then(Value::as_str).map(str::to_owned);
        if let Some(text) = inner.as_str() {
            return Self { message: text.to_owned(), request_id, ..Self::default() };
        }
        let fields = Fields::deserialize(inner).unwrap_or_default();
        let message = fields.message.or(fields.detail).map(|message| match message {
            Value::String(text) => text,
            other => other.to_string(),
        });
        let word = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
        let status = fields.code.as_ref().and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
        // OpenAI's `code` says more than its `type`.
        let kind = word(&fields.code).or_else(|| word(&fields.kind)).unwrap_or_default();
        Self { message: message.unwrap_or_else(|| inner.to_string()), kind, status, request_id }
    }
}

/// What a page of HTML says, without its tags; other text as it is.
fn plain(body: &str) -> String {
    let body = body.trim();
    if !body.starts_with('<') {
        return body.to_owned();
    }
    let mut words = Vec::new();
    for piece in body.split('<') {
        let text = piece.split_once('>').map_or(piece, |(_, text)| text);
        words.extend(text.split_whitespace());
    }
    words.join(" ")
}

fn shorten(text: String) -> String {
    match text.char_indices().nth(MESSAGE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// `retry-after-ms`, or `retry-after` in seconds or as a date (RFC 9110, 10.2.3), reckoned from the answer's own date.
fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| *number >= 0.0);
    let ms = if let Some(ms) = text("retry-after-ms").and_then(number) {
        ms
    } else {
        let after = text(RETRY_AFTER.as_str())?;
        match number(after) {
            Some(seconds) => seconds * 1_000.0,
            None => {
                let date = httpdate::parse_http_date(after).ok()?;
                let now = text(DATE.as_str()).and_then(|date| httpdate::parse_http_date(date).ok())?;
                date.duration_since(now).unwrap_or(Duration::ZERO).as_secs_f64() * 1_000.0
            }
        }
    };
    Some((ms as u64).min(RETRY_AFTER_MS_MAX))
}

/// No answer at all; `limit_ms` is how long was waited, for a connection or, where it stood, for the answer.
pub fn unreachable(name: &str, limit_ms: u64, error: &reqwest::Error) -> ApiError {
    if error.is_timeout() {
        let seconds = limit_ms as f64 / 1_000.0;
        let what = if error.is_connect() { "no connection stood" } else { "nothing came" };
        let message = format!("{name} did not answer: {what} within {seconds} s.");
        return ApiError::new(Code::TimedOut, message)
            .hint("Check that its address is right and can be reached from this server.")
            .retry(None);
    }
    // The innermost cause says it; the outer ones repeat the URL.
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if error.is_request() && !error.is_connect() {
        return ApiError::new(Code::UpstreamCut, format!("{name} closed the connection before it answered: {cause}."))
            .hint("Nothing had arrived. Run it again.")
            .retry(None);
    }
    ApiError::new(Code::UpstreamUnreachable, format!("{name} cannot be reached: {cause}."))
        .hint("Check that it runs and that its base_url is right.")
        .retry(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(pairs: &[(&'static str, &str)]) -> Option<u64> {
        let headers = pairs
            .iter()
            .map(|(name, value)| (reqwest::header::HeaderName::from_static(name), value.parse().expect("a header")));
        retry_after_ms(&headers.collect())
    }

    #[test]
    fn a_wait_is_read_in_every_form() {
        assert_eq!(after(&[("retry-after", "7")]), Some(7_000));
        assert_eq!(after(&[("retry-after", "1.5"), ("retry-after-ms", "250")]), Some(250));
        let date = ("date", "Wed, 25 Nov 2026 10:00:00 GMT");
        assert_eq!(after(&[("retry-after", "Wed, 25 Nov 2026 10:00:30 GMT"), date]), Some(30_000));
        assert_eq!(after(&[("retry-after", "Wed, 25 Nov 2026 09:00:00 GMT"), date]), Some(0));
        assert_eq!(after(&[("retry-after", "soon")]), None);
        assert_eq!(after(&[("retry-after", "-1")]), None);
    }

    /// An answer that is an error, from `tests/wires/errors`.
    #[derive(Deserialize)]
    struct Case {
        status: u16,
        #[serde(default)]
        headers: std::collections::BTreeMap<String, String>,
        body: String,
        expected: Expected,
    }

    #[derive(Deserialize)]
    struct Expected {
        message: String,
        request_id: Option<String>,
        retry_after_ms: Option<u64>,
    }

    #[test]
    fn every_servers_errors_are_understood() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wires/errors");
        let mut seen = 0;
        for file in std::fs::read_dir(folder).expect("a folder").flatten() {
            let text = std::fs::read_to_string(file.path()).expect("a case");
            let case: Case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file:?}: {error}"));
            let headers = case.headers.iter().map(|(name, value)| {
                (name.parse::<reqwest::header::HeaderName>().expect("a name"), value.parse().expect("a value"))
            });
            let status = StatusCode::from_u16(case.status).expect("a status");
            let error = explain("lab", &Secrets::default(), status, &headers.collect(), case.body.as_bytes());
            let upstream = error.upstream.as_deref().expect("what the provider said");
            assert!(error.message.contains(&case.expected.message), "{file:?}: {error}");
            assert_eq!(upstream.request_id, case.expected.request_id, "{file:?}");
            assert_eq!(error.retry_after_ms, case.expected.retry_after_ms, "{file:?}");
            assert_eq!(upstream.status, Some(case.status), "{file:?}");
            seen += 1;
        }
        assert!(seen > 20, "only {seen} cases");
    }

    #[test]
    fn a_page_of_html_is_read_as_text() {
        let said = Said::read(b"<html><head><title>502 Bad Gateway</title></head>\r\n<body></body></html>");
        assert_eq!(said.message, "502 Bad Gateway");
    }

    #[test]
    fn k2_a_key_that_is_repeated_is_blanked() {
        let secrets = Secrets::new([crate::secret::Secret::from("sk-canary".to_owned())]);
        let body = br#"{"error":{"message":"Incorrect key: sk-canary","type":"invalid_request_error"}}"#;
        let error = explain("lab", &secrets, StatusCode::UNAUTHORIZED, &HeaderMap::new(), body);
        assert_eq!(error.code, Code::UpstreamAuthentication);
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}
