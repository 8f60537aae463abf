//! What stands in the output's place before the first run.

use leptos::prelude::*;

use super::keys::Keys;
use super::ticked::ticked;
use crate::state::desk::Desk;

/// Says what one key does, and what to expect of the model.
#[component]
pub fn Welcome(
    /// What is about to run.
    desk: Desk,
) -> impl IntoView {
    let model = Memo::new(move |_| desk.model());
    let note = move || model.with(|model| model.note.as_deref().map(ticked));
    view! {
        <div class="welcome">
            <div class="empty">
                <h3>
                    "Press "
                    <span class="keys-only">
                        <Keys keys=&["Mod", "↵"]/>
                    </span>
                    <span class="touch-only">"Run"</span>
                    " and read the answer here."
                </h3>
                <p>
                    "This prompt is filled in, and "
                    <b>{move || model.with(|model| model.name.clone())}</b>
                    " is chosen. Change what you like first."
                </p>
                <p class="soft">{note}</p>
            </div>
        </div>
    }
    .into_any()
}
