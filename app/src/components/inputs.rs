//! Values for the variables of the prompt.

use std::collections::BTreeMap;

use leptos::html::Textarea;
use leptos::prelude::*;

use super::control::{escape, keep_alike};
use crate::state::desk::Desk;
use crate::state::draft::DraftStoreFields;

/// The group "Inputs": a field for each variable, and nothing where there is none.
#[component]
pub fn Inputs(
    /// Whose variables.
    desk: Desk,
) -> impl IntoView {
    let names = Memo::new(move |_| {
        desk.draft.system().track();
        desk.draft.messages().track();
        desk.draft.read_untracked().variables()
    });
    let any = Memo::new(move |_| names.with(|names| !names.is_empty()));
    view! {
        <Show when=move || any.get()>
            <section class="playground__inputs" role="group" aria-labelledby="inputs-h">
                <header class="inputs__head">
                    <h2 id="inputs-h">"Inputs"</h2>
                </header>
                <div class="inputs__grid">
                    <For each=move || names.get() key=String::clone let:name>
                        <Variable desk name/>
                    </For>
                </div>
            </section>
        </Show>
    }
    .into_any()
}

#[component]
fn Variable(desk: Desk, name: String) -> impl IntoView {
    let node = NodeRef::<Textarea>::new();
    let inputs = desk.draft.inputs();
    let id = format!("input-{name}");
    let initial = escape(&value(&inputs.read_untracked(), &name));
    let (read, write, field) = (name.clone(), name.clone(), format!("inputs[{name}]"));
    let set = Callback::new(move |text: String| {
        inputs.write().insert(write.clone(), text);
    });
    keep_alike(node, move || value(&inputs.read(), &read), move |text| set.run(text));
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>
                <span class="inputs__name">{name}</span>
            </label>
            <textarea
                class="input"
                id=id
                name=field
                rows="1"
                autocomplete="off"
                node_ref=node
                on:input=move |event| set.run(event_target_value(&event))
                inner_html=initial
            ></textarea>
        </div>
    }
    .into_any()
}

fn value(inputs: &BTreeMap<String, String>, name: &str) -> String {
    inputs.get(name).cloned().unwrap_or_default()
}
