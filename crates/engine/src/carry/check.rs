//! The first reading of a file: everything in it is looked at, nothing is written.

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::carry::{Imported, REFUSED_MAX, Refused};
use domain::limits::CELLS_MAX;
use domain::strict::Mistake;
use domain::{ApiError, Code, ComparisonId, PromptId, RunId, VersionId, WorkspaceId};

use super::comparison;
use super::format::{CellEntry, ComparisonHead, OtherName, PromptHead, RunEntry, VersionEntry};
use super::read::{Entry, Item, below};
use super::rules::{Seen, check_name, check_parents, check_prompt, check_version, mistake};
use crate::error::Error;
use crate::principal::Principal;
use crate::store::Store;
use crate::store::carry::Here;

/// What was found wrong in a file.
#[derive(Default)]
pub struct Findings {
    refused: Vec<Refused>,
    total: u64,
    conflicts: u64,
    entries: BTreeSet<Entry>,
}

impl Findings {
    /// Notes a mistake at a place within a path, which is of an entry where it is not of the whole file.
    pub fn add(&mut self, of: Option<Entry>, path: &str, mistake: &Mistake) {
        self.total += 1;
        self.entries.extend(of);
        if self.refused.len() < REFUSED_MAX {
            self.refused.push(Refused { path: below(path, &mistake.path), why: mistake.why.clone() });
        }
    }

    fn conflict(&mut self, of: Entry, path: impl Into<String>, why: impl Into<String>) {
        self.conflicts += 1;
        self.add(Some(of), "", &mistake(path, why));
    }

    /// How many mistakes there are.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The entries with a mistake in them.
    pub fn entries(&self) -> BTreeSet<Entry> {
        self.entries.clone()
    }

    /// What came of a file, or would, with what is refused of it.
    #[must_use]
    pub fn told(self, counts: Imported) -> Imported {
        let refused_more = self.total - self.refused.len() as u64;
        Imported { refused: Some(self.refused), refused_more, left_out: self.entries.len() as u64, ..counts }
    }

    /// Says that nothing was imported, and why, where something was found.
    ///
    /// # Errors
    /// `conflict` where all that is wrong is that other things are here; else `invalid_request`.
    pub fn refuse(&self) -> Result<(), ApiError> {
        let Some(first) = self.refused.first() else { return Ok(()) };
        let list = self.refused.iter().map(|refused| format!("\n`{}` {}", refused.path, refused.why));
        let more = match self.total - self.refused.len() as u64 {
            0 => String::new(),
            more => format!("\nand {more} more"),
        };
        let entries = if self.total == 1 { "One entry is" } else { "Entries are" };
        let message = format!("{entries} refused, so nothing was imported:{}{more}", list.collect::<String>());
        let code = if self.conflicts == self.total { Code::Conflict } else { Code::InvalidRequest };
        let hint = if code == Code::Conflict {
            "What is here stays as it is. Take those entries out of the file, or import it into an empty server."
        } else {
            "Repair the file, or take those entries out; doing it again changes nothing that is here already."
        };
        Err(ApiError::new(code, message).hint(hint).param(first.path.clone()))
    }
}

/// An entry that names versions, and as what it was counted: created, updated, unchanged.
struct OfPrompt {
    of: Entry,
    named: Vec<(PromptId, u32)>,
    counted: [u64; 3],
}

/// The first reading.
pub struct Check<'a> {
    store: &'a Store,
    is_going_on: &'a dyn Fn(RunId) -> bool,
    principal: &'a Principal,
    /// What was found wrong.
    pub findings: Findings,
    /// What would come of it.
    pub counts: Imported,
    /// The ids of the prompts, by their place; none where it could not be read.
    pub ids: Vec<Option<PromptId>>,
    /// What names a version, and may be refused with its prompt.
    of_prompts: Vec<OfPrompt>,
    /// How many versions of a prompt are here as the file has them, from the first on.
    alike: HashMap<PromptId, u32>,
    prompts: HashSet<PromptId>,
    versions: HashSet<VersionId>,
    runs: HashSet<RunId>,
    comparisons: HashSet<ComparisonId>,
    names: HashSet<(String, String)>,
    /// The versions of the prompt that is being read, its place, and what had been found before it.
    of_prompt: (usize, Vec<Seen>, u64),
    /// The same of the comparison.
    of_comparison: (usize, Vec<CellEntry>, u64),
}

impl<'a> Check<'a> {
    /// Begins.
    pub fn new(store: &'a Store, is_going_on: &'a dyn Fn(RunId) -> bool, principal: &'a Principal) -> Self {
        Self {
            store,
            is_going_on,
            principal,
            findings: Findings::default(),
            counts: Imported::default(),
            ids: Vec::new(),
            of_prompts: Vec::new(),
            alike: HashMap::new(),
            prompts: HashSet::new(),
            versions: HashSet::new(),
            runs: HashSet::new(),
            comparisons: HashSet::new(),
            names: HashSet::new(),
            of_prompt: none_yet(),
            of_comparison: none_yet(),
        }
    }

    /// What would come of it, and what would be refused.
    pub fn told(self) -> Imported {
        self.findings.told(self.counts)
    }

    /// Looks at an entry.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take(&mut self, item: Item) -> Result<(), Error> {
        match item {
            Item::Version(prompt, place, version) => self.version(prompt, place, &version),
            Item::Prompt(place, prompt, whole) => self.prompt(place, *prompt, whole).await?,
            Item::Run(place, run) => {
                let (named, before) = (run.prompt.zip(run.version).into_iter().collect(), self.counts.clone());
                self.run(place, *run).await?;
                self.note(Entry::Run(place), named, &before);
            }
            Item::Refused(of, mistake) => self.findings.add(of, "", &mistake),
            Item::Cell(comparison, place, cell) => self.cell(comparison, place, *cell),
            Item::Comparison(place, head, whole) => {
                let named = head.spec.columns.iter().filter_map(|column| column.prompt.zip(column.version)).collect();
                let before = self.counts.clone();
                self.comparison(place, *head, whole).await?;
                self.note(Entry::Comparison(place), named, &before);
            }
        }
        Ok(())
    }

    fn note(&mut self, of: Entry, named: Vec<(PromptId, u32)>, before: &Imported) {
        if !named.is_empty() {
            let counted = [
                self.counts.created - before.created,
                self.counts.updated - before.updated,
                self.counts.unchanged - before.unchanged,
            ];
            self.of_prompts.push(OfPrompt { of, named, counted });
        }
    }

    /// Refuses what names a version of a prompt that is refused, where that number is or may become another version's here.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn refuse_what_names_refused(&mut self) -> Result<(), Error> {
        let (mut refused, mut taken) = (HashSet::new(), HashSet::new());
        for (place, id) in self.ids.iter().enumerate() {
            let is_refused = self.findings.entries.contains(&Entry::Prompt(place));
            if is_refused { &mut refused } else { &mut taken }.extend(*id);
        }
        let mut others = HashSet::new();
        for id in refused.difference(&taken) {
            others.extend(self.store.owner_of_prompt(*id).await?.map(|_| *id));
        }
        for OfPrompt { of, named, counted } in std::mem::take(&mut self.of_prompts) {
            let is_another = |(prompt, number): &(PromptId, u32)| {
                others.contains(prompt) && self.alike.get(prompt).is_none_or(|alike| number > alike)
            };
            if self.findings.entries.contains(&of) || !named.iter().any(is_another) {
                continue;
            }
            self.counts.created -= counted[0];
            self.counts.updated -= counted[1];
            self.counts.unchanged -= counted[2];
            self.findings.add(Some(of), &of.path(), &mistake("", "names a version of a prompt that is refused."));
        }
        Ok(())
    }

    fn version(&mut self, prompt: usize, place: usize, version: &VersionEntry) {
        if self.of_prompt.0 != prompt || place == 0 {
            self.of_prompt = (prompt, Vec::new(), self.findings.total);
        }
        let path = format!("prompts[{prompt}].versions[{place}]");
        let (mut wrong, digest) = check_version(version);
        if version.version as usize != place + 1 {
            let why = format!(
                "is {}, where {} was expected: versions are numbered from 1, without gaps.",
                version.version,
                place + 1
            );
            wrong.push(mistake("version", why));
        }
        if !self.versions.insert(version.id) {
            wrong.push(mistake("id", "stands in the file twice."));
        }
        let of = Some(Entry::Prompt(prompt));
        wrong.iter().for_each(|wrong| self.findings.add(of, &path, wrong));
        self.of_prompt.1.push(Seen { id: version.id, digest, parent: version.parent, merged: version.merged });
    }

    async fn prompt(&mut self, place: usize, prompt: PromptHead, whole: bool) -> Result<(), Error> {
        if self.of_prompt.0 != place {
            self.of_prompt = (place, Vec::new(), self.findings.total);
        }
        let (_, versions, before) = std::mem::replace(&mut self.of_prompt, none_yet());
        let (of, path) = (Entry::Prompt(place), format!("prompts[{place}]"));
        // A prompt that could not be read has no id of its own here; nothing of it is written.
        self.ids.resize(place, None);
        self.ids.push(Some(prompt.id));
        if !self.prompts.insert(prompt.id) {
            self.findings.add(Some(of), &path, &mistake("id", "stands in the file twice."));
        }
        let count = u32::try_from(versions.len()).unwrap_or(u32::MAX);
        for wrong in check_prompt(&prompt, whole.then_some(count)) {
            self.findings.add(Some(of), &path, &wrong);
        }
        // Where one is missing, nothing can be said of how the others fit together.
        if !whole {
            return Ok(());
        }
        for wrong in check_parents(&versions) {
            self.findings.add(Some(of), &path, &wrong);
        }
        for (at, name) in prompt.names.iter().enumerate() {
            self.name(of, &format!("{path}.names[{at}]"), prompt.id, name).await?;
        }
        let owner = self.store.owner_of_prompt(prompt.id).await?;
        if owner.is_some_and(|owner| owner != self.principal.workspace) {
            self.findings.conflict(of, below(&path, "id"), TAKEN);
            return Ok(());
        }
        let here = if owner.is_some() { self.store.digests(prompt.id).await? } else { Vec::new() };
        let alike = versions.iter().zip(&here).take_while(|(version, here)| version.digest == Some(**here)).count();
        self.alike.insert(prompt.id, u32::try_from(alike).unwrap_or(u32::MAX));
        for (at, version) in versions.iter().enumerate() {
            match (here.get(at), version.digest) {
                (Some(known), Some(digest)) if *known != digest => {
                    let why = format!("is not the version {} that is here.", at + 1);
                    self.findings.conflict(of, format!("{path}.versions[{at}]"), why);
                }
                (Some(_), _) => {}
                (None, _) if self.store.owner_of_version(version.id).await?.is_some() => {
                    self.findings.conflict(of, format!("{path}.versions[{at}].id"), TAKEN);
                }
                (None, _) => {}
            }
        }
        if self.findings.total == before {
            self.count(owner, &prompt, here.len(), versions.len()).await?;
        }
        Ok(())
    }

    async fn count(
        &mut self,
        owner: Option<WorkspaceId>,
        prompt: &PromptHead,
        here: usize,
        there: usize,
    ) -> Result<(), Error> {
        let added = there.saturating_sub(here) as u64;
        self.counts.created += added;
        self.counts.unchanged += there as u64 - added;
        if owner.is_none() {
            self.counts.created += 1;
            return Ok(());
        }
        let known = self.store.prompt(self.principal.workspace, prompt.id).await?;
        let names = self.store.names_of(prompt.id).await?;
        let is_newer = known.is_some_and(|known| known.updated_at < prompt.updated_at);
        if is_newer || added > 0 || prompt.names.iter().any(|name| !names.contains(name)) {
            self.counts.updated += 1;
        } else {
            self.counts.unchanged += 1;
        }
        Ok(())
    }

    async fn name(&mut self, of: Entry, path: &str, prompt: PromptId, name: &OtherName) -> Result<(), Error> {
        if let Some(wrong) = check_name(name) {
            self.findings.add(Some(of), path, &wrong);
            return Ok(());
        }
        if !self.names.insert((name.name.clone(), name.version.clone())) {
            self.findings.add(Some(of), path, &mistake("name", "stands in the file twice with that version."));
        }
        let owner = self.store.owner_of_name(self.principal.workspace, &name.name, &name.version).await?;
        if owner.is_some_and(|owner| owner != (prompt, name.number)) {
            self.findings.conflict(of, below(path, "name"), "is the name of another prompt or version here.");
        }
        Ok(())
    }

    async fn run(&mut self, place: usize, run: RunEntry) -> Result<(), Error> {
        let (of, path) = (Entry::Run(place), format!("runs[{place}]"));
        let id = run.id;
        if !self.runs.insert(id) {
            self.findings.add(Some(of), &path, &mistake("id", "stands in the file twice."));
            return Ok(());
        }
        let run = match run.checked(self.principal) {
            Ok(run) => run,
            Err(wrong) => {
                wrong.iter().for_each(|wrong| self.findings.add(Some(of), &path, wrong));
                return Ok(());
            }
        };
        if (self.is_going_on)(id) {
            self.findings.conflict(of, below(&path, "id"), "is a run that is going on here.");
            return Ok(());
        }
        match self.store.owner_of_run(id).await? {
            None => self.counts.created += 1,
            Some((owner, _)) if owner != self.principal.workspace => {
                self.findings.conflict(of, below(&path, "id"), TAKEN);
            }
            Some((_, true)) => self.counts.created += 1,
            Some((owner, false)) => {
                let here = self.store.whole_run(owner, id).await?.map(RunEntry::of).transpose()?;
                if here == Some(RunEntry::of(run)?) {
                    self.counts.unchanged += 1;
                } else {
                    self.findings.conflict(of, path, "is not the run that is here under that id.");
                }
            }
        }
        Ok(())
    }

    fn cell(&mut self, comparison: usize, place: usize, cell: CellEntry) {
        if self.of_comparison.0 != comparison || place == 0 {
            self.of_comparison = (comparison, Vec::new(), self.findings.total);
        }
        if place as u64 <= CELLS_MAX {
            self.of_comparison.1.push(cell);
        }
    }

    async fn comparison(&mut self, place: usize, head: ComparisonHead, whole: bool) -> Result<(), Error> {
        if self.of_comparison.0 != place {
            self.of_comparison = (place, Vec::new(), self.findings.total);
        }
        let (_, cells, before) = std::mem::replace(&mut self.of_comparison, none_yet());
        let (of, path) = (Entry::Comparison(place), format!("comparisons[{place}]"));
        if !self.comparisons.insert(head.id) {
            self.findings.add(Some(of), &path, &mistake("id", "stands in the file twice."));
        }
        for wrong in comparison::check(&head, &cells) {
            self.findings.add(Some(of), &path, &wrong);
        }
        if self.findings.total > before || !whole {
            return Ok(());
        }
        match self.store.owner_of_comparison(head.id).await? {
            None => self.counts.created += 1,
            Some((owner, _)) if owner != self.principal.workspace => {
                self.findings.conflict(of, below(&path, "id"), TAKEN);
            }
            Some((_, Here::Deleted)) => self.counts.created += 1,
            Some((_, Here::Busy)) => self.findings.conflict(of, path, "is a comparison that is being run here."),
            Some((owner, Here::Quiet)) => {
                let here = comparison::of(self.store, owner, head.id).await?;
                if here.is_some_and(|(here, its)| (head.updated_at, cells.len()) <= (here.updated_at, its.len())) {
                    self.counts.unchanged += 1;
                } else {
                    self.counts.updated += 1;
                }
            }
        }
        Ok(())
    }
}

/// Of no prompt or comparison yet: none has this place.
const fn none_yet<T>() -> (usize, Vec<T>, u64) {
    (usize::MAX, Vec::new(), 0)
}

/// Of an id: by whom is nobody's business.
const TAKEN: &str = "is taken.";
