//! Comparisons and grids: columns that differ in prompt, model or params, over one row of inputs or many.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{ApiError, Code};
use crate::event::Usage;
use crate::id::{ComparisonId, PromptId, RunId};
use crate::limits::{CELLS_MAX, COLUMNS_MAX, NAME_CHARS_MAX, REPETITIONS_MAX, ROWS_MAX};
use crate::prompt::PromptContent;
use crate::run::RunStatus;

/// What a comparison without a name is called.
pub const UNTITLED: &str = "Untitled";
/// Stands behind the name of a copy.
const COPY: &str = " (copy)";

/// One variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// What tells it from the others, wherever it stands; never given twice in one comparison.
    pub id: u32,
    /// The kept prompt that it is a version of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<PromptId>,
    /// The version that it is, or was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// Whether it is no longer what that version holds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub edited: bool,
    /// What is run.
    pub content: PromptContent,
}

/// What is compared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonSpec {
    /// The variants, in the order in which they are shown; 1 to [`COLUMNS_MAX`].
    pub columns: Vec<Column>,
    /// The inputs, a row each; a comparison that is no grid has one.
    pub rows: Vec<BTreeMap<String, String>>,
    /// How often each cell is run.
    pub repetitions: u32,
    /// Where the rows are from, such as a file's name; a grid has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_name: Option<String>,
    /// What it may cost in all, in micro-dollars: no cell is begun beyond it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_micros: Option<i64>,
}

impl ComparisonSpec {
    /// Checks its bounds.
    ///
    /// # Errors
    /// `invalid_request` that names the field.
    pub fn check(&self) -> Result<(), ApiError> {
        let refuse = |param: &str, why: String| {
            Err(ApiError::new(Code::InvalidRequest, format!("`{param}` {why} Nothing was saved.")).param(param))
        };
        if !(1..=COLUMNS_MAX).contains(&self.columns.len()) {
            return refuse("columns", format!("has {} entries; 1 to {COLUMNS_MAX} are taken.", self.columns.len()));
        }
        if !(1..=ROWS_MAX).contains(&self.rows.len()) {
            return refuse("rows", format!("has {} entries; 1 to {ROWS_MAX} are taken.", self.rows.len()));
        }
        if !(1..=REPETITIONS_MAX).contains(&self.repetitions) {
            return refuse("repetitions", format!("is {}; 1 to {REPETITIONS_MAX} are taken.", self.repetitions));
        }
        if self.cells() > CELLS_MAX {
            return refuse("repetitions", format!("makes {} cells; at most {CELLS_MAX} are taken.", self.cells()));
        }
        if self.cap_micros.is_some_and(|cap| cap < 0) {
            return refuse("cap_micros", "is below 0.".into());
        }
        let mut ids: Vec<u32> = self.columns.iter().map(|column| column.id).collect();
        ids.sort_unstable();
        if ids.windows(2).any(|two| two[0] == two[1]) {
            return refuse("columns", "has two entries with one id.".into());
        }
        self.columns.iter().try_for_each(|column| column.content.check())
    }

    /// An id that no column has.
    #[must_use]
    pub fn next_id(&self) -> u32 {
        self.columns.iter().map(|column| column.id).max().unwrap_or_default() + 1
    }

    /// How many cells it has.
    #[must_use]
    pub fn cells(&self) -> u64 {
        self.columns.len() as u64 * self.rows.len() as u64 * u64::from(self.repetitions)
    }
}

/// A comparison as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Its id.
    pub id: ComparisonId,
    /// What it is called; empty, it has no name of its own.
    pub name: String,
    /// Grows with every change of what is compared.
    pub revision: i64,
    /// What is compared.
    pub spec: ComparisonSpec,
    /// How its cells stand.
    pub counts: CellCounts,
    /// What its runs have cost, in micro-dollars, those of cells that were run again included.
    pub cost_micros: i64,
    /// Why waiting cells are not begun: `cap` (what it may cost is used up) or `paused`; absent, they are.
    pub held: Option<String>,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// Microseconds since 1970, UTC.
    pub updated_at: i64,
}

/// How many cells stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellCounts {
    /// In the backlog.
    pub waiting: u64,
    /// Being run.
    pub running: u64,
    /// Ended with an answer.
    pub done: u64,
    /// Ended with an error.
    pub failed: u64,
    /// Stopped.
    pub stopped: u64,
}

/// How a cell stands. A cell that was never run is not kept at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CellStatus {
    /// In the backlog.
    Waiting,
    /// Its run is going on.
    Running,
    /// Ended with an answer.
    Done,
    /// Ended with an error, or could not be started.
    Failed,
    /// Stopped, before or while it ran.
    Stopped,
}

impl CellStatus {
    /// Every status there is.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Done, Self::Failed, Self::Stopped];

    /// The word in the database and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    /// The status with that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// What the end of a run makes of its cell.
    #[must_use]
    pub const fn of_run(status: RunStatus) -> Self {
        match status {
            RunStatus::Queued | RunStatus::Running => Self::Running,
            RunStatus::Finished => Self::Done,
            RunStatus::Cancelled => Self::Stopped,
            RunStatus::Failed | RunStatus::Interrupted => Self::Failed,
        }
    }
}

/// One row's inputs in one column, once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The row, from 0.
    pub row: u32,
    /// The column's id.
    pub column: u32,
    /// Which repetition, from 0.
    pub repetition: u32,
    /// How it stands.
    pub status: CellStatus,
    /// Its latest run.
    pub run: Option<RunId>,
    /// The beginning of the answer, once the run has ended.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The digest of the whole answer: equal where answers are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Tokens.
    #[serde(default)]
    pub usage: Usage,
    /// From creation to the first delta, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<u64>,
    /// From creation to the end, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_ms: Option<u64>,
    /// Micro-dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micros: Option<i64>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ApiError>,
    /// Whether its column or its row's inputs have been changed since it was run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outdated: bool,
}

/// Which cells are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CellScope {
    /// Of this row alone.
    pub row: Option<u32>,
    /// Of this column alone.
    pub column: Option<u32>,
    /// Only those that have no answer: never run, failed or stopped.
    pub missing: bool,
}

/// What a comparison or grid will take, said before it is run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ComparisonForecast {
    /// Cells that would be run.
    pub cells: u64,
    /// For each column: its id, and the least and the most that its cells are likely to cost, in micro-dollars; absent
    /// where the price is not known.
    pub columns: Vec<(u32, Option<(i64, i64)>)>,
    /// The sum of those that are known.
    pub least_micros: i64,
    /// The sum of those that are known.
    pub most_micros: i64,
    /// How many earlier runs the band is based on; 0, it is what `max_tokens` allows.
    pub runs: u64,
    /// Above this a cap is asked for, in micro-dollars.
    pub threshold_micros: i64,
}

/// What a copy of a comparison is called: the same, with a word behind it that shows where two stand in a list.
#[must_use]
pub fn name_of_copy(name: &str) -> String {
    let name = if name.trim().is_empty() { UNTITLED } else { name.trim() };
    let room = NAME_CHARS_MAX - COPY.chars().count();
    format!("{}{COPY}", name.chars().take(room).collect::<String>().trim_end())
}

/// A comparison in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparisonSummary {
    /// Its id.
    pub id: ComparisonId,
    /// What it is called; empty, it has no name of its own.
    pub name: String,
    /// How many columns.
    pub columns: u32,
    /// How many rows.
    pub rows: u32,
    /// Microseconds since 1970, UTC.
    pub updated_at: i64,
    /// Of a deleted one: how long it can still be brought back, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_ms: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::checked_name;

    #[test]
    fn a_copy_has_a_name_however_long_the_first_one_is() {
        assert_eq!(name_of_copy(" Tone "), "Tone (copy)");
        assert_eq!(name_of_copy(""), "Untitled (copy)");
        let long = name_of_copy(&"ü".repeat(NAME_CHARS_MAX));
        assert_eq!(long.chars().count(), NAME_CHARS_MAX);
        assert!(long.ends_with("ü (copy)") && checked_name(&long).is_ok());
    }
}
