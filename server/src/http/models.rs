//! `GET /v1/models`: OpenAI's shape, or Anthropic's where the request has its header, and beside it what Etude knows of
//! each model.

use std::time::{Duration, UNIX_EPOCH};

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use domain::{ApiError, Code, ModelInfo};
use serde::Serialize;

use super::clients::check_version;
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

/// A page of the list, as Anthropic's clients read it (<https://docs.anthropic.com/en/api/models-list>); always the
/// only one.
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

/// Lists all models, the default first.
pub async fn list(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Refusal> {
    check_version(&headers)?;
    let models = state.engine.models();
    if is_anthropic(&headers) {
        let data: Vec<_> = models.into_iter().map(AnthropicEntry::from).collect();
        let id = |entry: Option<&AnthropicEntry>| entry.map(|entry| entry.id.clone());
        let (first_id, last_id) = (id(data.first()), id(data.last()));
        return Ok(Json(AnthropicList { data, has_more: false, first_id, last_id }).into_response());
    }
    Ok(Json(List { object: "list", data: models.into_iter().map(Entry::from).collect() }).into_response())
}

/// Gives one, by its name or an alias.
pub async fn get(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
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
