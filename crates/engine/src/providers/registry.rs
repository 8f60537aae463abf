//! Which providers there are, and which models they serve. A provider is added here, in one line.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{ApiError, Code, ModelInfo};

use super::embedded::{self, EmbeddedProvider};
use super::openai::OpenAi;
use super::{Model, Provider};
use crate::clock::Clock;
use crate::config::{Config, Embedded, ModelConfig, ProviderConfig, ProviderKind};
use crate::error::Error;

/// Longest part of an unknown name that an error repeats, in characters.
const NAME_CHARS_MAX: usize = 100;

/// Models by name, with who serves them.
pub struct Registry {
    models: Vec<(Arc<Model>, Arc<dyn Provider>)>,
    by_name: HashMap<String, usize>,
}

impl Registry {
    /// Takes the providers and models of the configuration, the embedded model first.
    ///
    /// # Errors
    /// When a provider cannot be set up, or a name is used twice.
    pub fn new(config: &Config, engine: &inference::Engine, clock: &Clock) -> Result<Self, Error> {
        let mut registry = Self { models: Vec::new(), by_name: HashMap::new() };
        let embedded: Arc<dyn Provider> = Arc::new(EmbeddedProvider::new(engine.clone(), clock.clone()));
        registry.add(embedded::model(&config.embedded), embedded.clone())?;
        let mut providers = HashMap::new();
        for provider in &config.provider {
            if let Some(built) = build(provider, &embedded)? {
                providers.insert(provider.name.as_str(), built);
            }
        }
        for model in &config.model {
            match providers.get(model.provider.as_str()) {
                Some(provider) => {
                    let model = describe(model, &config.embedded, provider.name() == embedded::NAME);
                    registry.add(model, provider.clone())?;
                }
                None => tracing::warn!(
                    model = model.name,
                    provider = model.provider,
                    "this version cannot serve the model: it does not speak its provider's wire yet"
                ),
            }
        }
        Ok(registry)
    }

    fn add(&mut self, model: Model, provider: Arc<dyn Provider>) -> Result<(), Error> {
        let place = self.models.len();
        for name in [&model.info.name].into_iter().chain(&model.info.aliases) {
            if self.by_name.insert(name.clone(), place).is_some() {
                return Err(Error::Config(format!("etude.toml: two models are called `{name}`.")));
            }
        }
        self.models.push((Arc::new(model), provider));
        Ok(())
    }

    /// All models, the default first.
    pub fn models(&self) -> impl Iterator<Item = &ModelInfo> {
        self.models.iter().map(|(model, _)| &model.info)
    }

    /// The model of that name or alias, and who serves it.
    ///
    /// # Errors
    /// `model_not_found`, with the names there are.
    pub fn resolve(&self, name: &str) -> Result<(Arc<Model>, Arc<dyn Provider>), ApiError> {
        let found = self.by_name.get(name).and_then(|place| self.models.get(*place));
        found.cloned().ok_or_else(|| {
            let names: Vec<_> = self.models().map(|model| model.name.as_str()).collect();
            let asked: String = name.chars().take(NAME_CHARS_MAX).collect();
            ApiError::new(Code::ModelNotFound, format!("There is no model `{asked}`. Nothing was sent."))
                .hint(format!("Models here: {}.", names.join(", ")))
        })
    }
}

fn build(config: &ProviderConfig, embedded: &Arc<dyn Provider>) -> Result<Option<Arc<dyn Provider>>, Error> {
    Ok(match config.kind {
        ProviderKind::Embedded => Some(embedded.clone()),
        ProviderKind::Openai => Some(Arc::new(OpenAi::new(config)?)),
        ProviderKind::Anthropic => None,
    })
}

fn describe(config: &ModelConfig, embedded: &Embedded, is_embedded: bool) -> Model {
    let mut info = if is_embedded { embedded::model(embedded).info } else { ModelInfo::named("", &config.provider) };
    info.name.clone_from(&config.name);
    info.aliases.clone_from(&config.aliases);
    info.context_tokens = config.context_tokens.or(info.context_tokens);
    info.price = config.price.or(info.price);
    Model { upstream: config.upstream.clone().unwrap_or_else(|| config.name.clone()), info }
}
