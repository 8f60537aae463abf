//! One run as it grows: events in, signals out, joined per frame.

use domain::{Event, FinishReason, Output, Run, RunId, RunStatus, RunView};
use leptos::prelude::*;

use super::compose::Refusal;

/// One run on a page. The growing texts are signals of their own, so that a delta touches one text node.
#[derive(Debug, Clone, Copy)]
pub struct RunState {
    /// Its id, once the server has given one.
    pub id: RwSignal<Option<RunId>>,
    /// Sent, and not answered yet.
    pub starting: RwSignal<bool>,
    /// Asked to stop, and not ended yet.
    pub stopping: RwSignal<bool>,
    /// Everything but the texts.
    pub view: RwSignal<RunView>,
    /// The answer so far.
    pub text: RwSignal<String>,
    /// The reasoning so far.
    pub reasoning: RwSignal<String>,
    /// Why it was not sent, or not taken.
    pub refusal: RwSignal<Option<Refusal>>,
    /// When it was created, by this page's clock in milliseconds.
    pub created_at: RwSignal<Option<f64>>,
    /// Changes when the texts begin anew.
    pub epoch: RwSignal<u32>,
    rebuild: StoredValue<Option<Rebuild>>,
}

/// A run read again from its first event while the page goes on showing what it has.
#[derive(Debug, Clone, Default)]
struct Rebuild {
    view: RunView,
    grown: Grown,
}

/// Text that events have added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grown {
    /// To the answer.
    pub text: String,
    /// To the reasoning.
    pub reasoning: String,
}

/// Applies events and takes the text they add out of the view: what is joined here is painted at once.
pub fn fold(view: &mut RunView, events: &[Event]) -> Grown {
    for event in events {
        view.apply(event);
    }
    Grown { text: std::mem::take(&mut view.output.text), reasoning: std::mem::take(&mut view.output.reasoning) }
}

impl Default for RunState {
    fn default() -> Self {
        Self {
            id: RwSignal::new(None),
            starting: RwSignal::new(false),
            stopping: RwSignal::new(false),
            view: RwSignal::new(RunView::default()),
            text: RwSignal::new(String::new()),
            reasoning: RwSignal::new(String::new()),
            refusal: RwSignal::new(None),
            created_at: RwSignal::new(None),
            epoch: RwSignal::new(0),
            rebuild: StoredValue::new(None),
        }
    }
}

impl RunState {
    /// A run as it is kept.
    #[must_use]
    pub fn kept(run: &Run) -> Self {
        let state = Self::default();
        let mut view = view_of(run);
        state.text.set(std::mem::take(&mut view.output.text));
        state.reasoning.set(std::mem::take(&mut view.output.reasoning));
        state.view.set(view);
        state.id.set(Some(run.id));
        state
    }

    /// Forgets everything; what comes next is another run.
    pub fn clear(&self) {
        self.id.set(None);
        self.starting.set(false);
        self.stopping.set(false);
        self.view.set(RunView::default());
        self.text.set(String::new());
        self.reasoning.set(String::new());
        self.refusal.set(None);
        self.created_at.set(None);
        self.rebuild.set_value(None);
        self.epoch.update(|epoch| *epoch += 1);
    }

    /// Prepares for the run's events from the first one on. What is shown stays until they have caught up.
    pub fn begin_rebuild(&self) {
        self.rebuild.set_value(Some(Rebuild::default()));
    }

    /// The server has taken it.
    pub fn accept(&self, run: RunId) {
        self.id.set(Some(run));
        self.starting.set(false);
    }

    /// It was not sent, or not taken.
    pub fn refuse(&self, refusal: Refusal) {
        self.starting.set(false);
        self.stopping.set(false);
        self.refusal.set(Some(refusal));
    }

    /// What has come back so far.
    #[must_use]
    pub fn output(&self) -> Output {
        let view = self.view.with(|view| view.output.clone());
        Output { text: self.text.get(), reasoning: self.reasoning.get(), ..view }
    }

    /// Whether there is a part of an answer that did not come to its end by itself.
    #[must_use]
    pub fn broke_off(&self) -> bool {
        let broke_off = self.view.with(|view| {
            let cut = view.finish_reason == Some(FinishReason::Length);
            cut || matches!(view.status, RunStatus::Interrupted | RunStatus::Cancelled | RunStatus::Failed)
        });
        broke_off && !self.text.with(String::is_empty)
    }

    /// Whether it may still bring something.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.starting.get()
            || (self.id.with(Option::is_some)
                && self.refusal.with(Option::is_none)
                && !self.view.with(|view| view.status.is_end()))
    }

    /// Applies the events of one frame, which came at `now` by this page's clock.
    pub fn apply(&self, events: &[Event], now: f64) {
        if let Some(first) = events.first() {
            let created = now - first.at_ms as f64;
            self.created_at.update(|at| *at = Some(at.map_or(created, |at| at.min(created))));
        }
        if !self.still_behind(events) {
            let mut grown = Grown::default();
            self.view.update(|view| grown = fold(view, events));
            self.grow(&grown);
        }
        if self.view.with_untracked(|view| view.status.is_end()) {
            self.stopping.set(false);
        }
    }

    /// Feeds a rebuild, and says whether it has not reached yet what the page shows.
    fn still_behind(&self, events: &[Event]) -> bool {
        let Some(mut rebuild) = self.rebuild.try_update_value(Option::take).flatten() else { return false };
        let grown = fold(&mut rebuild.view, events);
        rebuild.grown.text.push_str(&grown.text);
        rebuild.grown.reasoning.push_str(&grown.reasoning);
        let shown = self.text.with_untracked(String::len);
        if rebuild.grown.text.len() < shown && !rebuild.view.status.is_end() {
            self.rebuild.set_value(Some(rebuild));
        } else {
            self.view.set(rebuild.view);
            self.text.set(rebuild.grown.text);
            self.reasoning.set(rebuild.grown.reasoning);
        }
        true
    }

    fn grow(&self, grown: &Grown) {
        if !grown.text.is_empty() {
            self.text.update(|text| text.push_str(&grown.text));
        }
        if !grown.reasoning.is_empty() {
            self.reasoning.update(|text| text.push_str(&grown.reasoning));
        }
    }
}

/// A kept run as its events would have left it.
fn view_of(run: &Run) -> RunView {
    RunView {
        status: run.status,
        output: run.output.clone(),
        deltas: run.usage.output_tokens,
        first_delta_ms: run.ttft_ms,
        at_ms: run.total_ms.unwrap_or_default(),
        finish_reason: run.finish_reason,
        usage: run.usage,
        cost_micros: run.cost_micros,
        queue_ms: run.queue_ms,
        ttft_ms: run.ttft_ms,
        total_ms: run.total_ms,
        error: run.error.clone(),
        ..RunView::default()
    }
}

#[cfg(test)]
mod tests {
    use domain::event::{Delta, Ending, Finished};
    use domain::{FinishReason, RunEvent, RunStatus, Usage};

    use super::*;

    fn delta(seq: u64, text: &str) -> Event {
        Event { seq, at_ms: seq, body: RunEvent::Delta(Delta { text: text.into(), ..Delta::default() }) }
    }

    fn end(seq: u64) -> Event {
        let finished = Finished {
            finish_reason: FinishReason::Stop,
            usage: Usage::default(),
            cost_micros: None,
            queue_ms: 0,
            ttft_ms: Some(0),
            total_ms: 9,
            cancel_ms: None,
            ending: Ending::default(),
        };
        Event { seq, at_ms: 9, body: RunEvent::Finished(finished) }
    }

    #[test]
    fn b2_the_deltas_of_a_frame_are_joined() {
        let mut view = RunView::default();
        let grown = fold(&mut view, &[delta(0, "one "), delta(1, "two "), delta(1, "twice "), delta(2, "three")]);
        assert_eq!(grown.text, "one two three");
        assert_eq!((view.next_seq, view.deltas, view.output.text.as_str()), (3, 3, ""));
        assert_eq!(fold(&mut view, &[delta(3, "!")]).text, "!");
    }

    #[test]
    fn a_rebuild_never_shows_less_than_was_there() {
        Owner::new().with(|| {
            let state = RunState::default();
            state.apply(&[delta(0, "shown before")], 0.0);
            state.begin_rebuild();
            state.apply(&[delta(0, "shown ")], 0.0);
            assert_eq!(state.text.get_untracked(), "shown before");
            state.apply(&[delta(1, "before and"), delta(2, " after")], 0.0);
            assert_eq!(state.text.get_untracked(), "shown before and after");
            state.apply(&[delta(3, "."), end(4)], 0.0);
            assert_eq!(state.text.get_untracked(), "shown before and after.");
            assert_eq!(state.view.get_untracked().status, RunStatus::Finished);
        });
    }
}
