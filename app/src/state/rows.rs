//! The rows of the history: loaded page by page, renewed from the top.

use std::collections::BTreeMap;

use domain::run::RunPage;
use domain::{RunId, RunSummary, RunView};

use super::figures::{Figure, Stage, figures};

/// The rows that are shown, and where the next ones begin.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    runs: BTreeMap<RunId, RunSummary>,
    /// Give it as `after` for older runs.
    pub next: Option<RunId>,
}

impl Rows {
    /// The rows of a first page.
    #[must_use]
    pub fn new(page: RunPage) -> Self {
        let mut rows = Self::default();
        rows.append(page);
        rows
    }

    /// The ids, newest first.
    pub fn ids(&self) -> impl Iterator<Item = RunId> {
        self.runs.keys().rev().copied()
    }

    /// A row.
    #[must_use]
    pub fn get(&self, run: RunId) -> Option<&RunSummary> {
        self.runs.get(&run)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Adds the next page.
    pub fn append(&mut self, page: RunPage) {
        self.next = page.next;
        self.runs.extend(page.data.into_iter().map(|run| (run.id, run)));
    }

    /// Takes over the newest page: what it covers is as it says, older rows stay.
    pub fn renew(&mut self, page: RunPage) {
        let RunPage { data, next } = page;
        self.runs.retain(|run, _| next.is_some_and(|last| *run < last));
        if self.runs.is_empty() {
            self.next = next;
        }
        self.runs.extend(data.into_iter().map(|run| (run.id, run)));
    }
}

/// The eight figures of a row; what a run that goes on has taken by `now`, in microseconds since 1970, UTC.
#[must_use]
pub fn row_figures(run: &RunSummary, now: i64) -> [Figure; 8] {
    let view = RunView {
        status: run.status,
        finish_reason: run.finish_reason,
        usage: run.usage,
        deltas: run.usage.output_tokens,
        cost_micros: run.cost_micros,
        ttft_ms: run.ttft_ms,
        total_ms: run.total_ms,
        ..RunView::default()
    };
    let elapsed = (!run.status.is_end()).then(|| u64::try_from((now - run.created_at) / 1_000).unwrap_or_default());
    figures(&view, Stage::Known, elapsed, false)
}

#[cfg(test)]
mod tests {
    use domain::{RunStatus, Usage};

    use super::*;

    fn run(n: u8, status: RunStatus) -> RunSummary {
        RunSummary {
            id: RunId::from_bytes([n; 16]),
            status,
            model: "m".into(),
            wire: None,
            resolved_model: None,
            finish_reason: None,
            usage: Usage { output_tokens: 7, ..Usage::default() },
            cost_micros: None,
            ttft_ms: None,
            total_ms: None,
            prompt: String::new(),
            snippet: String::new(),
            created_at: 1_000_000,
        }
    }

    fn page(runs: &[u8], next: Option<u8>) -> RunPage {
        let data = runs.iter().map(|n| run(*n, RunStatus::Finished)).collect();
        RunPage { data, next: next.map(|n| RunId::from_bytes([n; 16])) }
    }

    fn shown(rows: &Rows) -> Vec<u8> {
        rows.ids().map(|id| id.as_bytes()[0]).collect()
    }

    #[test]
    fn a_renewal_brings_new_runs_takes_deleted_ones_and_leaves_older_ones() {
        let mut rows = Rows::new(page(&[9, 8, 7], Some(7)));
        rows.append(page(&[6, 5], Some(5)));
        rows.renew(page(&[10, 9, 7], Some(7)));
        assert_eq!(shown(&rows), [10, 9, 7, 6, 5]);
        assert_eq!(rows.next, Some(RunId::from_bytes([5; 16])));
        rows.renew(page(&[10], None));
        assert_eq!((shown(&rows), rows.next), (vec![10], None));
    }

    #[test]
    fn a_run_that_goes_on_counts() {
        let figures = row_figures(&run(1, RunStatus::Running), 3_500_000);
        assert_eq!((figures[4].value.as_str(), figures[6].value.as_str()), ("7", "2.5"));
        assert_eq!((figures[7].value.as_str(), figures[7].status), ("streaming", Some("running")));
    }
}
