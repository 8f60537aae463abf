//! `/v1/shares`: make, list, read and revoke links.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use domain::{ApiError, Code, NewShare, Share, ShareId, ShareView, Shared};
use serde::{Deserialize, Serialize};

use super::json::Json;
use super::path::Name;
use super::problem::Refusal;
use crate::state::AppState;

/// Which links to list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    resource: Option<Shared>,
}

/// One's links.
#[derive(Serialize)]
pub struct ShareList {
    data: Vec<Share>,
}

/// A link with its latest openings.
#[derive(Serialize)]
pub struct OneShare {
    #[serde(flatten)]
    share: Share,
    opened: Vec<ShareView>,
}

/// Makes a link.
pub async fn create(
    State(state): State<AppState>,
    Json(new): Json<NewShare>,
) -> Result<(StatusCode, axum::Json<Share>), Refusal> {
    let share = state.engine.shares().create(&state.principal, new).await?;
    Ok((StatusCode::CREATED, axum::Json(share)))
}

/// Lists one's links, the newest first.
pub async fn list(
    State(state): State<AppState>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<axum::Json<ShareList>, Refusal> {
    let Query(query) = query.map_err(|error| {
        ApiError::new(Code::InvalidRequest, format!("The query cannot be used: {}.", error.body_text()))
    })?;
    Ok(axum::Json(ShareList { data: state.engine.shares().list(&state.principal, query.resource).await? }))
}

/// Gives a link, and when it was opened.
pub async fn get(State(state): State<AppState>, Name(id): Name) -> Result<axum::Json<OneShare>, Refusal> {
    let (share, opened) = state.engine.shares().get(&state.principal, parse(&id)?).await?;
    Ok(axum::Json(OneShare { share, opened }))
}

/// Revokes a link, at once.
pub async fn revoke(State(state): State<AppState>, Name(id): Name) -> Result<StatusCode, Refusal> {
    state.engine.shares().revoke(&state.principal, parse(&id)?, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn parse(id: &str) -> Result<ShareId, ApiError> {
    id.parse().map_err(|error| ApiError::new(Code::NotFound, format!("There is no such link: {error}.")))
}
