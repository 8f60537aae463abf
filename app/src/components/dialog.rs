//! What lies over the page: the browser's own dialog, so that focus, Escape and the page behind are its business.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::browser;
use crate::state::overlays::{Overlay, Overlays};

/// A dialog, there while it is open.
#[component]
pub fn Dialog(
    /// Which one.
    overlay: Overlay,
    /// Its class.
    class: &'static str,
    /// Its name.
    label: &'static str,
    /// `sm` or `lg`, where it is not of the usual width.
    #[prop(optional)]
    size: &'static str,
    /// What stands in it.
    children: ChildrenFn,
) -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let is_open = Memo::new(move |_| overlays.open.get() == Some(overlay));
    move || {
        is_open.get().then(|| {
            let node = NodeRef::<html::Dialog>::new();
            Effect::new(move || {
                if let Some(dialog) = node.get() {
                    _ = dialog.show_modal();
                }
            });
            let closed = move |_| {
                if overlays.open.get_untracked() == Some(overlay) {
                    overlays.open.set(None);
                }
            };
            // What is not in it is around it.
            let click = move |event: leptos::ev::MouseEvent| {
                if event.target().is_some_and(|target| target.has_type::<web_sys::HtmlDialogElement>()) {
                    browser::close_dialogs();
                }
            };
            view! {
                <dialog class=class data-size=(!size.is_empty()).then_some(size) aria-label=label node_ref=node on:close=closed on:click=click>
                    {children()}
                </dialog>
            }
        })
    }
}

/// The head of a dialog: its title, and the button that closes it.
#[component]
pub fn DialogHead(
    /// The title.
    #[prop(into)]
    title: Signal<String>,
    /// What else is to be known.
    #[prop(optional, into)]
    note: Signal<String>,
) -> impl IntoView {
    view! {
        <header class="dialog__head">
            <h2>{move || title.get()}</h2>
            <span class="dialog__note truncate" title=move || note.get() hidden=move || note.with(String::is_empty)>{move || note.get()}</span>
            <button
                class="button"
                data-kind="quiet"
                data-shape="icon"
                type="button"
                aria-label="Close"
                title="Close"
                on:click=move |_| browser::close_dialogs()
            >
                <super::icon::Icon name="x"/>
            </button>
        </header>
    }
    .into_any()
}
