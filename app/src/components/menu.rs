//! A menu: a few things that can be done, under the button that opens it; on a phone a sheet from the bottom edge.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::icon::Icon;
use super::keys::Keys;
use crate::browser::menus::{Step, close_menu, find_in_menu, is_menu_open, walk_menu};

/// The menu. A button with `popovertarget` and its id opens it.
#[component]
pub fn Menu(
    /// Its id.
    id: &'static str,
    /// Its name for people.
    label: &'static str,
    /// Under which button it lies: `prompt`, `header`, `more`.
    place: &'static str,
    /// Its items.
    children: Children,
) -> impl IntoView {
    let press = move |event: KeyboardEvent| {
        if event.is_composing() || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        match event.key().as_str() {
            "ArrowDown" => walk_menu(id, Step::Next),
            "ArrowUp" => walk_menu(id, Step::Previous),
            "Home" => walk_menu(id, Step::First),
            "End" => walk_menu(id, Step::Last),
            // Not the page's: there it stops the run.
            "Escape" => close_menu(id),
            "Tab" => return close_menu(id),
            key => match (key.chars().next(), key.chars().count()) {
                (Some(letter), 1) if letter.is_alphanumeric() => find_in_menu(id, letter),
                _ => return,
            },
        }
        event.prevent_default();
    };
    let opened = move |_| {
        if is_menu_open(id) {
            walk_menu(id, Step::First);
        }
    };
    view! {
        <div
            class="popover menu"
            id=id
            data-menu=place
            popover="auto"
            role="menu"
            aria-label=label
            tabindex="-1"
            on:toggle=opened
            on:keydown=press
            on:click=move |_| close_menu(id)
        >
            {children()}
        </div>
    }
    .into_any()
}

/// Something that can be done.
#[component]
pub fn MenuItem(
    /// Its icon.
    icon: &'static str,
    /// What it does.
    #[prop(into)]
    label: Signal<String>,
    /// What else is to be known.
    #[prop(optional, into)]
    note: MaybeProp<String>,
    /// Its keys.
    #[prop(optional)]
    keys: &'static [&'static str],
    /// Does it.
    #[prop(into)]
    on_press: Callback<()>,
) -> impl IntoView {
    let keys = (!keys.is_empty()).then(|| view! { <span class="keys-only" aria-hidden="true"><Keys keys/></span> });
    view! {
        <button class="menu__item live-only" role="menuitem" type="button" tabindex="-1" on:click=move |_| on_press.run(())>
            <Icon name=icon/>
            <span class="truncate">{move || label.get()}</span>
            <Note note/>
            {keys}
        </button>
    }
    .into_any()
}

/// A way to another place.
#[component]
pub fn MenuLink(
    /// Its icon.
    icon: &'static str,
    /// Where it leads.
    #[prop(into)]
    label: Signal<String>,
    /// What else is to be known.
    #[prop(optional, into)]
    note: MaybeProp<String>,
    /// Its address.
    #[prop(into)]
    href: Signal<String>,
    /// Whether the server alone has what is there.
    #[prop(optional)]
    file: bool,
) -> impl IntoView {
    view! {
        <a
            class="menu__item"
            role="menuitem"
            tabindex="-1"
            href=move || href.get()
            rel=file.then_some("external")
            download=file.then_some("")
        >
            <Icon name=icon/>
            <span class="truncate">{move || label.get()}</span>
            <Note note/>
        </a>
    }
    .into_any()
}

#[component]
fn Note(note: MaybeProp<String>) -> impl IntoView {
    move || note.get().filter(|note| !note.is_empty()).map(|note| view! { <span class="menu__note">{note}</span> })
}

/// A line between groups of items.
#[component]
pub fn MenuRule() -> impl IntoView {
    view! { <hr class="menu__rule"/> }
}
