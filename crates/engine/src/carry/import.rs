//! The second reading of a file: what was looked at is written, all of it or nothing, or all but what is refused.

use std::collections::BTreeSet;

use domain::carry::Imported;
use domain::{ApiError, Code, ImportId, PromptId, RunId};
use tokio::runtime::Handle;

use super::check::Check;
use super::comparison;
use super::export::Source;
use super::format::{CellEntry, PromptHead, VersionEntry};
use super::read::{self, Entry, Item};
use super::rules::tidied;
use super::spool::Spooled;
use crate::error::Error;
use crate::principal::Principal;
use crate::store::Store;
use crate::store::carry::{Carried, Former, Written, row_of};
use crate::store::prompts::NewRow;

/// How a file is imported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct How {
    /// Nothing is written; what would come of it is said.
    pub dry_run: bool,
    /// Prompts, runs and comparisons with something wrong in them are left out, and the rest is imported.
    pub skip_refused: bool,
}

/// Reads a file twice: looks at all of it, then writes all of it; says which prompts stand in it. On a thread that may be
/// held up: texts of megabytes are parsed here.
///
/// # Errors
/// What is wrong with the file; then nothing was written.
pub fn import(
    store: &Store,
    principal: &Principal,
    is_going_on: &dyn Fn(RunId) -> bool,
    file: &Spooled,
    how: How,
    (id, now): (ImportId, i64),
    handle: &Handle,
) -> Result<(Imported, Vec<PromptId>), Error> {
    let mut check = Check::new(store, is_going_on, principal);
    read::read(file.reader()?, &mut |item| handle.block_on(check.take(item)))?;
    if how.dry_run || how.skip_refused {
        handle.block_on(check.refuse_what_names_refused())?;
    }
    if how.dry_run {
        return Ok((check.told(), Vec::new()));
    }
    if !how.skip_refused {
        check.findings.refuse()?;
    }
    let ids = std::mem::take(&mut check.ids);
    let Check { findings, .. } = check;
    let left_out = findings.entries();
    let db = handle.block_on(store.write_carried(principal, id))?;
    let (cells, counts) = ((0, Vec::new()), Imported::default());
    let mut write = Write { store, db, principal, ids, left_out, prompt: None, cells, counts };
    read::read(file.reader()?, &mut |item| handle.block_on(write.take(item)))?;
    let Write { db, ids, counts, .. } = write;
    let has_written = handle.block_on(db.commit(now))?;
    let counts = Imported { id: has_written.then_some(id), ..counts };
    Ok((if how.skip_refused { findings.told(counts) } else { counts }, ids.into_iter().flatten().collect()))
}

/// The second reading.
struct Write<'a> {
    store: &'a Store,
    db: Carried,
    principal: &'a Principal,
    ids: Vec<Option<PromptId>>,
    /// What is not written, since something is wrong in it.
    left_out: BTreeSet<Entry>,
    prompt: Option<Open>,
    /// The cells of the comparison that is being read, and its place.
    cells: (usize, Vec<CellEntry>),
    counts: Imported,
}

/// A prompt whose versions are being written.
struct Open {
    place: usize,
    /// Of the versions that are there already.
    here: Vec<[u8; 32]>,
    newest: Option<(u32, NewRow)>,
    /// How many versions were written.
    added: u64,
}

impl Write<'_> {
    async fn take(&mut self, item: Item) -> Result<(), Error> {
        if item.entry().is_some_and(|entry| self.left_out.contains(&entry)) {
            return Ok(());
        }
        match item {
            Item::Version(prompt, place, version) => self.version(prompt, place, &version).await,
            Item::Prompt(place, prompt, _) => self.prompt(place, *prompt).await,
            Item::Run(_, run) => {
                let whole = run.checked(self.principal).map_err(|_| changed())?;
                let written = self.db.run(&whole.pack()?).await?;
                self.count(written);
                Ok(())
            }
            Item::Cell(comparison, _, cell) => {
                if self.cells.0 != comparison {
                    self.cells = (comparison, Vec::new());
                }
                self.cells.1.push(*cell);
                Ok(())
            }
            Item::Comparison(place, head, _) => {
                let (of, cells) = std::mem::take(&mut self.cells);
                let former = comparison::of(self.store, self.principal.workspace, head.id).await?;
                let former = former.map(|(head, cells)| Former::Comparison(Box::new(head), cells));
                match self.db.comparison(*head, if of == place { cells } else { Vec::new() }, former).await? {
                    Written::Created => self.counts.created += 1,
                    Written::Updated => self.counts.updated += 1,
                    Written::Unchanged => self.counts.unchanged += 1,
                }
                Ok(())
            }
            // A field of the whole file that nobody knows: where all is taken or nothing, it was refused before.
            Item::Refused(None, _) => Ok(()),
            Item::Refused(Some(_), _) => Err(changed().into()),
        }
    }

    fn count(&mut self, written: bool) {
        let count = if written { &mut self.counts.created } else { &mut self.counts.unchanged };
        *count += 1;
    }

    async fn version(&mut self, prompt: usize, place: usize, version: &VersionEntry) -> Result<(), Error> {
        let id = self.ids.get(prompt).copied().flatten().ok_or_else(changed)?;
        if self.prompt.as_ref().is_none_or(|open| open.place != prompt) {
            self.prompt = Some(Open { place: prompt, here: self.db.digests(id).await?, newest: None, added: 0 });
        }
        let digest = *blake3::hash(version.content.as_str().as_bytes()).as_bytes();
        let open = self.prompt.as_mut().ok_or_else(changed)?;
        match open.here.get(place) {
            Some(here) if *here == digest => {
                self.count(false);
                return Ok(());
            }
            Some(_) => return Err(saved_meanwhile(prompt, place).into()),
            None => {}
        }
        let row = row_of(version, digest)?;
        self.db.version(id, version, &row).await?;
        open.newest = Some((version.version, row));
        open.added += 1;
        self.count(true);
        Ok(())
    }

    async fn prompt(&mut self, place: usize, prompt: PromptHead) -> Result<(), Error> {
        let Open { here, newest, added, .. } =
            self.prompt.take().filter(|open| open.place == place).ok_or_else(changed)?;
        let is_new = here.is_empty();
        let id = prompt.id;
        let former = if is_new { None } else { former_prompt(self.store, self.principal, id).await? };
        let changed = self.db.prompt(&tidied(prompt)?, newest).await?;
        if changed {
            self.db.note_prompt(id, added + 1, former.as_ref()).await?;
        }
        if changed && !is_new {
            self.counts.updated += 1;
        } else {
            self.count(changed);
        }
        Ok(())
    }
}

/// A prompt as it stands before anything is written.
///
/// # Errors
/// When the database does not answer.
pub async fn former_prompt(store: &Store, principal: &Principal, id: PromptId) -> Result<Option<Former>, Error> {
    let prompt = Source { store, principal }.prompt(id).await?;
    Ok(prompt.map(|(head, versions)| Former::Prompt(Box::new(head), versions)))
}

/// The file is ours and nobody else has its name: what was read once is read again.
fn changed() -> ApiError {
    ApiError::new(Code::Internal, "The file was read twice and was not the same. Nothing was imported.")
}

fn saved_meanwhile(prompt: usize, place: usize) -> ApiError {
    let path = format!("prompts[{prompt}].versions[{place}]");
    let message = format!("Nothing was imported: someone has saved the version that `{path}` would be.");
    ApiError::new(Code::Conflict, message)
        .hint("What is here stays as it is; take the prompt out of the file.")
        .param(path)
}
