//! What stands in the fields of each tab, so that a tab that was closed is not lost.

use domain::limits::DRAFT_QUERY_BYTES_MAX;
use domain::{ApiError, Code, DraftId, DraftSummary, KeptDraft};

use crate::Shared;
use crate::error::Error;
use crate::principal::Principal;

/// Everything that can be done with drafts.
#[derive(Clone, Copy)]
pub struct Drafts<'a>(pub(crate) &'a Shared);

impl Drafts<'_> {
    /// Keeps a draft, unless a newer revision of it is there already. Says whether it was taken.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn save(self, principal: &Principal, draft: &KeptDraft) -> Result<bool, Error> {
        self.0.store.save_draft(principal, draft, self.0.clock.now_micros()).await
    }

    /// The drafts that have the words in them, the last changed first.
    ///
    /// # Errors
    /// When the words are too many, or the database does not answer.
    pub async fn list(self, principal: &Principal, query: &str) -> Result<Vec<DraftSummary>, Error> {
        if query.len() > DRAFT_QUERY_BYTES_MAX {
            let why = format!("The words to look for have more than {DRAFT_QUERY_BYTES_MAX} bytes.");
            return Err(ApiError::new(Code::InvalidRequest, why).hint("Look for fewer.").into());
        }
        self.0.store.drafts(principal, query.trim()).await
    }

    /// All of a draft, and its revision.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn get(self, principal: &Principal, id: DraftId) -> Result<Option<(i64, String)>, Error> {
        self.0.store.draft(principal, id).await
    }

    /// Takes a draft away; for a while it can be brought back.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn remove(self, principal: &Principal, id: DraftId) -> Result<(), Error> {
        let now = self.0.clock.now_micros();
        found(self.0.store.mark_draft(principal, id, Some(now)).await?)
    }

    /// Brings a draft back.
    ///
    /// # Errors
    /// `not_found` once it is gone for good.
    pub async fn restore(self, principal: &Principal, id: DraftId) -> Result<(), Error> {
        found(self.0.store.mark_draft(principal, id, None).await?)
    }
}

fn found(is_there: bool) -> Result<(), Error> {
    if is_there { Ok(()) } else { Err(ApiError::new(Code::NotFound, "That draft is not there any more.").into()) }
}
