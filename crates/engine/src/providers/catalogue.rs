//! All models by name, as they are known at one moment.

use std::collections::HashMap;
use std::sync::Arc;

use domain::limits::MODEL_NAME_BYTES_MAX;
use domain::{ModelInfo, ModelStatus};

use super::{Listed, Model, Provider};
use crate::config::ModelConfig;
use crate::prices;

/// A model, and who serves it.
pub type Served = (Arc<Model>, Arc<dyn Provider>);

/// All models by name, as they are known at one moment.
#[derive(Default)]
pub struct Catalogue {
    models: Vec<Served>,
    by_name: HashMap<String, usize>,
}

impl Catalogue {
    /// All models, in the order in which they were added.
    pub fn models(&self) -> &[Served] {
        &self.models
    }

    /// The model of that name or alias.
    pub fn find(&self, name: &str) -> Option<&Served> {
        self.models.get(*self.by_name.get(name)?)
    }

    /// Adds a model that `etude.toml` names.
    ///
    /// # Errors
    /// The name, where another model has it.
    pub fn add_configured(
        &mut self,
        config: &ModelConfig,
        provider: &Arc<dyn Provider>,
        listed: Option<&Listed>,
        answered: bool,
        now: i64,
    ) -> Result<(), String> {
        let upstream = config.upstream.as_ref().unwrap_or(&config.name);
        let mut info = listed.map_or_else(|| provider.describe(upstream), |listed| listed.info.clone());
        info.name.clone_from(&config.name);
        info.aliases.clone_from(&config.aliases);
        info.provider = provider.name().to_owned();
        // It was written down by hand: a provider that lists less than it serves must not take it away.
        info.status = ModelStatus::Ready;
        if answered && listed.is_none_or(|listed| listed.info.status == ModelStatus::Gone) {
            info.note = Some(format!("{} does not list `{upstream}`; it may be gone.", provider.name()));
        }
        info.context_tokens = config.context_tokens.or(info.context_tokens);
        info.price = config.price.or(info.price);
        complete(&mut info, provider.as_ref(), upstream, now);
        let taken = [&info.name].into_iter().chain(&info.aliases).find(|name| self.by_name.contains_key(*name));
        if let Some(taken) = taken {
            return Err(taken.clone());
        }
        self.add(info, upstream, provider);
        Ok(())
    }

    /// Lets a model that `etude.toml` names anew be called by its provider's name for it, too, where that is free.
    pub fn add_own_names(&mut self, config: &ModelConfig) {
        let (Some(upstream), Some(place)) = (&config.upstream, self.by_name.get(&config.name).copied()) else { return };
        for name in [upstream.clone(), format!("{}/{upstream}", config.provider)] {
            self.by_name.entry(name).or_insert(place);
        }
    }

    /// Adds a model that its provider lists: under the provider's name for it where that `is_free`, or with the
    /// provider's own name in front. Says whether it has got the short name.
    pub fn add_listed(&mut self, listed: &Listed, provider: &Arc<dyn Provider>, is_free: bool, now: i64) -> bool {
        let upstream = &listed.upstream;
        let long = format!("{}/{upstream}", provider.name());
        if upstream.is_empty() || long.len() > MODEL_NAME_BYTES_MAX || upstream.chars().any(char::is_control) {
            return false;
        }
        let mut info = listed.info.clone();
        let names = [upstream, &long].into_iter().skip(usize::from(!is_free));
        let mut free = names.filter(|name| !self.by_name.contains_key(*name));
        let Some(name) = free.next() else { return false };
        let is_short = name == upstream;
        info.name.clone_from(name);
        info.aliases = free.cloned().collect();
        complete(&mut info, provider.as_ref(), upstream, now);
        self.add(info, upstream, provider);
        is_short
    }

    fn add(&mut self, info: ModelInfo, upstream: &str, provider: &Arc<dyn Provider>) {
        let place = self.models.len();
        for name in [&info.name].into_iter().chain(&info.aliases) {
            self.by_name.insert(name.clone(), place);
        }
        self.models.push((Arc::new(Model { info, upstream: upstream.to_owned() }), provider.clone()));
    }
}

/// A model of a provider that is not in use, with what the price table knows of it.
#[must_use]
pub fn described(listed: &Listed, provider: &dyn Provider, now: i64) -> ModelInfo {
    let mut info = listed.info.clone();
    info.name.clone_from(&listed.upstream);
    complete(&mut info, provider, &listed.upstream, now);
    info
}

/// Fills in what the price table knows and nobody else has said.
fn complete(info: &mut ModelInfo, provider: &dyn Provider, upstream: &str, now: i64) {
    let Some(known) = provider.vendor().and_then(|vendor| prices::find(vendor, upstream, now)) else { return };
    info.context_tokens = info.context_tokens.or(known.context_tokens);
    info.price = info.price.or(known.price);
}
