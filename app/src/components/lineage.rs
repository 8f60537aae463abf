//! Where a run comes from and what came of it.

use domain::{Lineage, RunId, RunSummary};
use leptos::prelude::*;

use crate::state::rows::row_figures;
use crate::state::when;

/// The section "Comes from, went into"; nothing where the run stands alone.
#[component]
pub fn Family(
    /// The runs around this one.
    lineage: Lineage,
    /// The run that this one says it continues, be it there or not.
    parent: Option<RunId>,
    /// When this one was created, in microseconds since 1970, UTC.
    created_at: i64,
) -> impl IntoView {
    if parent.is_none() && lineage.children.is_empty() {
        return ().into_any();
    }
    let deleted = parent.is_some() && lineage.parent.is_none();
    let (above, below) = (parent.is_some(), !lineage.children.is_empty());
    let last = lineage.children.len();
    let children = lineage.children.into_iter().zip(1..);
    view! {
        <section class="run__section">
            <h2>"Comes from, went into"</h2>
            <ol class="lineage" role="list" aria-label="Parent and children">
                {lineage.parent.map(|run| view! { <Relative run above=false below=true/> })}
                {deleted
                    .then(|| {
                        view! {
                            <li>
                                <Rail above=false below=true now=false/>
                                <span class="faint">"A run that is deleted"</span>
                            </li>
                        }
                    })}
                <li aria-current="true">
                    <Rail above below now=true/>
                    <span>"This run"</span>
                    <time datetime=when::iso(created_at) title=when::utc(created_at)>{time_of_day(created_at)}</time>
                </li>
                {children.map(|(run, n)| view! { <Relative run above=true below=n < last/> }).collect_view()}
            </ol>
        </section>
    }
    .into_any()
}

#[component]
fn Relative(run: RunSummary, above: bool, below: bool) -> impl IntoView {
    let [.., finish] = row_figures(&run, run.created_at);
    let model = run.resolved_model.unwrap_or(run.model);
    view! {
        <li>
            <Rail above below now=false/>
            <span class="truncate">
                <a href=format!("/runs/{}", run.id)>{format!("{}, {model}", finish.value)}</a>
            </span>
            <time datetime=when::iso(run.created_at) title=when::utc(run.created_at)>
                {time_of_day(run.created_at)}
            </time>
        </li>
    }
    .into_any()
}

/// The line from one to the next.
#[component]
pub(super) fn Rail(above: bool, below: bool, now: bool) -> impl IntoView {
    let line = format!("{}{}", if above { "M8 0V12" } else { "" }, if below { "M8 20V32" } else { "" });
    view! {
        <svg class="lineage__rail" viewBox="0 0 16 32" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
            <path class="lineage__line" d=line></path>
            <circle class="lineage__dot" data-now=now.then_some("") cx="8" cy="16" r="4"></circle>
        </svg>
    }
}

/// `02:04:19`, UTC.
fn time_of_day(micros: i64) -> String {
    when::iso(micros)[11..19].to_owned()
}
