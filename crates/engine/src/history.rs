//! The history: listing runs that are going on and those that are kept as one, deleting them and taking that back.

use std::sync::Arc;
use std::time::Duration;

use domain::limits::{CHILDREN_MAX, UNDO_MS};
use domain::run::RunPage;
use domain::{ApiError, Code, Lineage, Run, RunFilter, RunId, RunSummary};

use crate::error::Error;
use crate::log::HotRun;
use crate::principal::Principal;
use crate::runs::{Runs, found};
use crate::search;
use crate::store::{assemble, summary};

/// How long a deletion waits for the run's row, in milliseconds.
const ROW_WAIT_MS: u64 = 5_000;
/// How often it looks, in milliseconds.
const ROW_LOOK_MS: u64 = 10;

impl Runs<'_> {
    /// A page of the runs that the filter admits, newest first, those that are going on included.
    ///
    /// # Errors
    /// When the filter cannot be used, or the database does not answer.
    pub async fn list(
        self,
        principal: &Principal,
        filter: &RunFilter,
        after: Option<RunId>,
        limit: u32,
    ) -> Result<RunPage, Error> {
        filter.check()?;
        // Before the rows: a run that becomes one in between is then seen twice, not never.
        let hot = self.without_row(principal);
        let mut page = self.0.store.runs(principal.workspace, filter, after, limit).await?;
        for hot in hot {
            let run = hot.run();
            let in_page = after.is_none_or(|after| run < after)
                && page.next.is_none_or(|last| run >= last)
                && !page.data.iter().any(|kept| kept.id == run);
            // One that has been deleted in between has cooled.
            if !in_page || self.0.log.hot(run).is_none() {
                continue;
            }
            let Some(run) = readable(&hot) else { continue };
            if filter.admits(&run) && filter.query.as_ref().is_none_or(|query| search::finds(query, &run)) {
                page.data.push(summary(&run));
            }
        }
        page.data.sort_unstable_by_key(|run| std::cmp::Reverse(run.id));
        if page.data.len() > limit as usize {
            page.data.truncate(limit as usize);
            page.next = page.data.last().map(|run| run.id);
        }
        Ok(page)
    }

    /// Where a run comes from and what came of it.
    ///
    /// # Errors
    /// `not_found`, `gone`.
    pub async fn lineage(self, principal: &Principal, run: RunId) -> Result<Lineage, Error> {
        let parent = match self.hot(principal, run) {
            Some(hot) => hot.opened.parent,
            None => found(self.0.store.parent(principal.workspace, run).await?, run)?,
        };
        let hot = self.without_row(principal);
        let mut children = self.0.store.children(principal.workspace, run, CHILDREN_MAX).await?;
        for child in hot.iter().filter(|hot| hot.opened.parent == Some(run)) {
            if !children.iter().any(|kept| kept.id == child.run()) {
                children.extend(readable(child).as_ref().map(summary));
            }
        }
        children.sort_unstable_by_key(|child| child.id);
        children.truncate(CHILDREN_MAX as usize);
        let parent = match parent {
            Some(parent) => self.listed(principal, parent).await?,
            None => None,
        };
        Ok(Lineage { parent, children })
    }

    async fn listed(self, principal: &Principal, run: RunId) -> Result<Option<RunSummary>, Error> {
        if let Some(hot) = self.hot(principal, run) {
            return Ok(readable(&hot).as_ref().map(summary));
        }
        self.0.store.listed(principal.workspace, run).await
    }

    /// The models that the newest runs asked for, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn models(self, principal: &Principal) -> Result<Vec<String>, Error> {
        let mut models = self.0.store.models_of_runs(principal.workspace).await?;
        models.extend(self.without_row(principal).iter().map(|hot| hot.opened.model.clone()));
        models.sort_unstable();
        models.dedup();
        Ok(models)
    }

    /// Deletes an ended run: nobody reads it from now on, and for [`UNDO_MS`] it can be brought back.
    ///
    /// # Errors
    /// `conflict` while it runs; `not_found`, `gone`.
    pub async fn delete(self, principal: &Principal, run: RunId) -> Result<(), Error> {
        if let Some(hot) = self.hot(principal, run) {
            if !hot.ended() {
                return Err(ApiError::new(
                    Code::Conflict,
                    "The run is still going on; only an ended one can be deleted.",
                )
                .hint("Cancel it first.")
                .into());
            }
            wait_for_row(&hot).await?;
        }
        let deleted = self.0.store.delete_run(principal.workspace, run, self.0.clock.now_micros()).await?;
        if deleted {
            self.0.log.cool(run);
            return Ok(());
        }
        found(self.0.store.run(principal.workspace, run).await?, run).map(|_| ())
    }

    /// Brings a deleted run back, as long as its content is there. One that was never deleted stays as it is.
    ///
    /// # Errors
    /// `gone` once it is deleted for good; `not_found`.
    pub async fn restore(self, principal: &Principal, run: RunId) -> Result<(), Error> {
        if self.0.store.restore_run(principal.workspace, run).await? || self.hot(principal, run).is_some() {
            return Ok(());
        }
        found(self.0.store.parent(principal.workspace, run).await?, run).map(|_| ())
    }

    /// How long the deletion of a run can still be undone, in milliseconds; nothing where there is nothing to undo.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn undo_left_ms(self, principal: &Principal, run: RunId) -> Result<Option<u64>, Error> {
        let Some(deleted_at) = self.0.store.deleted_at(principal.workspace, run).await? else { return Ok(None) };
        let since_ms = u64::try_from((self.0.clock.now_micros() - deleted_at) / 1_000).unwrap_or_default();
        Ok(UNDO_MS.checked_sub(since_ms).filter(|left| *left > 0))
    }

    /// The hot runs of the principal's workspace that the database does not have yet.
    fn without_row(self, principal: &Principal) -> Vec<Arc<HotRun>> {
        let mut hot = self.0.log.all_hot();
        hot.retain(|hot| hot.opened.workspace == principal.workspace && !hot.is_kept());
        hot
    }
}

/// A hot run as it stands, with the tokens that have come so far. One whose log cannot be read must not hide the
/// others.
fn readable(hot: &HotRun) -> Option<Run> {
    let read = || {
        let view = hot.tape().view()?;
        let deltas = view.deltas;
        let mut run = assemble(&hot.opened, view)?;
        run.usage.output_tokens = run.usage.output_tokens.max(deltas);
        Ok::<_, Error>(run)
    };
    read().inspect_err(|error| tracing::error!(%error, run = %hot.run(), "a run's log cannot be read")).ok()
}

pub(crate) async fn wait_for_row(hot: &HotRun) -> Result<(), Error> {
    for _ in 0..ROW_WAIT_MS / ROW_LOOK_MS {
        if hot.is_kept() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(ROW_LOOK_MS)).await;
    }
    Err(ApiError::new(Code::StorageUnavailable, "The database does not take writes, so the run cannot be deleted now.")
        .retry(None)
        .into())
}
