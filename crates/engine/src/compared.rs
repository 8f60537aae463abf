//! Two runs side by side.

use std::time::Duration;

use domain::change::{RunDiff, compare_runs};
use domain::{ApiError, Code, PromptId, Run, RunId, RunSummary};

use crate::error::Error;
use crate::principal::Principal;
use crate::runs::Runs;
use crate::store::summary;

/// How long a comparison may look for what differs; beyond, it is coarser.
const COMPARE_MAX: Duration = Duration::from_secs(1);

impl Runs<'_> {
    /// Two runs as they stand, and what differs between them.
    ///
    /// # Errors
    /// `not_found`, `gone`.
    pub async fn compare(self, principal: &Principal, old: RunId, new: RunId) -> Result<(Run, Run, RunDiff), Error> {
        let old = self.get(principal, old).await?;
        let new = self.get(principal, new).await?;
        let deadline = self.0.clock.deadline(COMPARE_MAX);
        // Beside the requests of others: large texts take a while.
        let found = tokio::task::spawn_blocking(move || {
            let found = compare_runs(&old, &new, Some(deadline));
            (old, new, found)
        });
        found.await.map_err(|_| ApiError::new(Code::Internal, "The runs could not be compared.").into())
    }

    /// A run as a list shows it, and the kept prompt that it is a run of.
    ///
    /// # Errors
    /// `not_found`, `gone`.
    pub async fn brief(self, principal: &Principal, run: RunId) -> Result<(RunSummary, Option<PromptId>), Error> {
        let run = self.get(principal, run).await?;
        Ok((summary(&run), run.prompt))
    }
}
