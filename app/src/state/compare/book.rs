//! The cells of a comparison by their place, and what they come to.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::{Cell, CellStatus};
use leptos::prelude::*;

/// Rows that are read at a time.
pub const PAGE_ROWS: u32 = 100;
/// Most cells of a grid that are all read, so that it is known which rows differ.
const READ_CELLS_MAX: u64 = 200_000;

/// Row, column's id, repetition.
pub type Place = (u32, u32, u32);

/// The cells that are known.
#[derive(Debug, Clone, Copy)]
pub struct Book {
    cells: RwSignal<HashMap<Place, Cell>>,
    /// Pages of rows that are here, or on their way.
    asked: StoredValue<BTreeSet<u32>>,
    /// How many pages are on their way, and the cells that have changed meanwhile: what a page says of them is old.
    reading: StoredValue<(u32, HashSet<Place>)>,
    /// Whether it is about to be counted what the cells come to.
    is_counting: StoredValue<bool>,
    /// The rows in sight, of which the cells are read first.
    in_sight: StoredValue<(u32, u32)>,
    /// Whether all cells are here.
    pub is_whole: RwSignal<bool>,
    /// What they come to; of a grid, and not with every cell.
    pub totals: RwSignal<Totals>,
}

/// What the cells of a column come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnTotal {
    /// Ended with an answer.
    pub done: u64,
    /// Ended with an error.
    pub failed: u64,
    /// The time that half of the answers did not need, in milliseconds.
    pub median_ms: Option<u64>,
    /// What the latest runs cost, in micro-dollars, as far as that is known.
    pub cost_micros: Option<i64>,
}

/// What the cells of a grid come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// By the columns' ids.
    pub columns: BTreeMap<u32, ColumnTotal>,
    /// Rows whose answers are not all the same.
    pub differ: Vec<u32>,
    /// Rows in which one failed.
    pub failed: Vec<u32>,
}

impl Book {
    /// The cells of the first page of rows.
    pub(super) fn new(cells: Vec<Cell>) -> Self {
        let cells: HashMap<Place, Cell> = cells.into_iter().map(|cell| (place(&cell), cell)).collect();
        Self {
            cells: RwSignal::new(cells),
            asked: StoredValue::new(BTreeSet::from([0])),
            reading: StoredValue::default(),
            is_counting: StoredValue::new(false),
            in_sight: StoredValue::new((0, 1)),
            is_whole: RwSignal::new(false),
            totals: RwSignal::new(Totals::default()),
        }
    }

    /// The cell at a place.
    #[must_use]
    pub fn get(self, place: Place) -> Option<Cell> {
        self.cells.with(|cells| cells.get(&place).cloned())
    }

    /// The same, not followed.
    #[must_use]
    pub fn get_untracked(self, place: Place) -> Option<Cell> {
        self.cells.try_with_untracked(|cells| cells.get(&place).cloned()).flatten()
    }

    /// Whether there is a cell like that.
    #[must_use]
    pub fn any(self, is_it: impl Fn(&Place, &Cell) -> bool) -> bool {
        self.cells.with(|cells| cells.iter().any(|(place, cell)| is_it(place, cell)))
    }

    /// The repetitions of a row in a column, as far as they were run.
    #[must_use]
    pub fn repetitions(self, row: u32, column: u32, count: u32) -> Vec<Cell> {
        self.cells.with(|cells| (0..count).filter_map(|n| cells.get(&(row, column, n)).cloned()).collect())
    }

    /// Puts cells in the place of those that were there.
    pub(super) fn take(self, cells: Vec<Cell>) {
        self.reading.try_update_value(|(count, changed)| {
            if *count > 0 {
                changed.extend(cells.iter().map(place));
            }
        });
        if !cells.is_empty() {
            self.cells.try_update(|known| known.extend(cells.into_iter().map(|cell| (place(&cell), cell))));
        }
    }

    /// A page is on its way.
    pub(super) fn begins_to_read(self) {
        self.reading.try_update_value(|(count, _)| *count += 1);
    }

    /// It has come, with all cells of these rows.
    pub(super) fn has_read(self, from: u32, to: u32, cells: Vec<Cell>) {
        let changed = self.reading.try_with_value(|(_, changed)| changed.clone()).unwrap_or_default();
        self.stops_reading();
        self.cells.try_update(|known| {
            known.retain(|place, _| !(from..to).contains(&place.0) || changed.contains(place));
            let cells = cells.into_iter().map(|cell| (place(&cell), cell));
            known.extend(cells.filter(|(place, _)| !changed.contains(place)));
        });
    }

    /// It has come, or does not.
    fn stops_reading(self) {
        self.reading.try_update_value(|(count, changed)| {
            *count = count.saturating_sub(1);
            if *count == 0 {
                changed.clear();
            }
        });
    }

    /// Forgets all cells, and reads them again when they are wanted.
    pub(super) fn forget(self) {
        self.asked.try_set_value(BTreeSet::new());
        self.is_whole.try_set(false);
        self.cells.try_set(HashMap::new());
    }

    /// Reads all again when it is wanted; what is here stays until then.
    pub(super) fn renew(self) {
        self.asked.try_set_value(BTreeSet::new());
        self.is_whole.try_set(false);
    }

    /// Which of the pages that have these rows are not here yet; they are taken to be on their way.
    pub(super) fn ask(self, from: u32, to: u32) -> Vec<u32> {
        let mut missing = Vec::new();
        self.asked.try_update_value(|asked| {
            missing = (from / PAGE_ROWS..to.div_ceil(PAGE_ROWS)).filter(|page| asked.insert(*page)).collect();
        });
        missing
    }

    /// The first page that is neither here nor on its way.
    pub(super) fn ask_next(self, rows: u32) -> Option<u32> {
        let next =
            self.asked.try_with_value(|asked| (0..rows.div_ceil(PAGE_ROWS)).find(|page| !asked.contains(page)))?;
        next.inspect(|page| _ = self.asked.try_update_value(|asked| asked.insert(*page)))
    }

    /// A page did not come.
    pub(super) fn give_back(self, page: u32) {
        self.stops_reading();
        self.asked.try_update_value(|asked| asked.remove(&page));
    }

    /// Whether there are few enough cells to read them all.
    #[must_use]
    pub const fn reads_all(cells: u64) -> bool {
        cells <= READ_CELLS_MAX
    }

    /// Notes which rows are in sight.
    pub(super) fn look_at(self, from: u32, to: u32) {
        self.in_sight.try_set_value((from, to));
    }

    /// The rows in sight.
    pub(super) fn in_sight(self) -> (u32, u32) {
        self.in_sight.try_get_value().unwrap_or((0, 1))
    }

    /// Calls back once changes have gathered for a moment; not again before that.
    pub(super) fn gather(self, then: impl FnOnce() + 'static, pause: std::time::Duration) {
        if self.is_counting.try_get_value() == Some(false) {
            self.is_counting.set_value(true);
            set_timeout(then, pause);
        }
    }

    /// Marks cells as waiting before the server has said so.
    pub(super) fn expect(self, places: impl Iterator<Item = Place>) {
        self.cells.try_update(|cells| {
            for place in places {
                cells.insert(place, waiting(place));
            }
        });
    }

    /// Counts again what the cells come to.
    pub(super) fn count(self) {
        self.is_counting.try_set_value(false);
        let Some(totals) = self.cells.try_with_untracked(totals) else { return };
        if self.totals.try_with_untracked(|known| *known != totals) == Some(true) {
            self.totals.set(totals);
        }
    }
}

fn place(cell: &Cell) -> Place {
    (cell.row, cell.column, cell.repetition)
}

fn waiting((row, column, repetition): Place) -> Cell {
    Cell {
        row,
        column,
        repetition,
        status: CellStatus::Waiting,
        run: None,
        text: String::new(),
        answer: None,
        usage: domain::Usage::default(),
        ttft_ms: None,
        total_ms: None,
        cost_micros: None,
        error: None,
        outdated: false,
    }
}

fn totals(cells: &HashMap<Place, Cell>) -> Totals {
    let mut columns: BTreeMap<u32, (ColumnTotal, Vec<u64>)> = BTreeMap::new();
    let mut answers: HashMap<u32, Option<&str>> = HashMap::new();
    let (mut differ, mut failed) = (BTreeSet::new(), BTreeSet::new());
    for cell in cells.values() {
        let (total, times) = columns.entry(cell.column).or_default();
        match cell.status {
            CellStatus::Done => {
                total.done += 1;
                times.extend(cell.total_ms);
                let known = *answers.entry(cell.row).or_insert(cell.answer.as_deref());
                if known != cell.answer.as_deref() {
                    differ.insert(cell.row);
                }
            }
            CellStatus::Failed => {
                total.failed += 1;
                failed.insert(cell.row);
            }
            CellStatus::Waiting | CellStatus::Running | CellStatus::Stopped => {}
        }
        if let Some(micros) = cell.cost_micros {
            *total.cost_micros.get_or_insert(0) += micros;
        }
    }
    let median = |(id, (mut total, mut times)): (u32, (ColumnTotal, Vec<u64>))| {
        times.sort_unstable();
        total.median_ms = times.get(times.len() / 2).copied();
        (id, total)
    };
    Totals {
        columns: columns.into_iter().map(median).collect(),
        differ: differ.into_iter().collect(),
        failed: failed.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(row: u32, column: u32, status: CellStatus, answer: &str) -> Cell {
        Cell {
            status,
            answer: Some(answer.into()),
            total_ms: Some(u64::from(row) * 100),
            cost_micros: Some(5),
            ..waiting((row, column, 0))
        }
    }

    #[test]
    fn a5_totals_say_which_rows_differ_and_which_failed() {
        let cells = [
            cell(0, 1, CellStatus::Done, "x"),
            cell(0, 2, CellStatus::Done, "x"),
            cell(1, 1, CellStatus::Done, "x"),
            cell(1, 2, CellStatus::Done, "y"),
            cell(2, 1, CellStatus::Done, "x"),
            cell(2, 2, CellStatus::Failed, "z"),
            waiting((3, 1, 0)),
        ];
        let totals = totals(&cells.into_iter().map(|cell| (place(&cell), cell)).collect());
        assert_eq!((totals.differ, totals.failed), (vec![1], vec![2]));
        let first = ColumnTotal { done: 3, failed: 0, median_ms: Some(100), cost_micros: Some(15) };
        assert_eq!(totals.columns[&1], first);
        assert_eq!((totals.columns[&2].done, totals.columns[&2].failed), (2, 1));
    }

    #[test]
    fn what_changes_while_a_page_is_on_its_way_is_newer_than_the_page() {
        Owner::new().with(|| {
            let book = Book::new(vec![waiting((0, 1, 0)), waiting((1, 1, 0)), waiting((2, 1, 0))]);
            book.begins_to_read();
            book.take(vec![cell(0, 1, CellStatus::Done, "x")]);
            book.has_read(0, 2, vec![waiting((0, 1, 0)), cell(1, 1, CellStatus::Failed, "y")]);
            let status = |row| book.get_untracked((row, 1, 0)).map(|cell| cell.status);
            assert_eq!(status(0), Some(CellStatus::Done));
            assert_eq!(status(1), Some(CellStatus::Failed));
            assert_eq!(status(2), Some(CellStatus::Waiting), "it is not of that page");
            book.begins_to_read();
            book.has_read(0, 2, Vec::new());
            assert_eq!((status(0), status(2)), (None, Some(CellStatus::Waiting)), "a cell that is gone goes");
        });
    }

    #[test]
    fn pages_are_asked_for_once() {
        Owner::new().with(|| {
            let book = Book::new(Vec::new());
            assert_eq!(book.ask(90, 301), [1, 2, 3]);
            assert_eq!(book.ask(0, 400), Vec::<u32>::new());
            book.give_back(2);
            assert_eq!(book.ask_next(1_000), Some(2));
            assert_eq!(book.ask_next(401), Some(4));
            assert_eq!(book.ask_next(401), None);
        });
    }
}
