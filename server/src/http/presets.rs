//! `/v1/presets`: prompts with a history, for code.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::limits::{PROMPTS_PAGE_DEFAULT, PROMPTS_PAGE_MAX, VERSIONS_PAGE_MAX};
use domain::prompt::{PromptFilter, PromptPage, Saved, VersionPage};
use domain::{ApiError, Code, NewVersion, Preset, Which};
use engine::library::prompt_id;
use serde::{Deserialize, Serialize};

use super::json::Json;
use super::path::Name;
use super::problem::Refusal;
use crate::state::AppState;

/// Which prompts to list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    query: Option<String>,
    limit: Option<u32>,
    after: Option<String>,
    tag: Option<String>,
    favourite: Option<bool>,
    archived: Option<bool>,
    example: Option<bool>,
    from: Option<i64>,
    to: Option<i64>,
}

/// Lists prompts: the best matches first, or the last changed.
pub async fn list(
    State(state): State<AppState>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<axum::Json<PromptPage>, Refusal> {
    let Query(query) = query.map_err(|error| unreadable(&error))?;
    let limit = bounded(query.limit, PROMPTS_PAGE_DEFAULT, PROMPTS_PAGE_MAX)?;
    let filter = PromptFilter {
        query: query.query.unwrap_or_default(),
        tag: query.tag,
        favourite: query.favourite.unwrap_or_default(),
        archived: query.archived.unwrap_or_default(),
        example: query.example.unwrap_or_default(),
        from: query.from,
        to: query.to,
    };
    let after = query.after.as_deref().filter(|after| !after.is_empty());
    Ok(axum::Json(state.engine.library().list(&state.principal, &filter, after, limit).await?))
}

/// Saves a new prompt with its first version.
pub async fn create(State(state): State<AppState>, Json(new): Json<NewVersion>) -> Result<Response, Refusal> {
    let library = state.engine.library();
    let saved = library.create(&state.principal, new).await?;
    let preset = library.get(&state.principal, saved.id, Which::Number(saved.version)).await?;
    Ok((StatusCode::CREATED, axum::Json(preset)).into_response())
}

/// Which version of a prompt is meant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhichQuery {
    version: Option<u32>,
    label: Option<String>,
}

/// Gives a prompt with one of its versions, the newest where none is named.
pub async fn get(
    State(state): State<AppState>,
    Name(id): Name,
    query: Result<Query<WhichQuery>, QueryRejection>,
) -> Result<axum::Json<Preset>, Refusal> {
    let id = prompt_id(&id)?;
    let Query(query) = query.map_err(|error| unreadable(&error))?;
    if query.version.is_some() && query.label.is_some() {
        let message = "`version` and `label` both say which version is meant.";
        return Err(ApiError::new(Code::InvalidRequest, message).param("label").into());
    }
    let preset = state.engine.library().get(&state.principal, id, Which::of(query.version, query.label)).await?;
    if preset.archived { Err(gone(&preset).into()) } else { Ok(axum::Json(preset)) }
}

/// What came of saving, with the prompt as it stands.
#[derive(Serialize)]
pub struct Put {
    #[serde(flatten)]
    saved: Saved,
    name: String,
    tags: Vec<String>,
    favourite: bool,
    head: u32,
}

/// Saves another version of a prompt; content that is there already makes none.
pub async fn put(
    State(state): State<AppState>,
    Name(id): Name,
    Json(new): Json<NewVersion>,
) -> Result<axum::Json<Put>, Refusal> {
    let id = prompt_id(&id)?;
    let library = state.engine.library();
    let before = library.get(&state.principal, id, Which::Head).await?;
    if before.archived {
        return Err(gone(&before).into());
    }
    let saved = library.save(&state.principal, id, new).await?;
    let Preset { name, tags, favourite, head, .. } = library.get(&state.principal, id, Which::Head).await?;
    Ok(axum::Json(Put { saved, name, tags, favourite, head }))
}

/// Puts a prompt away. On the page it can be brought back.
pub async fn delete(State(state): State<AppState>, Name(id): Name) -> Result<StatusCode, Refusal> {
    let id = prompt_id(&id)?;
    let library = state.engine.library();
    let preset = library.get(&state.principal, id, Which::Head).await?;
    if preset.archived {
        return Err(gone(&preset).into());
    }
    library.archive(&state.principal, id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which versions to list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionsQuery {
    limit: Option<u32>,
    /// Those before this number.
    after: Option<u32>,
}

/// Lists the versions of a prompt, the newest first.
pub async fn versions(
    State(state): State<AppState>,
    Name(id): Name,
    query: Result<Query<VersionsQuery>, QueryRejection>,
) -> Result<axum::Json<VersionPage>, Refusal> {
    let id = prompt_id(&id)?;
    let Query(query) = query.map_err(|error| unreadable(&error))?;
    let limit = bounded(query.limit, VERSIONS_PAGE_MAX, VERSIONS_PAGE_MAX)?;
    let library = state.engine.library();
    let preset = library.get(&state.principal, id, Which::Head).await?;
    if preset.archived {
        return Err(gone(&preset).into());
    }
    Ok(axum::Json(library.versions(&state.principal, id, query.after, limit).await?))
}

fn gone(preset: &Preset) -> ApiError {
    ApiError::new(Code::NotFound, format!("There is no {}: it was put away.", preset.id))
        .hint("Bring it back in the library, under “Archived”.")
}

fn bounded(limit: Option<u32>, usual: u32, most: u32) -> Result<u32, ApiError> {
    let limit = limit.unwrap_or(usual);
    if (1..=most).contains(&limit) {
        return Ok(limit);
    }
    let message = format!("`limit` is {limit}; 1 to {most} are taken.");
    Err(ApiError::new(Code::ParameterOutOfRange, message).param("limit"))
}

fn unreadable(error: &QueryRejection) -> ApiError {
    ApiError::new(Code::InvalidRequest, format!("The query cannot be used: {}.", error.body_text()))
}
