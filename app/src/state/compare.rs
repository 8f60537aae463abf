//! A comparison on its page: what is compared, how its cells stand, and what can be done with them.
//!
//! | file | what stands there |
//! |---|---|
//! | `book` | cells by their place, and what they come to |
//! | `column` | one variant: its document, what is typed for it, the answer that is shown |
//! | `deeds` | what is done with all of it: copied, deleted, carried away |
//! | `differ` | what differs between answers, while they come |
//! | `keeping` | every change is saved; of two tabs neither loses work |
//! | `parts` | adding, moving and removing columns and rows |
//! | `running` | run, stop, pause, and what is asked before |

mod book;
mod column;
mod deeds;
mod differ;
mod keeping;
mod parts;
mod running;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::comparison::{CellCounts, Column, ComparisonForecast};
use domain::live::CellsFrame;
use domain::{ApiError, Cell, CellScope, CellStatus, Comparison, ComparisonId, ComparisonSpec, ModelInfo, ModelStatus};
use leptos::prelude::*;

pub use book::{Book, ColumnTotal, PAGE_ROWS, Place, Totals};
pub use column::{Col, column_id, letter, tone};
pub use differ::{Differ, Marks};
pub use keeping::{Keeping, Lost, Saved};
pub use parts::UNDO_REMOVE;
pub use running::{Refused, dollars_asked, suggested_cap};

use super::desk::find;
use super::figures::dollars;
use crate::live::Live;

/// Values of the variables, by name.
pub type Inputs = BTreeMap<String, String>;

/// How the cells of a comparison stand, as the server has said or changed cells have told since.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// How many stand how.
    pub counts: CellCounts,
    /// What all its runs have cost, in micro-dollars.
    pub cost_micros: i64,
    /// Why waiting cells are not begun: `cap` or `paused`.
    pub held: Option<String>,
}

impl Standing {
    fn of(comparison: &Comparison) -> Self {
        let Comparison { counts, cost_micros, held, .. } = comparison;
        Self { counts: *counts, cost_micros: *cost_micros, held: held.clone() }
    }

    /// Whether something runs or waits.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        self.counts.waiting + self.counts.running > 0
    }
}

/// What lies over the page.
#[derive(Debug, Clone, PartialEq)]
pub enum Over {
    /// What it may cost is asked for.
    Cap {
        /// What is to be run; nothing where only the cap is raised.
        scope: Option<CellScope>,
        /// What that will take.
        forecast: Arc<ComparisonForecast>,
    },
    /// The messages of a column.
    Prompt(u32),
    /// The versions that a column can be.
    Versions(u32),
    /// The rows of inputs.
    Rows,
}

/// The page of a comparison: values to show, verbs to call. Copied freely.
#[derive(Clone, Copy)]
pub struct Compare {
    /// Its id.
    pub id: ComparisonId,
    /// What it is called.
    pub name: RwSignal<String>,
    /// The variants, in their order.
    pub columns: RwSignal<Vec<Col>>,
    /// The inputs, a row each.
    pub rows: RwSignal<Arc<Vec<Inputs>>>,
    /// Where the rows are from.
    pub data_name: RwSignal<Option<String>>,
    /// How often each cell is run.
    pub repetitions: RwSignal<u32>,
    /// What it may cost in all, in micro-dollars.
    pub cap_micros: RwSignal<Option<i64>>,
    /// How its cells stand.
    pub standing: RwSignal<Standing>,
    /// The cells that are known.
    pub book: Book,
    /// Where its document is kept.
    pub keeping: Keeping,
    /// What differs between the answers.
    pub differ: Differ,
    /// The variables of all prompts, in the order of their first use.
    pub variables: Memo<Vec<String>>,
    /// Every model there is; the first is the default.
    pub models: StoredValue<Arc<[ModelInfo]>>,
    /// The tab's one connection.
    pub live: Live,
    /// The column that keys act on.
    pub focused: RwSignal<u32>,
    /// Whether columns scroll together.
    pub together: RwSignal<bool>,
    /// The column whose parameters lie open.
    pub params_of: RwSignal<Option<u32>>,
    /// The cell of a grid that is looked at.
    pub looked_at: RwSignal<Option<Place>>,
    /// The column that was removed last, and where it stood: it can be put back.
    pub removed: RwSignal<Option<(usize, Column)>>,
    /// Why the last thing that was asked for was not done.
    pub refused: RwSignal<Option<Refused>>,
    /// What lies over the page.
    pub over: RwSignal<Option<Over>>,
    /// What the next voice says to those who do not see it.
    pub said: RwSignal<String>,
    /// How many frames have come.
    frames: StoredValue<u64>,
    owner: StoredValue<Owner>,
}

impl Compare {
    /// A comparison as it was read, with the cells of its first rows.
    #[must_use]
    pub fn new(comparison: Comparison, cells: Vec<Cell>, models: Vec<ModelInfo>, live: Live) -> Self {
        let standing = Standing::of(&comparison);
        let Comparison { id, name, revision, spec, .. } = comparison;
        let columns: Vec<Col> = spec.columns.into_iter().map(Col::new).collect();
        let first = columns.first().map_or(0, |column| column.id);
        let columns = RwSignal::new(columns);
        let variables = Memo::new(move |_| {
            let mut names: Vec<String> = Vec::new();
            for column in columns.get() {
                for name in column.column.with(|column| column.content.variables()) {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
            names
        });
        Self {
            id,
            name: RwSignal::new(name),
            columns,
            rows: RwSignal::new(Arc::new(spec.rows)),
            data_name: RwSignal::new(spec.data_name),
            repetitions: RwSignal::new(spec.repetitions),
            cap_micros: RwSignal::new(spec.cap_micros),
            standing: RwSignal::new(standing),
            frames: StoredValue::new(0),
            book: Book::new(cells),
            keeping: Keeping::new(revision),
            differ: Differ::new(),
            variables,
            models: StoredValue::new(models.into()),
            live,
            focused: RwSignal::new(first),
            together: RwSignal::new(true),
            params_of: RwSignal::new(None),
            looked_at: RwSignal::new(None),
            removed: RwSignal::new(None),
            refused: RwSignal::new(None),
            over: RwSignal::new(None),
            said: RwSignal::new(String::new()),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
        }
    }

    /// What is compared, as it stands on the page.
    #[must_use]
    pub fn document(&self) -> (String, ComparisonSpec) {
        untrack(|| {
            let columns = self.columns.get().iter().map(|column| column.column.get()).collect();
            let spec = ComparisonSpec {
                columns,
                rows: self.rows.get().as_ref().clone(),
                repetitions: self.repetitions.get(),
                data_name: self.data_name.get(),
                cap_micros: self.cap_micros.get(),
            };
            (self.name.get(), spec)
        })
    }

    /// Whether it goes over rows of inputs.
    #[must_use]
    pub fn is_grid(&self) -> bool {
        self.data_name.with(Option::is_some) || self.rows.with(|rows| rows.len() > 1)
    }

    /// How many cells it has.
    #[must_use]
    pub fn cells(&self) -> u64 {
        let columns = self.columns.with(Vec::len) as u64;
        columns * self.rows.with(|rows| rows.len() as u64) * u64::from(self.repetitions.get())
    }

    /// The column with that id.
    #[must_use]
    pub fn column(&self, id: u32) -> Option<Col> {
        self.columns.with(|columns| columns.iter().find(|column| column.id == id).copied())
    }

    /// The place of a column, from 0.
    #[must_use]
    pub fn place(&self, id: u32) -> usize {
        self.columns.with(|columns| columns.iter().position(|column| column.id == id)).unwrap_or_default()
    }

    /// The letter of a column.
    #[must_use]
    pub fn letter(&self, id: u32) -> char {
        letter(self.place(id))
    }

    /// The model of a column; one that is not there is gone.
    #[must_use]
    pub fn model(&self, column: Col) -> ModelInfo {
        let name = column.column.with(|column| column.content.model.clone());
        let known = self.models.with_value(|models| find(models, &name).cloned());
        known.unwrap_or_else(|| ModelInfo { status: ModelStatus::Gone, ..ModelInfo::named(name, "") })
    }

    /// Whether a cell of a column runs or waits.
    #[must_use]
    pub fn is_running(&self, column: u32) -> bool {
        let is_busy = |cell: &Cell| matches!(cell.status, CellStatus::Waiting | CellStatus::Running);
        self.book.any(|place, cell| place.1 == column && is_busy(cell))
    }

    /// Takes cells that have changed.
    pub fn take(self, frame: CellsFrame) {
        let CellsFrame { cells, reread, counts, cost_micros, held, revision, .. } = frame;
        self.frames.try_update_value(|frames| *frames += 1);
        let standing = Standing { counts, cost_micros, held };
        if self.standing.try_with_untracked(|known| *known != standing) == Some(true) {
            self.standing.set(standing);
        }
        if self.keeping.is_older_than(revision) {
            self.look_again();
        }
        self.book.take(cells);
        if reread {
            self.read_again();
        }
        self.show_answers();
        self.settle_soon();
    }

    /// Shows in each column of a comparison that is no grid what its chosen cell has.
    pub fn show_answers(self) {
        if untrack(|| self.is_grid()) {
            return;
        }
        for column in self.columns.try_get_untracked().unwrap_or_default() {
            let cell = self.book.get_untracked((0, column.id, column.shown.get_untracked()));
            column.show(cell, self.live);
        }
    }

    /// How many frames have been heard: noted before the server is asked, so that what it answers is not taken for newer
    /// than what the connection told meanwhile.
    fn heard(self) -> u64 {
        self.frames.try_get_value().unwrap_or_default()
    }

    /// Takes what the server says of the whole, but what is compared. Of two that come at once the frame counts: every
    /// change has one, and they come in order.
    fn stand(self, comparison: &Comparison, heard: u64) {
        if self.heard() == heard {
            self.standing.try_set(Standing::of(comparison));
        }
    }

    /// Says that something was not done, and why.
    fn refuse(self, error: ApiError) {
        self.refused.try_set(Some(Refused::from(error)));
    }
}

/// Micro-dollars for people: cents where they say enough.
#[must_use]
pub fn money(micros: i64) -> String {
    if micros == 0 || micros.abs() >= 100_000 { format!("${:.2}", micros as f64 / 1e6) } else { dollars(micros) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_as_many_digits_as_say_something() {
        assert_eq!([0, 12, 7_100, 100_000, 9_600_000].map(money), ["$0.00", "$0.000012", "$0.0071", "$0.10", "$9.60"]);
    }
}
