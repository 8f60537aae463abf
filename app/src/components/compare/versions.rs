//! The dialog "Version of B": which prompt, and which of its versions, a column is.

use std::time::Duration;

use domain::prompt::{PromptFilter, PromptSummary};
use domain::{ApiError, PromptId, VersionInfo};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::modal::Modal;
use crate::api::error::PageError;
use crate::api::prompts::{get_prompt, list_prompts, list_versions};
use crate::browser;
use crate::components::failure::Failure;
use crate::components::icon::Icon;
use crate::state::compare::{Col, Compare};
use crate::state::when;

/// How long the keys must rest before prompts are searched.
const SETTLE: Duration = Duration::from_millis(200);
/// Prompts that are offered at a time.
const OFFERED: u32 = 20;

/// What the dialog works with.
#[derive(Clone, Copy)]
struct Choosing {
    compare: Compare,
    column: Col,
    /// The prompt whose versions are shown, and its name.
    prompt: RwSignal<Option<(PromptId, String)>>,
    failed: RwSignal<Option<ApiError>>,
}

impl Choosing {
    fn choose(self, prompt: PromptId, version: u32) {
        spawn_local(async move {
            match get_prompt(prompt, Some(version)).await {
                Ok(preset) => {
                    self.compare.choose_version(self.column, prompt, version, preset.content);
                    browser::close_dialogs();
                }
                Err(PageError(error)) => _ = self.failed.try_set(Some(error)),
            }
        });
    }
}

/// The dialog.
#[component]
pub(super) fn VersionsDialog(compare: Compare, id: u32) -> impl IntoView {
    let Some(column) = untrack(|| compare.column(id)) else {
        compare.over.set(None);
        return ().into_any();
    };
    let own = column.column.with_untracked(|column| column.prompt);
    let choosing = Choosing {
        compare,
        column,
        prompt: RwSignal::new(own.map(|prompt| (prompt, String::new()))),
        failed: RwSignal::new(None),
    };
    let letter = untrack(|| compare.letter(id));
    view! {
        <Modal title=Signal::stored(format!("Version of {letter}")) size="" on_close=Callback::new(move |()| compare.over.set(None))>
            {move || choosing.failed.get().map(|error| view! { <div class="dialog__body"><Failure error/></div> })}
            {move || match choosing.prompt.get() {
                Some((prompt, name)) => view! { <Versions choosing prompt name/> }.into_any(),
                None => view! { <Prompts choosing/> }.into_any(),
            }}
        </Modal>
    }
    .into_any()
}

/// The prompts, found by a few letters.
#[component]
fn Prompts(choosing: Choosing) -> impl IntoView {
    let (query, found) = (RwSignal::new(String::new()), RwSignal::new(None::<Vec<PromptSummary>>));
    let search = move || {
        let typed = query.get_untracked();
        spawn_local(async move {
            let filter = PromptFilter { query: typed.clone(), ..PromptFilter::default() };
            match list_prompts(filter, None, Some(OFFERED)).await {
                Ok(list) if query.try_get_untracked().as_ref() == Some(&typed) => found.set(Some(list.page.data)),
                Ok(_) => {}
                Err(PageError(error)) => _ = choosing.failed.try_set(Some(error)),
            }
        });
    };
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let typed = move |event| {
        query.set(event_target_value(&event));
        timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
            *timer = set_timeout_with_handle(search, SETTLE).ok();
        });
    };
    Effect::new(move |before: Option<()>| {
        if before.is_none() {
            search();
        }
    });
    let row = move |prompt: PromptSummary| {
        let (id, name) = (prompt.id, prompt.name.clone());
        view! {
            <li>
                <button class="choose__row" type="button" on:click=move |_| choosing.prompt.set(Some((id, name.clone())))>
                    <b class="truncate">{prompt.name.clone()}</b>
                    <span class="choose__note num">{format!("v{}", prompt.version)}</span>
                </button>
            </li>
        }
    };
    view! {
        <div class="palette__field">
            <Icon name="search"/>
            <input type="search" aria-label="Search prompts" placeholder="A prompt’s name or words" autocomplete="off" autofocus=true on:input=typed/>
        </div>
        <div class="dialog__body dialog__flush">
            <ul class="choose" role="list" aria-label="Prompts">
                {move || found.get().map(|found| found.into_iter().map(row).collect_view())}
            </ul>
            <p class="choose__none" role="status">
                {move || match found.get() {
                    None => "Reading the prompts.",
                    Some(found) if found.is_empty() => "No prompt matches. A prompt is kept by Save version in the playground.",
                    Some(_) => "",
                }}
            </p>
        </div>
    }
    .into_any()
}

/// The versions of a prompt, the newest first.
#[component]
fn Versions(choosing: Choosing, prompt: PromptId, name: String) -> impl IntoView {
    let found = RwSignal::new(None::<Vec<VersionInfo>>);
    Effect::new(move |before: Option<()>| {
        if before.is_none() {
            spawn_local(async move {
                match list_versions(prompt, None).await {
                    Ok(page) => _ = found.try_set(Some(page.data)),
                    Err(PageError(error)) => _ = choosing.failed.try_set(Some(error)),
                }
            });
        }
    });
    let column = choosing.column.column;
    let own = column.with_untracked(|column| column.version.filter(|_| column.prompt == Some(prompt)));
    let edited = column.with_untracked(|column| column.edited);
    let row = move |version: VersionInfo| {
        let number = version.version;
        let is_own = own == Some(number) && !edited;
        let note = if version.note.is_empty() { "No note".to_owned() } else { version.note.clone() };
        view! {
            <li>
                <button class="choose__row" type="button" aria-current=is_own.then_some("true") on:click=move |_| choosing.choose(prompt, number)>
                    <b class="num">{format!("v{number}")}</b>
                    <span class="truncate">{note}</span>
                    <span class="choose__note">{when::utc(version.created_at)}</span>
                </button>
            </li>
        }
    };
    view! {
        <div class="dialog__body dialog__flush">
            {(!name.is_empty()).then(|| view! { <p class="choose__none"><b>{name.clone()}</b></p> })}
            <ul class="choose" role="list" aria-label="Versions">
                {move || found.get().map(|found| found.into_iter().map(row).collect_view())}
            </ul>
            <p class="choose__none" role="status" hidden=move || found.with(Option::is_some)>"Reading the versions."</p>
        </div>
        <footer class="dialog__foot">
            <button class="button" data-kind="quiet" type="button" on:click=move |_| choosing.prompt.set(None)>"Another prompt"</button>
            <span class="grow"></span>
            <button class="button" type="button" on:click=move |_| browser::close_dialogs()>"Cancel"</button>
        </footer>
    }
    .into_any()
}
