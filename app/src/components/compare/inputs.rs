//! Values for the variables of all columns.

use leptos::html::Textarea;
use leptos::prelude::*;

use crate::components::control::{escape, keep_alike};
use crate::components::icon::Icon;
use crate::state::compare::{Compare, Over};
use crate::state::figures::thousands;
use crate::state::forecast::estimate;

/// From so many tokens on a value's length is said.
const SAID_TOKENS_MIN: u64 = 100;

/// The group "Inputs", shared by all columns, and the way to the prompt that they are for.
#[component]
pub(super) fn SharedInputs(compare: Compare) -> impl IntoView {
    let any = Memo::new(move |_| compare.variables.with(|names| !names.is_empty()));
    let is_one = Memo::new(move |_| compare.has_one_prompt());
    let open = move |_| {
        let first = compare.columns.with_untracked(|columns| columns.first().map(|column| column.id));
        compare.over.set(first.map(Over::Prompt));
    };
    view! {
        <div class="compare__inputs" role="group" aria-label="Inputs">
            <Show when=move || any.get() fallback=|| view! { <p class="compare__none">"No variables. A prompt that has some, such as {{topic}}, gets its values here."</p> }>
                <For each=move || compare.variables.get() key=String::clone let:name>
                    <Variable compare name/>
                </For>
            </Show>
            <Show when=move || is_one.get()>
                <button class="button live-only" data-kind="quiet" type="button" aria-haspopup="dialog" on:click=open>
                    <Icon name="pencil" small=true/>
                    "Prompt"
                </button>
            </Show>
        </div>
    }
    .into_any()
}

#[component]
fn Variable(compare: Compare, name: String) -> impl IntoView {
    let node = NodeRef::<Textarea>::new();
    let id = format!("input-{name}");
    let own = StoredValue::new(name.clone());
    // The rows may go over to a grid while this is still asked.
    let text = Memo::new(move |_| own.try_with_value(|name| compare.input(name)).unwrap_or_default());
    let set = move |typed: String| {
        if text.get_untracked() != typed {
            own.try_with_value(|name| compare.set_input(name, typed));
        }
    };
    let given = keep_alike(node, move || text.get(), set);
    let initial = text.with_untracked(|text| escape(text));
    // What a version brings for it.
    let usual = move || {
        let columns = compare.columns.get();
        columns.iter().find_map(|column| {
            own.try_with_value(|name| column.column.with(|column| column.content.inputs.get(name).cloned())).flatten()
        })
    };
    let tokens = Memo::new(move |_| text.with(|text| estimate(text)));
    let is_long = Memo::new(move |_| tokens.get() >= SAID_TOKENS_MIN);
    view! {
        <div class="field" data-long=move || is_long.get().then_some("")>
            <label class="field__label" for=id.clone()>
                <span class="inputs__name">{name}</span>
                <Show when=move || is_long.get()>
                    <span class="inputs__count num" aria-hidden="true">{move || format!("≈ {} tokens", thousands(tokens.get()))}</span>
                </Show>
            </label>
            <textarea
                class="input"
                id=id
                rows="1"
                placeholder=usual
                spellcheck="false"
                autocomplete="off"
                node_ref=node
                on:input=move |event| set(given.exactly(event_target_value(&event)))
                inner_html=initial
            ></textarea>
        </div>
    }
    .into_any()
}
