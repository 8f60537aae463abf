//! The library: prompts with a history, found in memory, kept in the database.

mod band;
mod best;
pub mod differences;
mod entry;
pub mod examples;
mod find;
mod fold;
mod index;
mod resolve;
mod shelf;
mod vocabulary;
mod wanted;

use std::sync::Arc;

use domain::prompt::{About, OutputBand, PromptFigures, Saved, Shelves, VersionPage};
use domain::{ApiError, Code, NewVersion, Preset, PromptContent, PromptId, VersionId, VersionInfo, Which};

use crate::Shared;
use crate::error::Error;
use crate::principal::Principal;
use crate::store::prompts::{NewRow, PromptRow, absent, no_version};
use crate::store::versions::{RunFigures, VersionRow, hex};
pub(crate) use band::{Length, band};
pub use resolve::prompt_id;
pub use shelf::Shelf;

use entry::Known;
use examples::{EXAMPLES, Example};
use index::Index;

/// Versions whose content is in memory, at most.
const CONTENTS_MAX: usize = 512;
/// Longest content that is held there, in bytes.
const CONTENT_BYTES_MAX: usize = 256 * 1024;

/// Everything that can be done with prompts.
#[derive(Clone, Copy)]
pub struct Library<'a>(pub(crate) &'a Shared);

impl Library<'_> {
    /// Saves a new prompt with its first version.
    ///
    /// # Errors
    /// `invalid_request` that names the field.
    pub async fn create(self, principal: &Principal, version: NewVersion) -> Result<Saved, Error> {
        let (content, about) = version.split();
        let about = about.checked()?;
        if about.name.is_none() {
            return Err(invalid("name", "`name` is missing. Nothing was saved.").into());
        }
        if let Some(parent) = about.parent.or(about.merged) {
            return Err(no_version("parent", parent, 0).into());
        }
        let id = PromptId::from_bytes(self.0.clock.id());
        self.create_as(principal, id, content, about).await
    }

    async fn create_as(
        self,
        principal: &Principal,
        id: PromptId,
        content: PromptContent,
        about: About,
    ) -> Result<Saved, Error> {
        self.check(&content).await?;
        let row = self.row(principal, content)?;
        let saved = self.0.store.create_prompt(principal, id, &about, &row).await?;
        let answer = Saved {
            id,
            version: 1,
            version_id: row.id,
            digest: hex(&row.digest),
            created: true,
            behind: None,
            updated_at: saved.updated_at,
        };
        self.remember(principal, saved, Some(row)).await;
        Ok(answer)
    }

    /// Saves another version of a prompt; content that is the newest's or the parent's makes none. What was made of an
    /// older version than the newest is saved all the same, and the answer says so.
    ///
    /// # Errors
    /// `not_found`; `invalid_request` that names the field.
    pub async fn save(self, principal: &Principal, id: PromptId, version: NewVersion) -> Result<Saved, Error> {
        let (content, about) = version.split();
        let about = about.checked()?;
        self.check(&content).await?;
        self.own(principal, id).await?;
        let row = self.row(principal, content)?;
        let (saved, prompt) = self.0.store.save_version(principal, id, &about, &row).await?;
        let answer = Saved {
            id,
            version: saved.number,
            version_id: saved.id,
            digest: hex(&row.digest),
            created: saved.created,
            behind: saved.behind,
            updated_at: prompt.updated_at,
        };
        self.remember(principal, prompt, saved.created.then_some(row)).await;
        Ok(answer)
    }

    /// Changes what is said about a prompt; makes no version.
    ///
    /// # Errors
    /// `not_found`; `invalid_request` that names the field.
    pub async fn describe(self, principal: &Principal, id: PromptId, about: About) -> Result<Preset, Error> {
        let about = about.checked()?;
        self.own(principal, id).await?;
        let now = self.0.clock.now_micros();
        let row = self.0.store.describe_prompt(principal.workspace, id, &about, now).await?;
        self.remember(principal, row, None).await;
        self.get(principal, id, Which::Head).await
    }

    /// Puts a prompt away, or brings it back: nothing of it is lost.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn archive(self, principal: &Principal, id: PromptId, archived: bool) -> Result<(), Error> {
        self.own(principal, id).await?;
        let at = archived.then(|| self.0.clock.now_micros());
        let row = self.0.store.archive_prompt(principal.workspace, id, at).await?;
        self.remember(principal, row, None).await;
        Ok(())
    }

    /// Makes another prompt of a version.
    ///
    /// # Errors
    /// `not_found`; `invalid_request` where there is no such version.
    pub async fn fork(self, principal: &Principal, id: PromptId, version: Option<u32>) -> Result<Saved, Error> {
        let of = self.get(principal, id, Which::of(version, None)).await?;
        let room = domain::limits::NAME_CHARS_MAX - " (fork)".len();
        let name: String = of.name.chars().take(room).collect();
        let about = About {
            name: Some(format!("{name} (fork)")),
            tags: Some(of.tags.into_iter().filter(|tag| !of.example || tag != "example").collect()),
            description: Some(of.description),
            note: format!("Forked from {}, v{}", name, of.version),
            ..About::default()
        };
        self.create_as(principal, PromptId::from_bytes(self.0.clock.id()), of.content, about.checked()?).await
    }

    /// Makes a new version with the content of an older one.
    ///
    /// # Errors
    /// `not_found`; `invalid_request` where there is no such version.
    pub async fn restore(self, principal: &Principal, id: PromptId, version: u32) -> Result<Saved, Error> {
        let of = self.get(principal, id, Which::Number(version)).await?;
        let note = Some(format!("Restored v{version}"));
        self.save(principal, id, NewVersion { note, ..NewVersion::of(of.content) }).await
    }

    /// A prompt with one of its versions.
    ///
    /// # Errors
    /// `not_found`; `invalid_request` where there is no such version.
    pub async fn get(self, principal: &Principal, id: PromptId, which: Which) -> Result<Preset, Error> {
        let (row, number) = match self.0.store.prompt(principal.workspace, id).await? {
            Some(row) => {
                let known = Known::from(&row);
                (row, known.number(&which).ok_or_else(|| unknown(&which, known.head)))
            }
            None => return self.example(id, &which),
        };
        let version = self.version_row(principal, id, number?).await?;
        let content = read(&version.content)?;
        Ok(Preset {
            id,
            name: row.name,
            description: row.description,
            tags: row.tags,
            favourite: row.favourite,
            labels: row.labels,
            head: row.head,
            version: version.number,
            version_id: version.id,
            digest: hex(&version.digest),
            parent: version.parent,
            merged: version.merged,
            note: version.note,
            author: version.author,
            created_at: row.created_at,
            updated_at: row.updated_at,
            saved_at: version.created_at,
            example: false,
            archived: row.archived_at.is_some(),
            content,
        })
    }

    /// A prompt with the version that has the id.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn version(self, principal: &Principal, id: VersionId) -> Result<Preset, Error> {
        if let Some(example) = EXAMPLES.iter().find(|example| example.version_id == id)
            && self.0.store.prompt(principal.workspace, example.id).await?.is_none()
        {
            return self.example(example.id, &Which::Head);
        }
        let Some((prompt, number)) = self.0.store.version_of(principal.workspace, id).await? else {
            return Err(ApiError::new(Code::NotFound, format!("There is no {id}.")).into());
        };
        self.get(principal, prompt, Which::Number(number)).await
    }

    /// A page of the versions of a prompt, the newest first.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn versions(
        self,
        principal: &Principal,
        id: PromptId,
        after: Option<u32>,
        limit: u32,
    ) -> Result<VersionPage, Error> {
        if self.0.store.prompt(principal.workspace, id).await?.is_some() {
            return self.0.store.versions(id, after, limit).await;
        }
        let only = self.example(id, &Which::Head)?;
        let info = VersionInfo {
            id: only.version_id,
            version: 1,
            digest: only.digest,
            parent: None,
            merged: None,
            note: only.note,
            author: only.author,
            labels: Vec::new(),
            model: only.content.model,
            runs: 0,
            cost_micros: 0,
            created_at: 0,
        };
        let data = if after.is_none_or(|after| after > 1) { vec![info] } else { Vec::new() };
        Ok(VersionPage { data, next: None })
    }

    /// What the runs of a prompt, or of one of its versions, took.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn figures(self, _: &Principal, id: PromptId, version: Option<u32>) -> Result<PromptFigures, Error> {
        let runs = self.0.store.figures_of_runs(id, version, None).await?;
        let mut ttft: Vec<u64> = runs.iter().filter_map(|run| run.ttft_ms).collect();
        ttft.sort_unstable();
        let lengths = lengths(&runs);
        let longest = lengths.iter().map(|length| length.tokens).max().unwrap_or_default();
        Ok(PromptFigures {
            runs: runs.len() as u64,
            failed: runs.iter().filter(|run| run.failed).count() as u64,
            cost_micros: runs.iter().filter_map(|run| run.cost_micros).sum(),
            ttft_ms: ttft.get(ttft.len() / 2).copied(),
            output_tokens: band(&lengths).map(|band| (band.least, band.most.unwrap_or(longest))),
        })
    }

    /// How long the answers of a prompt have been with a model; none where too few are known.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn output_band(self, _: &Principal, id: PromptId, model: &str) -> Result<Option<OutputBand>, Error> {
        let runs = self.0.store.figures_of_runs(id, None, Some(model)).await?;
        Ok(band(&lengths(&runs)))
    }

    /// How many prompts stand where.
    ///
    /// # Errors
    /// None yet: everything is in memory.
    pub async fn shelves(self, principal: &Principal) -> Result<Shelves, Error> {
        Ok(self.0.library.ask(principal.workspace, Index::shelves).await)
    }

    /// Notes how another system calls a version of a prompt, so that programs that use that name find it.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn name_as(
        self,
        principal: &Principal,
        name: &str,
        version: &str,
        prompt: PromptId,
        number: u32,
    ) -> Result<(), Error> {
        self.0.store.name_prompt(principal.workspace, name, version, prompt, number).await
    }

    /// The prompt and version that another system knows by that name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn named(
        self,
        principal: &Principal,
        name: &str,
        version: &str,
    ) -> Result<Option<(PromptId, u32)>, Error> {
        self.0.store.prompt_named(principal.workspace, name, version).await
    }

    /// An example is there for everyone; whoever changes it gets rows of their own.
    async fn own(self, principal: &Principal, id: PromptId) -> Result<(), Error> {
        let Some(example) = Example::of(id) else { return Ok(()) };
        if self.0.store.prompt(principal.workspace, id).await?.is_some() {
            return Ok(());
        }
        let row = NewRow { id: example.version_id, ..self.row(principal, example.content(&self.model()))? };
        let about = About {
            name: Some(example.name.to_owned()),
            tags: Some(example.tags()),
            description: Some(example.description.to_owned()),
            note: "The example that comes with Etude".to_owned(),
            ..About::default()
        };
        let saved = self.0.store.create_prompt(principal, id, &about, &row).await?;
        self.remember(principal, saved, Some(row)).await;
        Ok(())
    }

    fn example(self, id: PromptId, which: &Which) -> Result<Preset, Error> {
        let example = Example::of(id).ok_or_else(|| absent(id))?;
        if !matches!(which, Which::Head | Which::Number(1)) {
            return Err(unknown(which, 1).into());
        }
        let content = example.content(&self.model());
        Ok(Preset {
            id,
            name: example.name.to_owned(),
            description: example.description.to_owned(),
            tags: example.tags(),
            favourite: false,
            labels: std::collections::BTreeMap::new(),
            head: 1,
            version: 1,
            version_id: example.version_id,
            digest: hex(blake3::hash(content.canonical().as_bytes()).as_bytes()),
            parent: None,
            merged: None,
            note: "The example that comes with Etude".to_owned(),
            author: AUTHOR_OF_EXAMPLES.to_owned(),
            created_at: 0,
            updated_at: 0,
            saved_at: 0,
            example: true,
            archived: false,
            content,
        })
    }

    /// The default model: examples are for whichever is there.
    fn model(self) -> String {
        self.0.registry.models().first().map(|model| model.name.clone()).unwrap_or_else(|| "none".to_owned())
    }

    fn row(self, principal: &Principal, content: PromptContent) -> Result<NewRow, Error> {
        let canonical = content.canonical();
        domain::strict::refuse_nul(&canonical).map_err(|error| error.param("messages"))?;
        Ok(NewRow {
            id: VersionId::from_bytes(self.0.clock.id()),
            digest: *blake3::hash(canonical.as_bytes()).as_bytes(),
            content,
            canonical,
            author: principal.name().to_owned(),
            now: self.0.clock.now_micros(),
        })
    }

    /// Checks ranges where the model is known; one that is away may come back, and its prompt is kept all the same.
    async fn check(self, content: &PromptContent) -> Result<(), Error> {
        content.check()?;
        let known = self.0.registry.resolve(&content.model).await.ok().map(|(model, _)| model.info.clone());
        let usual = || domain::ModelInfo::named(&content.model, "");
        let saved = |mut error: ApiError| {
            error.message = error.message.replace("Nothing was sent.", "Nothing was saved.");
            error
        };
        content.params.check_ranges(&known.unwrap_or_else(usual)).map_err(|error| saved(error).param("params"))?;
        Ok(())
    }

    async fn version_row(self, principal: &Principal, id: PromptId, number: u32) -> Result<VersionRow, Error> {
        let row = self.0.store.version(principal.workspace, id, number).await?;
        row.ok_or_else(|| Error::Corrupt(format!("version {number} of {id} is not there")))
    }

    async fn remember(self, principal: &Principal, row: PromptRow, saved: Option<NewRow>) {
        if let Some(saved) = saved {
            self.hold(row.id, row.head, saved.content, saved.canonical.len());
        }
        let text = self.0.store.prompt_text(row.id).await.unwrap_or_default();
        self.0.library.put(principal.workspace, row, text).await;
    }

    fn hold(self, id: PromptId, number: u32, content: PromptContent, bytes: usize) -> Arc<PromptContent> {
        let content = Arc::new(content);
        if bytes <= CONTENT_BYTES_MAX {
            let mut contents = self.0.library.contents();
            if contents.len() >= CONTENTS_MAX {
                contents.clear();
            }
            contents.insert((id, number), content.clone());
        }
        content
    }
}

/// Who wrote the examples.
const AUTHOR_OF_EXAMPLES: &str = "Etude";

/// The digest of a version's canonical JSON, as it is shown.
#[must_use]
pub fn digest(canonical: &str) -> String {
    hex(blake3::hash(canonical.as_bytes()).as_bytes())
}

fn read(content: &str) -> Result<PromptContent, Error> {
    serde_json::from_str(content).map_err(|error| Error::Corrupt(format!("a version's content: {error}")))
}

fn invalid(param: &str, message: &str) -> ApiError {
    ApiError::new(Code::InvalidRequest, message).param(param)
}

fn unknown(which: &Which, head: u32) -> ApiError {
    match which {
        Which::Label(label) => {
            let label = domain::fields::quoted(label);
            ApiError::new(Code::NotFound, format!("No version of the prompt has the label `{label}`.")).param("label")
        }
        Which::Number(number) => {
            let message = format!("There is no version {number}; there are versions 1 to {head}.");
            ApiError::new(Code::NotFound, message).param("version")
        }
        Which::Head => ApiError::new(Code::NotFound, "The prompt has no version."),
    }
}

/// How long the answers were that came to their end or to a limit.
fn lengths(runs: &[RunFigures]) -> Vec<Length> {
    let whole = runs.iter().filter(|run| run.whole);
    whole.map(|run| Length { tokens: run.output_tokens, cut: run.cut }).collect()
}
