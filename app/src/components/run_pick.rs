//! Says for which run another one is picked, above the history; another can also be pasted.

use domain::{ApiError, RunSummary};
use leptos::prelude::*;

use super::failure::Failure;
use super::icon::Icon;
use crate::api::error::PageError;
use crate::api::run_diff::Picking;
use crate::state::filters::Filters;
use crate::state::run_pick::short;
use crate::state::when;

/// The strip.
#[component]
pub fn PickStrip(
    /// What the address asks for.
    filters: Filters,
    /// The run, or why it cannot be compared.
    picking: Result<Picking, PageError>,
    /// What was pasted and names no run.
    pasted: Option<String>,
) -> impl IntoView {
    let away = filters.looking().address();
    match picking {
        Err(PageError(error)) => view! { <NoRun error away/> }.into_any(),
        Ok(Picking { run, prompt }) => {
            let siblings = prompt.map(|prompt| prompt.to_string()).filter(|prompt| *prompt != filters.prompt);
            let siblings = siblings.map(|prompt| {
                let address = Filters { prompt, after: String::new(), ..filters.clone() }.address();
                view! { <a class="button" data-kind="quiet" data-size="sm" href=address>"Only runs of its prompt"</a> }
            });
            view! {
                <section class="run-pick" aria-labelledby="run-pick-h">
                    <Icon name="git-compare"/>
                    <Chosen run/>
                    {siblings}
                    <Paste filters pasted/>
                    <a class="button" data-kind="quiet" data-size="sm" href=away>"Cancel"</a>
                </section>
            }
            .into_any()
        }
    }
}

#[component]
fn Chosen(run: RunSummary) -> impl IntoView {
    let asked = run.prompt.split_whitespace().collect::<Vec<_>>().join(" ");
    let model = run.resolved_model.unwrap_or(run.model);
    view! {
        <p class="run-pick__run truncate">
            <b id="run-pick-h">
                "Choose the run to compare with "
                <a class="inline-link" href=format!("/runs/{}", run.id) title=run.id.to_string()>{short(run.id)}</a>
            </b>
            <span class="faint">{format!(" {model}, {}, {asked}", when::utc(run.created_at))}</span>
        </p>
    }
    .into_any()
}

/// A form that leads to the comparison: the server reads what was pasted.
#[component]
fn Paste(filters: Filters, pasted: Option<String>) -> impl IntoView {
    let wrong = pasted.is_some();
    // Where it names no run, the list behind it is the same.
    let asked = filters.fields().into_iter().filter(|(name, text)| !text.is_empty() && *name != "after");
    let asked =
        asked.map(|(name, text)| view! { <input type="hidden" name=name value=text.to_owned()/> }).collect_view();
    view! {
        <form class="run-pick__paste" method="get" action="/runs">
            {asked}
            <input
                class="input"
                name="and"
                aria-label="Id or address of the other run"
                aria-invalid=wrong.then_some("true")
                aria-describedby=wrong.then_some("run-pick-wrong")
                placeholder="or paste its id or address"
                autocomplete="off"
                spellcheck="false"
                value=pasted
            />
            <button class="button" data-size="sm" type="submit">"Compare"</button>
            {wrong.then(|| view! { <p class="field__error" id="run-pick-wrong" role="alert">"That names no run."</p> })}
        </form>
    }
    .into_any()
}

/// The run is not there: nothing can be compared with it.
#[component]
fn NoRun(error: ApiError, away: String) -> impl IntoView {
    view! {
        <section class="run-pick" aria-label="Compare">
            <h2 class="sr-only">"The run to compare with is not there"</h2>
            <Failure error>
                <a class="button" href=away>"Show all runs"</a>
            </Failure>
        </section>
    }
    .into_any()
}
