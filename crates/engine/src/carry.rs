//! Carrying things away and bringing them back: export and import.
//!
//! A file is written and read entry by entry, so that neither its size nor the library's is ever held in memory. An import
//! reads it twice: everything is looked at, then everything is written in one transaction.

mod adopt;
mod check;
mod comparison;
mod export;
pub mod format;
mod import;
mod json;
mod markdown;
mod read;
mod rules;
mod run;
mod scan;
mod spool;
#[cfg(test)]
mod tests;

use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use domain::carry::Imported;
use domain::{ApiError, Code, ComparisonId, ImportId, PromptId, RunId, Undone};
use tokio::sync::mpsc;

use crate::Shared;
use crate::error::Error;
use crate::principal::Principal;
pub use adopt::{Foreign, ForeignVersion};
pub use import::How;
pub use read::FOREIGN;
pub use spool::{Spool, Spooled, too_large};

/// What is carried away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Of {
    /// Every prompt, run and comparison.
    #[default]
    All,
    /// A prompt with its history.
    Prompt(PromptId),
    /// A run.
    Run(RunId),
    /// A comparison with its runs.
    Comparison(ComparisonId),
}

impl FromStr for Of {
    type Err = ApiError;

    fn from_str(text: &str) -> Result<Self, ApiError> {
        let of = match text.get(..4) {
            Some("prm_") => text.parse().map(Self::Prompt).ok(),
            Some("run_") => text.parse().map(Self::Run).ok(),
            Some("cmp_") => text.parse().map(Self::Comparison).ok(),
            _ => (text == "all").then_some(Self::All),
        };
        of.ok_or_else(|| {
            let message = "`of` is neither `all` nor the id of a prompt, a run or a comparison.";
            ApiError::new(Code::InvalidRequest, message)
                .hint("Give `all`, or an id that begins with `prm_`, `run_` or `cmp_`.")
                .param("of")
        })
    }
}

/// In which form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// To be imported again; `docs/export.schema.json` describes it.
    #[default]
    Json,
    /// To be read.
    Markdown,
}

/// A file that is being written.
pub struct Export {
    /// What it may be called: letters, digits, `-` and `.`.
    pub file_name: String,
    /// Its pieces as they come. An error cuts it short.
    pub pieces: mpsc::Receiver<Result<Bytes, Error>>,
}

/// Everything that can be done with files.
#[derive(Clone, Copy)]
pub struct Carry<'a>(pub(crate) &'a Arc<Shared>);

impl Carry<'_> {
    /// Begins to write a file; with `runs`, a prompt's runs come along. What goes on or waits is left out, and so is what
    /// was deleted.
    ///
    /// # Errors
    /// `not_found`, `gone`; `conflict` for a run that is going on.
    pub async fn export(self, principal: &Principal, of: Of, form: Form, runs: bool) -> Result<Export, Error> {
        export::begin(self.0, principal, of, form, runs).await
    }

    /// Takes a file in, piece by piece.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn spool(self) -> Result<Spool, Error> {
        Spool::open(&self.0.spool_dir, &self.0.clock)
    }

    /// Imports a file: all of it or nothing, or all but what is refused. What is there already stays, so that doing it twice
    /// changes nothing. A dry run writes nothing and says what would come of it.
    ///
    /// # Errors
    /// `invalid_request`, `conflict` that name the entries, or the byte at which the file cannot be read.
    pub async fn import(self, principal: &Principal, file: &Arc<Spooled>, how: How) -> Result<Imported, Error> {
        // One at a time: what was looked at must still be so when it is written.
        let turn = self.0.importing.clone().lock_owned().await;
        export::settle(self.0, principal, None).await?;
        let (shared, principal, file) = (self.0.clone(), principal.clone(), file.clone());
        let handle = tokio::runtime::Handle::current();
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let is_going_on = |run| shared.log.hot(run).is_some_and(|hot| !hot.ended());
            let id = (ImportId::from_bytes(shared.clock.id()), shared.clock.now_micros());
            let (imported, prompts) = import::import(&shared.store, &principal, &is_going_on, &file, how, id, &handle)?;
            handle.block_on(shared.library.reload(&shared.store, principal.workspace, &prompts))?;
            Ok(imported)
        });
        work.await.map_err(|error| Error::Corrupt(format!("an import broke off: {error}")))?
    }

    /// Takes an import back: what it has written goes, what it has replaced is there again, and what was changed since stays.
    ///
    /// # Errors
    /// `not_found` where there is none, it was taken back, or it was more than [`domain::limits::IMPORT_UNDO_MICROS`] ago.
    pub async fn take_back(self, principal: &Principal, id: ImportId) -> Result<Undone, Error> {
        let turn = self.0.importing.clone().lock_owned().await;
        export::settle(self.0, principal, None).await?;
        let (shared, principal) = (self.0.clone(), principal.clone());
        // A task of its own: whoever asked may go away, and what is in memory must follow what is on disk.
        let work = self.0.tasks.spawn(async move {
            let _turn = turn;
            let since = shared.clock.now_micros() - domain::limits::IMPORT_UNDO_MICROS;
            let in_use: Vec<_> = shared.log.all_hot().iter().filter_map(|hot| hot.opened.prompt).collect();
            let back = shared.store.take_back(&principal, id, since, &in_use).await?.ok_or_else(|| no_import(id))?;
            shared.library.reload(&shared.store, principal.workspace, &back.prompts).await?;
            back.comparisons.iter().for_each(|comparison| shared.feed.tell_all(*comparison));
            Ok(back.undone)
        });
        work.await.map_err(|error| Error::Corrupt(format!("taking an import back broke off: {error}")))?
    }

    /// Keeps prompts of another system, so that programs that use its ids find them here: all of them or none, or all but
    /// those that are refused, and twice changes nothing.
    ///
    /// # Errors
    /// `invalid_request` that names the entries.
    pub async fn adopt(self, principal: &Principal, prompts: Vec<Foreign>, how: How) -> Result<Imported, Error> {
        let _turn = self.0.importing.lock().await;
        adopt::adopt(self.0, principal, prompts, how).await
    }
}

fn no_import(id: ImportId) -> ApiError {
    ApiError::new(Code::NotFound, format!("There is no {id} that can be taken back. Nothing was changed."))
        .hint("It was taken back already, or is more than a day old.")
}
