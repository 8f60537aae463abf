//! Keeps the draft of this tab, and brings it back.

use std::cell::{Cell, RefCell};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::time::Duration;

use domain::limits::{DRAFT_TTL_MICROS, INLINE_BODY_BYTES_MAX};
use domain::{ApiError, Code, DraftId, DraftSummary, RunId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};

use super::Kept;
use super::parts::{put_together, take_apart};
use super::tab::{self, Session};
use crate::api::drafts::{get_draft, save_draft};
use crate::api::error::PageError;
use crate::browser;
use crate::browser::database::Database;
use crate::browser::editors::{editor_fields, put_history, settle_editors, take_edited};
use crate::live::Link;
use crate::state::desk::Desk;
use crate::state::draft::{Draft, DraftStoreFields};

/// How long after a change the draft is kept in the browser.
const KEEP_AFTER: Duration = Duration::from_millis(200);
/// How long after a change the server gets it.
const SAVE_AFTER: Duration = Duration::from_millis(1_500);
/// The same for a large draft.
const SAVE_LARGE_AFTER: Duration = Duration::from_secs(10);
/// A draft is large above this, in bytes.
const LARGE_BYTES: usize = 1024 * 1024;
/// Pause before the server is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// The part of a draft that holds everything but its long texts.
const WHOLE: &str = "draft";

/// A draft in the browser's database: this, and a text for each of its long parts.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    revision: i64,
    /// The last revision that the server has.
    saved: i64,
    /// Microseconds since 1970, UTC.
    updated_at: i64,
    title: String,
    about: String,
    draft: Draft,
}

/// Keeps one tab's draft.
pub struct Keeper {
    desk: Desk,
    id: Cell<DraftId>,
    revision: Cell<i64>,
    saved: Cell<i64>,
    undo: RefCell<BTreeMap<String, String>>,
    database: RefCell<Option<Database>>,
    /// What the database has, by part: a hash of each.
    written: RefCell<HashMap<String, u64>>,
    /// Whether this tab may write: a duplicate of another one must take an id of its own first.
    may_write: Cell<bool>,
    keeping: Cell<bool>,
    saving: Cell<bool>,
    ended: Cell<bool>,
}

impl Keeper {
    /// Brings back what this tab had, and keeps what it has from now on.
    pub fn start(desk: Desk, opened: Option<RunId>) {
        // Effects run in the order of their making: this one before those that look at the fields.
        Effect::new(move || {
            let keeper = untrack(|| Self::begin(desk, opened));
            let leaving = Rc::clone(&keeper);
            let hide = window_event_listener(leptos::ev::pagehide, move |_| leaving.keep_now());
            let keeper = StoredValue::new_local(keeper);
            on_cleanup(move || {
                hide.remove();
                keeper.with_value(|keeper| keeper.end());
            });
        });
    }

    fn begin(desk: Desk, opened: Option<RunId>) -> Rc<Self> {
        let session = Session::read().filter(|session| opened.is_none() || session.origin == opened);
        let id = session.as_ref().map_or_else(tab::new_id, |session| session.id);
        let keeper = Rc::new(Self {
            desk,
            id: Cell::new(id),
            revision: Cell::new(session.as_ref().map_or(0, |session| session.revision)),
            saved: Cell::new(0),
            undo: RefCell::new(session.as_ref().map(|session| session.undo.clone()).unwrap_or_default()),
            database: RefCell::default(),
            written: RefCell::default(),
            may_write: Cell::new(session.is_none()),
            keeping: Cell::new(false),
            saving: Cell::new(false),
            ended: Cell::new(false),
        });
        let had = session.is_some();
        let restored = match session.and_then(|session| session.draft) {
            Some(draft) => {
                keeper.put(draft);
                true
            }
            None => false,
        };
        if !had {
            take_up_run(desk);
        }
        spawn_local(Rc::clone(&keeper).go_on(had, restored));
        keeper.watch();
        keeper
    }

    /// What takes time: the database, the lock, and what neither the tab nor the database has.
    async fn go_on(self: Rc<Self>, had: bool, restored: bool) {
        *self.database.borrow_mut() = Database::open().await;
        if had {
            let before = self.revision.get();
            if let Some((record, undo)) = self.read().await.filter(|(record, _)| !restored || record.revision > before)
            {
                // Unless something has been typed since.
                if self.revision.get() == before {
                    self.revision.set(record.revision);
                    self.saved.set(record.saved);
                    *self.undo.borrow_mut() = undo;
                    self.put(record.draft);
                }
            } else if !restored {
                self.fetch().await;
            }
            if !tab::is_ours(self.id.get()).await {
                self.become_another();
            }
            self.may_write.set(true);
        } else {
            _ = tab::is_ours(self.id.get()).await;
        }
        if self.revision.get() > self.saved.get() {
            self.keep_soon();
        }
        let database = self.database.borrow().clone();
        if let Some(database) = database {
            forget_old(&database).await;
        }
    }

    /// The draft as the database has it.
    async fn read(&self) -> Option<(Record, BTreeMap<String, String>)> {
        let database = self.database.borrow().clone()?;
        let prefix = format!("{} ", self.id.get());
        let texts = database.read(&prefix).await?;
        let mut parts: BTreeMap<_, _> =
            texts.into_iter().filter_map(|(key, text)| Some((key.strip_prefix(&prefix)?.to_owned(), text))).collect();
        for (part, text) in &parts {
            self.written.borrow_mut().insert(part.clone(), hash(text));
        }
        let mut record: Record = serde_json::from_str(&parts.remove(WHOLE)?).ok()?;
        let undo = parts.iter().filter_map(|(part, json)| Some((part.strip_prefix("undo ")?.to_owned(), json.clone())));
        let undo = undo.collect();
        put_together(&mut record.draft, &mut parts);
        Some((record, undo))
    }

    /// The draft as the server has it.
    async fn fetch(&self) {
        match get_draft(self.id.get()).await {
            Ok(Some(kept)) if self.revision.get() < kept.revision => {
                self.revision.set(kept.revision);
                self.saved.set(kept.revision);
                self.put(kept.draft);
            }
            _ => take_up_run(self.desk),
        }
    }

    /// Puts a draft into the fields, with what could be undone in them, and goes on with its run.
    fn put(&self, mut draft: Draft) {
        draft.model = self.desk.model_named(&draft.model).name;
        self.desk.draft.set(draft);
        take_up_run(self.desk);
        let undo = self.undo.borrow().clone();
        // Once the fields hold it.
        request_animation_frame(move || {
            for field in editor_fields() {
                put_history(&field, undo.get(&field).map(String::as_str));
            }
        });
    }

    /// This tab was made from another one, which goes on with the draft: it goes on with a copy.
    fn become_another(self: &Rc<Self>) {
        self.id.set(tab::new_id());
        self.written.borrow_mut().clear();
        self.saved.set(0);
        forget_starting(self.desk);
        self.changed();
    }

    fn watch(self: &Rc<Self>) {
        let desk = self.desk;
        // The run's id comes from the connection; with it, nothing has to be sent again.
        Effect::new(move || {
            if let Some(run) = desk.run.id.get() {
                forget_starting(desk);
                if desk.draft.run().get_untracked() != Some(run) {
                    desk.draft.run().set(Some(run));
                }
            }
        });
        Effect::new(move || {
            if desk.run.refusal.with(Option::is_some) {
                forget_starting(desk);
            }
        });
        let keeper = Rc::clone(self);
        Effect::new(move |before: Option<()>| {
            desk.draft.track();
            if before.is_some() {
                keeper.changed();
            }
        });
        let keeper = Rc::clone(self);
        Effect::new(move || {
            if desk.live.link.get() == Link::Open && untrack(|| desk.kept.get()) == Kept::Here {
                keeper.save_in(Duration::ZERO);
            }
        });
    }

    fn changed(self: &Rc<Self>) {
        self.revision.set((js_sys::Date::now() as i64).max(self.revision.get() + 1));
        self.desk.kept.set(Kept::Soon);
        self.keep_soon();
    }

    fn keep_soon(self: &Rc<Self>) {
        if !self.keeping.replace(true) {
            let keeper = Rc::clone(self);
            set_timeout(move || keeper.keep(), KEEP_AFTER);
        }
    }

    fn end(self: &Rc<Self>) {
        self.keep_now();
        self.ended.set(true);
        if self.may_write.get()
            && let Some(draft) = self.draft()
        {
            let keeper = Rc::clone(self);
            spawn_local(async move {
                keeper.write_database(draft).await;
                tab::let_go(keeper.id.get());
            });
        } else {
            tab::let_go(self.id.get());
        }
    }

    fn draft(&self) -> Option<Draft> {
        self.desk.draft.try_read_untracked().map(|draft| draft.clone())
    }

    /// Keeps it in the browser now: what is typed is told first.
    fn keep_now(&self) {
        if !self.ended.get() {
            settle_editors();
            self.write();
        }
    }

    fn keep(self: &Rc<Self>) {
        self.keeping.set(false);
        if self.ended.get() {
            return;
        }
        if !self.may_write.get() {
            return self.keep_soon();
        }
        let in_tab = self.write();
        let Some(draft) = self.draft() else { return };
        let is_large = draft.text_bytes() > LARGE_BYTES;
        let keeper = Rc::clone(self);
        spawn_local(async move {
            let in_database = keeper.write_database(draft).await;
            if !in_tab && !in_database {
                keeper.desk.kept.try_set(Kept::Nowhere);
            }
        });
        self.save_in(if is_large { SAVE_LARGE_AFTER } else { SAVE_AFTER });
    }

    /// Into the tab's own storage; that happens at once.
    fn write(&self) -> bool {
        for field in take_edited() {
            if let Some(history) = browser::editors::history_of(&field) {
                self.undo.borrow_mut().insert(field, history);
            }
        }
        if self.revision.get() == 0 || tab::is_leaving() {
            return true;
        }
        let Some(draft) = self.draft() else { return true };
        let (id, revision, undo) = (self.id.get(), self.revision.get(), self.undo.borrow().clone());
        Session { id, revision, origin: draft.origin, draft: Some(draft), undo }.write()
    }

    /// Into the browser's database: the parts that have changed.
    async fn write_database(&self, mut draft: Draft) -> bool {
        let Some(database) = self.database.borrow().clone() else { return false };
        let revision = self.revision.get();
        if revision == 0 {
            return true;
        }
        let (title, about) = (draft.title(), draft.about());
        let mut parts = take_apart(&mut draft);
        parts.extend(self.undo.borrow().iter().map(|(field, json)| (format!("undo {field}"), json.clone())));
        let updated_at = js_sys::Date::now() as i64 * 1_000;
        let record = Record { revision, saved: self.saved.get(), updated_at, title, about, draft };
        parts.extend(serde_json::to_string(&record).ok().map(|json| (WHOLE.to_owned(), json)));
        let hashes: HashMap<_, _> = parts.iter().map(|(part, text)| (part.clone(), hash(text))).collect();
        let (texts, gone) = {
            let written = self.written.borrow();
            let key = |part: &str| format!("{} {part}", self.id.get());
            let changed = parts.into_iter().filter(|(part, _)| written.get(part) != hashes.get(part));
            let texts: Vec<_> = changed.map(|(part, text)| (key(&part), text)).collect();
            let gone: Vec<_> =
                written.keys().filter(|part| !hashes.contains_key(*part)).map(|part| key(part)).collect();
            (texts, gone)
        };
        let done = database.write(texts, gone).await;
        if done {
            *self.written.borrow_mut() = hashes;
        }
        done
    }

    fn save_in(self: &Rc<Self>, pause: Duration) {
        if self.saving.replace(true) {
            return;
        }
        let keeper = Rc::clone(self);
        set_timeout(move || spawn_local(keeper.save()), pause);
    }

    async fn save(self: Rc<Self>) {
        let revision = self.revision.get();
        let draft = self.draft().filter(|_| !self.ended.get() && revision > self.saved.get());
        let Some(draft) = draft else { return self.saving.set(false) };
        let answer = if draft.text_bytes() > INLINE_BODY_BYTES_MAX {
            Err(PageError(ApiError::new(Code::BodyTooLarge, "The draft is too large.")))
        } else {
            save_draft(self.id.get(), revision, draft.clone()).await
        };
        self.saving.set(false);
        match answer {
            Ok(()) => {
                self.saved.set(revision);
                if self.revision.get() == revision {
                    self.desk.kept.try_set(Kept::Saved);
                    self.write_database(draft).await;
                } else {
                    self.save_in(SAVE_AFTER);
                }
            }
            Err(PageError(error)) if error.code == Code::BodyTooLarge => _ = self.desk.kept.try_set(Kept::TooLarge),
            Err(_) => {
                self.desk.kept.try_set(Kept::Here);
                self.save_in(RETRY_AFTER);
            }
        }
    }
}

/// Goes on with the run of the draft: sends what was sent and has no id, reads what has one.
fn take_up_run(desk: Desk) {
    let (starting, run) = {
        let draft = desk.draft.read_untracked();
        (draft.starting.clone(), draft.run)
    };
    if let Some(starting) = starting {
        desk.run.clear();
        desk.send(starting);
    } else if let Some(run) = run {
        let shown = desk.run.id.get_untracked() == Some(run);
        if !shown {
            desk.run.clear();
        }
        if !(shown && desk.run.view.with_untracked(|view| view.status.is_end())) {
            desk.live.tail(desk.run, run);
        }
    }
}

/// What was sent has been taken, or refused: it is not sent again.
fn forget_starting(desk: Desk) {
    if desk.draft.starting().with_untracked(Option::is_some) {
        desk.draft.starting().set(None);
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The drafts that this browser has.
pub async fn list() -> Vec<DraftSummary> {
    let Some(database) = Database::open().await else { return Vec::new() };
    let texts = database.read("drf_").await.unwrap_or_default();
    let records = texts.into_iter().filter_map(|(key, json)| {
        let id = key.strip_suffix(WHOLE)?.trim_end().parse().ok()?;
        let record: Record = serde_json::from_str(&json).ok()?;
        Some(DraftSummary { id, title: record.title, about: record.about, updated_at: record.updated_at })
    });
    records.collect()
}

/// Takes a draft out of this browser.
pub async fn forget(id: DraftId) {
    if let Some(database) = Database::open().await {
        database.remove(&format!("{id} ")).await;
    }
}

async fn forget_old(database: &Database) {
    let since = js_sys::Date::now() as i64 * 1_000 - DRAFT_TTL_MICROS;
    for draft in list().await.into_iter().filter(|draft| draft.updated_at < since) {
        database.remove(&format!("{} ", draft.id)).await;
    }
}
