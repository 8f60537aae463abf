//! Versions of a prompt compared, and two of one parent made into one.

use std::time::Duration;

use domain::change::{self, VersionDiff};
use domain::merge::{Merged, Pick, merge};
use domain::prompt::Saved;
use domain::{ApiError, Code, NewVersion, Preset, PromptContent, PromptId, Which};

use super::Library;
use crate::error::Error;
use crate::principal::Principal;

/// How long a comparison may look for what differs; beyond, it is coarser.
const COMPARE_MAX: Duration = Duration::from_secs(1);

/// Three versions of a prompt, two of them made of the first.
#[derive(Debug, Clone, Copy)]
pub struct Three {
    /// What both were made of.
    pub parent: u32,
    /// The one.
    pub theirs: u32,
    /// The other.
    pub yours: u32,
}

impl Library<'_> {
    /// Two versions, and what differs between them.
    ///
    /// # Errors
    /// `not_found`; `invalid_request` where there is no such version.
    pub async fn diff(
        self,
        principal: &Principal,
        id: PromptId,
        old: u32,
        new: u32,
    ) -> Result<(Preset, Preset, VersionDiff), Error> {
        let old = self.get(principal, id, Which::Number(old)).await?;
        let new = self.get(principal, id, Which::Number(new)).await?;
        let (old, new, found) = self
            .compare(move |deadline| {
                let found = change::compare(&old.content, &new.content, Some(deadline));
                (old, new, found)
            })
            .await?;
        Ok((old, new, found))
    }

    /// What differs between a version and what might become the next one.
    ///
    /// # Errors
    /// As [`Library::diff`].
    pub async fn draft_diff(
        self,
        principal: &Principal,
        id: PromptId,
        version: u32,
        content: PromptContent,
    ) -> Result<VersionDiff, Error> {
        let old = self.get(principal, id, Which::Number(version)).await?;
        self.compare(move |deadline| change::compare(&old.content, &content, Some(deadline))).await
    }

    /// The same from the other side: what the version has and what might become the next one has not, is new.
    ///
    /// # Errors
    /// As [`Library::diff`].
    pub async fn diff_from_draft(
        self,
        principal: &Principal,
        id: PromptId,
        version: u32,
        content: PromptContent,
    ) -> Result<VersionDiff, Error> {
        let new = self.get(principal, id, Which::Number(version)).await?;
        self.compare(move |deadline| change::compare(&content, &new.content, Some(deadline))).await
    }

    /// Two versions of one parent, and what comes of them together.
    ///
    /// # Errors
    /// As [`Library::diff`].
    pub async fn merged(
        self,
        principal: &Principal,
        id: PromptId,
        three: Three,
        picks: Vec<Pick>,
    ) -> Result<(Preset, Preset, Merged), Error> {
        let parent = self.get(principal, id, Which::Number(three.parent)).await?;
        let theirs = self.get(principal, id, Which::Number(three.theirs)).await?;
        let yours = self.get(principal, id, Which::Number(three.yours)).await?;
        self.compare(move |_| {
            let merged = merge(&parent.content, &theirs.content, &yours.content, &picks);
            (theirs, yours, merged)
        })
        .await
    }

    /// Saves what comes of two versions of one parent as a version of both.
    ///
    /// # Errors
    /// As [`Library::diff`], and as [`Library::save`].
    pub async fn save_merged(
        self,
        principal: &Principal,
        id: PromptId,
        three: Three,
        picks: Vec<Pick>,
    ) -> Result<Saved, Error> {
        let (.., merged) = self.merged(principal, id, three, picks).await?;
        let version = NewVersion {
            parent: Some(three.yours),
            merged: Some(three.theirs),
            note: Some(format!("Merged v{} and v{}", three.theirs, three.yours)),
            ..NewVersion::of(merged.content)
        };
        self.save(principal, id, version).await
    }

    /// Compares beside the requests of others: large texts take a while.
    async fn compare<T: Send + 'static>(
        self,
        work: impl FnOnce(std::time::Instant) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let deadline = self.0.clock.deadline(COMPARE_MAX);
        let done = tokio::task::spawn_blocking(move || work(deadline)).await;
        done.map_err(|_| ApiError::new(Code::Internal, "The versions could not be compared.").into())
    }
}
