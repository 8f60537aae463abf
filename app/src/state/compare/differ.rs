//! What differs between the answers, while they come: compared a few times a second, one pair at a time.

use std::ops::Range;
use std::time::Duration;

use domain::diff::{self, Answer};
use domain::{RunId, RunStatus};
use leptos::prelude::*;

use super::{Col, Compare};

/// How long after new text answers are compared: about four times a second.
const GATHER: Duration = Duration::from_millis(220);
/// How long until the next pair: a frame is painted between two.
const NEXT: Duration = Duration::from_millis(16);

/// What differs in an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// Stretches that differ, in bytes, in order.
    pub ranges: Vec<Range<usize>>,
    /// Where it parts from the other, in bytes, and the number of that word.
    pub parts_at: Option<(usize, usize)>,
}

/// Two answers that are compared; another run of either begins anew.
struct Pair {
    key: (u32, u32, Option<RunId>, Option<RunId>, u32, u32),
    live: diff::Live,
}

/// What differs between the first column and each of the others.
#[derive(Clone, Copy)]
pub struct Differ {
    /// Whether what differs is marked.
    pub is_on: RwSignal<bool>,
    /// The number of the first word at which a column parts from the first one.
    pub first: RwSignal<Option<usize>>,
    /// How much of the first two answers is the same, in percent of their words.
    pub agreement: RwSignal<Option<u8>>,
    pairs: StoredValue<Vec<Pair>>,
    /// Whether a comparison is about to be made.
    is_due: StoredValue<bool>,
}

impl Differ {
    pub(super) fn new() -> Self {
        Self {
            is_on: RwSignal::new(true),
            first: RwSignal::new(None),
            agreement: RwSignal::new(None),
            pairs: StoredValue::new(Vec::new()),
            is_due: StoredValue::new(false),
        }
    }
}

impl Compare {
    /// Compares the answers as they come.
    pub fn compare_answers(self) {
        Effect::new(move || {
            let is_on = self.differ.is_on.get() && !self.is_grid();
            for column in self.columns.get() {
                column.run.epoch.track();
                column.run.text.track();
                column.run.view.track();
            }
            if is_on {
                self.compare_after(GATHER, 1);
            }
        });
    }

    /// Compares the column at that place with the first one, a moment later.
    fn compare_after(self, pause: Duration, place: usize) {
        if place == 1 && self.differ.is_due.try_update_value(|is_due| std::mem::replace(is_due, true)) != Some(false) {
            return;
        }
        set_timeout(move || self.compare_next(place), pause);
    }

    fn compare_next(self, place: usize) {
        let Some(columns) = self.columns.try_get_untracked() else { return };
        if place == 1 {
            self.differ.is_due.set_value(false);
        }
        let (Some(first), Some(other)) = (columns.first().copied(), columns.get(place).copied()) else {
            return self.sum_up(&columns);
        };
        let has_more = self.compare_two(first, other, place == 1);
        if has_more {
            self.compare_after(GATHER, 1);
        }
        self.compare_after(NEXT, place + 1);
    }

    /// Compares a column with the first one; says whether there is more to do.
    fn compare_two(self, first: Col, other: Col, is_second: bool) -> bool {
        let ((a, a_run, a_epoch), (b, b_run, b_epoch)) = (key(first), key(other));
        let key = (a, b, a_run, b_run, a_epoch, b_epoch);
        // What has said nothing does not differ.
        if [first, other].iter().any(|column| column.run.text.with_untracked(String::is_empty)) {
            self.differ.pairs.update_value(|pairs| pairs.retain(|pair| (pair.key.0, pair.key.1) != (a, b)));
            mark(other, Marks::default());
            if is_second {
                mark(first, Marks::default());
                self.agree(None);
            }
            return false;
        }
        let mut has_more = false;
        let mut found = None;
        self.differ.pairs.update_value(|pairs| {
            let at = pairs.iter().position(|pair| pair.key == key).unwrap_or_else(|| {
                pairs.retain(|pair| (pair.key.0, pair.key.1) != (a, b));
                pairs.push(Pair { key, live: diff::Live::new() });
                pairs.len() - 1
            });
            let live = &mut pairs[at].live;
            first.run.text.with_untracked(|a| {
                other.run.text.with_untracked(|b| {
                    has_more = live.update(answer(first, a), answer(other, b));
                });
            });
            found = Some((live.differences(), live.divergence(), live.agreement()));
        });
        let Some((differences, divergence, agreement)) = found else { return false };
        let parts_at = divergence.map(|divergence| (divergence.at, divergence.word));
        mark(other, Marks { ranges: differences.in_b, parts_at });
        if is_second {
            // The flag is put where it will stay: one that went to and fro had the whole answer drawn twice each time.
            mark(first, Marks { ranges: differences.in_a, parts_at: self.earliest(first) });
            self.agree(Some(agreement));
        }
        has_more
    }

    /// Where the first of the others parts from the first column, as far as they have been compared.
    fn earliest(self, first: Col) -> Option<(usize, usize)> {
        let (id, run, epoch) = key(first);
        self.differ.pairs.with_value(|pairs| {
            let own = pairs.iter().filter(|pair| (pair.key.0, pair.key.2, pair.key.4) == (id, run, epoch));
            own.filter_map(|pair| pair.live.divergence()).map(|found| (found.at, found.word)).min()
        })
    }

    fn agree(self, agreement: Option<u8>) {
        if self.differ.agreement.get_untracked() != agreement {
            self.differ.agreement.set(agreement);
        }
    }

    /// Pins in the first column where the first of the others parts from it.
    fn sum_up(self, columns: &[Col]) {
        let ids: Vec<u32> = columns.iter().map(|column| column.id).collect();
        let Some(own) = ids.first().copied() else { return };
        self.differ.pairs.update_value(|pairs| pairs.retain(|pair| pair.key.0 == own && ids.contains(&pair.key.1)));
        let earliest = columns.first().and_then(|first| self.earliest(*first));
        if let Some(first) = columns.first() {
            let marks = first.marks.get_untracked();
            let ranges = if columns.len() > 1 { marks.ranges } else { Vec::new() };
            mark(*first, Marks { ranges, parts_at: earliest });
        }
        let word = earliest.map(|(_, word)| word);
        if self.differ.first.get_untracked() != word {
            self.differ.first.set(word);
        }
        if columns.len() < 2 {
            self.agree(None);
        }
    }
}

/// Which answer a column shows.
fn key(column: Col) -> (u32, Option<RunId>, u32) {
    (column.id, column.run.id.get_untracked(), column.run.epoch.get_untracked())
}

fn answer(column: Col, text: &str) -> Answer<'_> {
    // One that was cut off might have gone on like the other.
    let is_over = column.run.view.with_untracked(|view| view.status == RunStatus::Finished);
    Answer { text, is_over }
}

fn mark(column: Col, marks: Marks) {
    if column.marks.with_untracked(|known| *known != marks) {
        column.marks.set(marks);
    }
}
