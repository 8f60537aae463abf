//! Run, stop, pause, and what is asked before; and reading cells as they come into sight.

use std::sync::Arc;
use std::time::Duration;

use domain::comparison::ComparisonForecast;
use domain::{ApiError, Cell, CellScope, CellStatus, Price};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::compose::Fix;
use super::book::{Book, PAGE_ROWS};
use super::{Compare, Over, Place};
use crate::api::comparisons::{forecast_comparison, list_cells, pause_comparison, run_cells, stop_cells};
use crate::api::error::PageError;
use crate::browser;
use crate::browser::editors::settle_editors;
use crate::live::Link;

/// How long after a change of cells their totals are counted.
const COUNT_AFTER: Duration = Duration::from_millis(250);
/// A cap is suggested in steps of so many micro-dollars, from such a forecast on.
const CAP_STEPS: [(i64, i64); 3] = [(10_000_000, 5_000_000), (1_000_000, 1_000_000), (0, 100_000)];

/// Something that was not done.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// Why.
    pub error: ApiError,
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self { error }
    }
}

impl Compare {
    /// Runs the cells of all columns; of a grid that has been begun and not changed since, those that have no answer.
    pub fn run_all(self) {
        let counts = self.standing.with_untracked(|standing| standing.counts);
        let begun = counts.done > 0 && counts.done < untrack(|| self.cells());
        let is_outdated = untrack(|| self.book.any(|_, cell| cell.outdated));
        let missing = untrack(|| self.is_grid()) && begun && !is_outdated;
        self.run(CellScope { missing, ..CellScope::default() });
    }

    /// Runs the cells of a column.
    pub fn run_column(self, id: u32) {
        self.run(CellScope { column: Some(id), ..CellScope::default() });
    }

    /// Runs cells: saves what was typed, asks for a cap where one is called for, and begins.
    pub fn run(self, scope: CellScope) {
        settle_editors();
        self.refused.set(None);
        if !self.can_run(&scope) {
            return;
        }
        self.expect(&scope);
        self.after_saved(move || spawn_local(async move { self.ask_and_begin(scope).await }));
    }

    /// Whether the page sees nothing in the way; what it sees is said in the column that it is about.
    fn can_run(self, scope: &CellScope) -> bool {
        let rows = self.rows.get_untracked();
        let mut can = true;
        for column in self.columns.get_untracked().into_iter().filter(|own| scope.column.is_none_or(|id| own.id == id))
        {
            let model = untrack(|| self.model(column));
            let filled = |name: &str| {
                // Of a grid the server says which cells lack a value.
                rows.len() > 1 || rows.first().is_some_and(|row| row.get(name).is_some_and(|value| !value.is_empty()))
            };
            let Some(refusal) = column.problem(&model, filled) else { continue };
            can = false;
            if untrack(|| self.is_grid()) {
                let letter = untrack(|| self.letter(column.id));
                let message = format!("Column {letter}: {}", refusal.error.message);
                self.refuse(ApiError { message, ..refusal.error });
            } else {
                column.let_go(self.live);
                column.run.refuse(refusal);
            }
        }
        can
    }

    /// Shows what is about to wait as waiting, so that the hand sees at once that it was heard.
    fn expect(self, scope: &CellScope) {
        if untrack(|| self.is_grid()) || scope.missing {
            return;
        }
        let repetitions = self.repetitions.get_untracked();
        let columns = self.columns.get_untracked();
        let columns =
            columns.iter().map(|column| column.id).filter(|id| scope.column.is_none_or(|column| column == *id));
        let places: Vec<Place> = columns.flat_map(|id| (0..repetitions).map(move |n| (0, id, n))).collect();
        self.book.expect(places.into_iter());
        self.show_answers();
    }

    async fn ask_and_begin(self, scope: CellScope) {
        if self.cap_micros.try_get_untracked() == Some(None) && self.is_priced(&scope) {
            match forecast_comparison(self.id, scope.clone()).await {
                Ok(forecast) if forecast.most_micros > forecast.threshold_micros => {
                    // Nothing runs yet: what was shown as waiting is what it was.
                    self.read_in_sight();
                    self.over.try_set(Some(Over::Cap { scope: Some(scope), forecast: Arc::new(forecast) }));
                    return;
                }
                Ok(_) => {}
                Err(PageError(error)) => return self.not_begun(error),
            }
        }
        self.begin(scope, None).await;
    }

    /// Whether a model in it has a price.
    fn is_priced(self, scope: &CellScope) -> bool {
        let columns = self.columns.try_get_untracked().unwrap_or_default();
        columns.into_iter().filter(|own| scope.column.is_none_or(|id| own.id == id)).any(|column| {
            let price = untrack(|| self.model(column)).price;
            price.is_some_and(|price| price != Price::FREE)
        })
    }

    /// Begins, up to a cap where one was given.
    pub async fn begin(self, scope: CellScope, cap_micros: Option<i64>) {
        if let Some(cap) = cap_micros {
            self.cap_micros.try_set(Some(cap));
        }
        let heard = self.heard();
        match run_cells(self.id, scope, cap_micros).await {
            Ok(comparison) => {
                self.has_made(&comparison, heard);
                self.read_in_sight();
            }
            Err(PageError(error)) => self.not_begun(error),
        }
    }

    /// Begins with some rows alone, one after another.
    pub async fn begin_rows(self, rows: Vec<u32>, scope: CellScope, cap_micros: Option<i64>) {
        for row in rows {
            self.begin(CellScope { row: Some(row), ..scope.clone() }, cap_micros).await;
            if self.refused.try_with_untracked(Option::is_some) != Some(false) {
                return;
            }
        }
    }

    fn not_begun(self, error: ApiError) {
        self.refuse(error);
        self.read_in_sight();
    }

    /// Raises the cap, and goes on with what waits.
    pub fn raise_cap(self, cap_micros: i64) {
        self.cap_micros.set(Some(cap_micros));
        self.changed();
        // Saved, it holds: what waits goes on.
        self.after_saved(|| {});
    }

    /// Asks for another cap.
    pub fn ask_for_cap(self) {
        spawn_local(async move {
            let scope = CellScope { missing: true, ..CellScope::default() };
            match forecast_comparison(self.id, scope).await {
                Ok(forecast) => {
                    self.over.try_set(Some(Over::Cap { scope: None, forecast: Arc::new(forecast) }));
                }
                Err(PageError(error)) => self.refuse(error),
            }
        });
    }

    /// Begins no more waiting cells, or goes on with them.
    pub fn pause(self, paused: bool) {
        spawn_local(async move {
            let heard = self.heard();
            match pause_comparison(self.id, paused).await {
                Ok(comparison) => self.has_made(&comparison, heard),
                Err(PageError(error)) => self.refuse(error),
            }
        });
    }

    /// Stops everything.
    pub fn stop_all(self) {
        self.stop(CellScope::default());
    }

    /// Stops cells, waiting ones and those that run.
    pub fn stop(self, scope: CellScope) {
        if !untrack(|| self.is_busy()) {
            return;
        }
        for column in self.columns.get_untracked() {
            let is_meant = scope.column.is_none_or(|id| id == column.id);
            if is_meant && untrack(|| column.run.is_running()) {
                column.run.stopping.set(true);
            }
        }
        spawn_local(async move {
            let heard = self.heard();
            match stop_cells(self.id, scope).await {
                Ok(comparison) => {
                    self.has_made(&comparison, heard);
                    self.read_in_sight();
                }
                Err(PageError(error)) => self.refuse(error),
            }
        });
    }

    /// Whether anything runs or waits.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let is_busy = |cell: &Cell| matches!(cell.status, CellStatus::Waiting | CellStatus::Running);
        if self.is_grid() {
            self.standing.with(super::Standing::is_busy)
        } else {
            self.book.any(|_, cell| is_busy(cell))
        }
    }

    /// Does what one click mends.
    pub fn mend(self, id: u32, fix: &Fix) {
        let Some(column) = untrack(|| self.column(id)) else { return };
        match fix {
            Fix::Fill(name) => browser::focus(&format!("input-{name}")),
            Fix::Edit(_) => self.over.set(Some(Over::Prompt(id))),
            Fix::Omit(param) => {
                let setting = column.setting(*param);
                self.change_setting(column, *param, super::super::settings::Setting { send: false, ..setting });
                self.run_column(id);
            }
        }
    }

    /// Follows the cells of the comparison over the tab's connection.
    pub fn follow(self) {
        Effect::new(move |before: Option<()>| {
            if before.is_none() {
                self.live.watch(self.id, Callback::new(move |frame| self.take(frame)));
                self.show_answers();
                self.settle_soon();
            }
        });
        // What has changed while nobody heard it.
        Effect::new(move |was: Option<bool>| {
            let is_lost = matches!(self.live.link.get(), Link::Lost { .. });
            if was == Some(true) && !is_lost {
                self.read_again();
                self.look_again();
            }
            is_lost
        });
        on_cleanup(move || {
            self.live.unwatch(self.id);
            for column in self.columns.try_get_untracked().unwrap_or_default() {
                self.live.release(column.run);
            }
        });
    }

    /// Reads the cells again, those in sight first.
    pub fn read_again(self) {
        self.book.renew();
        let (from, to) = self.book.in_sight();
        self.want(from, to);
        self.read_others();
    }

    /// Reads those in sight again; of the others the connection tells.
    fn read_in_sight(self) {
        let (from, to) = self.book.in_sight();
        for page in from / PAGE_ROWS..to.div_ceil(PAGE_ROWS) {
            spawn_local(async move { _ = self.read(page).await });
        }
    }

    /// Reads the cells of rows that have come into sight.
    pub fn want(self, from: u32, to: u32) {
        self.book.look_at(from, to);
        for page in self.book.ask(from, to) {
            spawn_local(async move { _ = self.read(page).await });
        }
    }

    async fn read(self, page: u32) -> bool {
        let from = page * PAGE_ROWS;
        self.book.begins_to_read();
        match list_cells(self.id, from, from + PAGE_ROWS).await {
            Ok(cells) => {
                self.book.has_read(from, from + PAGE_ROWS, cells);
                self.show_answers();
                self.settle_soon();
                true
            }
            Err(_) => {
                self.book.give_back(page);
                false
            }
        }
    }

    /// Reads all rows that nobody has looked at yet, one page after another, so that it is known which differ.
    pub fn read_others(self) {
        if !untrack(|| self.is_grid()) || !Book::reads_all(untrack(|| self.cells())) {
            return;
        }
        spawn_local(async move {
            loop {
                let Some(rows) = self.rows.try_with_untracked(|rows| rows.len()) else { return };
                let Some(page) = self.book.ask_next(u32::try_from(rows).unwrap_or(u32::MAX)) else { break };
                if !self.read(page).await {
                    return;
                }
            }
            self.book.is_whole.try_set(true);
        });
    }

    /// Counts soon what the cells come to.
    pub(super) fn settle_soon(self) {
        self.book.gather(move || self.book.count(), COUNT_AFTER);
    }
}

/// A cap that leaves room above a forecast, in micro-dollars.
#[must_use]
pub fn suggested_cap(forecast: &ComparisonForecast, spent_micros: i64) -> i64 {
    let most = forecast.most_micros + spent_micros;
    let step = CAP_STEPS.iter().find(|(from, _)| most >= *from).map_or(100_000, |(_, step)| *step);
    (most / step + 1) * step
}

/// Micro-dollars that somebody has typed, as dollars.
#[must_use]
pub fn dollars_asked(text: &str) -> Option<i64> {
    let text = text.trim().trim_start_matches('$').trim().replace(',', ".");
    let dollars: f64 = text.parse().ok()?;
    (dollars.is_finite() && (0.0..=1e9).contains(&dollars)).then(|| (dollars * 1e6).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f7_a_cap_leaves_room_above_the_forecast() {
        let forecast = |most_micros| ComparisonForecast { most_micros, ..ComparisonForecast::default() };
        assert_eq!(suggested_cap(&forecast(9_600_000), 0), 10_000_000);
        assert_eq!(suggested_cap(&forecast(1_000_000), 0), 2_000_000);
        assert_eq!(suggested_cap(&forecast(22_000_000), 1_000_000), 25_000_000);
        assert_eq!(suggested_cap(&forecast(20_000), 0), 100_000);
    }

    #[test]
    fn dollars_are_read_as_people_write_them() {
        for (text, want) in [
            ("$10.00", Some(10_000_000)),
            (" 0.5 ", Some(500_000)),
            ("$ 2", Some(2_000_000)),
            ("1,5", Some(1_500_000)),
            ("0", Some(0)),
            ("-1", None),
            ("ten", None),
            ("", None),
        ] {
            assert_eq!(dollars_asked(text), want, "{text:?}");
        }
    }
}
