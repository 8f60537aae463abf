//! A page whose list the database does not give just now: it tries again by itself.

use std::time::Duration;

use domain::{ApiError, Code};
use leptos::prelude::*;

use super::failure::Failure;

/// How long until the page tries again, in seconds.
const AGAIN_S: u32 = 5;

/// What stands in the place of a list that cannot be read.
#[component]
pub fn Unreadable(
    /// Why.
    error: ApiError,
    /// Reads it again.
    on_retry: Callback<()>,
    /// Where everything is, should what was asked for be the trouble.
    all: &'static str,
) -> impl IntoView {
    if error.code != Code::StorageUnavailable {
        return view! {
            <div class="page__state">
                <h2 class="sr-only">"This cannot be shown."</h2>
                <Failure error>
                    <a class="button" href=all rel="external">"Show everything"</a>
                </Failure>
            </div>
        }
        .into_any();
    }
    let left_s = RwSignal::new(AGAIN_S);
    Effect::new(move || {
        let count = move || match left_s.try_get_untracked() {
            Some(0 | 1) => {
                left_s.set(AGAIN_S);
                on_retry.run(());
            }
            Some(left) => left_s.set(left - 1),
            None => {}
        };
        let timer = set_interval_with_handle(count, Duration::from_secs(1)).ok();
        on_cleanup(move || timer.iter().for_each(|timer| timer.clear()));
    });
    view! {
        <div class="page__state">
            <div class="empty" role="alert">
                <h2>"The list cannot be read just now."</h2>
                <p>
                    "The database does not answer; most likely another program holds its file, such as a backup. Runs go on, and what ends meanwhile is kept in the log. "
                    <span class="live-only">"Trying again in " <b class="num" aria-hidden="true">{move || format!("0:{:02}", left_s.get())}</b> "."</span>
                </p>
                <div class="button-group">
                    <a class="button" href="" rel="external">"Try now"</a>
                    <a class="button" data-kind="quiet" href="/">"Open the draft"</a>
                </div>
            </div>
        </div>
    }
    .into_any()
}
