//! The keys of the list.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::row::link_id;
use super::{COMPARE_ID, History, LIST_ID, SEARCH_ID};
use crate::browser;
use crate::state::history::pick;

/// J and K walk, X picks, D compares, `/` searches, Escape closes the drawer.
pub fn listen(history: History) {
    let press = move |event: KeyboardEvent| {
        let plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
        if !plain || event.is_composing() || event.default_prevented() || browser::has_dialog() {
            return;
        }
        if event.key() == "Escape" && history.open.get_untracked().is_some() {
            event.prevent_default();
            return close(history);
        }
        if browser::is_typing() || !browser::single_keys() {
            return;
        }
        match event.key().as_str() {
            "j" | "J" => walk(history, true),
            "k" | "K" => walk(history, false),
            "x" | "X" => match browser::row_in_focus(LIST_ID).and_then(|row| row.parse().ok()) {
                Some(version) => history.picked.update(|picked| *picked = pick(std::mem::take(picked), version)),
                None => return,
            },
            "d" | "D" => browser::press(COMPARE_ID),
            "/" => browser::focus(SEARCH_ID),
            _ => return,
        }
        event.prevent_default();
    };
    Effect::new(move || {
        let handle = window_event_listener(leptos::ev::keydown, press);
        on_cleanup(move || handle.remove());
    });
}

/// To the next older version, or the next newer one; the drawer goes along.
fn walk(history: History, older: bool) {
    browser::walk(LIST_ID, older);
    let row = browser::row_in_focus(LIST_ID).and_then(|row| row.parse::<u32>().ok());
    if let Some(version) = row.filter(|_| history.open.get_untracked().is_some()) {
        browser::go(&history.address(Some(version)));
    }
}

fn close(history: History) {
    let was = history.open.get_untracked();
    browser::go(&history.address(None));
    if let Some(version) = was {
        browser::focus_soon(link_id(version));
    }
}
