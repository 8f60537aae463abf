//! An error, where the work was: what happened, why, what to do; and then the offer to do it.

use domain::{ApiError, RunId};
use leptos::prelude::*;

use super::icon::Icon;

/// An error in the place of what failed.
#[component]
pub fn Failure(
    /// What happened, why, what to do.
    error: ApiError,
    /// What the server's log calls the request.
    #[prop(optional_no_strip)]
    request_id: Option<String>,
    /// The run, if there is one.
    #[prop(optional_no_strip)]
    run: Option<RunId>,
    /// What is kept of the answer.
    #[prop(optional_no_strip)]
    kept: Option<String>,
    /// What one can do about it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let upstream = error.upstream.unwrap_or_default();
    let facts = [
        ("Kept", kept),
        ("Provider", upstream.status.map(|status| status.to_string())),
        ("It said", upstream.message),
        ("Retry", error.retry_after_ms.map(|ms| format!("in {} s or later", ms.div_ceil(1000)))),
    ];
    let facts =
        facts.into_iter().filter_map(|(name, value)| value.map(|value| view! { <dt>{name}</dt><dd>{value}</dd> }));
    let ids = [("Its request", upstream.request_id), ("Request", request_id), ("Run", run.map(|run| run.to_string()))];
    let ids = ids.into_iter().filter_map(|(name, id)| id.map(|id| view! { <dt>{name}</dt><dd><code>{id}</code></dd> }));
    view! {
        <div class="failure" role="alert">
            <h3 class="failure__title">
                <Icon name="circle-alert"/>
                {error.code.title()}
            </h3>
            <p>{error.message}</p>
            {error.hint.map(|hint| view! { <p>{hint}</p> })}
            <dl class="failure__facts">{facts.collect_view()} {ids.collect_view()}</dl>
            {children.map(|children| view! { <div class="failure__actions">{children()}</div> })}
        </div>
    }
    .into_any()
}
