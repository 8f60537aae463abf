//! One message of the prompt.

use leptos::html::Textarea;
use leptos::prelude::*;

use super::control::{escape, keep_alike};

/// A message: its role and its text, in a field that grows with it.
#[component]
pub fn Message(
    /// Who speaks.
    role: &'static str,
    /// What assistive technology calls the field.
    label: &'static str,
    /// What the form calls the field.
    name: &'static str,
    /// The text.
    #[prop(into)]
    text: Signal<String>,
    /// Takes what was typed.
    #[prop(into)]
    on_input: Callback<String>,
) -> impl IntoView {
    let node = NodeRef::<Textarea>::new();
    keep_alike(node, move || text.get(), move |typed| on_input.run(typed));
    // Where a browser cannot size a field by its content.
    let rows = move || text.with(|text| text.lines().count() + usize::from(text.ends_with('\n'))).max(1).to_string();
    let initial = text.with_untracked(|text| escape(text));
    view! {
        <article class="message">
            <header class="message__head">
                <span class="message__role">{role}</span>
            </header>
            <textarea
                class="editor"
                id=name
                name=name
                rows=rows
                aria-label=label
                spellcheck="false"
                autocomplete="off"
                node_ref=node
                on:input=move |event| on_input.run(event_target_value(&event))
                inner_html=initial
            ></textarea>
        </article>
    }
    .into_any()
}
