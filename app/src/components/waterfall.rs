//! Where a run's time went: bars for the eye, numbers for everyone.

use leptos::prelude::*;

use crate::state::figures::thousands;
use crate::state::run::RunState;
use crate::state::waterfall::{Phase, axis, geometry, phases, span};

/// Length of a lane, in units of its drawing.
const LANE: f64 = 640.0;
/// Length of the shortest bar, in the same units.
const LEAST: f64 = 1.5;
/// Marks on the axis.
const MARKS: usize = 5;

/// The section "Where … went".
#[component]
pub fn Waterfall(
    /// Whose time.
    run: RunState,
) -> impl IntoView {
    let all = Memo::new(move |_| run.view.with(phases));
    let total = Memo::new(move |_| run.view.with(|view| view.total_ms.unwrap_or(view.at_ms)));
    let ended = Memo::new(move |_| run.view.with(|view| view.status.is_end()));
    let title = move || {
        let so_far = if ended.get() { "" } else { " so far" };
        format!("Where {} went{so_far}", span(total.get()))
    };
    let end =
        move || run.view.with(|view| view.finish_reason.map_or_else(|| view.status.as_str(), |reason| reason.as_str()));
    let rows = move || {
        let total = total.get();
        let rows = all.get().into_iter().map(|phase| view! { <Lane phase total/> });
        rows.collect_view()
    };
    let last = move || {
        ended.get().then(|| {
            let note = end().to_owned();
            let phase = Phase { name: "End", kind: "end", from_ms: total.get(), to_ms: total.get(), note };
            view! { <Lane phase total=total.get() moment=true/> }
        })
    };
    view! {
        <section class="run__time" aria-labelledby="time-h">
            <h2 id="time-h">{title}</h2>
            <table class="waterfall">
                <caption class="sr-only">"Time by phase"</caption>
                <colgroup>
                    <col class="waterfall__c-name"/>
                    <col/>
                    <col class="waterfall__c-time"/>
                    <col class="waterfall__c-note"/>
                </colgroup>
                <tbody>{rows} {last}</tbody>
            </table>
            <p class="waterfall__axis" aria-hidden="true">
                {(0..MARKS).map(|n| view! { <span>{move || axis::<MARKS>(total.get())[n].clone()}</span> }).collect_view()}
            </p>
        </section>
    }
    .into_any()
}

/// One phase: its name, its bar, its time, its note. A moment shows when it was.
#[component]
fn Lane(phase: Phase, total: u64, #[prop(optional)] moment: bool) -> impl IntoView {
    let (x, width) = geometry(&phase, total, LANE, LEAST);
    let time = if moment { phase.from_ms } else { phase.took_ms() };
    let shown = if moment { format!("at {} ms", thousands(time)) } else { format!("{} ms", thousands(time)) };
    view! {
        <tr>
            <th scope="row">{phase.name}</th>
            <td class="waterfall__lane">
                <svg viewBox=format!("0 0 {LANE} 10") preserveAspectRatio="none" aria-hidden="true">
                    <rect class="waterfall__track" width=LANE.to_string() height="10"></rect>
                    <rect
                        class="waterfall__bar"
                        data-phase=phase.kind
                        x=x.to_string()
                        width=width.to_string()
                        height="10"
                    ></rect>
                </svg>
            </td>
            <td class="num">{shown}</td>
            <td class="waterfall__note">{phase.note}</td>
        </tr>
    }
    .into_any()
}
