//! Every change is saved soon after, under the revision that it was made on.
//!
//! What is not saved yet stands in the tab's storage, so that a reload loses nothing. Where another tab was faster, this
//! one shows what that one saved, and offers its own as a comparison beside it: nobody's work is written over.

use std::sync::Arc;
use std::time::Duration;

use domain::comparison::name_of_copy;
use domain::{Code, Comparison, ComparisonSpec};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};

use super::{Col, Compare, Refused};
use crate::api::comparisons::{SaveComparison, create_comparison, get_comparison, save_comparison};
use crate::api::error::PageError;
use crate::browser;
use crate::browser::editors::settle_editors;
use crate::live::Link;

/// How long the keys must rest before a change is saved.
const REST: Duration = Duration::from_millis(400);
/// Most text that is put into the tab's storage, in bytes; what is larger is saved at once.
const NOTED_BYTES_MAX: usize = 1024 * 1024;
/// Most that browsers send behind a page that is left, in bytes.
const BEACON_BYTES_MAX: usize = 60 * 1024;

/// Where the document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// Nothing was changed yet.
    Fresh,
    /// The latest change is being saved.
    Soon,
    /// The server has it.
    There,
    /// In this tab; the server cannot be reached.
    Here,
}

impl Saved {
    /// In a word or two.
    #[must_use]
    pub const fn said(self) -> &'static str {
        match self {
            Self::Fresh => "",
            Self::Soon => "Saving",
            Self::There => "Saved",
            Self::Here => "Kept in this tab",
        }
    }
}

/// What this tab had, when another one had saved something else.
#[derive(Debug, Clone, PartialEq)]
pub struct Lost {
    /// The name.
    pub name: String,
    /// What was compared.
    pub spec: ComparisonSpec,
}

/// What waits until the document is saved. Not a callback: the dialog in which it was asked for may be gone by then,
/// and everything that belonged to it.
type Then = Box<dyn FnOnce() + Send + Sync>;

/// How the document is kept.
#[derive(Debug, Clone, Copy)]
pub struct Keeping {
    /// Where it is.
    pub saved: RwSignal<Saved>,
    /// What could not be saved, because another tab was faster.
    pub lost: RwSignal<Option<Arc<Lost>>>,
    revision: StoredValue<i64>,
    timer: StoredValue<Option<TimeoutHandle>>,
    is_busy: StoredValue<bool>,
    is_changed: StoredValue<bool>,
    /// Whether the rows are others than the server's.
    has_rows: StoredValue<bool>,
    waiting: StoredValue<Vec<Then>>,
}

/// The document in the tab's storage; rows that the server has are left out.
#[derive(Debug, Serialize, Deserialize)]
struct Noted {
    revision: i64,
    name: String,
    has_rows: bool,
    spec: ComparisonSpec,
}

impl Keeping {
    pub(super) fn new(revision: i64) -> Self {
        Self {
            saved: RwSignal::new(Saved::Fresh),
            lost: RwSignal::new(None),
            revision: StoredValue::new(revision),
            timer: StoredValue::new(None),
            is_busy: StoredValue::new(false),
            is_changed: StoredValue::new(false),
            has_rows: StoredValue::new(false),
            waiting: StoredValue::new(Vec::new()),
        }
    }

    fn is_changed(self) -> bool {
        self.is_changed.try_get_value().unwrap_or_default()
    }

    /// Whether the server has a later one, which this tab did not make.
    pub(super) fn is_older_than(self, revision: i64) -> bool {
        let is_quiet = !self.is_changed() && self.is_busy.try_get_value() == Some(false);
        is_quiet && self.revision.try_get_value().is_some_and(|known| known < revision)
    }

    fn rest(self) {
        if let Some(Some(timer)) = self.timer.try_update_value(Option::take) {
            timer.clear();
        }
    }
}

impl Compare {
    /// Keeps the document from now on, and brings back what this tab had not saved.
    pub fn keep(self) {
        Effect::new(move |before: Option<()>| {
            if before.is_none() {
                self.bring_back();
            }
        });
        Effect::new(move || {
            if self.live.link.get() == Link::Open && self.keeping.is_changed() {
                self.save();
            }
        });
        Effect::new(move || {
            let leaves = window_event_listener_untyped("pagehide", move |_| {
                settle_editors();
                self.send_behind();
            });
            let seen = window_event_listener_untyped("visibilitychange", move |_| {
                if !document().hidden() {
                    self.look_again();
                }
            });
            on_cleanup(move || {
                leaves.remove();
                seen.remove();
                self.send_behind();
            });
        });
    }

    /// Something was changed.
    pub fn changed(self) {
        self.keeping.is_changed.set_value(true);
        self.keeping.saved.set(Saved::Soon);
        let pause = if self.note() { REST } else { Duration::ZERO };
        self.keeping.rest();
        self.keeping.timer.set_value(set_timeout_with_handle(move || self.save(), pause).ok());
    }

    /// The rows were changed.
    pub fn rows_changed(self) {
        self.keeping.has_rows.set_value(true);
        self.changed();
    }

    /// Calls back once the server has what is shown. Where it cannot be saved, it is said and nothing is called.
    pub(super) fn after_saved(self, then: impl FnOnce() + Send + Sync + 'static) {
        if !self.keeping.is_changed() && self.keeping.is_busy.try_get_value() == Some(false) {
            then();
            return;
        }
        self.keeping.waiting.update_value(|waiting| waiting.push(Box::new(then)));
        self.save();
    }

    /// Saves what was changed, unless that is under way.
    fn save(self) {
        let keeping = self.keeping;
        keeping.rest();
        if keeping.is_busy.try_get_value() != Some(false) || !keeping.is_changed() {
            return;
        }
        keeping.is_busy.set_value(true);
        keeping.is_changed.set_value(false);
        keeping.has_rows.set_value(false);
        let ((name, spec), revision) = (self.document(), keeping.revision.get_value());
        let heard = self.heard();
        spawn_local(async move {
            let answer = save_comparison(self.id, revision, name.clone(), spec.clone()).await;
            if keeping.is_busy.try_set_value(false).is_some() {
                return;
            }
            match answer {
                Ok(kept) => self.is_saved(&kept, heard),
                Err(PageError(error)) if error.code == Code::Conflict => self.give_way(Lost { name, spec }).await,
                Err(PageError(error)) => {
                    keeping.is_changed.set_value(true);
                    keeping.saved.set(Saved::Here);
                    self.note();
                    if !keeping.waiting.try_update_value(std::mem::take).unwrap_or_default().is_empty()
                        || error.code == Code::InvalidRequest
                    {
                        self.refused.set(Some(Refused::from(error)));
                    }
                }
            }
        });
    }

    fn is_saved(self, kept: &Comparison, heard: u64) {
        let keeping = self.keeping;
        keeping.revision.set_value(kept.revision);
        self.stand(kept, heard);
        if keeping.is_changed() {
            // Typed meanwhile.
            self.note();
            if keeping.waiting.with_value(Vec::is_empty) {
                self.changed();
            } else {
                self.save();
            }
            return;
        }
        self.forget_note();
        keeping.saved.set(Saved::There);
        for then in keeping.waiting.try_update_value(std::mem::take).unwrap_or_default() {
            then();
        }
    }

    /// Shows what another tab has saved, and keeps what this one had.
    async fn give_way(self, lost: Lost) {
        self.keeping.waiting.try_update_value(Vec::clear);
        let heard = self.heard();
        match get_comparison(self.id).await {
            Ok(theirs) => {
                if theirs.name != lost.name || theirs.spec != lost.spec {
                    self.keeping.lost.try_set(Some(Arc::new(lost)));
                }
                self.forget_note();
                self.keeping.is_changed.try_set_value(false);
                self.keeping.saved.try_set(Saved::There);
                self.stand(&theirs, heard);
                self.exchange(theirs);
            }
            Err(PageError(error)) => {
                self.keeping.is_changed.try_set_value(true);
                self.keeping.saved.try_set(Saved::Here);
                self.refuse(error);
            }
        }
    }

    /// Makes a comparison of what this tab had, and goes there.
    pub fn keep_lost(self) {
        let Some(lost) = self.keeping.lost.get_untracked() else { return };
        spawn_local(async move {
            match create_comparison(name_of_copy(&lost.name), lost.spec.clone()).await {
                Ok(kept) => {
                    self.keeping.lost.try_set(None);
                    // A document of its own: this one is bound to the comparison that it shows.
                    browser::leave_for(&format!("/compare?id={}", kept.id));
                }
                Err(PageError(error)) => self.refuse(error),
            }
        });
    }

    /// Looks whether another tab has changed it, unless this one has.
    pub fn look_again(self) {
        let keeping = self.keeping;
        if keeping.is_changed() || keeping.is_busy.try_get_value() != Some(false) {
            return;
        }
        let heard = self.heard();
        spawn_local(async move {
            let Ok(theirs) = get_comparison(self.id).await else { return };
            let known = keeping.revision.try_get_value();
            if keeping.is_changed() || known.is_none() {
                return;
            }
            self.stand(&theirs, heard);
            if known.is_some_and(|known| known < theirs.revision) {
                self.exchange(theirs);
            }
        });
    }

    /// Takes a revision that this tab has made by what it asked for.
    pub(super) fn has_made(self, kept: &Comparison, heard: u64) {
        self.stand(kept, heard);
        self.keeping.revision.try_update_value(|known| {
            if kept.revision == *known + 1 {
                *known += 1;
            }
        });
    }

    /// Shows another document in the place of this one.
    fn exchange(self, theirs: Comparison) {
        if self.keeping.revision.try_set_value(theirs.revision).is_some() {
            return;
        }
        self.name.set(theirs.name);
        self.put(theirs.spec);
    }

    /// Puts a document into the fields.
    fn put(self, spec: ComparisonSpec) {
        let known = self.columns.get_untracked();
        let columns = spec.columns.into_iter().map(|column| match known.iter().find(|own| own.id == column.id) {
            Some(own) => {
                if own.column.with_untracked(|before| *before != column) {
                    own.exchange(column);
                }
                *own
            }
            None => self.owner.with_value(|owner| owner.with(|| Col::new(column))),
        });
        let columns: Vec<Col> = columns.collect();
        if let Some(first) =
            columns.first().filter(|_| !columns.iter().any(|own| own.id == self.focused.get_untracked()))
        {
            self.focused.set(first.id);
        }
        self.columns.set(columns);
        if self.rows.with_untracked(|rows| **rows != spec.rows) {
            self.rows.set(Arc::new(spec.rows));
            self.book.forget();
        }
        self.repetitions.set(spec.repetitions);
        self.data_name.set(spec.data_name);
        self.cap_micros.set(spec.cap_micros);
        self.read_again();
    }

    /// Brings back what a reload or a crash has cut off before it was saved.
    fn bring_back(self) {
        let Some(noted) = storage().and_then(|storage| storage.get_item(&self.key()).ok().flatten()) else { return };
        let Ok(mut noted) = serde_json::from_str::<Noted>(&noted) else { return };
        if !noted.has_rows {
            noted.spec.rows = self.rows.with_untracked(|rows| rows.as_ref().clone());
        }
        let (name, spec) = self.document();
        if name == noted.name && spec == noted.spec {
            // It was sent behind the page.
            self.forget_note();
        } else if noted.revision == self.keeping.revision.get_value() {
            self.name.set(noted.name);
            self.put(noted.spec);
            self.keeping.has_rows.set_value(noted.has_rows);
            self.changed();
        } else {
            self.forget_note();
            self.keeping.lost.set(Some(Arc::new(Lost { name: noted.name, spec: noted.spec })));
        }
    }

    fn noted(self) -> Option<Noted> {
        let has_rows = self.keeping.has_rows.try_get_value()?;
        let (name, mut spec) = self.document();
        if !has_rows {
            spec.rows.clear();
        }
        Some(Noted { revision: self.keeping.revision.try_get_value()?, name, has_rows, spec })
    }

    /// Puts the document into the tab's storage; says whether it fitted.
    fn note(self) -> bool {
        let json = self.noted().and_then(|noted| serde_json::to_string(&noted).ok());
        let json = json.filter(|json| json.len() <= NOTED_BYTES_MAX);
        let kept = storage().zip(json).is_some_and(|(storage, json)| storage.set_item(&self.key(), &json).is_ok());
        if !kept {
            self.forget_note();
        }
        kept
    }

    fn forget_note(self) {
        if let Some(storage) = storage() {
            _ = storage.remove_item(&self.key());
        }
    }

    fn key(self) -> String {
        format!("etude.compare.{}", self.id)
    }

    /// Sends what is not saved yet while the page goes away.
    fn send_behind(self) {
        if !self.keeping.is_changed() {
            return;
        }
        let (Some(revision), (name, spec)) = (self.keeping.revision.try_get_value(), self.document()) else { return };
        let body = SaveComparison { id: self.id, revision, name, spec };
        if let Ok(json) = serde_json::to_string(&body)
            && json.len() <= BEACON_BYTES_MAX
        {
            browser::panes::send_behind(SaveComparison::PATH, &json);
        }
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().session_storage().ok()?
}
