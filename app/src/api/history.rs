//! The history, for the page.
#![expect(missing_docs, reason = "the macro turns arguments into fields of a public struct")]

use domain::run::RunPage;
use domain::{Lineage, RunId, Wire};
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, PostUrl};
use serde::{Deserialize, Serialize};

use super::error::PageError;
use super::json::Json;
use crate::state::filters::Filters;

/// A page of runs, and the time at which it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunList {
    /// The runs.
    pub page: RunPage,
    /// Microseconds since 1970, UTC.
    pub now: i64,
}

/// Lists runs, newest first.
#[server(prefix = "/api", endpoint = "runs", input = GetUrl, output = Json)]
pub async fn list_runs(filters: Filters, limit: Option<u32>) -> Result<RunList, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    let now = engine.clock().now_micros();
    let (filter, after) = filters.mean(now)?;
    let limit = limit.unwrap_or(domain::limits::RUNS_PAGE_DEFAULT).clamp(1, domain::limits::RUNS_PAGE_MAX);
    Ok(RunList { page: engine.runs().list(&principal, &filter, after, limit).await?, now })
}

/// Lists the models that runs have asked for.
#[server(prefix = "/api", endpoint = "run-models", input = GetUrl, output = Json)]
pub async fn run_models() -> Result<Vec<String>, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.runs().models(&principal).await?)
}

/// Reads where a run comes from and what came of it.
#[server(prefix = "/api", endpoint = "run-lineage", input = GetUrl, output = Json)]
pub async fn run_lineage(id: RunId) -> Result<Lineage, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.runs().lineage(&principal, id).await?)
}

/// Reads what was sent to the provider for a run.
#[server(prefix = "/api", endpoint = "run-wire", input = GetUrl, output = Json)]
pub async fn run_wire(id: RunId) -> Result<Wire, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.runs().wire(&principal, id).await?)
}

/// Deletes an ended run; for a while it can be brought back.
#[server(prefix = "/api", endpoint = "delete-run", input = PostUrl, output = Json)]
pub async fn delete_run(id: RunId) -> Result<(), PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.runs().delete(&principal, id).await?)
}

/// Brings a deleted run back.
#[server(prefix = "/api", endpoint = "restore-run", input = PostUrl, output = Json)]
pub async fn restore_run(id: RunId) -> Result<(), PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.runs().restore(&principal, id).await?)
}

/// Reads for how many milliseconds a deletion can still be undone.
#[server(prefix = "/api", endpoint = "run-undo", input = GetUrl, output = Json)]
pub async fn undo_left(id: RunId) -> Result<Option<u64>, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.runs().undo_left_ms(&principal, id).await?)
}
