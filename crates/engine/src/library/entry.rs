//! What is known of a prompt: what the index is told, and what of that it keeps.

use std::collections::BTreeMap;

use domain::{PromptId, Which};

use super::examples::Example;
use crate::store::prompts::PromptRow;

/// What the index is told of a prompt.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    /// Its id.
    pub id: Option<PromptId>,
    /// Its name.
    pub name: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// The texts of its newest version, cut to a bound. Taken into the index, not kept.
    pub text: String,
    /// Whether it is a favourite.
    pub favourite: bool,
    /// Whether it was put away.
    pub archived: bool,
    /// Whether it is an example that nobody has changed.
    pub example: bool,
    /// When it was last changed.
    pub updated_at: i64,
    /// The number of its newest version.
    pub head: u32,
    /// Its labels.
    pub labels: BTreeMap<String, u32>,
}

impl Entry {
    /// An example that nobody has saved.
    #[must_use]
    pub fn of_example(example: &Example) -> Self {
        Self {
            id: Some(example.id),
            name: example.name.to_owned(),
            tags: example.tags(),
            text: example.content("").texts().collect::<Vec<_>>().join("\n"),
            example: true,
            head: 1,
            ..Self::default()
        }
    }

    /// A row, with the text that it is found by.
    #[must_use]
    pub fn of_row(row: PromptRow, text: String) -> Self {
        Self {
            id: Some(row.id),
            name: row.name,
            tags: row.tags,
            text,
            favourite: row.favourite,
            archived: row.archived_at.is_some(),
            example: false,
            updated_at: row.updated_at,
            head: row.head,
            labels: row.labels,
        }
    }
}

/// What a run of a prompt must know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Whether it was put away.
    pub archived: bool,
    /// Whether it is an example that nobody has changed.
    pub example: bool,
    /// The number of its newest version.
    pub head: u32,
    /// Its labels.
    pub labels: BTreeMap<String, u32>,
}

impl Known {
    /// The number of a version.
    #[must_use]
    pub fn number(&self, which: &Which) -> Option<u32> {
        match which {
            Which::Head => Some(self.head),
            Which::Number(number) => Some(*number).filter(|number| (1..=self.head).contains(number)),
            Which::Label(label) => self.labels.get(label).copied(),
        }
    }
}

impl From<&PromptRow> for Known {
    fn from(row: &PromptRow) -> Self {
        let archived = row.archived_at.is_some();
        Self { archived, example: false, head: row.head, labels: row.labels.clone() }
    }
}
