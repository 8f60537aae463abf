//! All that the playground works with, and what its buttons do.

use std::sync::Arc;

use domain::{ModelInfo, ModelStatus, NewRun, Role};
use leptos::prelude::*;
use reactive_stores::Store;

use super::compose::Fix;
use super::draft::{Draft, DraftMessage, DraftStoreFields};
use super::run::RunState;
use super::settings::{Param, Setting};
use super::versions::{Clash, Opened};
use crate::browser;
use crate::browser::editors::settle_editors;
use crate::drafts::Kept;
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
    /// How often the page has tried again by itself since somebody pressed Run.
    pub retries: RwSignal<u32>,
    /// Whether the run that is shown was started on this page.
    pub started_here: RwSignal<bool>,
    /// Where the draft is kept.
    pub kept: RwSignal<Kept>,
    /// The message that was removed last, and where it stood: it can be put back.
    pub removed: RwSignal<Option<(usize, DraftMessage)>>,
    /// The version that the fields were made of.
    pub opened: Opened,
    /// Whether they say something else by now.
    pub edited: RwSignal<bool>,
    /// What was done last, for those who do not see it.
    pub told: RwSignal<String>,
    /// Whether a comparison is being made of it.
    pub comparing: RwSignal<bool>,
    /// What was saved here while somebody else saved, too.
    pub clash: RwSignal<Option<Clash>>,
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
            retries: RwSignal::new(0),
            started_here: RwSignal::new(false),
            kept: RwSignal::new(Kept::default()),
            removed: RwSignal::new(None),
            opened: RwSignal::new(None),
            edited: RwSignal::new(false),
            told: RwSignal::new(String::new()),
            comparing: RwSignal::new(false),
            clash: RwSignal::new(None),
        }
    }

    /// The model with that name or alias; without a name the default. One that is not there is gone.
    #[must_use]
    pub fn model_named(&self, name: &str) -> ModelInfo {
        let known = self.models.with_value(|models| match name {
            "" => models.first().cloned(),
            name => find(models, name).cloned(),
        });
        // Its provider may be away: the name stays, in case it comes back.
        known.unwrap_or_else(|| ModelInfo { status: ModelStatus::Gone, ..ModelInfo::named(name, "") })
    }

    /// The chosen model.
    #[must_use]
    pub fn model(&self) -> ModelInfo {
        self.model_named(&self.draft.model().read())
    }

    /// What is typed for a parameter.
    #[must_use]
    pub fn setting(&self, param: Param) -> Setting {
        let settings = self.draft.settings();
        let settings = settings.read();
        settings.get(&param).cloned().unwrap_or_else(|| Setting { send: false, text: param.usual().into() })
    }

    /// Changes what is typed for a parameter.
    pub fn change_setting(&self, param: Param, change: impl FnOnce(&mut Setting)) {
        let mut setting = untrack(|| self.setting(param));
        change(&mut setting);
        self.draft.settings().write().insert(param, setting);
    }

    /// Adds an empty message after the others: the other side's turn.
    pub fn add_message(&self) {
        let draft = self.draft.read_untracked();
        let last = draft.messages.last().map(|message| message.role);
        let role = if last == Some(Role::User) { Role::Assistant } else { Role::User };
        let message = DraftMessage::new(draft.next_id(), role, "");
        drop(draft);
        self.insert_message(usize::MAX, message);
    }

    fn insert_message(&self, at: usize, message: DraftMessage) {
        let id = message.id;
        self.removed.set(None);
        let messages = self.draft.messages();
        let mut messages = messages.write();
        let at = at.min(messages.len());
        messages.insert(at, message);
        drop(messages);
        browser::focus_soon(message_field(id));
    }

    /// Copies a message to right behind it.
    pub fn duplicate_message(&self, id: u32) {
        let draft = self.draft.read_untracked();
        let Some(at) = draft.messages.iter().position(|message| message.id == id) else { return };
        let copy = DraftMessage { id: draft.next_id(), ..draft.messages[at].clone() };
        drop(draft);
        self.insert_message(at + 1, copy);
    }

    /// Takes a message away; it can be put back.
    pub fn remove_message(&self, id: u32) {
        let messages = self.draft.messages();
        let Some(at) = messages.read_untracked().iter().position(|message| message.id == id) else { return };
        let removed = messages.write().remove(at);
        self.removed.set(Some((at, removed)));
        browser::focus_soon(UNDO_REMOVE.into());
    }

    /// Puts back the message that was removed last.
    pub fn restore_message(&self) {
        if let Some((at, message)) = self.removed.get_untracked() {
            self.insert_message(at, message);
        }
    }

    /// Moves a message up (-1) or down (1).
    pub fn move_message(&self, id: u32, by: isize) {
        let messages = self.draft.messages();
        let Some(at) = messages.read_untracked().iter().position(|message| message.id == id) else { return };
        let Some(to) = at.checked_add_signed(by).filter(|to| *to < messages.read_untracked().len()) else { return };
        messages.write().swap(at, to);
        browser::focus_soon(message_field(id));
    }

    /// Puts the answer behind the messages, for a next turn: with the tools it called, and a message for each of their
    /// results, to be written by hand.
    pub fn take_answer(&self) {
        let output = untrack(|| self.run.output());
        if output.text.is_empty() && output.tool_calls.is_empty() {
            return;
        }
        let draft = self.draft.read_untracked();
        let mut next = draft.next_id()..;
        drop(draft);
        let mut id = || next.next().unwrap_or_default();
        let calls = output.tool_calls;
        let messages = self.draft.messages();
        let mut messages = messages.write();
        // What went on from an assistant's message belongs to it.
        match messages.last_mut().filter(|last| last.role == Role::Assistant && last.tool_calls.is_empty()) {
            Some(last) => {
                last.text.push_str(&output.text);
                last.tool_calls.clone_from(&calls);
            }
            None => {
                let answer = DraftMessage::new(id(), Role::Assistant, output.text);
                messages.push(DraftMessage { tool_calls: calls.clone(), ..answer });
            }
        }
        let first = messages.len();
        for call in &calls {
            messages.push(DraftMessage { tool_call_id: call.id.clone(), ..DraftMessage::new(id(), Role::Tool, "") });
        }
        if calls.is_empty() {
            messages.push(DraftMessage::new(id(), Role::User, ""));
        }
        let focus = messages.get(first).map(|message| message.id);
        drop(messages);
        self.draft.parent().set(self.run.id.get_untracked());
        self.pane.set(Pane::Prompt);
        if let Some(id) = focus {
            browser::focus_soon(message_field(id));
        }
    }

    /// Whether the answer broke off and the model can go on from where it was.
    #[must_use]
    pub fn can_continue(&self) -> bool {
        self.run.broke_off() && !self.model().refuses("prefill")
    }

    /// Runs on from where the answer broke off: what there is becomes the beginning of the next answer.
    pub fn continue_answer(&self) {
        let output = untrack(|| self.run.output());
        let parent = self.run.id.get_untracked();
        let draft = self.draft.read_untracked();
        let id = draft.next_id();
        // An answer that was itself continued goes on in its own message.
        let goes_on = draft.messages.last().is_some_and(|message| message.role == Role::Assistant);
        drop(draft);
        let messages = self.draft.messages();
        let mut messages = messages.write();
        match messages.last_mut().filter(|_| goes_on) {
            Some(last) => last.text.push_str(&output.text),
            None => messages.push(DraftMessage::new(id, Role::Assistant, output.text)),
        }
        drop(messages);
        self.draft.parent().set(parent);
        self.start();
        browser::focus("run");
    }

    /// Runs what stands in the fields, unless something runs already.
    pub fn start(&self) {
        self.retries.set(0);
        self.start_again();
    }

    /// The same, as one more attempt.
    pub fn start_again(&self) {
        if untrack(|| self.run.is_running()) {
            return;
        }
        self.started_here.set(true);
        settle_editors();
        let draft = self.draft.read_untracked().clone();
        self.run.clear();
        self.pane.set(Pane::Output);
        self.rail.set(false);
        match draft.compose(&self.model_named(&draft.model)) {
            Ok(run) => {
                self.draft.parent().set(None);
                let run = self.by_reference(run);
                self.send(NewRun { request_id: Some(browser::random_id()), ..run });
            }
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

    /// Opens the parameters where they are closed, and goes there.
    pub fn show_rail(&self) {
        self.pane.set(Pane::Params);
        self.rail.set(true);
        browser::focus_soon("model".into());
    }

    /// Stops the run.
    pub fn stop(&self) {
        if untrack(|| self.run.is_running()) && !self.run.stopping.get_untracked() {
            self.run.stopping.set(true);
            self.live.cancel(self.run);
        }
    }

    /// Leaves the run that waits, and runs the same on another model.
    pub fn run_instead(&self, model: &str) {
        self.live.cancel(self.run);
        self.live.release(self.run);
        self.run.clear();
        self.draft.model().set(model.to_owned());
        self.start();
    }

    /// A model that could be asked in the place of the chosen one: the first of another provider that answers.
    #[must_use]
    pub fn other_model(&self) -> Option<String> {
        let own = self.model();
        let is_other = |model: &&ModelInfo| model.provider != own.provider && model.status == ModelStatus::Ready;
        self.models.with_value(|models| models.iter().find(is_other).map(|model| model.name.clone()))
    }

    /// Does what one click mends.
    pub fn mend(&self, fix: &Fix) {
        match fix {
            Fix::Fill(name) => {
                self.pane.set(Pane::Prompt);
                browser::focus(&format!("input-{name}"));
            }
            Fix::Edit(field) => {
                let rail = *field == "schema" || *field == "options";
                self.pane.set(if rail { Pane::Params } else { Pane::Prompt });
                browser::open_around(field);
                browser::focus_soon((*field).to_owned());
            }
            Fix::Omit(param) => {
                self.change_setting(*param, |setting| setting.send = false);
                self.start();
                // The button that was pressed goes away with its message.
                browser::focus("run");
            }
        }
    }
}

/// How often the page tries again by itself.
pub const RETRIES_MAX: u32 = 2;

/// The id of the button that puts a removed message back.
pub const UNDO_REMOVE: &str = "undo-remove";

/// The id of a message's field.
#[must_use]
pub fn message_field(id: u32) -> String {
    format!("message-{id}")
}

/// The model with that name or alias.
#[must_use]
pub fn find<'a>(models: &'a [ModelInfo], name: &str) -> Option<&'a ModelInfo> {
    models.iter().find(|model| model.name == name || model.aliases.iter().any(|alias| alias == name))
}
