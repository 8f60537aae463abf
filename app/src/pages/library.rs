//! `/library`: every prompt, found as one types and run beside the list; a form with links without JavaScript.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::api::error::PageError;
use crate::api::models::list_models;
use crate::api::prompts::prompt_shelves;
use crate::browser;
use crate::components::banner::Banner;
use crate::components::header::PlainHeader;
use crate::components::icon::Icon;
use crate::components::library::{LibraryView, read_list, read_preset};
use crate::components::nav::Place;
use crate::components::unreadable::Unreadable;
use crate::drafts;
use crate::state::library::Asked;
use crate::state::overlays::{Overlay, Overlays};

/// Rows that stand for those that are on their way.
const SKELETONS: usize = 6;

/// The page at `/library`.
#[component]
pub fn LibraryPage() -> impl IntoView {
    let query = use_query_map();
    // What the address asks for later, the page asks for itself.
    let (asked, open) = query.with_untracked(|query| (Asked::read(query), Asked::opened(query)));
    let list = Resource::new(|| (), move |()| read_list(asked.clone()));
    let shelves = Resource::new(|| (), |()| prompt_shelves());
    let models = Resource::new(|| (), |()| list_models());
    let preset = Resource::new(
        || (),
        move |()| async move {
            match open {
                Some(id) => Some((id, read_preset(id, None).await)),
                None => None,
            }
        },
    );
    view! {
        <Title text="Library · Etude"/>
        <div class="shell">
            <PlainHeader title="Library" here=Place::Library>
                <Import/>
                <NewPrompt/>
            </PlainHeader>
            <Banner/>
            <Suspense fallback=Loading>
                {move || Suspend::new(async move {
                    match list.await {
                        Ok(list) => {
                            let (shelves, models) = (shelves.await.unwrap_or_default(), models.await.unwrap_or_default());
                            view! { <LibraryView list shelves models preset=preset.await/> }.into_any()
                        }
                        Err(PageError(error)) => {
                            browser::say_alive();
                            view! {
                                <main class="shell__main" id="main">
                                    <h1 class="sr-only">"Library"</h1>
                                    <Unreadable error on_retry=Callback::new(move |()| list.refetch()) all="/library"/>
                                </main>
                            }
                                .into_any()
                        }
                    }
                })}
            </Suspense>
        </div>
    }
}

/// Begins a prompt of its own in the playground; the draft of this tab stays where it is kept.
#[component]
fn NewPrompt() -> impl IntoView {
    view! {
        <button class="button live-only" type="button" aria-label="New prompt" title="New prompt" on:click=move |_| drafts::open_new()>
            <Icon name="plus"/>
            <span class="wide-only">"New prompt"</span>
        </button>
    }
    .into_any()
}

/// Opens the dialog that brings a file in.
#[component]
fn Import() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    view! {
        <button
            class="button live-only"
            data-kind="quiet"
            type="button"
            aria-haspopup="dialog"
            aria-label="Import"
            title="Import"
            on:click=move |_| overlays.show(Overlay::Import)
        >
            <Icon name="upload"/>
            <span class="wide-only">"Import"</span>
        </button>
    }
    .into_any()
}

/// What is shown until the first rows are there.
#[component]
fn Loading() -> impl IntoView {
    let row = |_| {
        view! {
            <li class="preset">
                <span class="skeleton" data-width="short"></span>
                <span class="skeleton"></span>
            </li>
        }
    };
    view! {
        <main class="shell__main library" id="main" aria-busy="true">
            <h1 class="sr-only">"Library"</h1>
            <div class="library__side"></div>
            <section class="pane library__pane">
                <p class="sr-only" role="status">"Reading the library."</p>
                <ul class="library__list" role="presentation" aria-hidden="true">{(0..SKELETONS).map(row).collect_view()}</ul>
            </section>
        </main>
    }
}
