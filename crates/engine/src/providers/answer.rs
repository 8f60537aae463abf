//! An answer that comes as server-sent events, whichever wire they belong to.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use domain::event::{Ending, FinishReason, Usage};
use domain::{ApiError, Code};
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use reqwest::Response;
use serde_json::Value;
use tokio::time::Instant;

use super::refusal;
use super::sse::{Decoder, SseEvent};
use super::{Update, Updates};
use crate::secret::Secrets;

/// Longest part of an unreadable event that is repeated, in characters.
const QUOTED_CHARS_MAX: usize = 200;
/// How long a stream that has said why it ended may still send its usage, in milliseconds. Some servers never close.
const END_GRACE_MS: u64 = 2_000;
/// How long the rest of an ended answer is waited for, so that its connection can be used again, in milliseconds.
const DRAIN_MS: u64 = 1_000;
/// Most that is read for that, in bytes.
const DRAIN_BYTES_MAX: usize = 64 * 1024;

/// What the events of one wire mean.
pub trait Reader: Send {
    /// Takes an event; pushes what it means.
    ///
    /// # Errors
    /// When it cannot be read, or says that the provider failed.
    fn read(&mut self, event: &SseEvent, out: &mut Out) -> Result<(), Fault>;
}

/// Why an event ends the answer.
pub enum Fault {
    /// It is not what the wire has.
    Unreadable(serde_json::Error),
    /// The provider says that it failed.
    Failed(Value),
    /// The provider says that it broke off, and no more.
    BrokenOff,
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable(error)
    }
}

/// What a reader makes of the events.
#[derive(Debug, Default)]
pub struct Out {
    ready: VecDeque<Result<Update, ApiError>>,
    /// Why it ended, once that was said.
    finish_reason: Option<FinishReason>,
    /// What else was said of the end.
    ending: Ending,
    usage: Option<Usage>,
    ended: bool,
}

impl Out {
    /// Adds an update.
    pub fn push(&mut self, update: Update) {
        self.ready.push_back(Ok(update));
    }

    /// Takes down why the answer ended; usage may follow.
    pub fn finish(&mut self, reason: FinishReason) {
        self.finish_reason = Some(reason);
    }

    /// Takes down what else is said of the end.
    pub fn ending(&mut self) -> &mut Ending {
        &mut self.ending
    }

    /// Takes down what was used; the last word counts.
    pub fn used(&mut self, usage: Usage) {
        self.usage = Some(usage);
    }

    /// What was used, as far as it was said.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// Why it ended, once that was said.
    #[cfg(test)]
    pub fn finish_reason(&self) -> Option<FinishReason> {
        self.finish_reason
    }

    /// What has been pushed.
    #[cfg(test)]
    pub fn take_ready(&mut self) -> Vec<Update> {
        self.ready.drain(..).map(|update| update.expect("no error")).collect()
    }

    /// Nothing more is to come. An end without a reason is one all the same.
    pub fn done(&mut self) {
        if !self.ended {
            self.ended = true;
            let finish_reason = self.finish_reason.unwrap_or(FinishReason::Stop);
            let ending = std::mem::take(&mut self.ending);
            self.push(Update::Done { finish_reason, usage: self.usage, ending });
        }
    }

    fn fail(&mut self, error: ApiError) {
        if !self.ended {
            self.ended = true;
            self.ready.push_back(Err(error));
        }
    }
}

/// An answer that is being read.
pub struct Answer<R> {
    provider: String,
    secrets: Secrets,
    bytes: BoxStream<'static, reqwest::Result<Bytes>>,
    decoder: Decoder,
    reader: R,
    out: Out,
    /// Until when more is waited for after the end was said.
    grace_until: Option<Instant>,
    /// What the head says of the request.
    head: domain::Upstream,
}

impl<R: Reader + 'static> Answer<R> {
    /// Begins to read.
    pub fn new(provider: String, secrets: Secrets, response: Response, reader: R) -> Self {
        let head = refusal::head(&secrets, response.status(), response.headers());
        let bytes = response.bytes_stream().boxed();
        Self { head, ..Self::over(provider, secrets, bytes, reader) }
    }

    fn over(provider: String, secrets: Secrets, bytes: BoxStream<'static, reqwest::Result<Bytes>>, reader: R) -> Self {
        Self {
            provider,
            secrets,
            bytes,
            decoder: Decoder::default(),
            reader,
            // Nearly always one update comes at a time; left to itself, the queue makes room for four.
            out: Out { ready: VecDeque::with_capacity(1), ..Out::default() },
            grace_until: None,
            head: domain::Upstream::default(),
        }
    }

    /// Ends with an error; what the head said goes with it.
    fn fail(&mut self, mut error: ApiError) {
        let said = error.upstream.get_or_insert_default();
        said.status = said.status.or(self.head.status);
        said.request_id = said.request_id.take().or_else(|| self.head.request_id.clone());
        self.out.fail(error);
    }

    /// The updates, as they come.
    pub fn into_updates(self) -> Updates {
        // Boxed: it moves with each update.
        stream::unfold(Some(Box::new(self)), |answer| async move {
            let mut answer = answer?;
            let update = answer.next().await?;
            match update {
                Ok(Update::Done { .. }) => {
                    drain(answer.bytes);
                    Some((update, None))
                }
                Err(_) => Some((update, None)),
                Ok(_) => Some((update, Some(answer))),
            }
        })
        .boxed()
    }

    async fn next(&mut self) -> Option<Result<Update, ApiError>> {
        loop {
            if let Some(update) = self.out.ready.pop_front() {
                return Some(update);
            }
            if self.out.ended {
                return None;
            }
            match self.more().await {
                Some(Ok(bytes)) => {
                    self.take(&bytes);
                    if self.out.ready.is_empty() {
                        return Some(Ok(Update::Alive));
                    }
                }
                Some(Err(error)) => {
                    tracing::debug!(%error, provider = self.provider, "an upstream's connection broke");
                    self.cut("the connection broke");
                }
                None if self.out.finish_reason.is_some() => self.out.done(),
                None => self.cut("the stream ended before its last event"),
            }
        }
    }

    /// More bytes; nothing once the stream has ended, or has said why it ended and gone silent.
    async fn more(&mut self) -> Option<reqwest::Result<Bytes>> {
        if self.out.finish_reason.is_none() {
            return self.bytes.next().await;
        }
        let grace = Duration::from_millis(END_GRACE_MS);
        let until = *self.grace_until.get_or_insert_with(|| Instant::now() + grace);
        match tokio::time::timeout_at(until, self.bytes.next()).await {
            // All that was promised has arrived: how the connection ends means nothing.
            Ok(Some(Err(_))) | Err(_) => None,
            Ok(more) => more,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let events = match self.decoder.push(bytes) {
            Ok(events) => events,
            Err(error) => {
                let message = format!("{} sent what cannot be read: {error}.", self.provider);
                return self.fail(ApiError::new(Code::UpstreamInvalid, message).hint(KEPT));
            }
        };
        for event in events {
            if self.out.ended {
                return;
            }
            match self.reader.read(&event, &mut self.out) {
                Ok(()) => {}
                Err(Fault::Failed(body)) => self.fail(refusal::failed_midway(&self.provider, &self.secrets, &body)),
                Err(Fault::BrokenOff) => self.cut("it broke off by itself"),
                Err(Fault::Unreadable(error)) => {
                    let data = self.secrets.blank(event.data);
                    let quoted: String = data.chars().take(QUOTED_CHARS_MAX).collect();
                    let message = format!("{} sent an event that cannot be read ({error}): {quoted}", self.provider);
                    self.fail(ApiError::new(Code::UpstreamInvalid, message).hint(KEPT));
                }
            }
        }
    }

    fn cut(&mut self, why: &str) {
        let error = ApiError::new(Code::UpstreamCut, format!("The answer of {} was cut off: {why}.", self.provider))
            .hint("What had arrived is kept. Run it again, or continue from it.")
            .retry(None);
        self.fail(error);
    }
}

const KEPT: &str = "What had arrived is kept.";

/// Reads what little may follow the last event: a connection whose answer was read to its end can be used again.
fn drain(mut bytes: BoxStream<'static, reqwest::Result<Bytes>>) {
    let rest = async move {
        let mut read = 0;
        while let Some(Ok(chunk)) = bytes.next().await {
            read += chunk.len();
            if read > DRAIN_BYTES_MAX {
                return;
            }
        }
    };
    tokio::spawn(tokio::time::timeout(Duration::from_millis(DRAIN_MS), rest));
}

#[cfg(test)]
pub(super) mod testing {
    //! What a reader makes of a whole body, fed in given portions.

    use super::*;

    /// The updates and the end of a body.
    pub fn read<R: Reader + 'static>(reader: R, portions: Vec<Vec<u8>>) -> Vec<Result<Update, ApiError>> {
        let bytes = stream::iter(portions.into_iter().map(|portion| Ok(Bytes::from(portion)))).boxed();
        let answer = Answer::over("lab".into(), Secrets::default(), bytes, reader);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(answer.into_updates().collect())
    }
}
