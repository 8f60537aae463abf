//! The answer as events. Their numbers depend on the run's log alone, so that a reader can go on after any of them.

use domain::{Event, FinishReason, RunEvent, RunId};
use serde_json::{Value, json};

use super::answer::{Echo, item, item_id, status, text_part, whole};
use crate::answer::{Answered, Block, Place, Speak, named, openai_logprobs};

/// The events of a response.
pub struct Events {
    answered: Answered,
    echo: Echo,
    /// The number of the next event.
    next: u64,
    /// The number of the last event that the reader has.
    after: Option<u64>,
    created: bool,
    /// The items that have begun and not ended.
    open: Vec<usize>,
}

impl Events {
    /// The events of a run's response, from the one after `after`.
    #[must_use]
    pub fn new(run: RunId, echo: Echo, after: Option<u64>) -> Self {
        Self { answered: Answered::new(run), echo, next: 0, after, created: false, open: Vec::new() }
    }

    fn say(&mut self, kind: &str, mut body: Value, out: &mut Vec<u8>) {
        let number = self.next;
        self.next += 1;
        if self.after.is_some_and(|after| number <= after) {
            return;
        }
        body["type"] = kind.into();
        body["sequence_number"] = number.into();
        named(out, kind, &body);
    }

    /// Says how the whole response stands.
    fn stand(&mut self, kind: &str, out: &mut Vec<u8>) {
        let response = whole(&self.answered, &self.echo);
        self.say(kind, json!({"response": response}), out);
    }

    fn create(&mut self, out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.created, true) {
            self.stand("response.created", out);
        }
    }

    fn block(&self, n: usize) -> Block {
        self.answered.blocks()[n].clone()
    }

    /// Begins an item, as it is before anything stands in it.
    fn begin(&mut self, n: usize, out: &mut Vec<u8>) {
        let is_tool = |n: &usize| matches!(self.answered.blocks()[*n], Block::Tool { .. });
        // Calls of tools may come side by side; whatever else there is comes one after the other.
        let ended: Vec<_> = self.open.iter().copied().filter(|open| !(is_tool(open) && is_tool(&n))).collect();
        for open in ended {
            self.end(open, out);
        }
        let (run, empty) = (self.answered.run, empty(&self.block(n)));
        let Some(mut begun) = item(run, n, &empty, "in_progress", self.echo.summary) else { return };
        for parts in ["content", "summary"] {
            if begun.get(parts).is_some() {
                begun[parts] = json!([]);
            }
        }
        self.open.push(n);
        self.say("response.output_item.added", json!({"output_index": n, "item": begun}), out);
        self.part("added", n, &empty, out);
    }

    /// Says that the one part of an item has begun, or has ended.
    fn part(&mut self, what: &str, n: usize, block: &Block, out: &mut Vec<u8>) {
        let (part, kind, index) = match block {
            Block::Text { text, logprobs } => (text_part(text, logprobs), "content_part", "content_index"),
            Block::Reasoning { text, .. } if self.echo.summary => {
                (json!({"type": "summary_text", "text": text}), "reasoning_summary_part", "summary_index")
            }
            Block::Reasoning { text, .. } => {
                (json!({"type": "reasoning_text", "text": text}), "content_part", "content_index")
            }
            Block::Redacted { .. } | Block::Tool { .. } => return,
        };
        let mut body = json!({"item_id": item_id(self.answered.run, n, block), "output_index": n, "part": part});
        body[index] = 0.into();
        self.say(&format!("response.{kind}.{what}"), body, out);
    }

    fn grow(&mut self, n: usize, event: &RunEvent, out: &mut Vec<u8>) {
        let item_id = item_id(self.answered.run, n, &self.answered.blocks()[n]);
        match event {
            RunEvent::Delta(delta) => {
                let body = json!({
                    "item_id": item_id, "output_index": n, "content_index": 0, "delta": delta.text,
                    "logprobs": openai_logprobs(&delta.logprobs),
                });
                self.say("response.output_text.delta", body, out);
            }
            RunEvent::Reasoning(delta) if !delta.text.is_empty() => {
                let (kind, index) = self.thoughts();
                let mut body = json!({"item_id": item_id, "output_index": n, "delta": delta.text});
                body[index] = 0.into();
                self.say(&format!("response.{kind}.delta"), body, out);
            }
            RunEvent::ToolCall(delta) if !delta.arguments.is_empty() => {
                let body = json!({"item_id": item_id, "output_index": n, "delta": delta.arguments});
                self.say("response.function_call_arguments.delta", body, out);
            }
            _ => {}
        }
    }

    /// Ends an item, with all that stands in it.
    fn end(&mut self, n: usize, out: &mut Vec<u8>) {
        let Some(place) = self.open.iter().position(|open| *open == n) else { return };
        self.open.remove(place);
        let (run, block) = (self.answered.run, self.block(n));
        let item_id = item_id(run, n, &block);
        match &block {
            Block::Text { text, logprobs } => {
                let body = json!({
                    "item_id": item_id, "output_index": n, "content_index": 0, "text": text,
                    "logprobs": openai_logprobs(logprobs),
                });
                self.say("response.output_text.done", body, out);
            }
            Block::Reasoning { text, .. } => {
                let (kind, index) = self.thoughts();
                let mut body = json!({"item_id": item_id, "output_index": n, "text": text});
                body[index] = 0.into();
                self.say(&format!("response.{kind}.done"), body, out);
            }
            Block::Tool { name, arguments, .. } => {
                let body = json!({"item_id": item_id, "output_index": n, "name": name, "arguments": arguments});
                self.say("response.function_call_arguments.done", body, out);
            }
            Block::Redacted { .. } => {}
        }
        self.part("done", n, &block, out);
        let is_cut = self.answered.end.is_some() && status(&self.answered) != "completed";
        let item = item(run, n, &block, if is_cut { "incomplete" } else { "completed" }, self.echo.summary);
        self.say("response.output_item.done", json!({"output_index": n, "item": item}), out);
    }

    /// What thoughts are told as, and what their part is counted by.
    fn thoughts(&self) -> (&'static str, &'static str) {
        if self.echo.summary {
            ("reasoning_summary_text", "summary_index")
        } else {
            ("reasoning_text", "content_index")
        }
    }

    fn piece(&mut self, place: Option<Place>, event: &RunEvent, out: &mut Vec<u8>) {
        let Some(Place { choice: 0, block, begins }) = place else { return };
        if begins {
            self.begin(block, out);
        }
        self.grow(block, event, out);
    }
}

/// A block before anything stands in it.
fn empty(block: &Block) -> Block {
    match block {
        Block::Reasoning { .. } => Block::Reasoning { text: String::new(), signature: None },
        Block::Redacted { .. } => Block::Redacted { data: String::new() },
        Block::Text { .. } => Block::Text { text: String::new(), logprobs: Vec::new() },
        Block::Tool { id, name, .. } => Block::Tool { id: id.clone(), name: name.clone(), arguments: String::new() },
    }
}

impl Speak for Events {
    fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        // Before anything is known of a model, as it was asked for.
        if !matches!(event.body, RunEvent::Started(_)) {
            self.create(out);
        }
        let place = self.answered.take(event);
        match &event.body {
            RunEvent::Started(_) => {
                self.create(out);
                self.stand("response.in_progress", out);
            }
            RunEvent::Finished(finished) => {
                for open in self.open.clone() {
                    self.end(open, out);
                }
                self.stand(
                    match finished.finish_reason {
                        FinishReason::Length | FinishReason::Filtered => "response.incomplete",
                        // The vendor has no event for it; the response says that it is cancelled.
                        FinishReason::Cancelled => "response.failed",
                        FinishReason::Stop | FinishReason::ToolCalls => "response.completed",
                    },
                    out,
                );
            }
            RunEvent::Failed(_) => self.stand("response.failed", out),
            RunEvent::Queued(_) | RunEvent::Notice(_) => {}
            body => self.piece(place, body, out),
        }
    }

    fn ping(&self) -> &'static [u8] {
        b": ping\n\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::testing::{RUN, everything, folded, spoken};

    fn echo() -> Echo {
        Echo::of(r#"{"model":"m","input":"x"}"#).expect("reads")
    }

    #[test]
    fn events_add_up_to_the_response() {
        let told = spoken(&mut Events::new(RUN, echo(), None), &everything());
        let kinds: Vec<_> = told.iter().map(|event| event["type"].as_str().expect("a type")).collect();
        assert_eq!(kinds[..2], ["response.created", "response.in_progress"]);
        assert_eq!(kinds.last(), Some(&"response.completed"));
        for (n, event) in told.iter().enumerate() {
            assert_eq!(event["sequence_number"], n);
        }
        let text: String = told
            .iter()
            .filter(|event| event["type"] == "response.output_text.delta")
            .map(|event| event["delta"].as_str().expect("text"))
            .collect();
        assert_eq!(text, "It is");
        let of = |kind: &str| kinds.iter().filter(|known| **known == kind).count();
        assert_eq!((of("response.output_item.added"), of("response.output_item.done")), (4, 4));
        let last = told.last().expect("the end");
        assert_eq!(last["response"], whole(&folded(&everything()), &echo()));
    }

    #[test]
    fn b1_a_reader_goes_on_after_any_event() {
        let all = spoken(&mut Events::new(RUN, echo(), None), &everything());
        for after in 0..all.len() {
            let rest = spoken(&mut Events::new(RUN, echo(), Some(after as u64)), &everything());
            assert_eq!(rest, all[after + 1..]);
        }
    }
}
