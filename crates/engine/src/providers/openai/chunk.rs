//! What comes back: chunks of a chat completion.
//!
//! <https://platform.openai.com/docs/api-reference/chat-streaming>; where servers differ, the field says whose it is.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use domain::event::{Delta, FinishReason, Reasoning, TokenLogprob, ToolCallDelta, TopLogprob, Usage};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::providers::Update;
use crate::providers::answer::{Fault, Out, Reader};
use crate::providers::sse::SseEvent;

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Option<ChunkUsage>,
    /// OpenAI's, llama.cpp's, Ollama's and newer vLLM's form of a failure in mid-stream.
    #[serde(default)]
    error: Option<Value>,
    /// `error`: older vLLM's form of one.
    #[serde(default, borrow)]
    object: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u32,
    #[serde(default)]
    delta: Option<ChunkDelta>,
    #[serde(default)]
    finish_reason: Option<String>,
    #[serde(default)]
    logprobs: Option<Logprobs>,
    /// vLLM's: the stop sequence that was met (or the number of a token).
    #[serde(default)]
    stop_reason: Option<Value>,
}

#[derive(Default, Deserialize)]
struct ChunkDelta {
    #[serde(default)]
    content: Option<String>,
    /// What the model says in place of an answer that it will not give (OpenAI).
    #[serde(default)]
    refusal: Option<String>,
    /// DeepSeek's and llama.cpp's name for it.
    #[serde(default)]
    reasoning_content: Option<String>,
    /// vLLM's, Ollama's and OpenRouter's.
    #[serde(default)]
    reasoning: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<ChunkToolCall>>,
}

#[derive(Deserialize)]
struct ChunkToolCall {
    #[serde(default)]
    index: Option<u32>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: ChunkFunction,
}

#[derive(Default, Deserialize)]
struct ChunkFunction {
    #[serde(default)]
    name: Option<String>,
    /// Text, but for servers that send the object itself.
    #[serde(default)]
    arguments: Option<Value>,
}

#[derive(Deserialize)]
struct Logprobs {
    #[serde(default)]
    content: Option<Vec<ChunkLogprob>>,
}

#[derive(Deserialize)]
struct ChunkLogprob {
    token: String,
    logprob: Option<f32>,
    #[serde(default)]
    top_logprobs: Option<Vec<ChunkTop>>,
}

#[derive(Deserialize)]
struct ChunkTop {
    token: String,
    logprob: Option<f32>,
}

#[derive(Deserialize)]
struct ChunkUsage {
    #[serde(default)]
    prompt_tokens: Option<u64>,
    #[serde(default)]
    completion_tokens: Option<u64>,
    /// xAI and Gemini leave the reasoning out of `completion_tokens`, and have it in here.
    #[serde(default)]
    total_tokens: Option<u64>,
    #[serde(default)]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(default)]
    completion_tokens_details: Option<CompletionDetails>,
    /// DeepSeek's.
    #[serde(default)]
    prompt_cache_hit_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct PromptDetails {
    #[serde(default)]
    cached_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct CompletionDetails {
    #[serde(default)]
    reasoning_tokens: Option<u64>,
}

/// Reads chunks.
#[derive(Default)]
pub struct ChunkReader {
    /// The calls of each answer.
    calls: BTreeMap<u32, Vec<Call>>,
    /// The answers that have begun and not ended: several where `provider_options` ask for several.
    open: BTreeSet<u32>,
    /// Why each one ended.
    ended: BTreeMap<u32, FinishReason>,
}

/// A tool call of the answer, as its pieces name it.
struct Call {
    index: Option<u32>,
    id: String,
    named: bool,
    arguments: String,
}

impl Reader for ChunkReader {
    fn read(&mut self, event: &SseEvent, out: &mut Out) -> Result<(), Fault> {
        let data = event.data.trim();
        if data == "[DONE]" {
            out.done();
            return Ok(());
        }
        if event.event == "error" {
            // Older llama.cpp writes `error: {…}` in place of `data:`.
            let body = serde_json::from_str(data).unwrap_or_else(|_| data.into());
            return Err(Fault::Failed(body));
        }
        let chunk: Chunk<'_> = serde_json::from_str(data)?;
        if chunk.error.is_some() || chunk.object.as_deref() == Some("error") {
            return Err(Fault::Failed(serde_json::from_str(data)?));
        }
        if let Some(usage) = chunk.usage {
            out.used(counted(&usage));
        }
        for choice in chunk.choices.into_iter().flatten() {
            self.choice(choice, out)?;
        }
        if let (Some(reason), true) = (self.ended.get(&0), self.open.is_empty()) {
            out.finish(*reason);
            if self.ended.len() > 1 {
                out.ending().choices = self.ended.values().copied().collect();
            }
        }
        Ok(())
    }
}

impl ChunkReader {
    fn choice(&mut self, choice: Choice, out: &mut Out) -> Result<(), Fault> {
        let delta = choice.delta.unwrap_or_default();
        let thought = delta.reasoning_content.filter(|text| !text.is_empty()).or(delta.reasoning).unwrap_or_default();
        if !thought.is_empty() {
            out.push(Update::Reasoning(Reasoning { text: thought, choice: choice.index, ..Reasoning::default() }));
        }
        let logprobs = logprobs(choice.logprobs);
        let text = delta.content.filter(|text| !text.is_empty()).or(delta.refusal).unwrap_or_default();
        if !text.is_empty() || !logprobs.is_empty() {
            out.push(Update::Delta(Delta { index: choice.index, text, logprobs }, None));
        }
        for call in delta.tool_calls.into_iter().flatten() {
            let call = call_of(self.calls.entry(choice.index).or_default(), choice.index, call);
            out.push(Update::ToolCall(call));
        }
        // Some servers write an empty reason where they have none yet.
        let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) else {
            self.open.insert(choice.index);
            return Ok(());
        };
        self.open.remove(&choice.index);
        self.ended.insert(choice.index, finish(&reason)?);
        if choice.index == 0 {
            out.ending().stop_sequence = choice.stop_reason.and_then(|reason| reason.as_str().map(str::to_owned));
        }
        Ok(())
    }
}

/// Pieces belong together by their index. Servers that leave it out, or give each call of an answer the same,
/// begin a call with an id of its own, or with a name after the last one's arguments are whole.
fn call_of(calls: &mut Vec<Call>, choice: u32, piece: ChunkToolCall) -> ToolCallDelta {
    let id = piece.id.filter(|id| !id.is_empty());
    let name = piece.function.name.filter(|name| !name.is_empty());
    let known = calls.iter().rposition(|call| piece.index.is_none() || call.index == piece.index);
    let known = known.filter(|place| {
        let call = &calls[*place];
        id.as_ref().map_or_else(|| !(name.is_some() && call.is_whole()), |id| call.id == *id)
    });
    let place = known.unwrap_or(calls.len());
    if known.is_none() {
        calls.push(Call {
            index: piece.index,
            id: id.clone().unwrap_or_default(),
            named: false,
            arguments: String::new(),
        });
    }
    let arguments = match piece.function.arguments {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(object) => object.to_string(),
    };
    let call = &mut calls[place];
    call.arguments.push_str(&arguments);
    let name = name.filter(|_| !std::mem::replace(&mut call.named, true));
    ToolCallDelta {
        index: u32::try_from(place).unwrap_or(u32::MAX),
        choice,
        id: id.filter(|_| known.is_none()),
        name,
        arguments,
    }
}

impl Call {
    fn is_whole(&self) -> bool {
        self.named && serde_json::from_str::<IgnoredAny>(&self.arguments).is_ok()
    }
}

fn finish(reason: &str) -> Result<FinishReason, Fault> {
    Ok(match reason {
        "length" => FinishReason::Length,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "content_filter" => FinishReason::Filtered,
        // vLLM's, when its engine ends a request.
        "abort" => return Err(Fault::BrokenOff),
        // DeepSeek's.
        "insufficient_system_resource" => {
            let error = json!({"type": "overloaded_error", "message": "insufficient_system_resource"});
            return Err(Fault::Failed(json!({"error": error})));
        }
        _ => FinishReason::Stop,
    })
}

fn counted(usage: &ChunkUsage) -> Usage {
    let cached = usage.prompt_tokens_details.as_ref().and_then(|details| details.cached_tokens);
    let reasoning = usage.completion_tokens_details.as_ref().and_then(|details| details.reasoning_tokens);
    let input_tokens = usage.prompt_tokens.unwrap_or_default();
    let besides = usage.total_tokens.unwrap_or_default().saturating_sub(input_tokens);
    Usage {
        input_tokens,
        output_tokens: usage.completion_tokens.unwrap_or_default().max(besides),
        cached_input_tokens: cached.or(usage.prompt_cache_hit_tokens).unwrap_or_default(),
        reasoning_tokens: reasoning.unwrap_or_default(),
        cache_write_tokens: 0,
    }
}

fn logprobs(logprobs: Option<Logprobs>) -> Vec<TokenLogprob> {
    let content = logprobs.and_then(|logprobs| logprobs.content).unwrap_or_default();
    // JSON has no infinity: servers write `null` for a probability of 0.
    let finite = |logprob: Option<f32>| logprob.unwrap_or(f32::MIN);
    let top = |top: ChunkTop| TopLogprob { token: top.token, logprob: finite(top.logprob) };
    content
        .into_iter()
        .map(|token| TokenLogprob {
            token: token.token,
            logprob: finite(token.logprob),
            top: token.top_logprobs.into_iter().flatten().map(top).collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(events: &[&str]) -> (Vec<Update>, Out) {
        let (mut reader, mut out) = (ChunkReader::default(), Out::default());
        for data in events {
            let event = SseEvent { event: String::new(), data: (*data).into() };
            assert!(reader.read(&event, &mut out).is_ok(), "{data}");
        }
        (out.take_ready(), out)
    }

    #[test]
    fn several_answers_end_when_all_of_them_have() {
        let first = r#"{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}"#;
        let one = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}"#;
        let two = r#"{"choices":[{"index":1,"delta":{"content":"c"},"finish_reason":"stop"}]}"#;
        assert_eq!(read(&[first, one]).1.finish_reason(), None);
        assert_eq!(read(&[first, one, two]).1.finish_reason(), Some(FinishReason::Length));
        let empty = r#"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":""}]}"#;
        assert_eq!(read(&[empty]).1.finish_reason(), None, "an empty reason is none");
    }

    #[test]
    fn calls_without_ids_are_told_apart_by_their_names() {
        let call = |name: &str, arguments: &str| {
            json!({"choices": [{"index": 0, "delta": {"tool_calls": [
                {"index": 0, "id": "", "function": {"name": name, "arguments": arguments}}]}}]})
            .to_string()
        };
        let (updates, _) = read(&[&call("f", "{}"), &call("g", "{\"a\":"), &call("g", "1}")]);
        let calls: Vec<_> = updates
            .iter()
            .map(|update| match update {
                Update::ToolCall(call) => (call.index, call.name.as_deref(), call.arguments.as_str()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(calls, [(0, Some("f"), "{}"), (1, Some("g"), "{\"a\":"), (1, None, "1}")]);
    }

    #[test]
    fn reasoning_that_is_counted_apart_is_counted() {
        let usage = r#"{"choices":[],"usage":{"prompt_tokens":32,"completion_tokens":9,"total_tokens":135,"completion_tokens_details":{"reasoning_tokens":94}}}"#;
        let usage = read(&[usage]).1.usage().expect("usage");
        assert_eq!((usage.output_tokens, usage.reasoning_tokens), (103, 94));
    }
}
