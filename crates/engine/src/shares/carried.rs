//! What a visitor may carry away: as a file, or into a library of their own. The prompt and its inputs, and what came of
//! them; never who served it, never an id that the link does not name.

use domain::chat::Verbatim;
use domain::limits::NAME_CHARS_MAX;
use domain::{
    ComparisonId, NewRun, NewVersion, PromptContent, PromptId, RunId, ShareScope, Shared as Thing, VersionId,
};
use serde::Serialize;
use serde_json::value::RawValue;

use super::guest::{Admitted, Counts, Guest, Visit, Visitor};
use super::show::{read, there};
use super::{SECOND, Shares, blank};
use crate::carry::format::{ComparisonHead, Events, FORMAT, PromptHead, RunEntry, VERSION, VersionEntry};
use crate::comparisons::Comparisons;
use crate::error::Error;
use crate::library::Library;
use crate::principal::Principal;
use crate::runs::Runs;
use crate::store::versions::hex;
use crate::tape::Tape;

/// What became of a fork.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// A prompt.
    Prompt(PromptId),
    /// A comparison.
    Comparison(ComparisonId),
}

/// A file in the format of exports.
#[derive(Serialize)]
struct File {
    format: &'static str,
    version: u32,
    prompts: Vec<Prompt>,
    runs: Vec<RunEntry>,
    comparisons: Vec<Comparison>,
}

#[derive(Serialize)]
struct Prompt {
    #[serde(flatten)]
    head: PromptHead,
    versions: Vec<VersionEntry>,
}

#[derive(Serialize)]
struct Comparison {
    #[serde(flatten)]
    head: ComparisonHead,
    cells: [(); 0],
}

impl Shares<'_> {
    /// What the link shows, as a file that another server can import.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn export(self, token: &str, visitor: &Visitor) -> Result<Visit<String>, Error> {
        let guest = match self.admit_for(token, visitor, ShareScope::Fork).await? {
            Admitted::Guest(guest) => guest,
            Admitted::Locked => return Ok(Visit::Locked),
            Admitted::NotThere => return Ok(Visit::NotThere),
        };
        let Some(file) = self.file(&guest).await? else { return Ok(Visit::NotThere) };
        let file = serde_json::to_string(&file).map_err(|error| Error::Corrupt(error.to_string()))?;
        self.let_have(&guest, "export", Counts::Once, file).await
    }

    /// Makes a prompt, or a comparison, of one's own of what the link shows.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub async fn fork(self, token: &str, visitor: &Visitor, principal: &Principal) -> Result<Visit<Carried>, Error> {
        let guest = match self.admit_for(token, visitor, ShareScope::Fork).await? {
            Admitted::Guest(guest) => guest,
            Admitted::Locked => return Ok(Visit::Locked),
            Admitted::NotThere => return Ok(Visit::NotThere),
        };
        let name = name(&guest);
        if let Thing::Comparison(id) = guest.row.resource {
            let comparisons = Comparisons(self.0);
            let Some(theirs) = there(comparisons.get(&guest.row.principal(), id).await)? else {
                return Ok(Visit::NotThere);
            };
            let Visit::Here { opened, .. } = self.let_have(&guest, "fork", Counts::Once, ()).await? else {
                return Ok(Visit::NotThere);
            };
            let own = comparisons.create(principal, name, anonymous(theirs.spec)).await?;
            return Ok(Visit::Here { thing: Carried::Comparison(own.id), opened });
        }
        let Some(content) = self.kept_content(&guest).await? else { return Ok(Visit::NotThere) };
        let Visit::Here { opened, .. } = self.let_have(&guest, "fork", Counts::Once, ()).await? else {
            return Ok(Visit::NotThere);
        };
        let version = NewVersion { name: Some(name), ..NewVersion::of(content) };
        let own = Library(self.0).create(principal, version).await?;
        Ok(Visit::Here { thing: Carried::Prompt(own.id), opened })
    }

    async fn file(self, guest: &Guest) -> Result<Option<File>, Error> {
        let (row, principal) = (&guest.row, guest.row.principal());
        let mut file =
            File { format: FORMAT, version: VERSION, prompts: Vec::new(), runs: Vec::new(), comparisons: Vec::new() };
        if let Thing::Comparison(id) = row.resource {
            let Some(theirs) = there(Comparisons(self.0).get(&principal, id).await)? else { return Ok(None) };
            let head = ComparisonHead {
                id: ComparisonId::from_bytes(derived(guest, "comparison")),
                name: name(guest),
                revision: 1,
                round: 0,
                spec: anonymous(theirs.spec),
                cost_micros: 0,
                created_at: row.created_at,
                updated_at: row.created_at,
            };
            file.comparisons.push(Comparison { head, cells: [] });
            return Ok(Some(file));
        }
        let Some(content) = self.kept_content(guest).await? else { return Ok(None) };
        file.prompts.push(prompt(guest, &content)?);
        if let Thing::Run(id) = row.resource {
            file.runs.extend(self.run_entry(&principal, id).await?);
        }
        Ok(Some(file))
    }

    /// What the link's run or version asks, as it was kept.
    async fn kept_content(self, guest: &Guest) -> Result<Option<PromptContent>, Error> {
        match guest.row.resource {
            Thing::Run(id) => {
                let run = there(Runs(self.0).get(&guest.row.principal(), id).await)?;
                run.map(|run| Ok(PromptContent::of_run(read(&run.request)?))).transpose()
            }
            _ => Ok(self.asked(guest).await?.map(|asked| asked.content)),
        }
    }

    /// A run that has ended, with nothing that tells where it was run.
    async fn run_entry(self, principal: &Principal, id: RunId) -> Result<Option<RunEntry>, Error> {
        let Some(run) = there(Runs(self.0).get(principal, id).await)? else { return Ok(None) };
        let Some(entries) = there(Runs(self.0).so_far(principal, id).await)? else { return Ok(None) };
        if !run.status.is_end() {
            return Ok(None);
        }
        let asked = PromptContent::of_run(read(&run.request)?).run();
        let mut tape = Tape::default();
        for entry in entries.into_iter().filter_map(blank::entry) {
            tape.push(entry.kind, entry.text());
        }
        Ok(Some(RunEntry {
            id,
            status: run.status,
            model: run.model,
            resolved_model: run.resolved_model,
            provider: None,
            endpoint: None,
            wire: run.wire,
            request: verbatim(&asked)?,
            params: run.params,
            output: run.output,
            finish_reason: run.finish_reason,
            usage: run.usage,
            cost_micros: run.cost_micros,
            queue_ms: run.queue_ms,
            ttft_ms: run.ttft_ms,
            total_ms: run.total_ms,
            error: run.error.map(blank::error),
            parent: None,
            prompt: None,
            version: None,
            comparison: None,
            request_id: None,
            request_digest: None,
            created_at: run.created_at,
            events: Events(tape),
            wires: Vec::new(),
        }))
    }
}

/// What it is called, as far as names go.
fn name(guest: &Guest) -> String {
    guest.row.title.chars().take(NAME_CHARS_MAX).collect::<String>().trim().to_owned()
}

/// A prompt with one version. Its ids follow from the link: importing the file twice changes nothing.
fn prompt(guest: &Guest, content: &PromptContent) -> Result<Prompt, Error> {
    let at = guest.row.created_at;
    let content = content.canonical();
    let head = PromptHead {
        id: PromptId::from_bytes(derived(guest, "prompt")),
        name: name(guest),
        description: String::new(),
        tags: Vec::new(),
        favourite: false,
        labels: std::collections::BTreeMap::new(),
        created_at: at,
        updated_at: at,
        archived_at: None,
        names: Vec::new(),
    };
    let version = VersionEntry {
        id: VersionId::from_bytes(derived(guest, "version")),
        version: 1,
        digest: hex(blake3::hash(content.as_bytes()).as_bytes()),
        parent: None,
        merged: None,
        note: String::new(),
        author: String::new(),
        created_at: at,
        content: RawValue::from_string(content).map(Verbatim).map_err(|error| Error::Corrupt(error.to_string()))?,
    };
    Ok(Prompt { head, versions: vec![version] })
}

fn verbatim(new: &NewRun) -> Result<Verbatim, Error> {
    let json = serde_json::to_string(new).and_then(RawValue::from_string);
    json.map(Verbatim).map_err(|error| Error::Corrupt(error.to_string()))
}

/// The bytes of an id that only this link gives: a UUIDv7 of the time at which the link was made.
fn derived(guest: &Guest, what: &str) -> [u8; 16] {
    let hash = blake3::Hasher::new().update(what.as_bytes()).update(guest.row.id.as_bytes()).finalize();
    let millis = u64::try_from(guest.row.created_at / (SECOND / 1_000)).unwrap_or_default();
    let mut random = [0; 10];
    random.copy_from_slice(&hash.as_bytes()[..10]);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().into_bytes()
}

/// The same without the prompts that it was made from.
fn anonymous(mut spec: domain::ComparisonSpec) -> domain::ComparisonSpec {
    for column in &mut spec.columns {
        column.prompt = None;
        column.version = None;
        column.edited = false;
    }
    spec.data_name = None;
    spec.cap_micros = None;
    spec
}
