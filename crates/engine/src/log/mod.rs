//! The run log: append-only, owned by the server, tailed by every reader.
//!
//! One segmented log on disk for all runs. An event is delivered only after it would survive `kill -9`:
//! [`RunWriter::append`] queues it, the writer's thread writes it with `write(2)` and then publishes it to
//! the [`HotRun`] that readers tail. An ended run becomes a row with its [`crate::tape::Tape`]; when all
//! runs of a segment are rows, the segment is deleted.

mod hot;
pub mod record;
pub mod recover;
mod segment;
mod writer;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;

use domain::{Event, RunEvent, RunId, Wire};
use tokio::sync::{mpsc, oneshot};

pub use hot::{HotRun, HotTail, Tail};
pub use record::{Opened, Record};
pub use recover::Recovered;
use segment::Segment;
use writer::{Command, Events, Writer};

use crate::clock::Clock;
use crate::error::Error;
use crate::wire;

/// Appends that may wait for the disk before those who append have to wait. Each has one event or a few.
const QUEUE_APPENDS: usize = 16 * 1024;

/// Largest body that is packed between two events, in bytes; a larger one would hold up the other runs of its thread.
const PACK_INLINE_BYTES_MAX: usize = 256 * 1024;

/// The run log of this process.
pub struct Log {
    hot: RwLock<HashMap<RunId, Arc<HotRun>>>,
    queue: mpsc::Sender<Command>,
    healthy: Arc<AtomicBool>,
    clock: Clock,
}

impl Log {
    /// Opens the log in a folder whose segments have been read. Runs that end are sent to `ended`.
    ///
    /// # Errors
    /// When the first segment cannot be created.
    pub fn open(
        folder: &Path,
        clock: Clock,
        recovered: &Recovered,
        ended: mpsc::UnboundedSender<Arc<HotRun>>,
    ) -> Result<Self, Error> {
        let number = recovered.segments.keys().next_back().map_or(0, |last| last + 1);
        let first = Segment::create(folder, number).map_err(Error::disk("the run log cannot be written"))?;
        let (queue, commands) = mpsc::channel(QUEUE_APPENDS);
        let healthy = Arc::new(AtomicBool::new(true));
        let writer = Writer {
            folder: folder.to_owned(),
            clock: clock.clone(),
            queue: commands,
            segments: recovered.segments.clone(),
            ended,
            healthy: healthy.clone(),
        };
        thread::Builder::new()
            .name("run-log".into())
            .spawn(move || writer.run(first))
            .map_err(Error::disk("the run log's thread cannot be started"))?;
        Ok(Self { hot: RwLock::default(), queue, healthy, clock })
    }

    /// Whether the disk takes writes.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.healthy.load(Ordering::Relaxed)
    }

    /// Begins a run; durable when this returns.
    ///
    /// # Errors
    /// When the log is closed.
    pub async fn create(&self, opened: Opened) -> Result<RunWriter, Error> {
        let (done, durable) = oneshot::channel();
        let run = opened.run;
        let record = Record::Opened(opened.clone()).encode();
        self.send(Command::Open { run, record, done }).await?;
        durable.await.map_err(|_| closed())?;
        let log = Arc::new(HotRun::new(opened));
        self.hot.write().unwrap_or_else(PoisonError::into_inner).insert(run, log.clone());
        Ok(self.writer(log))
    }

    /// Takes up a run that a crash left, and says who may append to it.
    pub fn adopt(&self, log: HotRun) -> RunWriter {
        let log = Arc::new(log);
        self.hot.write().unwrap_or_else(PoisonError::into_inner).insert(log.run(), log.clone());
        self.writer(log)
    }

    fn writer(&self, log: Arc<HotRun>) -> RunWriter {
        let next_seq = log.tape().len();
        RunWriter {
            started_ms: self.clock.monotonic_ms(),
            clock: self.clock.clone(),
            queue: self.queue.clone(),
            log,
            next_seq,
            bytes: 0,
            waiting: Events::default(),
        }
    }

    /// A run's hot log.
    #[must_use]
    pub fn hot(&self, run: RunId) -> Option<Arc<HotRun>> {
        self.hot.read().unwrap_or_else(PoisonError::into_inner).get(&run).cloned()
    }

    /// All hot logs.
    #[must_use]
    pub fn all_hot(&self) -> Vec<Arc<HotRun>> {
        self.hot.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Drops a run's hot log; its row has the tape.
    pub fn cool(&self, run: RunId) {
        self.hot.write().unwrap_or_else(PoisonError::into_inner).remove(&run);
    }

    /// Lets go of the segments of runs that are rows now.
    ///
    /// # Errors
    /// When the log is closed.
    pub async fn release(&self, runs: Vec<RunId>) -> Result<(), Error> {
        self.send(Command::Release(runs)).await
    }

    /// Waits until all that was appended so far is on the disk.
    ///
    /// # Errors
    /// When the log is closed.
    pub async fn flush(&self) -> Result<(), Error> {
        let (done, flushed) = oneshot::channel();
        self.send(Command::Flush(done)).await?;
        flushed.await.map_err(|_| closed())
    }

    async fn send(&self, command: Command) -> Result<(), Error> {
        self.queue.send(command).await.map_err(|_| closed())
    }
}

fn closed() -> Error {
    Error::Disk { what: "the run log is closed".into(), source: std::io::ErrorKind::BrokenPipe.into() }
}

/// The one hand that appends to a run's log.
pub struct RunWriter {
    log: Arc<HotRun>,
    queue: mpsc::Sender<Command>,
    clock: Clock,
    started_ms: u64,
    next_seq: u64,
    bytes: usize,
    /// What was added and is not on its way yet.
    waiting: Events,
}

impl RunWriter {
    /// The log that is written.
    #[must_use]
    pub fn log(&self) -> &Arc<HotRun> {
        &self.log
    }

    /// Milliseconds since the run was created.
    #[must_use]
    pub fn elapsed_ms(&self) -> u64 {
        self.clock.monotonic_ms().saturating_sub(self.started_ms)
    }

    /// What the events of this run weigh so far, in bytes: their data, and what stands around it in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends an event. It is delivered once it is durable; this only waits while too many wait before it.
    ///
    /// # Errors
    /// When the log is closed.
    pub async fn append(&mut self, body: RunEvent) -> Result<(), Error> {
        self.append_at(self.elapsed_ms(), body).await
    }

    /// Appends an event with a time of its own.
    ///
    /// # Errors
    /// When the log is closed.
    pub async fn append_at(&mut self, at_ms: u64, body: RunEvent) -> Result<(), Error> {
        self.add_at(at_ms, body);
        self.submit().await
    }

    /// Adds an event to those that the next [`RunWriter::submit`] sends on their way: what comes together costs less
    /// together.
    pub fn add(&mut self, body: RunEvent) {
        self.add_at(self.elapsed_ms(), body);
    }

    fn add_at(&mut self, at_ms: u64, body: RunEvent) {
        let kind = body.kind();
        let event = Event { seq: self.next_seq, at_ms, body };
        let before = self.waiting.records.len();
        let place = record::append_event(&mut self.waiting.records, self.log.run(), kind, &event);
        self.bytes += self.waiting.records.len() - before + kind.as_str().len();
        self.waiting.places.push((kind, place));
        self.next_seq += 1;
    }

    /// Appends what was added.
    ///
    /// # Errors
    /// When the log is closed.
    pub async fn submit(&mut self) -> Result<(), Error> {
        if self.waiting.places.is_empty() {
            return Ok(());
        }
        // Taken only once there is room: whoever stops waiting loses nothing.
        let room = self.queue.reserve().await.map_err(|_| closed())?;
        room.send(Command::Append { log: self.log.clone(), events: std::mem::take(&mut self.waiting) });
        Ok(())
    }

    /// Keeps a part of the exchange with the provider with the run.
    ///
    /// # Errors
    /// When the log is closed.
    pub async fn note(&mut self, part: Wire) -> Result<(), Error> {
        self.submit().await?;
        let size: usize = part.client.iter().chain(&part.request).map(|request| request.body.len()).sum();
        let packed = if size > PACK_INLINE_BYTES_MAX {
            tokio::task::spawn_blocking(move || wire::pack(&part)).await.map_err(|_| closed())??
        } else {
            wire::pack(&part)?
        };
        let record = record::wire(self.log.run(), &packed);
        self.queue.send(Command::Note { log: self.log.clone(), packed, record }).await.map_err(|_| closed())
    }
}
