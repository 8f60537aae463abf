//! What comes back: chunks of a chat completion, as server-sent events.

use std::collections::VecDeque;

use bytes::Bytes;
use domain::event::{Delta, FinishReason, Reasoning, TokenLogprob, ToolCallDelta, TopLogprob, Usage};
use domain::{ApiError, Code};
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use reqwest::Response;
use serde::Deserialize;

use super::ErrorBody;
use crate::providers::sse::Decoder;
use crate::providers::{Update, Updates};

/// Longest part of an unreadable event that is repeated, in characters.
const QUOTED_CHARS_MAX: usize = 200;

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Option<ChunkUsage>,
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
}

#[derive(Default, Deserialize)]
struct ChunkDelta {
    #[serde(default)]
    content: Option<String>,
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
    index: u32,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: ChunkFunction,
}

#[derive(Default, Deserialize)]
struct ChunkFunction {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct Logprobs {
    #[serde(default)]
    content: Option<Vec<ChunkLogprob>>,
}

#[derive(Deserialize)]
struct ChunkLogprob {
    token: String,
    logprob: f32,
    #[serde(default)]
    top_logprobs: Vec<ChunkTop>,
}

#[derive(Deserialize)]
struct ChunkTop {
    token: String,
    logprob: f32,
}

#[derive(Deserialize)]
struct ChunkUsage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    #[serde(default)]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(default)]
    completion_tokens_details: Option<CompletionDetails>,
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

/// An answer that is being read.
pub struct Answer {
    provider: String,
    bytes: BoxStream<'static, reqwest::Result<Bytes>>,
    decoder: Decoder,
    ready: VecDeque<Result<Update, ApiError>>,
    finish_reason: Option<FinishReason>,
    usage: Option<Usage>,
    ended: bool,
}

impl Answer {
    /// Begins to read.
    pub fn new(provider: String, response: Response) -> Self {
        Self {
            provider,
            bytes: response.bytes_stream().boxed(),
            decoder: Decoder::default(),
            ready: VecDeque::new(),
            finish_reason: None,
            usage: None,
            ended: false,
        }
    }

    /// The updates, as they come.
    pub fn into_updates(self) -> Updates {
        stream::unfold(self, |mut answer| async move { answer.next().await.map(|update| (update, answer)) }).boxed()
    }

    async fn next(&mut self) -> Option<Result<Update, ApiError>> {
        loop {
            if let Some(update) = self.ready.pop_front() {
                return Some(update);
            }
            if self.ended {
                return None;
            }
            match self.bytes.next().await {
                Some(Ok(bytes)) => match self.decoder.push(&bytes) {
                    Ok(events) => {
                        for event in events {
                            self.read(&event.data);
                        }
                    }
                    Err(error) => self.fail(ApiError::new(
                        Code::UpstreamInvalid,
                        format!("{} sent what cannot be read: {error}.", self.provider),
                    )),
                },
                Some(Err(error)) => {
                    tracing::debug!(%error, provider = self.provider, "an upstream's connection broke");
                    self.cut("the connection broke");
                }
                None if self.finish_reason.is_some() => self.done(),
                None => self.cut("the stream ended before its last event"),
            }
        }
    }

    fn read(&mut self, data: &str) {
        if self.ended {
            return;
        }
        if data == "[DONE]" {
            // `[DONE]` is an end, whether or not a server gave a reason before it.
            self.finish_reason.get_or_insert(FinishReason::Stop);
            return self.done();
        }
        if let Ok(body) = serde_json::from_str::<ErrorBody>(data) {
            let said = body.message().unwrap_or_default();
            return self.fail(
                ApiError::new(
                    Code::UpstreamError,
                    format!("{} failed in the middle of its answer: {said}", self.provider),
                )
                .hint("What had arrived is kept. Try again.")
                .retry(None),
            );
        }
        match serde_json::from_str::<Chunk>(data) {
            Ok(chunk) => self.chunk(chunk),
            Err(error) => {
                let quoted: String = data.chars().take(QUOTED_CHARS_MAX).collect();
                self.fail(ApiError::new(
                    Code::UpstreamInvalid,
                    format!("{} sent an event that cannot be read ({error}): {quoted}", self.provider),
                ));
            }
        }
    }

    fn chunk(&mut self, chunk: Chunk) {
        if let Some(usage) = chunk.usage {
            self.usage = Some(Usage {
                input_tokens: usage.prompt_tokens,
                output_tokens: usage.completion_tokens,
                cached_input_tokens: usage.prompt_tokens_details.and_then(|details| details.cached_tokens).unwrap_or(0),
                reasoning_tokens: usage
                    .completion_tokens_details
                    .and_then(|details| details.reasoning_tokens)
                    .unwrap_or(0),
            });
        }
        for choice in chunk.choices.into_iter().flatten() {
            let delta = choice.delta.unwrap_or_default();
            let thought = delta.reasoning_content.or(delta.reasoning).unwrap_or_default();
            if !thought.is_empty() {
                self.ready.push_back(Ok(Update::Reasoning(Reasoning { text: thought })));
            }
            let logprobs = logprobs(choice.logprobs);
            let text = delta.content.unwrap_or_default();
            if !text.is_empty() || !logprobs.is_empty() {
                self.ready.push_back(Ok(Update::Delta(Delta { index: choice.index, text, logprobs }, None)));
            }
            for call in delta.tool_calls.into_iter().flatten() {
                self.ready.push_back(Ok(Update::ToolCall(ToolCallDelta {
                    index: call.index,
                    id: call.id,
                    name: call.function.name,
                    arguments: call.function.arguments.unwrap_or_default(),
                })));
            }
            if let Some(reason) = choice.finish_reason {
                self.finish_reason = Some(match reason.as_str() {
                    "length" => FinishReason::Length,
                    "tool_calls" | "function_call" => FinishReason::ToolCalls,
                    "content_filter" => FinishReason::Filtered,
                    _ => FinishReason::Stop,
                });
            }
        }
    }

    fn done(&mut self) {
        self.ended = true;
        if let Some(finish_reason) = self.finish_reason {
            self.ready.push_back(Ok(Update::Done { finish_reason, usage: self.usage }));
        }
    }

    fn fail(&mut self, error: ApiError) {
        self.ended = true;
        self.ready.push_back(Err(error));
    }

    fn cut(&mut self, why: &str) {
        let error = ApiError::new(Code::UpstreamCut, format!("The answer of {} was cut off: {why}.", self.provider))
            .hint("What had arrived is kept. Run it again, or continue from it.")
            .retry(None);
        self.fail(error);
    }
}

fn logprobs(logprobs: Option<Logprobs>) -> Vec<TokenLogprob> {
    let content = logprobs.and_then(|logprobs| logprobs.content).unwrap_or_default();
    let top = |top: ChunkTop| TopLogprob { token: top.token, logprob: top.logprob };
    content
        .into_iter()
        .map(|token| TokenLogprob {
            token: token.token,
            logprob: token.logprob,
            top: token.top_logprobs.into_iter().map(top).collect(),
        })
        .collect()
}
