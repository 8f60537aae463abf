//! What stands in the fields of a tab, as a list shows it.

use serde::{Deserialize, Serialize};

use crate::id::DraftId;

/// A draft, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftSummary {
    /// Its id.
    pub id: DraftId,
    /// Its first words.
    pub title: String,
    /// What else is in it, in a few words.
    pub about: String,
    /// When it was last changed, in microseconds since 1970, UTC.
    pub updated_at: i64,
}

/// A draft as a tab hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDraft {
    /// Its id.
    pub id: DraftId,
    /// Grows with every change: what was sent late does not replace what came after it.
    pub revision: i64,
    /// Its first words.
    pub title: String,
    /// What else is in it, in a few words.
    pub about: String,
    /// Its texts in lower case, to be searched.
    pub words: String,
    /// All of it, as JSON of the page's own.
    pub content: String,
}
