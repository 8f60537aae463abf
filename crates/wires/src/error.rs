//! Errors in the vendors' shapes, with the statuses that their SDKs make classes of.
//!
//! <https://platform.openai.com/docs/guides/error-codes>, <https://docs.anthropic.com/en/api/errors>

use domain::{ApiError, Code, Vendor};
use serde_json::{Value, json};

/// The HTTP status of an error: the provider's own where it is a provider's error, so that the SDK raises what it would
/// have raised there.
#[must_use]
pub fn status(error: &ApiError) -> u16 {
    let said = error.upstream.as_ref().and_then(|upstream| upstream.status);
    match said {
        Some(status @ 400..=599) if error.code.status() == 502 => status,
        _ => error.code.status(),
    }
}

/// The word for an error; both vendors have the same for most.
#[must_use]
pub fn kind(error: &ApiError) -> &'static str {
    match (status(error), error.code) {
        (_, Code::ConcurrencyExceeded | Code::UpstreamRateLimit) | (429, _) => "rate_limit_error",
        (_, Code::Overloaded | Code::UpstreamOverloaded) | (503 | 529, _) => "overloaded_error",
        (401, _) => "authentication_error",
        (402, _) => "billing_error",
        (403, _) => "permission_error",
        (404 | 410, _) => "not_found_error",
        (413, _) => "request_too_large",
        (408 | 504, _) => "timeout_error",
        (400..=499, _) => "invalid_request_error",
        _ => "api_error",
    }
}

/// What happened, why and what to do: SDKs show this one text.
#[must_use]
pub fn text(error: &ApiError) -> String {
    error.to_string()
}

fn code(error: &ApiError) -> &'static str {
    match (status(error), error.code) {
        (401, _) => "invalid_api_key",
        (429, Code::UpstreamRateLimit) => "rate_limit_exceeded",
        (404, Code::UpstreamError) => "model_not_found",
        _ => error.code.as_str(),
    }
}

/// The inner object of OpenAI's shape.
#[must_use]
pub fn openai_inner(error: &ApiError) -> Value {
    let kind = kind(error);
    // OpenAI's own has one word for what the caller can mend.
    let kind = if matches!(kind, "not_found_error" | "request_too_large") { "invalid_request_error" } else { kind };
    json!({"message": text(error), "type": kind, "param": error.param, "code": code(error)})
}

/// The body of an error.
#[must_use]
pub fn body(vendor: Vendor, error: &ApiError, request_id: Option<&str>) -> Value {
    match vendor {
        Vendor::Openai => json!({"error": openai_inner(error)}),
        Vendor::Anthropic => {
            let mut inner = json!({"type": kind(error), "message": text(error)});
            if error.param.as_deref() == Some("thread") {
                // By this word the vendor's clients know to send the whole conversation in place of a thread.
                inner["details"] = json!({"error_code": "thread_unsupported_request", "unsupported": ["thread"]});
            }
            json!({"type": "error", "error": inner, "request_id": request_id})
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Upstream;

    use super::*;

    fn upstream(code: Code, status: u16) -> ApiError {
        let mut error = ApiError::new(code, "lab answered.");
        error.upstream = Some(Box::new(Upstream { status: Some(status), ..Upstream::default() }));
        error
    }

    #[test]
    fn g2_a_providers_status_is_the_answers() {
        for (error, want_status, want_kind) in [
            (upstream(Code::UpstreamError, 400), 400, "invalid_request_error"),
            (upstream(Code::UpstreamAuthentication, 401), 401, "authentication_error"),
            (upstream(Code::UpstreamAuthentication, 403), 403, "permission_error"),
            (upstream(Code::UpstreamRateLimit, 429), 429, "rate_limit_error"),
            (upstream(Code::UpstreamOverloaded, 529), 529, "overloaded_error"),
            (upstream(Code::UpstreamError, 500), 500, "api_error"),
            // A stream that failed in its middle had a good head.
            (upstream(Code::UpstreamCut, 200), 502, "api_error"),
            (ApiError::new(Code::ModelNotFound, "x"), 404, "not_found_error"),
            (ApiError::new(Code::BodyTooLarge, "x"), 413, "request_too_large"),
            (ApiError::new(Code::RequestIdReused, "x"), 409, "invalid_request_error"),
            (ApiError::new(Code::TimedOut, "x"), 504, "timeout_error"),
        ] {
            assert_eq!((status(&error), kind(&error)), (want_status, want_kind), "{error:?}");
        }
    }
}
