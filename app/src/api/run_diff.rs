//! Runs compared, for the page.
#![expect(missing_docs, reason = "the macro turns arguments into fields of a public struct")]

use domain::change::RunDiff;
use domain::{PromptId, Run, RunId, RunSummary};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

use super::error::PageError;
use super::json::Json;

/// Two runs side by side. The texts stand in what differs, not in the runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TwoRuns {
    /// The one on the left.
    pub old: Run,
    /// The one on the right.
    pub new: Run,
    /// What differs.
    pub diff: RunDiff,
}

/// A run that another is picked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Picking {
    /// The run.
    pub run: RunSummary,
    /// The kept prompt that it is a run of.
    pub prompt: Option<PromptId>,
}

#[cfg(feature = "ssr")]
fn bare(run: Run) -> Run {
    let request = domain::chat::Verbatim(serde_json::value::RawValue::NULL.to_owned());
    Run { request, output: domain::Output::default(), ..run }
}

/// Compares two runs.
#[server(prefix = "/api", endpoint = "run-diff", input = GetUrl, output = Json)]
pub async fn compare_runs(old: RunId, new: RunId) -> Result<TwoRuns, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    let (old, new, diff) = engine.runs().compare(&principal, old, new).await?;
    Ok(TwoRuns { old: bare(old), new: bare(new), diff })
}

/// Reads the run that another is picked for.
#[server(prefix = "/api", endpoint = "run-picking", input = GetUrl, output = Json)]
pub async fn run_to_compare(id: RunId) -> Result<Picking, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    let (run, prompt) = engine.runs().brief(&principal, id).await?;
    Ok(Picking { run, prompt })
}
