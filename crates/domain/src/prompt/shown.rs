//! Prompts as lists and readers are shown them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{PromptContent, flat};
use crate::id::{PromptId, VersionId};

/// A prompt in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptSummary {
    /// Its id.
    pub id: PromptId,
    /// What it is called.
    pub name: String,
    /// The number of its newest version.
    pub version: u32,
    /// Free words.
    pub tags: Vec<String>,
    /// When it was last changed, in microseconds since 1970, UTC.
    pub updated_at: i64,
    /// The beginning of what it asks, or the place where the words are that were searched for.
    pub snippet: String,
    /// Whether it stands among the favourites.
    pub favourite: bool,
    /// Labels, with the number of their version.
    pub labels: BTreeMap<String, u32>,
    /// The model of its newest version.
    pub model: String,
    /// Whether it is one of the examples that come with Etude and nobody has changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub example: bool,
    /// Whether it was put away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Where the words are that were searched for, in characters of the name: from, and up to before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub name_marks: Vec<(u32, u32)>,
    /// The same in the snippet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub snippet_marks: Vec<(u32, u32)>,
}

/// A page of a list of prompts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptPage {
    /// The best matches first; the last changed first where nothing is searched for.
    pub data: Vec<PromptSummary>,
    /// Give it as `after` for the next page.
    pub next: Option<String>,
    /// How many there are on all pages.
    pub total: u64,
}

/// Which prompts to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PromptFilter {
    /// Words of name, tags and text; typing mistakes are forgiven.
    pub query: String,
    /// With this tag alone.
    pub tag: Option<String>,
    /// Favourites alone.
    pub favourite: bool,
    /// Those that were put away, in place of the others.
    pub archived: bool,
    /// Examples alone.
    pub example: bool,
    /// Changed from then on, in microseconds since 1970, UTC.
    pub from: Option<i64>,
    /// Changed before then.
    pub to: Option<i64>,
}

/// A prompt with one of its versions: the answer of `GET /v1/presets/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "flat::FlatPreset")]
pub struct Preset {
    /// Its id.
    pub id: PromptId,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Free words.
    pub tags: Vec<String>,
    /// Whether it stands among the favourites.
    pub favourite: bool,
    /// Labels, with the number of their version.
    pub labels: BTreeMap<String, u32>,
    /// The number of its newest version.
    pub head: u32,
    /// The number of the version that is shown.
    pub version: u32,
    /// That version's id.
    pub version_id: VersionId,
    /// That version's digest: blake3 of its canonical JSON, in hex digits.
    pub digest: String,
    /// The number of the version that it was made from.
    pub parent: Option<u32>,
    /// The number of another version that it took in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<u32>,
    /// What was changed in it.
    pub note: String,
    /// Who saved it.
    pub author: String,
    /// When the prompt was first saved, in microseconds since 1970, UTC.
    pub created_at: i64,
    /// When it was last changed, in microseconds since 1970, UTC.
    pub updated_at: i64,
    /// When the version was saved, in microseconds since 1970, UTC.
    pub saved_at: i64,
    /// Whether it is one of the examples that come with Etude and nobody has changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub example: bool,
    /// Whether it was put away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// What the version holds.
    #[serde(flatten)]
    pub content: PromptContent,
}

/// What came of saving.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// The prompt.
    pub id: PromptId,
    /// The number of the version with that content: a new one, or the one that had it already.
    pub version: u32,
    /// That version's id.
    pub version_id: VersionId,
    /// Its digest.
    pub digest: String,
    /// Whether a version was made.
    pub created: bool,
    /// The newest version at that moment, where the parent was an older one: someone else had saved meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<u32>,
    /// Microseconds since 1970, UTC.
    pub updated_at: i64,
}

/// A version in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VersionInfo {
    /// Its id.
    pub id: VersionId,
    /// Its number, from 1.
    pub version: u32,
    /// Its digest.
    pub digest: String,
    /// The number of the version that it was made from.
    pub parent: Option<u32>,
    /// The number of another version that it took in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<u32>,
    /// What was changed.
    pub note: String,
    /// Who saved it.
    pub author: String,
    /// The labels that it has.
    pub labels: Vec<String>,
    /// The model.
    pub model: String,
    /// How many runs there were of it.
    pub runs: u64,
    /// What they cost, in micro-dollars.
    pub cost_micros: i64,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
}

/// A page of a list of versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VersionPage {
    /// The newest first.
    pub data: Vec<VersionInfo>,
    /// Give it as `after` for the next page.
    pub next: Option<u32>,
}

/// How many prompts stand where, for the library's side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelves {
    /// All that were not put away, the examples among them.
    pub all: u64,
    /// Favourites.
    pub favourites: u64,
    /// Examples that nobody has changed.
    pub examples: u64,
    /// Put away.
    pub archived: u64,
    /// Tags with the number of their prompts, by name.
    pub tags: Vec<(String, u64)>,
}

/// What the runs of a prompt or a version took.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptFigures {
    /// Ended runs.
    pub runs: u64,
    /// Those that failed or were interrupted.
    pub failed: u64,
    /// What they cost in all, in micro-dollars.
    pub cost_micros: i64,
    /// The median time to the first token, in milliseconds.
    pub ttft_ms: Option<u64>,
    /// Between these two were four of five answers, in tokens.
    pub output_tokens: Option<(u64, u64)>,
}

/// How long answers have been, as a forecast needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputBand {
    /// Runs that it is based on.
    pub runs: u64,
    /// Four of five answers are not shorter, in tokens.
    pub least: u64,
    /// And not longer; nothing where so many were cut short that only the limit of the next one bounds it.
    pub most: Option<u64>,
}
