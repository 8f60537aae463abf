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
use futures::future::BoxFuture;
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
    /// What is asked; taken when it is sent, since a run needs it no longer.
    pub request: Option<Box<ChatRequest>>,
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
///
/// Thousands are driven at a time, so what a run holds while it waits for the next token is kept small: what is long is
/// apart in functions that wait for nothing, and what is rare is boxed.
pub fn drive(writer: RunWriter, setting: Box<Setting>) -> impl Future<Output = ()> + Send {
    let mut drive = Drive { writer, setting, figures: Figures::default() };
    async move {
        let end = match AssertUnwindSafe(drive.work()).catch_unwind().await {
            Ok(Ok(end)) => end,
            Ok(Err(error)) => End::Failed(error.public()),
            Err(_) => {
                let message = "The run ended because of a fault of this server.";
                End::Failed(ApiError::new(Code::Internal, message).retry(None))
            }
        };
        // Before the end is told: who hears of it may start the next run at once.
        drop(drive.setting.ticket.take());
        drive.finish(end).await;
    }
}

/// Ends a run that was opened too late: who asked for it has been told that it was not started.
pub async fn abandon(writer: RunWriter, setting: Box<Setting>, why: ApiError) {
    Drive { writer, setting, figures: Figures::default() }.finish(End::Failed(why)).await;
}

struct Drive {
    writer: RunWriter,
    setting: Box<Setting>,
    figures: Figures,
}

/// What is counted while it runs.
#[derive(Clone, Copy, Default)]
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

/// What updates that came together were.
enum Taken {
    /// Events, which are added and wait for being appended.
    Events,
    /// One was a part of the exchange with the provider, which is kept before more is read.
    Part(Box<Wire>),
    /// The run has ended.
    End(End),
}

impl Drive {
    async fn work(&mut self) -> Result<End, Error> {
        let log = self.writer.log().clone();
        if let Some(notice) = self.setting.notice.take() {
            self.writer.add(RunEvent::Notice(notice));
            self.writer.submit().await?;
        }
        let mut readerless = readerless(log.clone(), self.setting.keep);
        if let Some(waiting) = self.setting.waiting.take()
            && let Some(end) = Box::pin(self.wait_for_place(waiting, &log, readerless.as_mut())).await?
        {
            return Ok(end);
        }
        let (mut patience, mut updates) = self.ask();
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
            let began = Instant::now();
            match self.take_all(first, &mut updates, &mut patience) {
                Taken::Events => self.writer.submit().await?,
                Taken::Part(part) => Box::pin(self.writer.note(*part)).await?,
                // What was added goes with the event of the end.
                Taken::End(end) => return Ok(end),
            }
            // A disk that takes nothing holds this up, however much the provider has sent meanwhile.
            patience.lend(began.elapsed());
        }
    }

    /// Asks the provider; what is asked is let go of. Nothing is sent before the first look at the updates.
    fn ask(&mut self) -> (Patience, Updates) {
        let Setting { request, provider, model, .. } = &mut *self.setting;
        let request = request.take().expect("a run is driven once");
        let patience = Patience::new(provider.timeouts(), request.params(), &model.info);
        (patience, provider.stream(model, *request))
    }

    /// Takes an update and those that have come with it, up to the first after which something must be waited for.
    fn take_all(
        &mut self,
        first: Option<Result<Update, ApiError>>,
        updates: &mut Updates,
        patience: &mut Patience,
    ) -> Taken {
        let mut next = first;
        for taken in 1.. {
            let done = match next {
                Some(Ok(_)) if self.writer.bytes() > RUN_LOG_BYTES_MAX => {
                    Some(Taken::End(End::Failed(endless(self.setting.provider.name()))))
                }
                Some(Ok(update)) => {
                    patience.hears(&update, &self.setting.model.info);
                    self.take(update)
                }
                Some(Err(error)) => Some(Taken::End(End::Failed(error))),
                None => {
                    let message =
                        format!("The answer of {} ended without its last event.", self.setting.provider.name());
                    Some(Taken::End(End::Failed(ApiError::new(Code::UpstreamCut, message).retry(None))))
                }
            };
            if let Some(done) = done {
                return done;
            }
            let more = if taken < TOGETHER_MAX { updates.next().now_or_never() } else { None };
            let Some(more) = more else { break };
            next = more;
        }
        Taken::Events
    }

    /// Waits until the run may go on, where its comparison has as many as it may; says how it ended where it did before.
    async fn wait_for_place(
        &mut self,
        mut waiting: Waiting,
        log: &Arc<HotRun>,
        mut readerless: Pin<&mut (dyn Future<Output = ()> + Send)>,
    ) -> Result<Option<End>, Error> {
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

    /// Adds what happened to the events that wait; says what is to be done where it was none.
    fn take(&mut self, update: Update) -> Option<Taken> {
        let elapsed_ms = self.writer.elapsed_ms();
        let figures = &mut self.figures;
        let event = match update {
            Update::Queued { position, reason } => {
                RunEvent::Queued(Queued { run: self.writer.log().run(), position, estimate_ms: None, reason })
            }
            Update::Started { params, input_tokens, cached_input_tokens } => {
                figures.queue_ms = Some(elapsed_ms);
                figures.counted = input_tokens.is_some();
                figures.usage.input_tokens = input_tokens.unwrap_or_default();
                figures.usage.cached_input_tokens = cached_input_tokens;
                self.started(params, input_tokens)
            }
            Update::Alive => return None,
            Update::Sent(request) => {
                let client = self.setting.client.take();
                return Some(Taken::Part(Box::new(Wire { client, request: Some(request), response: None })));
            }
            Update::Answered(response) => {
                return Some(Taken::Part(Box::new(Wire { response: Some(response), ..Wire::default() })));
            }
            Update::Counted { input_tokens, cached_input_tokens } => {
                figures.counted = true;
                figures.usage.input_tokens = input_tokens;
                figures.usage.cached_input_tokens = cached_input_tokens;
                return None;
            }
            Update::Delta(delta, tokens) => {
                figures.ttft_ms.get_or_insert(elapsed_ms);
                figures.usage.output_tokens = tokens.unwrap_or(figures.usage.output_tokens + 1);
                RunEvent::Delta(delta)
            }
            Update::Reasoning(delta) => {
                figures.ttft_ms.get_or_insert(elapsed_ms);
                figures.usage.output_tokens += 1;
                figures.usage.reasoning_tokens += 1;
                RunEvent::Reasoning(delta)
            }
            Update::ToolCall(delta) => {
                figures.ttft_ms.get_or_insert(elapsed_ms);
                RunEvent::ToolCall(delta)
            }
            Update::Done { finish_reason, usage, ending } => {
                figures.counted |= usage.is_some();
                figures.usage = usage.unwrap_or(figures.usage);
                return Some(Taken::End(End::Finished(finish_reason, ending)));
            }
        };
        self.writer.add(event);
        None
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

    /// Writes the run's end.
    async fn finish(&mut self, end: End) {
        let event = self.ended(end);
        // Where nothing was sent, it has not been kept yet.
        let client = self.setting.client.take();
        if let Err(error) = self.finish_with(event, client).await {
            tracing::error!(%error, run = %self.writer.log().run(), "a run's end could not be written");
        }
    }

    async fn finish_with(&mut self, event: Box<RunEvent>, client: Option<WireRequest>) -> Result<(), Error> {
        if client.is_some() {
            Box::pin(self.writer.note(Wire { client, ..Wire::default() })).await?;
        }
        self.writer.add(*event);
        self.writer.submit().await
    }

    /// The last event.
    fn ended(&self, end: End) -> Box<RunEvent> {
        let Figures { usage, counted, queue_ms, ttft_ms } = self.figures;
        let price = self.setting.model.info.price.filter(|price| counted || *price == Price::FREE);
        let cost_micros = price.map(|price| price.cost_micros(&usage));
        let total_ms = self.writer.elapsed_ms();
        let queue_ms = queue_ms.unwrap_or(total_ms);
        let (finish_reason, cancel_ms, ending) = match end {
            End::Failed(error) => {
                let failed = Failed { error, usage, cost_micros, queue_ms, ttft_ms, total_ms };
                return Box::new(RunEvent::Failed(failed));
            }
            End::Finished(reason, ending) => (reason, None, ending),
            End::Cancelled { asked_at_ms } => {
                let cancel_ms = self.setting.clock.monotonic_ms().saturating_sub(asked_at_ms);
                (FinishReason::Cancelled, Some(cancel_ms), Ending::default())
            }
        };
        let finished = Finished { finish_reason, usage, cost_micros, queue_ms, ttft_ms, total_ms, cancel_ms, ending };
        Box::new(RunEvent::Finished(finished))
    }
}

/// Resolves when a run that is not to be kept going has had no reader for the grace (B4).
fn readerless(log: Arc<HotRun>, keep: bool) -> BoxFuture<'static, ()> {
    if keep {
        return std::future::pending().boxed();
    }
    let grace = Duration::from_millis(READERLESS_GRACE_MS);
    async move {
        loop {
            log.readers_until(|readers| readers == 0).await;
            if tokio::time::timeout(grace, log.readers_until(|readers| readers > 0)).await.is_err() {
                return;
            }
        }
    }
    .boxed()
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
