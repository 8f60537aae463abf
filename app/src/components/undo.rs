//! What is left in the place of a deleted run: the way back, while there is one.

use std::time::Duration;

use domain::RunId;
use leptos::form::ActionForm;
use leptos::prelude::*;

use super::icon::Icon;
use crate::api::history::RestoreRun;
use crate::browser;

/// How often the time that is left moves.
const TICK: Duration = Duration::from_millis(250);

/// How many seconds are left of so many milliseconds, as they go by.
#[must_use]
pub fn seconds_left(left_ms: u64) -> RwSignal<u64> {
    let left_s = RwSignal::new(left_ms.div_ceil(1_000));
    Effect::new(move || {
        let until = browser::now_ms() + left_ms as f64;
        let count = move || left_s.set(((until - browser::now_ms()) / 1_000.0).ceil().max(0.0) as u64);
        let timer = set_interval_with_handle(count, TICK).ok();
        on_cleanup(move || timer.iter().for_each(|timer| timer.clear()));
    });
    left_s
}

/// Says that a run is deleted, and offers to bring it back.
#[component]
pub fn Undo(
    /// The run.
    run: RunId,
    /// For how long it can be brought back, in milliseconds.
    left_ms: u64,
    /// Brings it back.
    restore: ServerAction<RestoreRun>,
) -> impl IntoView {
    let left_s = seconds_left(left_ms);
    let over = Memo::new(move |_| left_s.get() == 0);
    let failed = move || restore.value().with(|value| matches!(value, Some(Err(_))));
    view! {
        <div class="undo">
            <Icon name="trash-2"/>
            <p role="status">
                <b>"This run is deleted."</b>
                {move || match (over.get(), failed()) {
                    (true, _) => " It is gone for good.",
                    (false, true) => " It could not be brought back. Try again.",
                    (false, false) => "",
                }}
            </p>
            <span class="num" hidden=move || over.get()>
                {move || format!("for good in {}:{:02}", left_s.get() / 60, left_s.get() % 60)}
            </span>
            <ActionForm action=restore>
                <input type="hidden" name="id" value=run.to_string()/>
                <button class="button" id="undo" type="submit" hidden=move || over.get()>"Undo"</button>
            </ActionForm>
        </div>
    }
    .into_any()
}
