//! What differs between two things: a text with what became of it, and tables of what has one value on each side.

mod facts;
mod text;

use domain::change::{Section, What};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::changes::Stat;
use crate::browser;
use crate::browser::diffs::step_diff;
use crate::state::line_ends;
pub use facts::FactsTable;
use text::DiffText;

/// Under which name the tab remembers how texts are laid out.
const VIEW_KEY: &str = "etude.diff-view";

/// The two things that a page compares. Copied freely.
#[derive(Debug, Clone, Copy)]
pub struct TwoSides {
    /// What the left one is called, and the right one.
    names: StoredValue<[String; 2]>,
    /// Whether one became the other: what only one has is then new or gone.
    in_time: bool,
    /// Whether texts stand in one column.
    unified: RwSignal<bool>,
}

impl TwoSides {
    /// Two things under these names, laid out as the tab remembers. `in_time` says that one became the other.
    #[must_use]
    pub fn new(old: String, new: String, in_time: bool) -> Self {
        let unified = RwSignal::new(false);
        Effect::new(move || unified.set(browser::remembered(VIEW_KEY).as_deref() == Some("unified")));
        Self { names: StoredValue::new([old, new]), in_time, unified }
    }

    /// What the left one is called, and the right one.
    #[must_use]
    pub fn names(self) -> [String; 2] {
        self.names.get_value()
    }

    fn said(self, what: What) -> Option<String> {
        match what {
            What::Changed => None,
            What::Same => Some(if self.in_time { "unchanged" } else { "the same" }.to_owned()),
            What::Added => Some(if self.in_time { "new" } else { "only on the right" }.to_owned()),
            What::Gone => Some(if self.in_time { "removed" } else { "only on the left" }.to_owned()),
            What::Moved(from) if self.in_time => Some(format!("moved, was number {from}")),
            What::Moved(from) => Some(format!("number {from} on the left")),
        }
    }
}

/// Whether texts stand beside each other or in one column.
#[component]
pub fn LayoutSwitch(
    /// What is compared.
    sides: TwoSides,
) -> impl IntoView {
    let layout = |word: &'static str, unified: bool| {
        let choose = move |_| {
            sides.unified.set(unified);
            browser::remember(VIEW_KEY, if unified { "unified" } else { "split" });
        };
        view! {
            <label class="segmented__item">
                <input type="radio" name="diff-view" prop:checked=move || sides.unified.get() == unified on:change=choose/>
                {word}
            </label>
        }
    };
    view! {
        <div class="segmented live-only" role="radiogroup" aria-label="Diff layout">
            {layout("Split", false)}
            {layout("Unified", true)}
        </div>
    }
    .into_any()
}

/// A text with what became of it.
#[component]
pub fn TextSection(
    /// What is compared.
    sides: TwoSides,
    /// Its place on the page: no other section has it.
    place: usize,
    /// The text.
    section: Section,
) -> impl IntoView {
    let (added, removed) = (section.diff.added_lines, section.diff.removed_lines);
    let said = sides.said(section.what);
    let coarse = section.diff.is_coarse;
    let ends = line_ends::said(&section.old, &section.new);
    let beside = section.beside.clone();
    let body = (!section.diff.hunks.is_empty()).then(|| view! { <DiffText sides place section=section.clone()/> });
    view! {
        <section class="diff-section">
            <header class="diff-section__head">
                <h3>{section.title.clone()}</h3>
                <Stat added removed/>
                {said.map(|said| view! { <span class="faint">{said}</span> })}
                {ends.map(|ends| view! { <span class="faint">{ends}</span> })}
                {coarse.then(|| view! { <span class="faint">"very different: more is marked than changed"</span> })}
            </header>
            {body}
            {(!beside.is_empty()).then(|| view! { <FactsTable sides title="" label="Beside the text" facts=beside/> })}
        </section>
    }
    .into_any()
}

/// N goes to the next difference, with Shift to the one before.
pub fn step_keys() {
    let press = move |event: KeyboardEvent| {
        let plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
        let typing = browser::is_typing() || browser::has_dialog() || !browser::single_keys();
        if plain
            && !event.is_composing()
            && !event.default_prevented()
            && !typing
            && event.key().eq_ignore_ascii_case("n")
        {
            event.prevent_default();
            step_diff(!event.shift_key());
        }
    };
    Effect::new(move || {
        let handle = window_event_listener(leptos::ev::keydown, press);
        on_cleanup(move || handle.remove());
    });
}
