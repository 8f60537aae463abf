//! Keys: as they stand beside what they do, and all of them.

use leptos::prelude::*;

use crate::state::overlays::Overlays;

/// A set of keys; `Mod` is Ctrl, or ⌘ on a Mac.
#[component]
pub fn Keys(
    /// The keys.
    keys: &'static [&'static str],
) -> impl IntoView {
    let apple = expect_context::<Overlays>().apple;
    let key = move |key: &'static str| {
        let text = move || match (key, apple.get()) {
            ("Mod", true) => "⌘",
            ("Mod", false) => "Ctrl",
            ("Alt", true) => "⌥",
            (key, _) => key,
        };
        view! { <kbd class="kbd">{text}</kbd> }
    };
    view! { <span class="kbd-set">{keys.iter().copied().map(key).collect_view()}</span> }
}

/// What can be done by key: a heading, and under it each deed with its keys.
type Group = (&'static str, &'static [(&'static str, &'static [&'static str])]);

const ALL: [Group; 5] = [
    (
        "Running",
        &[
            ("Run this pane", &["Mod", "↵"]),
            ("Run all panes", &["Mod", "⇧", "↵"]),
            ("Stop, no menu open", &["Esc"]),
            ("Continue what was cut", &["Mod", "⇧", "→"]),
        ],
    ),
    (
        "Writing",
        &[
            ("Find in the field", &["Mod", "F"]),
            ("Undo, redo", &["Mod", "Z"]),
            ("Move message up or down", &["Alt", "↑", "↓"]),
            ("Add output as a message", &["Alt", "↵"]),
            ("Save version", &["Mod", "S"]),
            ("Leave the field", &["Tab"]),
        ],
    ),
    (
        "Anywhere",
        &[
            ("Commands", &["Mod", "K"]),
            ("This list", &["Mod", "/"]),
            ("This list, outside of fields", &["?"]),
            ("Navigation", &["Mod", "B"]),
            ("Parameters", &["Mod", "."]),
            ("Code", &["Mod", "⇧", "E"]),
        ],
    ),
    (
        "Comparing",
        &[("Duplicate column", &["Mod", "D"]), ("Go to a column", &["Mod", "1…8"]), ("Word diff", &["Mod", "⇧", "D"])],
    ),
    (
        "Lists",
        &[
            ("Next, previous", &["J", "K"]),
            ("Open", &["↵"]),
            ("Run with input", &["R"]),
            ("Compare with another run", &["C"]),
            ("Search", &["/"]),
            ("Next difference", &["N"]),
        ],
    ),
];

/// Every key there is.
#[component]
pub fn AllKeys() -> impl IntoView {
    let row = |(deed, keys): &(&'static str, &'static [&'static str])| {
        view! {
            <div>
                <dt>{*deed}</dt>
                <dd>
                    <Keys keys=keys/>
                </dd>
            </div>
        }
    };
    let group = |(title, rows): Group| {
        view! {
            <section class="shortcuts__group">
                <h3>{title}</h3>
                <dl>{rows.iter().map(row).collect_view()}</dl>
            </section>
        }
    };
    view! { <div class="shortcuts__cols">{ALL.map(group).collect_view()}</div> }.into_any()
}

/// The switch for keys without Ctrl or ⌘ (WCAG 2.1.4).
#[component]
pub fn SingleKeys() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    view! {
        <label class="single-keys">
            <input
                class="switch"
                type="checkbox"
                role="switch"
                prop:checked=move || overlays.single_keys.get()
                on:change=move |event| overlays.set_single_keys(event_target_checked(&event))
            />
            "Single keys"
        </label>
    }
}
