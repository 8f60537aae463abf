//! The keys of the library.

use domain::PromptId;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::search::SEARCH_ID;
use super::{LIST_ID, Library, row_id};
use crate::browser;

/// The page's keys. None acts while an input method is composing; those of one letter act outside of fields only.
pub(super) fn keys(library: Library) {
    let press = move |event: KeyboardEvent| {
        // What lies over the page has keys of its own.
        if event.is_composing() || event.key_code() == 229 || event.default_prevented() || browser::has_dialog() {
            return;
        }
        let main = (event.ctrl_key() || event.meta_key()) && !event.alt_key();
        let runner = library.runner.get_untracked();
        match (event.key().as_str(), runner) {
            ("Enter", Some(runner)) if main => {
                if !event.repeat() {
                    runner.start();
                }
            }
            ("Escape", Some(runner)) if untrack(|| runner.is_running()) => runner.stop(),
            ("Escape", _) if library.open.get_untracked().is_some() => library.close(),
            (key, _) if !main && !event.alt_key() && !browser::is_typing() && browser::single_keys() => {
                if !single_key(library, key) {
                    return;
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    Effect::new(move || {
        let handle = window_event_listener(leptos::ev::keydown, press);
        on_cleanup(move || handle.remove());
    });
}

/// Does what a key of one letter does; says whether it does anything.
fn single_key(library: Library, key: &str) -> bool {
    let walk = |forward: bool| match library.open.get_untracked() {
        Some(_) => {
            if let Some(next) = library.step(forward) {
                browser::focus_soon(row_id(next));
            }
        }
        None => browser::walk(LIST_ID, forward),
    };
    match key {
        "j" | "J" => walk(true),
        "k" | "K" => walk(false),
        "/" => browser::focus(SEARCH_ID),
        "r" | "R" => {
            let Some(id) = row_in_focus()
                .or_else(|| library.open.get_untracked())
                .or_else(|| library.listed.with_untracked(|listed| listed.ids().first().copied()))
            else {
                return false;
            };
            library.run_with_input(id);
        }
        _ => return false,
    }
    true
}

/// The prompt whose row has the focus.
fn row_in_focus() -> Option<PromptId> {
    let row = document().active_element()?.closest("[data-prompt]").ok()??;
    row.get_attribute("data-prompt")?.parse().ok()
}
