//! Versions compared and merged, for the page.
#![expect(missing_docs, reason = "the macro turns arguments into fields of a public struct")]

use domain::change::Changes;
use domain::merge::{Pick, Spot};
use domain::prompt::Saved;
use domain::{Preset, PromptContent, PromptId};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

use super::error::PageError;
use super::json::Json;

/// A prompt without the content of its version, and the time at which it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// The prompt.
    pub prompt: Preset,
    /// The server's time, in microseconds since 1970, UTC.
    pub now: i64,
}

/// Two versions side by side. The texts stand in what differs, not in the versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sides {
    /// The one on the left.
    pub old: Preset,
    /// The one on the right.
    pub new: Preset,
    /// What differs.
    pub diff: domain::change::VersionDiff,
}

/// What comes of two versions of one parent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// The one, without its content.
    pub theirs: Preset,
    /// The other, without its content.
    pub yours: Preset,
    /// Every spot that was changed.
    pub spots: Vec<Spot>,
}

#[cfg(feature = "ssr")]
fn bare(preset: Preset) -> Preset {
    Preset { content: PromptContent::default(), ..preset }
}

/// Reads what is said about a prompt, without what its version holds.
#[server(prefix = "/api", endpoint = "known-prompt", input = GetUrl, output = Json)]
pub async fn known_prompt(id: PromptId) -> Result<Known, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    let prompt = bare(engine.library().get(&principal, id, domain::Which::Head).await?);
    Ok(Known { prompt, now: engine.clock().now_micros() })
}

/// Compares two versions.
#[server(prefix = "/api", endpoint = "version-diff", input = GetUrl, output = Json)]
pub async fn version_diff(id: PromptId, old: u32, new: u32) -> Result<Sides, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    let (old, new, diff) = engine.library().diff(&principal, id, old, new).await?;
    Ok(Sides { old: bare(old), new: bare(new), diff })
}

/// Says in a few lines what differs between two versions.
#[server(prefix = "/api", endpoint = "version-changes", input = GetUrl, output = Json)]
pub async fn version_changes(id: PromptId, old: u32, new: u32) -> Result<Changes, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    let (.., diff) = engine.library().diff(&principal, id, old, new).await?;
    Ok(diff.changes())
}

/// Says in a few lines what differs between a version and what might become the next one.
#[server(prefix = "/api", endpoint = "draft-changes", input = Json, output = Json)]
pub async fn draft_changes(id: PromptId, version: u32, content: PromptContent) -> Result<Changes, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.library().draft_diff(&principal, id, version, content).await?.changes())
}

/// Compares a version with what might become the next one; `turned`, that with the version.
#[server(prefix = "/api", endpoint = "draft-diff", input = Json, output = Json)]
pub async fn draft_diff(
    id: PromptId,
    version: u32,
    content: PromptContent,
    turned: bool,
) -> Result<domain::change::VersionDiff, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    let library = engine.library();
    Ok(if turned {
        library.diff_from_draft(&principal, id, version, content).await?
    } else {
        library.draft_diff(&principal, id, version, content).await?
    })
}

/// Says what would come of two versions of one parent.
#[server(prefix = "/api", endpoint = "merge-versions", input = GetUrl, output = Json)]
pub async fn merge_versions(id: PromptId, parent: u32, theirs: u32, yours: u32) -> Result<Offer, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    let three = engine::library::differences::Three { parent, theirs, yours };
    let (theirs, yours, merged) = engine.library().merged(&principal, id, three, Vec::new()).await?;
    Ok(Offer { theirs: bare(theirs), yours: bare(yours), spots: merged.spots })
}

/// Saves what comes of them, with what was picked where both had changed the same.
#[server(prefix = "/api", endpoint = "save-merge", input = Json, output = Json)]
pub async fn save_merge(
    id: PromptId,
    parent: u32,
    theirs: u32,
    yours: u32,
    picks: Vec<Pick>,
) -> Result<Saved, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    let three = engine::library::differences::Three { parent, theirs, yours };
    Ok(engine.library().save_merged(&principal, id, three, picks).await?)
}
