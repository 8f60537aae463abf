//! Providers, for the page.
#![expect(missing_docs, reason = "the macro turns arguments into fields of a public struct")]

use domain::{ModelInfo, NewProvider, Probe, ProviderId, ProviderInfo};
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, PostUrl};
use serde::{Deserialize, Serialize};

use super::error::PageError;
use super::json::Json;

/// How the embedded model's process is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worker {
    /// `running`, `finished`, `blocked` or `failed`: the tone of the words.
    pub status: String,
    /// In words.
    pub said: String,
    /// Why, where it does not run.
    pub why: Option<String>,
}

/// Everything on the page "Models".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelsPage {
    /// All providers.
    pub providers: Vec<ProviderInfo>,
    /// All models, the default first.
    pub models: Vec<ModelInfo>,
    /// How the embedded one is.
    pub worker: Worker,
}

#[cfg(feature = "ssr")]
fn worker(engine: &engine::Engine) -> Worker {
    use engine::InferenceStatus as Status;
    let worker = |status: &str, said: String, why| Worker { status: status.into(), said, why };
    match engine.inference_status().borrow().clone() {
        Status::Loading => worker("running", "loading".into(), None),
        Status::Ready(_) => worker("finished", "loaded".into(), None),
        Status::Restarting { attempt, reason, .. } => {
            worker("blocked", format!("restarting, attempt {attempt}"), Some(reason))
        }
        Status::Failed { message } => worker("failed", "not loaded".into(), Some(message)),
        Status::Stopped => worker("failed", "stopped".into(), None),
    }
}

/// Lists providers and models.
#[server(prefix = "/api", endpoint = "providers", input = GetUrl, output = Json)]
pub async fn list_providers() -> Result<ModelsPage, PageError> {
    let engine = expect_context::<engine::Engine>();
    Ok(ModelsPage { providers: engine.providers(), models: engine.models(), worker: worker(&engine) })
}

/// Asks a provider again for its models; all of them without a name.
#[server(prefix = "/api", endpoint = "ask-provider", input = PostUrl, output = Json)]
pub async fn ask_provider(name: Option<String>) -> Result<(), PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    engine.providers_of().ask(&principal, name.as_deref()).await;
    Ok(())
}

/// Asks what is typed for its models, before it is added. Without a key, that of the provider with the id is used.
#[server(prefix = "/api", endpoint = "try-provider", input = Json, output = Json)]
pub async fn try_provider(provider: NewProvider, id: Option<ProviderId>) -> Result<Probe, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.providers_of().probe(&principal, provider, id).await?)
}

/// Adds a provider, or changes the one with the id.
#[server(prefix = "/api", endpoint = "save-provider", input = Json, output = Json)]
pub async fn save_provider(provider: NewProvider, id: Option<ProviderId>) -> Result<ProviderId, PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    let providers = engine.providers_of();
    Ok(match id {
        Some(id) => providers.change(&principal, id, provider).await?,
        None => providers.add(&principal, provider).await?,
    })
}

/// Takes a provider away; for a while it can be brought back.
#[server(prefix = "/api", endpoint = "remove-provider", input = PostUrl, output = Json)]
pub async fn remove_provider(id: ProviderId) -> Result<(), PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.providers_of().remove(&principal, id).await?)
}

/// Brings a provider back.
#[server(prefix = "/api", endpoint = "restore-provider", input = PostUrl, output = Json)]
pub async fn restore_provider(id: ProviderId) -> Result<(), PageError> {
    let (engine, principal) = (expect_context::<engine::Engine>(), expect_context::<engine::Principal>());
    Ok(engine.providers_of().restore(&principal, id).await?)
}
