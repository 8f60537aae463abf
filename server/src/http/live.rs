//! `GET /v1/live`: the tab's one WebSocket. It starts, tails and cancels runs, and watches comparisons; every frame names
//! its run or its comparison.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection};
use axum::response::{IntoResponse, Response};
use domain::limits::{INLINE_BODY_BYTES_MAX, LIVE_TAILS_MAX, PING_EVERY_MS, WATCHES_MAX};
use domain::live::{Down, EventFrame, Problem, Up, UpFrame};
use domain::{ApiError, Code, ComparisonId, RunId, strict};
use engine::log::Tail;
use engine::tape::Entry;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::json;
use super::problem::Refusal;
use crate::state::AppState;

/// Frames that may wait for a slow client before its tails wait instead.
const FRAMES_WAITING: usize = 64;

/// Largest frame that is read at all, in bytes: what is over the inline limit and under this is refused with the
/// reason, and the connection stays.
const FRAME_BYTES_MAX: usize = 4 * INLINE_BODY_BYTES_MAX;

/// Cancelled when the server leaves: streams end then.
#[derive(Clone)]
pub struct Closing(pub CancellationToken);

/// Opens the connection.
pub async fn open(
    State(state): State<AppState>,
    Extension(Closing(closing)): Extension<Closing>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    match upgrade {
        Ok(upgrade) => upgrade
            .max_message_size(FRAME_BYTES_MAX)
            .max_frame_size(FRAME_BYTES_MAX)
            .on_upgrade(move |socket| talk(socket, state, closing)),
        Err(_) => Refusal::from(
            ApiError::new(Code::InvalidRequest, "`/v1/live` is a WebSocket.")
                .hint("Programs read GET /v1/runs/{id}/events."),
        )
        .into_response(),
    }
}

async fn talk(socket: WebSocket, state: AppState, closing: CancellationToken) {
    let (sink, stream) = socket.split();
    let (out, waiting) = mpsc::channel(FRAMES_WAITING);
    let mut hello = Down::new("hello");
    hello.build = Some(state.assets.build().to_owned());
    let connection = Connection { state, out, tails: Arc::default(), watches: Arc::default() };
    connection.say(&hello).await;
    tokio::select! {
        () = write(sink, waiting) => {}
        () = connection.read(stream) => {}
        () = closing.cancelled() => {}
    }
}

/// Sends what waits, and flushes when nothing more does.
async fn write(mut sink: SplitSink<WebSocket, Message>, mut waiting: mpsc::Receiver<Utf8Bytes>) {
    let mut ping = tokio::time::interval(Duration::from_millis(PING_EVERY_MS));
    loop {
        let sent = tokio::select! {
            biased;
            frame = waiting.recv() => {
                let Some(frame) = frame else { return };
                let fed = sink.feed(Message::Text(frame)).await;
                if fed.is_ok() && waiting.is_empty() { sink.flush().await } else { fed }
            }
            _ = ping.tick() => sink.send(Message::Ping(bytes::Bytes::new())).await,
        };
        if sent.is_err() {
            return;
        }
    }
}

/// One tab.
#[derive(Clone)]
struct Connection {
    state: AppState,
    out: mpsc::Sender<Utf8Bytes>,
    tails: Arc<Mutex<HashMap<RunId, AbortHandle>>>,
    watches: Arc<Mutex<HashMap<ComparisonId, AbortHandle>>>,
}

impl Connection {
    /// Reads frames until the tab is gone; then its tails end, its runs do not.
    async fn read(&self, mut stream: SplitStream<WebSocket>) {
        let mut tasks = JoinSet::new();
        loop {
            let message = tokio::select! {
                message = stream.next() => message,
                Some(_) = tasks.join_next() => continue,
            };
            match message {
                Some(Ok(Message::Text(text))) => self.take(&text, &mut tasks).await,
                Some(Ok(Message::Binary(_))) => {
                    self.refuse(None, None, ApiError::new(Code::InvalidRequest, "Frames are JSON text, not binary."))
                        .await;
                }
                // After a close the reply still goes out; the stream then ends by itself.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_))) => {}
                Some(Err(_)) | None => return,
            }
        }
    }

    async fn take(&self, text: &str, tasks: &mut JoinSet<()>) {
        let frame = match strict::from_slice::<UpFrame>(text.as_bytes()) {
            Ok(frame) if text.len() > INLINE_BODY_BYTES_MAX => {
                return self.refuse(frame.reference, None, json::too_large()).await;
            }
            Ok(frame) => frame,
            Err(error) => return self.refuse(None, None, error).await,
        };
        let reference = frame.reference.clone();
        let up = match frame.read() {
            Ok(up) => up,
            Err(why) => return self.refuse(reference, None, ApiError::new(Code::InvalidRequest, why)).await,
        };
        match up {
            Up::Start { reference, run } => {
                let connection = self.clone();
                tasks.spawn(async move { connection.start(reference, run.as_str()).await });
            }
            Up::Tail { run, after } => {
                if self.is_full(run) {
                    let why = format!("One connection tails up to {LIVE_TAILS_MAX} runs.");
                    return self.refuse(None, Some(run), ApiError::new(Code::InvalidRequest, why)).await;
                }
                self.spawn_tail(run, after, tasks);
            }
            Up::Untail { run } => {
                if let Some(tail) = self.lock().remove(&run) {
                    tail.abort();
                }
            }
            Up::Watch { comparison } => self.spawn_watch(comparison, tasks).await,
            Up::Unwatch { comparison } => {
                if let Some(watch) = lock(&self.watches).remove(&comparison) {
                    watch.abort();
                }
            }
            Up::Cancel { run } => {
                if let Err(error) = self.state.engine.runs().cancel(&self.state.principal, run).await {
                    self.refuse(None, Some(run), error.public()).await;
                }
            }
        }
    }

    async fn start(&self, reference: String, run: &str) {
        let started = match strict::from_slice(run.as_bytes()) {
            Ok(new) => self.state.engine.runs().start(&self.state.principal, new).await,
            Err(error) => Err(error.into()),
        };
        match started {
            Ok(started) => {
                let mut accepted = Down::new("accepted");
                accepted.reference = Some(reference);
                accepted.run = Some(started.run);
                self.say(&accepted).await;
                // A task of its own, so that `untail` finds it under the run's id.
                let mut tail = JoinSet::new();
                self.spawn_tail(started.run, None, &mut tail);
                tail.join_next().await;
            }
            Err(error) => self.refuse(Some(reference), None, error.public()).await,
        }
    }

    async fn tail(&self, run: RunId, after: Option<u64>) {
        match self.state.engine.runs().tail(&self.state.principal, run, after).await {
            Ok(tail) => self.follow(run, tail).await,
            Err(error) => self.refuse(None, Some(run), error.public()).await,
        }
        let mut tails = self.lock();
        // A newer tail of the same run stays.
        if tails.get(&run).is_some_and(|tail| tail.id() == tokio::task::id()) {
            tails.remove(&run);
        }
    }

    async fn follow(&self, run: RunId, mut tail: Tail) {
        while let Some(entries) = tail.next().await {
            for entry in &entries {
                if self.out.send(event_frame(run, entry).into()).await.is_err() {
                    return;
                }
            }
        }
        let mut end = Down::new("end");
        end.run = Some(run);
        self.say(&end).await;
    }

    /// Starts to watch a comparison and remembers it; an older watch of the same one ends.
    async fn spawn_watch(&self, id: ComparisonId, tasks: &mut JoinSet<()>) {
        let is_full = {
            let watches = lock(&self.watches);
            watches.len() >= WATCHES_MAX && !watches.contains_key(&id)
        };
        if is_full {
            let why = format!("One connection watches up to {WATCHES_MAX} comparisons.");
            return self.refuse_watch(id, ApiError::new(Code::InvalidRequest, why)).await;
        }
        let connection = self.clone();
        // Held while spawning, so that a short one cannot end before it is remembered.
        let mut watches = lock(&self.watches);
        let handle = tasks.spawn(async move { connection.watch(id).await });
        if let Some(older) = watches.insert(id, handle) {
            older.abort();
        }
    }

    async fn watch(&self, id: ComparisonId) {
        match self.state.engine.comparisons().watch(&self.state.principal, id).await {
            Ok(mut watch) => {
                while let Some(frame) = watch.next().await {
                    if !self.send(&frame).await {
                        return;
                    }
                }
                let gone = ApiError::new(Code::Gone, format!("{id} was deleted."));
                self.refuse_watch(id, gone).await;
            }
            Err(error) => self.refuse_watch(id, error.public()).await,
        }
        let mut watches = lock(&self.watches);
        // A newer watch of the same comparison stays.
        if watches.get(&id).is_some_and(|watch| watch.id() == tokio::task::id()) {
            watches.remove(&id);
        }
    }

    async fn refuse_watch(&self, comparison: ComparisonId, error: ApiError) {
        let mut refused = Down::new("refused");
        refused.comparison = Some(comparison);
        refused.error = Some(Problem::new(error, None));
        self.say(&refused).await;
    }

    fn is_full(&self, run: RunId) -> bool {
        let tails = self.lock();
        tails.len() >= LIVE_TAILS_MAX && !tails.contains_key(&run)
    }

    /// Starts a tail and remembers it; an older one of the same run ends.
    fn spawn_tail(&self, run: RunId, after: Option<u64>, tasks: &mut JoinSet<()>) {
        let connection = self.clone();
        // Held while spawning, so that a short tail cannot end before it is remembered.
        let mut tails = self.lock();
        let handle = tasks.spawn(async move { connection.tail(run, after).await });
        if let Some(older) = tails.insert(run, handle) {
            older.abort();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, AbortHandle>> {
        lock(&self.tails)
    }

    async fn refuse(&self, reference: Option<String>, run: Option<RunId>, error: ApiError) {
        let mut refused = Down::new("refused");
        refused.reference = reference;
        refused.run = run;
        refused.error = Some(Problem::new(error, None));
        self.say(&refused).await;
    }

    async fn say(&self, frame: &Down) {
        let _ = self.send(frame).await;
    }

    /// Says whether the client is still there.
    async fn send(&self, frame: &impl Serialize) -> bool {
        let text = serde_json::to_string(frame).expect("a frame is strings, numbers and JSON");
        self.out.send(text.into()).await.is_ok()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn event_frame(run: RunId, entry: &Entry) -> String {
    EventFrame { run, seq: entry.seq, kind: entry.kind, data: entry.text() }.text()
}
