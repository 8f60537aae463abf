//! Links that show something to whoever has them (E1).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::id::{ComparisonId, RunId, ShareId, VersionId};

/// What a link shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shared {
    /// A run.
    Run(RunId),
    /// A version of a prompt.
    Version(VersionId),
    /// A comparison.
    Comparison(ComparisonId),
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(id) => id.fmt(f),
            Self::Version(id) => id.fmt(f),
            Self::Comparison(id) => id.fmt(f),
        }
    }
}

impl FromStr for Shared {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let run = || text.parse().map(Self::Run).ok();
        let version = || text.parse().map(Self::Version).ok();
        let comparison = || text.parse().map(Self::Comparison).ok();
        run().or_else(version).or_else(comparison).ok_or_else(|| {
            "expected the id of a run (`run_…`), a version (`ver_…`) or a comparison (`cmp_…`)".to_owned()
        })
    }
}

impl Serialize for Shared {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Shared {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// What a link allows; each allows what the one before it does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShareScope {
    /// To look at it.
    #[default]
    View,
    /// To carry it away as JSON, or into one's own library.
    Fork,
    /// To run it, at the cost of whoever shared it, up to a budget.
    Run,
}

impl ShareScope {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Fork => "fork",
            Self::Run => "run",
        }
    }

    /// The scope with that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::View, Self::Fork, Self::Run].into_iter().find(|scope| scope.as_str() == word)
    }
}

/// A link as asked for: the body of `POST /v1/shares`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewShare {
    /// What it shows.
    pub resource: Shared,
    /// What it allows.
    #[serde(default)]
    pub scope: ShareScope,
    /// When it ends, in seconds from now; absent, after a week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<u64>,
    /// What must be typed to open it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passphrase: Option<String>,
    /// How often it can be opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub views_max: Option<u32>,
    /// Of scope `run`: what all runs together may cost, in micro-dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_micros: Option<i64>,
}

/// A link as its maker sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Its id.
    pub id: ShareId,
    /// What it shows.
    pub resource: Shared,
    /// What that is called.
    pub title: String,
    /// What it allows.
    pub scope: ShareScope,
    /// The link itself.
    pub url: String,
    /// When it was made, in microseconds since 1970, UTC.
    pub created_at: i64,
    /// When it ends, in microseconds since 1970, UTC.
    pub expires_at: i64,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
    /// Whether a passphrase must be typed.
    pub passphrase: bool,
    /// How often it was opened.
    pub views: u32,
    /// How often it can be opened.
    pub views_max: Option<u32>,
    /// What its runs have cost, in micro-dollars.
    pub spent_micros: i64,
    /// What they may cost.
    pub budget_micros: Option<i64>,
    /// When it was last opened.
    pub viewed_at: Option<i64>,
}

/// One opening of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareView {
    /// When, in microseconds since 1970, UTC.
    pub at: i64,
    /// What was asked for: `page`, `events`, `export`, `run` or `fork`.
    pub what: String,
    /// The family of the browser or program, such as `Firefox`.
    pub agent: String,
}
