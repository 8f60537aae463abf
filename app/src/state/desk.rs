//! All that the playground works with, and what its buttons do.

use std::sync::Arc;

use domain::{ModelInfo, NewRun};
use leptos::prelude::*;
use reactive_stores::Store;

use super::draft::{Draft, DraftStoreFields, Fix, Param, Setting, SettingStoreFields};
use super::run::RunState;
use crate::browser;
use crate::live::Live;

/// The pane that a phone shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// The messages.
    Prompt,
    /// The answer.
    Output,
    /// The parameters.
    Params,
}

/// The playground's state: values to show, verbs to call. Copied freely.
#[derive(Clone, Copy)]
pub struct Desk {
    /// What stands in the fields.
    pub draft: Store<Draft>,
    /// Every model there is; the first is the default.
    pub models: StoredValue<Arc<[ModelInfo]>>,
    /// The run whose output is shown.
    pub run: RunState,
    /// The tab's one connection.
    pub live: Live,
    /// What a phone shows.
    pub pane: RwSignal<Pane>,
    /// Whether the parameters lie open where there is no room for a rail.
    pub rail: RwSignal<bool>,
}

impl Desk {
    /// A desk with these models, this draft and this run on it.
    #[must_use]
    pub fn new(models: Vec<ModelInfo>, draft: Draft, run: RunState, live: Live) -> Self {
        Self {
            draft: Store::new(draft),
            models: StoredValue::new(models.into()),
            run,
            live,
            pane: RwSignal::new(Pane::Prompt),
            rail: RwSignal::new(false),
        }
    }

    /// The model with that name or alias; the default where there is none.
    #[must_use]
    pub fn model_named(&self, name: &str) -> ModelInfo {
        self.models.with_value(|models| find(models, name).or(models.first()).cloned()).unwrap_or_else(|| {
            // The page is not shown without a model; this keeps the type free of an option.
            ModelInfo::named(name, "")
        })
    }

    /// The chosen model.
    #[must_use]
    pub fn model(&self) -> ModelInfo {
        self.model_named(&self.draft.model().read())
    }

    /// The setting of a parameter.
    #[must_use]
    pub fn setting(&self, param: Param) -> reactive_stores::Field<Setting> {
        match param {
            Param::Temperature => self.draft.temperature().into(),
            Param::MaxTokens => self.draft.max_tokens().into(),
        }
    }

    /// Runs what stands in the fields, unless something runs already.
    pub fn start(&self) {
        if untrack(|| self.run.is_running()) {
            return;
        }
        let draft = self.draft.read_untracked().clone();
        self.run.clear();
        self.pane.set(Pane::Output);
        self.rail.set(false);
        match draft.compose(&self.model_named(&draft.model)) {
            Ok(run) => self.send(NewRun { request_id: Some(browser::random_id()), ..run }),
            Err(refusal) => {
                self.draft.run().set(None);
                self.run.refuse(refusal);
            }
        }
    }

    /// Sends a run that has its `request_id`: twice is once.
    pub fn send(&self, run: NewRun) {
        self.draft.run().set(None);
        self.draft.starting().set(Some(run.clone()));
        self.live.start(self.run, run);
    }

    /// Stops the run.
    pub fn stop(&self) {
        if untrack(|| self.run.is_running()) && !self.run.stopping.get_untracked() {
            self.run.stopping.set(true);
            self.live.cancel(self.run);
        }
    }

    /// Does what one click mends.
    pub fn mend(&self, fix: &Fix) {
        match fix {
            Fix::Fill(name) => {
                self.pane.set(Pane::Prompt);
                browser::focus(&format!("input-{name}"));
            }
            Fix::Omit(param) => {
                self.setting(*param).send().set(false);
                self.start();
                // The button that was pressed goes away with its message.
                browser::focus("run");
            }
        }
    }
}

/// The model with that name or alias.
#[must_use]
pub fn find<'a>(models: &'a [ModelInfo], name: &str) -> Option<&'a ModelInfo> {
    models.iter().find(|model| model.name == name || model.aliases.iter().any(|alias| alias == name))
}
