//! The dialog "Find a lost draft": what stands, or stood, in the fields of this tab and of others.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::{DraftId, DraftSummary};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::dialog::{Dialog, DialogHead};
use super::icon::Icon;
use crate::api::drafts::{DraftList, list_drafts, remove_draft, restore_draft};
use crate::drafts;
use crate::state::overlays::Overlay;
use crate::state::when;

/// How long after a letter the server is asked.
const SETTLE: Duration = Duration::from_millis(200);

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
struct Listed {
    drafts: Vec<DraftSummary>,
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
    let removed = RwSignal::new(BTreeSet::<DraftId>::new());
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
        let now = listed.now;
        listed.drafts.into_iter().map(move |draft| view! { <Row draft now here removed/> }).collect_view()
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
    let words = query.trim().to_lowercase();
    let fits = |draft: &DraftSummary| {
        words.is_empty() || format!("{} {}", draft.title, draft.about).to_lowercase().contains(&words)
    };
    let browser = drafts::in_browser().await;
    let (kept, now, alone) = match list_drafts(query.to_owned()).await {
        Ok(DraftList { drafts, now }) => (drafts, now, false),
        Err(_) => (Vec::new(), browser.iter().map(|draft| draft.updated_at).max().unwrap_or_default(), true),
    };
    let mut all: BTreeMap<DraftId, DraftSummary> =
        browser.into_iter().filter(fits).map(|draft| (draft.id, draft)).collect();
    for draft in kept {
        let newer = all.get(&draft.id).is_none_or(|known| known.updated_at < draft.updated_at);
        if newer {
            all.insert(draft.id, draft);
        }
    }
    let mut drafts: Vec<_> = all.into_values().collect();
    drafts.sort_by_key(|draft| std::cmp::Reverse(draft.updated_at));
    Listed { drafts, now, alone }
}

#[component]
fn Row(draft: DraftSummary, now: i64, here: Option<DraftId>, removed: RwSignal<BTreeSet<DraftId>>) -> impl IntoView {
    let DraftSummary { id, title, about, updated_at } = draft;
    let is_here = here == Some(id);
    let gone = Memo::new(move |_| removed.with(|removed| removed.contains(&id)));
    let remove = move |_| {
        removed.update(|removed| _ = removed.insert(id));
        spawn_local(async move {
            // One that the server never had is only taken out of the list until it is loaded again.
            _ = remove_draft(id).await;
        });
    };
    let restore = move |_| {
        removed.update(|removed| _ = removed.remove(&id));
        spawn_local(async move { _ = restore_draft(id).await });
    };
    on_cleanup(move || {
        if gone.try_get_untracked() == Some(true) {
            spawn_local(drafts::forget(id));
        }
    });
    let name = title.clone();
    let actions = move || {
        if is_here {
            view! { <span class="badge" data-tone="accent">"in this tab"</span> }.into_any()
        } else if gone.get() {
            view! { <button class="button" data-size="sm" type="button" on:click=restore>"Undo"</button> }.into_any()
        } else {
            view! {
                <span class="draft__deeds">
                    <button class="button" data-size="sm" type="button" aria-label=format!("Open the draft {name}") on:click=move |_| drafts::open(id)>
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
            .into_any()
        }
    };
    view! {
        <li class="draft" aria-current=is_here.then_some("true")>
            <b class="truncate">{title}</b>
            <span class="draft__when num">{when::age(updated_at, now.max(updated_at))}</span>
            <p>{move || if gone.get() { "Removed.".to_owned() } else { about.clone() }}</p>
            {actions}
        </li>
    }
    .into_any()
}
