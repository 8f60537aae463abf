//! Messages: the answer, whole and as events.
//!
//! <https://docs.anthropic.com/en/docs/build-with-claude/streaming>

use domain::event::{Ending, Finished, Started};
use domain::{ApiError, Event, FinishReason, RunEvent, RunId, Usage, Vendor};
use serde::Serialize;
use serde_json::{Value, json};

use crate::answer::{Answered, Block, Outline, Place, Speak, call_id, cancelled, hex, named};
use crate::error;

/// The vendor's words for the end that say more than ours.
const NATIVE_REASONS: [&str; 3] = ["pause_turn", "model_context_window_exceeded", "refusal"];

fn stop_reason(finish: FinishReason, ending: &Ending, called: bool) -> &str {
    if let Some(native) = ending.native.as_deref().filter(|native| NATIVE_REASONS.contains(native)) {
        return native;
    }
    match finish {
        FinishReason::ToolCalls => "tool_use",
        // A program that runs tools looks at this word alone.
        FinishReason::Stop if called => "tool_use",
        FinishReason::Stop if ending.stop_sequence.is_some() => "stop_sequence",
        FinishReason::Stop | FinishReason::Cancelled => "end_turn",
        FinishReason::Length => "max_tokens",
        FinishReason::Filtered => "refusal",
    }
}

/// The usage, as the vendor counts it: what came from, or went into, a cache stands beside the rest.
fn usage(usage: &Usage) -> Value {
    let cached = usage.cached_input_tokens + usage.cache_write_tokens;
    json!({
        "input_tokens": usage.input_tokens.saturating_sub(cached),
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_input_tokens,
        "cache_creation": null,
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens},
        "server_tool_use": null,
        "service_tier": null,
        "inference_geo": null,
        "speed": null,
    })
}

/// The usage at the end of a stream: only what may have changed.
fn usage_change(used: &Usage) -> Value {
    let mut change = usage(used);
    if let Value::Object(fields) = &mut change {
        for constant in ["cache_creation", "service_tier", "inference_geo", "speed"] {
            fields.remove(constant);
        }
    }
    change
}

/// The whole answer.
///
/// # Errors
/// The run's own, where it has no answer.
pub fn whole(answered: &Answered, asked: &str) -> Result<Value, ApiError> {
    let (finish, ending) = answered.finished()?;
    let called = answered.blocks().iter().any(|block| matches!(block, Block::Tool { .. }));
    let content: Vec<_> = answered.blocks().iter().filter_map(block).collect();
    let reason = stop_reason(finish, ending, called);
    let mut message = message(answered.run, answered.model(asked), &answered.usage);
    message["content"] = content.into();
    message["stop_reason"] = reason.into();
    message["stop_details"] = stop_details(reason);
    message["stop_sequence"] = ending.stop_sequence.as_deref().into();
    Ok(message)
}

/// A message without content. What the vendor's types always have is there, also where it means nothing here.
fn message(run: RunId, model: &str, used: &Usage) -> Value {
    json!({
        "id": format!("msg_{}", hex(run)), "type": "message", "role": "assistant", "model": model, "content": [],
        "stop_reason": null, "stop_details": null, "stop_sequence": null, "container": null, "diagnostics": null,
        "usage": usage(used),
    })
}

/// More about a refusal; this server knows no more than that it is one.
fn stop_details(reason: &str) -> Value {
    if reason == "refusal" { json!({"type": "refusal", "category": null, "explanation": null}) } else { Value::Null }
}

/// A block; none where it is an empty text: the vendor refuses to be given one back.
fn block(block: &Block) -> Option<Value> {
    Some(match block {
        Block::Text { text, .. } if text.is_empty() => return None,
        Block::Text { text, .. } => json!({"type": "text", "text": text, "citations": null}),
        Block::Reasoning { text, signature } => {
            json!({"type": "thinking", "thinking": text, "signature": signature.as_deref().unwrap_or_default()})
        }
        Block::Redacted { data } => json!({"type": "redacted_thinking", "data": data}),
        Block::Tool { id, name, arguments } => {
            let input: Value = serde_json::from_str(arguments).unwrap_or_else(|_| json!({}));
            json!({"type": "tool_use", "id": id, "name": name, "input": input, "caller": {"type": "direct"}})
        }
    })
}

/// The answer as events.
pub struct Events {
    run: RunId,
    asked: String,
    outline: Outline,
    /// The number of the block that is open.
    open: Option<usize>,
    begun: bool,
    pinged: bool,
}

#[derive(Serialize)]
struct BlockDelta<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    index: usize,
    delta: Piece<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "the vendor's words")]
enum Piece<'a> {
    TextDelta { text: &'a str },
    ThinkingDelta { thinking: &'a str },
    SignatureDelta { signature: &'a str },
    InputJsonDelta { partial_json: &'a str },
}

impl Events {
    /// The events of a run.
    #[must_use]
    pub fn new(run: RunId, asked: &str) -> Self {
        Self { run, asked: asked.to_owned(), outline: Outline::default(), open: None, begun: false, pinged: false }
    }

    fn begin(&mut self, started: Option<&Started>, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let model = started.map_or(&*self.asked, |started| &started.resolved_model);
        let known = Usage {
            input_tokens: started.and_then(|started| started.input_tokens).unwrap_or_default(),
            ..Usage::default()
        };
        let message = message(self.run, model, &known);
        named(out, "message_start", &json!({"type": "message_start", "message": message}));
    }

    fn open(&mut self, place: Place, content_block: &Value, out: &mut Vec<u8>) {
        self.close(out);
        self.open = Some(place.block);
        let start = json!({"type": "content_block_start", "index": place.block, "content_block": content_block});
        named(out, "content_block_start", &start);
        if !std::mem::replace(&mut self.pinged, true) {
            out.extend_from_slice(PING);
        }
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if let Some(index) = self.open.take() {
            named(out, "content_block_stop", &json!({"type": "content_block_stop", "index": index}));
        }
    }

    fn end(&mut self, finished: &Finished, out: &mut Vec<u8>) {
        self.close(out);
        let ending = &finished.ending;
        let reason = stop_reason(finished.finish_reason, ending, self.outline.called(0));
        let delta = json!({
            "stop_reason": reason, "stop_details": stop_details(reason), "stop_sequence": ending.stop_sequence,
            "container": null,
        });
        let change = json!({"type": "message_delta", "delta": delta, "usage": usage_change(&finished.usage)});
        named(out, "message_delta", &change);
        named(out, "message_stop", &json!({"type": "message_stop"}));
    }

    fn piece(&mut self, event: &RunEvent, out: &mut Vec<u8>) {
        // A text that is empty has only logprobs, which this wire lacks.
        if matches!(event, RunEvent::Delta(delta) if delta.text.is_empty()) {
            return;
        }
        let Some(place) = self.outline.place(event).filter(|place| place.choice == 0) else { return };
        self.begin(None, out);
        match event {
            RunEvent::Delta(delta) => {
                if place.begins {
                    self.open(place, &json!({"type": "text", "text": "", "citations": null}), out);
                }
                say(place, Piece::TextDelta { text: &delta.text }, out);
            }
            RunEvent::Reasoning(delta) => {
                if let Some(data) = &delta.redacted {
                    return self.open(place, &json!({"type": "redacted_thinking", "data": data}), out);
                }
                if place.begins {
                    self.open(place, &json!({"type": "thinking", "thinking": "", "signature": ""}), out);
                }
                if !delta.text.is_empty() {
                    say(place, Piece::ThinkingDelta { thinking: &delta.text }, out);
                }
                if let Some(signature) = &delta.signature {
                    say(place, Piece::SignatureDelta { signature }, out);
                }
            }
            RunEvent::ToolCall(delta) => {
                if place.begins {
                    let id = delta.id.clone().unwrap_or_else(|| call_id(self.run, place));
                    let name = delta.name.as_deref().unwrap_or_default();
                    let block =
                        json!({"type": "tool_use", "id": id, "name": name, "input": {}, "caller": {"type": "direct"}});
                    self.open(place, &block, out);
                }
                if !delta.arguments.is_empty() {
                    say(place, Piece::InputJsonDelta { partial_json: &delta.arguments }, out);
                }
            }
            _ => {}
        }
    }
}

fn say(place: Place, delta: Piece<'_>, out: &mut Vec<u8>) {
    named(out, "content_block_delta", &BlockDelta { kind: "content_block_delta", index: place.block, delta });
}

/// What keeps a silent connection open, in the vendor's words.
const PING: &[u8] = b"event: ping\ndata: {\"type\": \"ping\"}\n\n";

impl Speak for Events {
    fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        let fail =
            |error: &ApiError, out: &mut Vec<u8>| named(out, "error", &error::body(Vendor::Anthropic, error, None));
        match &event.body {
            RunEvent::Started(started) => self.begin(Some(started), out),
            RunEvent::Finished(finished) if finished.finish_reason == FinishReason::Cancelled => {
                fail(&cancelled(), out)
            }
            RunEvent::Finished(finished) => {
                self.begin(None, out);
                self.end(finished, out);
            }
            RunEvent::Failed(failed) => fail(&failed.error, out),
            RunEvent::Queued(_) | RunEvent::Notice(_) => {}
            body => self.piece(body, out),
        }
    }

    fn ping(&self) -> &'static [u8] {
        PING
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::testing::{RUN, everything, failed, finished, folded, log, spoken, started, text};

    #[test]
    fn events_add_up_to_the_whole() {
        let events = everything();
        let whole = whole(&folded(&events), "m").expect("an answer");
        assert_eq!(
            whole["content"],
            json!([
                {"type": "thinking", "thinking": "Hm", "signature": "sealed"},
                {"type": "text", "text": "It is", "citations": null},
                {"type": "tool_use", "id": "c1", "name": "clock", "input": {"n": 1}, "caller": {"type": "direct"}},
                {"type": "tool_use", "id": "c2", "name": "clock", "input": {}, "caller": {"type": "direct"}},
            ])
        );
        let used = &whole["usage"];
        let counts = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"];
        assert_eq!(counts.map(|name| used[name].as_u64()), [5, 1, 4, 5].map(Some));
        assert_eq!(used["output_tokens_details"]["thinking_tokens"], 2);
        let told = spoken(&mut Events::new(RUN, "m"), &events);
        let kinds: Vec<_> = told.iter().map(|event| event["type"].as_str().expect("a type")).collect();
        assert_eq!((kinds[0], kinds[1], kinds[2]), ("message_start", "content_block_start", "ping"));
        assert_eq!(kinds[kinds.len() - 2..], ["message_delta", "message_stop"]);
        let starts = kinds.iter().filter(|kind| **kind == "content_block_start").count();
        let stops = kinds.iter().filter(|kind| **kind == "content_block_stop").count();
        assert_eq!((starts, stops), (4, 4));
        let joined = |kind: &str, field: &str, index: u64| -> String {
            let deltas = told.iter().filter(|event| event["index"] == index && event["delta"]["type"] == kind);
            deltas.map(|event| event["delta"][field].as_str().expect("text")).collect()
        };
        assert_eq!(joined("thinking_delta", "thinking", 0), "Hm");
        assert_eq!(joined("signature_delta", "signature", 0), "sealed");
        assert_eq!(joined("text_delta", "text", 1), "It is");
        assert_eq!(joined("input_json_delta", "partial_json", 2), "{\"n\":1}");
        let change = &told[told.len() - 2];
        assert_eq!(change["delta"]["stop_reason"], "tool_use");
        assert_eq!(counts.map(|name| &change["usage"][name]), counts.map(|name| &used[name]));
    }

    #[test]
    fn a_reason_says_what_the_provider_said() {
        let plain = Ending::default();
        let stopped = Ending { stop_sequence: Some("END".into()), ..Ending::default() };
        let paused = Ending { native: Some("pause_turn".into()), ..Ending::default() };
        let odd = Ending { native: Some("odd".into()), ..Ending::default() };
        for (finish, ending, called, want) in [
            (FinishReason::Stop, &plain, false, "end_turn"),
            (FinishReason::Stop, &plain, true, "tool_use"),
            (FinishReason::Stop, &stopped, false, "stop_sequence"),
            (FinishReason::Stop, &paused, false, "pause_turn"),
            (FinishReason::Length, &odd, false, "max_tokens"),
            (FinishReason::Filtered, &plain, false, "refusal"),
        ] {
            assert_eq!(stop_reason(finish, ending, called), want);
        }
    }

    #[test]
    fn b5_a_failure_is_an_error_in_the_stream() {
        let error = ApiError::new(domain::Code::UpstreamOverloaded, "It is full.");
        let told = spoken(&mut Events::new(RUN, "m"), &log(vec![started(), text("It"), failed(error)]));
        assert_eq!(told.last().expect("an error")["error"]["type"], "overloaded_error");
        let empty = log(vec![started(), finished(FinishReason::Stop)]);
        assert_eq!(whole(&folded(&empty), "m").expect("an answer")["content"], json!([]));
        let told = spoken(&mut Events::new(RUN, "m"), &empty);
        assert_eq!(
            told.iter().map(|event| event["type"].clone()).collect::<Vec<_>>(),
            ["message_start", "message_delta", "message_stop"]
        );
    }
}
