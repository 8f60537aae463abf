//! A preset that can be run: what is typed for it, and what its buttons do.

use std::sync::Arc;

use domain::{ModelInfo, ModelStatus, NewRun, Preset};
use leptos::prelude::*;

use super::Library;
use crate::browser;
use crate::browser::editors::settle_editors;
use crate::live::Live;
use crate::state::desk::find;
use crate::state::preset::{Gap, INPUT, KeptForm, PresetForm};
use crate::state::run::RunState;
use crate::state::settings::Param;

/// A preset that can be run: what is typed for it, and its run. Copied freely.
#[derive(Clone, Copy)]
pub(super) struct PresetRun {
    pub(super) library: Library,
    pub(super) preset: StoredValue<Arc<Preset>>,
    pub(super) form: RwSignal<PresetForm>,
    pub(super) run: RunState,
    pub(super) live: Live,
    /// Whether Run was pressed while something was missing: only then are fields told off.
    pub(super) tried: RwSignal<bool>,
    /// What was sent and has no id yet.
    pub(super) starting: RwSignal<Option<NewRun>>,
}

/// The id of a variable's field.
pub(super) fn field_id(name: &str) -> String {
    format!("value-{name}")
}

/// The id of a parameter's field.
pub(super) fn override_id(param: Param) -> String {
    format!("override-{}", param.key())
}

impl PresetRun {
    pub(super) fn with_content<T>(self, read: impl FnOnce(&domain::PromptContent) -> T) -> T {
        self.preset.with_value(|preset| read(&preset.content))
    }

    /// The model that is asked. One that is not there is gone.
    pub(super) fn model(self) -> ModelInfo {
        let other = self.form.with(|form| form.model.clone());
        let name = if other.is_empty() { self.with_content(|content| content.model.clone()) } else { other };
        let known = self.library.models.with_value(|models| find(models, &name).cloned());
        known.unwrap_or_else(|| ModelInfo { status: ModelStatus::Gone, ..ModelInfo::named(&name, "") })
    }

    pub(super) fn is_running(self) -> bool {
        self.run.is_running()
    }

    /// Runs the preset, unless something is missing: that field is told off and has the focus.
    pub(super) fn start(self) {
        if untrack(|| self.is_running()) {
            return;
        }
        settle_editors();
        let (form, model) = (self.form.get_untracked(), untrack(|| self.model()));
        match self.preset.with_value(|preset| form.compose(preset, &model)) {
            Ok(run) => {
                self.tried.set(false);
                self.run.clear();
                self.send(NewRun { request_id: Some(browser::random_id()), ..run });
            }
            Err(gap) => {
                self.tried.set(true);
                let field = match gap {
                    Gap::Variable(name) => field_id(&name),
                    Gap::Setting(param) => override_id(param),
                };
                browser::open_around(&field);
                browser::focus_soon(field);
            }
        }
    }

    /// Sends a run that has its `request_id`: twice is once.
    pub(super) fn send(self, run: NewRun) {
        self.starting.set(Some(run.clone()));
        self.live.start(self.run, run);
    }

    /// Stops the run.
    pub(super) fn stop(self) {
        if untrack(|| self.is_running()) && !self.run.stopping.get_untracked() {
            self.run.stopping.set(true);
            self.live.cancel(self.run);
        }
    }

    /// Goes into the first field: that of the input, where the prompt has a variable for it or none at all.
    pub(super) fn take_focus(self) {
        let variables = self.with_content(domain::PromptContent::variables);
        let first = variables.first().filter(|_| !variables.iter().any(|name| name == INPUT));
        browser::focus_soon(field_id(first.map_or(INPUT, String::as_str)));
    }

    /// Tracks what the tab keeps.
    pub(super) fn track(self) {
        self.form.track();
        self.run.id.track();
        self.starting.track();
    }

    /// What the tab keeps of it; none once it is gone.
    pub(super) fn kept(self) -> Option<KeptForm> {
        Some(KeptForm {
            form: self.form.try_get_untracked()?,
            run: self.run.id.try_get_untracked()?,
            starting: self.starting.try_get_untracked()?,
        })
    }

    /// Takes up what the tab had: what was typed, and the run where it is by now.
    pub(super) fn restore(self, kept: KeptForm) {
        self.form.set(kept.form);
        match (kept.run, kept.starting) {
            (Some(run), _) => self.live.tail(self.run, run),
            (None, Some(run)) => self.send(run),
            (None, None) => {}
        }
    }

    /// Sets a variable.
    pub(super) fn put(self, name: &str, value: String) {
        self.form.update(|form| {
            form.empty.remove(name);
            form.values.insert(name.to_owned(), value);
        });
    }

    /// Leaves a variable empty on purpose, and runs.
    pub(super) fn leave_empty(self, name: &str) {
        self.form.update(|form| _ = form.empty.insert(name.to_owned()));
        browser::focus("run");
        self.start();
    }
}
