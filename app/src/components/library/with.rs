//! What a preset is run with: version, model, parameters, and what that will take.

use std::time::Duration;

use domain::ModelInfo;
use domain::prompt::OutputBand;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::VERSION_ID;
use super::preset_run::PresetRun;
use crate::api::prompts::band_of_prompt;
use crate::api::runs::count_tokens;
use crate::state::models::EMBEDDED;
use crate::state::preset::{PresetForm, versions};

/// How long the keys must rest before tokens are counted.
const REST: Duration = Duration::from_millis(400);

/// Which version is run with what, and what that will take.
#[component]
pub(super) fn With(runner: PresetRun, model: Memo<ModelInfo>) -> impl IntoView {
    let counted = counted(runner, model);
    let band = band(runner, model);
    let (id, shown, choices) = runner.preset.with_value(|preset| (preset.id, preset.version, versions(preset)));
    let pick = move |event| {
        if let Ok(number) = event_target_value(&event).parse() {
            runner.library.read(id, Some(number));
        }
    };
    let version = if choices.len() > 1 {
        let option = |(number, name): (u32, String)| {
            view! { <option value=number.to_string() selected=number == shown>{name}</option> }
        };
        view! {
            <select class="input live-only" id=VERSION_ID aria-label="Version" autocomplete="off" on:change=pick>
                {choices.into_iter().map(option).collect_view()}
            </select>
            <span class="form-only">{format!("v{shown}")}</span>
        }
        .into_any()
    } else {
        format!("v{shown}").into_any()
    };
    let params = move || {
        model.with(|model| runner.form.with(|form| runner.with_content(|content| form.said_params(content, model))))
    };
    let forecast = move || {
        let (counted, band) = (counted.get(), band.get());
        let said = |form: &PresetForm| {
            let exact = counted.as_ref().filter(|(of, _)| of == form).map(|(_, tokens)| *tokens);
            model.with(|model| runner.with_content(|content| form.forecast(content, model, exact, band)))
        };
        runner.form.with(said)
    };
    view! {
        <div class="drawer__section">
            <h3>"With"</h3>
            <dl class="facts">
                <dt>"Version"</dt>
                <dd>{version}</dd>
                <dt>"Model"</dt>
                <dd>{move || model.with(|model| model.name.clone())}</dd>
                <dt>"Parameters"</dt>
                <dd>{params}</dd>
                <dt>"Forecast"</dt>
                <dd class="num" id="preset-forecast">{forecast}</dd>
            </dl>
        </div>
    }
    .into_any()
}

/// A form, and the tokens that its prompt has.
type Counted = (PresetForm, u64);

/// The exact count of the prompt, where the model's tokenizer is here: asked for once the keys rest.
fn counted(runner: PresetRun, model: Memo<ModelInfo>) -> RwSignal<Option<Counted>> {
    let counted = RwSignal::new(None::<Counted>);
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    let ask = move || {
        let Some((form, model)) = runner.form.try_get_untracked().zip(model.try_get_untracked()) else { return };
        let prompt = runner.with_content(|content| form.prompt(content, &model));
        spawn_local(async move {
            if let Ok(Some(tokens)) = count_tokens(prompt).await {
                counted.try_set(Some((form, tokens)));
            }
        });
    };
    Effect::new(move || {
        runner.form.track();
        let is_here = model.with(|model| model.provider == EMBEDDED);
        let bytes = runner.form.with_untracked(|form| form.values.values().map(String::len).sum::<usize>());
        stop();
        if is_here && bytes <= domain::limits::COUNTED_BYTES_MAX {
            timer.set_value(set_timeout_with_handle(ask, REST).ok());
        }
    });
    on_cleanup(stop);
    counted
}

/// How long the answers of this prompt have been with that model.
fn band(runner: PresetRun, model: Memo<ModelInfo>) -> RwSignal<Option<OutputBand>> {
    let band = RwSignal::new(None);
    let id = runner.preset.with_value(|preset| preset.id);
    let name = Memo::new(move |_| model.with(|model| model.name.clone()));
    Effect::new(move || {
        let asked = name.get();
        spawn_local(async move {
            let known = band_of_prompt(id, asked.clone()).await.ok().flatten();
            if name.try_get_untracked() == Some(asked) {
                band.try_set(known);
            }
        });
    });
    band
}
