//! The public error: what happened, why, what to do. Stable, and free of secrets.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal, $title:literal;)*) => {
        /// What went wrong, in one word that programs may rely on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl Code {
            /// The code as it stands in JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The HTTP status of a refusal with this code.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The short sentence that heads an error of this code.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// The request is not what the route takes.
    InvalidRequest = "invalid_request", 400, "The request cannot be read";
    /// A field that this route does not know.
    UnknownField = "unknown_field", 400, "Unknown field";
    /// A parameter outside the range of the model.
    ParameterOutOfRange = "parameter_out_of_range", 400, "Parameter out of range";
    /// A parameter that the model cannot take.
    ParameterNotSupported = "parameter_not_supported", 400, "Parameter not supported";
    /// A `{{name}}` without a value.
    UnfilledVariable = "unfilled_variable", 400, "A variable has no value";
    /// No model of that name.
    ModelNotFound = "model_not_found", 404, "Unknown model";
    /// The prompt and the answer do not fit the model's context.
    ContextLengthExceeded = "context_length_exceeded", 400, "The prompt does not fit the context";
    /// A response format that cannot be enforced.
    InvalidResponseFormat = "invalid_response_format", 400, "The response format cannot be used";
    /// Nothing under that id or path.
    NotFound = "not_found", 404, "Not found";
    /// The path exists, the method does not.
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed";
    /// The run was deleted.
    Gone = "gone", 410, "Deleted";
    /// The state of the resource forbids it.
    Conflict = "conflict", 409, "Not now";
    /// A `request_id` that was used for another body.
    RequestIdReused = "request_id_reused", 409, "This request_id belongs to another request";
    /// Over the inline limit.
    BodyTooLarge = "body_too_large", 413, "The body is too large";
    /// A body of another kind.
    UnsupportedMediaType = "unsupported_media_type", 415, "Unsupported content type";
    /// From another site.
    CrossSite = "cross_site_request", 403, "Cross-site request refused";
    /// For another host.
    ForeignHost = "foreign_host", 421, "This server does not answer for that host";
    /// Too many runs at a time.
    ConcurrencyExceeded = "concurrent_generations_limit_exceeded", 429, "Too many runs at a time";
    /// The server is full or leaving.
    Overloaded = "overloaded", 529, "The server is busy";
    /// Cut by a restart of the server or of the inference worker.
    Interrupted = "interrupted", 500, "The run was interrupted";
    /// Took longer than it may.
    TimedOut = "timed_out", 504, "Timed out";
    /// The provider could not be reached.
    UpstreamUnreachable = "upstream_unreachable", 502, "The provider cannot be reached";
    /// The provider answered with an error.
    UpstreamError = "upstream_error", 502, "The provider answered with an error";
    /// The provider's stream ended before its end.
    UpstreamCut = "upstream_cut", 502, "The provider's answer was cut off";
    /// The provider sent what its protocol does not allow.
    UpstreamInvalid = "upstream_invalid", 502, "The provider's answer cannot be read";
    /// The provider wants a credential that is not set, or not a valid one.
    UpstreamAuthentication = "upstream_authentication", 502, "The provider refused the key";
    /// The provider's own limit.
    UpstreamRateLimit = "upstream_rate_limit", 502, "The provider's rate limit is reached";
    /// The provider is overloaded.
    UpstreamOverloaded = "upstream_overloaded", 502, "The provider is overloaded";
    /// The disk or the database does not take writes.
    StorageUnavailable = "storage_unavailable", 503, "Storage is not available";
    /// The embedded model cannot be used.
    ModelUnavailable = "model_unavailable", 503, "The model is not available";
    /// A defect of this server.
    Internal = "internal", 500, "Internal error";
}

/// What a provider said when it failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upstream {
    /// Its HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Its message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its id of the request, to show to its support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// An error as a client sees it: in a refusal, in `run.failed`, on the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// What went wrong, for programs.
    pub code: Code,
    /// What happened and why, for people.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Whether the same request may succeed later.
    #[serde(default)]
    pub retryable: bool,
    /// When a retry makes sense, in milliseconds from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// Which limit was met: `requests`, `tokens` or `concurrency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// The field of the request that it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
    /// What the provider said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Box<Upstream>>,
}

impl ApiError {
    /// An error with its message and nothing else.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
            retryable: false,
            retry_after_ms: None,
            limit: None,
            param: None,
            upstream: None,
        }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says which field of the request it is about.
    #[must_use]
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Says that a retry makes sense, and when where that is known.
    #[must_use]
    pub fn retry(mut self, after_ms: Option<u64>) -> Self {
        self.retryable = true;
        self.retry_after_ms = after_ms;
        self
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, " {hint}"))
    }
}

impl std::error::Error for ApiError {}
