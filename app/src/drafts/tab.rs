//! Which draft is this tab's, and that it is no other tab's.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Duration;

use domain::{DraftId, PromptId, RunId};
use futures::channel::oneshot;
use futures::future::{Either, select};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};

use super::Named;
use crate::browser::DRAFT_KEY;
use crate::state::draft::Draft;

/// Most text that is put there, in bytes; browsers give a page about five megabytes.
const BYTES_MAX: usize = 512 * 1024;
/// How long the tab before this one may hold the draft's lock: a reload's first page lets go in far less, a tab that
/// was duplicated never does. In milliseconds.
const LOCK_MS: u64 = 1_000;

/// What the tab's storage has.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    /// Its draft.
    pub id: DraftId,
    /// Grows with every change; 0 where nothing has been changed.
    pub revision: i64,
    /// The run that it was opened from.
    pub origin: Option<RunId>,
    /// The prompt that it is of.
    #[serde(default)]
    pub prompt: Option<PromptId>,
    /// The version that it was made of.
    #[serde(default)]
    pub version: Option<u32>,
    /// Whether it says something else than that version.
    #[serde(default)]
    pub edited: bool,
    /// The fields, where they are not too large.
    pub draft: Option<Draft>,
    /// What can be undone, by field.
    #[serde(default)]
    pub undo: BTreeMap<String, String>,
}

impl Session {
    /// Reads it.
    pub fn read() -> Option<Self> {
        serde_json::from_str(&storage()?.get_item(DRAFT_KEY).ok()??).ok()
    }

    /// Whether it was made of what the page's address names.
    pub fn is_of(&self, named: Named) -> bool {
        match named {
            Named::Nothing => true,
            Named::Run(run) => self.origin == Some(run),
            Named::Prompt { id, version, by_number } => {
                // The newest version does not push aside what was made of an older one here.
                self.prompt == Some(id) && (self.version == Some(version) || !by_number && self.edited)
            }
        }
    }

    /// Writes it, without what is too large. Says whether the draft is in it.
    pub fn write(mut self) -> bool {
        let Some(storage) = storage() else { return false };
        let write = |session: &Self| {
            let json = serde_json::to_string(session).ok().filter(|json| json.len() <= BYTES_MAX);
            json.is_some_and(|json| storage.set_item(DRAFT_KEY, &json).is_ok())
        };
        let is_large = self.draft.as_ref().is_some_and(|draft| draft.text_bytes() > BYTES_MAX);
        if !is_large && write(&self) {
            return true;
        }
        self.undo.clear();
        if !is_large && write(&self) {
            return true;
        }
        self.draft = None;
        _ = write(&self);
        false
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().session_storage().ok()?
}

/// An id that no other draft has.
pub fn new_id() -> DraftId {
    // Time first, so that ids sort; the rest is chance (as a UUIDv7, RFC 9562).
    let mut bytes = [0; 16];
    bytes.fill_with(|| (js_sys::Math::random() * 256.0) as u8);
    bytes[..6].copy_from_slice(&(js_sys::Date::now() as u64).to_be_bytes()[2..]);
    bytes[6] = 0x70 | bytes[6] & 0x0f;
    bytes[8] = 0x80 | bytes[8] & 0x3f;
    DraftId::from_bytes(bytes)
}

/// The id of the draft in this tab.
pub fn current() -> Option<DraftId> {
    Session::read().map(|session| session.id)
}

/// The version from which this tab has an unsaved draft of that prompt.
pub fn unsaved_of(prompt: PromptId) -> Option<u32> {
    let session = Session::read().filter(|session| session.edited && session.prompt == Some(prompt))?;
    session.version
}

/// Loads the page with that draft, or with a new one.
pub fn take_up(id: Option<DraftId>) {
    LEAVING.set(true);
    if let Some(storage) = storage() {
        _ = match id {
            Some(id) => {
                let session = Session {
                    id,
                    revision: 0,
                    origin: None,
                    prompt: None,
                    version: None,
                    edited: false,
                    draft: None,
                    undo: BTreeMap::new(),
                };
                serde_json::to_string(&session).map_or(Ok(()), |json| storage.set_item(DRAFT_KEY, &json))
            }
            None => storage.remove_item(DRAFT_KEY),
        };
    }
    _ = window().location().assign("/");
}

/// Loads the page with a draft that no tab has had yet. Where the tab's storage has no room for it and `is_kept` says
/// that it stands nowhere else, nothing happens.
pub fn take_up_new(id: DraftId, revision: i64, draft: Draft, is_kept: bool) -> bool {
    let Some(storage) = storage() else { return false };
    let before = storage.get_item(DRAFT_KEY).ok().flatten();
    let (prompt, version) = (draft.prompt, draft.version);
    let session = Session {
        id,
        revision,
        origin: None,
        prompt,
        version,
        edited: false,
        draft: Some(draft),
        undo: BTreeMap::new(),
    };
    LEAVING.set(true);
    if session.write() || is_kept {
        _ = window().location().assign("/");
        return true;
    }
    LEAVING.set(false);
    _ = match before {
        Some(before) => storage.set_item(DRAFT_KEY, &before),
        None => storage.remove_item(DRAFT_KEY),
    };
    false
}

thread_local! {
    /// This page is about to take up another draft: it writes its own no more into the tab's storage.
    static LEAVING: Cell<bool> = const { Cell::new(false) };
    /// The locks that this page holds.
    static HELD: RefCell<HashMap<DraftId, js_sys::Function>> = RefCell::default();
}

/// Whether the tab is about to take up another draft.
pub fn is_leaving() -> bool {
    LEAVING.get()
}

/// Whether this tab alone has the draft: a duplicated tab begins with the same one, and must not write over it.
pub async fn is_ours(id: DraftId) -> bool {
    if HELD.with_borrow(|held| held.contains_key(&id)) {
        return true;
    }
    let get = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).ok();
    let locks = get(window().navigator().as_ref(), "locks").filter(JsValue::is_object);
    let request = locks.as_ref().and_then(|locks| get(locks, "request")?.dyn_into::<js_sys::Function>().ok());
    // Without locks (plain HTTP from another machine) nobody can tell.
    let Some((locks, request)) = locks.zip(request) else { return true };
    let (granted, waiting) = oneshot::channel();
    let given_up = Rc::new(Cell::new(false));
    let too_late = Rc::clone(&given_up);
    let hold = Closure::once_into_js(move || {
        if too_late.get() {
            return JsValue::UNDEFINED;
        }
        _ = granted.send(());
        // Held until the page is gone, or lets go.
        js_sys::Promise::new(&mut |release, _| drop(HELD.with_borrow_mut(|held| held.insert(id, release)))).into()
    });
    if request.call2(&locks, &format!("etude.{id}").into(), &hold).is_err() {
        return true;
    }
    let (ring, rung) = oneshot::channel::<()>();
    set_timeout(move || _ = ring.send(()), Duration::from_millis(LOCK_MS));
    match select(waiting, rung).await {
        Either::Left((Ok(()), _)) => true,
        _ => {
            given_up.set(true);
            false
        }
    }
}

/// The drafts that tabs of this browser have open, this one's included.
pub async fn open_drafts() -> Vec<DraftId> {
    let get = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).ok();
    let ask = || {
        let locks = get(window().navigator().as_ref(), "locks").filter(JsValue::is_object)?;
        let query = get(&locks, "query")?.dyn_into::<js_sys::Function>().ok()?;
        query.call0(&locks).ok()?.dyn_into::<js_sys::Promise>().ok()
    };
    let Some(answer) = ask() else { return Vec::new() };
    let answer = wasm_bindgen_futures::JsFuture::from(answer).await.ok();
    let held =
        answer.and_then(|answer| get(&answer, "held")).map(|held| js_sys::Array::from(&held)).unwrap_or_default();
    let names = held.iter().filter_map(|lock| get(&lock, "name")?.as_string());
    names.filter_map(|name| name.strip_prefix("etude.")?.parse().ok()).collect()
}

/// Lets another tab have the draft.
pub fn let_go(id: DraftId) {
    if let Some(release) = HELD.with_borrow_mut(|held| held.remove(&id)) {
        _ = release.call0(&JsValue::UNDEFINED);
    }
}
