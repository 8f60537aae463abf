//! From a name to a model and who serves it.

use std::sync::Arc;
use std::time::Duration;

use domain::{ApiError, Code, ModelStatus};

use super::{Provider, Registry, Served};

/// Longest part of an unknown name that an error repeats, in characters.
const NAME_CHARS_MAX: usize = 100;
/// Most names that an error lists.
const NAMES_LISTED_MAX: usize = 12;
/// Shortest time between two rounds of asking because a name was not known, in milliseconds.
const MISS_EVERY_MS: u64 = 2_000;
/// Longest time that a run waits because its model's name was not known, in milliseconds.
const MISS_WAIT_MS: u64 = 3_000;
/// What the names of OpenAI's models for vectors begin with.
const OPENAI_VECTORS: &str = "text-embedding-";

impl Registry {
    /// The model of that name or alias, and who serves it. A name that is not known is asked for before it is refused:
    /// it may have been added a moment ago.
    ///
    /// # Errors
    /// `model_not_found`, with the names there are, or with who served it.
    pub async fn resolve(&self, name: &str) -> Result<Served, ApiError> {
        if let Some(found) = self.ready(name) {
            return Ok(found);
        }
        // What has answered by then is in the catalogue, the rest will be.
        let _ = tokio::time::timeout(Duration::from_millis(MISS_WAIT_MS), self.ask_for_missing()).await;
        if let Some(found) = self.ready(name) {
            return Ok(found);
        }
        let asked: String = name.chars().take(NAME_CHARS_MAX).collect();
        let catalogue = self.catalogue();
        if let Some((_, provider)) = catalogue.find(name) {
            let message = format!("{} does not serve `{asked}` any more. Nothing was sent.", provider.name());
            return Err(ApiError::new(Code::ModelNotFound, message).hint("Choose another model."));
        }
        let names: Vec<_> = catalogue.models().iter().map(|(model, _)| model.info.name.as_str()).collect();
        let more = if names.len() > NAMES_LISTED_MAX { ", … (all at GET /v1/models)" } else { "." };
        let listed = names[..names.len().min(NAMES_LISTED_MAX)].join(", ");
        Err(ApiError::new(Code::ModelNotFound, format!("There is no model `{asked}`. Nothing was sent."))
            .hint(format!("Models here: {listed}{more}")))
    }

    /// Whoever serves what has this name, also what answers no prompts and is therefore in no list: then the provider's
    /// own name stands in front of it, or it is one of OpenAI's for vectors. The first of the two is the name there.
    ///
    /// # Errors
    /// `model_not_found`.
    pub async fn resolve_any(&self, name: &str) -> Result<(String, Arc<dyn Provider>), ApiError> {
        if let Some((model, provider)) = self.ready(name) {
            return Ok((model.upstream.clone(), provider));
        }
        let catalogue = self.catalogue();
        let provider = |wanted: &dyn Fn(&dyn Provider) -> bool| {
            catalogue.models().iter().map(|(_, provider)| provider).find(|provider| wanted(provider.as_ref())).cloned()
        };
        if let Some((first, rest)) = name.split_once('/')
            && let Some(found) = provider(&|provider| provider.name() == first)
        {
            return Ok((rest.to_owned(), found));
        }
        if name.starts_with(OPENAI_VECTORS)
            && let Some(found) = provider(&|provider| provider.vendor() == Some("openai"))
        {
            return Ok((name.to_owned(), found));
        }
        let (model, provider) = self.resolve(name).await?;
        Ok((model.upstream.clone(), provider))
    }

    fn ready(&self, name: &str) -> Option<Served> {
        self.catalogue().find(name).filter(|(model, _)| model.info.status != ModelStatus::Gone).cloned()
    }

    async fn ask_for_missing(&self) {
        let mut asked = self.asking.lock().await;
        let now = self.clock.monotonic_ms();
        if asked.is_some_and(|asked| now < asked + MISS_EVERY_MS) {
            return;
        }
        *asked = Some(now);
        self.ask(|entry, said| entry.is_here || !said.answered).await;
    }
}
