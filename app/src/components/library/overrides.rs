//! What one run has other than the preset: a model, a temperature, a length.

use domain::{ModelInfo, ModelStatus};
use leptos::html::{Input, Select};
use leptos::prelude::*;

use super::preset_run::{PresetRun, override_id};
use crate::components::control::{keep_alike, keep_switch_alike};
use crate::components::icon::Icon;
use crate::state::models::place;
use crate::state::preset::OVERRIDES;
use crate::state::settings::{Kind, Param, Setting};

/// The fold "Overrides".
#[component]
pub(super) fn Overrides(runner: PresetRun, model: Memo<ModelInfo>) -> impl IntoView {
    let count = Memo::new(move |_| runner.form.with(|form| form.overrides()));
    let rows = OVERRIDES.map(|param| view! { <Row runner model param/> });
    view! {
        <details class="drawer__section overrides">
            <summary>
                <Icon name="chevron-right" small=true/>
                <span>"Overrides"</span>
                <Show when=move || count.with(|count| *count != 0)>
                    <span class="badge num" data-tone="accent">{move || count.get()}</span>
                </Show>
                <span class="overrides__note">"for this run only"</span>
            </summary>
            <div class="overrides__grid">
                <ModelField runner/>
                {rows.into_iter().collect_view()}
            </div>
        </details>
    }
    .into_any()
}

#[component]
fn ModelField(runner: PresetRun) -> impl IntoView {
    let node = NodeRef::<Select>::new();
    let own = runner.preset.with_value(|preset| preset.content.model.clone());
    let other = Memo::new(move |_| runner.form.with(|form| form.model.clone()));
    let set = move |name: String| runner.form.update(|form| form.model = name);
    keep_alike(node, move || other.get(), set);
    let options = runner.library.models.with_value(|models| {
        // The providers in the order of their first models, the default's first.
        let mut providers: Vec<&str> = Vec::new();
        for model in models.iter() {
            if !providers.contains(&model.provider.as_str()) {
                providers.push(&model.provider);
            }
        }
        let option = |model: &ModelInfo| {
            let gone = model.status == ModelStatus::Gone;
            view! { <option value=model.name.clone() disabled=gone>{model.name.clone()}</option> }
        };
        let group = |provider: &&str| {
            let theirs = models.iter().filter(|model| model.provider == **provider && model.name != own);
            view! { <optgroup label=place(provider)>{theirs.map(option).collect_view()}</optgroup> }
        };
        providers.iter().map(group).collect_view()
    });
    // One that is not there just now stays chosen.
    let missing = move || {
        let name = other.get();
        let known = runner.library.models.with_value(|models| models.iter().any(|model| model.name == name));
        (!known && !name.is_empty()).then(|| view! { <option value=name.clone() selected=true>{name.clone()}</option> })
    };
    let note = own.clone();
    view! {
        <div class="field">
            <div class="field__label">
                <label for="override-model">"Model"</label>
                <span class="inputs__count">{move || (!other.with(String::is_empty)).then(|| format!("preset: {note}"))}</span>
            </div>
            <select
                class="input"
                id="override-model"
                autocomplete="off"
                node_ref=node
                on:change=move |event| set(event_target_value(&event))
            >
                <option value="" selected=true>{format!("{own}, as in the preset")}</option>
                {options}
                {missing}
            </select>
        </div>
    }
    .into_any()
}

/// One parameter: whether it is other than in the preset, and its value.
#[component]
fn Row(runner: PresetRun, model: Memo<ModelInfo>, param: Param) -> impl IntoView {
    let setting = Memo::new(move |_| {
        runner.form.with(|form| runner.preset.with_value(|preset| form.setting(&preset.content, param)))
    });
    let change = move |change: &dyn Fn(&mut Setting)| {
        let mut changed = setting.get_untracked();
        change(&mut changed);
        runner.form.update(|form| _ = form.settings.insert(param, changed));
    };
    let set_send = move |on: bool| change(&|setting| setting.send = on);
    let set_text = move |text: String| change(&|setting| setting.text.clone_from(&text));
    let supported = Memo::new(move |_| model.with(|model| !model.refuses(param.key())));
    let problem = Memo::new(move |_| model.with(|model| setting.with(|setting| setting.problem(param, model))));
    let on = Memo::new(move |_| setting.with(|setting| setting.send) && supported.get());
    let preset = runner.preset.with_value(|preset| param.typed(&preset.content.params));
    let preset = preset.unwrap_or_else(|| "not sent".to_owned());
    let omitted = format!("as in the preset, {preset}");
    let (toggle, field) = (NodeRef::<Input>::new(), NodeRef::<Input>::new());
    keep_switch_alike(toggle, move || setting.with(|setting| setting.send), set_send);
    keep_alike(field, move || setting.with(|setting| setting.text.clone()), set_text);
    let (id, error_id) = (override_id(param), format!("{}-error", override_id(param)));
    let described = error_id.clone();
    let range = Memo::new(move |_| model.with(|model| model.range(param.key())));
    view! {
        <div class="param" data-send=move || if on.get() { "yes" } else { "no" }>
            <input
                class="switch"
                type="checkbox"
                role="switch"
                aria-label=format!("Send {}", param.label().to_lowercase())
                disabled=move || !supported.get()
                node_ref=toggle
                on:change=move |event| set_send(event_target_checked(&event))
            />
            <label class="param__name truncate" for=id.clone()>{param.label()}</label>
            <input
                class="input param__value"
                data-align="end"
                type="number"
                inputmode="decimal"
                id=id
                min=move || range.get().min
                max=move || range.get().max
                step=if param.kind() == Kind::Whole { "1" } else { "0.01" }
                value=setting.with_untracked(|setting| setting.text.clone())
                autocomplete="off"
                aria-invalid=move || problem.with(Option::is_some).then_some("true")
                aria-describedby=move || problem.with(Option::is_some).then(|| described.clone())
                node_ref=field
                on:input=move |event| set_text(event_target_value(&event))
            />
            <span class="param__omitted">{move || if supported.get() { omitted.clone() } else { "not supported".into() }}</span>
            <Show when=move || on.get()>
                <p class="param__note">{format!("preset: {preset}")}</p>
            </Show>
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
