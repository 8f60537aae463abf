//! A text that grows: what is shown is never touched again.

use leptos::html::Span;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::control::escape;

/// Most UTF-16 units of one text node. Growing a node costs as much as it is long.
const NODE_UNITS_MAX: u32 = 8_192;

/// A growing text. Only what is new reaches the document.
#[component]
pub fn Growing(
    /// All of the text.
    text: RwSignal<String>,
    /// Changes when the text begins anew.
    epoch: RwSignal<u32>,
) -> impl IntoView {
    let node = NodeRef::<Span>::new();
    let (initial, length) = text.with_untracked(|text| (escape(text)[1..].to_owned(), text.len()));
    let shown = StoredValue::new((epoch.get_untracked(), length));
    Effect::new(move || {
        let Some(element) = node.get() else { return };
        let epoch = epoch.get();
        text.with(|text| {
            let (shown_epoch, shown_length) = shown.get_value();
            let from = if shown_epoch == epoch && shown_length <= text.len() { shown_length } else { 0 };
            if from == 0 {
                element.set_text_content(None);
            }
            if let Some(new) = text.get(from..).filter(|new| !new.is_empty()) {
                append(&element, new);
            }
            shown.set_value((epoch, text.len()));
        });
    });
    view! { <span node_ref=node inner_html=initial></span> }
}

fn append(element: &web_sys::HtmlElement, new: &str) {
    let last = element.last_child().and_then(|node| node.dyn_into::<web_sys::Text>().ok());
    match last.filter(|node| node.length() < NODE_UNITS_MAX) {
        Some(node) => _ = node.append_data(new),
        None => _ = element.append_child(&document().create_text_node(new)),
    }
}
