//! A provider's credential: printed nowhere, and blanked where it turns up in what a provider says.

use std::fmt;

use domain::wire::BLANK;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

/// Shortest secret that is looked for in texts, in bytes: a shorter one stands in any text by chance.
const FINDABLE_BYTES_MIN: usize = 6;

/// A text that no log, error or answer may show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the wire alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

// Serde's own error for another type says what it found: a key that was written without quotes.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Found {
            Text(String),
            Other(IgnoredAny),
        }
        match Found::deserialize(deserializer)? {
            Found::Text(text) => Ok(Self(text)),
            Found::Other(IgnoredAny) => Err(serde::de::Error::custom("`api_key` must be a text in quotes")),
        }
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(BLANK)
    }
}

/// The secrets that an answer of a provider must not carry on.
#[derive(Debug, Clone, Default)]
pub struct Secrets(Vec<Secret>);

impl Secrets {
    /// Those of these that can be told from other text.
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Self {
        Self(secrets.into_iter().filter(|secret| secret.0.len() >= FINDABLE_BYTES_MIN).collect())
    }

    /// The text with each secret blanked.
    #[must_use]
    pub fn blank(&self, text: String) -> String {
        self.0.iter().fold(
            text,
            |text, secret| {
                if text.contains(&secret.0) { text.replace(&secret.0, BLANK) } else { text }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k2_a_secret_is_never_printed_and_blanked_where_it_turns_up() {
        let key = Secret::from("sk-canary-1".to_owned());
        assert!(!format!("{key:?} {:?}", Secrets::new([key.clone()])).contains("canary"));
        let secrets = Secrets::new([key, Secret::from("abc".to_owned())]);
        assert_eq!(secrets.blank("Bad key sk-canary-1, abc".into()), "Bad key •••, abc");
    }
}
