//! The answer, whole and in chunks.

use std::collections::BTreeSet;

use domain::event::{Delta, Ending, ToolCallDelta};
use domain::{ApiError, Event, FinishReason, RunEvent, RunId, Usage};
use serde::Serialize;
use serde_json::{Value, json};

use crate::answer::{
    Answered, Block, Outline, Place, Speak, call_id, cancelled, created_s, data, hex, openai_logprobs, written,
};
use crate::error;

/// The word for why an answer ended.
#[must_use]
pub fn reason(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop | FinishReason::Cancelled => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::Filtered => "content_filter",
    }
}

/// The usage, as the vendor counts it.
#[must_use]
pub fn usage(usage: &Usage) -> Value {
    json!({
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_input_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    })
}

/// The whole answer.
///
/// # Errors
/// The run's own, where it has no answer.
pub fn whole(answered: &Answered, asked: &str) -> Result<Value, ApiError> {
    let (finish, ending) = answered.finished()?;
    let none = Vec::new();
    let mut choices: Vec<_> = answered.choices.iter().map(|(index, blocks)| (*index, blocks)).collect();
    if choices.is_empty() {
        choices.push((0, &none));
    }
    let choices: Vec<_> =
        choices.into_iter().map(|(index, blocks)| choice(index, blocks, reason_of(index, finish, ending))).collect();
    Ok(json!({
        "id": format!("chatcmpl-{}", hex(answered.run)),
        "object": "chat.completion",
        "created": created_s(answered.run),
        "model": answered.model(asked),
        "choices": choices,
        "usage": usage(&answered.usage),
    }))
}

fn reason_of(index: u32, finish: FinishReason, ending: &Ending) -> FinishReason {
    ending.choices.get(index as usize).copied().unwrap_or(finish)
}

fn choice(index: u32, blocks: &[Block], finish: FinishReason) -> Value {
    let (mut text, mut reasoning, mut logprobs, mut calls) = (None::<String>, String::new(), Vec::new(), Vec::new());
    for block in blocks {
        match block {
            Block::Text { text: more, logprobs: tokens } => {
                text.get_or_insert_default().push_str(more);
                logprobs.extend(openai_logprobs(tokens));
            }
            Block::Reasoning { text: more, .. } => reasoning.push_str(more),
            Block::Redacted { .. } => {}
            Block::Tool { id, name, arguments } => {
                calls.push(json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}));
            }
        }
    }
    // An answer without a text is an empty one, but where tools are called.
    let text = text.or_else(|| calls.is_empty().then(String::new));
    let mut message = json!({"role": "assistant", "content": text, "refusal": null});
    if !reasoning.is_empty() {
        // The vendor shows none; this is what the servers that do call it.
        message["reasoning_content"] = reasoning.into();
    }
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    let logprobs = (!logprobs.is_empty()).then(|| json!({"content": logprobs, "refusal": null}));
    json!({"index": index, "message": message, "logprobs": logprobs, "finish_reason": reason(finish)})
}

/// The answer in chunks.
pub struct Chunks {
    run: RunId,
    /// What every chunk begins with: the same in all of them, and most of each.
    head: String,
    include_usage: bool,
    outline: Outline,
    /// The choices whose role has been said.
    begun: BTreeSet<u32>,
}

/// A chunk's frame up to its choices.
fn head(run: RunId, model: &str) -> String {
    let id = format!("chatcmpl-{}", hex(run));
    let (id, model) = (Value::from(id), Value::from(model));
    let created = created_s(run);
    format!(r#"data: {{"id":{id},"object":"chat.completion.chunk","created":{created},"model":{model},"choices":"#)
}

#[derive(Serialize)]
struct ChunkChoice<'a> {
    index: u32,
    delta: ChunkDelta<'a>,
    logprobs: Option<Value>,
    finish_reason: Option<&'static str>,
}

#[derive(Serialize, Default)]
struct ChunkDelta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[Value; 1]>,
}

impl Chunks {
    /// The chunks of a run.
    #[must_use]
    pub fn new(run: RunId, asked: &str, include_usage: bool) -> Self {
        Self { run, head: head(run, asked), include_usage, outline: Outline::default(), begun: BTreeSet::new() }
    }

    /// Says a chunk. Where the usage is wanted, it is null in every chunk but the last.
    fn say(&self, choices: &[ChunkChoice<'_>], usage: Option<Value>, out: &mut Vec<u8>) {
        out.extend_from_slice(self.head.as_bytes());
        written(out, &choices);
        if self.include_usage {
            out.extend_from_slice(br#","usage":"#);
            written(out, &usage);
        }
        out.extend_from_slice(b"}\n\n");
    }

    fn delta(&self, index: u32, delta: ChunkDelta<'_>, logprobs: Option<Value>, out: &mut Vec<u8>) {
        self.say(&[ChunkChoice { index, delta, logprobs, finish_reason: None }], None, out);
    }

    fn begin(&mut self, choice: u32, out: &mut Vec<u8>) {
        if self.begun.insert(choice) {
            let delta = ChunkDelta { role: Some("assistant"), content: Some(""), ..ChunkDelta::default() };
            self.delta(choice, delta, None, out);
        }
    }

    fn text(&self, delta: &Delta, out: &mut Vec<u8>) {
        let logprobs =
            (!delta.logprobs.is_empty()).then(|| json!({"content": openai_logprobs(&delta.logprobs), "refusal": null}));
        self.delta(delta.index, ChunkDelta { content: Some(&delta.text), ..ChunkDelta::default() }, logprobs, out);
    }

    fn call(&self, place: Place, delta: &ToolCallDelta, out: &mut Vec<u8>) {
        let mut function = json!({"arguments": delta.arguments});
        if let Some(name) = &delta.name {
            function["name"] = name.as_str().into();
        }
        let mut call = json!({"index": delta.index, "function": function});
        if place.begins {
            call["id"] = delta.id.clone().unwrap_or_else(|| call_id(self.run, place)).into();
            call["type"] = "function".into();
        }
        self.delta(delta.choice, ChunkDelta { tool_calls: Some([call]), ..ChunkDelta::default() }, None, out);
    }

    fn end(&mut self, finish: FinishReason, ending: &Ending, used: &Usage, out: &mut Vec<u8>) {
        self.begin(0, out);
        for &index in &self.begun {
            let finish_reason = Some(reason(reason_of(index, finish, ending)));
            let delta = ChunkDelta::default();
            self.say(&[ChunkChoice { index, delta, logprobs: None, finish_reason }], None, out);
        }
        if self.include_usage {
            self.say(&[], Some(usage(used)), out);
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }
}

impl Speak for Chunks {
    fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        match &event.body {
            RunEvent::Started(started) => {
                self.head = head(self.run, &started.resolved_model);
                self.begin(0, out);
            }
            RunEvent::Delta(delta) => {
                self.begin(delta.index, out);
                self.text(delta, out);
            }
            RunEvent::Reasoning(delta) if !delta.text.is_empty() => {
                self.begin(delta.choice, out);
                let reasoning_content = Some(&*delta.text);
                self.delta(delta.choice, ChunkDelta { reasoning_content, ..ChunkDelta::default() }, None, out);
            }
            RunEvent::ToolCall(delta) => {
                self.begin(delta.choice, out);
                if let Some(place) = self.outline.place(&event.body) {
                    self.call(place, delta, out);
                }
            }
            RunEvent::Finished(finished) if finished.finish_reason == FinishReason::Cancelled => {
                data(out, &json!({"error": error::openai_inner(&cancelled())}));
            }
            RunEvent::Finished(finished) => {
                self.end(finished.finish_reason, &finished.ending, &finished.usage, out);
            }
            RunEvent::Failed(failed) => data(out, &json!({"error": error::openai_inner(&failed.error)})),
            RunEvent::Queued(_) | RunEvent::Reasoning(_) | RunEvent::Notice(_) => {}
        }
    }

    fn ping(&self) -> &'static [u8] {
        b": ping\n\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::testing::{RUN, everything, failed, folded, log, spoken, started, text};

    #[test]
    fn chunks_add_up_to_the_whole() {
        let events = everything();
        let whole = whole(&folded(&events), "m").expect("an answer");
        let message = &whole["choices"][0]["message"];
        assert_eq!((&message["content"], &message["reasoning_content"]), (&json!("It is"), &json!("Hm")));
        assert_eq!(whole["usage"]["total_tokens"], 15);
        let chunks = spoken(&mut Chunks::new(RUN, "m", true), &events);
        let (mut text, mut calls) = (String::new(), vec![String::new(); 2]);
        for chunk in &chunks {
            assert_eq!((&chunk["id"], &chunk["model"]), (&whole["id"], &json!("m-1")));
            for choice in chunk["choices"].as_array().expect("choices") {
                text += choice["delta"]["content"].as_str().unwrap_or_default();
                for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
                    let index = call["index"].as_u64().expect("an index") as usize;
                    calls[index] += call["function"]["arguments"].as_str().unwrap_or_default();
                }
            }
        }
        assert_eq!((text.as_str(), &calls[..]), ("It is", &["{\"n\":1}".to_owned(), "{}".to_owned()][..]));
        let last = &chunks[chunks.len() - 2]["choices"][0];
        assert_eq!(last["finish_reason"], whole["choices"][0]["finish_reason"]);
        assert_eq!(chunks.last().expect("usage")["usage"], whole["usage"]);
    }

    #[test]
    fn b5_a_failure_is_an_error_in_the_stream() {
        let error = ApiError::new(domain::Code::UpstreamCut, "It was cut.");
        let events = log(vec![started(), text("It"), failed(error)]);
        let chunks = spoken(&mut Chunks::new(RUN, "m", false), &events);
        assert_eq!(chunks.last().expect("an error")["error"]["code"], "upstream_cut");
        assert!(whole(&folded(&events), "m").is_err());
    }
}
