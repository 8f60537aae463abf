//! Values for the variables of the prompt.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::editor::{Editor, Kind};
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
    let inputs = desk.draft.inputs();
    let id = format!("input-{name}");
    let (read, write, field) = (name.clone(), name.clone(), format!("inputs[{name}]"));
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>
                <span class="inputs__name">{name}</span>
            </label>
            <Editor
                id
                name=field
                kind=Kind::Plain
                text=Signal::derive(move || value(&inputs.read(), &read))
                on_input=move |text| _ = inputs.write().insert(write.clone(), text)
            />
        </div>
    }
    .into_any()
}

fn value(inputs: &BTreeMap<String, String>, name: &str) -> String {
    inputs.get(name).cloned().unwrap_or_default()
}
