//! One answer being played: when each piece is due, and what befalls it on its way.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use serde_json::Value;
use tokio::time::{Instant, sleep, sleep_until};

use super::Mock;
use super::script::Script;

/// Bytes of a line without end that are sent at a time.
const ENDLESS_BYTES: usize = 64 * 1024;

/// How long what was sent before a cut is given to leave.
const FLUSH: Duration = Duration::from_millis(5);

/// The words of one wire for one request.
pub trait Speaker: Send + Sync + 'static {
    /// What stands before the first token.
    fn begin(&self) -> String;
    /// A token of reasoning.
    fn thought(&self, index: u32) -> String;
    /// A token of the answer.
    fn token(&self, index: u32) -> String;
    /// A tool call.
    fn tool(&self, index: u32) -> String;
    /// Why it ended, and what was used.
    fn end(&self) -> String;
    /// That nothing more comes.
    fn done(&self) -> String;
    /// A failure in the middle.
    fn error(&self, id: &str) -> String;
    /// What must be passed over.
    fn junk(&self) -> String;
    /// What says that it is at work, and no more.
    fn ping(&self) -> String;
    /// The whole answer in one piece.
    fn whole(&self) -> Value;
    /// The body of a refusal with a status.
    fn refusal(&self, status: u16, id: &str) -> Value;
    /// The header that names the request.
    fn id_header(&self) -> &'static str;
}

/// Counts an answer as open until it is dropped.
struct Open(Arc<Mock>);

impl Open {
    fn new(mock: Arc<Mock>) -> Self {
        mock.open.fetch_add(1, Ordering::Relaxed);
        Self(mock)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One answer being played.
pub struct Play<S> {
    script: Script,
    speaker: S,
    /// The name of the request.
    id: String,
    started: Instant,
    /// Pieces that are sent by and by.
    waiting: VecDeque<Bytes>,
    /// Thoughts, then tokens, then tools, then the end.
    next: u32,
    over: bool,
    _open: Open,
}

impl<S: Speaker> Play<S> {
    /// Plays it as a stream or whole.
    pub async fn answer(mock: Arc<Mock>, script: Script, speaker: S, streamed: bool) -> Response {
        mock.calls.fetch_add(1, Ordering::Relaxed);
        let id = format!("req_mock_{}", mock.calls.load(Ordering::Relaxed));
        let id_header = speaker.id_header();
        let play = Self {
            script,
            speaker,
            id: id.clone(),
            started: Instant::now(),
            waiting: VecDeque::new(),
            next: 0,
            over: false,
            _open: Open::new(mock),
        };
        sleep(Duration::from_millis(play.script.head_ms)).await;
        let retry_after_s = play.script.retry_after_s;
        let mut response = match play.script.status {
            Some(status) => {
                let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                (code, axum::Json(play.speaker.refusal(status, &id))).into_response()
            }
            None if streamed => play.stream(),
            None => play.whole().await,
        };
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&id) {
            headers.insert(id_header, value);
        }
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }

    async fn whole(self) -> Response {
        self.wait(self.script.think + self.script.tokens).await;
        let mut response = axum::Json(self.speaker.whole()).into_response();
        if self.script.html {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
        }
        response
    }

    fn stream(self) -> Response {
        let kind = if self.script.html { "text/html" } else { "text/event-stream" };
        let frames = stream::unfold(self, |mut play| async move { Some((play.piece().await?, play)) });
        let mut response = Body::from_stream(frames).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    }

    fn due(&self, index: u32) -> Instant {
        self.started + Duration::from_micros(self.script.due_micros(index))
    }

    async fn wait(&self, index: u32) {
        sleep_until(self.due(index)).await;
    }

    async fn piece(&mut self) -> Option<std::io::Result<Bytes>> {
        if let Some(piece) = self.waiting.pop_front() {
            // So that it leaves by itself.
            tokio::task::yield_now().await;
            return Some(Ok(piece));
        }
        if self.over {
            sleep(Duration::from_millis(self.script.slow_close_ms)).await;
            return None;
        }
        let index = self.next;
        let ping = Duration::from_millis(self.script.ping_ms);
        let stalls = self.script.stall_after == Some(index);
        if !ping.is_zero() && (stalls || Instant::now() + ping < self.due(index)) {
            sleep(ping).await;
            return Some(Ok(self.speaker.ping().into()));
        }
        self.next += 1;
        if self.script.cut_after == Some(index) {
            self.wait(index).await;
            // What was sent before must have left.
            sleep(FLUSH).await;
            self.over = true;
            return Some(Err(std::io::Error::other("cut by the script")));
        }
        if stalls {
            self.wait(index).await;
            return std::future::pending().await;
        }
        if self.script.endless && index > 0 {
            self.wait(index.min(1)).await;
            return Some(Ok(Bytes::from(vec![b'x'; ENDLESS_BYTES])));
        }
        let frame = self.frame(index).await;
        let mut pieces = self.cut_up(frame);
        let first = pieces.pop_front();
        self.waiting = pieces;
        Some(Ok(first.unwrap_or_default()))
    }

    async fn frame(&mut self, index: u32) -> String {
        let script = self.script.clone();
        let begin = if index == 0 { self.speaker.begin() } else { String::new() };
        self.wait(index).await;
        let junk = if script.junk { self.speaker.junk() } else { String::new() };
        if script.error_after == Some(index) {
            self.over = true;
            return begin + &self.speaker.error(&self.id);
        }
        let frame = if index < script.think {
            self.speaker.thought(index)
        } else if index < script.think + script.tokens {
            self.speaker.token(index - script.think)
        } else if index < script.think + script.tokens + script.tools {
            self.speaker.tool(index - script.think - script.tokens)
        } else {
            self.over = true;
            let end = self.speaker.end();
            let done = if script.nodone { String::new() } else { self.speaker.done() };
            let again = if script.twice { done.clone() } else { String::new() };
            format!("{end}{done}{again}")
        };
        let frame = if script.garble && index == 1 { "data: {\"garbled\": \n\n".into() } else { frame };
        format!("{begin}{junk}{frame}")
    }

    fn cut_up(&self, frame: String) -> VecDeque<Bytes> {
        let bytes = Bytes::from(frame);
        if self.script.bytes {
            return (0..bytes.len()).map(|at| bytes.slice(at..=at)).collect();
        }
        if self.script.split {
            // Before each byte that goes on with a character.
            let inside = (1..bytes.len()).filter(|at| bytes[*at] & 0b1100_0000 == 0b1000_0000);
            let mut places: Vec<_> = inside.collect();
            places.insert(0, 0);
            places.push(bytes.len());
            return places.windows(2).map(|pair| bytes.slice(pair[0]..pair[1])).collect();
        }
        VecDeque::from([bytes])
    }
}
