//! What can go wrong in the engine: rich here, logged once, public at the edge.

use domain::{ApiError, Code};

use crate::admission::LimitState;

/// A refusal or a fault.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A refusal with its public words.
    #[error("{0}")]
    Refused(ApiError),
    /// Over a limit, with its state for the headers.
    #[error("over the concurrency limit of {}", .0.limit)]
    OverLimit(LimitState),
    /// The database did not do what was asked.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The database cannot be opened.
    #[error("{0}")]
    Schema(String),
    /// The disk did not do what was asked.
    #[error("{what}: {source}")]
    Disk {
        /// What was tried.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Kept bytes that cannot be read.
    #[error("kept data cannot be read: {0}")]
    Corrupt(String),
    /// The configuration cannot be used.
    #[error("{0}")]
    Config(String),
}

impl Error {
    /// A fault of the disk, with what was tried.
    pub(crate) fn disk(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Disk { what, source }
    }

    /// The same error, a refusal's words changed.
    #[must_use]
    pub fn reworded(self, change: impl FnOnce(ApiError) -> ApiError) -> Self {
        match self {
            Self::Refused(error) => Self::Refused(change(error)),
            other => other,
        }
    }

    /// The public words; what is internal stays in the log.
    #[must_use]
    pub fn public(&self) -> ApiError {
        match self {
            Self::Refused(error) => error.clone(),
            Self::OverLimit(state) => {
                let mut error = ApiError::new(
                    Code::ConcurrencyExceeded,
                    format!("{} runs are going on, which is as many as this user may have at a time.", state.limit),
                )
                .hint("Wait until one has ended, or cancel one.")
                .retry(Some(domain::limits::CONCURRENCY_RETRY_MS));
                error.limit = Some("concurrency".into());
                error
            }
            Self::Database(_) | Self::Disk { .. } => {
                tracing::error!(error = %self, "storage failed");
                ApiError::new(Code::StorageUnavailable, "The server's storage did not answer. Nothing was changed.")
                    .hint("Try again; if it persists, look at the server's log and at free disk space.")
                    .retry(None)
            }
            Self::Schema(_) | Self::Corrupt(_) | Self::Config(_) => {
                tracing::error!(error = %self, "internal error");
                ApiError::new(Code::Internal, "The server could not do this because of a fault of its own.")
                    .hint("Look at the server's log.")
            }
        }
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

impl From<&Error> for ApiError {
    fn from(error: &Error) -> Self {
        error.public()
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        error.public()
    }
}
