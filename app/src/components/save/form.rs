//! The form of the dialog: a note, the name, tags, what changed, and labels that move along.

use std::sync::Arc;

use domain::change::Changes;
use domain::{ApiError, NewVersion, PromptContent};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::changes::ChangesTable;
use super::super::dialog::DialogHead;
use super::super::failure::Failure;
use super::super::icon::Icon;
use super::super::keys::Keys;
use super::super::tags::{Tags, all_tags};
use super::{FIRST_ID, title};
use crate::api::error::PageError;
use crate::api::prompts::save_version;
use crate::api::versions::draft_changes;
use crate::browser;
use crate::state::desk::Desk;
use crate::state::overlays::{Overlay, Overlays};
use crate::state::versions::Named;

/// Most words of a text that a name is made of.
const NAME_WORDS: usize = 6;

/// What is typed.
#[derive(Clone, Copy)]
struct Fields {
    note: RwSignal<String>,
    name: RwSignal<String>,
    tags: RwSignal<Vec<String>>,
    tag: RwSignal<String>,
    /// Labels, with the version that they point at and whether they move.
    labels: RwSignal<Vec<(String, u32, bool)>>,
    /// Whether it was tried to save without a name.
    unnamed: RwSignal<bool>,
    saving: RwSignal<bool>,
    failed: RwSignal<Option<ApiError>>,
}

impl Fields {
    fn of(desk: Desk) -> Self {
        let base = desk.opened.get_untracked();
        let first = || {
            let title = desk.draft.read_untracked().title();
            let words: Vec<_> = title.split_whitespace().take(NAME_WORDS).collect();
            words.join(" ").trim_end_matches([',', ';', ':', '.']).to_owned()
        };
        let labels = base.as_ref().map(|base| base.labels.clone()).unwrap_or_default();
        Self {
            note: RwSignal::new(String::new()),
            name: RwSignal::new(base.as_ref().map_or_else(first, |base| base.name.clone())),
            tags: RwSignal::new(base.as_ref().map(|base| base.tags.clone()).unwrap_or_default()),
            tag: RwSignal::new(String::new()),
            labels: RwSignal::new(labels.into_iter().map(|(label, version)| (label, version, false)).collect()),
            unnamed: RwSignal::new(false),
            saving: RwSignal::new(false),
            failed: RwSignal::new(None),
        }
    }

    fn named(self) -> Named {
        Named {
            name: self.name.get_untracked().trim().to_owned(),
            tags: all_tags(self.tags, self.tag),
            note: self.note.get_untracked().trim().to_owned(),
            labels: self
                .labels
                .get_untracked()
                .into_iter()
                .filter(|(.., moves)| *moves)
                .map(|(label, ..)| label)
                .collect(),
        }
    }
}

/// The form.
#[component]
pub fn Form(
    /// Whose fields.
    desk: Desk,
    /// What they say.
    content: Arc<PromptContent>,
    /// Is told of the version that says the same.
    same: Callback<(u32, String)>,
) -> impl IntoView {
    let fields = Fields::of(desk);
    let overlays = expect_context::<Overlays>();
    let save = {
        let content = Arc::clone(&content);
        move || save(desk, overlays, fields, &content, same)
    };
    let save = StoredValue::new(save);
    let press = move |event: KeyboardEvent| {
        let main = (event.ctrl_key() || event.meta_key()) && !event.alt_key() && !event.shift_key();
        if main && !event.is_composing() && matches!(event.key().as_str(), "Enter" | "s" | "S") {
            event.prevent_default();
            if !event.repeat() {
                save.with_value(|save| save());
            }
        }
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        save.with_value(|save| save());
    };
    let is_new = desk.opened.with_untracked(Option::is_none);
    // The first field that has to be filled in has the focus.
    let (note_id, name_id) = if is_new { ("save-note", FIRST_ID) } else { (FIRST_ID, "save-name") };
    let wrong = move || fields.unnamed.get() && fields.name.with(|name| name.trim().is_empty());
    view! {
        <form class="dialog__form" novalidate=true on:submit=submit on:keydown=press>
            <DialogHead title=title(desk)/>
            <div class="dialog__body dialog__stack">
                <Trouble fields/>
                <div class="field">
                    <label class="field__label" for=note_id>
                        "Note"
                        <span class="inputs__count">"optional"</span>
                    </label>
                    <input
                        class="input"
                        id=note_id
                        autocomplete="off"
                        autofocus=!is_new
                        prop:value=move || fields.note.get()
                        on:input=move |event| fields.note.set(event_target_value(&event))
                    />
                </div>
                <div class="field">
                    <label class="field__label" for=name_id>"Name"</label>
                    <input
                        class="input"
                        id=name_id
                        autocomplete="off"
                        required=true
                        autofocus=is_new
                        aria-invalid=move || wrong().then_some("true")
                        aria-describedby=move || wrong().then_some("save-name-error")
                        prop:value=move || fields.name.get()
                        on:input=move |event| fields.name.set(event_target_value(&event))
                    />
                    <Show when=wrong>
                        <p class="field__error" id="save-name-error">
                            <Icon name="circle-alert" small=true/>
                            "A prompt needs a name."
                        </p>
                    </Show>
                </div>
                <div class="field">
                    <label class="field__label" for="save-tags">"Tags"</label>
                    <Tags id="save-tags" tags=fields.tags typed=fields.tag/>
                </div>
                <Changed desk content/>
                <Labels fields/>
            </div>
            <footer class="dialog__foot">
                <span class="grow"></span>
                <button class="button" data-kind="quiet" type="button" on:click=move |_| browser::close_dialogs()>"Cancel"</button>
                <button class="button" data-kind="primary" type="submit" aria-busy=move || fields.saving.get().then_some("true")>
                    {title(desk)}
                    <span class="keys-only" aria-hidden="true">
                        <Keys keys=&["Mod", "↵"]/>
                    </span>
                </button>
            </footer>
        </form>
    }
    .into_any()
}

fn save(desk: Desk, overlays: Overlays, fields: Fields, content: &PromptContent, same: Callback<(u32, String)>) {
    if fields.saving.get_untracked() {
        return;
    }
    let named = fields.named();
    if named.name.is_empty() {
        fields.unnamed.set(true);
        let is_new = desk.opened.with_untracked(Option::is_none);
        return browser::focus(if is_new { FIRST_ID } else { "save-name" });
    }
    fields.failed.set(None);
    fields.saving.set(true);
    let base = desk.opened.get_untracked();
    let version = NewVersion {
        name: Some(named.name.clone()).filter(|name| base.as_ref().is_none_or(|base| base.name != *name)),
        tags: Some(named.tags.clone()).filter(|tags| base.as_ref().is_none_or(|base| base.tags != *tags)),
        labels: named.labels.iter().map(|label| (label.clone(), Some(0))).collect(),
        parent: base.as_ref().map(|base| base.version),
        note: Some(named.note.clone()).filter(|note| !note.is_empty()),
        ..NewVersion::of(content.clone())
    };
    let content = content.clone();
    spawn_local(async move {
        let answer = save_version(base.map(|base| base.id), version).await;
        if fields.saving.try_set(false).is_some() && answer.is_err() && desk.draft.try_read_untracked().is_none() {
            return;
        }
        match answer {
            Ok(saved) => {
                let clash = desk.adopt(&saved, content, named);
                if !saved.created {
                    return same.run((saved.version, saved.digest));
                }
                desk.clash.set(clash);
                match clash {
                    Some(_) => overlays.show(Overlay::Merge),
                    None => browser::close_dialogs(),
                }
            }
            Err(PageError(error)) => _ = fields.failed.try_set(Some(error)),
        }
    });
}

/// Why it was not saved. Nothing of it is lost.
#[component]
fn Trouble(fields: Fields) -> impl IntoView {
    move || {
        fields.failed.get().map(|error| {
            view! {
                <Failure error/>
                <p class="soft">"The draft is kept as it is. Save again when you like."</p>
            }
        })
    }
}

/// What differs from the version before: found by the server, so that long texts do not hold the page up.
#[component]
fn Changed(desk: Desk, content: Arc<PromptContent>) -> impl IntoView {
    let Some(base) = desk.base() else { return ().into_any() };
    let (id, version) = (base.id, base.version);
    let found = RwSignal::new(None::<Result<Changes, ()>>);
    spawn_local(async move {
        let answer = draft_changes(id, version, (*content).clone()).await;
        found.try_set(Some(answer.map_err(|_| ())));
    });
    view! {
        <section aria-label="Changes">
            <h3>{format!("Changed since v{version}")}</h3>
            {move || match found.get() {
                None => view! { <p class="faint" role="status">"Comparing."</p> }.into_any(),
                Some(Ok(changes)) => view! {
                    <ChangesTable changes/>
                    <a class="inline-link" href=format!("/p/{id}/diff/{version}..draft") on:click=move |_| browser::close_dialogs()>
                        {format!("Changes since v{version}, line by line")}
                    </a>
                }
                .into_any(),
                Some(Err(())) => view! { <p class="faint">"The server does not say just now. It can be saved all the same."</p> }.into_any(),
            }}
        </section>
    }
    .into_any()
}

/// Labels that move to the new version.
#[component]
fn Labels(fields: Fields) -> impl IntoView {
    let row = move |(place, (label, version, _)): (usize, (String, u32, bool))| {
        let text = format!("Move “{label}” from v{version} to this version");
        let moves = move || fields.labels.with(|labels| labels.get(place).is_some_and(|(.., moves)| *moves));
        let turn = move |event| {
            let on = event_target_checked(&event);
            fields.labels.update(|labels| {
                if let Some((.., moves)) = labels.get_mut(place) {
                    *moves = on;
                }
            });
        };
        view! {
            <label class="toggle">
                <input class="checkbox" type="checkbox" prop:checked=moves on:change=turn/>
                {text}
            </label>
        }
    };
    fields.labels.get_untracked().into_iter().enumerate().map(row).collect_view()
}
