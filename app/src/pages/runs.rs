//! `/runs`: every run, newest first; live, searchable, and a form with links without JavaScript.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::api::error::PageError;
use crate::api::history::{list_runs, run_models};
use crate::browser;
use crate::components::banner::Banner;
use crate::components::filters::{FilterBar, SEARCH_ID};
use crate::components::header::PlainHeader;
use crate::components::keys::SingleKeys;
use crate::components::nav::Place;
use crate::components::runs::{LIST_ID, RunRows};
use crate::components::unreadable::Unreadable;
use crate::state::filters::Filters;
use crate::state::overlays::Overlays;

/// The page at `/runs`.
#[component]
pub fn RunsPage() -> impl IntoView {
    let query = use_query_map();
    let filters = Memo::new(move |_| query.with(Filters::read));
    let models = Resource::new(|| (), |()| run_models());
    let list = Resource::new(
        move || filters.get(),
        |filters| async move { (filters.clone(), list_runs(filters, None).await) },
    );
    // A transition is pending on the server, too; there nobody waits for it.
    let (pending, busy) = (RwSignal::new(false), RwSignal::new(false));
    Effect::new(move || busy.set(pending.get()));
    keys();
    view! {
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
                            let (filters, found) = list.await;
                            browser::say_alive();
                            match found {
                                Ok(list) => view! { <RunRows filters list/> }.into_any(),
                                Err(PageError(error)) => view! { <Unreadable error on_retry=Callback::new(move |()| list.refetch()) all="/runs"/> }.into_any(),
                            }
                        })}
                    </Transition>
                    <Keys/>
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
fn Keys() -> impl IntoView {
    let on = expect_context::<Overlays>().single_keys;
    view! {
        <footer class="runs__foot live-only">
            <span hidden=move || !on.get() aria-hidden="true">
                <kbd class="kbd">"J"</kbd>
                <kbd class="kbd">"K"</kbd>
                " move "
                <kbd class="kbd">"↵"</kbd>
                " open "
                <kbd class="kbd">"/"</kbd>
                " search"
            </span>
            <SingleKeys/>
        </footer>
    }
    .into_any()
}

/// J and K walk the rows, `/` goes to the search. None acts in a field or while an input method is composing.
fn keys() {
    let press = move |event: KeyboardEvent| {
        let plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
        if !plain
            || event.is_composing()
            || event.default_prevented()
            || browser::is_typing()
            || browser::has_dialog()
            || !browser::single_keys()
        {
            return;
        }
        match event.key().as_str() {
            "j" | "J" => browser::walk(LIST_ID, true),
            "k" | "K" => browser::walk(LIST_ID, false),
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
