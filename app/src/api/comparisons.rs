//! Comparisons and grids, for the page.
#![expect(missing_docs, reason = "the macro turns arguments into fields of a public struct")]

use domain::comparison::{CellScope, ComparisonForecast, ComparisonSummary};
use domain::{Cell, Comparison, ComparisonId, ComparisonSpec};
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, PostUrl};

use super::error::PageError;
use super::json::Json;

/// Begins a comparison.
#[server(prefix = "/api", endpoint = "create-comparison", input = Json, output = Json)]
pub async fn create_comparison(name: String, spec: ComparisonSpec) -> Result<Comparison, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.comparisons().create(&principal, name, spec).await?)
}

/// Reads a comparison.
#[server(prefix = "/api", endpoint = "comparison", input = GetUrl, output = Json)]
pub async fn get_comparison(id: ComparisonId) -> Result<Comparison, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.comparisons().get(&principal, id).await?)
}

/// Changes what is compared; refused with `conflict` where another tab has changed it since that revision.
#[server(prefix = "/api", endpoint = "save-comparison", input = Json, output = Json)]
pub async fn save_comparison(
    id: ComparisonId,
    revision: i64,
    name: String,
    spec: ComparisonSpec,
) -> Result<Comparison, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.comparisons().save(&principal, id, revision, name, spec).await?)
}

/// Reads the cells of the rows from `from` up to before `to`.
#[server(prefix = "/api", endpoint = "cells", input = GetUrl, output = Json)]
pub async fn list_cells(id: ComparisonId, from: u32, to: u32) -> Result<Vec<Cell>, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.comparisons().cells(&principal, id, from..to).await?)
}

/// Says what cells will take.
#[server(prefix = "/api", endpoint = "forecast-comparison", input = Json, output = Json)]
pub async fn forecast_comparison(id: ComparisonId, scope: CellScope) -> Result<ComparisonForecast, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.comparisons().forecast(&principal, id, &scope).await?)
}

/// Puts cells into the backlog, and begins; `cap_micros` replaces the comparison's cap where it is given.
#[server(prefix = "/api", endpoint = "run-cells", input = Json, output = Json)]
pub async fn run_cells(id: ComparisonId, scope: CellScope, cap_micros: Option<i64>) -> Result<Comparison, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.comparisons().run(&principal, id, &scope, cap_micros).await?)
}

/// Takes cells out of the backlog and stops those that run.
#[server(prefix = "/api", endpoint = "stop-cells", input = Json, output = Json)]
pub async fn stop_cells(id: ComparisonId, scope: CellScope) -> Result<Comparison, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.comparisons().stop(&principal, id, &scope).await?)
}

/// Begins no more waiting cells, or goes on with them.
#[server(prefix = "/api", endpoint = "pause-comparison", input = PostUrl, output = Json)]
pub async fn pause_comparison(id: ComparisonId, paused: bool) -> Result<Comparison, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.comparisons().pause(&principal, id, paused).await?)
}

/// Lists comparisons, the last changed first, those among them that were deleted and can be brought back.
#[server(prefix = "/api", endpoint = "comparisons", input = GetUrl, output = Json)]
pub async fn list_comparisons() -> Result<Vec<ComparisonSummary>, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.comparisons().list(&principal).await?)
}

/// Calls a comparison something else.
#[server(prefix = "/api", endpoint = "rename-comparison", input = PostUrl, output = Json)]
pub async fn rename_comparison(id: ComparisonId, name: String) -> Result<(), PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.comparisons().rename(&principal, id, name).await?)
}

/// Makes another comparison of the same columns and rows; none of its cells is run yet.
#[server(prefix = "/api", endpoint = "duplicate-comparison", input = PostUrl, output = Json)]
pub async fn duplicate_comparison(id: ComparisonId) -> Result<Comparison, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.comparisons().duplicate(&principal, id).await?)
}

/// Deletes a comparison, and stops its runs; they stay in the history. For a while it can be brought back.
#[server(prefix = "/api", endpoint = "delete-comparison", input = PostUrl, output = Json)]
pub async fn delete_comparison(id: ComparisonId) -> Result<(), PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.comparisons().delete(&principal, id).await?)
}

/// Brings a deleted comparison back.
#[server(prefix = "/api", endpoint = "restore-comparison", input = PostUrl, output = Json)]
pub async fn restore_comparison(id: ComparisonId) -> Result<(), PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.comparisons().restore(&principal, id).await?)
}
