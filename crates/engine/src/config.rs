//! `etude.toml` and the environment. Environment over file over defaults.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use domain::limits::{BUILT_IN_CONCURRENT_RUNS, COLUMNS_MAX};
use domain::{Origin, Price};
use serde::Deserialize;

use crate::error::Error;
use crate::providers::discovery;
use crate::providers::registry::ProviderKind;
use crate::secret::Secret;

/// The whole configuration. Every key of the file is read from the first version on; what a key steers may
/// come later.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The process.
    pub server: Server,
    /// Who serves models.
    pub provider: Vec<ProviderConfig>,
    /// Models by name.
    pub model: Vec<ModelConfig>,
    /// Limits by tier.
    pub tier: Vec<Tier>,
    /// The queue in front of the workers.
    pub queue: Queue,
    /// The embedded model; from the environment alone.
    #[serde(skip)]
    pub embedded: Embedded,
}

/// The process.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Where it listens.
    pub addr: String,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// The address by which others reach it.
    pub public_url: Option<String>,
    /// Postgres in place of SQLite.
    pub database_url: Option<String>,
    /// Redis, for many nodes.
    pub redis_url: Option<String>,
    /// An object store, for many nodes.
    pub blobs_url: Option<String>,
    /// How long running runs may finish at shutdown, in seconds.
    pub drain_s: u64,
    /// How long ended runs are kept, in days; absent, for ever.
    pub keep_runs_days: Option<u32>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            addr: "127.0.0.1:3000".into(),
            data_dir: "data".into(),
            public_url: None,
            database_url: None,
            redis_url: None,
            blobs_url: None,
            drain_s: 10,
            keep_runs_days: None,
        }
    }
}

/// The embedded model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Embedded {
    /// A GGUF of the user's own.
    pub model_path: Option<PathBuf>,
    /// What it is called; else the file's stem in lower case.
    pub model_name: Option<String>,
}

/// Who serves models.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// What models name it by.
    pub name: String,
    /// The wire it speaks.
    pub kind: ProviderKind,
    /// Its address.
    #[serde(default)]
    pub base_url: Option<String>,
    /// The environment variable that holds its key.
    #[serde(default)]
    pub api_key_env: Option<String>,
    /// Its key.
    #[serde(default)]
    pub api_key: Option<Secret>,
    /// Its patience.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// Several addresses, in place of `base_url`.
    #[serde(default)]
    pub endpoint: Vec<EndpointConfig>,
    /// Who said that it is there.
    #[serde(skip)]
    pub origin: Origin,
}

impl ProviderConfig {
    /// The address that is used.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.base_url.as_deref().or_else(|| self.endpoint.first().map(|endpoint| endpoint.url.as_str()))
    }
}

/// One address of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointConfig {
    /// The address.
    pub url: String,
    /// Where it stands.
    #[serde(default)]
    pub region: Option<String>,
}

/// A provider's patience, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect_ms: u64,
    /// Until the first token.
    pub first_token_ms: u64,
    /// Between two pieces of the answer.
    pub idle_ms: u64,
    /// For all of it; from `max_tokens` where absent.
    pub total_ms: Option<u64>,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect_ms: 5_000, first_token_ms: 30_000, idle_ms: 30_000, total_ms: None }
    }
}

/// A model by name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// What requests call it.
    pub name: String,
    /// Which provider serves it.
    pub provider: String,
    /// What the provider calls it; else as `name`.
    #[serde(default)]
    pub upstream: Option<String>,
    /// Other names that resolve to it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Prompt and answer together.
    #[serde(default)]
    pub context_tokens: Option<u32>,
    /// Dollars per million tokens.
    #[serde(default)]
    pub price: Option<Price>,
    /// What is tried when it fails.
    #[serde(default)]
    pub fallback: Vec<String>,
    /// A newer version that takes over step by step.
    #[serde(default)]
    pub canary: Option<Canary>,
}

/// A newer version that takes over step by step.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// The newer version.
    pub model: String,
    /// Its share of the traffic, step by step.
    pub steps: Vec<f64>,
    /// The step that a person approves.
    #[serde(default)]
    pub approve: Option<f64>,
}

/// Limits by tier.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Its name; `default` is for those without another.
    pub name: String,
    /// Runs that may be started in a minute.
    #[serde(default)]
    pub requests_per_minute: Option<u32>,
    /// Tokens that may be used in a minute.
    #[serde(default)]
    pub tokens_per_minute: Option<u64>,
    /// Runs at a time.
    #[serde(default)]
    pub concurrent_runs: Option<u32>,
    /// Columns of one comparison at a time.
    #[serde(default)]
    pub compare_runs: Option<u32>,
    /// Its share where it competes.
    #[serde(default)]
    pub weight: Option<f64>,
}

/// The queue in front of the workers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Queue {
    /// Runs of one model that are worked on at a time.
    pub workers_per_model: Option<u32>,
    /// Runs of one model that may wait.
    pub depth_per_model: Option<u32>,
}

/// The environment, as far as it is text.
///
/// # Errors
/// When a variable of ours is not UTF-8; anybody else's is left out.
pub fn environment(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<BTreeMap<String, String>, Error> {
    let mut environment = BTreeMap::new();
    for (name, value) in variables {
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => drop(environment.insert(name, value)),
            Err(_) if name.starts_with("ETUDE_") => {
                return Err(Error::Config(format!("The environment variable {name} is not UTF-8. Set it anew.")));
            }
            Err(_) => {}
        }
    }
    Ok(environment)
}

impl Config {
    /// Reads the file that `ETUDE_CONFIG` names, or `etude.toml` where there is one, then the environment.
    ///
    /// # Errors
    /// With file, line and column of what cannot be used.
    pub fn load(environment: &BTreeMap<String, String>) -> Result<Self, Error> {
        let named = environment.get("ETUDE_CONFIG").filter(|file| !file.is_empty()).map(PathBuf::from);
        let file = named.clone().unwrap_or_else(|| "etude.toml".into());
        let mut config = match std::fs::read_to_string(&file) {
            Ok(text) => Self::parse(&text, &file)?,
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => return Err(Error::Config(format!("{} cannot be read: {error}", file.display()))),
        };
        config.overlay(environment);
        let found = discovery::look(environment, &config.provider);
        config.provider.extend(found);
        config.check()?;
        Ok(config)
    }

    fn parse(text: &str, file: &Path) -> Result<Self, Error> {
        toml::from_str(text).map_err(|error| {
            let place = error.span().map_or_else(String::new, |span| {
                let before = &text[..span.start.min(text.len())];
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
                format!(", line {line}, column {column}")
            });
            let message = error.message().trim_end();
            // Rust's names of types are nobody else's.
            let message = [
                ("u32", "a whole number"),
                ("u64", "a whole number"),
                ("f64", "a number"),
                ("a string", "a text in quotes"),
            ]
            .iter()
            .find_map(|(rust, plain)| {
                Some(format!("{}expected {plain}", message.strip_suffix(&format!("expected {rust}"))?))
            })
            .unwrap_or_else(|| message.to_owned());
            Error::Config(format!("{}{place}: {message}", file.display()))
        })
    }

    fn overlay(&mut self, environment: &BTreeMap<String, String>) {
        let text = |name: &str| environment.get(name).filter(|value| !value.is_empty()).cloned();
        if let Some(addr) = text("ETUDE_ADDR") {
            self.server.addr = addr;
        }
        if let Some(folder) = text("ETUDE_DATA_DIR") {
            self.server.data_dir = folder.into();
        }
        self.server.database_url = text("ETUDE_DATABASE_URL").or(self.server.database_url.take());
        self.server.redis_url = text("ETUDE_REDIS_URL").or(self.server.redis_url.take());
        self.server.blobs_url = text("ETUDE_BLOBS_URL").or(self.server.blobs_url.take());
        self.embedded =
            Embedded { model_path: text("ETUDE_MODEL_PATH").map(PathBuf::from), model_name: text("ETUDE_MODEL_NAME") };
        for provider in &mut self.provider {
            if let Some(key) = provider.api_key_env.as_deref().and_then(text) {
                provider.api_key = Some(key.into());
            }
        }
    }

    fn check(&self) -> Result<(), Error> {
        let refuse = |message: String| Err(Error::Config(message));
        for model in &self.model {
            if !self.provider.iter().any(|provider| provider.name == model.provider) {
                return refuse(format!(
                    "etude.toml: model `{}` names the provider `{}`, which no [[provider]] describes.",
                    model.name, model.provider
                ));
            }
        }
        for provider in &self.provider {
            let addressed = provider.base_url.is_some() || !provider.endpoint.is_empty();
            if provider.kind != ProviderKind::Embedded && !addressed {
                return refuse(format!("etude.toml: provider `{}` needs a base_url or an endpoint.", provider.name));
            }
            if self.provider.iter().filter(|other| other.name == provider.name).count() > 1 {
                return refuse(format!("etude.toml: two providers are called `{}`.", provider.name));
            }
        }
        if let Some(url) = self.server.public_url.as_deref().filter(|url| !is_origin(url)) {
            return refuse(format!(
                "etude.toml: public_url is `{url}`. Write the address by which others reach this server, such as https://etude.example: scheme and host, no path."
            ));
        }
        for (key, value) in [
            ("database_url", &self.server.database_url),
            ("redis_url", &self.server.redis_url),
            ("blobs_url", &self.server.blobs_url),
        ] {
            if value.is_some() {
                return refuse(format!("`{key}` is set, but this version keeps everything on one machine. Remove it."));
            }
        }
        Ok(())
    }

    /// Runs at a time of the built-in user.
    #[must_use]
    pub fn concurrent_runs(&self) -> u32 {
        let tier = self.tier.iter().find(|tier| tier.name == "default");
        tier.and_then(|tier| tier.concurrent_runs).unwrap_or(BUILT_IN_CONCURRENT_RUNS)
    }

    /// Runs of one comparison that go on at a time (F2).
    #[must_use]
    pub fn compare_runs(&self) -> u32 {
        let tier = self.tier.iter().find(|tier| tier.name == "default");
        tier.and_then(|tier| tier.compare_runs).unwrap_or(COLUMNS_MAX as u32)
    }
}

/// Whether a text is scheme, host and perhaps a port, and no more.
fn is_origin(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e1_a_public_address_has_no_path() {
        for good in ["https://etude.example", "https://etude.example/", "http://etude.example:8080"] {
            assert!(is_origin(good), "{good}");
        }
        for bad in
            ["etude.example", "https://etude.example/x", "https://a@b.example", "ftp://a.example", "https://", ""]
        {
            assert!(!is_origin(bad), "{bad}");
        }
    }

    const EVERYTHING: &str = include_str!("../tests/everything.toml");

    #[test]
    fn every_key_of_the_design_parses() {
        let config = Config::parse(EVERYTHING, Path::new("etude.toml")).expect("all of it");
        assert_eq!(config.provider[0].endpoint[0].region.as_deref(), Some("eu"));
        assert_eq!(config.model[0].aliases, ["lab-large-latest"]);
        assert_eq!(config.concurrent_runs(), 2);
        assert_eq!(Config::default().concurrent_runs(), 16);
        assert_eq!((config.compare_runs(), Config::default().compare_runs()), (8, 8));
    }

    #[test]
    fn a_mistake_is_named_with_line_and_column() {
        let error = Config::parse("[server]\nadr = \"x\"\n", Path::new("etude.toml")).expect_err("a typo").to_string();
        assert!(error.contains("line 2, column 1") && error.contains("adr"), "{error}");
    }

    #[test]
    fn no_key_is_ever_printed() {
        let provider = "[[provider]]\nname = \"lab\"\nkind = \"openai\"\nbase_url = \"http://127.0.0.1\"\n";
        let parse = |key: &str| Config::parse(&format!("{provider}api_key = {key}"), Path::new("etude.toml"));
        let config = parse("\"sk-canary\"").expect("a key");
        assert!(!format!("{config:?}").contains("canary"));
        let error = parse("8675309").expect_err("no text").to_string();
        assert!(error.contains("line 5") && !error.contains("8675309"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_no_text_is_named_where_it_is_ours() {
        use std::os::unix::ffi::OsStringExt;
        let set = |name: &str| environment([(name.into(), OsString::from_vec(vec![0xff]))].into_iter());
        assert!(set("FOO").expect("left out").is_empty());
        assert!(set("ETUDE_ADDR").expect_err("ours").to_string().contains("ETUDE_ADDR"));
    }
}
