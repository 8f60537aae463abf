//! Dialogs by which something leaves Etude or comes in: programs, links, files.

mod code;
mod import;
mod links;
mod paste;
mod share;

use leptos::prelude::*;

/// All of them.
#[component]
pub fn Carrying() -> impl IntoView {
    view! {
        <code::CodeDialog/>
        <paste::PasteDialog/>
        <share::ShareDialog/>
        <links::LinksDialog/>
        <import::ImportDialog/>
    }
}

/// A question with a few answers, side by side.
#[component]
fn Segments(
    /// What is chosen, for those who do not see it.
    label: &'static str,
    /// A name that no other question in the dialog has.
    name: &'static str,
    /// The answers.
    #[prop(into)]
    items: Vec<String>,
    /// The place of the one that holds.
    #[prop(into)]
    chosen: Signal<usize>,
    /// The place of one that cannot be chosen.
    #[prop(optional, into)]
    barred: Signal<Option<usize>>,
    /// Is told the place of the one that is chosen.
    #[prop(into)]
    on_choose: Callback<usize>,
) -> impl IntoView {
    let item = |(place, text): (usize, String)| {
        view! {
            <label class="segmented__item">
                <input
                    type="radio"
                    name=name
                    prop:checked=move || chosen.get() == place
                    disabled=move || barred.get() == Some(place)
                    on:change=move |_| on_choose.run(place)
                />
                {text}
            </label>
        }
    };
    let items = items.into_iter().enumerate().map(item).collect_view();
    view! { <div class="segmented" role="radiogroup" aria-label=label>{items}</div> }.into_any()
}
