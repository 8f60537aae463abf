//! A preset's form: a field for each variable, what is other than in the preset, the forecast, Run, and the output.

use std::sync::Arc;

use domain::Preset;
use leptos::ev::{KeyboardEvent, MouseEvent, SubmitEvent};
use leptos::prelude::*;

use super::drawer::About;
use super::overrides::Overrides;
use super::preset_run::{PresetRun, field_id};
use super::with::With;
use super::{Library, kept};
use crate::browser;
use crate::components::editor::{Editor, Kind};
use crate::components::icon::Icon;
use crate::components::keys::Keys;
use crate::components::output::Output;
use crate::live::Live;
use crate::state::preset::{INPUT, PresetForm};
use crate::state::run::RunState;
use crate::state::spent::Session;

/// The form, and below it the output once there is one.
#[component]
pub(super) fn RunForm(library: Library, preset: Arc<Preset>) -> impl IntoView {
    let id = preset.id;
    let runner = PresetRun {
        library,
        preset: StoredValue::new(Arc::clone(&preset)),
        form: RwSignal::new(PresetForm::default()),
        run: RunState::default(),
        live: expect_context::<Live>(),
        tried: RwSignal::new(false),
        starting: RwSignal::new(None),
    };
    kept::keep(runner, id);
    expect_context::<Session>().count(runner.run);
    Effect::new(move || {
        library.runner.set(Some(runner));
        if library.takes_focus.get_value() {
            library.takes_focus.set_value(false);
            runner.take_focus();
        }
    });
    // Once it has an id, it need not be sent again.
    Effect::new(move || {
        if runner.run.id.get().is_some() || runner.run.refusal.with(Option::is_some) {
            runner.starting.set(None);
        }
    });
    on_cleanup(move || {
        library.runner.try_set(None);
        runner.live.release(runner.run);
    });
    let ran = Memo::new(move |_| {
        let run = runner.run;
        run.starting.get() || run.id.with(Option::is_some) || run.refusal.with(Option::is_some)
    });
    let model = Memo::new(move |_| runner.model());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        runner.start();
    };
    let again = Callback::new(move |()| {
        runner.start();
        // The button that was pressed goes away with its message.
        browser::focus("run");
    });
    let open = if preset.version == preset.head { format!("/p/{id}") } else { format!("/p/{id}/v/{}", preset.version) };
    view! {
        <form class="drawer__body" id="run-form" novalidate=true data-ran=move || ran.get().then_some("") on:submit=submit>
            <Fields runner/>
            <With runner model/>
            <Overrides runner model/>
            <About library preset/>
        </form>
        <Show when=move || ran.get()>
            <Output run=runner.run model=Signal::derive(move || Some(model.get())) heading=true on_retry=again/>
        </Show>
        <footer class="drawer__foot">
            <a class="button" href=open>"Open in playground"</a>
            <span class="faint form-only">"It runs there without JavaScript, too."</span>
            <span class="grow"></span>
            <RunButton runner/>
        </footer>
    }
    .into_any()
}

/// A field for each variable, and one for the input where there is none for it.
#[component]
fn Fields(runner: PresetRun) -> impl IntoView {
    let variables = runner.with_content(domain::PromptContent::variables);
    let has_input = variables.iter().any(|name| name == INPUT);
    // What is new with every run stands first.
    let (input, others): (Vec<String>, Vec<String>) = variables.into_iter().partition(|name| name == INPUT);
    let fields = input.into_iter().chain(others).map(|name| view! { <Variable runner name/> });
    view! {
        <div class="drawer__section" role="group" aria-labelledby="preset-inputs">
            <h3 id="preset-inputs">"Inputs"</h3>
            {fields.collect_view()}
            {(!has_input).then(|| view! { <Added runner/> })}
        </div>
    }
    .into_any()
}

#[component]
fn Variable(runner: PresetRun, name: String) -> impl IntoView {
    let id = field_id(&name);
    let error_id = format!("{id}-error");
    let (read, typed, noted, checked, left) = (name.clone(), name.clone(), name.clone(), name.clone(), name.clone());
    let text = Signal::derive(move || {
        runner.form.with(|form| runner.with_content(|content| form.value(content, &read).to_owned()))
    });
    let note = move || runner.form.with(|form| runner.with_content(|content| form.note(content, &noted)));
    let missing = Memo::new(move |_| {
        runner.tried.get() && runner.form.with(|form| runner.with_content(|content| form.is_missing(content, &checked)))
    });
    let left = StoredValue::new(left);
    let described = error_id.clone();
    view! {
        <div class="field">
            <div class="field__label">
                <label for=id.clone()>
                    <span class="inputs__name">{name.clone()}</span>
                </label>
                <span class="inputs__count">{note}</span>
            </div>
            <Editor
                id
                name=format!("inputs[{name}]")
                kind=Kind::Plain
                lines=if name == INPUT { 3 } else { 1 }
                text
                on_input=move |value| runner.put(&typed, value)
                error=Signal::derive(move || missing.get().then(|| described.clone()))
            />
            <Show when=move || missing.get()>
                <div class="field__row">
                    <p class="field__error" id=error_id.clone()>
                        <Icon name="circle-alert" small=true/>
                        "The prompt uses this, and it has no value. Nothing was sent."
                    </p>
                    <button class="button" data-kind="quiet" data-size="sm" type="button" on:click=move |_| left.with_value(|name| runner.leave_empty(name))>
                        "Run with it empty"
                    </button>
                </div>
            </Show>
        </div>
    }
    .into_any()
}

/// The input of a prompt that has no variable for it.
#[component]
fn Added(runner: PresetRun) -> impl IntoView {
    let text = Signal::derive(move || {
        runner.form.with(|form| runner.with_content(|content| form.value(content, INPUT).to_owned()))
    });
    let note = move || runner.form.with(|form| runner.with_content(|content| form.note(content, INPUT)));
    view! {
        <div class="field">
            <div class="field__label">
                <label for=field_id(INPUT)>"Input"</label>
                <span class="inputs__count">{note}</span>
            </div>
            <Editor
                id=field_id(INPUT)
                name="input_context".to_owned()
                kind=Kind::Plain
                lines=3
                text
                on_input=move |value| runner.put(INPUT, value)
            />
            <p class="field__hint">"Added after the last message."</p>
        </div>
    }
    .into_any()
}

/// Run, which becomes Stop in its place.
#[component]
fn RunButton(runner: PresetRun) -> impl IntoView {
    let running = Memo::new(move |_| runner.is_running());
    let either = move |run: &'static str, stop: &'static str| move || if running.get() { stop } else { run };
    let icon = Signal::derive(either("play", "square"));
    let click = move |event: MouseEvent| {
        if running.get_untracked() {
            event.prevent_default();
            // The second click of a double click was meant for Run.
            if event.detail() < 2 {
                runner.stop();
            }
        }
    };
    // A key held down would start and stop by turns.
    let hold = move |event: KeyboardEvent| {
        if event.repeat() {
            event.prevent_default();
        }
    };
    view! {
        <button
            class="button button-run live-only"
            id="run"
            form="run-form"
            type=either("submit", "button")
            data-kind=either("primary", "stop")
            aria-keyshortcuts=either("Control+Enter", "Escape")
            aria-busy=move || runner.run.stopping.get().then_some("true")
            on:click=click
            on:keydown=hold
        >
            <Icon name=icon small=true fill=true/>
            <span class="grow">{either("Run", "Stop")}</span>
            <span class="kbd-set" aria-hidden="true">
                <Show when=move || running.get() fallback=|| view! { <Keys keys=&["Mod", "↵"]/> }>
                    <kbd class="kbd">"Esc"</kbd>
                </Show>
            </span>
        </button>
    }
    .into_any()
}
