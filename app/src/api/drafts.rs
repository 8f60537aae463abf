//! Drafts, for the page.
#![expect(missing_docs, reason = "the macro turns arguments into fields of a public struct")]

use domain::{DraftId, DraftSummary};
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, PostUrl};
use serde::{Deserialize, Serialize};

use super::error::PageError;
use super::json::Json;
use crate::state::draft::Draft;

/// A draft as the server keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedDraft {
    /// Grows with every change.
    pub revision: i64,
    /// The fields.
    pub draft: Draft,
}

/// Drafts, and the time at which they were listed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftList {
    /// The drafts, the last changed first.
    pub drafts: Vec<DraftSummary>,
    /// Microseconds since 1970, UTC.
    pub now: i64,
}

/// Keeps what stands in a tab's fields, unless something newer under that id is there already. Says whether it was taken.
#[server(prefix = "/api", endpoint = "save-draft", input = Json, output = Json)]
pub async fn save_draft(id: DraftId, revision: i64, draft: Draft) -> Result<bool, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    let content = serde_json::to_string(&draft).expect("a draft is texts and numbers");
    let kept =
        domain::KeptDraft { id, revision, title: draft.title(), about: draft.about(), words: draft.words(), content };
    Ok(engine.drafts().save(&principal, &kept).await?)
}

/// Lists the drafts that have the words in them.
#[server(prefix = "/api", endpoint = "drafts", input = GetUrl, output = Json)]
pub async fn list_drafts(query: String) -> Result<DraftList, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(DraftList { drafts: engine.drafts().list(&principal, &query).await?, now: engine.clock().now_micros() })
}

/// Reads a draft.
#[server(prefix = "/api", endpoint = "draft", input = GetUrl, output = Json)]
pub async fn get_draft(id: DraftId) -> Result<Option<SavedDraft>, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    let Some((revision, content)) = engine.drafts().get(&principal, id).await? else { return Ok(None) };
    // One of a version that had other fields is not one any more.
    Ok(serde_json::from_str(&content).ok().map(|draft| SavedDraft { revision, draft }))
}

/// Takes a draft away; for a while it can be brought back.
#[server(prefix = "/api", endpoint = "remove-draft", input = PostUrl, output = Json)]
pub async fn remove_draft(id: DraftId) -> Result<(), PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.drafts().remove(&principal, id).await?)
}

/// Brings a draft back.
#[server(prefix = "/api", endpoint = "restore-draft", input = PostUrl, output = Json)]
pub async fn restore_draft(id: DraftId) -> Result<(), PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.drafts().restore(&principal, id).await?)
}
