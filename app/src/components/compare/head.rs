//! The header of a comparison: its name, whether it is saved, and what runs or stops all of it.

use std::sync::Arc;

use domain::Shared;
use leptos::ev::KeyboardEvent;
use leptos::html::Input;
use leptos::prelude::*;

use crate::browser;
use crate::components::control::keep_alike;
use crate::components::header::{Brand, CommandsButton};
use crate::components::icon::Icon;
use crate::components::keys::Keys;
use crate::components::menu::{Menu, MenuItem, MenuRule};
use crate::components::nav::{Nav, Place};
use crate::components::theme::ThemeButton;
use crate::state::commands::{self, Act, Command};
use crate::state::compare::{Compare, Over};
use crate::state::overlays::Overlays;

/// What is shared from here, in words.
const THIS: &str = "this comparison";
/// The id of the menu.
const MENU_ID: &str = "menu-compare";
/// The id of the field that has the name.
const NAME_ID: &str = "compare-name";

/// The page's title.
#[must_use]
pub fn title(name: &str) -> String {
    let name = name.trim();
    if name.is_empty() { "Compare · Etude".to_owned() } else { format!("{name} · Compare · Etude") }
}

/// The header.
#[component]
pub(super) fn CompareHeader(compare: Compare) -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    view! {
        <a class="skip-link" href="#main">"Skip to content"</a>
        <header class="header">
            <Brand/>
            <div class="header__subject">
                <a class="header__name header__above" href="/compare" rel="external">"Compare"</a>
                <svg class="header__slash" viewBox="0 0 8 20" aria-hidden="true">
                    <path d="M7 1 1 19"></path>
                </svg>
                <NameField compare/>
                <span class="compare__saved" role="status">{move || compare.keeping.saved.get().said()}</span>
            </div>
            <div class="header__actions">
                <CommandsButton/>
                // A phone keeps the room for the name; the theme is among the commands.
                <span class="header__group wide-only">
                    <ThemeButton/>
                </span>
                <button
                    class="button live-only wide-only"
                    data-kind="quiet"
                    type="button"
                    aria-haspopup="dialog"
                    aria-label="Share"
                    title="Share"
                    on:click=move |_| overlays.share(Shared::Comparison(compare.id), THIS)
                >
                    <Icon name="share-2"/>
                </button>
                <More compare/>
                <RunAll compare/>
            </div>
        </header>
        <Nav here=Place::Playground/>
    }
    .into_any()
}

#[component]
fn NameField(compare: Compare) -> impl IntoView {
    let node = NodeRef::<Input>::new();
    let set = move |name: String| {
        if compare.name.get_untracked() != name {
            compare.name.set(name);
            compare.changed();
        }
    };
    keep_alike(node, move || compare.name.get(), set);
    view! {
        <input
            class="compare__name-field"
            id=NAME_ID
            aria-label="Name of the comparison"
            placeholder="Untitled"
            maxlength=domain::limits::NAME_CHARS_MAX.to_string()
            autocomplete="off"
            spellcheck="false"
            value=compare.name.get_untracked()
            node_ref=node
            on:input=move |event| set(event_target_value(&event))
        />
    }
    .into_any()
}

/// What is done with the comparison as a whole.
#[component]
fn More(compare: Compare) -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let share = move |()| overlays.share(Shared::Comparison(compare.id), THIS);
    view! {
        <button
            class="button header__more live-only"
            data-kind="quiet"
            data-shape="icon"
            type="button"
            aria-haspopup="menu"
            aria-label="More for this comparison"
            title="More"
            popovertarget=MENU_ID
        >
            <Icon name="ellipsis"/>
        </button>
        <Menu id=MENU_ID label="This comparison" place="more">
            <MenuItem icon="pencil" label="Rename" on_press=move |()| browser::select_all(NAME_ID)/>
            <MenuItem icon="copy" label="Duplicate" on_press=move |()| compare.copy()/>
            <MenuItem icon="share-2" label="Share" on_press=share/>
            <MenuItem icon="download" label="Export" note="JSON".to_owned() on_press=move |()| compare.export("json")/>
            <MenuItem icon="download" label="Export" note="Markdown".to_owned() on_press=move |()| compare.export("md")/>
            <MenuRule/>
            <MenuItem icon="trash-2" label="Delete" on_press=move |()| compare.delete()/>
        </Menu>
    }
    .into_any()
}

/// Run all, which becomes Stop all in its place.
#[component]
fn RunAll(compare: Compare) -> impl IntoView {
    let busy = Memo::new(move |_| compare.is_busy());
    let either = move |run: &'static str, stop: &'static str| move || if busy.get() { stop } else { run };
    let icon = Signal::derive(either("play", "square"));
    let click = move |event: leptos::ev::MouseEvent| {
        if !busy.get_untracked() {
            compare.run_all();
        } else if event.detail() < 2 {
            // The second click of a double click was meant for Run.
            compare.stop_all();
        }
    };
    let hold = move |event: KeyboardEvent| {
        if event.repeat() {
            event.prevent_default();
        }
    };
    view! {
        <button
            class="button button-run live-only"
            id="run"
            type="button"
            data-kind=either("primary", "stop")
            aria-keyshortcuts=either("Control+Shift+Enter", "Escape")
            on:click=click
            on:keydown=hold
        >
            <Icon name=icon small=true fill=true/>
            <span class="grow">{either("Run all", "Stop all")}</span>
            <span class="kbd-set" aria-hidden="true">
                <Show when=move || busy.get() fallback=|| view! { <Keys keys=&["Mod", "⇧", "↵"]/> }>
                    <kbd class="kbd">"Esc"</kbd>
                </Show>
            </span>
        </button>
    }
    .into_any()
}

/// What the palette offers on this page.
#[must_use]
pub fn commands(compare: Compare, overlays: Overlays) -> Vec<Command> {
    const GROUP: &str = "This comparison";
    let act = |label: String, icon: &'static str, keys: &'static [&'static str], run: Arc<dyn Fn() + Send + Sync>| {
        Command { group: GROUP, label, note: String::new(), icon, keys, act: Act::Do(run) }
    };
    let plain =
        |label: &str, icon, keys, run: fn(Compare)| act(label.to_owned(), icon, keys, Arc::new(move || run(compare)));
    let mut commands = vec![if untrack(|| compare.is_busy()) {
        plain("Stop all", "square", &["Esc"], Compare::stop_all)
    } else {
        plain("Run all", "play", &["Mod", "⇧", "↵"], Compare::run_all)
    }];
    for column in compare.columns.get_untracked() {
        let letter = untrack(|| compare.letter(column.id));
        commands.push(act(
            format!("Run column {letter}"),
            "play",
            &[],
            Arc::new(move || compare.run_column(column.id)),
        ));
    }
    if untrack(|| compare.has_room()) {
        commands.push(plain("Add column", "plus", &[], Compare::add_column));
        commands.push(plain("Duplicate this column", "copy", &["Mod", "D"], |compare| {
            compare.duplicate(compare.focused.get_untracked());
        }));
    }
    if compare.removed.with_untracked(Option::is_some) {
        commands.push(plain("Bring back the removed column", "undo-2", &[], Compare::restore));
    }
    commands.push(plain("Use rows of inputs", "rows-3", &[], |compare| compare.over.set(Some(Over::Rows))));
    commands.push(plain("Switch word diff", "columns-2", &["Mod", "⇧", "D"], |compare| {
        compare.differ.is_on.update(|on| *on = !*on);
    }));
    commands.push(commands::share(overlays, Shared::Comparison(compare.id), THIS));
    for (label, note, form) in
        [("Export this comparison", "JSON", "json"), ("Export this comparison to read", "Markdown", "md")]
    {
        let run: Arc<dyn Fn() + Send + Sync> = Arc::new(move || compare.export(form));
        commands.push(Command { note: note.to_owned(), ..act(label.to_owned(), "download", &[], run) });
    }
    commands.push(plain("Duplicate this comparison", "copy", &[], Compare::copy));
    commands.push(plain("Delete this comparison", "trash-2", &[], Compare::delete));
    commands
}
