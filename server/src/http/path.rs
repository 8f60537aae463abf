//! The name in a path, such as a run's id.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use domain::{ApiError, Code};

use super::problem::Refusal;

/// The one name in a path. What is no text is refused in the words of the route.
pub struct Name(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let read = Path::<String>::from_request_parts(parts, state).await;
        read.map(|Path(name)| Self(name)).map_err(|error| {
            ApiError::new(Code::InvalidRequest, format!("The path cannot be used: {}.", error.body_text())).into()
        })
    }
}
