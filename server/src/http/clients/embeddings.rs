//! `POST /v1/embeddings`: passed on to a provider that makes vectors.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::fields::Fields;

use super::call::Call;
use crate::http::problem::Refusal;
use crate::state::AppState;

/// Passes the request on, and the answer back, as they come.
pub async fn create(State(state): State<AppState>, request: Request) -> Result<Response, Refusal> {
    let call = Call::read(request).await?;
    let mut fields = Fields::of_body(call.body.as_bytes())?;
    let model: String = fields.need("model")?;
    if fields.raw("input").is_none() {
        return Err(fields.lacks("input").into());
    }
    let answer = state.engine.embed(&model, &call.body).await?;
    let mut response = answer.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
