//! An answer as Markdown: each frame changes the last block and no other.

use leptos::html::Div;
use leptos::prelude::*;

use super::prose::{Prepared, Prose, Shown};
use crate::parts;

/// The text as blocks of HTML. What is shown already is not touched again.
#[component]
pub(super) fn Rendered(
    /// All of the text.
    text: RwSignal<String>,
    /// Changes when the text begins anew.
    epoch: RwSignal<u32>,
    /// Whether nothing more will come.
    #[prop(into)]
    ended: Signal<bool>,
    /// Whether characters that cannot be seen are shown by their names.
    reveal: RwSignal<bool>,
    /// Is told how many such characters there are.
    invisible: RwSignal<usize>,
) -> impl IntoView {
    let node = NodeRef::<Div>::new();
    let first = Prepared { text: text.get_untracked(), epoch: epoch.get_untracked(), ended: ended.get_untracked() };
    // In the browser the server has put it there, or there is none yet.
    let initial = if cfg!(feature = "ssr") { Prose::of(first.clone()).html() } else { String::new() };
    let first = StoredValue::new(first);
    let (prose, there) = (StoredValue::new(None::<Box<dyn Shown>>), RwSignal::new(false));
    let asked = StoredValue::new(false);
    // Markdown's code comes after the page. Where it does not, it is asked for again with the next of the text.
    let ask = move || {
        if asked.get_value() || !cfg!(feature = "hydrate") {
            return;
        }
        asked.set_value(true);
        leptos::task::spawn_local(async move {
            match parts::prose(first.get_value()).await {
                Ok(came) => {
                    first.update_value(|first| first.text = String::new());
                    prose.set_value(Some(came));
                    there.set(true);
                }
                Err(parts::Missing) => asked.set_value(false),
            }
        });
    };
    Effect::new(move || {
        let Some(node) = node.get() else { return };
        let (epoch, ended, reveal) = (epoch.get(), ended.get(), reveal.get());
        if !there.get() {
            text.with(|text| {
                if !text.is_empty() {
                    ask();
                    stand_in(&node, text);
                }
            });
            return;
        }
        prose.update_value(|prose| {
            let Some(prose) = prose else { return };
            text.with(|text| prose.follow(&node, text, epoch, ended, reveal));
            invisible.set(prose.invisible());
        });
    });
    view! { <div class="prose" node_ref=node inner_html=initial></div> }
}

/// Shows the text as it came, unless the server has rendered some.
fn stand_in(node: &web_sys::Element, text: &str) {
    if node.children().length() == 0 {
        node.set_text_content(Some(text));
    }
}
