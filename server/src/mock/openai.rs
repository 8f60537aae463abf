//! OpenAI's chat completions, as the vendor's reference describes them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::Mock;
use super::script::Script;

/// The parts of a request that the mock heeds.
#[derive(Deserialize)]
pub struct Request {
    model: String,
    #[serde(default)]
    messages: Vec<Value>,
    #[serde(default)]
    stream: bool,
    #[serde(default)]
    max_tokens: Option<u32>,
}

/// The models there are: any name will do.
pub async fn models() -> Json<Value> {
    Json(json!({"object": "list", "data": [{"id": "mock", "object": "model", "created": 0, "owned_by": "etude"}]}))
}

/// Plays a script.
pub async fn complete(State(mock): State<Arc<Mock>>, Json(request): Json<Request>) -> Response {
    mock.calls.fetch_add(1, Ordering::Relaxed);
    let mut script = mock.usual.named(&request.model);
    let wanted = script.tokens;
    script.tokens = wanted.min(request.max_tokens.unwrap_or(wanted));
    let reason = if script.tokens < wanted { "length" } else { "stop" };
    // Any count will do, as long as it is the same every time.
    let prompt_tokens = request.messages.iter().map(|message| message.to_string().len() as u64 / 4).sum();
    let play =
        Play { script, model: request.model, reason, prompt_tokens, started: Instant::now(), open: Open::new(mock) };
    if request.stream { play.stream() } else { play.whole().await }
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

struct Play {
    script: Script,
    model: String,
    reason: &'static str,
    prompt_tokens: u64,
    started: Instant,
    open: Open,
}

impl Play {
    async fn wait(&self, index: u32) {
        sleep_until(self.started + Duration::from_micros(self.script.due_micros(index))).await;
    }

    fn usage(&self) -> Value {
        let output = u64::from(self.script.tokens);
        json!({"prompt_tokens": self.prompt_tokens, "completion_tokens": output, "total_tokens": self.prompt_tokens + output})
    }

    async fn whole(self) -> Response {
        self.wait(self.script.tokens).await;
        let text: String = (0..self.script.tokens).map(Script::token).collect();
        Json(json!({
            "id": "chatcmpl-mock", "object": "chat.completion", "created": 0, "model": self.model,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": self.reason}],
            "usage": self.usage(),
        }))
        .into_response()
    }

    fn stream(self) -> Response {
        // One step for each token, and one for the end.
        let frames = stream::unfold((self, 0), |(play, index)| async move {
            if play.script.cut_after == Some(index) {
                play.wait(index).await;
                return Some((Err(std::io::Error::other("cut by the script")), (play, u32::MAX)));
            }
            if index > play.script.tokens {
                return None;
            }
            play.wait(index).await;
            let frame = if index == play.script.tokens { play.last() } else { play.token(index) };
            Some((Ok(Bytes::from(frame)), (play, index + 1)))
        });
        let mut response = Body::from_stream(frames).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        response
    }

    fn chunk(&self, delta: &Value, reason: Option<&str>) -> String {
        let chunk = json!({
            "id": "chatcmpl-mock", "object": "chat.completion.chunk", "created": 0, "model": self.model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        });
        format!("data: {chunk}\n\n")
    }

    fn token(&self, index: u32) -> String {
        let text = Script::token(index);
        let delta = if index == 0 { json!({"role": "assistant", "content": text}) } else { json!({"content": text}) };
        self.chunk(&delta, None)
    }

    fn last(&self) -> String {
        let usage = json!({
            "id": "chatcmpl-mock", "object": "chat.completion.chunk", "created": 0, "model": self.model,
            "choices": [], "usage": self.usage(),
        });
        let _ = &self.open;
        format!("{}data: {usage}\n\ndata: [DONE]\n\n", self.chunk(&json!({}), Some(self.reason)))
    }
}
