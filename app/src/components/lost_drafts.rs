//! The dialog "Find a lost draft": what stands, or stood, in the fields of this tab and of others.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::limits::UNDO_MS;
use domain::{Code, DraftId, DraftSummary};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::dialog::{Dialog, DialogHead};
use super::icon::Icon;
use crate::api::drafts::{DraftList, list_drafts, remove_draft, restore_draft};
use crate::api::error::PageError;
use crate::drafts;
use crate::state::overlays::Overlay;
use crate::state::when;

/// How long after a letter the server is asked.
const SETTLE: Duration = Duration::from_millis(200);

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
struct Listed {
    drafts: Vec<DraftSummary>,
    /// Those that a tab has open.
    open: Vec<DraftId>,
    now: i64,
    /// The server did not answer: these are the browser's.
    alone: bool,
}

/// The dialog.
#[component]
pub fn LostDrafts() -> impl IntoView {
    view! {
        <Dialog overlay=Overlay::Drafts class="dialog" label="Find a lost draft">
            <DialogHead title="Find a lost draft" note="this browser and this server, 30 days"/>
            <Search/>
        </Dialog>
    }
}

#[component]
fn Search() -> impl IntoView {
    let listed = RwSignal::new(None::<Listed>);
    let asked = StoredValue::new(0_u32);
    let look = move |query: String| {
        asked.update_value(|asked| *asked += 1);
        let own = asked.get_value();
        spawn_local(async move {
            let found = find(&query).await;
            // The answer to an older question is none to this one.
            if asked.try_get_value() == Some(own) {
                listed.set(Some(found));
            }
        });
    };
    look(String::new());
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let typed = move |event| {
        let query = event_target_value(&event);
        timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
            *timer = set_timeout_with_handle(move || look(query), SETTLE).ok();
        });
    };
    let here = drafts::current();
    let rows = move || {
        let listed = listed.get().unwrap_or_default();
        let Listed { drafts, open, now, .. } = listed;
        let row = move |draft: DraftSummary| {
            let elsewhere = open.contains(&draft.id).then_some("open in a tab");
            let place = (here == Some(draft.id)).then_some("in this tab").or(elsewhere);
            view! { <Row draft now place/> }
        };
        drafts.into_iter().map(row).collect_view()
    };
    let said = move || match listed.get() {
        None => "Looking.".to_owned(),
        Some(listed) if listed.drafts.is_empty() => {
            "No draft has these words. A draft is kept from its first change on.".to_owned()
        }
        Some(listed) if listed.alone => "The server does not answer: these are the drafts of this browser.".to_owned(),
        Some(_) => String::new(),
    };
    view! {
        <div class="palette__field">
            <Icon name="search"/>
            <input aria-label="Search drafts" placeholder="Words that were in it" autocomplete="off" autofocus=true on:input=typed/>
        </div>
        <div class="dialog__body dialog__flush">
            <ul class="drafts" role="list" aria-label="Drafts">{rows}</ul>
            <p class="drafts__none" role="status" hidden=move || said().is_empty()>{said}</p>
        </div>
    }
    .into_any()
}

async fn find(query: &str) -> Listed {
    let (browser, open) = drafts::in_browser(&query.trim().to_lowercase()).await;
    let (kept, now, alone) = match list_drafts(query.to_owned()).await {
        Ok(DraftList { drafts, now }) => (drafts, now, false),
        Err(_) => (Vec::new(), browser.iter().map(|draft| draft.updated_at).max().unwrap_or_default(), true),
    };
    let mut all: BTreeMap<DraftId, DraftSummary> = browser.into_iter().map(|draft| (draft.id, draft)).collect();
    for draft in kept {
        let newer = all.get(&draft.id).is_none_or(|known| known.updated_at < draft.updated_at);
        if newer {
            all.insert(draft.id, draft);
        }
    }
    let mut drafts: Vec<_> = all.into_values().collect();
    drafts.sort_by_key(|draft| std::cmp::Reverse(draft.updated_at));
    Listed { drafts, open, now, alone }
}

/// What has become of a draft since it was listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Here,
    /// It can be brought back.
    Removed,
    /// It cannot any more.
    Gone,
    /// The server did not do what was asked.
    Failed,
}

#[component]
fn Row(draft: DraftSummary, now: i64, place: Option<&'static str>) -> impl IntoView {
    let DraftSummary { id, title, about, updated_at } = draft;
    let fate = RwSignal::new(Fate::Here);
    let remove = move |_| {
        fate.set(Fate::Removed);
        spawn_local(async move {
            // One that the server never had is only this browser's.
            match remove_draft(id).await {
                Err(PageError(error)) if error.code != Code::NotFound => _ = fate.try_set(Fate::Failed),
                _ => set_timeout(move || over(fate, id), Duration::from_millis(UNDO_MS)),
            }
        });
    };
    let restore = move |_| {
        spawn_local(async move {
            let failed = matches!(restore_draft(id).await, Err(PageError(error)) if error.code != Code::NotFound);
            fate.try_set(if failed { Fate::Failed } else { Fate::Here });
        });
    };
    // What was removed and not brought back goes from this browser, too.
    on_cleanup(move || {
        if fate.try_get_untracked() == Some(Fate::Removed) {
            spawn_local(drafts::forget(id));
        }
    });
    let name = title.clone();
    let actions = move || match (place, fate.get()) {
        (Some(place), _) => view! { <span class="badge" data-tone="accent">{place}</span> }.into_any(),
        (None, Fate::Removed) => {
            view! { <button class="button" data-size="sm" type="button" on:click=restore>"Undo"</button> }.into_any()
        }
        (None, Fate::Gone) => ().into_any(),
        (None, Fate::Here | Fate::Failed) => view! {
            <span class="draft__deeds">
                <button
                    class="button"
                    data-size="sm"
                    type="button"
                    aria-label=format!("Open the draft {name}")
                    on:click=move |_| drafts::open(id)
                >
                    "Open"
                </button>
                <button
                    class="button"
                    data-kind="quiet"
                    data-shape="icon"
                    data-size="sm"
                    type="button"
                    aria-label=format!("Remove the draft {name}")
                    title="Remove"
                    on:click=remove
                >
                    <Icon name="trash-2" small=true/>
                </button>
            </span>
        }
        .into_any(),
    };
    let said = move || match fate.get() {
        Fate::Here => about.clone(),
        Fate::Removed => "Removed.".to_owned(),
        Fate::Gone => "Removed for good.".to_owned(),
        Fate::Failed => "The server did not do it. Try again.".to_owned(),
    };
    view! {
        <li class="draft" aria-current=place.map(|_| "true")>
            <b class="truncate">{title}</b>
            <span class="draft__when num">{when::age(updated_at, now.max(updated_at))}</span>
            <p>{said}</p>
            {actions}
        </li>
    }
    .into_any()
}

/// The time to bring it back is over.
fn over(fate: RwSignal<Fate>, id: DraftId) {
    if fate.try_get_untracked() == Some(Fate::Removed) {
        fate.set(Fate::Gone);
        spawn_local(drafts::forget(id));
    }
}
