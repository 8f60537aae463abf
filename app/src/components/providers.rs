//! The table of providers and their models.

use domain::{ApiError, ModelInfo, ModelStatus, Origin, ProviderId, ProviderInfo};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::icon::Icon;
use super::ticked::ticked;
use crate::api::error::PageError;
use crate::api::providers::{Worker, remove_provider, restore_provider};
use crate::pages::models::{Beside, Models};
use crate::state::figures::thousands;
use crate::state::models::{dollars_per_million, place, short_tokens, skills};

/// The table.
#[component]
pub fn ProviderTable(
    /// Whose.
    models: Models,
) -> impl IntoView {
    let groups = move || {
        let listed = models.listed.get();
        let default = listed.models.first().map(|model| model.name.clone()).unwrap_or_default();
        let groups = listed.providers.into_iter().map(|provider| {
            let own: Vec<_> = listed.models.iter().filter(|model| model.provider == provider.name).cloned().collect();
            // On every port of this machine a server may answer: those that do not are not worth a row.
            let is_silent = provider.origin == Origin::Found && provider.models.is_none();
            (!is_silent)
                .then(|| view! { <Group models provider own worker=listed.worker.clone() default=default.clone()/> })
        });
        groups.collect_view()
    };
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Models by provider">
            <table class="table models">
                <thead>
                    <tr>
                        <th scope="col" class="table__fill">"Model"</th>
                        <th scope="col" data-num="">"Context"</th>
                        <th scope="col" data-num="" title="Dollars per million tokens in">"In / M"</th>
                        <th scope="col" data-num="" title="Dollars per million tokens out">"Out / M"</th>
                        <th scope="col">"Can"</th>
                    </tr>
                </thead>
                {groups}
                <Removed models/>
            </table>
            <Trouble models/>
        </div>
    }
    .into_any()
}

/// One provider, and its models.
#[component]
fn Group(
    models: Models,
    provider: ProviderInfo,
    own: Vec<ModelInfo>,
    worker: Worker,
    default: String,
) -> impl IntoView {
    let embedded = provider.origin == Origin::Embedded;
    let (status, said, why) = if embedded { (worker.status, worker.said, worker.why) } else { state(&provider) };
    let why = why.map(|why| view! { <tr class="table__prose provider__why"><td colspan="5">{why}</td></tr> });
    let off = provider.error.is_some().then_some("");
    let rows = own.into_iter().map(|model| {
        let is_default = model.name == default;
        view! { <Row model off is_default/> }
    });
    let name = place(&provider.name);
    let tone = (provider.origin == Origin::Page).then_some("accent");
    view! {
        <tbody>
            <tr class="table__group">
                <th scope="rowgroup" colspan="5">
                    <div class="provider">
                        <b class="provider__name">{name}</b>
                        <span class="badge" data-tone=tone>{found_by(provider.origin)}</span>
                        <span class="provider__url truncate">{if embedded { String::new() } else { provider.endpoint.clone() }}</span>
                        <span class="status" data-status=status>{said}</span>
                        <Deeds models provider/>
                    </div>
                </th>
            </tr>
            {why}
            {rows.collect_view()}
        </tbody>
    }
    .into_any()
}

fn found_by(origin: Origin) -> &'static str {
    match origin {
        Origin::Found => "found by itself",
        other => other.as_str(),
    }
}

/// How a provider is: the tone, in words, and why.
fn state(provider: &ProviderInfo) -> (String, String, Option<String>) {
    match (&provider.error, provider.models) {
        (Some(error), Some(_)) => ("blocked".into(), "not answering now".into(), Some(error.to_string())),
        (Some(error), None) => ("failed".into(), "not answering".into(), Some(error.to_string())),
        (None, Some(_)) => {
            let took = provider.took_ms.map(|ms| format!(", {} ms", thousands(ms))).unwrap_or_default();
            ("finished".into(), format!("answering{took}"), None)
        }
        (None, None) => ("queued".into(), "being asked".into(), None),
    }
}

/// What can be done with a provider.
#[component]
fn Deeds(models: Models, provider: ProviderInfo) -> impl IntoView {
    let embedded = provider.origin == Origin::Embedded;
    let name = StoredValue::new(provider.name.clone());
    let button = move |what: &'static str, icon: &'static str, act: Callback<()>| {
        let label = format!("{what} {}", name.get_value());
        let busy = move || {
            (what == "Test"
                && models.asking.get().is_some_and(|asking| asking.is_empty() || asking == name.get_value()))
            .then_some("true")
        };
        view! {
            <button
                class="button live-only"
                data-kind="quiet"
                data-shape="icon"
                data-size="sm"
                type="button"
                aria-label=label.clone()
                title=label
                aria-busy=busy
                on:click=move |_| act.run(())
            >
                <Icon name=icon small=true/>
            </button>
        }
    };
    let test =
        (!embedded).then(|| button("Test", "refresh-cw", Callback::new(move |()| models.ask(Some(name.get_value())))));
    let own = provider.added.map(|added| {
        let id = added.id;
        view! {
            {button("Edit", "pencil", Callback::new(move |()| models.beside.set(Some(Beside::Change(id)))))}
            {button("Remove", "trash-2", Callback::new(move |()| remove(models, id, name.get_value())))}
        }
    });
    let place = (provider.origin == Origin::File).then_some("changed in etude.toml");
    view! {
        <span class="provider__tools">
            {place.map(|place| view! { <span class="faint provider__where">{place}</span> })}
            {test}
            {own}
        </span>
    }
    .into_any()
}

fn remove(models: Models, id: ProviderId, name: String) {
    spawn_local(async move {
        match remove_provider(id).await {
            Ok(()) => {
                models.failed.set(None);
                models.removed.set(Some((id, name)));
                if models.beside.get_untracked() == Some(Beside::Change(id)) {
                    models.beside.set(None);
                }
                models.renew().await;
                crate::browser::focus_soon(UNDO_ID.into());
            }
            Err(PageError(error)) => models.failed.set(Some(error)),
        }
    });
}

/// The id of the button that brings a provider back.
const UNDO_ID: &str = "undo-provider";

/// What is left of a removed provider: the way back, for a while.
#[component]
fn Removed(models: Models) -> impl IntoView {
    Effect::new(move || {
        if let Some((id, _)) = models.removed.get() {
            let over = std::time::Duration::from_millis(domain::limits::UNDO_MS);
            set_timeout(
                move || {
                    if models
                        .removed
                        .try_with_untracked(|removed| removed.as_ref().is_some_and(|(removed, _)| *removed == id))
                        == Some(true)
                    {
                        models.removed.set(None);
                    }
                },
                over,
            );
        }
    });
    let restore = move |id: ProviderId| {
        spawn_local(async move {
            match restore_provider(id).await {
                Ok(()) => models.removed.set(None),
                Err(PageError(error)) => models.failed.set(Some(error)),
            }
            models.renew().await;
        });
    };
    move || {
        models.removed.get().map(|(id, name)| {
            view! {
                <tbody>
                    <tr class="table__group">
                        <td colspan="5">
                            <div class="undo">
                                <Icon name="trash-2"/>
                                <p role="status"><b>{format!("{name} removed.")}</b> " Its runs stay."</p>
                                <button class="button" data-size="sm" id=UNDO_ID type="button" on:click=move |_| restore(id)>"Undo"</button>
                            </div>
                        </td>
                    </tr>
                </tbody>
            }
        })
    }
}

#[component]
fn Trouble(models: Models) -> impl IntoView {
    move || models.failed.get().map(|error: ApiError| view! { <super::failure::Failure error/> })
}

/// One model.
#[component]
fn Row(model: ModelInfo, off: Option<&'static str>, is_default: bool) -> impl IntoView {
    let context = model.context_tokens.map_or_else(|| "–".to_owned(), short_tokens);
    let price = |of: fn(&domain::Price) -> f64| {
        model.price.as_ref().map_or_else(|| "–".to_owned(), |price| dollars_per_million(of(price)))
    };
    let (input, output) = (price(|price| price.input), price(|price| price.output));
    // On a phone there is no column to keep for it.
    let none = |text: &str| (text == "–").then_some("");
    let faint = |text: &str| if text.starts_with('$') { "" } else { "faint" };
    let can = skills(&model).map(|skill| match skill {
        Some((icon, word)) => {
            view! { <li title=word><Icon name=icon/><span class="sr-only">{word}</span></li> }.into_any()
        }
        None => view! { <li data-absent=""></li> }.into_any(),
    });
    let state = match model.status {
        ModelStatus::Ready => None,
        ModelStatus::Unreachable => Some("did not answer when last asked"),
        ModelStatus::Gone => Some("gone"),
    };
    // Every model can be called with its provider in front; that goes without saying.
    let long = format!("{}/", model.provider);
    let aliases: Vec<_> = model.aliases.iter().filter(|alias| !alias.starts_with(&long)).cloned().collect();
    let others = (!aliases.is_empty()).then(|| format!("also {}", aliases.join(", ")));
    let note = model.note.map(|note| {
        view! {
            <tr class="table__prose">
                <td colspan="5">
                    <div class="note" data-tone="warn">
                        <Icon name="triangle-alert"/>
                        <div class="note__text">{ticked(&note)}</div>
                    </div>
                </td>
            </tr>
        }
    });
    view! {
        <tr data-off=off>
            <th scope="row" class="table__fill">
                {model.name}
                {is_default.then(|| view! { " " <span class="badge" data-tone="ok">"default"</span> })}
                {state.map(|state| view! { " " <span class="faint provider__rejects">{state}</span> })}
                {others.map(|others| view! { " " <span class="faint provider__rejects">{others}</span> })}
            </th>
            <td data-num="" data-none=none(&context)>{context.clone()}</td>
            <td data-num="" class=faint(&input) data-none=none(&input)>{input.clone()}</td>
            <td data-num="" class=faint(&output) data-none=none(&output)>{output.clone()}</td>
            <td>
                <ul class="can" role="list" aria-label="Can">{can.into_iter().collect_view()}</ul>
            </td>
        </tr>
        {note}
    }
    .into_any()
}
