//! Prompts that another system exported, kept here under the names that it has for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::carry::Imported;
use domain::chat::Verbatim;
use domain::{Code, ImportId, PromptContent, PromptId, VersionId};

use super::check::Findings;
use super::format::{OtherName, PromptHead, VersionEntry};
use super::import::{How, former_prompt};
use super::read::Entry;
use super::rules::{check_name, check_prompt, check_version, tidied};
use crate::Shared;
use crate::error::Error;
use crate::principal::Principal;
use crate::store::carry::{Carried, row_of};
use crate::store::prompts::NewRow;
use crate::store::versions::hex;

/// The label of the version that is in use.
const PRODUCTION: &str = "production";

/// A prompt of another system.
#[derive(Debug, Clone, PartialEq)]
pub struct Foreign {
    /// Its id there, such as `pmpt_…`.
    pub id: String,
    /// What it shall be called here, where it is new.
    pub name: String,
    /// The system, as the author of its versions.
    pub author: String,
    /// What that system calls the version that is in use there.
    pub production: Option<String>,
    /// Its versions, the oldest first.
    pub versions: Vec<ForeignVersion>,
}

/// A version of one.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignVersion {
    /// What it is called there; none where that is not said.
    pub version: Option<String>,
    /// What it holds; where its model is empty, the default model is meant.
    pub content: PromptContent,
    /// What there is to say about it.
    pub note: String,
}

/// Keeps prompts of another system. Versions that are known by their names and hold the same change nothing.
///
/// # Errors
/// `invalid_request` that names the entries; then nothing was written.
pub async fn adopt(
    shared: &Arc<Shared>,
    principal: &Principal,
    prompts: Vec<Foreign>,
    how: How,
) -> Result<Imported, Error> {
    let model = shared.registry.models().first().map(|model| model.name.clone()).unwrap_or_default();
    let now = shared.clock.now_micros();
    let mut plans = Vec::with_capacity(prompts.len());
    let mut findings = Findings::default();
    for (place, foreign) in prompts.into_iter().enumerate() {
        let id = || shared.clock.id();
        let before = findings.total();
        let plan = Plan::of(foreign, &model, now, id, place, &mut findings)?;
        plans.extend((findings.total() == before).then_some(plan));
    }
    if !how.dry_run && !how.skip_refused {
        findings.refuse()?;
    }
    let import = ImportId::from_bytes(shared.clock.id());
    let mut db = shared.store.write_carried(principal, import).await?;
    let (mut counts, mut ids) = (Imported::default(), Vec::with_capacity(plans.len()));
    for plan in plans {
        ids.push(plan.write(shared, principal, &mut db, &mut counts, now).await?);
    }
    if how.dry_run {
        // What was written goes with the transaction.
        return Ok(findings.told(counts));
    }
    let has_written = db.commit(now).await?;
    shared.library.reload(&shared.store, principal.workspace, &ids).await?;
    let counts = Imported { id: has_written.then_some(import), ..counts };
    Ok(if how.skip_refused { findings.told(counts) } else { counts })
}

/// A prompt as it would be kept where it is new.
struct Plan {
    head: PromptHead,
    foreign: String,
    production: Option<String>,
    versions: Vec<(Option<String>, VersionEntry, NewRow)>,
}

impl Plan {
    fn of(
        foreign: Foreign,
        model: &str,
        now: i64,
        id: impl Fn() -> [u8; 16],
        place: usize,
        findings: &mut Findings,
    ) -> Result<Self, Error> {
        let (of, path) = (Some(Entry::Prompt(place)), format!("[{place}]"));
        let head = PromptHead {
            id: PromptId::from_bytes(id()),
            name: foreign.name,
            description: String::new(),
            tags: Vec::new(),
            favourite: false,
            labels: BTreeMap::new(),
            created_at: now,
            updated_at: now,
            archived_at: None,
            names: Vec::new(),
        };
        let count = u32::try_from(foreign.versions.len()).unwrap_or(u32::MAX);
        check_prompt(&head, Some(count)).iter().for_each(|wrong| findings.add(of, &path, wrong));
        let mut versions = Vec::with_capacity(foreign.versions.len());
        for (place, version) in foreign.versions.into_iter().enumerate() {
            let path = format!("{path}.versions[{place}]");
            let mut content = version.content;
            if content.model.is_empty() {
                model.clone_into(&mut content.model);
            }
            let canonical = content.canonical();
            let digest = *blake3::hash(canonical.as_bytes()).as_bytes();
            let raw = serde_json::value::RawValue::from_string(canonical);
            let entry = VersionEntry {
                id: VersionId::from_bytes(id()),
                version: 0,
                digest: hex(&digest),
                parent: None,
                merged: None,
                note: version.note,
                author: foreign.author.clone(),
                created_at: now,
                content: Verbatim(raw.map_err(|error| Error::Corrupt(error.to_string()))?),
            };
            let wrong = check_version(&entry).0;
            let other =
                OtherName { name: foreign.id.clone(), version: version.version.clone().unwrap_or_default(), number: 1 };
            wrong.iter().chain(check_name(&other).as_ref()).for_each(|wrong| findings.add(of, &path, wrong));
            if wrong.is_empty() {
                let row = row_of(&entry, digest)?;
                versions.push((version.version, entry, row));
            }
        }
        Ok(Self { head, foreign: foreign.id, production: foreign.production, versions })
    }

    async fn write(
        self,
        shared: &Shared,
        principal: &Principal,
        db: &mut Carried,
        counts: &mut Imported,
        now: i64,
    ) -> Result<PromptId, Error> {
        let Self { head, foreign, production, versions } = self;
        let mut named = db.named(&foreign).await?;
        let known = named.first().map(|(_, prompt, _)| *prompt);
        let id = known.unwrap_or(head.id);
        let former = if known.is_some() { former_prompt(&shared.store, principal, id).await? } else { None };
        let mut here = db.digests(id).await?;
        let mut newest = None;
        let (mut changed, mut added) = (false, 0);
        for (name, mut entry, row) in versions {
            let name = name.unwrap_or_default();
            let digest = row.digest;
            let holds = |number: u32| here.get(number as usize - 1) == Some(&digest);
            let same = named.iter().any(|(version, _, number)| *version == name && holds(*number));
            if same {
                counts.unchanged += 1;
                continue;
            }
            let number = match here.last() {
                // As when it is saved: what the newest holds makes no version.
                Some(last) if *last == digest => {
                    counts.unchanged += 1;
                    count(here.len())?
                }
                _ => {
                    entry.parent = here.len().checked_sub(1).map(|_| count(here.len())).transpose()?;
                    entry.version = count(here.len() + 1)?;
                    db.version(id, &entry, &row).await?;
                    here.push(digest);
                    newest = Some((entry.version, row));
                    counts.created += 1;
                    added += 1;
                    entry.version
                }
            };
            changed = true;
            db.name(id, &OtherName { name: foreign.clone(), version: name.clone(), number }).await?;
            named.retain(|(version, ..)| *version != name);
            named.push((name, id, number));
        }
        match known {
            None => {
                db.prompt(&tidied(head)?, newest).await?;
                counts.created += 1;
            }
            Some(_) if changed => {
                db.grow(id, newest, now).await?;
                counts.updated += 1;
            }
            Some(_) => counts.unchanged += 1,
        }
        let in_use = production.and_then(|production| named.iter().find(|(version, ..)| *version == production));
        if let Some((_, _, number)) = in_use
            && (changed || known.is_none())
        {
            // Whoever names no version means that one.
            db.name(id, &OtherName { name: foreign.clone(), version: String::new(), number: *number }).await?;
            db.label(id, PRODUCTION, *number, now).await?;
        }
        if changed || known.is_none() {
            db.note_prompt(id, added + 1, former.as_ref()).await?;
        }
        Ok(id)
    }
}

fn count(versions: usize) -> Result<u32, Error> {
    u32::try_from(versions).map_err(|_| {
        domain::ApiError::new(Code::InvalidRequest, "The prompt has too many versions. Nothing was imported.").into()
    })
}
