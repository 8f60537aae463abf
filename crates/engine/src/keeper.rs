//! Turns ended runs into rows, behind the readers' backs, lets hot logs cool, and takes away what was deleted.

use std::sync::Arc;
use std::time::Duration;

use domain::RunId;
use domain::limits::{DRAFT_TTL_MICROS, HOT_AFTER_END_MS, IMPORT_UNDO_MICROS, UNDO_MS};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::error::Error;
use crate::log::{HotRun, Log};
use crate::requests::Requests;
use crate::store::{Ended, Store};

/// Most runs that one transaction keeps.
const BATCH_RUNS: usize = 64;
/// Most bytes of events and requests that one transaction keeps, where it keeps more than one run.
const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long the keeper waits for more runs to end, in milliseconds.
const GATHER_MS: u64 = 100;
/// Pause before a transaction that failed is tried again, in milliseconds.
const RETRY_MS: u64 = 1_000;
/// Pause between two looks for logs that may cool, in milliseconds.
const COOL_EVERY_MS: u64 = 5_000;
/// Most memory that logs of ended runs take, in bytes; beyond it the oldest cool early. Their tape gives the
/// same events.
const HOT_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Microseconds in a day.
const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// Pause between two looks for deleted runs whose time to be brought back is over, in milliseconds.
const PURGE_EVERY_MS: u64 = 5_000;
/// How much longer than promised a deletion can be undone, in milliseconds: the page's request has a way to go.
const UNDO_GRACE_MS: u64 = 3_000;

/// Keeps ended runs until nobody can send any more.
pub async fn keep(store: Store, log: Arc<Log>, mut ended: mpsc::UnboundedReceiver<Arc<HotRun>>) {
    let mut batch = Vec::with_capacity(BATCH_RUNS);
    while ended.recv_many(&mut batch, BATCH_RUNS).await > 0 {
        // Nobody waits for the rows, and one transaction for several costs little more than one for one.
        if batch.len() < BATCH_RUNS {
            tokio::time::sleep(Duration::from_millis(GATHER_MS)).await;
            batch.extend(std::iter::from_fn(|| ended.try_recv().ok()).take(BATCH_RUNS - batch.len()));
        }
        while !batch.is_empty() {
            let runs: Vec<_> = batch.drain(..together(&batch)).collect();
            let kept = keep_together(&store, &runs).await;
            for run in &runs {
                run.mark_kept();
            }
            if log.release(kept).await.is_err() {
                return;
            }
        }
    }
}

/// How many of the first runs may become rows together: one, or as many as are not too large.
fn together(batch: &[Arc<HotRun>]) -> usize {
    let mut bytes = 0;
    let fit = batch.iter().take_while(|run| {
        bytes += run.bytes();
        bytes <= BATCH_BYTES_MAX
    });
    fit.count().max(1)
}

/// Keeps runs, however long it takes, and says which are rows now. One that cannot be read must not hold up the others:
/// it stays in its segment, for a person to look at.
async fn keep_together(store: &Store, runs: &[Arc<HotRun>]) -> Vec<RunId> {
    let rows = runs.iter().filter_map(|run| {
        let row = Ended::new(run.opened.clone(), run.tape(), run.packed_wire());
        row.inspect_err(
            |error| tracing::error!(%error, run = %run.run(), "a run's log cannot be read; it stays in its segment"),
        )
        .ok()
    });
    let rows: Vec<_> = rows.collect();
    let (mut at, mut size) = (0, rows.len());
    while at < rows.len() {
        let some = &rows[at..rows.len().min(at + size)];
        match store.keep_runs(some).await {
            Ok(()) => at += some.len(),
            Err(error) => {
                tracing::error!(%error, runs = rows.len() - at, "ended runs cannot be kept yet; their log has them");
                // Where there is little room, a smaller transaction may fit.
                size = size.div_ceil(2);
                tokio::time::sleep(Duration::from_millis(RETRY_MS)).await;
            }
        }
    }
    rows.iter().map(|row| row.opened.run).collect()
}

/// Drops hot logs whose time is over, until told to stop.
pub async fn cool(log: Arc<Log>, requests: Requests, clock: Clock, stop: CancellationToken) {
    let mut pause = tokio::time::interval(Duration::from_millis(COOL_EVERY_MS));
    while stop.run_until_cancelled(pause.tick()).await.is_some() {
        let now = clock.monotonic_ms();
        let mut kept: Vec<_> = log.all_hot().into_iter().filter(|run| run.ended() && run.is_kept()).collect();
        kept.sort_unstable_by_key(|run| std::cmp::Reverse(run.ended_at_ms()));
        let mut bytes = 0;
        for run in kept {
            bytes += run.bytes();
            if now.saturating_sub(run.ended_at_ms()) > HOT_AFTER_END_MS || bytes > HOT_BYTES_MAX {
                log.cool(run.run());
            }
        }
        requests.forget_old(clock.now_micros());
    }
}

/// Takes away the content of deleted runs, and what else was deleted, once nobody can bring it back, until told to stop.
/// It begins with what an earlier process left.
pub async fn purge(store: Store, clock: Clock, keep_days: Option<u32>, stop: CancellationToken) {
    let mut pause = tokio::time::interval(Duration::from_millis(PURGE_EVERY_MS));
    while stop.run_until_cancelled(pause.tick()).await.is_some() {
        let undo_micros = i64::try_from((UNDO_MS + UNDO_GRACE_MS) * 1_000).unwrap_or(i64::MAX);
        let until = clock.now_micros().saturating_sub(undo_micros);
        let unused = clock.now_micros().saturating_sub(DRAFT_TTL_MICROS);
        let imported = clock.now_micros().saturating_sub(IMPORT_UNDO_MICROS);
        if let Err(error) = purge_others(&store, until, unused, imported).await {
            tracing::error!(%error, "deleted drafts, comparisons and providers cannot be taken away yet; nobody can read them");
        }
        if let Some(days) = keep_days {
            let since = clock.now_micros().saturating_sub(i64::from(days) * DAY_MICROS);
            match store.expire_runs(since, clock.now_micros()).await {
                Ok(0) => {}
                Ok(runs) => tracing::info!(runs, days, "runs that are older than they are kept are deleted"),
                Err(error) => tracing::error!(%error, "old runs cannot be deleted yet"),
            }
        }
        while !stop.is_cancelled() {
            match store.purge_runs(until).await {
                Ok(0) => break,
                Ok(runs) => tracing::debug!(runs, "deleted runs are gone for good"),
                Err(error) => {
                    tracing::error!(%error, "deleted runs cannot be taken away yet; nobody can read them");
                    break;
                }
            }
        }
    }
}

async fn purge_others(store: &Store, until: i64, unused: i64, imported: i64) -> Result<(), Error> {
    store.purge_imports(imported).await?;
    store.purge_drafts(until, unused).await?;
    store.purge_comparisons(until).await?;
    store.purge_providers(until).await
}
