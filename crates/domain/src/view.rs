//! The fold of events into what a run has become. The page applies it event by event, the engine at the end.

use crate::chat::ToolCall;
use crate::error::{ApiError, Code};
use crate::event::{Event, FinishReason, Finished, Queued, RunEvent, Started, ToolCallDelta, Usage};
use crate::run::{Output, RunStatus};

/// Over fewer milliseconds an answer has no speed: times are whole milliseconds, and what came at once came at any rate.
const SPEED_MS_MIN: u64 = 10;

/// What a run has become so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunView {
    /// Where it stands.
    pub status: RunStatus,
    /// The seq that the next event must have.
    pub next_seq: u64,
    /// While it waits: where in the queue and why.
    pub queued: Option<Queued>,
    /// Once a model is at work: which one.
    pub started: Option<Started>,
    /// What has come back.
    pub output: Output,
    /// Deltas so far: about as many as tokens, until the end says the true number.
    pub deltas: u64,
    /// When the first delta came, in milliseconds since creation.
    pub first_delta_ms: Option<u64>,
    /// When the last event came, in milliseconds since creation.
    pub at_ms: u64,
    /// What people should know.
    pub notices: Vec<String>,
    /// Why it ended.
    pub finish_reason: Option<FinishReason>,
    /// Tokens; final once the run has ended.
    pub usage: Usage,
    /// Micro-dollars, where the price is known.
    pub cost_micros: Option<i64>,
    /// Timings, once it has ended.
    pub queue_ms: Option<u64>,
    /// From creation to the first delta, in milliseconds.
    pub ttft_ms: Option<u64>,
    /// From creation to the end, in milliseconds.
    pub total_ms: Option<u64>,
    /// How long cancelling took, in milliseconds.
    pub cancel_ms: Option<u64>,
    /// Why it failed.
    pub error: Option<ApiError>,
}

impl RunView {
    /// Applies one event; says whether it was the next one. Any other is ignored: a tail that begins
    /// too early, or twice, changes nothing.
    pub fn apply(&mut self, event: &Event) -> bool {
        if event.seq != self.next_seq || self.status.is_end() {
            return false;
        }
        self.next_seq += 1;
        self.at_ms = event.at_ms;
        match &event.body {
            RunEvent::Queued(queued) => self.queued = Some(queued.clone()),
            RunEvent::Started(started) => {
                self.status = RunStatus::Running;
                self.queued = None;
                self.queue_ms = Some(event.at_ms);
                self.usage.input_tokens = started.input_tokens.unwrap_or_default();
                self.started = Some(started.clone());
            }
            RunEvent::Delta(delta) => {
                self.first(event.at_ms);
                if delta.index == 0 {
                    self.output.text.push_str(&delta.text);
                    self.output.logprobs.extend(delta.logprobs.iter().cloned());
                } else if let Some(choice) = self.output.choice(delta.index) {
                    choice.text.push_str(&delta.text);
                }
            }
            RunEvent::Reasoning(delta) => {
                self.first(event.at_ms);
                if delta.choice == 0 {
                    self.output.reasoning.push_str(&delta.text);
                }
            }
            RunEvent::ToolCall(delta) => {
                self.first(event.at_ms);
                if delta.choice == 0 {
                    take_call(&mut self.output.tool_calls, delta);
                } else if let Some(choice) = self.output.choice(delta.choice) {
                    take_call(&mut choice.tool_calls, delta);
                }
            }
            RunEvent::Notice(notice) => self.notices.push(notice.message.clone()),
            RunEvent::Finished(finished) => self.finish(finished),
            RunEvent::Failed(failed) => {
                self.status =
                    if failed.error.code == Code::Interrupted { RunStatus::Interrupted } else { RunStatus::Failed };
                self.error = Some(failed.error.clone());
                self.usage = failed.usage;
                self.cost_micros = failed.cost_micros;
                self.ttft_ms = failed.ttft_ms;
                self.total_ms = Some(failed.total_ms);
            }
        }
        true
    }

    fn first(&mut self, at_ms: u64) {
        self.deltas += 1;
        self.first_delta_ms.get_or_insert(at_ms);
    }

    fn finish(&mut self, finished: &Finished) {
        self.status = match finished.finish_reason {
            FinishReason::Cancelled => RunStatus::Cancelled,
            _ => RunStatus::Finished,
        };
        self.finish_reason = Some(finished.finish_reason);
        self.usage = finished.usage;
        self.cost_micros = finished.cost_micros;
        self.queue_ms = Some(finished.queue_ms);
        self.ttft_ms = finished.ttft_ms;
        self.total_ms = Some(finished.total_ms);
        self.cancel_ms = finished.cancel_ms;
    }

    /// Tokens per second of the answer so far: after the first delta, by the run's own clock.
    #[must_use]
    pub fn speed(&self) -> Option<f64> {
        let first = self.first_delta_ms?;
        let tokens =
            if self.status.is_end() && self.usage.output_tokens > 0 { self.usage.output_tokens } else { self.deltas };
        let elapsed_ms = self.total_ms.unwrap_or(self.at_ms).saturating_sub(first);
        (tokens > 1 && elapsed_ms >= SPEED_MS_MIN).then(|| (tokens - 1) as f64 * 1000.0 / elapsed_ms as f64)
    }
}

/// Adds a piece to the call that it belongs to.
fn take_call(calls: &mut Vec<ToolCall>, delta: &ToolCallDelta) {
    let index = delta.index as usize;
    if index > calls.len() {
        return;
    }
    if index == calls.len() {
        calls.push(ToolCall::default());
    }
    let call = &mut calls[index];
    call.id.push_str(delta.id.as_deref().unwrap_or_default());
    call.name.push_str(delta.name.as_deref().unwrap_or_default());
    call.arguments.push_str(&delta.arguments);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Delta;

    fn delta(seq: u64, text: &str) -> Event {
        Event { seq, at_ms: seq * 10, body: RunEvent::Delta(Delta { text: text.into(), ..Delta::default() }) }
    }

    #[test]
    fn b1_an_event_counts_once_and_in_order() {
        let mut view = RunView::default();
        assert!(view.apply(&delta(0, "a")));
        assert!(!view.apply(&delta(0, "a")));
        assert!(!view.apply(&delta(2, "c")));
        assert!(view.apply(&delta(1, "b")));
        assert_eq!(view.output.text, "ab");
        assert_eq!(view.first_delta_ms, Some(0));
    }

    #[test]
    fn b5_what_arrived_before_a_failure_is_kept() {
        let mut view = RunView::default();
        view.apply(&delta(0, "kept"));
        let error = ApiError::new(Code::Interrupted, "The server was restarted.");
        let failed = crate::event::Failed {
            error,
            usage: Usage::default(),
            cost_micros: None,
            queue_ms: 0,
            ttft_ms: Some(0),
            total_ms: 5,
        };
        view.apply(&Event { seq: 1, at_ms: 5, body: RunEvent::Failed(failed) });
        assert_eq!((view.status, view.output.text.as_str()), (RunStatus::Interrupted, "kept"));
    }
}
