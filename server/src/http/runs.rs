//! `/v1/runs`: start, read, cancel, delete.

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::history::parse_statuses;
use domain::limits::{REQUEST_ID_BYTES_MAX, RUNS_PAGE_DEFAULT, RUNS_PAGE_MAX};
use domain::run::RunPage;
use domain::{ApiError, Code, ComparisonId, NewRun, PromptId, Run, RunFilter, RunId, Wire};
use engine::runs::Cancelled;
use serde::Deserialize;

use super::json::Json;
use super::live::Closing;
use super::path::Name;
use super::problem::{Refusal, limit_headers};
use super::sse;
use crate::state::AppState;

/// Starts a run and streams it, or waits for it where JSON is asked for.
pub async fn start(
    State(state): State<AppState>,
    Extension(Closing(closing)): Extension<Closing>,
    headers: HeaderMap,
    Json(mut new): Json<NewRun>,
) -> Result<Response, Refusal> {
    take_idempotency_key(&headers, &mut new)?;
    let runs = state.engine.runs();
    let started = runs.start(&state.principal, new).await?;
    // Before anything else is waited for: a run that is not to be kept going counts its readers.
    let tail = runs.tail(&state.principal, started.run, None).await?;
    let mut response = if wants_json(&headers) {
        tail.ended().await;
        let run = runs.get(&state.principal, started.run).await?;
        let mut response = axum::Json(run).into_response();
        sse::insert_run(&mut response, started.run);
        response
    } else {
        sse::answer(started.run, tail, closing)
    };
    if let Some(state) = started.concurrency {
        limit_headers(response.headers_mut(), state, 0);
    }
    Ok(response)
}

/// `Idempotency-Key` is the `request_id` by another name.
pub(super) fn take_idempotency_key(headers: &HeaderMap, new: &mut NewRun) -> Result<(), ApiError> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(()) };
    let key = value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= REQUEST_ID_BYTES_MAX);
    let key = key.ok_or_else(|| {
        let message =
            format!("`Idempotency-Key` must be 1 to {REQUEST_ID_BYTES_MAX} characters of ASCII. Nothing was started.");
        ApiError::new(Code::InvalidRequest, message)
    })?;
    if new.request_id.as_deref().is_some_and(|id| id != key) {
        return Err(ApiError::new(
            Code::InvalidRequest,
            "`Idempotency-Key` and `request_id` differ. Nothing was started.",
        )
        .hint("Send one of them."));
    }
    new.request_id = Some(key.to_owned());
    Ok(())
}

/// Which runs to list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    limit: Option<u32>,
    after: Option<RunId>,
    /// With commas between.
    status: Option<String>,
    model: Option<String>,
    /// Microseconds since 1970, UTC: from then on, and until before then.
    from: Option<i64>,
    to: Option<i64>,
    /// Words of request, answer, error or id.
    query: Option<String>,
    prompt: Option<PromptId>,
    group: Option<ComparisonId>,
    /// In micro-dollars.
    cost_from: Option<i64>,
}

/// Lists runs, newest first: those that every parameter admits.
pub async fn list(
    State(state): State<AppState>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<axum::Json<RunPage>, Refusal> {
    let Query(query) = query.map_err(|error| {
        ApiError::new(Code::InvalidRequest, format!("The query cannot be used: {}.", error.body_text()))
    })?;
    let limit = query.limit.unwrap_or(RUNS_PAGE_DEFAULT);
    if !(1..=RUNS_PAGE_MAX).contains(&limit) {
        return Err(ApiError::new(
            Code::ParameterOutOfRange,
            format!("`limit` is {limit}; 1 to {RUNS_PAGE_MAX} are taken."),
        )
        .into());
    }
    let filter = RunFilter {
        status: query.status.as_deref().map(parse_statuses).transpose()?.unwrap_or_default(),
        model: query.model,
        from: query.from,
        to: query.to,
        query: query.query,
        prompt: query.prompt,
        group: query.group,
        cost_from: query.cost_from,
    };
    Ok(axum::Json(state.engine.runs().list(&state.principal, &filter, query.after, limit).await?))
}

/// Gives a run as it stands.
pub async fn get(State(state): State<AppState>, Name(id): Name) -> Result<axum::Json<Run>, Refusal> {
    Ok(axum::Json(state.engine.runs().get(&state.principal, parse(&id)?).await?))
}

/// Streams a run's log from after `Last-Event-ID`; 204 where nothing will come, so that an EventSource stops.
pub async fn events(
    State(state): State<AppState>,
    Extension(Closing(closing)): Extension<Closing>,
    Name(id): Name,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let run = parse(&id)?;
    let after = match text(&headers, "last-event-id").filter(|id| !id.is_empty()) {
        None => None,
        Some(id) => Some(id.parse::<u64>().map_err(|_| {
            ApiError::new(
                Code::InvalidRequest,
                "`Last-Event-ID` must be the id of an event of this run: a whole number.",
            )
        })?),
    };
    let tail = state.engine.runs().tail(&state.principal, run, after).await?;
    if tail.is_exhausted() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(sse::answer(run, tail, closing))
}

/// What was sent to the provider for a run, and the head of its answer; secrets are blanked.
pub async fn wire(State(state): State<AppState>, Name(id): Name) -> Result<axum::Json<Wire>, Refusal> {
    Ok(axum::Json(state.engine.runs().wire(&state.principal, parse(&id)?).await?))
}

/// Asks a run to stop: 202, or 200 with the run once it has ended.
pub async fn cancel(State(state): State<AppState>, Name(id): Name) -> Result<Response, Refusal> {
    let runs = state.engine.runs();
    let run = parse(&id)?;
    Ok(match runs.cancel(&state.principal, run).await? {
        Cancelled::Asked => (StatusCode::ACCEPTED, axum::Json(runs.get(&state.principal, run).await?)).into_response(),
        Cancelled::Ended(run) => axum::Json(*run).into_response(),
    })
}

/// Deletes an ended run: reading it answers 410 from now on.
pub async fn delete(State(state): State<AppState>, Name(id): Name) -> Result<StatusCode, Refusal> {
    state.engine.runs().delete(&state.principal, parse(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn parse(id: &str) -> Result<RunId, ApiError> {
    id.parse().map_err(|error| ApiError::new(Code::NotFound, format!("There is no such run: {error}.")))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether JSON is asked for and a stream is not.
fn wants_json(headers: &HeaderMap) -> bool {
    let accept = text(headers, header::ACCEPT.as_str()).unwrap_or_default();
    accept.contains("application/json") && !accept.contains("text/event-stream")
}
