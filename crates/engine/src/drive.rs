//! One run from its first event to its last: reads the provider, writes the log.

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

use crate::admission::{Ticket, Turn, Waiting};
use crate::clock::Clock;
use crate::error::Error;
use crate::log::{HotRun, RunWriter};
use crate::providers::{Model, Provider, Update, Updates};
use crate::render::ChatRequest;

/// Longest time that a token may take on average where nothing else is configured, in milliseconds (F5).
const MS_PER_TOKEN_MAX: u64 = 1_000;
/// Tokens that an answer is given time for where neither request nor model has a limit.
const ANSWER_TOKENS_USUAL: u32 = 8_192;

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
pub async fn drive(writer: RunWriter, setting: Setting) {
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
pub async fn abandon(writer: RunWriter, setting: Setting, why: ApiError) {
    let mut drive = Drive { writer, setting };
    if let Err(error) = drive.finish(End::Failed(why), &Figures::default()).await {
        tracing::error!(%error, run = %drive.writer.log().run(), "a run's end could not be written");
    }
}

struct Drive {
    writer: RunWriter,
    setting: Setting,
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
        let shutdown = self.setting.shutdown.clone();
        let began = Instant::now();
        let mut total_ms = self.total_ms(self.setting.request.params());
        let mut heard = Instant::now();
        loop {
            let next = next(self.setting.provider.as_ref(), &mut updates, figures, heard);
            let update = tokio::select! {
                biased;
                asked_at_ms = log.cancelled() => {
                    drop(updates);
                    return Ok(End::Cancelled { asked_at_ms });
                }
                () = shutdown.cancelled() => return Ok(End::Failed(leaving())),
                total_ms = overdue(began, total_ms) => {
                    return Ok(End::Failed(late(self.setting.provider.name(), total_ms)));
                }
                () = &mut readerless => {
                    log.cancel(self.setting.clock.monotonic_ms());
                    continue;
                }
                update = next => update,
            };
            match update {
                Ok(Some(_)) if self.writer.bytes() > RUN_LOG_BYTES_MAX => {
                    return Ok(End::Failed(endless(self.setting.provider.name())));
                }
                Ok(Some(update)) => {
                    if !matches!(update, Update::Sent(_) | Update::Answered(_)) {
                        heard = Instant::now();
                    }
                    if let Update::Started { params, .. } = &update {
                        total_ms = self.total_ms(params);
                    }
                    if let Some((finish_reason, ending)) = self.take(update, figures).await? {
                        return Ok(End::Finished(finish_reason, ending));
                    }
                }
                Ok(None) => {
                    let message =
                        format!("The answer of {} ended without its last event.", self.setting.provider.name());
                    return Ok(End::Failed(ApiError::new(Code::UpstreamCut, message).retry(None)));
                }
                Err(error) => return Ok(End::Failed(error)),
            }
        }
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

    /// How long the whole answer may take; `None` where the provider is in this process's own hands.
    fn total_ms(&self, params: &Params) -> Option<u64> {
        let timeouts = self.setting.provider.timeouts()?;
        let info = &self.setting.model.info;
        let tokens =
            params.max_tokens.or(info.output_tokens_max).or(info.context_tokens).unwrap_or(ANSWER_TOKENS_USUAL);
        let usual_ms = timeouts.first_token_ms.saturating_add(u64::from(tokens) * MS_PER_TOKEN_MAX);
        Some(timeouts.total_ms.unwrap_or(usual_ms))
    }

    /// Writes what happened; says the reason when that was the end.
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
        self.writer.append(event).await?;
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

/// The next update, within the provider's patience.
async fn next(
    provider: &dyn Provider,
    updates: &mut Updates,
    figures: &Figures,
    heard: Instant,
) -> Result<Option<Update>, ApiError> {
    let Some(timeouts) = provider.timeouts() else { return updates.next().await.transpose() };
    let (limit_ms, waited_for) = match figures.ttft_ms {
        None => (timeouts.first_token_ms, "the first token"),
        Some(_) => (timeouts.idle_ms, "the next piece of the answer"),
    };
    match tokio::time::timeout_at(heard + Duration::from_millis(limit_ms), updates.next()).await {
        Ok(update) => update.transpose(),
        Err(_) => Err(ApiError::new(
            Code::TimedOut,
            format!("{} did not send {waited_for} within {} s.", provider.name(), limit_ms as f64 / 1_000.0),
        )
        .hint("What had arrived is kept. Try again, or give this provider longer timeouts in etude.toml.")
        .retry(None)),
    }
}

/// Resolves when the whole patience with the provider is used up.
async fn overdue(began: Instant, total_ms: Option<u64>) -> u64 {
    let Some(total_ms) = total_ms else { return std::future::pending().await };
    tokio::time::sleep_until(began + Duration::from_millis(total_ms)).await;
    total_ms
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

fn late(provider: &str, total_ms: u64) -> ApiError {
    ApiError::new(
        Code::TimedOut,
        format!("{provider} did not finish its answer within {} s.", total_ms as f64 / 1_000.0),
    )
    .hint("What had arrived is kept. Lower max_tokens, or raise the provider's total_ms in etude.toml.")
    .retry(None)
}

fn leaving() -> ApiError {
    ApiError::new(Code::Interrupted, "The server was stopped while this run was going on.")
        .hint("What had arrived is kept. Run it again.")
        .retry(None)
}
