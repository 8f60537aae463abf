//! The dialog "Name, tags, description": what is said about a prompt. It makes no version.

use std::sync::Arc;

use domain::ApiError;
use domain::prompt::About;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::dialog::{Dialog, DialogHead};
use super::failure::Failure;
use super::icon::Icon;
use super::tags::{Tags, all_tags};
use crate::api::error::PageError;
use crate::api::prompts::describe_prompt;
use crate::browser;
use crate::state::overlays::{Overlay, Overlays};
use crate::state::versions::Opened;

/// The dialog.
#[component]
pub fn DescribeDialog() -> impl IntoView {
    view! {
        <Dialog overlay=Overlay::Describe class="dialog" size="sm" label="Name, tags, description">
            <Describe/>
        </Dialog>
    }
}

#[component]
fn Describe() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let opened = overlays.prompt.get_untracked();
    let Some((opened, base)) = opened.and_then(|opened| Some((opened, opened.get_untracked()?))) else {
        return view! { <NotSaved/> }.into_any();
    };
    let (name, description) = (RwSignal::new(base.name.clone()), RwSignal::new(base.description.clone()));
    let (tags, tag) = (RwSignal::new(base.tags.clone()), RwSignal::new(String::new()));
    let (saving, failed) = (RwSignal::new(false), RwSignal::new(None::<ApiError>));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if saving.get_untracked() {
            return;
        }
        saving.set(true);
        failed.set(None);
        let about = About {
            name: Some(name.get_untracked()),
            tags: Some(all_tags(tags, tag)),
            description: Some(description.get_untracked()),
            ..About::default()
        };
        let id = base.id;
        spawn_local(async move {
            let answer = describe_prompt(id, about).await;
            saving.try_set(false);
            match answer {
                Ok(preset) => {
                    take_over(opened, preset);
                    browser::close_dialogs();
                }
                Err(PageError(error)) => _ = failed.try_set(Some(error)),
            }
        });
    };
    let wrong =
        move || failed.with(|error| error.as_ref().and_then(|error| error.param.clone()).as_deref() == Some("name"));
    view! {
        <form class="dialog__form" novalidate=true on:submit=submit>
            <DialogHead title="Name, tags, description"/>
            <div class="dialog__body dialog__stack">
                {move || failed.get().map(|error| view! { <Failure error/> })}
                <div class="field">
                    <label class="field__label" for="describe-name">"Name"</label>
                    <input
                        class="input"
                        id="describe-name"
                        autocomplete="off"
                        autofocus=true
                        aria-invalid=move || wrong().then_some("true")
                        prop:value=move || name.get()
                        on:input=move |event| name.set(event_target_value(&event))
                    />
                </div>
                <div class="field">
                    <label class="field__label" for="describe-tags">"Tags"</label>
                    <Tags id="describe-tags" tags typed=tag/>
                </div>
                <div class="field">
                    <label class="field__label" for="describe-text">
                        "Description"
                        <span class="inputs__count">"optional"</span>
                    </label>
                    <textarea
                        class="input"
                        id="describe-text"
                        rows="3"
                        prop:value=move || description.get()
                        on:input=move |event| description.set(event_target_value(&event))
                    ></textarea>
                </div>
            </div>
            <footer class="dialog__foot">
                <span class="grow"></span>
                <button class="button" data-kind="quiet" type="button" on:click=move |_| browser::close_dialogs()>"Cancel"</button>
                <button class="button" data-kind="primary" type="submit" aria-busy=move || saving.get().then_some("true")>"Save"</button>
            </footer>
        </form>
    }
    .into_any()
}

/// What is said about the prompt is the server's from here on; the version that is shown stays.
pub fn take_over(opened: Opened, preset: domain::Preset) {
    opened.try_update(|opened| {
        if let Some(now) = opened.as_mut().filter(|now| now.id == preset.id) {
            let now = Arc::make_mut(now);
            now.name = preset.name;
            now.tags = preset.tags;
            now.description = preset.description;
            now.favourite = preset.favourite;
            now.labels = preset.labels;
            now.updated_at = preset.updated_at;
        }
    });
}

/// What was never saved has no name that could be changed.
#[component]
fn NotSaved() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    view! {
        <DialogHead title="Name, tags, description"/>
        <div class="dialog__body dialog__stack">
            <p>
                <Icon name="info" small=true/>
                " This prompt has no version yet. It gets its name with the first."
            </p>
        </div>
        <footer class="dialog__foot">
            <span class="grow"></span>
            <button class="button" data-kind="quiet" type="button" on:click=move |_| browser::close_dialogs()>"Cancel"</button>
            <button class="button" data-kind="primary" type="button" autofocus=true on:click=move |_| overlays.show(Overlay::Save)>
                "Save version"
            </button>
        </footer>
    }
    .into_any()
}
