//! Providers: who serves models, as the page shows them and adds them.

use serde::{Deserialize, Serialize};

use crate::error::{ApiError, Code};
use crate::id::ProviderId;
use crate::limits::{API_KEY_BYTES_MAX, PROVIDER_NAME_BYTES_MAX, URL_BYTES_MAX};
use crate::model::ModelInfo;

/// Who said that a provider is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// It came with the product.
    Embedded,
    /// `etude.toml`.
    #[default]
    File,
    /// A key in the environment.
    Environment,
    /// It answers on its usual port on this machine.
    Found,
    /// It was added on the page.
    Page,
}

impl Origin {
    /// Where it stands, for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::File => "etude.toml",
            Self::Environment => "environment",
            Self::Found => "usual port",
            Self::Page => "added here",
        }
    }
}

/// A provider as the page shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProviderInfo {
    /// What models name it by.
    pub name: String,
    /// Its address, without secrets.
    pub endpoint: String,
    /// Who said that it is there.
    pub origin: Origin,
    /// How many models it listed when it was last asked; absent where it has not answered yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<usize>,
    /// How long that answer took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// Why it did not list them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ApiError>,
    /// How it was added, where that was on the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<AddedProvider>,
}

/// What a provider that is added on the page speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaks {
    /// OpenAI's chat completions.
    #[default]
    Openai,
    /// Anthropic's messages.
    Anthropic,
    /// OpenAI's chat completions as Ollama has them: its address is written without `/v1`.
    Ollama,
}

impl Speaks {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Openai, Self::Anthropic, Self::Ollama];

    /// The word for it in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
            Self::Ollama => "ollama",
        }
    }

    /// The one with that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|speaks| speaks.as_str() == word)
    }
}

/// A provider that was added on the page. Its key never leaves the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedProvider {
    /// Its id.
    pub id: ProviderId,
    /// What it speaks.
    pub speaks: Speaks,
    /// Its address, as it was typed.
    pub base_url: String,
    /// Whether a key is kept for it.
    pub has_key: bool,
    /// The models that are shown; all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<String>>,
}

/// What is typed to add a provider, or to change one.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewProvider {
    /// What models name it by.
    pub name: String,
    /// What it speaks.
    pub speaks: Speaks,
    /// Its address.
    pub base_url: String,
    /// Its key. Absent where one is changed: the key stays as it is; empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<String>,
    /// The models that are shown; all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<String>>,
}

impl std::fmt::Debug for NewProvider {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewProvider")
            .field("name", &self.name)
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

impl NewProvider {
    /// Trims what was typed and refuses what cannot be a provider.
    ///
    /// # Errors
    /// What is wrong, and what to write instead.
    pub fn check(mut self) -> Result<Self, ApiError> {
        let refuse = |why: String, hint: &str| Err(ApiError::new(Code::InvalidRequest, why).hint(hint));
        self.name = self.name.trim().to_owned();
        self.base_url = self.base_url.trim().trim_end_matches('/').to_owned();
        self.api_key = self.api_key.map(|key| key.trim().to_owned());
        let name = &self.name;
        if name.is_empty() || name.len() > PROVIDER_NAME_BYTES_MAX || name.chars().any(|c| c.is_control() || c == '/') {
            let why = format!("The name must have 1 to {PROVIDER_NAME_BYTES_MAX} bytes, without a slash.");
            return refuse(why, "It stands before the names of its models, so make it short: lab, groq.");
        }
        let is_http = ["http://", "https://"].iter().any(|scheme| self.base_url.starts_with(scheme));
        if !is_http || self.base_url.len() > URL_BYTES_MAX {
            return refuse(
                "The base URL must begin with http:// or https://.".into(),
                "Copy it from the provider's documentation.",
            );
        }
        let authority = self.base_url.split('/').nth(2).unwrap_or_default();
        if authority.contains('@') {
            return refuse(
                "The base URL holds a password.".into(),
                "Write the key into its own field: there it is encrypted.",
            );
        }
        if let Some(key) = &self.api_key
            && (key.len() > API_KEY_BYTES_MAX || !key.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            return refuse(
                "The key has characters that no key has.".into(),
                "Copy it again, without blanks and line breaks.",
            );
        }
        Ok(self)
    }

    /// The address that requests go to.
    #[must_use]
    pub fn url(&self) -> String {
        let url = self.base_url.trim_end_matches('/');
        match self.speaks {
            Speaks::Openai => url.to_owned(),
            Speaks::Anthropic => url.strip_suffix("/v1").unwrap_or(url).to_owned(),
            Speaks::Ollama if url.ends_with("/v1") => url.to_owned(),
            Speaks::Ollama => format!("{url}/v1"),
        }
    }
}

/// What a provider said when it was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// Its models, under its own names.
    pub models: Vec<ModelInfo>,
    /// How long it took to list them, in milliseconds.
    pub took_ms: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(name: &str, base_url: &str) -> NewProvider {
        NewProvider { name: name.into(), base_url: base_url.into(), ..NewProvider::default() }
    }

    #[test]
    fn what_cannot_be_a_provider_is_refused_with_what_to_write() {
        for (name, url) in [
            ("", "http://x"),
            ("a/b", "http://x"),
            ("a\nb", "http://x"),
            ("lab", "x"),
            ("lab", "ftp://x"),
            ("lab", "https://me:pw@x/v1"),
        ] {
            let error = typed(name, url).check().expect_err(url);
            assert!(error.hint.is_some(), "{error}");
        }
        let key = |key: &str| NewProvider { api_key: Some(key.into()), ..typed("lab", "http://x/v1/") }.check();
        assert!(key("sk 1").is_err() && key("sk\u{e9}").is_err());
        let taken = key(" sk-1\n").expect("trimmed");
        assert_eq!((taken.api_key.as_deref(), taken.base_url.as_str()), (Some("sk-1"), "http://x/v1"));
    }

    #[test]
    fn an_address_may_be_written_as_its_provider_writes_it() {
        let url = |speaks, base_url: &str| NewProvider { speaks, ..typed("lab", base_url) }.url();
        assert_eq!(url(Speaks::Ollama, "http://127.0.0.1:11434"), "http://127.0.0.1:11434/v1");
        assert_eq!(url(Speaks::Ollama, "http://127.0.0.1:11434/v1"), "http://127.0.0.1:11434/v1");
        assert_eq!(url(Speaks::Anthropic, "https://api.anthropic.com/v1/"), "https://api.anthropic.com");
        assert_eq!(url(Speaks::Openai, "https://api.openai.com/v1"), "https://api.openai.com/v1");
    }

    #[test]
    fn k2_a_key_is_not_printed() {
        let new = NewProvider { api_key: Some("sk-canary".into()), ..typed("lab", "http://x") };
        assert!(!format!("{new:?}").contains("canary"));
    }
}
