//! The rail of parameters: the model, and what steers it.

use domain::{ModelInfo, Price};
use leptos::html::{Input, Select};
use leptos::prelude::*;

use super::control::{keep_alike, keep_switch_alike};
use super::icon::Icon;
use crate::state::desk::Desk;
use crate::state::draft::{DraftStoreFields, Param, SettingStoreFields};
use crate::state::figures::thousands;

/// What the provider of the built-in model is called.
const EMBEDDED: &str = "embedded";

/// The rail of parameters.
#[component]
pub fn Params(
    /// Whose parameters.
    desk: Desk,
) -> impl IntoView {
    view! {
        <aside class="pane playground__params" id="params" data-tone="chrome" aria-labelledby="params-h">
            <header class="pane__head">
                <h2 id="params-h">"Parameters"</h2>
                <span class="grow"></span>
                <button
                    class="button playground__close"
                    data-kind="quiet"
                    data-shape="icon"
                    data-size="sm"
                    type="button"
                    aria-label="Close parameters"
                    title="Close parameters"
                    on:click=move |_| desk.rail.set(false)
                >
                    <Icon name="x" small=true/>
                </button>
            </header>
            <div class="pane__body params">
                <div class="params__group">
                    <ModelField desk/>
                </div>
                <div class="params__group" role="group" aria-label="Sampling">
                    <Row desk param=Param::Temperature step="0.01" slider=true/>
                    <Row desk param=Param::MaxTokens step="1" slider=false/>
                </div>
            </div>
        </aside>
    }
    .into_any()
}

#[component]
fn ModelField(desk: Desk) -> impl IntoView {
    let node = NodeRef::<Select>::new();
    let name = desk.draft.model();
    keep_alike(node, move || name.get(), move |typed| name.set(typed));
    let chosen = name.get_untracked();
    let options = desk.models.with_value(|models| {
        let option = |model: &ModelInfo| {
            view! { <option value=model.name.clone() selected=model.name == chosen>{model.name.clone()}</option> }
        };
        models.iter().map(option).collect_view()
    });
    let model = Memo::new(move |_| desk.model());
    view! {
        <div class="field model-card">
            <label class="field__label" for="model">"Model"</label>
            <select
                class="input"
                id="model"
                name="model"
                aria-describedby="model-facts"
                autocomplete="off"
                node_ref=node
                on:change=move |event| name.set(event_target_value(&event))
            >
                {options}
            </select>
            <div class="model-card__about" id="model-facts">
                <p class="model-card__facts">{move || model.with(facts)}</p>
                {move || {
                    model.get().note.map(|note| {
                        view! {
                            <div class="note" data-tone="warn">
                                <Icon name="triangle-alert"/>
                                <div class="note__text">{note}</div>
                            </div>
                        }
                    })
                }}
            </div>
        </div>
    }
    .into_any()
}

fn facts(model: &ModelInfo) -> String {
    let context = model.context_tokens.map(|tokens| format!("{} context", thousands(tokens.into())));
    let price = model.price.map(|price| {
        if price == Price::FREE {
            "free".into()
        } else {
            format!("${} in, ${} out per million", price.input, price.output)
        }
    });
    let place = if model.provider == EMBEDDED { "On this machine".into() } else { model.provider.clone() };
    [Some(place), context, price].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// One parameter: whether it is sent, and its value.
#[component]
fn Row(desk: Desk, param: Param, step: &'static str, slider: bool) -> impl IntoView {
    let (key, label) = (param.key(), param.label());
    let setting = desk.setting(param);
    let (send, text) = (setting.send(), setting.text());
    let (send, text): (reactive_stores::Field<bool>, reactive_stores::Field<String>) = (send.into(), text.into());
    let model = Memo::new(move |_| desk.model());
    let supported = Memo::new(move |_| model.with(|model| model.unsupported.iter().all(|name| name != key)));
    let range = Memo::new(move |_| model.with(|model| model.range(key)));
    let problem = Memo::new(move |_| model.with(|model| setting.read().value(param, model).err()));

    let (toggle, number, track) = (NodeRef::<Input>::new(), NodeRef::<Input>::new(), NodeRef::<Input>::new());
    keep_switch_alike(toggle, move || send.get(), move |on| send.set(on));
    keep_alike(number, move || text.get(), move |typed| text.set(typed));
    if slider {
        Effect::new(move || {
            if let Some(track) = track.get() {
                track.set_value(&text.get());
            }
        });
    }
    let on = move || if send.get() && supported.get() { "yes" } else { "no" };
    let error_id = format!("{key}-error");
    let described = error_id.clone();
    view! {
        <div class="param" data-send=on>
            <input
                class="switch"
                type="checkbox"
                role="switch"
                name=format!("send_{key}")
                aria-label=format!("Send {}", label.to_lowercase())
                checked=send.get_untracked()
                disabled=move || !supported.get()
                node_ref=toggle
                on:change=move |event| send.set(event_target_checked(&event))
            />
            <label class="param__name truncate" for=key>{label}</label>
            <input
                class="input param__value"
                data-align="end"
                type="number"
                inputmode="decimal"
                id=key
                name=key
                min=move || range.get().min
                max=move || range.get().max
                step=step
                value=text.get_untracked()
                autocomplete="off"
                aria-invalid=move || problem.with(|problem| problem.is_some().then_some("true"))
                aria-describedby=move || problem.with(|problem| problem.is_some().then(|| described.clone()))
                node_ref=number
                on:input=move |event| text.set(event_target_value(&event))
            />
            <span class="param__omitted">{move || if supported.get() { "not sent" } else { "not supported" }}</span>
            {slider.then(|| view! {
                <div class="param__body">
                    <input
                        class="slider"
                        type="range"
                        aria-label=label
                        min=move || range.get().min
                        max=move || range.get().max
                        step=step
                        value=text.get_untracked()
                        node_ref=track
                        on:input=move |event| text.set(event_target_value(&event))
                    />
                </div>
            })}
            <Show when=move || problem.with(Option::is_some)>
                <p class="field__error param__body" id=error_id.clone()>
                    <Icon name="circle-alert" small=true/>
                    {move || problem.get()}
                </p>
            </Show>
        </div>
    }
    .into_any()
}
