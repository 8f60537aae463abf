//! Vectors for texts: passed on to a provider that makes them. No run comes of it, since no model answers.

use bytes::Bytes;
use domain::{ApiError, Code};

use crate::Engine;
use crate::error::Error;
use crate::providers::body;

impl Engine {
    /// Passes a request for vectors on, in OpenAI's words, and gives the answer as it came.
    ///
    /// # Errors
    /// `model_not_found` for a model that nobody serves, or whose provider makes no vectors; the provider's own.
    pub async fn embed(&self, model: &str, request: &str) -> Result<Bytes, Error> {
        let (upstream, provider) = self.0.registry.resolve_any(model).await.map_err(|error| error.param("model"))?;
        let body = body::pass(request, &[("model", upstream.into())], &[])?;
        match provider.embed(body).await {
            Some(answer) => Ok(answer?),
            None => Err(ApiError::new(
                Code::ModelNotFound,
                format!("`{model}` makes no vectors: {} has no embeddings. Nothing was sent.", provider.name()),
            )
            .hint("Choose a model of a provider that speaks OpenAI's wire and has them.")
            .param("model")
            .into()),
        }
    }
}
