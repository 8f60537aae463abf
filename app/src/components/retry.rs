//! Trying again: at once by hand, or by itself when the provider said that it makes sense.

use std::time::Duration;

use leptos::prelude::*;

use super::icon::Icon;
use crate::browser;
use crate::state::desk::{Desk, RETRIES_MAX};
use crate::state::draft::DraftStoreFields;

/// How often the time that is left moves.
const TICK: Duration = Duration::from_millis(250);
/// Longest time after which the page tries again by itself, in milliseconds; beyond that nobody waits for it.
const WAIT_MS_MAX: u64 = 5 * 60 * 1_000;

/// The button "Retry", and beside it the time after which it presses itself.
#[component]
pub(super) fn Retry(
    /// Runs the same again.
    on_retry: Callback<()>,
    /// When that makes sense, in milliseconds from now.
    after_ms: Option<u64>,
    /// The desk that the run was started on by this page, with nothing of an answer yet: then it may go on by itself.
    by_itself: Option<Desk>,
) -> impl IntoView {
    let wait = by_itself
        .zip(after_ms.filter(|ms| *ms <= WAIT_MS_MAX))
        .filter(|(desk, _)| desk.retries.get_untracked() < RETRIES_MAX);
    let left_s = RwSignal::new(wait.map(|(_, ms)| ms.div_ceil(1_000)));
    // Whoever goes on writing has not finished: what stands there now is not what was refused.
    Effect::new(move |before: Option<()>| {
        let Some((desk, _)) = wait else { return };
        let draft = desk.draft;
        draft.system().track();
        draft.messages().track();
        draft.inputs().track();
        draft.tools().track();
        draft.settings().track();
        draft.model().track();
        if before.is_some() {
            left_s.set(None);
        }
    });
    Effect::new(move || {
        let Some((desk, ms)) = wait else { return };
        let at = browser::now_ms() + ms as f64;
        let look = move || {
            let left = ((at - browser::now_ms()) / 1_000.0).ceil().max(0.0) as u64;
            // Whoever has said no is not asked again.
            if left_s.try_get_untracked().flatten().is_none() {
                return;
            }
            if left > 0 {
                left_s.set(Some(left));
            } else {
                left_s.set(None);
                desk.retries.update(|retries| *retries += 1);
                desk.start_again();
            }
        };
        let timer = set_interval_with_handle(look, TICK).ok();
        on_cleanup(move || timer.iter().for_each(|timer| timer.clear()));
    });
    let attempt = wait.map_or(0, |(desk, _)| desk.retries.get_untracked() + 2);
    view! {
        <button class="button live-only" type="button" on:click=move |_| on_retry.run(())>
            <Icon name="rotate-ccw" small=true/>
            {move || if left_s.get().is_some() { "Retry now" } else { "Retry" }}
        </button>
        <Show when=move || left_s.get().is_some()>
            // The number moves with every second: nobody wants to have it read out.
            <span class="failure__wait num">
                "Tries again by itself"
                <span aria-hidden="true">{move || left_s.get().map(|s| format!(" in {}:{:02}", s / 60, s % 60))}</span>
                {format!(", attempt {attempt} of {}.", RETRIES_MAX + 1)}
            </span>
            <button class="button" data-kind="quiet" type="button" on:click=move |_| left_s.set(None)>"Do not"</button>
        </Show>
    }
}
