//! What the runs of this tab have cost: the total of a session, which lasts as long as the tab.

use domain::RunId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::compare::money;
use super::run::RunState;
use crate::browser;

/// Under which name the tab remembers it.
const KEY: &str = "etude.spent";

/// Runs that were started in this tab, and their cost. Those of comparisons are not among them: they have a total of
/// their own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// In micro-dollars.
    micros: i64,
    /// How many have ended.
    runs: u32,
    /// How many of those have no known price.
    unpriced: u32,
    /// Those that have not ended yet, as far as this tab knows.
    open: Vec<RunId>,
}

impl Spent {
    fn begin(&mut self, run: RunId) {
        if !self.open.contains(&run) {
            self.open.push(run);
        }
    }

    /// Adds a run that has ended. One that was not started here, or is counted already, changes nothing.
    fn end(&mut self, run: RunId, cost_micros: Option<i64>) -> bool {
        let before = self.open.len();
        self.open.retain(|open| *open != run);
        if self.open.len() == before {
            return false;
        }
        self.runs += 1;
        match cost_micros {
            Some(micros) => self.micros = self.micros.saturating_add(micros),
            None => self.unpriced += 1,
        }
        true
    }

    /// The total in a few words; nothing where nothing was paid.
    #[must_use]
    pub fn said(&self) -> Option<String> {
        (self.micros > 0).then(|| format!("{} this session", money(self.micros)))
    }

    /// What is in the total, in a sentence or two.
    #[must_use]
    pub fn meaning(&self) -> String {
        let runs = if self.runs == 1 { "One run".to_owned() } else { format!("{} runs", self.runs) };
        let unpriced = match self.unpriced {
            0 => String::new(),
            1 => ", one of them without a known price".to_owned(),
            count => format!(", {count} of them without a known price"),
        };
        format!("{runs} started in this tab{unpriced}. Comparisons have totals of their own.")
    }
}

/// The session's total. Copied freely.
#[derive(Debug, Clone, Copy)]
pub struct Session(RwSignal<Spent>);

impl Session {
    /// The total of this tab, once the page is alive.
    #[must_use]
    pub fn of_tab() -> Self {
        let spent = RwSignal::new(Spent::default());
        Effect::new(move || {
            if let Some(known) = browser::remembered(KEY).and_then(|text| serde_json::from_str(&text).ok()) {
                spent.set(known);
            }
        });
        Self(spent)
    }

    /// What it is by now.
    #[must_use]
    pub fn spent(self) -> Spent {
        self.0.get()
    }

    /// Counts the runs that are started into `run`, each once, over a reload, too. One whose end this tab never sees is not
    /// in the total.
    pub fn count(self, run: RunState) {
        let starting = StoredValue::new(false);
        Effect::new(move || {
            if run.starting.get() {
                starting.set_value(true);
            } else if let Some(id) = run.id.get()
                && starting.get_value()
            {
                starting.set_value(false);
                self.change(|spent| {
                    spent.begin(id);
                    true
                });
            }
        });
        let ended = Memo::new(move |_| {
            let id = run.id.get()?;
            run.view.with(|view| view.status.is_end().then_some((id, view.cost_micros)))
        });
        Effect::new(move || {
            // Once it is known which runs are this tab's.
            self.0.track();
            if let Some((id, cost_micros)) = ended.get() {
                self.change(|spent| spent.end(id, cost_micros));
            }
        });
    }

    fn change(self, change: impl FnOnce(&mut Spent) -> bool) {
        let mut spent = self.0.get_untracked();
        if change(&mut spent) {
            if let Ok(text) = serde_json::to_string(&spent) {
                browser::remember(KEY, &text);
            }
            self.0.set(spent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(number: u8) -> RunId {
        RunId::from_bytes([number; 16])
    }

    #[test]
    fn f7_a_run_of_this_tab_is_counted_once_and_no_other() {
        let mut spent = Spent::default();
        assert_eq!(spent.said(), None);
        spent.begin(run(1));
        spent.begin(run(1));
        spent.begin(run(2));
        assert!(!spent.end(run(9), Some(5)), "it was started elsewhere");
        assert!(spent.end(run(1), Some(2_500)));
        assert!(!spent.end(run(1), Some(2_500)));
        assert!(spent.end(run(2), None));
        assert_eq!(spent.said().as_deref(), Some("$0.0025 this session"));
        assert_eq!(
            spent.meaning(),
            "2 runs started in this tab, one of them without a known price. Comparisons have totals of their own."
        );
        assert_eq!(spent, Spent { micros: 2_500, runs: 2, unpriced: 1, open: Vec::new() });
    }
}
