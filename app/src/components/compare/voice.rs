//! One voice for the whole comparison: it joins what eight columns would say at once.

use std::time::Duration;

use leptos::prelude::*;

use crate::state::compare::Compare;
use crate::state::figures::thousands;

/// How often it says how far the comparison is.
const SAY_EVERY: Duration = Duration::from_secs(5);

/// Says politely how the comparison goes, never the answers themselves.
#[component]
pub(super) fn Voice(compare: Compare) -> impl IntoView {
    let said = compare.said;
    let busy = Memo::new(move |_| compare.is_busy());
    let how = move || {
        compare.standing.with_untracked(|standing| {
            let counts = standing.counts;
            let failed =
                if counts.failed > 0 { format!(", {} failed", thousands(counts.failed)) } else { String::new() };
            let all = counts.waiting + counts.running + counts.done + counts.failed + counts.stopped;
            format!("{} of {} done{failed}", thousands(counts.done), thousands(all))
        })
    };
    Effect::new(move |was: Option<bool>| {
        let now = busy.get();
        if now && was != Some(true) {
            said.set("Started".into());
            let timer = set_interval_with_handle(move || said.set(how()), SAY_EVERY).ok();
            on_cleanup(move || timer.iter().for_each(|timer| timer.clear()));
        } else if !now && was == Some(true) {
            // The last frame says how it ended.
            set_timeout(move || _ = said.try_set(format!("Ended: {}", how())), Duration::from_millis(100));
        }
        now
    });
    view! { <p class="sr-only" role="status">{move || said.get()}</p> }.into_any()
}
