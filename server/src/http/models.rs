//! `GET /v1/models`: OpenAI's shape, or Anthropic's where the request has its header, and beside it what Etude knows of
//! each model.

use std::time::{Duration, UNIX_EPOCH};

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use domain::{ApiError, Code, ModelInfo};
use serde::{Deserialize, Serialize};

use super::clients::check_version;
use super::path::Name;
use super::problem::Refusal;
use crate::state::AppState;

/// A list, as OpenAI's clients read it.
#[derive(Serialize)]
pub struct List {
    object: &'static str,
    data: Vec<Entry>,
}

/// A model, as OpenAI's clients read it; more fields beside theirs.
#[derive(Serialize)]
pub struct Entry {
    id: String,
    object: &'static str,
    /// Seconds since 1970. Providers do not all tell: 0 then.
    created: i64,
    owned_by: String,
    #[serde(flatten)]
    info: ModelInfo,
}

impl From<ModelInfo> for Entry {
    fn from(info: ModelInfo) -> Self {
        let created = info.created_s.unwrap_or_default();
        Self { id: info.name.clone(), object: "model", created, owned_by: info.provider.clone(), info }
    }
}

/// A page of the list, as Anthropic's clients read it (<https://docs.anthropic.com/en/api/models-list>).
#[derive(Serialize)]
pub struct AnthropicList {
    data: Vec<AnthropicEntry>,
    has_more: bool,
    first_id: Option<String>,
    last_id: Option<String>,
}

/// A model, as Anthropic's clients read it; more fields beside theirs.
#[derive(Serialize)]
pub struct AnthropicEntry {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    display_name: String,
    /// RFC 3339; 1970 where the provider does not tell.
    created_at: String,
    lifecycle: &'static str,
    max_input_tokens: Option<u32>,
    max_tokens: Option<u32>,
    /// What the vendor tells of its own models alone.
    capabilities: Option<()>,
    deprecated_at: Option<()>,
    retires_at: Option<()>,
    line: Option<()>,
    #[serde(flatten)]
    info: ModelInfo,
}

impl From<ModelInfo> for AnthropicEntry {
    fn from(info: ModelInfo) -> Self {
        let created_s = info.created_s.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or_default();
        let created = UNIX_EPOCH.checked_add(Duration::from_secs(created_s)).unwrap_or(UNIX_EPOCH);
        let created_at = humantime::format_rfc3339_seconds(created).to_string();
        Self {
            kind: "model",
            id: info.name.clone(),
            display_name: info.name.clone(),
            created_at,
            lifecycle: "active",
            max_input_tokens: info.context_tokens,
            max_tokens: info.output_tokens_max,
            capabilities: None,
            deprecated_at: None,
            retires_at: None,
            line: None,
            info,
        }
    }
}

fn is_anthropic(headers: &HeaderMap) -> bool {
    headers.contains_key("anthropic-version")
}

/// Models on a page of Anthropic's list, when nothing is said (the vendor's number).
const PAGE_DEFAULT: usize = 20;
/// Most models on such a page (the vendor's number).
const PAGE_MAX: usize = 1_000;

/// Which page of Anthropic's list is wanted.
#[derive(Deserialize)]
pub struct PageQuery {
    limit: Option<usize>,
    after_id: Option<String>,
    before_id: Option<String>,
}

impl PageQuery {
    fn page(&self, mut models: Vec<ModelInfo>) -> Result<AnthropicList, ApiError> {
        let limit = self.limit.unwrap_or(PAGE_DEFAULT);
        if !(1..=PAGE_MAX).contains(&limit) {
            let message = format!("`limit` is {limit}; 1 to {PAGE_MAX} are taken.");
            return Err(ApiError::new(Code::ParameterOutOfRange, message).param("limit"));
        }
        let place = |name: &str, id: &String, models: &[ModelInfo]| {
            models
                .iter()
                .position(|info| info.name == *id)
                .ok_or_else(|| ApiError::new(Code::InvalidRequest, format!("`{name}` is no model here.")).param(name))
        };
        if let Some(after) = &self.after_id {
            models.drain(..=place("after_id", after, &models)?);
        }
        let mut has_more = models.len() > limit;
        if let Some(before) = &self.before_id {
            models.truncate(place("before_id", before, &models)?);
            has_more = models.len() > limit;
            // The page is the one that ends there.
            models.drain(..models.len().saturating_sub(limit));
        }
        models.truncate(limit);
        let data: Vec<_> = models.into_iter().map(AnthropicEntry::from).collect();
        let id = |entry: Option<&AnthropicEntry>| entry.map(|entry| entry.id.clone());
        let (first_id, last_id) = (id(data.first()), id(data.last()));
        Ok(AnthropicList { data, has_more, first_id, last_id })
    }
}

/// Lists all models, the default first; page by page where Anthropic's clients ask.
pub async fn list(
    State(state): State<AppState>,
    query: Result<Query<PageQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    check_version(&headers)?;
    let models = state.engine.models();
    if is_anthropic(&headers) {
        let Query(query) = query.map_err(|error| {
            ApiError::new(Code::InvalidRequest, format!("The query cannot be used: {}.", error.body_text()))
        })?;
        return Ok(Json(query.page(models)?).into_response());
    }
    Ok(Json(List { object: "list", data: models.into_iter().map(Entry::from).collect() }).into_response())
}

/// Gives one, by its name or an alias.
pub async fn get(State(state): State<AppState>, Name(name): Name, headers: HeaderMap) -> Result<Response, Refusal> {
    check_version(&headers)?;
    let mut models = state.engine.models().into_iter();
    let Some(info) = models.find(|info| info.name == name || info.aliases.contains(&name)) else {
        let shown: String = name.chars().take(100).collect();
        return Err(ApiError::new(Code::ModelNotFound, format!("There is no model `{shown}`."))
            .hint("All models are at GET /v1/models.")
            .into());
    };
    Ok(if is_anthropic(&headers) {
        Json(AnthropicEntry::from(info)).into_response()
    } else {
        Json(Entry::from(info)).into_response()
    })
}
