//! The durable backlog: cells wait in the database, and one task for each comparison that has some feeds them to its
//! lease, a few at a time. What a restart cuts short is not run again by itself; what waits goes on.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{ApiError, Code, ComparisonId, RunId};
use futures::future::{BoxFuture, join_all};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::cell::Sheet;
use super::forecast::fits;
use crate::Shared;
use crate::error::Error;
use crate::principal::Principal;
use crate::runs::Runs;
use crate::store::cells::{Begun, EndedCell, Outcome, Place, WaitingCell};

/// First pause after a refusal that will pass, in milliseconds; it doubles with each further one.
const BACKOFF_MS_MIN: u64 = 250;
/// Longest pause, in milliseconds.
const BACKOFF_MS_MAX: u64 = 30_000;
/// Pause before a database that did not answer is asked again, in milliseconds.
const RETRY_MS: u64 = 1_000;

/// The tasks that feed comparisons.
#[derive(Default)]
pub struct Backlog(Mutex<HashMap<ComparisonId, Arc<Notify>>>);

impl Backlog {
    fn tasks(&self) -> MutexGuard<'_, HashMap<ComparisonId, Arc<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a comparison looked at: its cells go on where they may.
    pub fn wake(shared: &Arc<Shared>, of: &Principal, id: ComparisonId) {
        let mut tasks = shared.backlog.tasks();
        if let Some(bell) = tasks.get(&id) {
            bell.notify_one();
            return;
        }
        let bell = Arc::new(Notify::new());
        tasks.insert(id, bell.clone());
        let work = Work::new(shared.clone(), of.clone(), id, bell);
        shared.tasks.spawn(async move {
            let shared = work.shared.clone();
            if AssertUnwindSafe(work.go_on()).catch_unwind().await.is_err() {
                tracing::error!(comparison = %id, "a comparison's backlog ended because of a fault of this server");
                shared.backlog.tasks().remove(&id);
            }
        });
    }

    /// Goes on with everything that an earlier process left.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn resume(shared: &Arc<Shared>) -> Result<(), Error> {
        for (id, of) in shared.store.unfinished_comparisons().await? {
            Self::wake(shared, &of, id);
        }
        Ok(())
    }

    /// Takes a task off the list, unless it was asked to look again meanwhile.
    fn leave(&self, id: ComparisonId, bell: &Notify) -> bool {
        let mut tasks = self.tasks();
        let asked = bell.notified().now_or_never().is_some();
        if !asked {
            tasks.remove(&id);
        }
        !asked
    }
}

/// One comparison's backlog at work.
struct Work {
    shared: Arc<Shared>,
    of: Principal,
    id: ComparisonId,
    bell: Arc<Notify>,
    /// What is compared, as it was last read.
    sheet: Option<Sheet>,
    /// Runs that are going on.
    running: FuturesUnordered<BoxFuture<'static, EndedCell>>,
    /// What is set aside for each of them, in micro-dollars.
    reserved: HashMap<RunId, i64>,
    /// Cells that ended and are not noted yet.
    ended: Vec<EndedCell>,
    refusals: u32,
    not_before: Option<Instant>,
}

/// A cell that is to be begun.
struct Next {
    cell: WaitingCell,
    new: domain::NewRun,
    content: [u8; 16],
    inputs: [u8; 16],
    reserve: i64,
}

impl Work {
    fn new(shared: Arc<Shared>, of: Principal, id: ComparisonId, bell: Arc<Notify>) -> Self {
        Self {
            shared,
            of,
            id,
            bell,
            sheet: None,
            running: FuturesUnordered::new(),
            reserved: HashMap::new(),
            ended: Vec::new(),
            refusals: 0,
            not_before: None,
        }
    }

    /// Settles and feeds until nothing is left to do.
    async fn go_on(mut self) {
        let draining = self.shared.draining.clone();
        let mut taken_up = false;
        loop {
            let step = self.step(&mut taken_up).await;
            if let Err(error) = step {
                tracing::error!(%error, comparison = %self.id, "a comparison waits for the database");
                self.pause(RETRY_MS);
            }
            let leaving = draining.is_cancelled();
            // When the server leaves, what could not be noted is found again at the next start.
            let is_idle = self.running.is_empty() && (leaving || (self.not_before.is_none() && self.ended.is_empty()));
            if is_idle {
                if self.shared.backlog.leave(self.id, &self.bell) {
                    return;
                }
                continue;
            }
            tokio::select! {
                biased;
                Some(ended) = self.running.next(), if !self.running.is_empty() => self.ended.push(ended),
                () = self.bell.notified() => {}
                () = until(self.not_before), if self.not_before.is_some() => self.not_before = None,
                () = draining.cancelled(), if !leaving => {}
            }
        }
    }

    async fn step(&mut self, taken_up: &mut bool) -> Result<(), Error> {
        if !*taken_up {
            for (place, run) in self.shared.store.running_cells(self.id).await? {
                if let Some(run) = run {
                    self.follow(place, run);
                }
            }
            *taken_up = true;
        }
        self.settle().await?;
        while self.not_before.is_none() && self.feed().await? {}
        Ok(())
    }

    /// Notes what has ended, all that is there at once.
    async fn settle(&mut self) -> Result<(), Error> {
        while let Some(Some(ended)) = self.running.next().now_or_never() {
            self.ended.push(ended);
        }
        if self.ended.is_empty() {
            return Ok(());
        }
        let now = self.shared.clock.now_micros();
        let cells = self.shared.store.note_ended(self.id, &self.ended, now).await?;
        self.shared.feed.tell(self.id, &cells);
        for ended in self.ended.drain(..) {
            self.reserved.remove(&ended.run);
        }
        if let Some(sheet) = &mut self.sheet {
            sheet.has_learnt();
        }
        Ok(())
    }

    /// Begins as many waiting cells as there is room and money for; says whether it has come any further.
    async fn feed(&mut self) -> Result<bool, Error> {
        let room = (self.shared.admission.compare_runs() as usize).saturating_sub(self.running.len());
        if room == 0 || self.shared.draining.is_cancelled() {
            return Ok(false);
        }
        let Some(row) = self.shared.store.comparison_row(self.of.workspace, self.id).await? else { return Ok(false) };
        if row.standing.held.is_some() || row.standing.counts.waiting == 0 {
            return Ok(false);
        }
        let sheet = Sheet::current(self.sheet.take(), &self.shared, &row).await?;
        let sheet = self.sheet.insert(sheet);
        let waiting = self.shared.store.waiting_cells(self.id, room + domain::limits::COLUMNS_MAX - 1).await?;
        let mut next = Vec::with_capacity(room);
        let mut reserved: i64 = self.reserved.values().sum();
        for cell in sheet.in_order(waiting, room) {
            let Some(one) = prepare(sheet, &self.shared, &self.of, self.id, cell).await? else { continue };
            if !fits(row.cap_micros, row.standing.spent_micros, reserved, one.reserve) {
                if next.is_empty() && self.running.is_empty() {
                    self.shared.store.hold_at_cap(&row).await?;
                    self.shared.feed.tell(self.id, &[]);
                }
                break;
            }
            reserved = reserved.saturating_add(one.reserve);
            next.push(one);
        }
        if next.is_empty() { Ok(false) } else { self.begin(next).await }
    }

    async fn begin(&mut self, next: Vec<Next>) -> Result<bool, Error> {
        // All at once: a model that is not known must not hold up the others.
        let runs = Runs(&self.shared);
        let started = join_all(next.iter().map(|one| runs.start(&self.of, one.new.clone()))).await;
        let mut begun = Vec::with_capacity(next.len());
        for (one, started) in next.iter().zip(started) {
            let run = match started {
                Ok(started) => Ok(started.run),
                Err(error) => match error.public() {
                    error if passes(&error) => {
                        self.back_off(&error);
                        continue;
                    }
                    error => Err(error),
                },
            };
            begun.push(Begun { cell: one.cell, run, content: one.content, inputs: one.inputs });
        }
        if begun.is_empty() {
            return Ok(false);
        }
        // Where this fails, the same cells come again, and their submissions' names find the same runs.
        let cells = self.shared.store.note_begun(self.id, &begun, self.shared.clock.now_micros()).await?;
        self.shared.feed.tell(self.id, &cells);
        if self.not_before.is_none() {
            self.refusals = 0;
        }
        for one in begun {
            let Ok(run) = one.run else { continue };
            let place = one.cell.place;
            if !cells.iter().any(|cell| Place::of(cell) == place) {
                // Stopped, or taken away, while it was being started.
                let _ = Runs(&self.shared).cancel(&self.of, run).await;
            }
            let reserve = next.iter().find(|next| next.cell.place == place).map_or(0, |next| next.reserve);
            self.reserved.insert(run, reserve);
            self.follow(place, run);
        }
        Ok(true)
    }

    /// Waits for the end of a run.
    fn follow(&self, place: Place, run: RunId) {
        let (shared, of) = (self.shared.clone(), self.of.clone());
        self.running.push(Box::pin(async move {
            let outcome = loop {
                match Runs(&shared).wait(&of, run).await {
                    Ok(run) => break Outcome::of(&run),
                    Err(Error::Refused(error)) => break Outcome::lost(error),
                    Err(error) => {
                        tracing::error!(%error, %run, "what came of a comparison's run cannot be read yet");
                        tokio::time::sleep(Duration::from_millis(RETRY_MS)).await;
                    }
                }
            };
            EndedCell { place, run, outcome }
        }));
    }

    fn back_off(&mut self, error: &ApiError) {
        if self.not_before.is_none() {
            let pause_ms = BACKOFF_MS_MIN << self.refusals.min(10);
            self.refusals += 1;
            self.pause(pause_ms.max(error.retry_after_ms.unwrap_or_default()).min(BACKOFF_MS_MAX));
        }
    }

    fn pause(&mut self, ms: u64) {
        self.not_before = Some(Instant::now() + Duration::from_millis(ms));
    }
}

async fn prepare(
    sheet: &mut Sheet,
    shared: &Arc<Shared>,
    of: &Principal,
    id: ComparisonId,
    cell: WaitingCell,
) -> Result<Option<Next>, Error> {
    let Some(mut made) = sheet.make(shared, of, id, cell.place).await? else { return Ok(None) };
    made.new.group = Some(id);
    // A crash between the start and its note finds the same run; another round is another submission.
    let Place { row, column, repetition } = cell.place;
    made.new.request_id = Some(format!("{id}:{row}:{column}:{repetition}:{}", cell.round));
    Ok(Some(Next { cell, new: made.new, content: made.content, inputs: made.inputs, reserve: made.most_micros }))
}

/// Whether a refusal is this server's own and will pass: then the cell waits on.
fn passes(error: &ApiError) -> bool {
    matches!(error.code, Code::ConcurrencyExceeded | Code::Overloaded | Code::StorageUnavailable)
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f2_what_is_refused_for_the_servers_sake_waits_and_all_else_fails() {
        let error = |code| ApiError::new(code, "x");
        assert!(passes(&error(Code::ConcurrencyExceeded)) && passes(&error(Code::Overloaded)));
        assert!(!passes(&error(Code::UnfilledVariable)) && !passes(&error(Code::UpstreamRateLimit)));
        assert!(!passes(&error(Code::ModelNotFound)) && !passes(&error(Code::RequestIdReused)));
    }
}
