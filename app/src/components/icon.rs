//! Icons, from one sprite.

use leptos::prelude::*;

/// An icon of the sprite `icons.svg`. It never carries the name of what it stands on.
#[component]
pub fn Icon(
    /// Its id in the sprite.
    #[prop(into)]
    name: Signal<&'static str>,
    /// 14 px in place of 16.
    #[prop(optional)]
    small: bool,
    /// Filled, not drawn.
    #[prop(optional)]
    fill: bool,
) -> impl IntoView {
    view! {
        <svg class="icon" data-size=small.then_some("sm") data-fill=fill.then_some("") aria-hidden="true">
            <use href=move || format!("/icons.svg#{}", name.get())></use>
        </svg>
    }
}

/// The mark: a note whose stem is a caret.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 18 18" aria-hidden="true">
            <ellipse cx="6.4" cy="13.2" rx="4.6" ry="3.3" transform="rotate(-24 6.4 13.2)"></ellipse>
            <rect class="mark__caret" x="12.1" y="1" width="2" height="15.6" rx="1"></rect>
        </svg>
    }
}
