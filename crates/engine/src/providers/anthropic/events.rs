//! What comes back: events of a message.
//!
//! <https://docs.anthropic.com/en/docs/build-with-claude/streaming>

use std::collections::HashMap;

use domain::event::{Delta, FinishReason, Reasoning, ToolCallDelta, Usage};
use serde::Deserialize;
use serde_json::Value;

use crate::providers::Update;
use crate::providers::answer::{Fault, Out, Reader};
use crate::providers::sse::SseEvent;

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    MessageStart {
        message: Started,
    },
    ContentBlockStart {
        index: u32,
        content_block: Block,
    },
    ContentBlockDelta {
        index: u32,
        delta: BlockDelta,
    },
    ContentBlockStop {
        index: u32,
    },
    MessageDelta {
        delta: MessageChange,
        #[serde(default)]
        usage: EventUsage,
    },
    MessageStop,
    Error,
    /// Pings, and events that are newer than this reader.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Started {
    #[serde(default)]
    usage: EventUsage,
}

/// Every count is of the whole answer so far.
#[derive(Default, Deserialize)]
struct EventUsage {
    /// Without what came from, or went into, the cache.
    #[serde(default)]
    input_tokens: Option<u64>,
    #[serde(default)]
    output_tokens: Option<u64>,
    #[serde(default)]
    cache_read_input_tokens: Option<u64>,
    #[serde(default)]
    cache_creation_input_tokens: Option<u64>,
    #[serde(default)]
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Default, Deserialize)]
struct OutputDetails {
    #[serde(default)]
    thinking_tokens: u64,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text {
        #[serde(default)]
        text: String,
    },
    Thinking {
        #[serde(default)]
        thinking: String,
        #[serde(default)]
        signature: String,
    },
    RedactedThinking {
        data: String,
    },
    ToolUse {
        id: String,
        name: String,
        #[serde(default)]
        input: Value,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum BlockDelta {
    TextDelta {
        text: String,
    },
    ThinkingDelta {
        thinking: String,
    },
    SignatureDelta {
        signature: String,
    },
    InputJsonDelta {
        partial_json: String,
    },
    /// Citations, and what is newer than this reader.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct MessageChange {
    #[serde(default)]
    stop_reason: Option<String>,
    #[serde(default)]
    stop_sequence: Option<String>,
}

/// Reads events.
#[derive(Default)]
pub struct EventReader {
    usage: EventUsage,
    /// The tool calls by their block's index.
    calls: HashMap<u32, Call>,
}

struct Call {
    /// Which call of the answer, from 0.
    number: u32,
    /// The arguments that came whole with the block's start, where no piece of them has come since.
    whole: Option<String>,
}

impl Reader for EventReader {
    fn read(&mut self, event: &SseEvent, out: &mut Out) -> Result<(), Fault> {
        match serde_json::from_str(&event.data)? {
            Event::MessageStart { message } => self.count(message.usage, out),
            Event::ContentBlockStart { index, content_block } => self.begin(index, content_block, out),
            Event::ContentBlockDelta { index, delta } => self.delta(index, delta, out),
            Event::ContentBlockStop { index } => {
                if let Some((number, arguments)) =
                    self.calls.get_mut(&index).and_then(|call| Some((call.number, call.whole.take()?)))
                {
                    out.push(Update::ToolCall(ToolCallDelta { index: number, arguments, ..ToolCallDelta::default() }));
                }
            }
            Event::MessageDelta { delta, usage } => {
                self.count(usage, out);
                if let Some(reason) = delta.stop_reason {
                    out.finish(finish(&reason));
                    let ending = out.ending();
                    ending.stop_sequence = delta.stop_sequence;
                    ending.native = (!SAID.contains(&reason.as_str())).then_some(reason);
                }
            }
            Event::MessageStop => out.done(),
            Event::Error => return Err(Fault::Failed(serde_json::from_str(&event.data)?)),
            Event::Other => {}
        }
        Ok(())
    }
}

impl EventReader {
    fn begin(&mut self, index: u32, block: Block, out: &mut Out) {
        match block {
            Block::Text { text } => text_delta(text, out),
            Block::Thinking { thinking, signature } => {
                reasoning(thinking, out);
                sealed(signature, out);
            }
            Block::RedactedThinking { data } => {
                out.push(Update::Reasoning(Reasoning { redacted: Some(data), ..Reasoning::default() }));
            }
            Block::ToolUse { id, name, input } => {
                let number = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
                let whole = if input.is_object() { input.to_string() } else { "{}".into() };
                self.calls.insert(index, Call { number, whole: Some(whole) });
                let (id, name) = (Some(id), Some(name));
                out.push(Update::ToolCall(ToolCallDelta { index: number, id, name, ..ToolCallDelta::default() }));
            }
            Block::Other => {}
        }
    }

    fn delta(&mut self, index: u32, delta: BlockDelta, out: &mut Out) {
        match delta {
            BlockDelta::TextDelta { text } => text_delta(text, out),
            BlockDelta::ThinkingDelta { thinking } => reasoning(thinking, out),
            BlockDelta::SignatureDelta { signature } => sealed(signature, out),
            BlockDelta::InputJsonDelta { partial_json } if !partial_json.is_empty() => {
                if let Some(call) = self.calls.get_mut(&index) {
                    call.whole = None;
                    let arguments = partial_json;
                    out.push(Update::ToolCall(ToolCallDelta {
                        index: call.number,
                        arguments,
                        ..ToolCallDelta::default()
                    }));
                }
            }
            BlockDelta::InputJsonDelta { .. } | BlockDelta::Other => {}
        }
    }

    fn count(&mut self, usage: EventUsage, out: &mut Out) {
        let known = &mut self.usage;
        known.input_tokens = usage.input_tokens.or(known.input_tokens);
        known.output_tokens = usage.output_tokens.or(known.output_tokens);
        known.cache_read_input_tokens = usage.cache_read_input_tokens.or(known.cache_read_input_tokens);
        known.cache_creation_input_tokens = usage.cache_creation_input_tokens.or(known.cache_creation_input_tokens);
        known.output_tokens_details = usage.output_tokens_details.or(known.output_tokens_details.take());
        let (Some(fresh), Some(output)) = (known.input_tokens, known.output_tokens) else { return };
        let cached = known.cache_read_input_tokens.unwrap_or_default();
        let input = fresh + cached + known.cache_creation_input_tokens.unwrap_or_default();
        // The first count of the output is a placeholder.
        if out.usage().is_none() {
            out.push(Update::Counted { input_tokens: input, cached_input_tokens: cached });
        }
        out.used(Usage {
            input_tokens: input,
            output_tokens: output,
            cached_input_tokens: cached,
            reasoning_tokens: known.output_tokens_details.as_ref().map_or(0, |details| details.thinking_tokens),
            cache_write_tokens: known.cache_creation_input_tokens.unwrap_or_default(),
        });
    }
}

fn text_delta(text: String, out: &mut Out) {
    if !text.is_empty() {
        out.push(Update::Delta(Delta { text, ..Delta::default() }, None));
    }
}

fn reasoning(text: String, out: &mut Out) {
    if !text.is_empty() {
        out.push(Update::Reasoning(Reasoning { text, ..Reasoning::default() }));
    }
}

/// The vendor's seal under a thought.
fn sealed(signature: String, out: &mut Out) {
    if !signature.is_empty() {
        out.push(Update::Reasoning(Reasoning { signature: Some(signature), ..Reasoning::default() }));
    }
}

/// The vendor's words for the end that ours say as well.
const SAID: [&str; 4] = ["end_turn", "max_tokens", "tool_use", "stop_sequence"];

/// <https://docs.anthropic.com/en/api/handling-stop-reasons>
fn finish(reason: &str) -> FinishReason {
    match reason {
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "refusal" => FinishReason::Filtered,
        _ => FinishReason::Stop,
    }
}
