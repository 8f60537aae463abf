//! A block of code: its name, a button that copies it, the text.

use leptos::prelude::*;

use super::copy::CopyButton;

/// A block of code whose text can be copied.
#[component]
pub fn Code(
    /// What stands in its head: "json".
    name: &'static str,
    /// What else is known of it.
    #[prop(into)]
    note: String,
    /// What the block is, for those who do not see it.
    label: &'static str,
    /// What its button does: "Copy the request".
    copy: &'static str,
    /// What the button copies.
    #[prop(into)]
    text: String,
    /// What is shown, where that is not the plain text.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let text = StoredValue::new(text);
    let shown = match children {
        Some(children) => children().into_any(),
        None => text.get_value().into_any(),
    };
    view! {
        <div class="code">
            <div class="code__head">
                <span>{name}</span>
                <span class="code__note">{note}</span>
                <CopyButton label=copy text=move |()| text.get_value()/>
            </div>
            <pre tabindex="0" role="group" aria-label=label>
                <code>{shown}</code>
            </pre>
        </div>
    }
    .into_any()
}
