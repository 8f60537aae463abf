//! A button that copies a text, and says whether it did.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::icon::Icon;
use crate::browser;

/// How long the button says what happened.
const SAID: Duration = Duration::from_secs(2);

/// Copies what `text` gives when it is pressed.
#[component]
pub fn CopyButton(
    /// What the button copies, for people: "Copy the request".
    label: &'static str,
    /// The text.
    #[prop(into)]
    text: Callback<(), String>,
    /// Whether it is what one has come for.
    #[prop(optional)]
    primary: bool,
) -> impl IntoView {
    let said = RwSignal::new("Copy");
    let copy = move |_| {
        let text = text.run(());
        spawn_local(async move {
            said.try_set(if browser::copy(&text).await { "Copied" } else { "Not allowed here" });
            set_timeout(move || _ = said.try_set("Copy"), SAID);
        });
    };
    let icon = Signal::derive(move || if said.get() == "Copied" { "check" } else { "copy" });
    view! {
        <button
            class="button live-only"
            data-kind=if primary { "primary" } else { "quiet" }
            data-size=(!primary).then_some("sm")
            type="button"
            aria-label=label
            title=label
            autofocus=primary
            on:click=copy
        >
            <Icon name=icon small=true/>
            {move || said.get()}
        </button>
        // The name of a button does not change under one's hand; that it was copied is said beside it.
        <span class="sr-only" aria-live="polite">{move || if said.get() == "Copy" { "" } else { said.get() }}</span>
    }
    .into_any()
}
