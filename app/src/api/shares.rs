//! Links, for the page.
#![expect(missing_docs, reason = "the macro turns arguments into fields of a public struct")]

use domain::{NewShare, Share, ShareId, Shared, VersionId};
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, PostUrl};
use serde::{Deserialize, Serialize};

use super::error::PageError;
use super::json::Json;

/// Who can reach a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// How links begin, such as `http://127.0.0.1:3000`.
    pub base: String,
    /// Whether a public address is configured: others can open links.
    pub is_public: bool,
}

/// Makes a link.
#[server(prefix = "/api", endpoint = "create-share", input = Json, output = Json)]
pub async fn create_share(share: NewShare) -> Result<Share, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.shares().create(&principal, share).await?)
}

/// Lists one's links, the newest first.
#[server(prefix = "/api", endpoint = "shares", input = GetUrl, output = Json)]
pub async fn list_shares(resource: Option<Shared>) -> Result<Vec<Share>, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.shares().list(&principal, resource).await?)
}

/// Revokes a link, or takes that back.
#[server(prefix = "/api", endpoint = "revoke-share", input = PostUrl, output = Json)]
pub async fn revoke_share(id: ShareId, revoked: bool) -> Result<(), PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.shares().revoke(&principal, id, revoked).await?)
}

/// Says who can reach a link.
#[server(prefix = "/api", endpoint = "share-reach", input = GetUrl, output = Json)]
pub async fn share_reach() -> Result<Reach, PageError> {
    let shares = expect_context::<engine::Engine>();
    let shares = shares.shares();
    Ok(Reach { base: shares.base().to_owned(), is_public: shares.is_public() })
}

/// Finds the id of a version by its prompt and number.
#[server(prefix = "/api", endpoint = "version-id", input = GetUrl, output = Json)]
pub async fn find_version(prompt: domain::PromptId, version: u32) -> Result<VersionId, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.library().get(&principal, prompt, domain::Which::Number(version)).await?.version_id)
}
