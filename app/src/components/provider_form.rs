//! The drawer that adds a provider, or changes one: it is tried before it is kept.

use std::collections::BTreeSet;

use domain::{ApiError, ModelInfo, NewProvider, Probe, ProviderInfo, Speaks};
use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::failure::Failure;
use super::icon::Icon;
use crate::api::error::PageError;
use crate::api::providers::{save_provider, try_provider};
use crate::browser;
use crate::pages::models::{Beside, Models};
use crate::state::figures::thousands;
use crate::state::models::{dollars_per_million, short_tokens};

/// What the form holds.
#[derive(Clone, Copy)]
struct Form {
    models: Models,
    beside: Beside,
    speaks: RwSignal<Speaks>,
    name: RwSignal<String>,
    url: RwSignal<String>,
    key: RwSignal<String>,
    /// Whether the key that is kept is taken away.
    no_key: RwSignal<bool>,
    /// What the provider said when it was tried.
    probe: RwSignal<Option<Result<Probe, ApiError>>>,
    /// The models that are shown; all of them where absent.
    chosen: RwSignal<Option<BTreeSet<String>>>,
    busy: RwSignal<&'static str>,
    refused: RwSignal<Option<ApiError>>,
}

impl Form {
    fn provider(self) -> NewProvider {
        let key = self.key.get_untracked();
        let keeps = self.beside != Beside::New && key.is_empty() && !self.no_key.get_untracked();
        NewProvider {
            name: self.name.get_untracked(),
            speaks: self.speaks.get_untracked(),
            base_url: self.url.get_untracked(),
            api_key: (!keeps).then_some(key),
            models: self.chosen.get_untracked().map(|chosen| chosen.into_iter().collect()),
        }
    }

    fn id(self) -> Option<domain::ProviderId> {
        match self.beside {
            Beside::New => None,
            Beside::Change(id) => Some(id),
        }
    }

    fn try_it(self) {
        if !self.busy.get_untracked().is_empty() {
            return;
        }
        self.busy.set("test");
        self.refused.set(None);
        let mut provider = self.provider();
        if provider.name.trim().is_empty() {
            provider.name = "provider".into();
        }
        spawn_local(async move {
            let answer = try_provider(provider, self.id()).await.map_err(|PageError(error)| error);
            if self.busy.try_set("").is_none() {
                self.probe.set(Some(answer));
            }
        });
    }

    fn save(self) {
        if !self.busy.get_untracked().is_empty() {
            return;
        }
        self.busy.set("save");
        self.refused.set(None);
        spawn_local(async move {
            let answer = save_provider(self.provider(), self.id()).await;
            if self.busy.try_set("").is_some() {
                return;
            }
            match answer {
                Ok(_) => {
                    self.models.failed.set(None);
                    self.models.renew().await;
                    self.models.close();
                }
                Err(PageError(error)) => self.refused.set(Some(error)),
            }
        });
    }
}

/// The drawer.
#[component]
pub fn ProviderForm(
    /// The page.
    models: Models,
    /// What is added or changed.
    beside: Beside,
) -> impl IntoView {
    let known: Option<ProviderInfo> = models.listed.with_untracked(|listed| {
        let is_it =
            |provider: &&ProviderInfo| provider.added.as_ref().is_some_and(|added| beside == Beside::Change(added.id));
        listed.providers.iter().find(is_it).cloned()
    });
    let added = known.as_ref().and_then(|known| known.added.clone());
    let form = Form {
        models,
        beside,
        speaks: RwSignal::new(added.as_ref().map_or(Speaks::Openai, |added| added.speaks)),
        name: RwSignal::new(known.as_ref().map(|known| known.name.clone()).unwrap_or_default()),
        url: RwSignal::new(added.as_ref().map(|added| added.base_url.clone()).unwrap_or_default()),
        key: RwSignal::new(String::new()),
        no_key: RwSignal::new(false),
        probe: RwSignal::new(None),
        chosen: RwSignal::new(added.as_ref().and_then(|added| added.models.clone()).map(BTreeSet::from_iter)),
        busy: RwSignal::new(""),
        refused: RwSignal::new(None),
    };
    let has_key = added.as_ref().is_some_and(|added| added.has_key);
    browser::focus_soon("provider-name".into());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        form.save();
    };
    let leave = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.is_composing() && !browser::has_dialog() {
            event.prevent_default();
            models.close();
        }
    };
    let title = if known.is_some() { "Change provider" } else { "Add provider" };
    let deed = if known.is_some() { "Save" } else { "Add provider" };
    view! {
        <aside class="drawer" aria-labelledby="provider-h" on:keydown=leave>
            <header class="drawer__head">
                <h2 id="provider-h">{title}</h2>
                <span class="grow"></span>
                <button class="button" data-kind="quiet" data-shape="icon" type="button" aria-label="Close" title="Close (Esc)" on:click=move |_| models.close()>
                    <Icon name="x"/>
                </button>
            </header>
            <form class="drawer__body" id="provider-form" novalidate=true on:submit=submit>
                <Fields form has_key/>
                <Answer form/>
                {move || form.refused.get().map(|error| view! { <div class="drawer__section"><Failure error/></div> })}
            </form>
            <footer class="drawer__foot">
                <button class="button" data-kind="quiet" type="button" on:click=move |_| models.close()>"Cancel"</button>
                <span class="grow"></span>
                <button class="button" data-kind="primary" type="submit" form="provider-form" aria-busy=move || (form.busy.get() == "save").then_some("true")>
                    {deed}
                </button>
            </footer>
        </aside>
    }
    .into_any()
}

#[component]
fn Fields(form: Form, has_key: bool) -> impl IntoView {
    let kinds = [(Speaks::Openai, "OpenAI-compatible"), (Speaks::Anthropic, "Anthropic"), (Speaks::Ollama, "Ollama")];
    let kinds = kinds.map(|(speaks, word)| {
        view! {
            <label class="segmented__item">
                <input
                    type="radio"
                    name="speaks"
                    value=speaks.as_str()
                    prop:checked=move || form.speaks.get() == speaks
                    on:change=move |_| form.speaks.set(speaks)
                />
                {word}
            </label>
        }
    });
    let hint = move || match form.speaks.get() {
        Speaks::Openai => ("Everything before ", "/chat/completions"),
        Speaks::Anthropic => ("Everything before ", "/v1/messages"),
        Speaks::Ollama => ("The server's address, without ", "/v1"),
    };
    let usual = move || match form.speaks.get() {
        Speaks::Openai => "https://api.example.org/v1",
        Speaks::Anthropic => "https://api.anthropic.com",
        Speaks::Ollama => "http://127.0.0.1:11434",
    };
    let key_hint = if has_key {
        "A key is kept for it, encrypted on this server, and never shown. Type another one to replace it."
    } else {
        "Encrypted on this server. Never shown again, here or in an export."
    };
    view! {
        <div class="drawer__section">
            <div class="field">
                <span class="field__label">"Speaks"</span>
                <div class="segmented" role="radiogroup" aria-label="Speaks">{kinds.into_iter().collect_view()}</div>
            </div>
            <div class="field">
                <label class="field__label" for="provider-name">"Name"</label>
                <input
                    class="input"
                    id="provider-name"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=move || form.name.get()
                    on:input=move |event| form.name.set(event_target_value(&event))
                />
            </div>
            <div class="field">
                <label class="field__label" for="provider-url">"Base URL"</label>
                <input
                    class="input"
                    data-font="mono"
                    id="provider-url"
                    inputmode="url"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder=usual
                    aria-describedby="provider-url-hint"
                    prop:value=move || form.url.get()
                    on:input=move |event| form.url.set(event_target_value(&event))
                />
                <p class="field__hint" id="provider-url-hint">{move || hint().0} <code>{move || hint().1}</code> "."</p>
            </div>
            <div class="field">
                <label class="field__label" for="provider-key">"Key"</label>
                <div class="field__row">
                    <input
                        class="input"
                        data-font="mono"
                        id="provider-key"
                        type="password"
                        autocomplete="off"
                        spellcheck="false"
                        aria-describedby="provider-key-hint"
                        prop:value=move || form.key.get()
                        on:input=move |event| form.key.set(event_target_value(&event))
                    />
                    <button class="button" type="button" aria-busy=move || (form.busy.get() == "test").then_some("true") on:click=move |_| form.try_it()>
                        "Test"
                    </button>
                </div>
                <p class="field__hint" id="provider-key-hint">{key_hint}</p>
                {has_key
                    .then(|| {
                        view! {
                            <label class="found__label">
                                <input class="checkbox" type="checkbox" prop:checked=move || form.no_key.get() on:change=move |event| form.no_key.set(event_target_checked(&event))/>
                                "Forget the key"
                            </label>
                        }
                    })}
            </div>
        </div>
    }
    .into_any()
}

/// What the provider said when it was tried: its models, to be chosen from, or why there are none.
#[component]
fn Answer(form: Form) -> impl IntoView {
    let found = move |probe: Probe| {
        let names: Vec<String> = probe.models.iter().map(|model| model.name.clone()).collect();
        let count = names.len();
        let names = StoredValue::new(names);
        let one = move |model: ModelInfo| view! { <Choice form model names/> };
        view! {
            <h3 class="found__head">
                {if count == 1 { "1 model found".to_owned() } else { format!("{count} models found") }}
                <span class="num">{format!("in {} ms", thousands(probe.took_ms))}</span>
            </h3>
            <div class="found__all">
                <button class="button" data-size="sm" data-kind="quiet" type="button" on:click=move |_| form.chosen.set(None)>"All, later ones too"</button>
                <button class="button" data-size="sm" data-kind="quiet" type="button" on:click=move |_| form.chosen.set(Some(BTreeSet::new()))>"None"</button>
            </div>
            <ul class="found" role="list" aria-label="Models found">{probe.models.into_iter().map(one).collect_view()}</ul>
            <p class="field__hint">"Where no price is known, the cost of a run says so."</p>
        }
        .into_any()
    };
    move || {
        form.probe.get().map(|probe| {
            let said = match probe {
                Ok(probe) => found(probe),
                Err(error) => view! { <Failure error/> }.into_any(),
            };
            view! { <div class="drawer__section" aria-live="polite">{said}</div> }
        })
    }
}

#[component]
fn Choice(form: Form, model: ModelInfo, names: StoredValue<Vec<String>>) -> impl IntoView {
    let name = StoredValue::new(model.name.clone());
    let chosen =
        move || form.chosen.with(|chosen| chosen.as_ref().is_none_or(|chosen| chosen.contains(&name.get_value())));
    let turn = move |event| {
        let on = event_target_checked(&event);
        form.chosen.update(|chosen| {
            let chosen = chosen.get_or_insert_with(|| names.with_value(|names| names.iter().cloned().collect()));
            if on {
                chosen.insert(name.get_value())
            } else {
                chosen.remove(&name.get_value())
            };
        });
    };
    let context = model.context_tokens.map(short_tokens);
    let price = model.price.map_or_else(
        || "no price known".to_owned(),
        |price| format!("{} / {}", dollars_per_million(price.input), dollars_per_million(price.output)),
    );
    let facts = [context, Some(price)].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    view! {
        <li>
            <label class="found__label">
                <input class="checkbox" type="checkbox" prop:checked=chosen on:change=turn/>
                <span class="truncate">{model.name}</span>
            </label>
            <span class="found__facts num">{facts}</span>
        </li>
    }
    .into_any()
}
