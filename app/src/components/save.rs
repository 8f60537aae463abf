//! The dialog "Save version": what stands in the fields becomes a version of the prompt.

mod form;
mod secret;

use std::sync::Arc;

use domain::PromptContent;
use leptos::prelude::*;

use super::dialog::{Dialog, DialogHead};
use super::failure::Failure;
use crate::browser;
use crate::browser::editors::settle_editors;
use crate::state::compose::Refusal;
use crate::state::desk::Desk;
use crate::state::overlays::{Overlay, Overlays};
use crate::state::secrets::{self, Found};
use form::Form;
use secret::Secret;

/// The id of what has the focus first.
const FIRST_ID: &str = "save-first";

/// What is asked.
#[derive(Clone)]
enum Stage {
    /// What it would be the next version of is not known here yet.
    Unknown(Option<u32>),
    /// A field cannot be read.
    Broken(Refusal),
    /// It is what a version says already.
    Same(u32, String),
    /// There is a key in it.
    Secret(Found),
    /// What it is called, and what was changed.
    Named(Arc<PromptContent>),
}

/// The dialog.
#[component]
pub fn SaveDialog() -> impl IntoView {
    view! {
        <Dialog overlay=Overlay::Save class="dialog" size="sm" label="Save version">
            <Save/>
        </Dialog>
    }
}

#[component]
fn Save() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let Some(desk) = overlays.desk.get_untracked() else { return ().into_any() };
    settle_editors();
    // What somebody said to save as it is.
    let passed = StoredValue::new(Vec::<Found>::new());
    let stage = RwSignal::new(next(desk, &[]));
    let go_on = Callback::new(move |found: Option<Found>| {
        passed.update_value(|passed| passed.extend(found));
        stage.set(passed.with_value(|passed| next(desk, passed)));
        // What had the focus has gone.
        browser::focus_soon(FIRST_ID.into());
    });
    Effect::new(move || {
        desk.opened.track();
        if stage.with_untracked(|stage| matches!(stage, Stage::Unknown(_))) && desk.base().is_some() {
            go_on.run(None);
        }
    });
    let same = Callback::new(move |(version, digest)| stage.set(Stage::Same(version, digest)));
    let shown = move || match stage.get() {
        Stage::Unknown(version) => view! { <Unknown version/> }.into_any(),
        Stage::Broken(refusal) => view! { <Broken desk refusal/> }.into_any(),
        Stage::Same(version, digest) => view! { <Same version digest/> }.into_any(),
        Stage::Secret(found) => view! { <Secret desk found go_on/> }.into_any(),
        Stage::Named(content) => view! { <Form desk content same/> }.into_any(),
    };
    // Ctrl S once more saves, where there is something to save; it is never the browser's.
    let press = move |event: leptos::ev::KeyboardEvent| {
        if (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("s") {
            event.prevent_default();
        }
    };
    view! { <div class="dialog__form" on:keydown=press>{shown}</div> }.into_any()
}

/// What is to be asked next.
fn next(desk: Desk, passed: &[Found]) -> Stage {
    let draft = desk.draft.read_untracked();
    if draft.prompt.is_some() && desk.base().is_none() {
        return Stage::Unknown(draft.version);
    }
    let content = match draft.content() {
        Ok(content) => content,
        Err(refusal) => return Stage::Broken(refusal),
    };
    if let Some(base) = desk.base().filter(|base| base.content == content) {
        return Stage::Same(base.version, base.digest.clone());
    }
    match secrets::find(&draft).into_iter().find(|found| !passed.contains(found)) {
        Some(found) => Stage::Secret(found),
        None => Stage::Named(Arc::new(content)),
    }
}

/// The version before has to come first: what is saved is the next one of it.
#[component]
fn Unknown(version: Option<u32>) -> impl IntoView {
    let which = version.map_or("the version".to_owned(), |version| format!("v{version}"));
    view! {
        <DialogHead title="Save version"/>
        <div class="dialog__body dialog__stack">
            <p role="status">{format!("Reading {which} of this prompt. It goes on by itself once the server answers; the draft is kept.")}</p>
        </div>
        <Cancel/>
    }
    .into_any()
}

/// What the dialog is called: by the number that the version will have.
fn title(desk: Desk) -> String {
    let base = desk.opened.get_untracked();
    base.map_or("Save version".to_owned(), |base| format!("Save version {}", base.head + 1))
}

#[component]
fn Broken(desk: Desk, refusal: Refusal) -> impl IntoView {
    let fix = refusal.fix.clone();
    let mend = move |_| {
        browser::close_dialogs();
        match &fix {
            // It would be run at once.
            Some(crate::state::compose::Fix::Omit(param)) => {
                let param = *param;
                desk.show_rail();
                browser::focus_soon(param.key().into());
            }
            Some(fix) => desk.mend(fix),
            None => {}
        }
    };
    view! {
        <DialogHead title=title(desk)/>
        <div class="dialog__body dialog__stack">
            <Failure error=refusal.error>
                <button class="button" id=FIRST_ID type="button" autofocus=true on:click=mend>"Go there"</button>
            </Failure>
        </div>
        <Cancel/>
    }
    .into_any()
}

/// Nothing differs from a version: none is made twice.
#[component]
fn Same(version: u32, digest: String) -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let digest = short_digest(&digest);
    view! {
        <DialogHead title="Nothing has changed"/>
        <div class="dialog__body dialog__stack">
            <p role="status">
                {format!("What is on the screen is v{version} to the byte, digest ")} <code>{digest}</code>
                ". A version is not made twice."
            </p>
            <p class="soft">"Name, tags and labels can change without a new version."</p>
        </div>
        <footer class="dialog__foot">
            <button class="button" data-kind="quiet" type="button" on:click=move |_| overlays.show(Overlay::Describe)>
                "Name, tags, description"
            </button>
            <span class="grow"></span>
            <button class="button" id=FIRST_ID type="button" autofocus=true on:click=move |_| browser::close_dialogs()>"Close"</button>
        </footer>
    }
    .into_any()
}

/// The foot of a dialog that can only be left.
#[component]
fn Cancel() -> impl IntoView {
    view! {
        <footer class="dialog__foot">
            <span class="grow"></span>
            <button class="button" data-kind="quiet" type="button" on:click=move |_| browser::close_dialogs()>"Cancel"</button>
        </footer>
    }
}

/// A digest by its ends.
#[must_use]
pub fn short_digest(digest: &str) -> String {
    match (digest.get(..4), digest.get(digest.len().saturating_sub(4)..)) {
        (Some(start), Some(end)) if digest.len() > 8 => format!("b3:{start}…{end}"),
        _ => digest.to_owned(),
    }
}
