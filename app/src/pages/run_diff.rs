//! `/runs/{a}..{b}`: two runs side by side.

use domain::{ApiError, Code, RunId};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::api::error::PageError;
use crate::api::run_diff::{TwoRuns, compare_runs};
use crate::browser;
use crate::components::banner::Banner;
use crate::components::failure::Failure;
use crate::components::header::PlainHeader;
use crate::components::nav::Place;
use crate::components::run_diff::RunDiffView;
use crate::pages::not_found::NothingHere;
use crate::state::run_pick::{pair, short};

/// What was found under an address.
type Found = Result<TwoRuns, PageError>;

async fn read(asked: Option<(RunId, RunId)>) -> Found {
    let (old, new) = asked.ok_or_else(|| ApiError::new(Code::NotFound, "Those are no two runs."))?;
    compare_runs(old, new).await
}

/// The page at `/runs/{a}..{b}`.
#[component]
pub fn RunDiffPage() -> impl IntoView {
    let params = use_params_map();
    let asked = Memo::new(move |_| params.with(|params| pair(&params.get("id")?)));
    let found = Resource::new(move || asked.get(), read);
    let again = Callback::new(move |()| found.refetch());
    view! {
        <div class="shell">
            <PlainHeader title="Compare" here=Place::Runs above=("Runs", "/runs")/>
            <Banner/>
            <main class="shell__main" id="main">
                <Transition fallback=Comparing>
                    {move || Suspend::new(async move {
                        let found = found.await;
                        browser::say_alive();
                        match found {
                            Ok(two) => {
                                let title = format!("Run {} ↔ run {} · Etude", short(two.old.id), short(two.new.id));
                                view! {
                                    <Title text=title/>
                                    <RunDiffView two on_again=again/>
                                }
                                .into_any()
                            }
                            Err(PageError(error)) => view! { <Missing error on_again=again/> }.into_any(),
                        }
                    })}
                </Transition>
            </main>
        </div>
    }
}

/// What is shown until both are compared.
#[component]
fn Comparing() -> impl IntoView {
    view! { <p class="page__state faint" role="status">"Comparing the runs."</p> }
}

/// What is shown where one of the runs is not there, or they cannot be compared.
#[component]
fn Missing(error: ApiError, on_again: Callback<()>) -> impl IntoView {
    let shown = if matches!(error.code, Code::NotFound | Code::Gone) {
        view! { <NothingHere/> }.into_any()
    } else {
        view! {
            <div class="page__state">
                <h1 class="sr-only">"Two runs"</h1>
                <h2 class="sr-only">"They cannot be compared"</h2>
                <Failure error>
                    <button class="button live-only" type="button" on:click=move |_| on_again.run(())>"Try again"</button>
                    <a class="button" data-kind="quiet" href="/runs">"All runs"</a>
                </Failure>
            </div>
        }
        .into_any()
    };
    view! {
        <Title text="Not found · Etude"/>
        {shown}
    }
}
