//! The labels of a version: those that it has, and others that can be moved to it.

use std::collections::BTreeMap;

use domain::prompt::{About, check_label};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::describe::take_over;
use super::super::icon::Icon;
use super::History;
use crate::api::error::PageError;
use crate::api::prompts::describe_prompt;
use crate::browser;

/// Points a label at a version, or takes it away.
fn point(history: History, label: String, at: Option<u32>) {
    let about = About { labels: BTreeMap::from([(label, at)]), ..About::default() };
    spawn_local(async move {
        match describe_prompt(history.id, about).await {
            Ok(preset) => take_over(history.opened, preset),
            Err(PageError(error)) => _ = history.failed.try_set(Some(error)),
        }
    });
}

/// The section "Labels".
#[component]
pub fn Labels(history: History, number: u32) -> impl IntoView {
    let own = Memo::new(move |_| history.labels(number));
    let others = Memo::new(move |_| {
        history.opened.with(|opened| {
            let all = opened.iter().flat_map(|base| base.labels.iter());
            all.filter(|(_, at)| **at != number).map(|(label, at)| (label.clone(), *at)).collect::<Vec<_>>()
        })
    });
    let adding = RwSignal::new(false);
    let row = move |label: String| {
        let (name, head, gone) = (label.clone(), label.clone(), label.clone());
        let to_head = move || {
            let newest = history.head();
            let head = head.clone();
            (newest != number).then(|| {
                view! {
                    <button class="button" data-size="sm" type="button" on:click=move |_| point(history, head.clone(), Some(newest))>
                        {format!("Move to v{newest}")}
                    </button>
                }
            })
        };
        view! {
            <li class="label">
                <Icon name="tag" small=true/>
                <span class="truncate">{label}</span>
                <span class="grow"></span>
                <span class="live-only label__deeds">
                    {to_head}
                    <button
                        class="button"
                        data-kind="quiet"
                        data-shape="icon"
                        data-size="sm"
                        type="button"
                        aria-label=format!("Remove the label {name}")
                        title="Remove"
                        on:click=move |_| point(history, gone.clone(), None)
                    >
                        <Icon name="x" small=true/>
                    </button>
                </span>
            </li>
        }
    };
    let move_here = move |(label, at): (String, u32)| {
        let text = format!("Move “{label}” here from v{at}");
        view! {
            <button class="button" data-size="sm" type="button" on:click=move |_| point(history, label.clone(), Some(number))>
                {text}
            </button>
        }
    };
    view! {
        <div class="drawer__section">
            <h3>"Labels"</h3>
            <Show when=move || !own.with(Vec::is_empty)>
                <ul class="labels" role="list" aria-label=format!("Labels of v{number}")>
                    {move || own.get().into_iter().map(row).collect_view()}
                </ul>
            </Show>
            <div class="button-group live-only">
                {move || others.get().into_iter().map(move_here).collect_view()}
                <Show when=move || !adding.get()>
                    <button class="button" data-kind="quiet" data-size="sm" id="add-label" type="button" on:click=move |_| adding.set(true)>
                        <Icon name="plus" small=true/>
                        "Add label"
                    </button>
                </Show>
            </div>
            <Show when=move || adding.get()>
                <Add history number adding/>
            </Show>
        </div>
    }
    .into_any()
}

/// A field for a label of another name.
#[component]
fn Add(history: History, number: u32, adding: RwSignal<bool>) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let wrong = RwSignal::new(None::<String>);
    let end = move || {
        adding.set(false);
        browser::focus_soon("add-label".into());
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let label = name.get_untracked().trim().to_owned();
        match check_label(&label) {
            Ok(()) => {
                point(history, label, Some(number));
                end();
            }
            Err(_) if label.eq_ignore_ascii_case(domain::prompt::LATEST) => {
                wrong.set(Some("“latest” always means the newest version.".into()));
            }
            Err(_) => wrong.set(Some("Letters a to z, digits, -, _ and . are taken.".into())),
        }
    };
    let press = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" && !event.is_composing() {
            event.prevent_default();
            end();
        }
    };
    Effect::new(|| browser::focus_soon("label-name".into()));
    view! {
        <form class="field" on:submit=submit on:keydown=press>
            <label class="field__label" for="label-name">{format!("Label for v{number}")}</label>
            <div class="field__row">
                <input
                    class="input"
                    id="label-name"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="production"
                    aria-invalid=move || wrong.get().map(|_| "true")
                    aria-describedby=move || wrong.get().map(|_| "label-error")
                    prop:value=move || name.get()
                    on:input=move |event| name.set(event_target_value(&event))
                />
                <button class="button" type="submit">"Add"</button>
            </div>
            {move || {
                wrong.get().map(|why| {
                    view! {
                        <p class="field__error" id="label-error">
                            <Icon name="circle-alert" small=true/>
                            {why}
                        </p>
                    }
                })
            }}
        </form>
    }
    .into_any()
}
