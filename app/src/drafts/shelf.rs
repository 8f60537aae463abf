//! The drafts in the browser's database: each in parts, so that a change elsewhere does not write a long text again.

use std::cell::RefCell;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};

use domain::limits::DRAFT_TTL_MICROS;
use domain::{DraftId, DraftSummary, PromptId};
use serde::{Deserialize, Serialize};

use super::parts::{put_together, take_apart};
use super::tab;
use crate::api::drafts::get_draft;
use crate::browser::database::Database;
use crate::state::draft::Draft;

/// The part of a draft that holds everything but its long texts.
const WHOLE: &str = "draft";
/// How a part begins that holds what can be undone in a field.
const UNDO: &str = "undo ";
/// Most words of a draft that the list of this browser searches, in bytes.
const WORDS_BYTES_MAX: usize = 8 * 1024;
/// How long a run that was sent and has no id may be sent again, in milliseconds: whoever comes back later meant it then.
const STARTING_MS_MAX: i64 = 10 * 60 * 1_000;

/// A draft in the database: this, and a text for each of its long parts.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record {
    /// Grows with every change.
    pub revision: i64,
    /// The last revision that the server has.
    pub saved: i64,
    /// Microseconds since 1970, UTC.
    updated_at: i64,
    title: String,
    about: String,
    #[serde(default)]
    words: String,
    /// The fields.
    pub draft: Draft,
}

impl Record {
    /// A draft as it is now.
    pub fn new(revision: i64, saved: i64, draft: Draft) -> Self {
        let mut words = draft.words();
        while words.len() > WORDS_BYTES_MAX {
            words.truncate(words.floor_char_boundary(WORDS_BYTES_MAX));
        }
        let updated_at = js_sys::Date::now() as i64 * 1_000;
        Self { revision, saved, updated_at, title: draft.title(), about: draft.about(), words, draft }
    }
}

/// What can be undone, by field, as JSON of the editor's own.
pub type Undo = BTreeMap<String, String>;

/// One draft's place in the database.
pub struct Shelf {
    database: Database,
    id: DraftId,
    /// What the database has, by part: a hash of each.
    written: RefCell<HashMap<String, u64>>,
}

impl Shelf {
    /// The place of that draft; `None` where the browser has no database for this page.
    pub async fn open(id: DraftId) -> Option<Self> {
        Some(Self { database: Database::open().await?, id, written: RefCell::default() })
    }

    /// Reads the draft, and what can be undone in it.
    pub async fn read(&self) -> Option<(Record, Undo)> {
        let prefix = format!("{} ", self.id);
        let texts = self.database.read(&prefix).await?;
        let mut parts: BTreeMap<_, _> =
            texts.into_iter().filter_map(|(key, text)| Some((key.strip_prefix(&prefix)?.to_owned(), text))).collect();
        *self.written.borrow_mut() = parts.iter().map(|(part, text)| (part.clone(), hash(text))).collect();
        let mut record: Record = serde_json::from_str(&parts.remove(WHOLE)?).ok()?;
        let undo = parts.iter().filter_map(|(part, json)| Some((part.strip_prefix(UNDO)?.to_owned(), json.clone())));
        let undo = undo.collect();
        put_together(&mut record.draft, &mut parts);
        if js_sys::Date::now() as i64 - record.updated_at / 1_000 > STARTING_MS_MAX {
            record.draft.starting = None;
        }
        Some((record, undo))
    }

    /// Writes the parts that have changed. One at a time: what is written is compared with what was.
    pub async fn write(&self, mut record: Record, undo: &Undo) -> bool {
        let mut parts = take_apart(&mut record.draft);
        parts.extend(undo.iter().map(|(field, json)| (format!("{UNDO}{field}"), json.clone())));
        parts.extend(serde_json::to_string(&record).ok().map(|json| (WHOLE.to_owned(), json)));
        let hashes: HashMap<_, _> = parts.iter().map(|(part, text)| (part.clone(), hash(text))).collect();
        let key = |part: &str| format!("{} {part}", self.id);
        // Another tab may have taken it away meanwhile: then all of it is written.
        let is_there = self.database.get(&key(WHOLE)).await.is_some();
        if !is_there {
            self.written.borrow_mut().clear();
        }
        let (texts, gone) = {
            let written = self.written.borrow();
            let changed = parts.into_iter().filter(|(part, _)| written.get(part) != hashes.get(part));
            let texts: Vec<_> = changed.map(|(part, text)| (key(&part), text)).collect();
            let gone: Vec<_> =
                written.keys().filter(|part| !hashes.contains_key(*part)).map(|part| key(part)).collect();
            (texts, gone)
        };
        let done = self.database.write(texts, gone).await;
        if done {
            *self.written.borrow_mut() = hashes;
        }
        done
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The draft of this tab, where it is of that prompt: from the tab's storage or, where it is too large for that, from
/// wherever it is kept.
pub async fn of_tab(prompt: PromptId) -> Option<Draft> {
    let session = tab::Session::read().filter(|session| session.prompt == Some(prompt))?;
    if session.draft.is_some() {
        return session.draft;
    }
    let here = match Shelf::open(session.id).await {
        Some(shelf) => shelf.read().await,
        None => None,
    };
    let draft = match here {
        Some((record, _)) => Some(record.draft),
        None => get_draft(session.id).await.ok().flatten().map(|saved| saved.draft),
    };
    draft.filter(|draft| draft.prompt == Some(prompt))
}

/// Puts a draft of its own into the browser and has the tab take it up. Says whether it is kept.
pub async fn put_new(draft: Draft) -> bool {
    let (id, revision) = (tab::new_id(), js_sys::Date::now() as i64);
    // What is large has no room in the tab's storage.
    let is_kept = match Shelf::open(id).await {
        Some(shelf) => shelf.write(Record::new(revision, 0, draft.clone()), &Undo::new()).await,
        None => false,
    };
    tab::take_up_new(id, revision, draft, is_kept)
}

/// The drafts of this browser that have the words in them, and which of them tabs have open.
pub async fn list(words: &str) -> (Vec<DraftSummary>, Vec<DraftId>) {
    let open = tab::open_drafts().await;
    let Some(database) = Database::open().await else { return (Vec::new(), open) };
    let mut found = Vec::new();
    for (id, record) in records(&database).await {
        let fits = words.is_empty() || record.words.contains(words) || record.about.to_lowercase().contains(words);
        if fits {
            found.push(DraftSummary { id, title: record.title, about: record.about, updated_at: record.updated_at });
        }
    }
    (found, open)
}

/// Every draft but its long texts.
async fn records(database: &Database) -> Vec<(DraftId, Record)> {
    let mut records = Vec::new();
    for key in database.keys("drf_").await.unwrap_or_default() {
        let Some(id) = key.strip_suffix(WHOLE).and_then(|id| id.strip_suffix(' ')?.parse().ok()) else { continue };
        if let Some(record) = database.get(&key).await.and_then(|json| serde_json::from_str(&json).ok()) {
            records.push((id, record));
        }
    }
    records
}

/// Takes a draft out of this browser.
pub async fn forget(id: DraftId) {
    if let Some(database) = Database::open().await {
        database.remove(&format!("{id} ")).await;
    }
}

/// Takes out what nobody has changed for a month, unless a tab has it open.
pub async fn forget_old() {
    let open = tab::open_drafts().await;
    let Some(database) = Database::open().await else { return };
    let since = js_sys::Date::now() as i64 * 1_000 - DRAFT_TTL_MICROS;
    for (id, record) in records(&database).await {
        if record.updated_at < since && !open.contains(&id) {
            database.remove(&format!("{id} ")).await;
        }
    }
}
