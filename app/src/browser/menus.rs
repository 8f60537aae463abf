//! Menus: the browser's own popovers. It puts them above everything, closes them when something else is pressed, and
//! gives the focus back.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Where the focus goes in a menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To the next item; after the last, to the first.
    Next,
    /// To the one before; before the first, to the last.
    Previous,
    /// To the first.
    First,
    /// To the last.
    Last,
}

fn items(menu: &Element) -> Vec<HtmlElement> {
    let Ok(found) = menu.query_selector_all("[role=menuitem]") else { return Vec::new() };
    let all = (0..found.length()).filter_map(|place| found.item(place)?.dyn_into::<HtmlElement>().ok());
    // What is not laid out cannot have the focus.
    all.filter(|item| item.offset_height() > 0).collect()
}

/// Moves the focus in the menu with that id.
pub fn walk_menu(id: &str, step: Step) {
    let Some(menu) = document().get_element_by_id(id) else { return };
    let items = items(&menu);
    let active = document().active_element();
    let here = items.iter().position(|item| active.as_ref().is_some_and(|active| active.is_same_node(Some(item))));
    let count = items.len();
    let next = match (step, here) {
        (Step::First, _) | (Step::Next, None) => 0,
        (Step::Last, _) | (Step::Previous, None) => count.saturating_sub(1),
        (Step::Next, Some(here)) => (here + 1) % count.max(1),
        (Step::Previous, Some(here)) => (here + count - 1) % count.max(1),
    };
    if let Some(item) = items.get(next) {
        _ = item.focus();
    }
}

/// Moves the focus to the next item that begins with that letter.
pub fn find_in_menu(id: &str, letter: char) {
    let Some(menu) = document().get_element_by_id(id) else { return };
    let items = items(&menu);
    let active = document().active_element();
    let here = items.iter().position(|item| active.as_ref().is_some_and(|active| active.is_same_node(Some(item))));
    let from = here.map_or(0, |here| here + 1);
    let begins = |item: &&HtmlElement| {
        let text = item.text_content().unwrap_or_default();
        text.trim_start().chars().next().is_some_and(|first| first.to_lowercase().eq(letter.to_lowercase()))
    };
    if let Some(item) = items.iter().skip(from).chain(items.iter().take(from)).find(begins) {
        _ = item.focus();
    }
}

/// Whether the menu with that id is open.
#[must_use]
pub fn is_menu_open(id: &str) -> bool {
    let menu = document().get_element_by_id(id);
    menu.is_some_and(|menu| menu.matches(":popover-open").unwrap_or_default())
}

/// Closes the menu with that id; the focus goes back to where it was.
pub fn close_menu(id: &str) {
    if let Some(menu) = document().get_element_by_id(id).and_then(|menu| menu.dyn_into::<HtmlElement>().ok())
        && menu.matches(":popover-open").unwrap_or_default()
    {
        _ = menu.hide_popover();
    }
}
