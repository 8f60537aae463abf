//! The drawer beside the list: a preset, to be run with an input.

use std::sync::Arc;

use domain::{ApiError, Code, Preset, PromptId};
use leptos::prelude::*;

use super::rows::export;
use super::run_form::RunForm;
use super::{Beside, Library};
use crate::components::failure::Failure;
use crate::components::icon::Icon;
use crate::state::preset::PRODUCTION;

/// The drawer.
#[component]
pub(super) fn Drawer(library: Library) -> impl IntoView {
    let name = move || {
        let id = library.open.get()?;
        let loaded = library.beside.with(|beside| match beside {
            Beside::There(preset) if preset.id == id => Some(preset.name.clone()),
            _ => None,
        });
        loaded.or_else(|| library.listed.with(|listed| listed.get(id).map(|prompt| prompt.name.clone())))
    };
    let badge = move || {
        library.beside.with(|beside| match beside {
            Beside::There(preset) => Some(version_badge(preset)),
            _ => None,
        })
    };
    let step = move |label: &'static str, key: &'static str, icon: &'static str, forward: bool| {
        let exists = move || {
            let Some(id) = library.open.get() else { return false };
            library.listed.with(|listed| listed.beside(id, forward).is_some())
        };
        view! {
            <button
                class="button live-only"
                data-kind="quiet"
                data-shape="icon"
                data-size="sm"
                type="button"
                aria-label=label
                title=format!("{label} ({key})")
                aria-disabled=move || (!exists()).then_some("true")
                on:click=move |_| _ = library.step(forward)
            >
                <Icon name=icon small=true/>
            </button>
        }
    };
    let content = move || match library.beside.get() {
        Beside::Nothing | Beside::Coming(_) => view! { <Coming/> }.into_any(),
        Beside::There(preset) => view! { <RunForm library preset/> }.into_any(),
        Beside::Missing(id, error) => view! { <NotThere library id error/> }.into_any(),
    };
    view! {
        <aside class="drawer preset-run" data-size="lg" aria-labelledby="drawer-h">
            <header class="drawer__head">
                <h2 class="truncate" id="drawer-h">
                    "Run "
                    <bdi>{move || name().unwrap_or_else(|| "a prompt".into())}</bdi>
                </h2>
                {badge}
                <span class="grow"></span>
                {step("Previous prompt", "K", "chevron-left", false)}
                {step("Next prompt", "J", "chevron-right", true)}
                <button class="button live-only" data-kind="quiet" data-shape="icon" type="button" aria-label="Close" title="Close (Esc)" on:click=move |_| library.close()>
                    <Icon name="x"/>
                </button>
                <a
                    class="button form-only"
                    data-kind="quiet"
                    data-shape="icon"
                    href=move || library.asked.with(|asked| asked.address(None))
                    aria-label="Close"
                >
                    <Icon name="x"/>
                </a>
            </header>
            {content}
        </aside>
    }
    .into_any()
}

/// Which version it is, and whether that is the one in production.
fn version_badge(preset: &Preset) -> impl IntoView + use<> {
    let production = preset.labels.get(PRODUCTION) == Some(&preset.version);
    let text = if production { format!("{PRODUCTION} v{}", preset.version) } else { format!("v{}", preset.version) };
    view! { <span class="badge num" data-tone=production.then_some("ok")>{text}</span> }
}

/// The drawer while its prompt is being read.
#[component]
fn Coming() -> impl IntoView {
    view! {
        <div class="drawer__body">
            <div class="drawer__section" role="status" aria-label="Reading the prompt.">
                <span class="skeleton" data-width="short"></span>
                <span class="skeleton"></span>
                <span class="skeleton" data-width="short"></span>
                <span class="skeleton"></span>
            </div>
        </div>
    }
}

/// The prompt cannot be read, or is not there.
#[component]
fn NotThere(library: Library, id: PromptId, error: ApiError) -> impl IntoView {
    if matches!(error.code, Code::NotFound | Code::Gone) {
        return view! {
            <div class="drawer__body">
                <div class="drawer__section">
                    <div class="empty">
                        <h3>"This prompt is not there."</h3>
                        <p>"It was deleted, or never existed."</p>
                    </div>
                </div>
            </div>
        }
        .into_any();
    }
    view! {
        <div class="drawer__body">
            <div class="drawer__section">
                <Failure error>
                    <button class="button live-only" type="button" on:click=move |_| library.read(id, None)>"Try again"</button>
                </Failure>
            </div>
        </div>
    }
    .into_any()
}

/// What the preset is for, and what else can be done with it.
#[component]
pub(super) fn About(library: Library, preset: Arc<Preset>) -> impl IntoView {
    let id = preset.id;
    let away = move || {
        library.close();
        library.put_away(id, false);
    };
    // Of a prompt that is not in the list, nothing would be left in its place.
    let listed = Memo::new(move |_| {
        library.listed.with(|listed| listed.get(id).is_some()) && !library.moved.with(|moved| moved.contains(&id))
    });
    let word = if preset.archived { "Bring back" } else { "Archive" };
    let description = preset.description.trim().to_owned();
    view! {
        <div class="drawer__section preset-run__about">
            {(!description.is_empty()).then(|| view! { <p class="preset-run__description" dir="auto">{description}</p> })}
            <div class="button-group">
                <button class="button live-only" data-kind="quiet" data-size="sm" type="button" on:click=move |_| library.fork(id)>
                    <Icon name="git-fork" small=true/>
                    "Fork"
                </button>
                <a class="button" data-kind="quiet" data-size="sm" href=export(id) rel="external" download="">
                    <Icon name="download" small=true/>
                    "Export JSON"
                </a>
                <Show when=move || listed.get()>
                    <button class="button live-only" data-kind="quiet" data-size="sm" type="button" on:click=move |_| away()>
                        <Icon name=if word == "Archive" { "archive" } else { "undo-2" } small=true/>
                        {word}
                    </button>
                </Show>
            </div>
        </div>
    }
    .into_any()
}
