//! Providers that are added on the page: kept, tried, changed, taken away and brought back.

use domain::limits::CHOSEN_MODELS_MAX;
use domain::{AddedProvider, ApiError, Code, NewProvider, Origin, Probe, ProviderId, Speaks};

use crate::Shared;
use crate::config::{ProviderConfig, Timeouts};
use crate::error::Error;
use crate::principal::Principal;
use crate::providers::registry::{ProviderKind, Registry};
use crate::secret::Secret;
use crate::store::{ProviderRow, Store};
use crate::vault::Vault;

/// Everything that can be done with providers.
#[derive(Clone, Copy)]
pub struct Providers<'a>(pub(crate) &'a Shared);

impl Providers<'_> {
    /// Asks what is typed for its models, before it is added. With the id of one that is there already and no key, its
    /// own key is used.
    ///
    /// # Errors
    /// What is wrong with it, or what the provider said.
    pub async fn probe(self, principal: &Principal, new: NewProvider, id: Option<ProviderId>) -> Result<Probe, Error> {
        let new = new.check()?;
        let key = match (&new.api_key, id) {
            (Some(key), _) => Some(key.clone()).filter(|key| !key.is_empty()).map(Secret::from),
            (None, Some(id)) => self.key(&self.row(principal, id).await?, &new)?,
            (None, None) => None,
        };
        Ok(self.0.registry.probe(&config(&new.name, new.speaks, new.url(), key)).await?)
    }

    /// Adds a provider, and asks it for its models.
    ///
    /// # Errors
    /// What is wrong with it; `conflict` where its name is another's.
    pub async fn add(self, principal: &Principal, new: NewProvider) -> Result<ProviderId, Error> {
        self.put(principal, ProviderId::from_bytes(self.0.clock.id()), new, None).await
    }

    /// Changes a provider. Without a key it keeps the one that it has.
    ///
    /// # Errors
    /// As [`Providers::add`]; `not_found`.
    pub async fn change(self, principal: &Principal, id: ProviderId, new: NewProvider) -> Result<ProviderId, Error> {
        let before = self.row(principal, id).await?;
        self.put(principal, id, new, Some(before)).await
    }

    async fn put(
        self,
        principal: &Principal,
        id: ProviderId,
        new: NewProvider,
        before: Option<ProviderRow>,
    ) -> Result<ProviderId, Error> {
        let new = new.check()?;
        let is_new_name = before.as_ref().is_none_or(|before| before.name != new.name);
        if is_new_name && self.0.registry.knows(&new.name) {
            let error = ApiError::new(Code::Conflict, format!("There is a provider called `{}` already.", new.name));
            return Err(error.hint("Give this one another name.").into());
        }
        if new.models.as_ref().is_some_and(|models| models.len() > CHOSEN_MODELS_MAX) {
            let why = format!("More than {CHOSEN_MODELS_MAX} models are chosen.");
            return Err(ApiError::new(Code::InvalidRequest, why).hint("Choose fewer, or all of them.").into());
        }
        let key = match (&new.api_key, &before) {
            (Some(key), _) => Some(key.clone()).filter(|key| !key.is_empty()).map(Secret::from),
            (None, Some(before)) => self.key(before, &new)?,
            (None, None) => None,
        };
        let row = ProviderRow {
            id,
            sealed_key: key.as_ref().map(|key| self.0.vault.seal(id.as_bytes(), key)),
            name: new.name,
            speaks: new.speaks,
            base_url: new.base_url,
            models: new.models,
        };
        // What cannot be set up is not kept; what was there before then stays.
        let config = config(&row.name, row.speaks, url(&row), key);
        self.0.registry.check(&config).map_err(|error| match error {
            Error::Config(why) => Error::from(ApiError::new(Code::InvalidRequest, why)),
            other => other,
        })?;
        self.0.store.save_provider(principal.workspace, &row, self.0.clock.now_micros()).await?;
        self.0.registry.put(&config, added(&row))?;
        self.0.registry.ask_again(Some(&row.name)).await;
        Ok(id)
    }

    /// The key of a provider that is there. It is not sent anywhere else: to a new address it must be typed again.
    fn key(self, row: &ProviderRow, new: &NewProvider) -> Result<Option<Secret>, Error> {
        let Some(sealed) = &row.sealed_key else { return Ok(None) };
        if new.base_url != row.base_url {
            let error = ApiError::new(
                Code::InvalidRequest,
                "The address is another one, and the key was given for the old one.",
            );
            return Err(error.hint("Type the key again.").into());
        }
        match self.0.vault.unseal(row.id.as_bytes(), sealed) {
            Some(key) => Ok(Some(key)),
            None => Err(lost_key().into()),
        }
    }

    /// Takes a provider away; for a while it can be brought back. Its runs stay.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn remove(self, principal: &Principal, id: ProviderId) -> Result<(), Error> {
        let row = self.row(principal, id).await?;
        self.0.store.mark_provider(principal.workspace, id, Some(self.0.clock.now_micros())).await?;
        self.0.registry.remove(&added(&row))
    }

    /// Brings a provider back.
    ///
    /// # Errors
    /// `not_found` once it is gone for good; `conflict` where its name has been given to another.
    pub async fn restore(self, principal: &Principal, id: ProviderId) -> Result<(), Error> {
        let row = self.row(principal, id).await?;
        self.0.store.mark_provider(principal.workspace, id, None).await?;
        load(&self.0.registry, &self.0.vault, &row);
        self.0.registry.ask_again(Some(&row.name)).await;
        Ok(())
    }

    /// Asks a provider for its models now; all of them without a name.
    pub async fn ask(self, _: &Principal, name: Option<&str>) {
        self.0.registry.ask_again(name).await;
    }

    async fn row(self, principal: &Principal, id: ProviderId) -> Result<ProviderRow, Error> {
        self.0.store.provider(principal.workspace, id).await?.ok_or_else(|| {
            ApiError::new(Code::NotFound, "That provider is not there any more.").hint("Load the page again.").into()
        })
    }
}

/// Puts the providers that were added on the page beside those of the configuration.
///
/// # Errors
/// When the database does not answer.
pub async fn load_all(registry: &Registry, vault: &Vault, store: &Store) -> Result<(), Error> {
    for row in store.providers(Principal::built_in().workspace).await? {
        load(registry, vault, &row);
    }
    Ok(())
}

/// One that cannot be used is listed with the reason: a person must see it to mend it.
fn load(registry: &Registry, vault: &Vault, row: &ProviderRow) {
    let key = match &row.sealed_key {
        None => Ok(None),
        Some(sealed) => vault.unseal(row.id.as_bytes(), sealed).map(Some).ok_or_else(lost_key),
    };
    let put = key.and_then(|key| {
        let config = config(&row.name, row.speaks, url(row), key);
        registry.put(&config, added(row)).map_err(|error| match error {
            Error::Config(why) => ApiError::new(Code::InvalidRequest, why),
            other => other.public(),
        })
    });
    if let Err(error) = put {
        tracing::warn!(provider = row.name, %error, "a provider that was added on the page cannot be used");
        registry.put_broken(row.name.clone(), added(row), error);
    }
}

fn lost_key() -> ApiError {
    ApiError::new(
        Code::UpstreamAuthentication,
        "Its key cannot be opened: the key file of the data directory is another one.",
    )
    .hint("Type the key again.")
}

fn url(row: &ProviderRow) -> String {
    NewProvider { speaks: row.speaks, base_url: row.base_url.clone(), ..NewProvider::default() }.url()
}

fn added(row: &ProviderRow) -> AddedProvider {
    AddedProvider {
        id: row.id,
        speaks: row.speaks,
        base_url: row.base_url.clone(),
        has_key: row.sealed_key.is_some(),
        models: row.models.clone(),
    }
}

fn config(name: &str, speaks: Speaks, url: String, key: Option<Secret>) -> ProviderConfig {
    ProviderConfig {
        name: name.to_owned(),
        kind: if speaks == Speaks::Anthropic { ProviderKind::Anthropic } else { ProviderKind::Openai },
        base_url: Some(url),
        api_key_env: None,
        api_key: key,
        timeouts: Timeouts::default(),
        endpoint: Vec::new(),
        origin: Origin::Page,
    }
}
