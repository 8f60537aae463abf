//! Comparisons and grids: what is compared, its cells, and the backlog that runs them.

pub(crate) mod backlog;
mod cell;
pub(crate) mod feed;
mod forecast;

use std::ops::Range;
use std::sync::Arc;

use domain::comparison::{CellScope, ComparisonForecast, ComparisonSummary};
use domain::limits::{CAP_ASKED_ABOVE_MICROS, UNDO_MS};
use domain::prompt::checked_name;
use domain::{ApiError, Cell, Code, Comparison, ComparisonId, ComparisonSpec, RunId, strict};

use crate::Shared;
use crate::error::Error;
use crate::principal::Principal;
use crate::runs::Runs;
use crate::store::comparisons::{ComparisonRow, Held, Saving};
use backlog::Backlog;
pub use feed::Watch;
use forecast::{Odds, tokens_in};

/// Most rows whose inputs a forecast looks at; where there are more, they stand for the others.
const SAMPLED_ROWS_MAX: u32 = 50;

/// Everything that can be done with comparisons.
#[derive(Clone, Copy)]
pub struct Comparisons<'a>(pub(crate) &'a Arc<Shared>);

impl Comparisons<'_> {
    /// Begins a comparison; none of its cells is run yet.
    ///
    /// # Errors
    /// `invalid_request` that names the field.
    pub async fn create(self, principal: &Principal, name: String, spec: ComparisonSpec) -> Result<Comparison, Error> {
        let name = check(&name, &spec)?;
        let now = self.0.clock.now_micros();
        let new = Comparison {
            id: ComparisonId::from_bytes(self.0.clock.id()),
            name,
            revision: 1,
            spec,
            counts: domain::comparison::CellCounts::default(),
            cost_micros: 0,
            held: None,
            created_at: now,
            updated_at: now,
        };
        self.0.store.create_comparison(principal, &new).await?;
        Ok(new)
    }

    /// A comparison as it stands; its cells are read apart.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn get(self, principal: &Principal, id: ComparisonId) -> Result<Comparison, Error> {
        self.0.store.comparison(principal.workspace, id).await?.ok_or_else(|| absent(id).into())
    }

    /// The comparisons of the workspace, the last changed first, those among them that were deleted and can be brought back.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list(self, principal: &Principal) -> Result<Vec<ComparisonSummary>, Error> {
        let now = self.0.clock.now_micros();
        let undo_micros = i64::try_from(UNDO_MS * 1_000).unwrap_or(i64::MAX);
        let listed = self.0.store.comparisons(principal.workspace, now - undo_micros).await?;
        let with_undo = |(summary, deleted_at): (ComparisonSummary, Option<i64>)| {
            let left = deleted_at.map(|at| u64::try_from((at + undo_micros - now) / 1_000).unwrap_or_default());
            ComparisonSummary { undo_ms: left, ..summary }
        };
        Ok(listed.into_iter().map(with_undo).collect())
    }

    /// Every comparison of the workspace, in the order in which they were made.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn all(self, principal: &Principal) -> Result<Vec<ComparisonId>, Error> {
        self.0.store.every_comparison(principal.workspace).await
    }

    /// Changes what is compared. Cells of columns, rows and repetitions that are no more go, and their runs are stopped;
    /// all others stay, marked where they are outdated.
    ///
    /// # Errors
    /// `conflict` where it was changed since that revision; `not_found`; `invalid_request` that names the field.
    pub async fn save(
        self,
        principal: &Principal,
        id: ComparisonId,
        revision: i64,
        name: String,
        spec: ComparisonSpec,
    ) -> Result<Comparison, Error> {
        let name = check(&name, &spec)?;
        let now = self.0.clock.now_micros();
        match self.0.store.save_comparison(principal.workspace, id, revision, &name, &spec, now).await? {
            Saving::Absent => return Err(absent(id).into()),
            Saving::Behind => {
                // What a page sent as it was left may have come before what it sends when it is back.
                let kept = self.get(principal, id).await?;
                if (&kept.name, &kept.spec) == (&name, &spec) {
                    return Ok(kept);
                }
                let message = "The comparison was changed elsewhere since it was read here. Nothing was saved.";
                return Err(ApiError::new(Code::Conflict, message).hint("Read it again, then change it.").into());
            }
            Saving::Saved { dropped } => self.cancel(principal, &dropped).await,
        }
        self.changed(principal, id).await
    }

    /// The cells of some rows that were ever run, or wait to be.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn cells(self, principal: &Principal, id: ComparisonId, rows: Range<u32>) -> Result<Vec<Cell>, Error> {
        self.row(principal, id).await?;
        self.0.store.cells(id, rows).await
    }

    /// Puts cells into the backlog and begins, also where it was paused; `cap_micros` replaces the comparison's cap where
    /// it is given. Cells that wait or run already stay as they are.
    ///
    /// # Errors
    /// `invalid_request` that names `cap_micros`, where no cap is set and the forecast asks for one; `not_found`.
    pub async fn run(
        self,
        principal: &Principal,
        id: ComparisonId,
        scope: &CellScope,
        cap_micros: Option<i64>,
    ) -> Result<Comparison, Error> {
        let row = self.row(principal, id).await?;
        if let Some(cap) = cap_micros.filter(|cap| *cap < 0) {
            let message = format!("`cap_micros` is {cap}; it cannot be below 0. Nothing was begun.");
            return Err(ApiError::new(Code::InvalidRequest, message).param("cap_micros").into());
        }
        if row.cap_micros.or(cap_micros).is_none() {
            let forecast = self.forecast(principal, id, scope).await?;
            if forecast.most_micros > CAP_ASKED_ABOVE_MICROS {
                return Err(ask_for_cap(&forecast).into());
            }
        }
        self.0.store.put_cells(id, scope, cap_micros, self.0.clock.now_micros()).await?;
        self.changed(principal, id).await
    }

    /// Takes cells out of the backlog and stops those that run; `scope.missing` means nothing here.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn stop(self, principal: &Principal, id: ComparisonId, scope: &CellScope) -> Result<Comparison, Error> {
        self.row(principal, id).await?;
        let running = self.0.store.stop_cells(id, scope, self.0.clock.now_micros()).await?;
        self.cancel(principal, &running).await;
        self.changed(principal, id).await
    }

    /// Begins no more waiting cells, or goes on with them; runs that are going on go on.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn pause(self, principal: &Principal, id: ComparisonId, paused: bool) -> Result<Comparison, Error> {
        let held = paused.then_some(Held::Paused);
        if !self.0.store.hold_comparison(principal.workspace, id, held).await? {
            return Err(absent(id).into());
        }
        self.changed(principal, id).await
    }

    /// Deletes a comparison and stops its runs, which stay in the history; for [`UNDO_MS`] it can be brought back.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn delete(self, principal: &Principal, id: ComparisonId) -> Result<(), Error> {
        self.row(principal, id).await?;
        let now = self.0.clock.now_micros();
        // In this order: a server that dies between the two leaves none behind whose cells go on unseen.
        let running = self.0.store.stop_cells(id, &CellScope::default(), now).await?;
        if !self.0.store.delete_comparison(principal.workspace, id, now).await? {
            return Err(absent(id).into());
        }
        self.cancel(principal, &running).await;
        self.0.feed.tell_all(id);
        Ok(())
    }

    /// Brings a deleted comparison back, as long as it is there. What was stopped stays stopped.
    ///
    /// # Errors
    /// `not_found` once it is deleted for good.
    pub async fn restore(self, principal: &Principal, id: ComparisonId) -> Result<(), Error> {
        if self.0.store.restore_comparison(principal.workspace, id).await? {
            // Those that someone has begun while it was being deleted.
            self.0.store.stop_cells(id, &CellScope::default(), self.0.clock.now_micros()).await?;
            return Ok(());
        }
        self.row(principal, id).await.map(|_| ())
    }

    /// Calls a comparison something else.
    ///
    /// # Errors
    /// `not_found`; `invalid_request` where that is no name; `conflict` where it is being changed elsewhere.
    pub async fn rename(self, principal: &Principal, id: ComparisonId, name: String) -> Result<(), Error> {
        let Comparison { revision, spec, .. } = self.get(principal, id).await?;
        self.save(principal, id, revision, name, spec).await.map(|_| ())
    }

    /// Makes another comparison of the same columns and rows, with none of its cells.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn duplicate(self, principal: &Principal, id: ComparisonId) -> Result<Comparison, Error> {
        let Comparison { name, spec, .. } = self.get(principal, id).await?;
        self.create(principal, domain::comparison::name_of_copy(&name), spec).await
    }

    /// Says what cells are likely to cost.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn forecast(
        self,
        principal: &Principal,
        id: ComparisonId,
        scope: &CellScope,
    ) -> Result<ComparisonForecast, Error> {
        let row = self.row(principal, id).await?;
        let store = &self.0.store;
        let height = store.comparison_height(id).await?;
        let sample = match scope.row {
            Some(one) => store.comparison_inputs(id, one, 1, 1).await?,
            None => store.comparison_inputs(id, 0, height.div_ceil(SAMPLED_ROWS_MAX), SAMPLED_ROWS_MAX).await?,
        };
        let rows = if scope.row.is_some() { sample.len() as u64 } else { u64::from(height) };
        let counts = store.column_counts(id, scope.row).await?;
        let mut forecast =
            ComparisonForecast { threshold_micros: CAP_ASKED_ABOVE_MICROS, ..ComparisonForecast::default() };
        let mut runs = None;
        for column in store.comparison_columns(id).await? {
            if scope.column.is_some_and(|wanted| wanted != column.column.id) {
                continue;
            }
            let counts = counts.iter().find(|counts| counts.column == column.column.id);
            let taken = counts.map_or(0, |counts| counts.busy + if scope.missing { counts.done } else { 0 });
            let cells = (rows * u64::from(row.repetitions)).saturating_sub(taken.try_into().unwrap_or_default());
            let odds = Odds::read(self.0, principal, id, &column).await?;
            let costs = sample.iter().map(|(_, row)| odds.cost(tokens_in(&column.column.content, &row.inputs)));
            let band = costs.collect::<Option<Vec<_>>>().map(|costs| spread(&costs, cells));
            forecast.cells += cells;
            if let Some((least, most)) = band {
                forecast.least_micros = forecast.least_micros.saturating_add(least);
                forecast.most_micros = forecast.most_micros.saturating_add(most);
                if most > 0 {
                    runs = Some(runs.map_or(odds.runs, |runs: u64| runs.min(odds.runs)));
                }
            }
            forecast.columns.push((column.column.id, band));
        }
        forecast.runs = runs.unwrap_or_default();
        Ok(forecast)
    }

    /// Follows the cells of a comparison as they change.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn watch(self, principal: &Principal, id: ComparisonId) -> Result<Watch, Error> {
        self.row(principal, id).await?;
        Ok(self.0.feed.watch(self.0.store.clone(), principal.workspace, id))
    }

    async fn row(self, principal: &Principal, id: ComparisonId) -> Result<ComparisonRow, Error> {
        self.0.store.comparison_row(principal.workspace, id).await?.ok_or_else(|| absent(id).into())
    }

    async fn cancel(self, principal: &Principal, runs: &[RunId]) {
        for run in runs {
            // One that has ended meanwhile, or was deleted, is stopped enough.
            let _ = Runs(self.0).cancel(principal, *run).await;
        }
    }

    /// Lets everyone know, and gives it as it stands now.
    async fn changed(self, principal: &Principal, id: ComparisonId) -> Result<Comparison, Error> {
        self.0.feed.tell_all(id);
        Backlog::wake(self.0, principal, id);
        self.get(principal, id).await
    }
}

fn check(name: &str, spec: &ComparisonSpec) -> Result<String, Error> {
    spec.check()?;
    let json = serde_json::to_string(spec).map_err(|error| Error::Corrupt(error.to_string()))?;
    strict::refuse_nul(&json)?;
    Ok(if name.trim().is_empty() { String::new() } else { checked_name(name)? })
}

/// What as many cells take as are meant, where those of the sample stand for all.
fn spread(sample: &[(i64, i64)], cells: u64) -> (i64, i64) {
    let share = cells as f64 / sample.len().max(1) as f64;
    let sum = |pick: fn(&(i64, i64)) -> i64| (sample.iter().map(|cost| pick(cost) as f64).sum::<f64>() * share).round();
    (sum(|cost| cost.0) as i64, sum(|cost| cost.1) as i64)
}

fn ask_for_cap(forecast: &ComparisonForecast) -> ApiError {
    let dollars = |micros: i64| micros as f64 / 1_000_000.0;
    let message = format!(
        "{} runs may cost {:.2} to {:.2} dollars, which is above {:.2}, and no cap is set. Nothing was begun.",
        forecast.cells,
        dollars(forecast.least_micros),
        dollars(forecast.most_micros),
        dollars(forecast.threshold_micros),
    );
    ApiError::new(Code::InvalidRequest, message)
        .hint("Say what it may cost in all: `cap_micros`, in micro-dollars. It stops there.")
        .param("cap_micros")
}

fn absent(id: ComparisonId) -> ApiError {
    ApiError::new(Code::NotFound, format!("There is no {id}.")).hint("It may have been deleted.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f7_a_sample_of_rows_stands_for_all() {
        assert_eq!(spread(&[(1, 10), (3, 20)], 100), (200, 1_500));
        assert_eq!(spread(&[(1, 10)], 0), (0, 0));
        assert_eq!(spread(&[], 7), (0, 0));
    }
}
