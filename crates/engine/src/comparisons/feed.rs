//! Who watches which comparison: changed cells, gathered for a moment, each as it stands last.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::limits::CELLS_FRAME_MAX;
use domain::live::CellsFrame;
use domain::{Cell, ComparisonId, WorkspaceId};
use tokio::sync::Notify;

use crate::error::Error;
use crate::store::Store;
use crate::store::cells::Place;
use crate::store::comparisons::ComparisonRow;

/// For how long changes are gathered before they are told, in milliseconds.
const GATHER_MS: u64 = 50;
/// Pause before a database that did not answer is asked again, in milliseconds.
const RETRY_MS: u64 = 1_000;

/// Tells those who watch a comparison what has changed.
#[derive(Clone, Default)]
pub struct Feed(Arc<Mutex<HashMap<ComparisonId, Vec<Arc<Watcher>>>>>);

#[derive(Default)]
struct Watcher {
    news: Mutex<News>,
    bell: Notify,
}

/// What a watcher has not taken yet: a slow one gets the latest of each cell, and no more than a frame holds.
#[derive(Default)]
struct News {
    cells: BTreeMap<Place, Cell>,
    /// Whether others may have changed too.
    more: bool,
}

impl Watcher {
    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Feed {
    fn watchers(&self) -> MutexGuard<'_, HashMap<ComparisonId, Vec<Arc<Watcher>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells which cells have changed; with none, only how all stand.
    pub fn tell(&self, id: ComparisonId, cells: &[Cell]) {
        self.each(id, |news| news.cells.extend(cells.iter().map(|cell| (Place::of(cell), cell.clone()))));
    }

    /// Tells that any cell may have changed.
    pub fn tell_all(&self, id: ComparisonId) {
        self.each(id, |news| news.more = true);
    }

    fn each(&self, id: ComparisonId, change: impl Fn(&mut News)) {
        for watcher in self.watchers().get(&id).into_iter().flatten() {
            let mut news = watcher.news();
            change(&mut news);
            if news.cells.len() > CELLS_FRAME_MAX {
                news.more = true;
            }
            if news.more {
                news.cells.clear();
            }
            drop(news);
            watcher.bell.notify_one();
        }
    }

    /// Begins to watch a comparison.
    #[must_use]
    pub fn watch(&self, store: Store, of: WorkspaceId, id: ComparisonId) -> Watch {
        let watcher = Arc::new(Watcher::default());
        // The first frame is about all of it.
        watcher.news().more = true;
        watcher.bell.notify_one();
        self.watchers().entry(id).or_default().push(watcher.clone());
        Watch { feed: self.clone(), store, of, id, watcher, has_begun: false }
    }
}

/// Someone who watches a comparison.
pub struct Watch {
    feed: Feed,
    store: Store,
    of: WorkspaceId,
    id: ComparisonId,
    watcher: Arc<Watcher>,
    has_begun: bool,
}

impl Watch {
    /// The next frame: at first the cells that run and wait (all cells where there is one row), then those that have
    /// changed. Nothing once the comparison is gone.
    pub async fn next(&mut self) -> Option<CellsFrame> {
        loop {
            self.watcher.bell.notified().await;
            if self.has_begun {
                tokio::time::sleep(Duration::from_millis(GATHER_MS)).await;
            }
            self.has_begun = true;
            let news = std::mem::take(&mut *self.watcher.news());
            match self.frame(news).await {
                Ok(frame) => return frame,
                Err(error) => {
                    tracing::error!(%error, comparison = %self.id, "how a comparison stands cannot be told yet");
                    tokio::time::sleep(Duration::from_millis(RETRY_MS)).await;
                    self.watcher.news().more = true;
                    self.watcher.bell.notify_one();
                }
            }
        }
    }

    async fn frame(&self, news: News) -> Result<Option<CellsFrame>, Error> {
        let Some(row) = self.store.comparison_row(self.of, self.id).await? else { return Ok(None) };
        if !news.more {
            return Ok(Some(frame(row, news.cells.into_values().collect(), false)));
        }
        if self.store.comparison_height(self.id).await? == 1 {
            return Ok(Some(frame(row, self.store.cells(self.id, 0..1).await?, false)));
        }
        let busy = self.store.busy_cells(self.id, CELLS_FRAME_MAX).await?;
        Ok(Some(frame(row, busy, true)))
    }
}

fn frame(row: ComparisonRow, cells: Vec<Cell>, reread: bool) -> CellsFrame {
    let ComparisonRow { id, standing, .. } = row;
    CellsFrame {
        kind: "cells".to_owned(),
        comparison: id,
        cells,
        reread,
        counts: standing.counts,
        cost_micros: standing.spent_micros,
        held: standing.held.map(|held| held.as_str().to_owned()),
        revision: standing.revision,
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watchers = self.feed.watchers();
        let Some(all) = watchers.get_mut(&self.id) else { return };
        all.retain(|watcher| !Arc::ptr_eq(watcher, &self.watcher));
        if all.is_empty() {
            watchers.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{CellStatus, Usage};

    use super::*;

    const ONE: ComparisonId = ComparisonId::from_bytes([1; 16]);

    fn cell(row: u32, status: CellStatus) -> Cell {
        Cell {
            row,
            column: 1,
            repetition: 0,
            status,
            run: None,
            text: String::new(),
            answer: None,
            usage: Usage::default(),
            ttft_ms: None,
            total_ms: None,
            cost_micros: None,
            error: None,
            outdated: false,
        }
    }

    #[tokio::test]
    async fn a5_a_slow_watcher_gets_the_latest_of_each_cell_and_never_a_backlog() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("etude.db")).await.expect("opens");
        let feed = Feed::default();
        let watch = feed.watch(store, WorkspaceId::from_bytes([0; 16]), ONE);
        std::mem::take(&mut *watch.watcher.news());
        feed.tell(ONE, &[cell(0, CellStatus::Running), cell(1, CellStatus::Running)]);
        feed.tell(ONE, &[cell(0, CellStatus::Done)]);
        feed.tell(ComparisonId::from_bytes([2; 16]), &[cell(9, CellStatus::Done)]);
        let news = std::mem::take(&mut *watch.watcher.news());
        let stand: Vec<_> = news.cells.values().map(|cell| (cell.row, cell.status)).collect();
        assert_eq!(stand, [(0, CellStatus::Done), (1, CellStatus::Running)]);
        assert!(!news.more);
        for row in 0..=u32::try_from(CELLS_FRAME_MAX).expect("few") {
            feed.tell(ONE, &[cell(row, CellStatus::Done)]);
        }
        let news = std::mem::take(&mut *watch.watcher.news());
        assert!(news.more && news.cells.is_empty(), "more than a frame holds: it is to be read again");
        drop(watch);
        assert!(feed.watchers().is_empty());
    }
}
