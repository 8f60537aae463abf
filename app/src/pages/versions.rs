//! `/p/{prompt}/history`: every version of a prompt.

use std::sync::Arc;

use domain::prompt::VersionPage;
use domain::{ApiError, Code, PromptId};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::api::error::PageError;
use crate::api::prompts::list_versions;
use crate::api::versions::{Known, known_prompt};
use crate::browser;
use crate::components::banner::Banner;
use crate::components::failure::Failure;
use crate::components::header::{PlainHeader, PromptHeader};
use crate::components::nav::Place;
use crate::components::page_title::PageTitle;
use crate::components::version_list::VersionList;
use crate::pages::not_found::NothingHere;
use crate::state::overlays::Overlays;
use crate::state::versions::Opened;

/// What was found under an address.
type Found = Result<(Known, VersionPage), PageError>;

async fn read(id: Option<PromptId>) -> Found {
    let id = id.ok_or_else(|| ApiError::new(Code::NotFound, "That is no id of a prompt."))?;
    Ok((known_prompt(id).await?, list_versions(id, None).await?))
}

/// The page at `/p/{prompt}/history`.
#[component]
pub fn HistoryPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let id = Memo::new(move |_| params.with(|params| params.get("prompt")?.parse::<PromptId>().ok()));
    let open = Memo::new(move |_| query.with(|query| query.get("v")?.parse::<u32>().ok()));
    let found = Resource::new(move || id.get(), read);
    view! {
        <Suspense fallback=|| view! { <Frame title="Versions"><p class="page__state faint" role="status">"Reading the versions."</p></Frame> }>
            {move || Suspend::new(async move {
                match found.await {
                    Ok((known, page)) => view! { <Versions known page open/> }.into_any(),
                    Err(PageError(error)) => view! { <Missing error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Versions(known: Known, page: VersionPage, open: Memo<Option<u32>>) -> impl IntoView {
    let opened: Opened = RwSignal::new(Some(Arc::new(known.prompt.clone())));
    be_about(opened);
    let title = move || match opened.get() {
        Some(prompt) => format!("History: {} · Etude", prompt.name),
        None => "History · Etude".to_owned(),
    };
    let page = view! {
        <PageTitle text=title/>
        <div class="shell">
            <PromptHeader opened/>
            <Banner/>
            <VersionList known page opened open/>
        </div>
    };
    browser::say_alive();
    page
}

/// Says to what lies over the page which prompt it is about.
pub fn be_about(opened: Opened) {
    let overlays = expect_context::<Overlays>();
    Effect::new(move || overlays.prompt.set(Some(opened)));
    on_cleanup(move || {
        overlays.prompt.set(None);
        overlays.trouble.set(None);
    });
}

/// The page around what is not there yet, or not at all.
#[component]
fn Frame(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <div class="shell">
            <PlainHeader title here=Place::Library above=("Library", "/library")/>
            <main class="shell__main" id="main">{children()}</main>
        </div>
    }
}

/// What is shown where there is no such prompt or version, or it cannot be read.
#[component]
pub fn Missing(
    /// Why.
    error: ApiError,
) -> impl IntoView {
    browser::say_alive();
    let shown = if matches!(error.code, Code::NotFound | Code::Gone) {
        view! { <NothingHere/> }.into_any()
    } else {
        view! {
            <div class="page__state">
                <h1 class="sr-only">"Versions"</h1>
                <h2 class="sr-only">"They cannot be shown"</h2>
                <Failure error>
                    <a class="button" href="" rel="external">"Load again"</a>
                    <a class="button" data-kind="quiet" href="/library">"All prompts"</a>
                </Failure>
            </div>
        }
        .into_any()
    };
    view! {
        <Title text="Not found · Etude"/>
        <Frame title="Versions">{shown}</Frame>
    }
}
