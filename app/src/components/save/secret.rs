//! The question that comes before the form where there is a key in a text: a version cannot be changed later.

use leptos::prelude::*;

use super::super::dialog::DialogHead;
use super::super::icon::Icon;
use super::{FIRST_ID, title};
use crate::browser;
use crate::state::desk::{Desk, Pane, message_field};
use crate::state::secrets::{Found, Where, take_out, text_of};

/// Asks what shall become of the key.
#[component]
pub fn Secret(
    /// Whose fields.
    desk: Desk,
    /// The key.
    found: Found,
    /// Goes on: with the key where it is saved as it is, with nothing where it was taken out.
    go_on: Callback<Option<Found>>,
) -> impl IntoView {
    let draft = desk.draft.read_untracked();
    let (before, key, after) = found.line_around(text_of(&draft, &found.place));
    let name = crate::state::secrets::free_name(&draft);
    drop(draft);
    let can_take_out = !matches!(found.place, Where::Field(..));
    let takes_out = RwSignal::new(can_take_out);
    let place = found.place.name();
    let line = found.line;
    let (first, second) = match &found.place {
        Where::Input(_) => ("Keep its value out", "The value stays in this tab’s draft and is not saved.".to_owned()),
        _ => (
            "Make it a variable",
            format!("The text becomes {{{{{name}}}}}. Its value stays in this tab’s draft and is not saved."),
        ),
    };
    let field = match &found.place {
        Where::System => Some(("system".to_owned(), Pane::Prompt)),
        Where::Message(id, _) => Some((message_field(*id), Pane::Prompt)),
        Where::Input(name) => Some((format!("input-{name}"), Pane::Prompt)),
        Where::Field(id, _) => Some(((*id).to_owned(), if *id == "tools" { Pane::Prompt } else { Pane::Params })),
    };
    let go_there = move |_| {
        browser::close_dialogs();
        if let Some((id, pane)) = field.clone() {
            desk.pane.set(pane);
            browser::open_around(&id);
            browser::focus_soon(id);
        }
    };
    let said = format!(
        "Line {line} has {}, it begins with “{}”. Versions cannot be changed later, and everyone who can open this prompt can read it.",
        found.kind, found.begins
    );
    let heading = capital(&format!("{place} seems to hold a key."));
    let found = StoredValue::new(found);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let key = found.get_value();
        if takes_out.get_untracked() {
            desk.draft.update(|draft| take_out(draft, &key));
            go_on.run(None);
        } else {
            go_on.run(Some(key));
        }
    };
    let choice = move |out: bool, word: &'static str, text: String| {
        view! {
            <label class="choice">
                <input
                    class="radio"
                    id=(takes_out.get_untracked() == out).then_some(FIRST_ID)
                    type="radio"
                    name="secret"
                    checked=takes_out.get_untracked() == out
                    autofocus=takes_out.get_untracked() == out
                    on:change=move |_| takes_out.set(out)
                />
                <b>{word}</b>
                <p>{text}</p>
            </label>
        }
    };
    view! {
        <form class="dialog__form" on:submit=submit>
            <DialogHead title=title(desk)/>
            <div class="dialog__body dialog__stack">
                <div class="note" data-tone="warn" role="alert">
                    <Icon name="triangle-alert"/>
                    <div class="note__text">
                        <b>{heading}</b>
                        " "
                        {said}
                    </div>
                </div>
                <div class="code">
                    <pre tabindex="0" role="group" aria-label=format!("Line {line} of {place}")>
                        <code>{before}<mark class="found-secret">{key}</mark>{after}</code>
                    </pre>
                </div>
                <div class="choices" role="radiogroup" aria-label="What to do">
                    {can_take_out.then(|| choice(true, first, second))}
                    {choice(false, "Save as it is", "It is an example, or the prompt needs it.".to_owned())}
                </div>
            </div>
            <footer class="dialog__foot">
                <button class="button" data-kind="quiet" type="button" on:click=go_there>{format!("Go to {place}")}</button>
                <span class="grow"></span>
                <button class="button" data-kind="quiet" type="button" on:click=move |_| browser::close_dialogs()>"Cancel"</button>
                <button class="button" data-kind="primary" type="submit">"Go on"</button>
            </footer>
        </form>
    }
    .into_any()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
