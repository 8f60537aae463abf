//! One WebSocket to `/v1/live`, as a tab has it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail, ensure};
use domain::chat::Verbatim;
use domain::live::{Down, UpFrame};
use domain::{EventKind, RunId};
use futures::{SinkExt, StreamExt};
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::connect_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// A run that goes on.
struct Course {
    began: Instant,
    first_ms: Option<f64>,
    next_seq: u64,
    tell: Option<oneshot::Sender<Result<f64>>>,
}

#[derive(Default)]
struct Courses {
    next_ref: u64,
    asked: HashMap<String, Course>,
    accepted: HashMap<RunId, Course>,
}

/// The connection. Clones share it.
#[derive(Clone)]
pub struct Live {
    out: mpsc::UnboundedSender<Message>,
    courses: Arc<Mutex<Courses>>,
}

impl Live {
    /// Opens it.
    pub async fn open(url: &str) -> Result<Self> {
        let address = format!("{}/v1/live", url.replacen("http://", "ws://", 1));
        let mut request = address.into_client_request().context("an address of a WebSocket")?;
        // As the page sends it; others are refused.
        request.headers_mut().insert("origin", url.parse().context("an origin")?);
        let opened = connect_async_with_config(request, None, true).await;
        let (socket, _) = opened.context("opening the live connection")?;
        let (mut sink, mut stream) = socket.split();
        let (out, mut waiting) = mpsc::unbounded_channel();
        let courses = Arc::new(Mutex::new(Courses::default()));
        tokio::spawn(async move {
            while let Some(message) = waiting.recv().await {
                if sink.send(message).await.is_err() {
                    return;
                }
            }
        });
        let live = Self { out, courses };
        let reader = live.courses.clone();
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                if let Message::Text(text) = message {
                    take(&reader, text.as_str());
                }
            }
            // Whoever waits for a run is told by the end of its channel.
            *lock(&reader) = Courses::default();
        });
        Ok(live)
    }

    /// Starts a run and reads it to its end; gives the milliseconds to its first token.
    pub async fn run(&self, body: &str) -> Result<f64> {
        let run = Verbatim(RawValue::from_string(body.to_owned()).context("a run is JSON")?);
        let (tell, told) = oneshot::channel();
        let frame = {
            let mut courses = lock(&self.courses);
            courses.next_ref += 1;
            let reference = courses.next_ref.to_string();
            let text = serde_json::to_string(&UpFrame::start(reference.clone(), run)).context("a frame is JSON")?;
            let course = Course { began: Instant::now(), first_ms: None, next_seq: 0, tell: Some(tell) };
            courses.asked.insert(reference, course);
            text
        };
        self.out.send(Message::text(frame)).map_err(|_| anyhow!("the live connection is closed"))?;
        told.await.context("the live connection was closed in the middle of a run")?
    }
}

fn lock(courses: &Mutex<Courses>) -> std::sync::MutexGuard<'_, Courses> {
    courses.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a frame; what is wrong with it ends the run that it is about.
fn take(courses: &Mutex<Courses>, text: &str) {
    let now = Instant::now();
    let Ok(frame) = serde_json::from_str::<Down>(text) else { return };
    let mut courses = lock(courses);
    if frame.kind == "accepted" {
        let asked = frame.reference.and_then(|reference| courses.asked.remove(&reference));
        if let (Some(run), Some(course)) = (frame.run, asked) {
            courses.accepted.insert(run, course);
        }
    } else if frame.kind == "refused" {
        let asked = frame.reference.and_then(|reference| courses.asked.remove(&reference));
        if let Some(mut course) = asked {
            course.tell(Err(anyhow!("a run was refused: {text}")));
        }
    } else if let Some(run) = frame.run
        && let Some(course) = courses.accepted.get_mut(&run)
    {
        match course.advance(&frame, now) {
            Ok(None) => {}
            Ok(Some(first_ms)) => {
                course.tell(Ok(first_ms));
                courses.accepted.remove(&run);
            }
            Err(error) => {
                course.tell(Err(error));
                courses.accepted.remove(&run);
            }
        }
    }
}

impl Course {
    /// Takes an event or the end; at the end gives the milliseconds to the first token.
    fn advance(&mut self, frame: &Down, now: Instant) -> Result<Option<f64>> {
        if frame.kind == "end" {
            return Ok(Some(self.first_ms.context("a run ended without a token")?));
        }
        ensure!(frame.seq == Some(self.next_seq), "event {:?} came where {} was due", frame.seq, self.next_seq);
        self.next_seq += 1;
        match frame.event {
            Some(EventKind::Delta) => {
                self.first_ms.get_or_insert((now - self.began).as_secs_f64() * 1e3);
            }
            Some(EventKind::Failed) => bail!("a run failed: {frame:?}"),
            _ => {}
        }
        Ok(None)
    }

    fn tell(&mut self, what: Result<f64>) {
        if let Some(tell) = self.tell.take() {
            let _ = tell.send(what);
        }
    }
}
