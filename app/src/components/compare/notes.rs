//! What there is to say about the whole: why nothing runs, what another tab has changed, what can be undone.

use leptos::prelude::*;

use crate::components::failure::Failure;
use crate::components::icon::Icon;
use crate::state::compare::{Compare, UNDO_REMOVE, money};
use crate::state::figures::thousands;

/// Notes between the bar and the columns.
#[component]
pub(in crate::components) fn Notes(compare: Compare) -> impl IntoView {
    let refused = move || {
        compare.refused.get().map(|refused| {
            view! {
                <div class="compare__refused">
                    <Failure error=refused.error>
                        <button class="button" data-kind="quiet" type="button" on:click=move |_| compare.refused.set(None)>"Close"</button>
                    </Failure>
                </div>
            }
        })
    };
    let is_capped = Memo::new(move |_| compare.standing.with(|standing| standing.held.as_deref() == Some("cap")));
    view! {
        <div class="compare__notes">
            {refused}
            <Show when=move || is_capped.get()>
                <Capped compare/>
            </Show>
            <Show when=move || compare.keeping.lost.with(Option::is_some)>
                <LostWork compare/>
            </Show>
            <Show when=move || compare.removed.with(Option::is_some)>
                <Removed compare/>
            </Show>
        </div>
    }
    .into_any()
}

/// The cap is used up.
#[component]
fn Capped(compare: Compare) -> impl IntoView {
    let said = move || {
        let cap = compare.cap_micros.get().map(money).unwrap_or_default();
        let waiting = compare.standing.with(|standing| standing.counts.waiting);
        let waiting =
            if waiting == 1 { "1 cell waits".to_owned() } else { format!("{} cells wait", thousands(waiting)) };
        format!(" {waiting}: the next one might go beyond {cap}. Nothing is lost; raise the cap, and they go on.")
    };
    view! {
        <div class="note" data-tone="warn" role="status">
            <Icon name="triangle-alert"/>
            <div class="note__text">
                <b>"The cap is used up."</b>
                {said}
            </div>
            <button class="button" data-size="sm" type="button" aria-haspopup="dialog" on:click=move |_| compare.ask_for_cap()>
                "Raise the cap"
            </button>
        </div>
    }
    .into_any()
}

/// Another tab was faster.
#[component]
fn LostWork(compare: Compare) -> impl IntoView {
    let keep = move |_| compare.keep_lost();
    view! {
        <div class="note" data-tone="warn" role="status">
            <Icon name="triangle-alert"/>
            <div class="note__text">
                <b>"This comparison was changed in another tab."</b>
                " What is shown is what stands there. What was changed here is kept, and can be a comparison of its own."
            </div>
            <button class="button" data-size="sm" type="button" on:click=keep>"Keep mine as a copy"</button>
            <button class="button" data-kind="quiet" data-size="sm" type="button" on:click=move |_| compare.keeping.lost.set(None)>
                "Drop it"
            </button>
        </div>
    }
    .into_any()
}

/// What is left of a removed column: the way back.
#[component]
fn Removed(compare: Compare) -> impl IntoView {
    let said = move || {
        let at = compare.removed.with(|removed| removed.as_ref().map_or(0, |(at, _)| *at));
        format!("Column {} removed", crate::state::compare::letter(at))
    };
    view! {
        <div class="undo" role="status">
            <Icon name="trash-2"/>
            <p>{said}</p>
            <button class="button" data-size="sm" type="button" id=UNDO_REMOVE disabled=move || !compare.has_room() on:click=move |_| compare.restore()>
                <Icon name="undo-2" small=true/>
                "Undo"
            </button>
            <button
                class="button"
                data-kind="quiet"
                data-shape="icon"
                data-size="sm"
                type="button"
                aria-label="Close"
                on:click=move |_| compare.removed.set(None)
            >
                <Icon name="x" small=true/>
            </button>
        </div>
    }
    .into_any()
}
