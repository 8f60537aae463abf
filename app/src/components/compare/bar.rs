//! The bar above the columns: how they are shown, and what makes more of them.

use domain::limits::REPETITIONS_MAX;
use leptos::html::Input;
use leptos::prelude::*;

use crate::browser;
use crate::components::control::keep_alike;
use crate::components::icon::Icon;
use crate::state::compare::{Compare, Over};

/// The toolbar "Comparison".
#[component]
pub(super) fn Bar(compare: Compare) -> impl IntoView {
    let several = Memo::new(move |_| compare.columns.with(|columns| columns.len() > 1));
    let word = move || compare.differ.first.get().filter(|_| compare.differ.is_on.get() && several.get());
    let agreement = move || {
        let percent = compare.differ.agreement.get().filter(|_| compare.differ.is_on.get())?;
        Some(format!("A and B agree on {percent} % of words"))
    };
    view! {
        <div class="compare__bar" role="group" aria-label="Comparison">
            <Toggle label="Word diff" on=compare.differ.is_on keys="Control+Shift+D" disabled=Signal::derive(move || !several.get())/>
            <Toggle label="Scroll together" on=compare.together keys="" disabled=Signal::derive(move || !several.get())/>
            {move || {
                word()
                    .map(|word| {
                        view! {
                            <button class="chip" type="button" on:click=move |_| go_to_parting(compare)>
                                <Icon name="pin" small=true/>
                                {format!("Diverged at word {word}")}
                            </button>
                        }
                    })
            }}
            <span class="grow"></span>
            <span class="num nowrap wide-only">{agreement}</span>
            <Repetitions compare/>
            <button class="button live-only" data-kind="quiet" data-size="sm" type="button" aria-haspopup="dialog" on:click=move |_| compare.over.set(Some(Over::Rows))>
                <Icon name="rows-3" small=true/>
                "Use rows of inputs"
            </button>
            <AddColumn compare/>
        </div>
    }
    .into_any()
}

/// Adds a column that is like the last one.
#[component]
pub(in crate::components) fn AddColumn(compare: Compare) -> impl IntoView {
    view! {
        <button
            class="button live-only"
            data-kind="quiet"
            data-size="sm"
            type="button"
            disabled=move || !compare.has_room()
            on:click=move |_| compare.add_column()
        >
            <Icon name="plus" small=true/>
            "Add column"
        </button>
    }
    .into_any()
}

#[component]
fn Toggle(label: &'static str, on: RwSignal<bool>, keys: &'static str, disabled: Signal<bool>) -> impl IntoView {
    view! {
        <label class="toggle live-only">
            <input
                class="switch"
                type="checkbox"
                role="switch"
                aria-keyshortcuts=(!keys.is_empty()).then_some(keys)
                disabled=disabled
                prop:checked=move || on.get()
                on:change=move |event| on.set(event_target_checked(&event))
            />
            {label}
        </label>
    }
    .into_any()
}

/// How often each cell is run.
#[component]
pub(in crate::components) fn Repetitions(compare: Compare) -> impl IntoView {
    let node = NodeRef::<Input>::new();
    let wrong = RwSignal::new(false);
    let set = move |typed: String| {
        let count = typed.trim().parse::<u32>().ok().filter(|count| (1..=REPETITIONS_MAX).contains(count));
        wrong.set(count.is_none());
        if let Some(count) = count.filter(|count| *count != compare.repetitions.get_untracked()) {
            compare.set_repetitions(count);
        }
    };
    keep_alike(node, move || compare.repetitions.get().to_string(), set);
    view! {
        <label class="compare__times live-only">
            "Repetitions"
            <input
                class="input"
                data-align="end"
                type="number"
                min="1"
                max=REPETITIONS_MAX.to_string()
                step="1"
                title=format!("How often each is run, 1 to {REPETITIONS_MAX}; never from a cache")
                aria-invalid=move || wrong.get().then_some("true")
                value=compare.repetitions.get_untracked().to_string()
                node_ref=node
                on:input=move |event| set(event_target_value(&event))
                on:blur=move |_| {
                    // What cannot be used is not left standing.
                    if wrong.get_untracked() {
                        wrong.set(false);
                        compare.repetitions.notify();
                    }
                }
            />
        </label>
    }
    .into_any()
}

/// Brings the first word that differs into sight, in each column.
fn go_to_parting(compare: Compare) {
    for column in compare.columns.get_untracked() {
        browser::panes::bring_to_the_middle(&format!("parts-{}", column.id));
    }
}
