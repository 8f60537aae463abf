//! The conductor: the only file that knows the order of the steps of a run.

use std::sync::Arc;
use std::time::Duration;

use domain::event::Notice;
use domain::limits::COUNTED_BYTES_MAX;
use domain::{
    ApiError, ClientWire, Code, ComparisonId, ModelInfo, NewRun, Run, RunId, Vendor, Wire, WireRequest, strict,
    template,
};
use tokio::sync::oneshot;

use crate::Shared;
use crate::admission::{LimitState, Ticket, Waiting};
use crate::drive::{Setting, abandon, drive};
use crate::error::Error;
use crate::library::Library;
use crate::log::{HotRun, Log, Opened, RunWriter, Tail};
use crate::principal::Principal;
use crate::render::{Native, refuse_foreign, render};
use crate::requests::{self, Claim, Lookup};
use crate::store::{Kept, assemble};
use crate::tape::Entry;

/// Wait that is suggested to one who is refused for the server's sake, in milliseconds.
const REFUSED_RETRY_MS: u64 = 5_000;
/// How long a start waits for the disk, in milliseconds.
const OPEN_MS: u64 = 5_000;

/// A run that was started, or that answers to the same `request_id`.
#[derive(Debug, Clone, Copy)]
pub struct Started {
    /// The run.
    pub run: RunId,
    /// Whether it was there already.
    pub replayed: bool,
    /// The concurrency limit after the start; absent for a replay, which consumes nothing.
    pub concurrency: Option<LimitState>,
}

/// What a client of an SDK's route sent, beside the run that it asks for.
#[derive(Debug)]
pub struct ClientCall {
    /// The wire that it spoke.
    pub wire: ClientWire,
    /// Its request, as it came.
    pub request: WireRequest,
    /// Whether its body goes to the provider in its own words.
    pub native: bool,
    /// Its `anthropic-beta`.
    pub beta: Option<String>,
    /// Its `anthropic-version`.
    pub version: Option<String>,
    /// Fields that are not sent on, since they change nothing in the answer.
    pub unsent: Vec<String>,
}

/// What a cancellation found.
#[derive(Debug)]
pub enum Cancelled {
    /// It was running; its log will say when it has stopped.
    Asked,
    /// It had ended before.
    Ended(Box<Run>),
}

/// Everything that can be done with runs.
#[derive(Clone, Copy)]
pub struct Runs<'a>(pub(crate) &'a Arc<Shared>);

impl Runs<'_> {
    /// Starts a run, or finds the one that answers to its `request_id`.
    ///
    /// `request_id` look-up → checks → rendering → the provider's own check → admission → the log is opened →
    /// the run is driven. Nothing waits for the database.
    ///
    /// # Errors
    /// Everything that is wrong with the request, and limits; then nothing was started.
    pub async fn start(self, principal: &Principal, new: NewRun) -> Result<Started, Error> {
        self.start_for(principal, new, None).await
    }

    /// As [`Runs::start`], for a client of an SDK's route.
    ///
    /// # Errors
    /// As [`Runs::start`].
    pub async fn start_for(
        self,
        principal: &Principal,
        new: NewRun,
        client: Option<ClientCall>,
    ) -> Result<Started, Error> {
        let shared = self.0;
        new.check()?;
        let request = written(&new)?;
        let named = client.as_ref().filter(|_| new.request_id.is_some());
        let client_digest = named.map(|client| requests::client_digest(client.wire, &client.request.body));
        // By what was asked for, not by what that means today: a label may have moved when it is asked for again.
        let by_name = new.of_prompt().filter(|_| new.request_id.is_some()).map(|_| requests::digest(&request));
        let client_digest = client_digest.or(by_name);
        let body = client_digest.unwrap_or_else(|| requests::digest(&request));
        let claim = match self.claim(principal, &new, body).await? {
            Some(Lookup::Same(run)) => return Ok(Started { run, replayed: true, concurrency: None }),
            Some(Lookup::New(claim)) => Some(claim),
            None => None,
        };
        let (new, request) = match new.of_prompt() {
            None => (new, request),
            Some(_) => {
                let new = Library(shared).resolve(principal, new).await?;
                let request = written(&new)?;
                (new, request)
            }
        };
        let (model, provider) = shared.registry.resolve(&new.model).await?;
        let speaks = provider.speaks();
        refuse_foreign(&new, speaks)?;
        let rendered = render(&new, &model.info)?.in_own_words(client.as_ref().and_then(own_words));
        strict::refuse_nul(&request)?;
        provider.check(&model, &rendered).await?;
        let (ticket, waiting, state) = self.admit(principal, new.group)?;
        let concurrency = Some(state);
        let opened = Opened {
            run: shared.clock.run_id(),
            workspace: principal.workspace,
            user: principal.user,
            request,
            model: new.model.clone(),
            request_id: new.request_id.clone(),
            parent: new.parent,
            prompt: new.prompt.zip(new.version),
            group: new.group,
            wire: client.as_ref().map(|client| client.wire),
            client_digest,
            created_at: shared.clock.now_micros(),
        };
        let run = opened.run;
        let setting = Box::new(Setting {
            request: Some(Box::new(rendered)),
            model,
            provider,
            asked: new.model,
            ticket,
            waiting,
            keep: new.keep.unwrap_or(true),
            notice: client.as_ref().and_then(unsent),
            client: client.map(|client| client.request),
            clock: shared.clock.clone(),
            shutdown: shared.interrupt.clone(),
        });
        // A task of its own from here on: whoever asked may go away at any moment, and what is in the log must
        // be driven to its end.
        let (tell, told) = oneshot::channel();
        // Boxed: what the opening needs takes no room while the run goes on.
        let opening = Box::pin(open(shared.log.clone(), opened, claim, setting, tell));
        shared.tasks.spawn(async move {
            if let Some((writer, setting)) = opening.await {
                drive(writer, setting).await;
            }
        });
        told.await.map_err(|_| ApiError::new(Code::Internal, "The run could not be started."))??;
        Ok(Started { run, replayed: false, concurrency })
    }

    /// Counts the tokens of a prompt as it is being typed, what is not filled in yet as nothing. `None` where only its
    /// provider can count, or does not at once, and for a prompt so long that runs would have to wait for the count.
    ///
    /// # Errors
    /// When it could not be run as it is.
    pub async fn count(self, mut new: NewRun) -> Result<Option<u64>, Error> {
        let texts = new.messages.iter().flat_map(|message| message.content.texts());
        let names: Vec<_> = texts.flat_map(template::variables).map(str::to_owned).collect();
        for name in names {
            new.inputs.entry(name).or_default();
        }
        let (model, provider) = self.0.registry.resolve(&new.model).await?;
        let rendered = render(&new, &model.info)?;
        let texts = rendered.messages().iter().flat_map(|message| message.content.texts());
        if texts.map(str::len).sum::<usize>() > COUNTED_BYTES_MAX {
            return Ok(None);
        }
        Ok(provider.count(&rendered).await)
    }

    /// The events of a run so far.
    ///
    /// # Errors
    /// `not_found`, `gone`.
    pub async fn so_far(self, principal: &Principal, run: RunId) -> Result<Vec<Entry>, Error> {
        let tape = match self.hot(principal, run) {
            Some(hot) => hot.tape(),
            None => found(self.0.store.tape(principal.workspace, run).await?, run)?,
        };
        Ok(tape.read(0, usize::MAX))
    }

    /// What a model can do, and whose wire its provider speaks; none where no wire is in between.
    ///
    /// # Errors
    /// `model_not_found`.
    pub async fn model(self, name: &str) -> Result<(ModelInfo, Option<Vendor>), Error> {
        let (model, provider) = self.0.registry.resolve(name).await?;
        Ok((model.info.clone(), provider.speaks()))
    }

    /// Asks how many tokens a prompt has: its provider, or the tokenizer here. `None` where neither can tell.
    ///
    /// # Errors
    /// When it could not be run as it is, or its provider fails.
    pub async fn ask_count(self, new: &NewRun, client: &ClientCall) -> Result<Option<u64>, Error> {
        new.check()?;
        let (model, provider) = self.0.registry.resolve(&new.model).await?;
        refuse_foreign(new, provider.speaks())?;
        let rendered = render(new, &model.info)?.in_own_words(own_words(client));
        Ok(provider.ask_count(&model, &rendered).await?)
    }

    /// Forgets which run answers to a `request_id`, where that is this one: it was refused before anything came of it,
    /// and refusals are not remembered.
    pub fn forget(self, principal: &Principal, request_id: &str, run: RunId) {
        self.0.requests.forget(principal.workspace, request_id, run);
    }

    async fn claim(self, principal: &Principal, new: &NewRun, body: [u8; 32]) -> Result<Option<Lookup>, ApiError> {
        let Some(request_id) = &new.request_id else { return Ok(None) };
        let now = self.0.clock.now_micros();
        self.0.requests.look_up(principal.workspace, request_id, body, now).await.map(Some)
    }

    /// A run of a comparison has a ticket or its place in the line, any other a ticket.
    fn admit(
        self,
        principal: &Principal,
        group: Option<ComparisonId>,
    ) -> Result<(Option<Ticket>, Option<Waiting>, LimitState), Error> {
        if self.0.draining.is_cancelled() {
            return Err(ApiError::new(Code::Overloaded, "The server is being stopped and starts no new runs.")
                .retry(Some(REFUSED_RETRY_MS))
                .into());
        }
        if !self.0.log.is_healthy() {
            return Err(unwritable().into());
        }
        let Some(comparison) = group else {
            let ticket = self.0.admission.admit(principal)?;
            let state = ticket.state;
            return Ok((Some(ticket), None, state));
        };
        let mut waiting = self.0.admission.line_up(principal, comparison)?;
        Ok(match waiting.take() {
            Some(ticket) => {
                let state = ticket.state;
                (Some(ticket), None, state)
            }
            None => {
                let state = waiting.state();
                (None, Some(waiting), state)
            }
        })
    }

    /// A run as it stands.
    ///
    /// # Errors
    /// `not_found`, `gone`.
    pub async fn get(self, principal: &Principal, run: RunId) -> Result<Run, Error> {
        if let Some(hot) = self.hot(principal, run) {
            return assemble(&hot.opened, hot.tape().view()?);
        }
        found(self.0.store.run(principal.workspace, run).await?, run)
    }

    /// Reads a run's log from the event after `after`, then waits for more.
    ///
    /// # Errors
    /// `not_found`, `gone`.
    pub async fn tail(self, principal: &Principal, run: RunId, after: Option<u64>) -> Result<Tail, Error> {
        let next = after.map_or(0, |after| after.saturating_add(1));
        if let Some(hot) = self.hot(principal, run) {
            return Ok(Tail::Hot(hot.tail(next)));
        }
        Ok(Tail::Kept { tape: found(self.0.store.tape(principal.workspace, run).await?, run)?, next })
    }

    /// What was sent to the provider for a run, and the head of its answer.
    ///
    /// # Errors
    /// `not_found`, `gone`.
    pub async fn wire(self, principal: &Principal, run: RunId) -> Result<Wire, Error> {
        if let Some(hot) = self.hot(principal, run) {
            return hot.wire();
        }
        found(self.0.store.wire(principal.workspace, run).await?, run)
    }

    /// Waits until a run has ended, and gives it.
    ///
    /// # Errors
    /// `not_found`, `gone`.
    pub async fn wait(self, principal: &Principal, run: RunId) -> Result<Run, Error> {
        self.tail(principal, run, None).await?.ended().await;
        self.get(principal, run).await
    }

    /// Asks a run to stop, at once; asking again changes nothing.
    ///
    /// # Errors
    /// `not_found`, `gone`.
    pub async fn cancel(self, principal: &Principal, run: RunId) -> Result<Cancelled, Error> {
        if let Some(hot) = self.hot(principal, run)
            && !hot.ended()
        {
            hot.cancel(self.0.clock.monotonic_ms());
            return Ok(Cancelled::Asked);
        }
        Ok(Cancelled::Ended(Box::new(self.get(principal, run).await?)))
    }

    pub(crate) fn hot(self, principal: &Principal, run: RunId) -> Option<Arc<HotRun>> {
        self.0.log.hot(run).filter(|hot| hot.opened.workspace == principal.workspace)
    }
}

fn written(new: &NewRun) -> Result<String, Error> {
    serde_json::to_string(new).map_err(|error| Error::Corrupt(error.to_string()))
}

fn own_words(client: &ClientCall) -> Option<Native> {
    client.native.then(|| Native {
        body: client.request.body.clone(),
        beta: client.beta.clone(),
        version: client.version.clone(),
    })
}

fn unsent(client: &ClientCall) -> Option<Notice> {
    let fields: Vec<_> = client.unsent.iter().map(|field| format!("`{field}`")).collect();
    (!fields.is_empty()).then(|| Notice {
        code: "fields_not_sent".into(),
        message: format!("Not passed on, since the model's wire has no such thing: {}.", fields.join(", ")),
    })
}

/// Opens the log and tells whoever asked for the run; gives what it is driven with, where it was opened in time.
async fn open(
    log: Arc<Log>,
    opened: Opened,
    claim: Option<Claim>,
    setting: Box<Setting>,
    tell: oneshot::Sender<Result<(), Error>>,
) -> Option<(RunWriter, Box<Setting>)> {
    let (run, created_at) = (opened.run, opened.created_at);
    let create = log.create(opened);
    tokio::pin!(create);
    let Ok(created) = tokio::time::timeout(Duration::from_millis(OPEN_MS), &mut create).await else {
        let _ = tell.send(Err(unwritable().into()));
        drop(claim);
        // Whoever asked has been told that nothing was sent: it must stay true when the disk takes writes again.
        if let Ok(writer) = create.await {
            abandon(writer, setting, unwritable()).await;
        }
        return None;
    };
    match created {
        Ok(writer) => {
            if let Some(claim) = claim {
                claim.fulfil(run, created_at);
            }
            let _ = tell.send(Ok(()));
            Some((writer, setting))
        }
        Err(error) => {
            let _ = tell.send(Err(error));
            None
        }
    }
}

fn unwritable() -> ApiError {
    ApiError::new(
        Code::StorageUnavailable,
        "The run log cannot be written, so no run can be started. Nothing was sent.",
    )
    .hint("Make room on the disk of the data directory.")
    .retry(Some(REFUSED_RETRY_MS))
}

pub(crate) fn found<T>(kept: Kept<T>, run: RunId) -> Result<T, Error> {
    match kept {
        Kept::Here(thing) => Ok(thing),
        Kept::Deleted => Err(ApiError::new(Code::Gone, format!("{run} was deleted.")).into()),
        Kept::Absent => Err(ApiError::new(Code::NotFound, format!("There is no {run}."))
            .hint("Check the id; the list of runs is at GET /v1/runs.")
            .into()),
    }
}
