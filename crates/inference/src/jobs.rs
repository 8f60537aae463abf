//! What the supervisor has been asked for and has not answered yet.

use std::collections::BTreeMap;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use crate::protocol::{CheckError, FailureKind, QueueReason, Update};

/// A request that saw so many workers die before it started is taken for the cause.
const DEATHS_MAX: u32 = 2;

/// Where the answer goes.
#[derive(Debug)]
pub(crate) enum Sink {
    Updates(mpsc::UnboundedSender<Update>),
    Checked(oneshot::Sender<Result<u32, CheckError>>),
}

/// One request.
#[derive(Debug)]
pub(crate) struct Job {
    sink: Sink,
    /// The command, for a worker that has not got it; dropped when the generation starts.
    frame: Bytes,
    place: Place,
    deaths: u32,
    output_tokens: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// Waits here.
    Here,
    /// The worker has it.
    Sent,
    /// The worker has begun with it.
    Started,
}

/// All of them, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Jobs(BTreeMap<u64, Job>);

impl Jobs {
    pub(crate) fn add(&mut self, id: u64, frame: Bytes, sink: Sink) {
        self.0.insert(id, Job { sink, frame, place: Place::Here, deaths: 0, output_tokens: 0 });
    }

    /// Takes the commands that the worker has not got.
    pub(crate) fn send(&mut self) -> Vec<Bytes> {
        let waiting = self.0.values_mut().filter(|job| job.place == Place::Here);
        waiting
            .map(|job| {
                job.place = Place::Sent;
                job.frame.clone()
            })
            .collect()
    }

    /// Forgets a generation; says whether the worker knows it.
    pub(crate) fn cancel(&mut self, id: u64) -> bool {
        self.0.remove(&id).is_some_and(|job| job.place != Place::Here)
    }

    pub(crate) fn update(&mut self, id: u64, update: Update) {
        let Some(job) = self.0.get_mut(&id) else { return };
        match update {
            Update::Started { .. } => {
                job.place = Place::Started;
                job.frame = Bytes::new();
            }
            Update::Delta { output_tokens, .. } => job.output_tokens = output_tokens,
            _ => {}
        }
        let last = update.is_last();
        if let Sink::Updates(updates) = &job.sink {
            // Whoever does not listen any more cancels.
            let _ = updates.send(update);
        }
        if last {
            self.0.remove(&id);
        }
    }

    pub(crate) fn checked(&mut self, id: u64, result: Result<u32, CheckError>) {
        if let Some(Job { sink: Sink::Checked(reply), .. }) = self.0.remove(&id) {
            let _ = reply.send(result);
        }
    }

    /// Tells the generation that came last where it stands.
    pub(crate) fn tell_last(&self, reason: QueueReason) {
        let position = self.waiting().count();
        if let Some(updates) = self.waiting().last() {
            let _ = updates.send(Update::Queued { position: position as u32, reason });
        }
    }

    fn waiting(&self) -> impl Iterator<Item = &mpsc::UnboundedSender<Update>> {
        self.0.values().filter(|job| job.place == Place::Here).filter_map(|job| match &job.sink {
            Sink::Updates(updates) => Some(updates),
            Sink::Checked(_) => None,
        })
    }

    /// The worker has died: what had started is interrupted, the rest waits for the next one.
    pub(crate) fn worker_died(&mut self, reason: &str) {
        let interrupted = |job: &mut Job| {
            job.deaths += u32::from(job.place != Place::Here);
            job.place == Place::Started || job.deaths >= DEATHS_MAX
        };
        let ended: Vec<u64> = self.0.iter_mut().filter_map(|(id, job)| interrupted(job).then_some(*id)).collect();
        for id in ended {
            if let Some(job) = self.0.remove(&id) {
                let message = format!("the model's process ended while it ran: {reason}");
                job.fail(FailureKind::Interrupted, message);
            }
        }
        for job in self.0.values_mut() {
            job.place = Place::Here;
        }
        for (position, updates) in (1..).zip(self.waiting()) {
            let _ = updates.send(Update::Queued { position, reason: QueueReason::Restarting });
        }
    }

    /// Ends one.
    pub(crate) fn fail(&mut self, id: u64, kind: FailureKind, message: String) {
        if let Some(job) = self.0.remove(&id) {
            job.fail(kind, message);
        }
    }

    /// Ends everything.
    pub(crate) fn fail_all(&mut self, kind: FailureKind, message: &str) {
        for job in std::mem::take(&mut self.0).into_values() {
            job.fail(kind, message.to_owned());
        }
    }
}

impl Job {
    fn fail(self, kind: FailureKind, message: String) {
        match self.sink {
            Sink::Updates(updates) => {
                let output_tokens = self.output_tokens;
                let _ = updates.send(Update::Failed { kind, message, output_tokens });
            }
            Sink::Checked(reply) => {
                let _ = reply.send(Err(CheckError::Unavailable(message)));
            }
        }
    }
}
