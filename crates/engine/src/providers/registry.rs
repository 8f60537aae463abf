//! Which providers there are, and which models they serve. A kind of provider is added here, in one line of [`kinds!`].

mod resolve;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use domain::limits::UPSTREAM_MODELS_MAX;
use domain::{AddedProvider, ApiError, Code, ModelInfo, ModelStatus, Origin, Probe, ProviderInfo};
use futures::future::join_all;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::anthropic::Anthropic;
use super::catalogue::{Catalogue, Served};
use super::embedded::{EmbeddedProvider, NAME as EMBEDDED};
use super::openai::OpenAi;
use super::upstream::is_here;
use super::{Listed, Provider, discovery};
use crate::clock::Clock;
use crate::config::{Config, ModelConfig, ProviderConfig};
use crate::error::Error;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident => $new:expr,)*) => {
        /// The wire that a provider speaks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum ProviderKind {
            $($(#[$doc])* $kind,)*
            /// The model inside the binary.
            Embedded,
        }

        /// `None` for the embedded one, which is there already.
        fn build(config: &ProviderConfig) -> Result<Option<Arc<dyn Provider>>, Error> {
            Ok(match config.kind {
                $(ProviderKind::$kind => Some(Arc::new($new(config)?)),)*
                ProviderKind::Embedded => None,
            })
        }
    };
}

kinds! {
    /// OpenAI's chat completions, and all that speak them.
    Openai => OpenAi::new,
    /// Anthropic's messages.
    Anthropic => Anthropic::new,
}

/// How often it is looked whether a provider is due, in milliseconds.
const LOOK_EVERY_MS: u64 = 5_000;
/// How often a provider on this machine is asked for its models, in milliseconds.
const ASK_HERE_EVERY_MS: u64 = 30_000;
/// How often any other is, in milliseconds.
const ASK_EVERY_MS: u64 = 10 * 60 * 1_000;
/// How soon one that did not answer is asked again, in milliseconds.
const ASK_AGAIN_MS: u64 = 60_000;

/// Models by name, with who serves them.
pub struct Registry {
    providers: RwLock<Vec<Arc<Entry>>>,
    /// Found, and of no use.
    broken: RwLock<Vec<ProviderInfo>>,
    configured: Vec<ModelConfig>,
    catalogue: RwLock<Arc<Catalogue>>,
    /// Which provider a listed model's own name has been given to: it must not change hands while this process lives.
    names: Mutex<HashMap<String, String>>,
    /// When a name was last missed; held while providers are asked.
    asking: tokio::sync::Mutex<Option<u64>>,
    clock: Clock,
}

/// A provider, and what it said when it was last asked.
struct Entry {
    provider: Arc<dyn Provider>,
    origin: Origin,
    is_here: bool,
    /// How it was added, where that was on the page.
    added: Option<AddedProvider>,
    /// The models that are shown; all where absent.
    chosen: Option<BTreeSet<String>>,
    said: Mutex<Said>,
}

#[derive(Default)]
struct Said {
    /// Its models, those that are gone included.
    listed: Vec<Listed>,
    /// Whether it has ever listed any.
    answered: bool,
    error: Option<ApiError>,
    took_ms: u64,
    due_ms: u64,
}

impl Said {
    /// Whether it has been asked, and has answered or failed.
    fn is_known(&self) -> bool {
        self.answered || self.error.is_some()
    }
}

impl Registry {
    /// Takes the providers and models of the configuration, the embedded model first, where there is one. Nobody is
    /// asked yet.
    ///
    /// # Errors
    /// When a provider cannot be set up, or a name is used twice.
    pub fn new(config: &Config, engine: Option<&inference::Engine>, clock: &Clock) -> Result<Self, Error> {
        let embedded = engine.map(|engine| {
            let provider = EmbeddedProvider::new(engine.clone(), clock.clone(), config.embedded.clone());
            Arc::new(Entry::new(Arc::new(provider), Origin::Embedded))
        });
        let mut providers: Vec<_> = embedded.into_iter().collect();
        let (mut aliases, mut broken) = (HashMap::new(), Vec::new());
        for one in &config.provider {
            match build(one) {
                Ok(Some(provider)) => providers.push(Arc::new(Entry::new(provider, one.origin))),
                Ok(None) => drop(aliases.insert(one.name.clone(), EMBEDDED.to_owned())),
                Err(error) if one.origin == Origin::File => return Err(error),
                // What the environment says is often meant for another program.
                Err(error) => {
                    let found_by = discovery::variables(&one.name);
                    tracing::warn!("{error} It is left out; look at {found_by}.");
                    broken.push(left_out(one, &error, found_by));
                }
            }
        }
        let mut configured = config.model.clone();
        for model in &mut configured {
            // Another name for the embedded provider.
            if let Some(real) = aliases.get(&model.provider) {
                model.provider.clone_from(real);
            }
        }
        let registry = Self {
            providers: RwLock::new(providers),
            broken: RwLock::new(broken),
            configured,
            catalogue: RwLock::default(),
            names: Mutex::default(),
            asking: tokio::sync::Mutex::new(None),
            clock: clock.clone(),
        };
        registry.rebuild()?;
        Ok(registry)
    }

    /// Puts together what is configured and what was listed.
    fn rebuild(&self) -> Result<(), Error> {
        let now = self.clock.now_micros();
        let mut catalogue = Catalogue::default();
        let entries = self.entries();
        for entry in entries.iter().filter(|entry| entry.origin == Origin::Embedded) {
            let info = entry.provider.describe("");
            let listed = Listed { upstream: info.name.clone(), info };
            catalogue.add_listed(&listed, &entry.provider, true, now);
        }
        for model in &self.configured {
            let Some(entry) = entries.iter().find(|entry| entry.provider.name() == model.provider) else {
                continue;
            };
            let upstream = model.upstream.as_ref().unwrap_or(&model.name);
            let said = entry.said();
            let listed = said.listed.iter().find(|listed| listed.upstream == *upstream);
            catalogue
                .add_configured(model, &entry.provider, listed, said.answered, now)
                .map_err(|name| Error::Config(format!("etude.toml: two models are called `{name}`.")))?;
        }
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        // Who stands first in the configuration has the first choice, however slow it is.
        let mut all_before_have_answered = true;
        for entry in &entries {
            let is_configured = |listed: &Listed| {
                self.configured.iter().any(|model| {
                    model.provider == entry.provider.name()
                        && model.upstream.as_ref().unwrap_or(&model.name) == &listed.upstream
                })
            };
            for listed in entry.said().listed.iter().filter(|listed| entry.shows(listed) && !is_configured(listed)) {
                let name = entry.provider.name();
                let is_free = names.get(&listed.upstream).map_or(all_before_have_answered, |owner| owner == name);
                if catalogue.add_listed(listed, &entry.provider, is_free, now) {
                    names.insert(listed.upstream.clone(), name.to_owned());
                }
            }
            all_before_have_answered &= entry.origin == Origin::Embedded || entry.said().is_known();
        }
        for model in &self.configured {
            catalogue.add_own_names(model);
        }
        *self.catalogue.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(catalogue);
        Ok(())
    }

    fn entries(&self) -> Vec<Arc<Entry>> {
        self.providers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a provider of that name is there, found to be of no use or not.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        name == EMBEDDED || self.providers().iter().any(|provider| provider.name == name)
    }

    /// Takes a provider that was added on the page, in the place of an earlier one with its id; nobody is asked yet.
    ///
    /// # Errors
    /// When it cannot be set up, or its name is another's.
    pub fn put(&self, config: &ProviderConfig, added: AddedProvider) -> Result<(), Error> {
        let Some(provider) = build(config)? else { return Ok(()) };
        let entry =
            Entry { chosen: added.models.clone().map(BTreeSet::from_iter), ..Entry::new(provider, Origin::Page) };
        let entry = Arc::new(Entry { added: Some(added.clone()), ..entry });
        self.forget(&added);
        if self.knows(&config.name) {
            return Err(taken(&config.name));
        }
        self.providers.write().unwrap_or_else(PoisonError::into_inner).push(entry);
        self.rebuild()
    }

    /// Says whether a provider could be set up.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, config: &ProviderConfig) -> Result<(), Error> {
        build(config).map(drop)
    }

    /// Lists a provider that was added on the page and cannot be used.
    pub fn put_broken(&self, name: String, added: AddedProvider, error: ApiError) {
        self.forget(&added);
        let broken = ProviderInfo {
            name,
            endpoint: added.base_url.clone(),
            origin: Origin::Page,
            models: None,
            took_ms: None,
            error: Some(error),
            added: Some(added),
        };
        self.broken.write().unwrap_or_else(PoisonError::into_inner).push(broken);
    }

    /// Takes a provider that was added on the page away; runs that it serves go on.
    ///
    /// # Errors
    /// When the models cannot be put together again.
    pub fn remove(&self, added: &AddedProvider) -> Result<(), Error> {
        self.forget(added);
        self.rebuild()
    }

    fn forget(&self, added: &AddedProvider) {
        let is_other = |other: Option<&AddedProvider>| other.is_none_or(|other| other.id != added.id);
        self.providers.write().unwrap_or_else(PoisonError::into_inner).retain(|entry| is_other(entry.added.as_ref()));
        self.broken.write().unwrap_or_else(PoisonError::into_inner).retain(|info| is_other(info.added.as_ref()));
    }

    /// Asks a provider that is not in use which models it has.
    ///
    /// # Errors
    /// When it cannot be set up, does not answer, or refuses.
    pub async fn probe(&self, config: &ProviderConfig) -> Result<Probe, ApiError> {
        let unusable = |error: Error| ApiError::new(Code::InvalidRequest, error.to_string());
        let Some(provider) = build(config).map_err(unusable)? else {
            return Err(ApiError::new(Code::InvalidRequest, "The embedded model is there already."));
        };
        let began = self.clock.monotonic_ms();
        let mut listed = provider.list().await?;
        listed.sort_by(|a, b| a.upstream.cmp(&b.upstream));
        let models =
            listed.iter().map(|listed| super::catalogue::described(listed, provider.as_ref(), self.clock.now_micros()));
        Ok(Probe { models: models.collect(), took_ms: self.clock.monotonic_ms() - began })
    }

    /// Asks the provider of that name again, now; all of them without a name.
    pub async fn ask_again(&self, name: Option<&str>) {
        let _asking = self.asking.lock().await;
        self.ask(|entry, _| name.is_none_or(|name| entry.provider.name() == name)).await;
    }

    fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a model is known to cost nothing.
    #[must_use]
    pub fn is_free(&self, name: &str) -> bool {
        self.catalogue().find(name).is_some_and(|(model, _)| model.info.price == Some(domain::Price::FREE))
    }

    /// All models, the default first.
    #[must_use]
    pub fn models(&self) -> Vec<ModelInfo> {
        self.catalogue().models().iter().map(|(model, _)| model.info.clone()).collect()
    }

    /// All providers, and what they said when they were last asked.
    #[must_use]
    pub fn providers(&self) -> Vec<ProviderInfo> {
        let broken = self.broken.read().unwrap_or_else(PoisonError::into_inner).clone();
        self.entries().iter().map(|entry| entry.info()).chain(broken).collect()
    }

    /// Asks the providers that are due, until told to stop.
    pub async fn refresh(&self, stop: &CancellationToken) {
        let mut pause = tokio::time::interval(Duration::from_millis(LOOK_EVERY_MS));
        while stop.run_until_cancelled(pause.tick()).await.is_some() {
            let now = self.clock.monotonic_ms();
            let _asking = self.asking.lock().await;
            let asking = self.ask(|_, said| said.due_ms <= now);
            if stop.run_until_cancelled(asking).await.is_none() {
                return;
            }
        }
    }

    /// Asks every provider, once.
    pub async fn ask_all(&self) {
        let _asking = self.asking.lock().await;
        self.ask(|_, _| true).await;
    }

    async fn ask(&self, which: impl Fn(&Entry, &Said) -> bool) {
        let entries = self.entries();
        let due = entries.iter().filter(|entry| entry.origin != Origin::Embedded);
        let due: Vec<_> = due.filter(|entry| which(entry, &entry.said())).collect();
        if due.is_empty() {
            return;
        }
        join_all(due.iter().map(|entry| async {
            let began = self.clock.monotonic_ms();
            let answer = entry.provider.list().await;
            let now = self.clock.monotonic_ms();
            entry.take(answer, now, now - began);
            // Names of the configuration were checked at the start, and listed ones give way.
            if let Err(error) = self.rebuild() {
                tracing::error!(%error, "the models cannot be listed");
            }
        }))
        .await;
    }
}

fn taken(name: &str) -> Error {
    let error = ApiError::new(Code::Conflict, format!("There is a provider called `{name}` already."));
    error.hint("Give this one another name.").into()
}

fn left_out(config: &ProviderConfig, error: &Error, found_by: &str) -> ProviderInfo {
    ProviderInfo {
        name: config.name.clone(),
        endpoint: String::new(),
        origin: config.origin,
        models: None,
        took_ms: None,
        added: None,
        error: Some(ApiError::new(Code::InvalidRequest, error.to_string()).hint(format!("Look at {found_by}."))),
    }
}

impl Entry {
    fn new(provider: Arc<dyn Provider>, origin: Origin) -> Self {
        let is_here = reqwest::Url::parse(provider.endpoint()).is_ok_and(|url| is_here(&url));
        Self { provider, origin, is_here, added: None, chosen: None, said: Mutex::default() }
    }

    fn shows(&self, listed: &Listed) -> bool {
        self.chosen.as_ref().is_none_or(|chosen| chosen.contains(&listed.upstream))
    }

    fn said(&self) -> std::sync::MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what the provider said. A model that is not listed any more stays, and says so.
    fn take(&self, answer: Result<Vec<Listed>, ApiError>, now_ms: u64, took_ms: u64) {
        let mut said = self.said();
        let usual = if self.is_here { ASK_HERE_EVERY_MS } else { ASK_EVERY_MS };
        match answer {
            Ok(mut listed) => {
                listed.sort_by(|a, b| a.upstream.cmp(&b.upstream));
                let mut gone = std::mem::take(&mut said.listed);
                gone.retain(|old| listed.binary_search_by(|new| new.upstream.cmp(&old.upstream)).is_err());
                gone.truncate(UPSTREAM_MODELS_MAX.saturating_sub(listed.len()));
                for model in &mut gone {
                    model.info.status = ModelStatus::Gone;
                }
                listed.append(&mut gone);
                *said = Said { listed, answered: true, error: None, took_ms, due_ms: now_ms + usual };
            }
            Err(error) => {
                if self.origin != Origin::Found && said.error.as_ref().map(|known| known.code) != Some(error.code) {
                    tracing::warn!(provider = self.provider.name(), %error, "a provider does not list its models");
                }
                for model in &mut said.listed {
                    if model.info.status == ModelStatus::Ready {
                        model.info.status = ModelStatus::Unreachable;
                    }
                }
                said.error = Some(error);
                said.due_ms = now_ms + usual.min(ASK_AGAIN_MS);
            }
        }
    }

    fn info(&self) -> ProviderInfo {
        let said = self.said();
        let is_there = |listed: &&Listed| listed.info.status != ModelStatus::Gone && self.shows(listed);
        let listed = said.listed.iter().filter(is_there).count();
        ProviderInfo {
            name: self.provider.name().to_owned(),
            endpoint: self.provider.endpoint().to_owned(),
            origin: self.origin,
            models: said.answered.then_some(listed),
            took_ms: said.answered.then_some(said.took_ms),
            error: said.error.clone(),
            added: self.added.clone(),
        }
    }
}
