//! The dialog "Commands": everything that can be done, found by a few letters.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::dialog::Dialog;
use super::icon::Icon;
use super::keys::Keys;
use crate::browser;
use crate::state::commands::{self, Act, Command, Found};
use crate::state::overlays::{Overlay, Overlays};

/// The dialogs "Commands" and "Models".
#[component]
pub fn Palettes() -> impl IntoView {
    view! {
        <Dialog overlay=Overlay::Commands class="dialog palette" label="Commands">
            <Palette only_models=false/>
        </Dialog>
        <Dialog overlay=Overlay::Models class="dialog palette" label="Models">
            <Palette only_models=true/>
        </Dialog>
    }
}

#[component]
fn Palette(only_models: bool) -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let navigate = use_navigate();
    let all = match overlays.desk.get_untracked().filter(|_| only_models) {
        Some(desk) => commands::models(desk),
        None => commands::all(overlays),
    };
    let count = all.len();
    let (all, navigate) = (StoredValue::new(all), StoredValue::new_local(navigate));
    let (typed, selected) = (RwSignal::new(String::new()), RwSignal::new(0_usize));
    let found = Signal::derive(move || {
        let typed = typed.get();
        let mut groups = all.with_value(|all| commands::find(all, &typed));
        if !typed.trim().is_empty() && !only_models {
            for command in [commands::search_prompts(&typed), commands::search_runs(&typed)] {
                groups.push((command.group, vec![Found { command, marks: Vec::new() }]));
            }
        }
        groups
    });
    let at = move |place: usize| {
        let groups = found.get_untracked();
        groups.into_iter().flat_map(|(_, list)| list).nth(place).map(|found| found.command)
    };
    let run = move |command: Command| {
        browser::close_dialogs();
        match command.act {
            Act::Do(act) => act(),
            Act::Go(place) => {
                navigate.with_value(|navigate| navigate(&place, leptos_router::NavigateOptions::default()))
            }
        }
    };
    let length = move || found.get_untracked().iter().map(|(_, list)| list.len()).sum::<usize>();
    let walk = move |event: KeyboardEvent| {
        if event.is_composing() {
            return;
        }
        let (here, last) = (selected.get_untracked(), length().saturating_sub(1));
        let next = match event.key().as_str() {
            "ArrowDown" => {
                if here >= last {
                    0
                } else {
                    here + 1
                }
            }
            "ArrowUp" => {
                if here == 0 {
                    last
                } else {
                    here - 1
                }
            }
            "PageDown" => (here + 8).min(last),
            "PageUp" => here.saturating_sub(8),
            "Enter" => {
                event.prevent_default();
                if let Some(command) = at(here) {
                    run(command);
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        selected.set(next);
        browser::on_frame(move || browser::bring_into_sight(&option_id(next)));
    };
    let groups = move || {
        let mut place = 0;
        let groups = found.get().into_iter().map(|(group, list)| {
            let options = list.into_iter().map(|found| {
                let own = place;
                place += 1;
                let command = found.command.clone();
                view! { <Choice found own selected on_run=Callback::new(move |()| run(command.clone()))/> }
            });
            let options = options.collect_view();
            view! {
                <div class="palette__group" role="presentation">{group}</div>
                <ul role="group" aria-label=group>{options}</ul>
            }
        });
        groups.collect_view()
    };
    let nothing = move || found.with(Vec::is_empty);
    let hint = if only_models { "A model, a provider, what it can do" } else { "Type a command or a name" };
    view! {
        <div class="palette__field">
            <Icon name="search"/>
            <input
                role="combobox"
                aria-expanded="true"
                aria-controls="palette-list"
                aria-activedescendant=move || option_id(selected.get())
                aria-label=hint
                placeholder=hint
                autocomplete="off"
                spellcheck="false"
                autofocus=true
                prop:value=move || typed.get()
                on:input=move |event| {
                    selected.set(0);
                    typed.set(event_target_value(&event));
                }
                on:keydown=walk
            />
            <span class="kbd-set" aria-hidden="true">
                <kbd class="kbd">"Esc"</kbd>
            </span>
        </div>
        <div class="palette__list" id="palette-list" role="listbox" aria-label="Results" tabindex="-1">
            {groups}
            <p class="palette__none" hidden=move || !nothing()>{move || format!("Nothing is called “{}”.", typed.get().trim())}</p>
        </div>
        <div class="palette__foot">
            <span>
                <span class="kbd-set" aria-hidden="true">
                    <kbd class="kbd">"↑"</kbd>
                    <kbd class="kbd">"↓"</kbd>
                </span>
                " move"
            </span>
            <span>
                <span class="kbd-set" aria-hidden="true">
                    <kbd class="kbd">"↵"</kbd>
                </span>
                " choose"
            </span>
            <span role="status">{move || format!("{} of {count}", found.with(|groups| groups.iter().map(|(_, list)| list.len()).sum::<usize>()).min(count))}</span>
        </div>
    }
    .into_any()
}

fn option_id(place: usize) -> String {
    format!("command-{place}")
}

/// One command, the letters that were typed marked.
#[component]
fn Choice(found: Found, own: usize, selected: RwSignal<usize>, on_run: Callback<()>) -> impl IntoView {
    let Found { command, marks } = found;
    let letters = command.label.chars().enumerate().map(|(place, letter)| {
        if marks.contains(&place) {
            view! { <mark>{letter.to_string()}</mark> }.into_any()
        } else {
            letter.to_string().into_any()
        }
    });
    let letters = letters.collect_view();
    let note =
        (!command.note.is_empty()).then(|| view! { <span class="palette__where truncate">{command.note}</span> });
    let keys = (!command.keys.is_empty()).then(|| view! { <Keys keys=command.keys/> });
    view! {
        <li
            class="palette__item"
            role="option"
            id=option_id(own)
            aria-selected=move || if selected.get() == own { "true" } else { "false" }
            on:pointermove=move |_| {
                if selected.get_untracked() != own {
                    selected.set(own);
                }
            }
            on:click=move |_| on_run.run(())
        >
            <Icon name=command.icon/>
            <span class="palette__label truncate">{letters}</span>
            {note}
            {keys}
        </li>
    }
}
