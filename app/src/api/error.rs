//! The public error as a server function returns it.

use super::json::JsonText;
use domain::ApiError;
use domain::error::Code;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// Why a server function failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageError(pub ApiError);

impl From<ApiError> for PageError {
    /// Also sets the status of the answer, be it a page or a server function's.
    fn from(error: ApiError) -> Self {
        #[cfg(feature = "ssr")]
        if let Some(response) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>()
            && let Ok(status) = http::StatusCode::from_u16(error.code.status())
        {
            response.set_status(status);
        }
        Self(error)
    }
}

#[cfg(feature = "ssr")]
impl From<engine::Error> for PageError {
    fn from(error: engine::Error) -> Self {
        ApiError::from(error).into()
    }
}

impl FromServerFnError for PageError {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let error = match error {
            ServerFnErrorErr::Request(reason) => {
                ApiError::new(Code::Internal, format!("The server cannot be reached: {reason}.")).retry(None)
            }
            // As axum's body says it; the error has no other form here.
            ServerFnErrorErr::Deserialization(reason) if reason.contains("length limit") => {
                let megabytes = domain::limits::INLINE_BODY_BYTES_MAX / (1024 * 1024);
                ApiError::new(Code::BodyTooLarge, format!("The page sent more than {megabytes} MiB at once."))
                    .hint("Make the prompt shorter.")
            }
            ServerFnErrorErr::Args(reason) | ServerFnErrorErr::MissingArg(reason) => {
                ApiError::new(Code::InvalidRequest, format!("The form cannot be read: {reason}."))
            }
            other => ApiError::new(Code::Internal, format!("The page and the server disagree: {other}."))
                .hint("Load the page again; it may be of an older build."),
        };
        error.into()
    }
}
