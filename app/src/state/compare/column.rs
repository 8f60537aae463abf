//! One variant: its document, what is typed for it, the answer that is shown.

use std::collections::BTreeMap;

use domain::comparison::Column;
use domain::{ApiError, Cell, CellStatus, Code, ModelInfo, Params, RunId};
use leptos::prelude::*;

use super::super::compose::{Fix, Refusal};
use super::super::run::RunState;
use super::super::settings::{Param, Setting};
use super::Marks;
use crate::live::Live;

/// Hues of the columns; they begin again after the last.
const TONES: [&str; 4] = ["a", "b", "c", "d"];

/// One variant on the page. Copied freely.
#[derive(Debug, Clone, Copy)]
pub struct Col {
    /// What tells it from the others, wherever it stands.
    pub id: u32,
    /// What the comparison's document has of it.
    pub column: RwSignal<Column>,
    /// The parameters as typed.
    pub typed: RwSignal<BTreeMap<Param, Setting>>,
    /// The answer that is shown.
    pub run: RunState,
    /// Which repetition that is.
    pub shown: RwSignal<u32>,
    /// Whether the shown cell waits in the backlog.
    pub waits: RwSignal<bool>,
    /// What differs in the answer.
    pub marks: RwSignal<Marks>,
    /// What was last made of its cell: what only the page has said stays until there is something new.
    last: StoredValue<Option<Option<Seen>>>,
}

/// What a column shows of a cell: whether it waits, its run, why there is none.
type Seen = (bool, Option<RunId>, Option<ApiError>);

impl Col {
    pub(super) fn new(column: Column) -> Self {
        Self {
            id: column.id,
            typed: RwSignal::new(typed(&column.content.params)),
            column: RwSignal::new(column),
            run: RunState::default(),
            shown: RwSignal::new(0),
            waits: RwSignal::new(false),
            marks: RwSignal::new(Marks::default()),
            last: StoredValue::new(None),
        }
    }

    /// Takes another document in the place of its own.
    pub(super) fn exchange(self, column: Column) {
        self.typed.set(typed(&column.content.params));
        self.column.set(column);
    }

    /// What is typed for a parameter.
    #[must_use]
    pub fn setting(self, param: Param) -> Setting {
        let usual = || Setting { send: false, text: param.usual().into() };
        self.typed.with(|typed| typed.get(&param).cloned()).unwrap_or_else(usual)
    }

    /// The parameters that what is typed asks for; one that cannot be read stays as it was.
    pub(super) fn params(self) -> Params {
        let before = self.column.with_untracked(|column| column.content.params.clone());
        let mut params = Params::default();
        self.typed.with_untracked(|typed| {
            for (param, setting) in typed.iter().filter(|(_, setting)| setting.send) {
                let is_same = param.typed(&before).as_ref() == Some(&setting.text);
                if is_same || param.read(&setting.text, &mut params).is_err() {
                    param.copy(&before, &mut params);
                }
            }
        });
        params
    }

    /// What keeps it from being run, as far as the page can see.
    #[must_use]
    pub fn problem(self, model: &ModelInfo, filled: impl Fn(&str) -> bool) -> Option<Refusal> {
        let typed = self.typed.get_untracked();
        if let Some((param, takes)) =
            typed.iter().find_map(|(param, setting)| Some((*param, setting.problem(*param, model)?)))
        {
            let given = typed.get(&param).map(|setting| setting.text.trim().to_owned()).unwrap_or_default();
            let given = if given.is_empty() { "empty".to_owned() } else { format!("“{given}”") };
            let message = format!("{} is {given}. {takes} Nothing was sent.", param.label());
            let error = ApiError::new(Code::ParameterOutOfRange, message);
            return Some(Refusal { fix: Some(Fix::Omit(param)), ..error.into() });
        }
        self.column.with_untracked(|column| {
            let content = &column.content;
            let has_value =
                |name: &str| filled(name) || content.inputs.get(name).is_some_and(|value| !value.is_empty());
            let name = content.variables().into_iter().find(|name| !has_value(name))?;
            let message = format!("{{{{{name}}}}} is in the prompt and has no value. Nothing was sent.");
            let error = ApiError::new(Code::UnfilledVariable, message);
            Some(Refusal { fix: Some(Fix::Fill(name)), ..error.into() })
        })
    }

    /// Shows what its cell has: reads the run, from its first event, where it is another one than before.
    pub(super) fn show(self, cell: Option<Cell>, live: Live) {
        let seen = cell.map(|cell| match cell.status {
            CellStatus::Waiting => (true, None, None),
            _ => (false, cell.run, cell.error.filter(|_| cell.run.is_none())),
        });
        if self.last.try_with_value(|last| last.as_ref() == Some(&seen)) != Some(false) {
            return;
        }
        self.last.set_value(Some(seen.clone()));
        let (waits, run, error) = seen.unwrap_or_default();
        if self.waits.get_untracked() != waits {
            self.waits.set(waits);
        }
        self.let_go(live);
        if let Some(run) = run {
            live.tail(self.run, run);
        } else if let Some(error) = error {
            self.run.refuse(error.into());
        }
    }

    /// Forgets the run that it shows; the run goes on.
    pub(super) fn let_go(self, live: Live) {
        live.release(self.run);
        self.run.clear();
    }

    /// Its parameters in a few signs: `T 0.3 · 1,024`.
    #[must_use]
    pub fn params_said(self) -> String {
        self.column.with(|column| {
            let Params { temperature, max_tokens, .. } = column.content.params;
            let temperature = temperature.map(|number| format!("T {number}"));
            let most = max_tokens.map(|tokens| super::super::figures::thousands(tokens.into()));
            let said: Vec<String> = temperature.into_iter().chain(most).collect();
            if said.is_empty() { "Parameters".to_owned() } else { said.join(" · ") }
        })
    }
}

/// The parameters of a document as they would be typed.
fn typed(params: &Params) -> BTreeMap<Param, Setting> {
    let all = Param::ALL.into_iter();
    all.filter_map(|param| Some((param, Setting { send: true, text: param.typed(params)? }))).collect()
}

/// The letter of the column at a place, from 0.
#[must_use]
pub fn letter(place: usize) -> char {
    char::from(b'A' + u8::try_from(place.min(25)).unwrap_or(25))
}

/// The hue of the column at a place.
#[must_use]
pub fn tone(place: usize) -> &'static str {
    TONES[place % TONES.len()]
}

/// The id of a column's element.
#[must_use]
pub fn column_id(id: u32) -> String {
    format!("column-{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_a_letter_and_a_hue() {
        assert_eq!([0, 1, 7].map(letter), ['A', 'B', 'H']);
        assert_eq!([0, 3, 4, 7].map(tone), ["a", "d", "a", "d"]);
    }

    #[test]
    fn a2_what_cannot_be_read_keeps_what_was_sent_before_and_says_so() {
        Owner::new().with(|| {
            let params = Params { temperature: Some(0.5), max_tokens: Some(64), ..Params::default() };
            let content = domain::PromptContent { model: "m".into(), params, ..domain::PromptContent::default() };
            let column = Col::new(Column { id: 1, prompt: None, version: None, edited: false, content });
            let model = ModelInfo::named("m", "p");
            column.typed.update(|typed| {
                typed.insert(Param::Temperature, Setting { send: true, text: "warm".into() });
                typed.insert(Param::MaxTokens, Setting { send: false, text: "64".into() });
            });
            assert_eq!(column.params(), Params { temperature: Some(0.5), ..Params::default() });
            let refusal = column.problem(&model, |_| true).expect("warm is no number");
            assert_eq!(refusal.fix, Some(Fix::Omit(Param::Temperature)));
            assert_eq!(column.params_said(), "T 0.5 · 64");
        });
    }

    #[test]
    fn a1_a_variable_without_a_value_is_named() {
        Owner::new().with(|| {
            let message = domain::ChatMessage::text(domain::Role::User, "About {{topic}} in {{style}}");
            let inputs = [("style".to_owned(), "verse".to_owned())].into();
            let content = domain::PromptContent {
                model: "m".into(),
                messages: vec![message],
                inputs,
                ..domain::PromptContent::default()
            };
            let column = Col::new(Column { id: 1, prompt: None, version: None, edited: false, content });
            let model = ModelInfo::named("m", "p");
            let refusal = column.problem(&model, |_| false).expect("topic is empty");
            assert_eq!(refusal.fix, Some(Fix::Fill("topic".into())));
            assert!(column.problem(&model, |name| name == "topic").is_none());
        });
    }
}
