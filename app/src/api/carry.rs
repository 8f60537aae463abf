//! Files that were imported, for the page; files themselves go by `/v1/import` and `/v1/export`.
#![expect(missing_docs, reason = "the macro turns arguments into fields of a public struct")]

use domain::{ImportId, Undone};
use leptos::prelude::*;
use leptos::server_fn::codec::PostUrl;

use super::error::PageError;
use super::json::Json;

/// Takes an import back; what was changed since stays.
#[server(prefix = "/api", endpoint = "undo-import", input = PostUrl, output = Json)]
pub async fn undo_import(id: ImportId) -> Result<Undone, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.carry().take_back(&principal, id).await?)
}
