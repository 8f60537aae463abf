//! What came of an import, as the server answers it.

use serde::{Deserialize, Serialize};

use crate::ImportId;

/// Most refused entries that are named.
pub const REFUSED_MAX: usize = 20;

/// What came of an import, or what would come of it.
///
/// Counted are prompts, versions, runs and comparisons, each one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// What it can be taken back by; absent where nothing was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ImportId>,
    /// What was not there.
    pub created: u64,
    /// What was there already.
    pub unchanged: u64,
    /// Prompts and comparisons that were there and are newer in the file, or have more versions there.
    #[serde(default, skip_serializing_if = "is_none")]
    pub updated: u64,
    /// Of a dry run: what would be refused, up to [`REFUSED_MAX`]; of an import without it: what was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Vec<Refused>>,
    /// How many more are refused than are named.
    #[serde(default, skip_serializing_if = "is_none")]
    pub refused_more: u64,
    /// In how many prompts, runs and comparisons they stand: so many are left out whole, where the rest is imported.
    #[serde(default, skip_serializing_if = "is_none")]
    pub left_out: u64,
}

/// What came of taking an import back, counted as [`Imported`] counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// What is as it was before.
    pub taken_back: u64,
    /// What was changed since, and stays.
    pub kept: u64,
}

/// An entry of a file that cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Where it stands in the file, such as `prompts[12].name`.
    pub path: String,
    /// What is wrong with it.
    pub why: String,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}
