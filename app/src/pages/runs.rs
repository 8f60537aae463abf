//! `/runs`: every run, newest first; live, searchable, and a form with links without JavaScript.

use domain::{ApiError, Code, RunId};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_query_map;

use crate::api::error::PageError;
use crate::api::history::{RunList, list_runs, run_models};
use crate::api::run_diff::{Picking, run_to_compare};
use crate::browser;
use crate::components::banner::Banner;
use crate::components::filters::{FilterBar, SEARCH_ID};
use crate::components::header::PlainHeader;
use crate::components::keys::SingleKeys;
use crate::components::nav::Place;
use crate::components::run_pick::PickStrip;
use crate::components::runs::{LIST_ID, RunRows, link_id};
use crate::components::unreadable::Unreadable;
use crate::state::filters::Filters;
use crate::state::overlays::Overlays;
use crate::state::run_pick::{diff_address, named};

/// What the page shows: what was asked for, the run that another is picked for, the runs.
type Found = (Filters, Option<Result<Picking, PageError>>, Result<RunList, PageError>);

async fn read(filters: Filters) -> Found {
    let with = match filters.with.parse::<RunId>() {
        _ if filters.with.is_empty() => None,
        Ok(id) => Some(run_to_compare(id).await),
        Err(_) => Some(Err(ApiError::new(Code::NotFound, "That is no id of a run.").into())),
    };
    let list = list_runs(filters.clone(), None).await;
    (filters, with, list)
}

/// The page at `/runs`.
#[component]
pub fn RunsPage() -> impl IntoView {
    let query = use_query_map();
    let filters = Memo::new(move |_| query.with(Filters::read));
    let models = Resource::new(|| (), |()| run_models());
    let pasted = Memo::new(move |_| query.with(|query| query.get("and")));
    let list = Resource::new(move || filters.get(), read);
    // A transition is pending on the server, too; there nobody waits for it.
    let (pending, busy) = (RwSignal::new(false), RwSignal::new(false));
    Effect::new(move || busy.set(pending.get()));
    keys(filters);
    let follow = follow_the_row();
    // A form leads here with what was pasted.
    let both = move || {
        let other = pasted.with(|pasted| named(pasted.as_deref()?))?;
        let with = filters.with(|filters| filters.with.parse::<RunId>().ok())?;
        Some(view! { <Redirect path=diff_address(with, other)/> })
    };
    view! {
        {both}
        <Title text="Runs · Etude"/>
        <div class="shell">
            <PlainHeader title="Runs" here=Place::Runs/>
            <Banner/>
            <main class="shell__main" id="main">
                <section class="runs" aria-busy=move || busy.get().then_some("true")>
                    <h1 class="sr-only">"Runs"</h1>
                    <Suspense>
                        {move || Suspend::new(async move {
                            let models = models.await.unwrap_or_default();
                            view! { <FilterBar filters models/> }
                        })}
                    </Suspense>
                    <Transition fallback=Loading set_pending=pending.write_only()>
                        {move || Suspend::new(async move {
                            let (filters, with, found) = list.await;
                            browser::say_alive();
                            follow.run(filters.with.clone());
                            let list = match found {
                                Ok(list) => {
                                    let with = with.as_ref().and_then(|with| with.as_ref().ok()).map(|with| with.run.id);
                                    view! { <RunRows filters=filters.clone() with list/> }.into_any()
                                }
                                Err(PageError(error)) => view! { <Unreadable error on_retry=Callback::new(move |()| list.refetch()) all="/runs"/> }.into_any(),
                            };
                            let pasted = pasted.get_untracked();
                            view! {
                                {with.map(|picking| view! { <PickStrip filters picking pasted/> })}
                                {list}
                            }
                        })}
                    </Transition>
                    <Keys filters/>
                </section>
            </main>
        </div>
    }
}

/// What is shown until the first rows are there.
#[component]
fn Loading() -> impl IntoView {
    view! { <p class="page__state faint" role="status">"Reading the runs."</p> }
}

/// The page's keys, and the switch that takes them away.
#[component]
fn Keys(filters: Memo<Filters>) -> impl IntoView {
    let on = expect_context::<Overlays>().single_keys;
    let picks = Memo::new(move |_| filters.with(|filters| !filters.with.is_empty()));
    view! {
        <footer class="runs__foot live-only">
            <span hidden=move || !on.get() aria-hidden="true">
                <kbd class="kbd">"J"</kbd>
                <kbd class="kbd">"K"</kbd>
                " move "
                <kbd class="kbd">"↵"</kbd>
                {move || if picks.get() { " compare " } else { " open " }}
                <kbd class="kbd">{move || if picks.get() { "Esc" } else { "C" }}</kbd>
                {move || if picks.get() { " cancel " } else { " compare " }}
                <kbd class="kbd">"/"</kbd>
                " search"
            </span>
            <SingleKeys/>
        </footer>
    }
    .into_any()
}

/// Keeps the focus on the run that another is picked for, as picking begins and ends: the rows are made anew.
fn follow_the_row() -> Callback<String> {
    let before = StoredValue::new(None::<String>);
    Callback::new(move |with: String| {
        let was = before.try_update_value(|before| before.replace(with.clone())).flatten();
        let run = match was {
            Some(was) if was != with => {
                if with.is_empty() {
                    was
                } else {
                    with
                }
            }
            _ => return,
        };
        if let Ok(run) = run.parse() {
            browser::focus_soon(link_id(run));
        }
    })
}

/// J and K walk the rows, C picks another run for the one in focus, Escape stops picking, `/` goes to the search. None
/// acts in a field or while an input method is composing.
fn keys(filters: Memo<Filters>) {
    let press = move |event: KeyboardEvent| {
        let plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
        if !plain || event.is_composing() || event.default_prevented() || browser::is_typing() || browser::has_dialog()
        {
            return;
        }
        let filters = filters.get_untracked();
        if event.key() == "Escape" && !filters.with.is_empty() {
            event.prevent_default();
            return browser::go(&filters.looking().address());
        }
        if !browser::single_keys() {
            return;
        }
        match event.key().as_str() {
            "j" | "J" => browser::walk(LIST_ID, true),
            "k" | "K" => browser::walk(LIST_ID, false),
            "c" | "C" if filters.with.is_empty() => {
                match browser::row_in_focus(LIST_ID).and_then(|row| row.parse::<RunId>().ok()) {
                    Some(run) => browser::go(&filters.picking(run).address()),
                    None => return,
                }
            }
            "/" => browser::focus(SEARCH_ID),
            _ => return,
        }
        event.prevent_default();
    };
    Effect::new(move || {
        let handle = window_event_listener(leptos::ev::keydown, press);
        on_cleanup(move || handle.remove());
    });
}
