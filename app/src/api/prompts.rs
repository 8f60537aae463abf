//! Prompts and their versions, for the page.
#![expect(missing_docs, reason = "the macro turns arguments into fields of a public struct")]

use domain::prompt::{About, OutputBand, PromptFigures, PromptFilter, PromptPage, Saved, Shelves, VersionPage};
use domain::{NewVersion, Preset, PromptId};
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, PostUrl};
use serde::{Deserialize, Serialize};

use super::error::PageError;
use super::json::Json;

/// A page of the library.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptList {
    /// The prompts.
    pub page: PromptPage,
    /// The server's time, in microseconds since 1970, UTC.
    pub now: i64,
    /// How long the search took, in microseconds.
    pub took_micros: u64,
}

/// Lists prompts.
#[server(prefix = "/api", endpoint = "prompts", input = Json, output = Json)]
pub async fn list_prompts(
    filter: PromptFilter,
    after: Option<String>,
    limit: Option<u32>,
) -> Result<PromptList, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    let limit = limit.unwrap_or(domain::limits::PROMPTS_PAGE_DEFAULT).clamp(1, domain::limits::PROMPTS_PAGE_MAX);
    let began = engine.clock().now_micros();
    let page = engine.library().list(&principal, &filter, after.as_deref(), limit).await?;
    let now = engine.clock().now_micros();
    Ok(PromptList { page, now, took_micros: u64::try_from(now - began).unwrap_or_default() })
}

/// Counts prompts by tag and place.
#[server(prefix = "/api", endpoint = "shelves", input = GetUrl, output = Json)]
pub async fn prompt_shelves() -> Result<Shelves, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.library().shelves(&principal).await?)
}

/// Reads a prompt with one of its versions; without a number the newest.
#[server(prefix = "/api", endpoint = "prompt", input = GetUrl, output = Json)]
pub async fn get_prompt(id: PromptId, version: Option<u32>) -> Result<Preset, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.library().get(&principal, id, domain::Which::of(version, None)).await?)
}

/// Saves a version of a prompt, or a new prompt where there is no id.
#[server(prefix = "/api", endpoint = "save-version", input = Json, output = Json)]
pub async fn save_version(id: Option<PromptId>, version: NewVersion) -> Result<Saved, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(match id {
        Some(id) => engine.library().save(&principal, id, version).await?,
        None => engine.library().create(&principal, version).await?,
    })
}

/// Changes name, tags, description, favourite and labels of a prompt; makes no version.
#[server(prefix = "/api", endpoint = "describe-prompt", input = Json, output = Json)]
pub async fn describe_prompt(id: PromptId, about: About) -> Result<Preset, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.library().describe(&principal, id, about).await?)
}

/// Lists the versions of a prompt, the newest first.
#[server(prefix = "/api", endpoint = "versions", input = GetUrl, output = Json)]
pub async fn list_versions(id: PromptId, after: Option<u32>) -> Result<VersionPage, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    let limit = domain::limits::VERSIONS_PAGE_MAX;
    Ok(engine.library().versions(&principal, id, after, limit).await?)
}

/// What the runs of a version took; without a number, those of all versions.
#[server(prefix = "/api", endpoint = "prompt-figures", input = GetUrl, output = Json)]
pub async fn figures_of_prompt(id: PromptId, version: Option<u32>) -> Result<PromptFigures, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.library().figures(&principal, id, version).await?)
}

/// How long the answers of a prompt have been with that model, for the forecast; none where too few are known.
#[server(prefix = "/api", endpoint = "output-band", input = GetUrl, output = Json)]
pub async fn band_of_prompt(id: PromptId, model: String) -> Result<Option<OutputBand>, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.library().output_band(&principal, id, &model).await?)
}

/// Puts a prompt away, or brings it back.
#[server(prefix = "/api", endpoint = "archive-prompt", input = PostUrl, output = Json)]
pub async fn archive_prompt(id: PromptId, archived: bool) -> Result<(), PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.library().archive(&principal, id, archived).await?)
}

/// Makes another prompt of a version; without a number of the newest.
#[server(prefix = "/api", endpoint = "fork-prompt", input = PostUrl, output = Json)]
pub async fn fork_prompt(id: PromptId, version: Option<u32>) -> Result<Saved, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.library().fork(&principal, id, version).await?)
}

/// Makes a new version with the content of an older one.
#[server(prefix = "/api", endpoint = "restore-version", input = PostUrl, output = Json)]
pub async fn restore_version(id: PromptId, version: u32) -> Result<Saved, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.library().restore(&principal, id, version).await?)
}
