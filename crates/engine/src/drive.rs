//! One run from its first event to its last: reads the provider, writes the log.

mod patience;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::event::{Ending, Failed, Finished, Notice, Queued, Started, Usage};
use domain::limits::{READERLESS_GRACE_MS, RUN_LOG_BYTES_MAX};
use domain::{ApiError, Code, FinishReason, Params, Price, RunEvent, Wire, WireRequest};
use futures::{FutureExt, StreamExt};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::patience::Patience;
use crate::admission::{Ticket, Turn, Waiting};
use crate::clock::Clock;
use crate::error::Error;
use crate::log::{HotRun, RunWriter};
use crate::providers::{Model, Provider, Update, Updates};
use crate::render::ChatRequest;

/// Most updates that are appended together.
const TOGETHER_MAX: usize = 64;

/// An admitted run, with all that it needs.
pub struct Setting {
    /// What is asked.
    pub request: ChatRequest,
    /// Of whom.
    pub model: Arc<Model>,
    /// By way of whom.
    pub provider: Arc<dyn Provider>,
    /// The name under which the model was asked for.
    pub asked: String,
    /// Given back at the end.
    pub ticket: Option<Ticket>,
    /// Where there is no ticket yet: its place among the waiting runs of its comparison.
    pub waiting: Option<Waiting>,
    /// Whether it goes on without readers.
    pub keep: bool,
    /// What a client sent, to be kept with the run.
    pub client: Option<WireRequest>,
    /// What people should know before it begins.
    pub notice: Option<Notice>,
    /// Time.
    pub clock: Clock,
    /// The server is leaving: runs end as interrupted.
    pub shutdown: CancellationToken,
}

/// Drives a run to its end. Whatever happens, the log ends.
pub async fn drive(writer: RunWriter, setting: Box<Setting>) {
    let mut drive = Drive { writer, setting };
    let mut figures = Figures::default();
    let end = match AssertUnwindSafe(drive.work(&mut figures)).catch_unwind().await {
        Ok(Ok(end)) => end,
        Ok(Err(error)) => End::Failed(error.public()),
        Err(_) => {
            End::Failed(ApiError::new(Code::Internal, "The run ended because of a fault of this server.").retry(None))
        }
    };
    // Before the end is told: who hears of it may start the next run at once.
    drop(drive.setting.ticket.take());
    if let Err(error) = drive.finish(end, &figures).await {
        tracing::error!(%error, run = %drive.writer.log().run(), "a run's end could not be written");
    }
}

/// Ends a run that was opened too late: who asked for it has been told that it was not started.
pub async fn abandon(writer: RunWriter, setting: Box<Setting>, why: ApiError) {
    let mut drive = Drive { writer, setting };
    if let Err(error) = drive.finish(End::Failed(why), &Figures::default()).await {
        tracing::error!(%error, run = %drive.writer.log().run(), "a run's end could not be written");
    }
}

struct Drive {
    writer: RunWriter,
    setting: Box<Setting>,
}

/// What is counted while it runs.
#[derive(Default)]
struct Figures {
    usage: Usage,
    /// Whether the tokens of the prompt are known: without them there is no true cost.
    counted: bool,
    queue_ms: Option<u64>,
    ttft_ms: Option<u64>,
}

enum End {
    Finished(FinishReason, Ending),
    Cancelled { asked_at_ms: u64 },
    Failed(ApiError),
}

impl Drive {
    async fn work(&mut self, figures: &mut Figures) -> Result<End, Error> {
        let log = self.writer.log().clone();
        if let Some(notice) = self.setting.notice.take() {
            self.writer.append(RunEvent::Notice(notice)).await?;
        }
        let readerless = readerless(&log, self.setting.keep);
        tokio::pin!(readerless);
        if let Some(end) = self.wait_for_place(&log, readerless.as_mut()).await? {
            return Ok(end);
        }
        let mut updates = self.setting.provider.stream(&self.setting.model, self.setting.request.clone());
        let (timeouts, params) = (self.setting.provider.timeouts(), self.setting.request.params());
        let mut patience = Patience::new(timeouts, params, &self.setting.model.info);
        let shutdown = self.setting.shutdown.clone();
        let (cancelled, leaves) = (log.cancelled(), shutdown.cancelled());
        tokio::pin!(cancelled, leaves);
        loop {
            let first = tokio::select! {
                biased;
                asked_at_ms = &mut cancelled => {
                    drop(updates);
                    return Ok(End::Cancelled { asked_at_ms });
                }
                () = &mut leaves => return Ok(End::Failed(leaving())),
                late = patience.used_up() => return Ok(End::Failed(late.of(self.setting.provider.name()))),
                () = &mut readerless => {
                    log.cancel(self.setting.clock.monotonic_ms());
                    continue;
                }
                update = updates.next() => update,
            };
            if let Some(end) = self.take_all(first, &mut updates, &mut patience, figures).await? {
                return Ok(end);
            }
        }
    }

    /// Takes an update and those that have come with it, and appends what they say; says how the run ended, where it did.
    async fn take_all(
        &mut self,
        first: Option<Result<Update, ApiError>>,
        updates: &mut Updates,
        patience: &mut Patience,
        figures: &mut Figures,
    ) -> Result<Option<End>, Error> {
        let mut next = first;
        for taken in 1.. {
            let end = match next {
                Some(Ok(_)) if self.writer.bytes() > RUN_LOG_BYTES_MAX => {
                    Some(End::Failed(endless(self.setting.provider.name())))
                }
                Some(Ok(update)) => {
                    patience.hears(&update, &self.setting.model.info);
                    self.take(update, figures).await?.map(|(reason, ending)| End::Finished(reason, ending))
                }
                Some(Err(error)) => Some(End::Failed(error)),
                None => {
                    let message =
                        format!("The answer of {} ended without its last event.", self.setting.provider.name());
                    Some(End::Failed(ApiError::new(Code::UpstreamCut, message).retry(None)))
                }
            };
            if end.is_some() {
                // What was added goes with the event of the end.
                return Ok(end);
            }
            let more = if taken < TOGETHER_MAX { updates.next().now_or_never() } else { None };
            let Some(more) = more else { break };
            next = more;
        }
        let submitted = Instant::now();
        self.writer.submit().await?;
        // A disk that takes nothing holds this up, however much the provider has sent meanwhile.
        patience.lend(submitted.elapsed());
        Ok(None)
    }

    /// Waits until the run may go on, where its comparison has as many as it may; says how it ended where it did before.
    async fn wait_for_place(
        &mut self,
        log: &Arc<HotRun>,
        mut readerless: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Option<End>, Error> {
        let Some(mut waiting) = self.setting.waiting.take() else { return Ok(None) };
        loop {
            let turn = tokio::select! {
                biased;
                asked_at_ms = log.cancelled() => return Ok(Some(End::Cancelled { asked_at_ms })),
                () = self.setting.shutdown.cancelled() => return Ok(Some(End::Failed(leaving()))),
                () = &mut readerless => {
                    log.cancel(self.setting.clock.monotonic_ms());
                    continue;
                }
                turn = waiting.turn() => turn,
            };
            match turn {
                Turn::Place(ticket) => {
                    self.setting.ticket = Some(ticket);
                    return Ok(None);
                }
                Turn::Position { position, reason } => {
                    let run = self.writer.log().run();
                    self.writer.append(RunEvent::Queued(Queued { run, position, estimate_ms: None, reason })).await?;
                }
            }
        }
    }

    /// Adds what happened to the log; says the reason when that was the end.
    async fn take(&mut self, update: Update, figures: &mut Figures) -> Result<Option<(FinishReason, Ending)>, Error> {
        let event = match update {
            Update::Queued { position, reason } => {
                RunEvent::Queued(Queued { run: self.writer.log().run(), position, estimate_ms: None, reason })
            }
            Update::Started { params, input_tokens, cached_input_tokens } => {
                figures.queue_ms = Some(self.writer.elapsed_ms());
                figures.counted = input_tokens.is_some();
                figures.usage.input_tokens = input_tokens.unwrap_or_default();
                figures.usage.cached_input_tokens = cached_input_tokens;
                self.started(params, input_tokens)
            }
            Update::Alive => return Ok(None),
            Update::Sent(request) => {
                let client = self.setting.client.take();
                self.writer.note(Wire { client, request: Some(request), response: None }).await?;
                return Ok(None);
            }
            Update::Answered(response) => {
                self.writer.note(Wire { response: Some(response), ..Wire::default() }).await?;
                return Ok(None);
            }
            Update::Counted { input_tokens, cached_input_tokens } => {
                figures.counted = true;
                figures.usage.input_tokens = input_tokens;
                figures.usage.cached_input_tokens = cached_input_tokens;
                return Ok(None);
            }
            Update::Delta(delta, tokens) => {
                figures.ttft_ms.get_or_insert(self.writer.elapsed_ms());
                figures.usage.output_tokens = tokens.unwrap_or(figures.usage.output_tokens + 1);
                RunEvent::Delta(delta)
            }
            Update::Reasoning(delta) => {
                figures.ttft_ms.get_or_insert(self.writer.elapsed_ms());
                figures.usage.output_tokens += 1;
                figures.usage.reasoning_tokens += 1;
                RunEvent::Reasoning(delta)
            }
            Update::ToolCall(delta) => {
                figures.ttft_ms.get_or_insert(self.writer.elapsed_ms());
                RunEvent::ToolCall(delta)
            }
            Update::Done { finish_reason, usage, ending } => {
                figures.counted |= usage.is_some();
                figures.usage = usage.unwrap_or(figures.usage);
                return Ok(Some((finish_reason, ending)));
            }
        };
        self.writer.add(event);
        Ok(None)
    }

    fn started(&self, params: Params, input_tokens: Option<u64>) -> RunEvent {
        RunEvent::Started(Started {
            run: self.writer.log().run(),
            model: self.setting.asked.clone(),
            resolved_model: self.setting.model.info.name.clone(),
            provider: self.setting.provider.name().to_owned(),
            endpoint: self.setting.provider.endpoint().to_owned(),
            cached: false,
            started_at: self.setting.clock.now_micros(),
            params,
            input_tokens,
        })
    }

    async fn finish(&mut self, end: End, figures: &Figures) -> Result<(), Error> {
        // Where nothing was sent, it has not been kept yet.
        if let Some(client) = self.setting.client.take() {
            self.writer.note(Wire { client: Some(client), ..Wire::default() }).await?;
        }
        let price = self.setting.model.info.price.filter(|price| figures.counted || *price == Price::FREE);
        let cost_micros = price.map(|price| price.cost_micros(&figures.usage));
        let &Figures { usage, ttft_ms, .. } = figures;
        let total_ms = self.writer.elapsed_ms();
        let queue_ms = figures.queue_ms.unwrap_or(total_ms);
        let (finish_reason, cancel_ms, ending) = match end {
            End::Failed(error) => {
                let failed = Failed { error, usage, cost_micros, queue_ms, ttft_ms, total_ms };
                return self.writer.append(RunEvent::Failed(failed)).await;
            }
            End::Finished(reason, ending) => (reason, None, ending),
            End::Cancelled { asked_at_ms } => {
                let cancel_ms = self.setting.clock.monotonic_ms().saturating_sub(asked_at_ms);
                (FinishReason::Cancelled, Some(cancel_ms), Ending::default())
            }
        };
        let finished = Finished { finish_reason, usage, cost_micros, queue_ms, ttft_ms, total_ms, cancel_ms, ending };
        self.writer.append(RunEvent::Finished(finished)).await
    }
}

/// Resolves when a run that is not to be kept going has had no reader for the grace (B4).
fn readerless(log: &Arc<HotRun>, keep: bool) -> impl Future<Output = ()> + use<> {
    let mut readers = log.readers();
    async move {
        if keep {
            return std::future::pending().await;
        }
        let grace = Duration::from_millis(READERLESS_GRACE_MS);
        loop {
            if readers.wait_for(|readers| *readers == 0).await.is_err() {
                return std::future::pending().await;
            }
            if tokio::time::timeout(grace, readers.wait_for(|readers| *readers > 0)).await.is_err() {
                return;
            }
        }
    }
}

fn endless(provider: &str) -> ApiError {
    let megabytes = RUN_LOG_BYTES_MAX / 1024 / 1024;
    ApiError::new(Code::UpstreamInvalid, format!("{provider} sent more than {megabytes} MiB, which no run may have."))
        .hint("What had arrived is kept. Set max_tokens.")
}

fn leaving() -> ApiError {
    ApiError::new(Code::Interrupted, "The server was stopped while this run was going on.")
        .hint("What had arrived is kept. Run it again.")
        .retry(None)
}
