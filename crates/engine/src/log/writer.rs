//! The one thread that writes the run log.
//!
//! It takes what is waiting, writes it with one call, and only then publishes it to the readers: what a
//! reader has seen survives `kill -9`. A run's end is also synced to the disk, beside the writing.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc as std_mpsc};
use std::thread;
use std::time::Duration;

use domain::{EventKind, RunId};
use tokio::sync::{mpsc, oneshot};

use super::hot::HotRun;
use super::segment::{self, Segment};
use crate::clock::Clock;

/// Most bytes that are written with one call.
const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// Pause before a write that failed is tried again, in milliseconds.
const RETRY_MS: u64 = 250;

/// What the writer is asked to do.
pub(super) enum Command {
    /// Writes the first record of a run, and says when it is durable.
    Open { run: RunId, record: Vec<u8>, done: oneshot::Sender<()> },
    /// Writes events, then publishes them.
    Append { log: Arc<HotRun>, events: Events },
    /// Writes a part of the exchange with a provider, then keeps it with the run.
    Note { log: Arc<HotRun>, packed: Vec<u8>, record: Vec<u8> },
    /// Lets go of runs that are rows now.
    Release(Vec<RunId>),
    /// Says when all before it is on the disk.
    Flush(oneshot::Sender<()>),
}

/// Events of one run on their way into the log: their records, and where in them the data of each stands.
#[derive(Default)]
pub(super) struct Events {
    pub records: Vec<u8>,
    pub places: Vec<(EventKind, Range<usize>)>,
}

impl Events {
    fn iter(&self) -> impl Iterator<Item = (EventKind, &str)> {
        self.places.iter().map(|(kind, place)| {
            let data = std::str::from_utf8(&self.records[place.clone()]).expect("the data of an event is JSON");
            (*kind, data)
        })
    }
}

pub(super) struct Writer {
    pub folder: PathBuf,
    pub clock: Clock,
    pub queue: mpsc::Receiver<Command>,
    /// The runs of each segment that are not rows yet.
    pub segments: BTreeMap<u64, HashSet<RunId>>,
    /// Ended runs go here, to become rows.
    pub ended: mpsc::UnboundedSender<Arc<HotRun>>,
    /// Whether the disk takes writes.
    pub healthy: Arc<AtomicBool>,
}

impl Writer {
    /// Writes until nobody can ask any more. `current` is the segment to begin with.
    pub fn run(mut self, mut current: Segment) {
        let _guard = Unhealthy(self.healthy.clone());
        let (to_sync, syncs) = std_mpsc::channel::<Arc<File>>();
        let syncer = thread::Builder::new().name("log-sync".into()).spawn(move || sync(&syncs));
        self.segments.entry(current.number).or_default();
        let mut batch = Vec::new();
        while let Some(first) = self.queue.blocking_recv() {
            let mut bytes = Vec::new();
            let mut next = Some(first);
            while let Some(command) = next {
                match &command {
                    Command::Open { record, .. } | Command::Note { record, .. } => bytes.extend_from_slice(record),
                    Command::Append { events, .. } => bytes.extend_from_slice(&events.records),
                    Command::Release(_) | Command::Flush(_) => {}
                }
                batch.push(command);
                next = if bytes.len() < BATCH_BYTES_MAX { self.queue.try_recv().ok() } else { None };
            }
            if !bytes.is_empty() {
                self.write(&mut current, &bytes);
            }
            for command in batch.drain(..) {
                self.settle(command, current.number, &current, &to_sync);
            }
        }
        if let Err(error) = current.file().sync_data() {
            tracing::error!(%error, "the run log could not be synced at the end");
        }
        drop(to_sync);
        if let Ok(syncer) = syncer {
            let _ = syncer.join();
        }
    }

    /// Writes until it has worked: what cannot be kept is not delivered, and nothing is dropped. Admission
    /// refuses new runs meanwhile.
    fn write(&mut self, current: &mut Segment, bytes: &[u8]) {
        loop {
            match self.try_write(current, bytes) {
                Ok(()) => {
                    if !self.healthy.swap(true, Ordering::Relaxed) {
                        tracing::info!("the run log can be written again");
                    }
                    return;
                }
                Err(error) => {
                    if self.healthy.swap(false, Ordering::Relaxed) {
                        tracing::error!(%error, folder = %self.folder.display(), "the run log cannot be written; running streams wait, new runs are refused");
                    }
                    thread::sleep(Duration::from_millis(RETRY_MS));
                }
            }
        }
    }

    fn try_write(&mut self, current: &mut Segment, bytes: &[u8]) -> io::Result<()> {
        if current.is_full() {
            current.file().sync_data()?;
            *current = Segment::create(&self.folder, current.number + 1)?;
            self.segments.entry(current.number).or_default();
            self.retire(current.number);
        }
        current.append(bytes)
    }

    fn settle(&mut self, command: Command, number: u64, current: &Segment, to_sync: &std_mpsc::Sender<Arc<File>>) {
        match command {
            Command::Open { run, done, .. } => {
                self.segments.entry(number).or_default().insert(run);
                let _ = done.send(());
            }
            Command::Append { log, events } => {
                self.segments.entry(number).or_default().insert(log.run());
                if log.publish(events.iter(), self.clock.monotonic_ms()) {
                    let _ = to_sync.send(current.file());
                    let _ = self.ended.send(log);
                }
            }
            Command::Note { log, packed, .. } => {
                self.segments.entry(number).or_default().insert(log.run());
                log.note(packed);
            }
            Command::Release(runs) => {
                for pending in self.segments.values_mut() {
                    for run in &runs {
                        pending.remove(run);
                    }
                }
                self.retire(number);
            }
            Command::Flush(done) => {
                if let Err(error) = current.file().sync_data() {
                    tracing::error!(%error, "the run log could not be synced");
                }
                let _ = done.send(());
            }
        }
    }

    fn retire(&mut self, current: u64) {
        let folder = &self.folder;
        self.segments.retain(|number, pending| {
            let done = *number < current && pending.is_empty();
            if done {
                segment::remove(folder, *number);
            }
            !done
        });
    }
}

/// Says that the log takes no writes once the writer is gone, however it went.
struct Unhealthy(Arc<AtomicBool>);

impl Drop for Unhealthy {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Syncs files as asked, once for all that ask meanwhile.
fn sync(asked: &std_mpsc::Receiver<Arc<File>>) {
    while let Ok(mut file) = asked.recv() {
        while let Ok(next) = asked.try_recv() {
            if !Arc::ptr_eq(&next, &file) {
                report(&file);
            }
            file = next;
        }
        report(&file);
    }
}

fn report(file: &File) {
    if let Err(error) = file.sync_data() {
        tracing::error!(%error, "the run log could not be synced");
    }
}
