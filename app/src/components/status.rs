//! Where a run stands: a shape and a word.

use leptos::prelude::*;

use crate::state::figures::{Stage, figures};
use crate::state::run::RunState;

/// The stage of a run, for its figures.
pub(super) fn stage(run: RunState) -> Stage {
    if run.starting.get() {
        Stage::Starting
    } else if run.id.with(Option::is_some) {
        Stage::Known
    } else {
        Stage::NotRun
    }
}

/// Where a run stands.
#[component]
pub fn Status(
    /// The run.
    run: RunState,
) -> impl IntoView {
    let finish = Memo::new(move |_| {
        let [.., finish] = run.view.with(|view| figures(view, stage(run), None, false));
        finish
    });
    let status =
        move || finish.with(|finish| finish.status.unwrap_or(if finish.pending { "idle" } else { "finished" }));
    view! { <span class="status" data-status=status>{move || finish.get().value}</span> }
}
