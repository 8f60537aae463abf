//! The rail of parameters: the model, and what steers it.

use domain::{ModelInfo, ModelStatus};
use leptos::html::{Input, Select, Textarea};
use leptos::prelude::*;

use super::control::{escape, keep_alike, keep_switch_alike};
use super::icon::Icon;
use super::ticked::ticked;
use super::tools::{FormatRow, OptionsField};
use crate::state::desk::{Desk, find};
use crate::state::draft::DraftStoreFields;
use crate::state::models::{facts, place};
use crate::state::overlays::{Overlay, Overlays};
use crate::state::settings::{Kind, Param, Setting};

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
                    {Param::ALL.map(|param| view! { <Row desk param/> }).into_iter().collect_view()}
                </div>
                <div class="params__group">
                    <FormatRow desk/>
                    <OptionsField desk/>
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
        // The providers in the order of their first models, the default's first.
        let mut providers: Vec<&str> = Vec::new();
        for model in models.iter() {
            if !providers.contains(&model.provider.as_str()) {
                providers.push(&model.provider);
            }
        }
        let option = |model: &ModelInfo| {
            let gone = model.status == ModelStatus::Gone;
            let name = if gone { format!("{} (gone)", model.name) } else { model.name.clone() };
            let is_chosen = model.name == chosen;
            view! { <option value=model.name.clone() selected=is_chosen disabled=gone && !is_chosen>{name}</option> }
        };
        let group = |provider: &&str| {
            let theirs = models.iter().filter(|model| model.provider == **provider);
            view! { <optgroup label=place(provider)>{theirs.map(option).collect_view()}</optgroup> }
        };
        providers.iter().map(group).collect_view()
    });
    let model = Memo::new(move |_| desk.model());
    // One that is not there just now stays chosen.
    let missing = Memo::new(move |_| {
        let name = name.get();
        desk.models.with_value(|models| find(models, &name).is_none()).then_some(name).filter(|name| !name.is_empty())
    });
    let missing = move || {
        missing.get().map(|name| {
            let said = format!("{name} (not there now)");
            view! { <option value=name selected=true>{said}</option> }
        })
    };
    let overlays = expect_context::<Overlays>();
    view! {
        <div class="field model-card">
            <div class="model-card__head">
                <label class="field__label" for="model">"Model"</label>
                <button
                    class="button live-only"
                    data-kind="quiet"
                    data-shape="icon"
                    data-size="sm"
                    type="button"
                    aria-label="Search models"
                    title="Search models"
                    aria-haspopup="dialog"
                    on:click=move |_| overlays.show(Overlay::Models)
                >
                    <Icon name="search" small=true/>
                </button>
            </div>
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
                {missing}
            </select>
            <div class="model-card__about" id="model-facts">
                <p class="model-card__facts">{move || model.with(facts)}</p>
                {move || {
                    model.get().note.map(|note| {
                        view! {
                            <div class="note" data-tone="warn">
                                <Icon name="triangle-alert"/>
                                <div class="note__text">{ticked(&note)}</div>
                            </div>
                        }
                    })
                }}
            </div>
        </div>
    }
    .into_any()
}

/// One parameter of the desk.
#[component]
fn Row(desk: Desk, param: Param) -> impl IntoView {
    let setting = Memo::new(move |_| desk.setting(param));
    let model = Memo::new(move |_| desk.model());
    let change = Callback::new(move |changed| desk.change_setting(param, |setting| *setting = changed));
    view! { <ParamRow param setting model change/> }
}

/// One parameter: whether it is sent, and its value.
#[component]
pub(super) fn ParamRow(
    param: Param,
    setting: Memo<Setting>,
    model: Memo<ModelInfo>,
    /// Takes what is typed.
    change: Callback<Setting>,
) -> impl IntoView {
    let (key, label) = (param.key(), param.label());
    let send = Memo::new(move |_| setting.with(|setting| setting.send));
    let text = Memo::new(move |_| setting.with(|setting| setting.text.clone()));
    let set_send = move |send: bool| change.run(Setting { send, ..setting.get_untracked() });
    let set_text = Callback::new(move |text: String| change.run(Setting { text, ..setting.get_untracked() }));
    let supported = Memo::new(move |_| model.with(|model| !model.refuses(key)));
    let problem = Memo::new(move |_| model.with(|model| setting.with(|setting| setting.problem(param, model))));
    let toggle = NodeRef::<Input>::new();
    keep_switch_alike(toggle, move || send.get(), set_send);
    let on = move || if send.get() && supported.get() { "yes" } else { "no" };
    let field = Field { param, key, label, text, set: set_text, model, problem };
    view! {
        <div class="param" data-send=on>
            <input
                class="switch"
                type="checkbox"
                role="switch"
                name=format!("send[{key}]")
                aria-label=format!("Send {}", label.to_lowercase())
                checked=send.get_untracked()
                disabled=move || !supported.get()
                node_ref=toggle
                on:change=move |event| set_send(event_target_checked(&event))
            />
            <label class="param__name truncate" for=key>{label}</label>
            {match param.kind() {
                Kind::Share => view! { <Number field step="0.01"/><Omitted supported/><Slider field/> }.into_any(),
                Kind::Whole | Kind::Seed => view! { <Number field step="1"/><Omitted supported/> }.into_any(),
                Kind::Lines => view! { <Omitted supported/><Lines field/> }.into_any(),
                Kind::Word => view! { <Word field/><Omitted supported/> }.into_any(),
            }}
            <Show when=move || problem.with(Option::is_some)>
                <p class="field__error param__body" id=field.error_id()>
                    <Icon name="circle-alert" small=true/>
                    {move || problem.get()}
                </p>
            </Show>
        </div>
    }
    .into_any()
}

/// What every field of a parameter works with.
#[derive(Clone, Copy)]
struct Field {
    param: Param,
    key: &'static str,
    label: &'static str,
    text: Memo<String>,
    set: Callback<String>,
    model: Memo<ModelInfo>,
    problem: Memo<Option<String>>,
}

impl Field {
    fn name(self) -> String {
        format!("params[{}]", self.key)
    }

    fn error_id(self) -> String {
        format!("{}-error", self.key)
    }

    fn invalid(self) -> Option<&'static str> {
        self.problem.with(|problem| problem.is_some().then_some("true"))
    }

    fn described(self) -> Option<String> {
        self.problem.with(|problem| problem.is_some().then(|| self.error_id()))
    }

    /// The ends of the range; a seed has none.
    fn range(self) -> Option<domain::Range> {
        (self.param.kind() != Kind::Seed).then(|| self.model.with(|model| model.range(self.key)))
    }
}

#[component]
fn Omitted(supported: Memo<bool>) -> impl IntoView {
    view! { <span class="param__omitted">{move || if supported.get() { "not sent" } else { "not supported" }}</span> }
}

#[component]
fn Number(field: Field, step: &'static str) -> impl IntoView {
    let node = NodeRef::<Input>::new();
    keep_alike(node, move || field.text.get(), move |typed| field.set.run(typed));
    view! {
        <input
            class="input param__value"
            data-align="end"
            type="number"
            inputmode="decimal"
            id=field.key
            name=field.name()
            min=move || field.range().map(|range| range.min)
            max=move || field.range().map(|range| range.max)
            step=step
            value=field.text.get_untracked()
            autocomplete="off"
            aria-invalid=move || field.invalid()
            aria-describedby=move || field.described()
            node_ref=node
            on:input=move |event| field.set.run(event_target_value(&event))
        />
    }
    .into_any()
}

#[component]
fn Slider(field: Field) -> impl IntoView {
    let node = NodeRef::<Input>::new();
    Effect::new(move || {
        if let Some(track) = node.get() {
            track.set_value(&field.text.get());
        }
    });
    view! {
        <div class="param__body">
            <input
                class="slider"
                type="range"
                aria-label=field.label
                min=move || field.range().map(|range| range.min)
                max=move || field.range().map(|range| range.max)
                step="0.01"
                value=field.text.get_untracked()
                node_ref=node
                on:input=move |event| field.set.run(event_target_value(&event))
            />
        </div>
    }
    .into_any()
}

#[component]
fn Lines(field: Field) -> impl IntoView {
    let node = NodeRef::<Textarea>::new();
    keep_alike(node, move || field.text.get(), move |typed| field.set.run(typed));
    let initial = field.text.with_untracked(|text| escape(text));
    view! {
        <div class="param__body">
            <textarea
                class="input json"
                id=field.key
                name=field.name()
                rows="1"
                placeholder="One a line; \\n is a line break"
                spellcheck="false"
                autocomplete="off"
                aria-invalid=move || field.invalid()
                aria-describedby=move || field.described()
                node_ref=node
                on:input=move |event| field.set.run(event_target_value(&event))
                inner_html=initial
            ></textarea>
        </div>
    }
    .into_any()
}

#[component]
fn Word(field: Field) -> impl IntoView {
    let node = NodeRef::<Input>::new();
    keep_alike(node, move || field.text.get(), move |typed| field.set.run(typed));
    let list = format!("{}-words", field.key);
    let words = ["none", "minimal", "low", "medium", "high"].map(|word| view! { <option value=word></option> });
    view! {
        <input
            class="input param__value"
            data-align="end"
            id=field.key
            name=field.name()
            list=list.clone()
            autocomplete="off"
            spellcheck="false"
            value=field.text.get_untracked()
            aria-invalid=move || field.invalid()
            aria-describedby=move || field.described()
            node_ref=node
            on:input=move |event| field.set.run(event_target_value(&event))
        />
        <datalist id=list>{words.into_iter().collect_view()}</datalist>
    }
    .into_any()
}
