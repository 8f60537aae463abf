//! The eight figures under an output.

use std::time::Duration;

use leptos::prelude::*;

use super::status::stage;
use crate::browser;
use crate::state::figures::{Figure, figures};
use crate::state::run::RunState;

/// How often the elapsed time moves.
const TICK: Duration = Duration::from_millis(100);

/// The list "Run figures": the same eight, in the same order, everywhere.
#[component]
pub fn Figures(
    /// Whose figures.
    run: RunState,
    /// Whether the model costs nothing.
    #[prop(into)]
    free: Signal<bool>,
) -> impl IntoView {
    let elapsed = elapsed_ms(run);
    let all = Memo::new(move |_| run.view.with(|view| figures(view, stage(run), elapsed.get(), free.get())));
    let rows = (0..8).map(move |place| {
        let figure = Memo::new(move |_| all.with(|all| all[place].clone()));
        view! { <Row figure/> }
    });
    view! { <ul class="metrics" role="list" aria-label="Run figures">{rows.collect_view()}</ul> }
}

#[component]
fn Row(figure: Memo<Figure>) -> impl IntoView {
    let label = figure.with_untracked(|figure| figure.label);
    let state = move || figure.with(|figure| figure.pending.then_some("pending"));
    let value = move || figure.with(|figure| figure.value.clone());
    let unit = move || figure.with(|figure| figure.unit);
    let status = move || figure.with(|figure| figure.status);
    view! {
        <li class="metric" data-state=state>
            <span class="metric__label">{label}</span>
            " "
            <span class="metric__value">
                <span data-status=status class:status=move || status().is_some()>{value}</span>
                " "
                <span class="metric__unit">{unit}</span>
            </span>
        </li>
    }
    .into_any()
}

/// Milliseconds since the run was created, moving while it runs.
pub(super) fn elapsed_ms(run: RunState) -> Memo<Option<u64>> {
    let now = RwSignal::new(None::<f64>);
    let running = Memo::new(move |_| run.is_running());
    Effect::new(move || {
        if running.get() {
            let timer = set_interval_with_handle(move || now.set(Some(browser::now_ms())), TICK).ok();
            on_cleanup(move || timer.iter().for_each(|timer| timer.clear()));
        }
    });
    Memo::new(move |_| {
        let created = run.created_at.get()?;
        now.get().map(|now| (now - created).max(0.0) as u64)
    })
}
