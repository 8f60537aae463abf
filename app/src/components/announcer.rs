//! The run's voice for those who do not see it.

use std::time::Duration;

use domain::RunStatus;
use leptos::prelude::*;

use crate::state::figures::{seconds, thousands};
use crate::state::run::RunState;

/// How often a running answer is announced.
const ANNOUNCE_EVERY: Duration = Duration::from_secs(5);

/// Says in one polite voice how the run goes, never the tokens themselves.
#[component]
pub(super) fn Announcer(run: RunState) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let running = Memo::new(move |_| run.is_running());
    Effect::new(move |was: Option<bool>| {
        let now = running.get();
        if now && was != Some(true) {
            said.set("Started".into());
            let count = move || {
                let tokens = run.view.with_untracked(|view| view.deltas);
                if tokens > 0 {
                    said.set(format!("{} tokens", thousands(tokens)));
                }
            };
            let timer = set_interval_with_handle(count, ANNOUNCE_EVERY).ok();
            on_cleanup(move || timer.iter().for_each(|timer| timer.clear()));
        } else if !now && was == Some(true) {
            said.set(run.view.with_untracked(|view| {
                let word = match view.status {
                    RunStatus::Finished => "Finished",
                    RunStatus::Cancelled => "Stopped",
                    // The alert says the rest.
                    _ => return String::new(),
                };
                let tokens = thousands(view.usage.output_tokens);
                format!("{word}: {tokens} tokens in {} s", seconds(view.total_ms.unwrap_or_default()))
            }));
        }
        now
    });
    view! { <p class="sr-only" role="status">{move || said.get()}</p> }.into_any()
}
