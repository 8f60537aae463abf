//! A dialog of this page: the browser's own, so that focus, Escape and the page behind are its business.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::browser;
use crate::browser::editors::settle_editors;
use crate::components::icon::Icon;

/// A dialog, open from the moment on in which it is there.
#[component]
pub(in crate::components) fn Modal(
    /// Its name, and its title.
    #[prop(into)]
    title: Signal<String>,
    /// `sm`, `lg`, or nothing.
    size: &'static str,
    /// Is told when it has been closed.
    on_close: Callback<()>,
    /// What stands in it, after its head.
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |before: Option<()>| {
        if let Some(dialog) = node.get().filter(|dialog| before.is_none() || !dialog.open()) {
            _ = dialog.show_modal();
        }
    });
    // What is not in it is around it.
    let click = move |event: leptos::ev::MouseEvent| {
        if event.target().is_some_and(|target| target.has_type::<web_sys::HtmlDialogElement>()) {
            browser::close_dialogs();
        }
    };
    view! {
        <dialog
            class="dialog"
            data-size=(!size.is_empty()).then_some(size)
            aria-label=title
            node_ref=node
            on:close=move |_| {
                settle_editors();
                on_close.run(());
            }
            on:click=click
        >
            <header class="dialog__head">
                <h2>{title}</h2>
                <button
                    class="button"
                    data-kind="quiet"
                    data-shape="icon"
                    type="button"
                    aria-label="Close"
                    title="Close"
                    on:click=move |_| browser::close_dialogs()
                >
                    <Icon name="x"/>
                </button>
            </header>
            {children()}
        </dialog>
    }
    .into_any()
}
