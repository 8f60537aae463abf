//! `/compare?id={id}`: a comparison, columns side by side or a grid. Without an id, all comparisons.

use std::sync::Arc;

use domain::comparison::ComparisonSummary;
use domain::error::Code;
use domain::{ApiError, Cell, Comparison, ComparisonId, ModelInfo};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::api::comparisons::{get_comparison, list_cells, list_comparisons};
use crate::api::error::PageError;
use crate::api::models::list_models;
use crate::browser;
use crate::components::compare::{ComparePane, Recent, commands, title};
use crate::components::failure::Failure;
use crate::components::header::PlainHeader;
use crate::components::nav::Place;
use crate::components::page_title::PageTitle;
use crate::live::Live;
use crate::pages::not_found::NothingHere;
use crate::state::compare::{Compare, PAGE_ROWS};
use crate::state::overlays::Overlays;

/// What stands under an address.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
enum Found {
    /// Every comparison.
    All(Vec<ComparisonSummary>),
    /// One of them, with the cells of its first rows.
    One(Box<Comparison>, Vec<Cell>),
}

async fn read(id: Option<String>) -> Result<Found, PageError> {
    let Some(id) = id else { return Ok(Found::All(list_comparisons().await?)) };
    let Ok(id) = id.parse::<ComparisonId>() else {
        return Err(ApiError::new(Code::NotFound, "That is no id of a comparison.").into());
    };
    let comparison = get_comparison(id).await?;
    Ok(Found::One(Box::new(comparison), list_cells(id, 0, PAGE_ROWS).await?))
}

/// The page at `/compare`.
#[component]
pub fn ComparePage() -> impl IntoView {
    let query = use_query_map();
    let id = Memo::new(move |_| query.with(|query| query.get("id")));
    let models = Resource::new(|| (), |()| list_models());
    let found = Resource::new(move || id.get(), read);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let models = models.await.unwrap_or_default();
                match found.await {
                    Ok(Found::All(listed)) => view! { <Title text="Compare · Etude"/> <Recent listed models/> }.into_any(),
                    Ok(Found::One(comparison, cells)) => view! { <One comparison=*comparison cells models/> }.into_any(),
                    Err(PageError(error)) => view! { <Missing error/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// A comparison that is there.
#[component]
fn One(comparison: Comparison, cells: Vec<Cell>, models: Vec<ModelInfo>) -> impl IntoView {
    let compare = Compare::new(comparison, cells, models, expect_context::<Live>());
    compare.keep();
    compare.follow();
    compare.compare_answers();
    let overlays = expect_context::<Overlays>();
    Effect::new(move || overlays.here.set(Some(Arc::new(move || commands(compare, overlays)))));
    on_cleanup(move || overlays.here.set(None));
    let pane = view! {
        <PageTitle text=move || title(&compare.name.get())/>
        <ComparePane compare/>
    };
    browser::say_alive();
    pane
}

/// What is shown where there is no comparison, or it cannot be read.
#[component]
fn Missing(error: ApiError) -> impl IntoView {
    browser::say_alive();
    let nothing = matches!(error.code, Code::NotFound | Code::Gone);
    view! {
        <Title text="Compare · Etude"/>
        <div class="shell">
            <PlainHeader title="Compare" here=Place::Playground/>
            <main class="shell__main" id="main">
                {if nothing {
                    view! { <NothingHere/> }.into_any()
                } else {
                    view! {
                        <div class="page__state">
                            <h1 class="sr-only">"Compare"</h1>
                            <h2 class="sr-only">"It cannot be shown"</h2>
                            <Failure error>
                                <a class="button" href="/compare">"All comparisons"</a>
                            </Failure>
                        </div>
                    }
                        .into_any()
                }}
            </main>
        </div>
    }
    .into_any()
}
