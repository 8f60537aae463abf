//! Keeps the draft of this tab, and brings it back.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use domain::limits::INLINE_BODY_BYTES_MAX;
use domain::{ApiError, Code, DraftId};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::shelf::{self, Record, Shelf, Undo};
use super::tab::{self, Session};
use super::{Kept, Named};
use crate::api::drafts::{SavedDraft, get_draft, save_draft};
use crate::api::error::PageError;
use crate::browser::editors::{editor_fields, history_of, is_behind, put_history, settle_editors, take_edited};
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

/// Keeps one tab's draft.
pub struct Keeper {
    desk: Desk,
    id: Cell<DraftId>,
    revision: Cell<i64>,
    saved: Cell<i64>,
    undo: RefCell<Undo>,
    /// Whether the draft is known to say something else than its version.
    edited: Cell<bool>,
    shelf: RefCell<Option<Rc<Shelf>>>,
    /// Whether this tab may write elsewhere than into its own storage: not before it is known that the draft is its own,
    /// and that what is kept of it stands in the fields.
    may_write: Cell<bool>,
    /// The fields are being filled: that is no change.
    filling: Cell<bool>,
    /// Whether the browser has the latest.
    is_in_browser: Cell<bool>,
    keeping: Cell<bool>,
    writing: Cell<bool>,
    write_again: Cell<bool>,
    saving: Cell<bool>,
    ended: Cell<bool>,
    /// What stood in the fields at the end.
    last: RefCell<Option<Draft>>,
}

impl Keeper {
    /// Brings back what this tab had, and keeps what it has from now on.
    pub fn start(desk: Desk, named: Named) {
        // Effects run in the order of their making: this one before those that look at the fields.
        Effect::new(move || {
            let keeper = untrack(|| Self::begin(desk, named));
            let (leaving, hidden) = (Rc::clone(&keeper), Rc::clone(&keeper));
            let leave = window_event_listener(leptos::ev::pagehide, move |_| leaving.keep_now());
            let hide = window_event_listener_untyped("visibilitychange", move |_| {
                if document().hidden() {
                    hidden.keep_now();
                }
            });
            let keeper = StoredValue::new_local(keeper);
            on_cleanup(move || {
                leave.remove();
                hide.remove();
                keeper.with_value(|keeper| keeper.end());
            });
        });
    }

    fn begin(desk: Desk, named: Named) -> Rc<Self> {
        let session = Session::read().filter(|session| session.is_of(named));
        let id = session.as_ref().map_or_else(tab::new_id, |session| session.id);
        let keeper = Rc::new(Self {
            desk,
            id: Cell::new(id),
            revision: Cell::new(session.as_ref().map_or(0, |session| session.revision)),
            saved: Cell::new(0),
            undo: RefCell::new(session.as_ref().map(|session| session.undo.clone()).unwrap_or_default()),
            edited: Cell::new(session.as_ref().is_some_and(|session| session.edited)),
            shelf: RefCell::default(),
            may_write: Cell::new(false),
            filling: Cell::new(false),
            is_in_browser: Cell::new(true),
            keeping: Cell::new(false),
            writing: Cell::new(false),
            write_again: Cell::new(false),
            saving: Cell::new(false),
            ended: Cell::new(false),
            last: RefCell::default(),
        });
        let had = session.is_some();
        let restored = session.and_then(|session| session.draft).map(|draft| keeper.put(draft)).is_some();
        if !had {
            take_up_run(desk);
        }
        spawn_local(Rc::clone(&keeper).go_on(had, restored));
        keeper.watch();
        keeper
    }

    /// What takes time: the database, the server, the lock.
    async fn go_on(self: Rc<Self>, had: bool, restored: bool) {
        self.open_shelf().await;
        let found = !had || self.find(restored).await;
        let is_ours = tab::is_ours(self.id.get()).await;
        if self.ended.get() {
            return;
        }
        // What is kept under the id does not stand in the fields, or is another tab's: it must stay as it is.
        if !found || !is_ours {
            self.become_another().await;
        }
        self.may_write.set(true);
        if self.revision.get() > self.saved.get() {
            self.keep_soon();
        }
        shelf::forget_old().await;
    }

    /// Brings back the newest of what is kept. Says whether the fields have it now.
    async fn find(&self, restored: bool) -> bool {
        let before = self.revision.get();
        let here = self.shelf().map(|shelf| async move { shelf.read().await });
        let here = match here {
            Some(reading) => reading.await,
            None => None,
        };
        // What this tab itself had a moment ago is not older than what the server has.
        let there = if restored { Ok(None) } else { get_draft(self.id.get()).await };
        if self.ended.get() {
            return false;
        }
        if let (Err(PageError(error)), None) = (&there, &here) {
            let error = error.clone().hint("The draft is where it was. Open it again once the server answers.");
            self.desk.run.refuse(error.into());
        }
        let here_revision = here.as_ref().map_or(-1, |(record, _)| record.revision);
        let newest = match there {
            Ok(Some(SavedDraft { revision, mut draft })) if revision > here_revision => {
                // A run that another browser has sent is not this one's to send.
                draft.starting = None;
                Some((revision, revision, draft, Undo::new()))
            }
            _ => here.map(|(record, undo)| (record.revision, record.saved, record.draft, undo)),
        };
        match newest {
            // It was typed already: what is kept stays where it is.
            Some(_) if self.revision.get() != before => restored,
            Some((revision, saved, draft, undo)) if !restored || revision > before => {
                self.revision.set(revision);
                self.saved.set(saved);
                *self.undo.borrow_mut() = undo;
                self.put(draft);
                true
            }
            Some((revision, saved, _, undo)) => {
                self.saved.set(saved);
                // The tab's own storage is too small for it where much was undone.
                if revision == before && self.undo.borrow().is_empty() && !undo.is_empty() {
                    *self.undo.borrow_mut() = undo;
                    self.put_undo();
                }
                true
            }
            None => {
                if !restored {
                    take_up_run(self.desk);
                }
                restored
            }
        }
    }

    async fn open_shelf(&self) {
        let shelf = Shelf::open(self.id.get()).await.map(Rc::new);
        *self.shelf.borrow_mut() = shelf;
    }

    fn shelf(&self) -> Option<Rc<Shelf>> {
        self.shelf.borrow().clone()
    }

    /// Puts a draft into the fields, with what could be undone in them, and goes on with its run.
    fn put(&self, mut draft: Draft) {
        // Under its own name; one that is not there just now keeps the name that it has.
        self.desk.models.with_value(|models| draft.know_model(models));
        self.filling.set(true);
        self.desk.draft.set(draft);
        take_up_run(self.desk);
        self.put_undo();
    }

    fn put_undo(&self) {
        let undo = self.undo.borrow().clone();
        // Once the fields hold their texts.
        request_animation_frame(move || {
            for field in editor_fields() {
                put_history(&field, undo.get(&field).map(String::as_str));
            }
        });
    }

    /// Goes on under an id of its own: what stands under the other one stays as it is.
    async fn become_another(self: &Rc<Self>) {
        let other = self.id.replace(tab::new_id());
        tab::let_go(other);
        self.saved.set(0);
        forget_starting(self.desk);
        self.open_shelf().await;
        _ = tab::is_ours(self.id.get()).await;
        if !self.ended.get() && self.revision.get() > 0 {
            self.changed();
        }
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
            if before.is_none() || keeper.filling.replace(false) {
                keeper.filling.set(false);
            } else {
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
        *self.last.borrow_mut() = self.draft();
        self.ended.set(true);
        let keeper = Rc::clone(self);
        spawn_local(async move {
            keeper.write_browser().await;
            tab::let_go(keeper.id.get());
        });
    }

    fn draft(&self) -> Option<Draft> {
        let last = self.last.borrow().clone();
        last.or_else(|| self.desk.draft.try_read_untracked().map(|draft| draft.clone()))
    }

    /// Keeps it in the browser now: what is typed is told first.
    fn keep_now(self: &Rc<Self>) {
        if self.ended.get() {
            return;
        }
        if is_behind() {
            settle_editors();
            self.revision.set((js_sys::Date::now() as i64).max(self.revision.get() + 1));
        }
        self.write_tab();
        let keeper = Rc::clone(self);
        spawn_local(async move { _ = keeper.write_browser().await });
    }

    fn keep(self: &Rc<Self>) {
        self.keeping.set(false);
        if self.ended.get() {
            return;
        }
        let in_tab = self.write_tab();
        if !self.may_write.get() {
            return self.keep_soon();
        }
        let is_large = self.desk.draft.try_read_untracked().is_some_and(|draft| draft.text_bytes() > LARGE_BYTES);
        let keeper = Rc::clone(self);
        spawn_local(async move {
            let in_database = keeper.write_browser().await;
            keeper.is_in_browser.set(in_tab || in_database);
        });
        self.save_in(if is_large { SAVE_LARGE_AFTER } else { SAVE_AFTER });
    }

    /// Into the tab's own storage; that happens at once. Says whether it is all there.
    fn write_tab(&self) -> bool {
        for field in take_edited() {
            if let Some(history) = history_of(&field) {
                self.undo.borrow_mut().insert(field, history);
            }
        }
        if self.revision.get() == 0 || tab::is_leaving() {
            return true;
        }
        let Some(draft) = self.draft() else { return true };
        let (id, revision, undo) = (self.id.get(), self.revision.get(), self.undo.borrow().clone());
        // While the version is on its way, what was known of the draft holds.
        self.edited.set(self.desk.differs().unwrap_or(self.edited.get()));
        let (origin, prompt, version, edited) = (draft.origin, draft.prompt, draft.version, self.edited.get());
        Session { id, revision, origin, prompt, version, edited, draft: Some(draft), undo }.write()
    }

    /// Into the browser's database, one write at a time. Says whether it is there.
    async fn write_browser(&self) -> bool {
        if self.revision.get() == 0 || !self.may_write.get() {
            return false;
        }
        if self.writing.replace(true) {
            self.write_again.set(true);
            return true;
        }
        let mut done = false;
        while let (Some(shelf), Some(draft)) = (self.shelf(), self.draft()) {
            self.write_again.set(false);
            let record = Record::new(self.revision.get(), self.saved.get(), draft);
            let undo = self.undo.borrow().clone();
            done = shelf.write(record, &undo).await;
            if !self.write_again.get() {
                break;
            }
        }
        self.writing.set(false);
        done
    }

    fn save_in(self: &Rc<Self>, pause: Duration) {
        if !self.saving.replace(true) {
            let keeper = Rc::clone(self);
            set_timeout(move || spawn_local(keeper.save()), pause);
        }
    }

    async fn save(self: Rc<Self>) {
        let revision = self.revision.get();
        let draft = self.draft().filter(|_| !self.ended.get() && revision > self.saved.get());
        let Some(mut draft) = draft else { return self.saving.set(false) };
        // The run that is being started has the texts once more: a long prompt is kept without it.
        if draft.text_bytes() > INLINE_BODY_BYTES_MAX / 2 {
            draft.starting = None;
        }
        let answer = if draft.text_bytes() > INLINE_BODY_BYTES_MAX {
            Err(PageError(ApiError::new(Code::BodyTooLarge, "The draft is too large.")))
        } else {
            save_draft(self.id.get(), revision, draft).await
        };
        self.saving.set(false);
        if self.ended.get() {
            return;
        }
        match answer {
            Ok(true) => {
                self.saved.set(revision);
                if self.revision.get() == revision {
                    self.desk.kept.set(Kept::Saved);
                    self.write_browser().await;
                } else {
                    self.save_in(SAVE_AFTER);
                }
            }
            // Another browser has gone on with it: this is another draft from here on.
            Ok(false) => self.become_another().await,
            Err(PageError(error)) if error.code == Code::BodyTooLarge => self.say(Kept::TooLarge),
            Err(_) => {
                self.say(Kept::Here);
                self.save_in(RETRY_AFTER);
            }
        }
    }

    fn say(&self, kept: Kept) {
        self.desk.kept.set(if self.is_in_browser.get() { kept } else { Kept::Nowhere });
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
