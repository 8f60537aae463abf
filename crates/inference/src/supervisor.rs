//! Keeps a worker running, and stands between it and the requests.
//!
//! One task owns everything, so there is nothing to lock. A worker that dies takes the
//! generations with it that it had begun; the others wait for the next worker.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, ChildStdout, Command as Process};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::codec::{FramedRead, LengthDelimitedCodec};

use crate::client::{EngineConfig, STOPPED, Status};
use crate::jobs::{Jobs, Sink};
use crate::protocol::{
    CheckError, Command, Event, FRAME_BYTES_MAX, FailureKind, Generate, QueueReason, Update, WorkerConfig, append_frame,
};

/// Turns of libgomp's spinning at a barrier before a thread sleeps. Its default lets two threads
/// collapse as soon as anything else runs on the machine: measured, tokens/s on two cores, quiet
/// and beside two busy loops: default 105 and none; 1000 turns 100 and 40; none 27 and 20.
/// On another day 1000 turns 152 and 63, 300 turns 168 and 66, 100 turns 95 and 43 (`cargo xtask bench decode`).
const SPIN_COUNT: (&str, &str) = ("GOMP_SPINCOUNT", "300");

/// Pause before a dead worker is started again; doubled with each death.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// A worker that has been ready for so long was healthy: its death is the first one again.
const HEALTHY_AFTER: Duration = Duration::from_secs(10);

/// So many workers that die before they are ready mean that the model cannot be loaded.
const LOAD_DEATHS_MAX: u32 = 3;

/// How long a worker may take to end when its input is closed.
const EXIT_MAX: Duration = Duration::from_secs(2);

/// What reaches the supervisor.
#[derive(Debug)]
pub(crate) enum Request {
    Generate { id: u64, request: Generate, updates: mpsc::UnboundedSender<Update> },
    Check { id: u64, request: Generate, reply: oneshot::Sender<Result<u32, CheckError>> },
    Cancel { id: u64 },
    Shutdown,
}

/// How a worker ended.
enum End {
    Shutdown,
    Died {
        reason: String,
        ready_for: Option<Duration>,
    },
    /// It said why it cannot run.
    ModelError(String),
}

/// The task behind an [`Engine`](crate::Engine).
pub(crate) struct Supervisor {
    config: EngineConfig,
    requests: mpsc::UnboundedReceiver<Request>,
    status: watch::Sender<Status>,
    worker_pid: Arc<AtomicU32>,
    jobs: Jobs,
    /// To the worker, once it is ready.
    commands: Option<mpsc::UnboundedSender<Bytes>>,
}

impl Supervisor {
    pub(crate) fn new(
        config: EngineConfig,
        requests: mpsc::UnboundedReceiver<Request>,
        status: watch::Sender<Status>,
        worker_pid: Arc<AtomicU32>,
    ) -> Self {
        Self { config, requests, status, worker_pid, jobs: Jobs::default(), commands: None }
    }

    pub(crate) async fn run(mut self) {
        let mut deaths = 0;
        let mut load_deaths = 0;
        loop {
            let end = self.session().await;
            self.commands = None;
            self.worker_pid.store(0, Ordering::Relaxed);
            let failed = match end {
                End::Shutdown => break,
                End::ModelError(message) => Some(message),
                End::Died { reason, ready_for } => {
                    tracing::error!(%reason, "the inference worker ended");
                    if ready_for.is_some_and(|time| time >= HEALTHY_AFTER) {
                        deaths = 0;
                    }
                    load_deaths = if ready_for.is_some() { 0 } else { load_deaths + 1 };
                    self.jobs.worker_died(&reason);
                    let hopeless = load_deaths >= LOAD_DEATHS_MAX;
                    let retry = backoff(deaths);
                    self.set_restarting(deaths + 1, retry, &reason);
                    hopeless.then(|| format!("its process ended {load_deaths} times: {reason}"))
                }
            };
            if let Some(message) = failed {
                tracing::error!(%message, "the embedded model cannot be loaded");
                self.status.send_replace(Status::Failed { message: message.clone() });
                self.jobs.fail_all(FailureKind::Unavailable, &message);
            }
            if self.pause(backoff(deaths)).await {
                break;
            }
            deaths += 1;
        }
        self.jobs.fail_all(FailureKind::Interrupted, STOPPED);
        self.status.send_replace(Status::Stopped);
    }

    /// A model that failed stays so until it has been loaded: who asks is told why at once.
    fn set_restarting(&self, attempt: u32, retry: Duration, reason: &str) {
        self.status.send_if_modified(|status| {
            if matches!(status, Status::Failed { .. }) {
                return false;
            }
            let retry_in_ms = retry.as_millis() as u64;
            *status = Status::Restarting { attempt, retry_in_ms, reason: reason.to_owned() };
            true
        });
    }

    /// Serves requests without a worker; says whether it is over.
    async fn pause(&mut self, pause: Duration) -> bool {
        let sleep = sleep(pause);
        tokio::pin!(sleep);
        loop {
            tokio::select! {
                () = &mut sleep => return false,
                request = self.requests.recv() => {
                    if !self.take(request) {
                        return true;
                    }
                }
            }
        }
    }

    /// Runs one worker until it ends.
    async fn session(&mut self) -> End {
        let died = |reason| End::Died { reason, ready_for: None };
        let (mut child, stdin, stdout) = match spawn(&self.config) {
            Ok(parts) => parts,
            Err(reason) => return died(reason),
        };
        self.worker_pid.store(child.id().unwrap_or(0), Ordering::Relaxed);
        let (commands, to_write) = mpsc::unbounded_channel();
        match frame(&self.config.worker) {
            Ok(config) => commands.send(config).expect("the receiver is at hand"),
            Err(reason) => return died(reason),
        }
        // A task of its own: a pipe that is full must not keep events from being read.
        tokio::spawn(write_all(stdin, to_write));
        let mut frames =
            LengthDelimitedCodec::builder().little_endian().max_frame_length(FRAME_BYTES_MAX).new_read(stdout);
        let mut ready_at: Option<Instant> = None;
        loop {
            tokio::select! {
                bytes = frames.next() => {
                    match next_event(bytes) {
                        Ok(Event::Ready(info)) => {
                            ready_at = Some(Instant::now());
                            self.commands = Some(commands.clone());
                            self.status.send_replace(Status::Ready(info));
                            self.send_waiting();
                        }
                        Ok(Event::ModelError { message }) => {
                            end_worker(&mut child, frames).await;
                            return End::ModelError(message);
                        }
                        Ok(Event::Update { id, update }) => self.jobs.update(id, update),
                        Ok(Event::Checked { id, result }) => self.jobs.checked(id, result),
                        Err(complaint) => {
                            let status = end_worker(&mut child, frames).await;
                            let ready_for = ready_at.map(|at| at.elapsed());
                            return End::Died { reason: complaint.unwrap_or(status), ready_for };
                        }
                    }
                }
                request = self.requests.recv() => {
                    if !self.take(request) {
                        // The writer holds the last end of the worker's input.
                        self.commands = None;
                        drop(commands);
                        if timeout(EXIT_MAX, child.wait()).await.is_err() {
                            end_worker(&mut child, frames).await;
                        }
                        return End::Shutdown;
                    }
                }
            }
        }
    }

    /// Serves one request; says whether to go on.
    fn take(&mut self, request: Option<Request>) -> bool {
        match request {
            Some(Request::Generate { id, request, updates }) => {
                self.add(id, &Command::Generate { id, request }, Sink::Updates(updates));
            }
            Some(Request::Check { id, request, reply }) => {
                self.add(id, &Command::Check { id, request }, Sink::Checked(reply));
            }
            Some(Request::Cancel { id }) => {
                if self.jobs.cancel(id)
                    && let Some(commands) = &self.commands
                {
                    let cancel = frame(&Command::Cancel { id }).expect("a number is small");
                    let _ = commands.send(cancel);
                }
            }
            Some(Request::Shutdown) | None => return false,
        }
        true
    }

    fn add(&mut self, id: u64, command: &Command, sink: Sink) {
        let status = self.status.borrow().clone();
        match (frame(command), status) {
            (Err(reason), _) => {
                self.jobs.add(id, Bytes::new(), sink);
                self.jobs.fail(id, FailureKind::BadMessages, reason);
            }
            (Ok(frame), Status::Failed { message }) => {
                self.jobs.add(id, frame, sink);
                self.jobs.fail(id, FailureKind::Unavailable, message);
            }
            (Ok(frame), status) => {
                self.jobs.add(id, frame, sink);
                match status {
                    Status::Ready(_) => self.send_waiting(),
                    Status::Loading => self.jobs.tell_last(QueueReason::Loading),
                    _ => self.jobs.tell_last(QueueReason::Restarting),
                }
            }
        }
    }

    fn send_waiting(&mut self) {
        if let Some(commands) = &self.commands {
            for frame in self.jobs.send() {
                // A writer that has ended means a worker that has: its end is seen elsewhere.
                let _ = commands.send(frame);
            }
        }
    }
}

fn backoff(deaths: u32) -> Duration {
    BACKOFF_MIN.saturating_mul(2_u32.saturating_pow(deaths)).min(BACKOFF_MAX)
}

fn frame(message: &impl serde::Serialize) -> Result<Bytes, String> {
    let mut bytes = Vec::new();
    append_frame(&mut bytes, message).map_err(|error| error.to_string())?;
    Ok(Bytes::from(bytes))
}

fn spawn(config: &EngineConfig) -> Result<(Child, ChildStdin, ChildStdout), String> {
    let WorkerConfig { model_path, .. } = &config.worker;
    tracing::debug!(program = %config.program.display(), model = %model_path.display(), "starting the inference worker");
    let mut child = Process::new(&config.program)
        .args(&config.args)
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| is_inherited(name)))
        .env(SPIN_COUNT.0, SPIN_COUNT.1)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Ctrl-C in a terminal goes to the whole group: the server ends the worker when its runs
        // have ended.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{} cannot be started: {error}", config.program.display()))?;
    let stdin = child.stdin.take().expect("it is piped");
    let stdout = child.stdout.take().expect("it is piped");
    Ok((child, stdin, stdout))
}

async fn write_all(mut stdin: ChildStdin, mut frames: mpsc::UnboundedReceiver<Bytes>) {
    while let Some(frame) = frames.recv().await {
        // The reader of its events sees the worker's end.
        if stdin.write_all(&frame).await.is_err() {
            return;
        }
    }
}

/// `Err(None)`: the worker has closed its output.
fn next_event(bytes: Option<std::io::Result<bytes::BytesMut>>) -> Result<Event, Option<String>> {
    let bytes = bytes.ok_or(None)?.map_err(|error| Some(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| Some(format!("it wrote nonsense: {error}")))
}

/// Makes sure that the process is gone, and says how it ended.
async fn end_worker<T>(child: &mut Child, frames: FramedRead<ChildStdout, T>) -> String {
    drop(frames);
    let waited = match timeout(EXIT_MAX, child.wait()).await {
        Ok(status) => status,
        Err(_) => {
            // It can only have ended already.
            let _ = child.start_kill();
            child.wait().await
        }
    };
    waited.as_ref().map_or_else(ToString::to_string, ExitStatus::to_string)
}

/// Whether the worker needs a variable: it gets no other, the providers' keys least of all.
fn is_inherited(name: &std::ffi::OsStr) -> bool {
    let name = name.to_string_lossy();
    ["OMP_", "GOMP_", "LD_", "LC_"].iter().any(|prefix| name.starts_with(prefix))
        || ["PATH", "HOME", "LANG", "TMPDIR", "RUST_BACKTRACE"].contains(&name.as_ref())
}
