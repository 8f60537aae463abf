//! A run's log in a client's words: whole, or as it comes.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::{ApiError, Event, EventKind, RunEvent, RunId};
use engine::log::Tail;
use engine::tape::Entry;
use futures::stream;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wires::{Answered, Speak};

use super::call::Running;
use crate::http::feed::{Feed, Piece};
use crate::http::problem::Refusal;
use crate::http::sse;

/// How long the head of a stream waits for the first piece of the answer, in milliseconds: what fails before it is an
/// error with a status, which SDKs can try again.
const HEAD_MS: u64 = 10_000;

/// Waits for the end of the run, and answers with what `whole` makes of it.
///
/// # Errors
/// The run's own, where it has no answer.
pub async fn whole(
    running: Running,
    whole: impl FnOnce(&Answered) -> Result<Value, ApiError>,
) -> Result<Response, Refusal> {
    let run = running.run;
    let (mut tail, said) = running.split();
    let mut answered = Answered::new(run);
    tail.ended().await;
    while let Some(entries) = tail.next().await {
        fold(&mut answered, &entries)?;
    }
    let body = whole(&answered).map_err(|error| said.failed(error))?;
    Ok(said.into(json(&body)))
}

/// Folds what there is of a log.
///
/// # Errors
/// When an event cannot be read.
pub fn fold(answered: &mut Answered, entries: &[Entry]) -> Result<(), engine::Error> {
    for entry in entries {
        answered.take(&event(entry)?);
    }
    Ok(())
}

fn event(entry: &Entry) -> Result<Event, engine::Error> {
    let data = std::str::from_utf8(&entry.data).map_err(|error| engine::Error::Corrupt(error.to_string()))?;
    Event::read(entry.seq, entry.kind, data).map_err(|error| engine::Error::Corrupt(error.to_string()))
}

/// An answer of JSON.
pub fn json(body: &Value) -> Response {
    axum::Json(body).into_response()
}

/// Answers with the run's log as it comes. The head waits for the first piece of the answer, for a while.
///
/// # Errors
/// The run's own, where it failed before the first piece.
pub async fn streamed(
    running: Running,
    speaker: impl Speak + 'static,
    closing: CancellationToken,
) -> Result<Response, Refusal> {
    let run = running.run;
    let (tail, said) = running.split();
    match tailed(run, tail, speaker, closing, true).await? {
        Ok(response) => Ok(said.into(response)),
        Err(error) => Err(said.failed(error)),
    }
}

/// As [`streamed`], for a log that is being read already; where it `may_fail`, gives the run's failure if that came
/// before the first piece.
///
/// # Errors
/// When an event cannot be read.
pub async fn tailed(
    run: RunId,
    mut tail: Tail,
    mut speaker: impl Speak + 'static,
    closing: CancellationToken,
    may_fail: bool,
) -> Result<Result<Response, ApiError>, engine::Error> {
    let mut first = Vec::new();
    let until = Instant::now() + Duration::from_millis(HEAD_MS);
    'head: while let Ok(Some(entries)) = tokio::time::timeout_at(until, tail.next()).await {
        let mut has_begun = false;
        for entry in &entries {
            let event = event(entry)?;
            if let (RunEvent::Failed(failed), false, true) = (&event.body, has_begun, may_fail) {
                return Ok(Err(failed.error.clone()));
            }
            has_begun |= matches!(
                entry.kind,
                EventKind::Delta | EventKind::Reasoning | EventKind::ToolCall | EventKind::Finished | EventKind::Failed
            );
            speaker.event(&event, &mut first);
        }
        if has_begun {
            break 'head;
        }
    }
    let first = (!first.is_empty()).then(|| Bytes::from(first));
    let feed = Feed::new(closing);
    let frames = stream::unfold((first, tail, speaker, feed), |(first, mut tail, mut speaker, mut feed)| async move {
        if let Some(first) = first {
            return Some((Ok::<_, std::convert::Infallible>(first), (None, tail, speaker, feed)));
        }
        let bytes = loop {
            let said = match feed.piece(tail.next()).await? {
                Piece::Entries(entries) => {
                    let mut out = Vec::new();
                    for entry in entries {
                        match event(&entry) {
                            Ok(event) => speaker.event(&event, &mut out),
                            Err(error) => tracing::error!(%error, "an event cannot be told"),
                        }
                    }
                    Bytes::from(out)
                }
                Piece::Ping => Bytes::from_static(speaker.ping()),
            };
            // Many events become nothing, and an empty chunk would end the answer.
            if !said.is_empty() {
                break said;
            }
        };
        Some((Ok(bytes), (None, tail, speaker, feed)))
    });
    Ok(Ok(sse::head(Body::from_stream(frames).into_response(), run)))
}
