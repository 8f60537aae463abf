//! Runs through a link: watched live, and started at the cost of whoever shared it.
//!
//! What a run may cost is reserved before it is started, and settled after its end, also after a restart.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use domain::{ApiError, Code, NewRun, RunId, ShareScope, Shared as Thing};
use tokio_util::sync::CancellationToken;

use super::guest::{Admitted, Counts, Guest, Visit, Visitor};
use super::show::there;
use super::{Shares, blank, budget};
use crate::Shared;
use crate::error::Error;
use crate::library::Library;
use crate::log::Tail;
use crate::principal::Principal;
use crate::render::render;
use crate::runs::Runs;
use crate::store::{Reservation, Reserved};
use crate::tape::Entry;

/// Runs of one link at a time.
const RUNS_AT_A_TIME: i64 = 2;
/// Wait that is suggested to one who comes while so many are going on, or while they hold the budget, in milliseconds.
const BUSY_RETRY_MS: u64 = 2_000;

/// A run's log as visitors may read it.
pub struct SharedTail {
    /// The run.
    pub run: RunId,
    tail: Tail,
    revoked: CancellationToken,
    left: Duration,
}

impl SharedTail {
    /// The next entries as soon as there are any, or nothing once the log has ended. Cancel-safe.
    pub async fn next(&mut self) -> Option<Vec<Entry>> {
        Some(self.tail.next().await?.into_iter().filter_map(blank::entry).collect())
    }

    /// Whether it is known already that nothing will come.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.tail.is_exhausted()
    }

    /// Resolves when the link does not show it any more: it was revoked, or has ended.
    pub fn over(&self) -> impl Future<Output = ()> + Send + 'static {
        let (revoked, left) = (self.revoked.clone(), self.left);
        async move {
            let _ = tokio::time::timeout(left, revoked.cancelled()).await;
        }
    }
}

impl Shares<'_> {
    /// Reads the log of a link's run from the event after `after`, then waits for more; with `run`, the log of a run that
    /// was started through it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tail(
        self,
        token: &str,
        visitor: &Visitor,
        run: Option<RunId>,
        after: Option<u64>,
    ) -> Result<Visit<SharedTail>, Error> {
        let guest = match self.admit(token, visitor).await? {
            Admitted::Guest(guest) => guest,
            Admitted::Locked => return Ok(Visit::Locked),
            Admitted::NotThere => return Ok(Visit::NotThere),
        };
        let run = match (run, guest.row.resource) {
            (Some(run), _) if self.0.store.is_share_run(guest.row.id, run).await? => run,
            (None, Thing::Run(run)) => run,
            _ => return Ok(Visit::NotThere),
        };
        // Before it is read: a revocation in between must end it.
        let revoked = self.0.links.watch(guest.row.id);
        let Some(tail) = there(Runs(self.0).tail(&guest.row.principal(), run, after).await)? else {
            return Ok(Visit::NotThere);
        };
        let left = guest.row.expires_at - self.0.clock.now_micros();
        let left = Duration::from_micros(u64::try_from(left).unwrap_or_default());
        self.let_have(&guest, "events", Counts::Once, SharedTail { run, tail, revoked, left }).await
    }

    /// Runs what the link shows with other inputs, at the cost of whoever shared it.
    ///
    /// # Errors
    /// What is wrong with the inputs; `conflict` where the budget does not have it; the limits.
    pub async fn start(
        self,
        token: &str,
        visitor: &Visitor,
        inputs: BTreeMap<String, String>,
    ) -> Result<Visit<RunId>, Error> {
        let guest = match self.admit_for(token, visitor, ShareScope::Run).await? {
            Admitted::Guest(guest) => guest,
            Admitted::Locked => return Ok(Visit::Locked),
            Admitted::NotThere => return Ok(Visit::NotThere),
        };
        let Some(new) = self.new_run(&guest, inputs).await? else { return Ok(Visit::NotThere) };
        let micros = self.most(&new).await.map_err(|error| error.reworded(blanked))?;
        let visit = self.let_have(&guest, "run", Counts::Once, ()).await?;
        let Visit::Here { opened, .. } = visit else { return Ok(Visit::NotThere) };
        // A task of its own: whoever asked may go away at any moment, and what is reserved must be settled.
        let started = self.0.tasks.spawn(reserve_and_start(self.0.clone(), *guest, new, micros));
        let started = started.await.map_err(|_| ApiError::new(Code::Internal, "The run could not be started."))??;
        Ok(started.map_or(Visit::NotThere, |run| Visit::Here { thing: run, opened }))
    }

    /// The run that a visitor asks for.
    async fn new_run(self, guest: &Guest, inputs: BTreeMap<String, String>) -> Result<Option<NewRun>, Error> {
        let Some(asked) = self.asked_as_kept(guest).await? else { return Ok(None) };
        let (mut new, parent) = asked;
        let known: Vec<String> = domain::PromptContent::of_run(new.clone()).variables();
        if let Some(name) = inputs.keys().find(|name| !known.contains(name)) {
            let name: String = name.chars().take(64).collect();
            let message = format!("`inputs` has `{name}`, and there is no such variable. Nothing was started.");
            return Err(ApiError::new(Code::InvalidRequest, message).param("inputs").into());
        }
        new.inputs.extend(inputs);
        new.parent = parent;
        Ok(Some(new))
    }

    /// What the link's run or version asks, as it can be started again, and the run that it is.
    async fn asked_as_kept(self, guest: &Guest) -> Result<Option<(NewRun, Option<RunId>)>, Error> {
        let principal = guest.row.principal();
        let Some(asked) = self.asked(guest).await? else { return Ok(None) };
        let Some(parent) = asked.parent else {
            let mut new = asked.content.run();
            (new.prompt, new.version) = asked.of.unzip();
            return Ok(Some((new, None)));
        };
        // As it was kept, not as it is shown: what a client wrote stays escaped.
        let Some(run) = there(Runs(self.0).get(&principal, parent).await)? else { return Ok(None) };
        let mut new = domain::PromptContent::of_run(super::show::read(&run.request)?).run();
        if let Some((prompt, version)) = asked.of
            && Library(self.0).content(&principal, prompt, &domain::Which::Number(version)).await.is_ok()
        {
            (new.prompt, new.version) = (Some(prompt), Some(version));
        }
        Ok(Some((new, Some(parent))))
    }

    /// The most that a run may cost, in micro-dollars.
    async fn most(self, new: &NewRun) -> Result<i64, Error> {
        let (model, provider) = self.0.registry.resolve(&new.model).await?;
        let rendered = render(new, &model.info)?;
        let counted = provider.count(&rendered).await;
        Ok(budget::most_micros(&rendered, &model.info, counted)?)
    }
}

/// What goes wrong in our own words stays; what others say is told by its kind.
fn blanked(error: ApiError) -> ApiError {
    if matches!(error.code, Code::Conflict | Code::InvalidRequest) { error } else { blank::error(error) }
}

/// Starts a run once what it may cost is reserved; none where the link has gone meanwhile.
async fn reserve_and_start(
    shared: Arc<Shared>,
    guest: Guest,
    mut new: NewRun,
    micros: i64,
) -> Result<Option<RunId>, Error> {
    let principal = guest.row.principal();
    let id = shared.clock.id();
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let request_id = format!("share-{hex}");
    new.request_id = Some(request_id.clone());
    let created_at = shared.clock.now_micros();
    let reservation = Reservation { id, share: guest.row.id, request_id, micros, created_at };
    match shared.store.reserve_share_run(&reservation, RUNS_AT_A_TIME).await? {
        Reserved::Yes => {}
        Reserved::Gone => return Ok(None),
        Reserved::Busy => return Err(busy().into()),
        Reserved::Short(left, reserved) => return Err(short(micros, left, reserved).into()),
    }
    let started = Runs(&shared).start(&principal, new).await;
    let run = match started {
        Ok(started) => started.run,
        Err(error) => {
            settle(&shared, id, None).await;
            return Err(error.reworded(blank::error));
        }
    };
    if let Err(error) = shared.store.note_share_run(id, run).await {
        tracing::error!(%error, %run, "which run a link has started could not be noted; its page cannot show it");
    }
    let task = settle_at_end(shared.clone(), principal, run, reservation);
    shared.tasks.spawn(task);
    Ok(Some(run))
}

/// Waits for the end of a run, and settles what was reserved for it.
async fn settle_at_end(shared: Arc<Shared>, principal: Principal, run: RunId, reservation: Reservation) {
    if let Ok(tail) = Runs(&shared).tail(&principal, run, None).await {
        tail.ended().await;
    }
    match cost(&shared, run, reservation.micros).await {
        Ok(cost) => settle(&shared, reservation.id, Some(cost)).await,
        Err(error) => tracing::error!(%error, %run, "what a link's run has cost is settled at the next start"),
    }
}

async fn settle(shared: &Shared, reservation: [u8; 16], cost_micros: Option<i64>) {
    if let Err(error) = shared.store.settle_share_run(reservation, cost_micros).await {
        tracing::error!(%error, "what was reserved for a link's run is settled at the next start");
    }
}

/// What an ended run has cost. Where a model was at work and nobody knows, what was reserved.
async fn cost(shared: &Shared, run: RunId, reserved: i64) -> Result<i64, Error> {
    let known = match shared.log.hot(run) {
        Some(hot) => {
            let view = hot.tape().view()?;
            Some((view.cost_micros, view.started.is_some()))
        }
        None => shared.store.run_cost(run).await?,
    };
    Ok(match known {
        Some((Some(cost), _)) => cost,
        Some((None, false)) => 0,
        Some((None, true)) | None => reserved,
    })
}

/// Settles what an earlier process left: by its run where there is one, else nothing was started.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn settle_left(shared: &Shared) -> Result<(), Error> {
    for left in shared.store.unsettled_share_runs().await? {
        let reservation = &left.reservation;
        let named = shared.log.all_hot().into_iter().find(|hot| {
            hot.opened.workspace == left.principal.workspace
                && hot.opened.request_id.as_ref() == Some(&reservation.request_id)
        });
        let run = match (left.run, named) {
            (Some(run), _) => Some(run),
            (None, Some(hot)) => Some(hot.run()),
            (None, None) => {
                let workspace = left.principal.workspace;
                shared.store.run_of_request(workspace, &reservation.request_id, reservation.created_at).await?
            }
        };
        let cost = match run {
            Some(run) => Some(cost(shared, run, reservation.micros).await?),
            None => None,
        };
        if let (Some(run), None) = (run, left.run) {
            shared.store.note_share_run(reservation.id, run).await?;
        }
        shared.store.settle_share_run(reservation.id, cost).await?;
    }
    Ok(())
}

fn busy() -> ApiError {
    let message = format!("{RUNS_AT_A_TIME} runs of this link are going on, which is as many as may at a time.");
    let mut error =
        ApiError::new(Code::ConcurrencyExceeded, message).hint("Wait until one has ended.").retry(Some(BUSY_RETRY_MS));
    error.limit = Some("concurrency".into());
    error
}

fn short(micros: i64, left: i64, reserved: i64) -> ApiError {
    let dollars = |micros: i64| format!("${:.6}", micros as f64 / 1e6);
    let message = format!(
        "This run may cost up to {}, and the link has {} left. Nothing was started.",
        dollars(micros),
        dollars((left - reserved).max(0))
    );
    let error = ApiError::new(Code::Conflict, message);
    if micros <= left {
        error.hint("What is going on holds the rest. Wait until it has ended.").retry(Some(BUSY_RETRY_MS))
    } else {
        error.hint("Ask whoever shared it for another link.")
    }
}
