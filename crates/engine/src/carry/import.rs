//! The second reading of a file: what was looked at is written, all of it or nothing.

use domain::carry::Imported;
use domain::{ApiError, Code, PromptId, RunId};
use tokio::runtime::Handle;

use super::check::Check;
use super::format::{CellEntry, PromptHead, VersionEntry};
use super::read::{self, Item};
use super::rules::tidied;
use super::spool::Spooled;
use crate::error::Error;
use crate::principal::Principal;
use crate::store::Store;
use crate::store::carry::{Carried, Written, row_of};
use crate::store::prompts::NewRow;

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
    dry_run: bool,
    handle: &Handle,
) -> Result<(Imported, Vec<PromptId>), Error> {
    let mut check = Check::new(store, is_going_on, principal);
    read::read(file.reader()?, &mut |item| handle.block_on(check.take(item)))?;
    if dry_run {
        return Ok((check.told(), Vec::new()));
    }
    check.findings.refuse()?;
    let ids = std::mem::take(&mut check.ids);
    drop(check);
    let db = handle.block_on(store.write_carried(principal))?;
    let mut write = Write { db, principal, ids, prompt: None, cells: (0, Vec::new()), counts: Imported::default() };
    read::read(file.reader()?, &mut |item| handle.block_on(write.take(item)))?;
    let Write { db, ids, counts, .. } = write;
    handle.block_on(db.commit())?;
    Ok((counts, ids))
}

/// The second reading.
struct Write<'a> {
    db: Carried,
    principal: &'a Principal,
    ids: Vec<PromptId>,
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
}

impl Write<'_> {
    async fn take(&mut self, item: Item) -> Result<(), Error> {
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
                match self.db.comparison(*head, if of == place { cells } else { Vec::new() }).await? {
                    Written::Created => self.counts.created += 1,
                    Written::Updated => self.counts.updated += 1,
                    Written::Unchanged => self.counts.unchanged += 1,
                }
                Ok(())
            }
            Item::Refused(_) => Err(changed().into()),
        }
    }

    fn count(&mut self, written: bool) {
        let count = if written { &mut self.counts.created } else { &mut self.counts.unchanged };
        *count += 1;
    }

    async fn version(&mut self, prompt: usize, place: usize, version: &VersionEntry) -> Result<(), Error> {
        let id = *self.ids.get(prompt).ok_or_else(changed)?;
        if self.prompt.as_ref().is_none_or(|open| open.place != prompt) {
            self.prompt = Some(Open { place: prompt, here: self.db.digests(id).await?, newest: None });
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
        self.count(true);
        Ok(())
    }

    async fn prompt(&mut self, place: usize, prompt: PromptHead) -> Result<(), Error> {
        let open = self.prompt.take().filter(|open| open.place == place).ok_or_else(changed)?;
        let is_new = open.here.is_empty();
        let changed = self.db.prompt(&tidied(prompt)?, open.newest).await?;
        if changed && !is_new {
            self.counts.updated += 1;
        } else {
            self.count(changed);
        }
        Ok(())
    }
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
