//! The server's handle to the embedded model.

use std::ffi::OsString;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};

use futures::Stream;
use tokio::sync::{mpsc, oneshot, watch};

use crate::protocol::{CheckError, FailureKind, Generate, ModelInfo, Update, WorkerConfig};
use crate::supervisor::{Request, Supervisor};

/// How the worker is started.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// A program that calls [`run_worker`](crate::run_worker).
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// What it is told to load.
    pub worker: WorkerConfig,
}

/// How the worker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// The model is being loaded for the first time.
    Loading,
    /// It runs.
    Ready(ModelInfo),
    /// It died and is started again; generations wait.
    Restarting {
        /// Deaths since it was last healthy.
        attempt: u32,
        /// Pause before this start, in milliseconds.
        retry_in_ms: u64,
        /// How it died.
        reason: String,
    },
    /// The model cannot be loaded; generations fail at once. It is tried again all the same.
    Failed {
        /// Why, for the operator.
        message: String,
    },
    /// [`Engine::shutdown`] was called.
    Stopped,
}

/// A handle to the worker and its supervisor; clones share them. The worker ends when
/// [`shutdown`](Self::shutdown) is called or the last handle is dropped.
#[derive(Clone, Debug)]
pub struct Engine(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    requests: mpsc::UnboundedSender<Request>,
    status: watch::Receiver<Status>,
    worker_pid: Arc<AtomicU32>,
    next_id: AtomicU64,
}

impl Engine {
    /// Starts the supervisor, which starts the worker; returns at once. Must be called inside a
    /// tokio runtime.
    pub fn start(config: EngineConfig) -> Self {
        let (requests, received) = mpsc::unbounded_channel();
        let (status, seen) = watch::channel(Status::Loading);
        let worker_pid = Arc::new(AtomicU32::new(0));
        tokio::spawn(Supervisor::new(config, received, status, Arc::clone(&worker_pid)).run());
        Self(Arc::new(Shared { requests, status: seen, worker_pid, next_id: AtomicU64::new(1) }))
    }

    /// Watches how the worker is.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.0.status.clone()
    }

    /// Starts a generation. While the worker loads or restarts it waits.
    pub fn generate(&self, request: Generate) -> Generation {
        let (sender, updates) = mpsc::unbounded_channel();
        let id = self.next_id();
        let requests = self.0.requests.clone();
        if requests.send(Request::Generate { id, request, updates: sender.clone() }).is_err() {
            let error = CheckError::Unavailable(STOPPED.to_owned());
            let _ = sender.send(error.into_update());
        }
        Generation { id, updates, requests, output_tokens: 0, ended: false }
    }

    /// Counts the prompt's tokens, with the chat template, and says whether the request can run.
    /// Waits until the model is loaded.
    ///
    /// # Errors
    ///
    /// What [`generate`](Self::generate) would fail with before its first token.
    pub async fn check(&self, request: &Generate) -> Result<u32, CheckError> {
        let (reply, answer) = oneshot::channel();
        let request = Request::Check { id: self.next_id(), request: request.clone(), reply };
        // A supervisor that has ended drops the request, and with it the reply.
        let _ = self.0.requests.send(request);
        answer.await.unwrap_or_else(|_| Err(CheckError::Unavailable(STOPPED.to_owned())))
    }

    /// The process id of the worker, while there is one.
    pub fn worker_pid(&self) -> Option<u32> {
        Some(self.0.worker_pid.load(Ordering::Relaxed)).filter(|pid| *pid != 0)
    }

    /// Ends the worker; what runs ends as [`FailureKind::Interrupted`]. Returns when the process
    /// is gone.
    pub async fn shutdown(&self) {
        let _ = self.0.requests.send(Request::Shutdown);
        let mut status = self.status();
        // An error means that the supervisor has ended, which is what is waited for.
        let _ = status.wait_for(|status| *status == Status::Stopped).await;
    }

    fn next_id(&self) -> u64 {
        self.0.next_id.fetch_add(1, Ordering::Relaxed)
    }
}

pub(crate) const STOPPED: &str = "the engine was shut down";

/// The updates of one generation, in order; ends after `Done` or `Failed`. Dropping it cancels
/// the sequence before the next decode step and frees its memory.
#[derive(Debug)]
pub struct Generation {
    id: u64,
    updates: mpsc::UnboundedReceiver<Update>,
    requests: mpsc::UnboundedSender<Request>,
    output_tokens: u32,
    ended: bool,
}

impl Stream for Generation {
    type Item = Update;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Update>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let polled = self.updates.poll_recv(context);
        if let Poll::Ready(update) = polled {
            // The supervisor never ends a stream without a last update, unless it is gone itself.
            let update = update.unwrap_or_else(|| Update::Failed {
                kind: FailureKind::Interrupted,
                message: STOPPED.to_owned(),
                output_tokens: self.output_tokens,
            });
            if let Update::Delta { output_tokens, .. } = update {
                self.output_tokens = output_tokens;
            }
            self.ended = update.is_last();
            return Poll::Ready(Some(update));
        }
        Poll::Pending
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        if !self.ended {
            let _ = self.requests.send(Request::Cancel { id: self.id });
        }
    }
}
