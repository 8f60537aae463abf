//! Writes a file, in the background, as fast as it is taken.

use std::sync::Arc;

use bytes::Bytes;
use domain::{ApiError, Code, ComparisonId, PromptId, RunId};
use tokio::sync::mpsc;

use super::format::{CellEntry, ComparisonHead, PromptHead, RunEntry, VersionEntry};
use super::{Export, Form, Of, comparison, json, markdown};
use crate::Shared;
use crate::error::Error;
use crate::history::wait_for_row;
use crate::library::examples::Example;
use crate::principal::Principal;
use crate::runs::found;
use crate::store::Store;
use crate::store::carry::RunsOf;
use crate::store::prompts::absent;
use crate::store::versions::{VersionRow, hex};

/// Pieces that may wait to be taken.
const PIECES_MAX: usize = 4;
/// How large a piece becomes before it is handed over, in bytes.
const PIECE_BYTES: usize = 64 * 1024;
/// Ids that are looked up at a time.
const IDS_PAGE: u32 = 256;
/// Longest name of a file, without its ending, in characters.
const FILE_NAME_CHARS_MAX: usize = 80;

/// Looks whether there is something to write, and begins.
pub async fn begin(
    shared: &Arc<Shared>,
    principal: &Principal,
    of: Of,
    form: Form,
    runs: bool,
) -> Result<Export, Error> {
    let name = match of {
        Of::All => "export".to_owned(),
        Of::Prompt(id) => shared.store.prompt(principal.workspace, id).await?.ok_or_else(|| no_prompt(id))?.name,
        Of::Run(id) => {
            let hot = shared.log.hot(id).filter(|hot| hot.opened.workspace == principal.workspace);
            if hot.is_some_and(|hot| !hot.ended()) {
                let message = "The run is still going on; only an ended one can be exported.";
                return Err(ApiError::new(Code::Conflict, message).hint("Wait until it has ended.").into());
            }
            String::new()
        }
        Of::Comparison(id) => comparison::of(&shared.store, principal.workspace, id)
            .await?
            .map(|(head, _)| head.name)
            .ok_or_else(|| no_comparison(id))?,
    };
    settle(shared, principal, if let Of::Run(run) = of { Some(run) } else { None }).await?;
    if let Of::Run(run) = of {
        found(shared.store.parent(principal.workspace, run).await?, run)?;
    }
    let (to, pieces) = mpsc::channel(PIECES_MAX);
    let ending = if form == Form::Json { "json" } else { "md" };
    let file_name = format!("{}.{ending}", file_stem(&name, of));
    let (shared, principal) = (shared.clone(), principal.clone());
    tokio::spawn(async move {
        let mut out = Out::new(to);
        let source = Source { store: &shared.store, principal: &principal };
        let written = match form {
            Form::Json => json::write(source, of, runs, &mut out).await,
            Form::Markdown => markdown::write(source, of, runs, &mut out).await,
        };
        match written {
            Ok(()) => drop(out.hand_over().await),
            Err(Stop::Gone) => {}
            Err(Stop::Failed(error)) => {
                tracing::error!(%error, "an export broke off");
                let _ = out.to.send(Err(error)).await;
            }
        }
    });
    Ok(Export { file_name, pieces })
}

/// Waits until the ended runs of a workspace, or the one, are rows.
pub async fn settle(shared: &Shared, principal: &Principal, run: Option<RunId>) -> Result<(), Error> {
    for hot in shared.log.all_hot() {
        let is_meant = hot.opened.workspace == principal.workspace && run.is_none_or(|run| hot.run() == run);
        if is_meant && hot.ended() && !hot.is_kept() {
            wait_for_row(&hot).await?;
        }
    }
    Ok(())
}

fn no_prompt(id: PromptId) -> ApiError {
    match Example::of(id) {
        Some(_) => ApiError::new(
            Code::NotFound,
            format!("{id} is an example that nobody has saved, so it is no one's to carry."),
        )
        .hint("Save it first; every server has the examples."),
        None => absent(id),
    }
}

fn no_comparison(id: ComparisonId) -> ApiError {
    ApiError::new(Code::NotFound, format!("There is no {id}.")).hint("Check the id.")
}

/// A name that every file system takes, and that leads nowhere.
fn file_stem(name: &str, of: Of) -> String {
    let mut stem = String::from("etude");
    for letter in name.chars().take(FILE_NAME_CHARS_MAX) {
        if letter.is_ascii_alphanumeric() {
            // The first of a word.
            if stem.len() == 5 {
                stem.push('-');
            }
            stem.push(letter.to_ascii_lowercase());
        } else if !stem.ends_with('-') {
            stem.push('-');
        }
    }
    let stem = stem.trim_end_matches('-');
    if stem.len() > 6 {
        return stem.to_owned();
    }
    match of {
        Of::All => "etude-export".into(),
        Of::Prompt(id) => format!("etude-{id}"),
        Of::Run(id) => format!("etude-{id}"),
        Of::Comparison(id) => format!("etude-{id}"),
    }
}

/// Why no more is written.
pub enum Stop {
    /// Nobody takes it any more.
    Gone,
    /// It cannot be read.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Where a file goes.
pub struct Out {
    to: mpsc::Sender<Result<Bytes, Error>>,
    piece: String,
}

impl Out {
    /// Nothing yet.
    pub fn new(to: mpsc::Sender<Result<Bytes, Error>>) -> Self {
        Self { to, piece: String::new() }
    }

    /// Writes some text.
    ///
    /// # Errors
    /// When nobody takes it any more.
    pub async fn push(&mut self, text: &str) -> Result<(), Stop> {
        self.piece.push_str(text);
        if self.piece.len() >= PIECE_BYTES { self.hand_over().await } else { Ok(()) }
    }

    /// Hands over what has been written.
    ///
    /// # Errors
    /// When nobody takes it any more.
    pub async fn hand_over(&mut self) -> Result<(), Stop> {
        let piece = Bytes::from(std::mem::take(&mut self.piece));
        if piece.is_empty() {
            return Ok(());
        }
        self.to.send(Ok(piece)).await.map_err(|_| Stop::Gone)
    }
}

/// Where it comes from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub store: &'a Store,
    pub principal: &'a Principal,
}

impl Source<'_> {
    /// The prompts of a file, some after `after`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn prompts(self, of: Of, after: Option<PromptId>) -> Result<Vec<PromptId>, Error> {
        match (of, after) {
            (Of::All, after) => self.store.prompt_ids(self.principal.workspace, after, IDS_PAGE).await,
            (Of::Prompt(id), None) => Ok(vec![id]),
            _ => Ok(Vec::new()),
        }
    }

    /// The runs of a file, some after `after`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn runs(self, of: Of, with_runs: bool, after: Option<RunId>) -> Result<Vec<RunId>, Error> {
        let which = match of {
            Of::All => RunsOf::All,
            Of::Prompt(prompt) if with_runs => RunsOf::Prompt(prompt),
            Of::Prompt(_) => return Ok(Vec::new()),
            Of::Comparison(comparison) => RunsOf::Comparison(comparison),
            Of::Run(run) => return Ok(if after.is_none() { vec![run] } else { Vec::new() }),
        };
        self.store.run_ids(self.principal.workspace, which, after, IDS_PAGE).await
    }

    /// The comparisons of a file.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn comparisons(self, of: Of) -> Result<Vec<ComparisonId>, Error> {
        match of {
            Of::All => self.store.every_comparison(self.principal.workspace).await,
            Of::Comparison(id) => Ok(vec![id]),
            Of::Prompt(_) | Of::Run(_) => Ok(Vec::new()),
        }
    }

    /// A prompt, and the number of its newest version; none where it is gone meanwhile.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn prompt(self, id: PromptId) -> Result<Option<(PromptHead, u32)>, Error> {
        let Some(row) = self.store.prompt(self.principal.workspace, id).await? else { return Ok(None) };
        let names = self.store.names_of(id).await?;
        let head = PromptHead {
            id,
            name: row.name,
            description: row.description,
            tags: row.tags,
            favourite: row.favourite,
            labels: row.labels,
            created_at: row.created_at,
            updated_at: row.updated_at,
            archived_at: row.archived_at,
            // Someone may have named a version since.
            names: names.into_iter().filter(|name| name.number <= row.head).collect(),
        };
        Ok(Some((head, row.head)))
    }

    /// A version by its number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn version(self, prompt: PromptId, number: u32) -> Result<VersionEntry, Error> {
        let row = self.store.version(self.principal.workspace, prompt, number).await?;
        let missing = || Error::Corrupt(format!("{prompt} has no version {number}"));
        let VersionRow { id, digest, parent, merged, note, author, created_at, content, .. } =
            row.ok_or_else(missing)?;
        let content = serde_json::value::RawValue::from_string(content);
        let content = content.map_err(|error| Error::Corrupt(format!("version {id}: {error}")))?;
        let (content, digest) = (domain::chat::Verbatim(content), hex(&digest));
        Ok(VersionEntry { id, version: number, digest, parent, merged, note, author, created_at, content })
    }

    /// A run; none where it is gone meanwhile.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run(self, id: RunId) -> Result<Option<RunEntry>, Error> {
        self.store.whole_run(self.principal.workspace, id).await?.map(RunEntry::of).transpose()
    }

    /// A comparison with its cells; none where it is gone meanwhile.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn comparison(self, id: ComparisonId) -> Result<Option<(ComparisonHead, Vec<CellEntry>)>, Error> {
        comparison::of(self.store, self.principal.workspace, id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_leads_nowhere() {
        let of = Of::Prompt(PromptId::from_bytes([1; 16]));
        assert_eq!(file_stem("Clause review, 2nd try", of), "etude-clause-review-2nd-try");
        assert_eq!(file_stem("../../etc/passwd", of), "etude-etc-passwd");
        assert_eq!(file_stem("Größe\"; rm -rf \r\n", of), "etude-gr-e-rm-rf");
        assert_eq!(file_stem("ご挨拶", of), format!("etude-prm_{}", "01".repeat(16)));
        assert!(file_stem(&"x".repeat(1_000), of).len() < 100);
    }
}
