//! The keys of a comparison. None acts while an input method is composing.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use crate::browser;
use crate::state::compare::{Compare, column_id};

/// Listens for as long as the page is there.
pub(super) fn listen(compare: Compare) {
    let press = move |event: KeyboardEvent| {
        // What lies over the page has keys of its own.
        if event.is_composing() || event.key_code() == 229 || event.default_prevented() || browser::has_dialog() {
            return;
        }
        let main = (event.ctrl_key() || event.meta_key()) && !event.alt_key();
        let plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
        let done = if main {
            with_main(compare, &event)
        } else if plain {
            alone(compare, &event)
        } else {
            false
        };
        if done {
            event.prevent_default();
        }
    };
    Effect::new(move || {
        let handle = window_event_listener(leptos::ev::keydown, press);
        on_cleanup(move || handle.remove());
    });
}

/// With Ctrl or ⌘; says whether the key was one of these.
fn with_main(compare: Compare, event: &KeyboardEvent) -> bool {
    let shift = event.shift_key();
    match event.key().as_str() {
        "Enter" if event.repeat() => {}
        "Enter" if shift => compare.run_all(),
        "Enter" if untrack(|| compare.is_grid()) => compare.run_all(),
        "Enter" => compare.run_column(compare.focused.get_untracked()),
        "d" | "D" if shift => compare.differ.is_on.update(|on| *on = !*on),
        "d" | "D" => compare.duplicate(compare.focused.get_untracked()),
        digit if !shift && digit.len() == 1 => {
            let Some(place) = digit.parse::<usize>().ok().and_then(|digit| digit.checked_sub(1)) else { return false };
            let id = compare.columns.with_untracked(|columns| columns.get(place).map(|column| column.id));
            let Some(id) = id else { return false };
            compare.focus(id);
        }
        _ => return false,
    }
    true
}

/// Without; says whether the key was one of these.
fn alone(compare: Compare, event: &KeyboardEvent) -> bool {
    match event.key().as_str() {
        "Escape" if compare.params_of.get_untracked().is_some() => compare.params_of.set(None),
        "Escape" if compare.looked_at.get_untracked().is_some() => compare.looked_at.set(None),
        "Escape" if untrack(|| compare.is_busy()) => compare.stop_all(),
        "n" | "N" if !browser::is_typing() && browser::single_keys() && !untrack(|| compare.is_grid()) => {
            let from = column_id(compare.focused.get_untracked());
            browser::panes::next_of(&format!("#{from} .differs"), "data-here");
        }
        _ => return false,
    }
    true
}
