//! Models that can be picked.

use domain::ModelInfo;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

use super::error::PageError;
use super::json::Json;

/// Lists the models; the first is the default.
#[server(prefix = "/api", endpoint = "models", input = GetUrl, output = Json)]
pub async fn list_models() -> Result<Vec<ModelInfo>, PageError> {
    Ok(expect_context::<engine::Engine>().models())
}
