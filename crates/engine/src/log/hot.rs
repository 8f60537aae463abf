//! A run's log while it is hot: the durable events in memory, and who waits for more.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use domain::{EventKind, RunId, Wire};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::record::Opened;
use crate::error::Error;
use crate::tape::{Entry, Tape};
use crate::wire;

/// About as many bytes as a tail hands out at a time.
const TAIL_BATCH_BYTES: usize = 64 * 1024;

/// A run's log in memory. It holds durable events only, so whatever is read from it may be delivered.
pub struct HotRun {
    /// How the run began.
    pub opened: Opened,
    tape: Mutex<Tape>,
    /// Whether the tape is whole; set while it is held.
    ended: AtomicBool,
    /// Parts of the exchange with the provider, packed.
    wire: Mutex<Vec<Vec<u8>>>,
    /// Wakes the readers: there are more events, or the log has ended. (A `watch` has eight such bells, for those who
    /// press forward by the thousand; each event would ring all of them, and nearly always there is one reader.)
    more: Notify,
    /// Wakes those who wait for nothing but the end.
    end: Notify,
    readers: AtomicUsize,
    /// Wakes who follows the number of readers.
    read: Notify,
    cancel: CancellationToken,
    cancelled_at_ms: OnceLock<u64>,
    ended_at_ms: AtomicU64,
    kept: AtomicBool,
}

impl HotRun {
    /// A log without events.
    #[must_use]
    pub fn new(opened: Opened) -> Self {
        Self::with(opened, Tape::default(), Vec::new(), false, 0)
    }

    /// A log with the events that a crash left, taken up at `now_ms`.
    #[must_use]
    pub fn with(opened: Opened, tape: Tape, wire: Vec<Vec<u8>>, ended: bool, now_ms: u64) -> Self {
        Self {
            opened,
            tape: Mutex::new(tape),
            wire: Mutex::new(wire),
            ended: AtomicBool::new(ended),
            more: Notify::new(),
            end: Notify::new(),
            readers: AtomicUsize::new(0),
            read: Notify::new(),
            cancel: CancellationToken::new(),
            cancelled_at_ms: OnceLock::new(),
            ended_at_ms: AtomicU64::new(now_ms),
            kept: AtomicBool::new(false),
        }
    }

    /// The run's id.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.opened.run
    }

    /// Adds durable events and wakes the readers; says whether the log has ended. Called by the log's writer alone.
    pub(super) fn publish<'a>(&self, new: impl Iterator<Item = (EventKind, &'a str)>, now_ms: u64) -> bool {
        let mut ended = false;
        {
            let mut tape = self.tape.lock().unwrap_or_else(PoisonError::into_inner);
            for (kind, data) in new {
                tape.push(kind, data);
                ended = kind.is_end();
            }
            if ended {
                self.ended_at_ms.store(now_ms, Ordering::Relaxed);
                self.ended.store(true, Ordering::Release);
            }
        }
        self.more.notify_waiters();
        if ended {
            self.end.notify_waiters();
        }
        ended
    }

    /// Adds a durable part of the exchange with the provider. Called by the log's writer alone.
    pub(super) fn note(&self, packed: Vec<u8>) {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner).push(packed);
    }

    /// What was sent for it, in packed parts.
    #[must_use]
    pub fn packed_wire(&self) -> Vec<Vec<u8>> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was sent to the provider, and the head of its answer.
    ///
    /// # Errors
    /// When a part cannot be read.
    pub fn wire(&self) -> Result<Wire, Error> {
        let parts = self.wire.lock().unwrap_or_else(PoisonError::into_inner);
        wire::unpack(parts.iter().map(Vec::as_slice))
    }

    /// Whether nothing more will come.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// When it ended, by the clock's monotonic milliseconds.
    #[must_use]
    pub fn ended_at_ms(&self) -> u64 {
        self.ended_at_ms.load(Ordering::Relaxed)
    }

    /// What it weighs in memory, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let wire = self.wire.lock().unwrap_or_else(PoisonError::into_inner).iter().map(Vec::len).sum::<usize>();
        self.tape.lock().unwrap_or_else(PoisonError::into_inner).bytes() + self.opened.request.len() + wire
    }

    /// A copy of all events so far.
    #[must_use]
    pub fn tape(&self) -> Tape {
        self.tape.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks the run to stop; the first call counts.
    pub fn cancel(&self, now_ms: u64) {
        self.cancelled_at_ms.get_or_init(|| now_ms);
        self.cancel.cancel();
    }

    /// Resolves once someone has asked the run to stop, with the time of the asking.
    pub async fn cancelled(&self) -> u64 {
        self.cancel.cancelled().await;
        self.cancelled_at_ms.get().copied().unwrap_or_default()
    }

    /// Whether its row is in the database.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Acquire)
    }

    /// Notes that its row is in the database.
    pub fn mark_kept(&self) {
        self.kept.store(true, Ordering::Release);
    }

    /// Resolves once the number of readers is such. Cancel-safe.
    pub async fn readers_until(&self, is_such: impl Fn(usize) -> bool) {
        loop {
            let read = self.read.notified();
            tokio::pin!(read);
            // Before the look: what comes after it rings.
            read.as_mut().enable();
            if is_such(self.readers.load(Ordering::Acquire)) {
                return;
            }
            read.await;
        }
    }

    /// Reads from `seq` on, then waits for more.
    #[must_use]
    pub fn tail(self: &Arc<Self>, seq: u64) -> HotTail {
        self.readers.fetch_add(1, Ordering::AcqRel);
        self.read.notify_waiters();
        HotTail { log: self.clone(), next: seq }
    }
}

/// A cursor into a hot log. It holds no events: a slow reader costs nothing.
pub struct HotTail {
    log: Arc<HotRun>,
    next: u64,
}

impl HotTail {
    /// The next entries as soon as there are any, or nothing once the log has ended. Cancel-safe.
    pub async fn next(&mut self) -> Option<Vec<Entry>> {
        loop {
            let more = self.log.more.notified();
            tokio::pin!(more);
            // Before the look: what comes after it rings.
            more.as_mut().enable();
            {
                let tape = self.log.tape.lock().unwrap_or_else(PoisonError::into_inner);
                if self.next < tape.len() {
                    let entries = tape.read(self.next, TAIL_BATCH_BYTES);
                    self.next += entries.len() as u64;
                    return Some(entries);
                }
                if self.log.ended() {
                    return None;
                }
            }
            more.await;
        }
    }

    /// Whether everything has been read, and nothing more will come.
    fn is_exhausted(&self) -> bool {
        // In this order: nothing is added to a log that has ended.
        self.log.ended() && self.next >= self.log.tape.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl HotTail {
    /// Resolves when the log has ended; no event before that wakes who waits here. Cancel-safe.
    async fn ended(&self) {
        let end = self.log.end.notified();
        tokio::pin!(end);
        end.as_mut().enable();
        if !self.log.ended() {
            end.await;
        }
    }
}

impl Drop for HotTail {
    fn drop(&mut self) {
        self.log.readers.fetch_sub(1, Ordering::AcqRel);
        self.log.read.notify_waiters();
    }
}

/// A cursor into a run's log, hot or kept.
pub enum Tail {
    /// The log is in memory and may still grow.
    Hot(HotTail),
    /// The log is the compacted tape.
    Kept {
        /// All events.
        tape: Tape,
        /// The seq that is read next.
        next: u64,
    },
}

impl Tail {
    /// The next entries as soon as there are any, or nothing once the log has ended. Cancel-safe.
    pub async fn next(&mut self) -> Option<Vec<Entry>> {
        match self {
            Self::Hot(tail) => tail.next().await,
            Self::Kept { tape, next } => {
                let entries = tape.read(*next, TAIL_BATCH_BYTES);
                *next += entries.len() as u64;
                (!entries.is_empty()).then_some(entries)
            }
        }
    }

    /// Resolves when the log has ended, without reading it. Cancel-safe.
    pub async fn ended(&self) {
        match self {
            Self::Hot(tail) => tail.ended().await,
            Self::Kept { .. } => {}
        }
    }

    /// Whether it is known already that nothing will come: a reader that has everything.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        match self {
            Self::Hot(tail) => tail.is_exhausted(),
            Self::Kept { tape, next } => *next >= tape.len(),
        }
    }
}
