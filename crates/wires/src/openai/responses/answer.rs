//! The answer: a response as it stands.

use domain::{ApiError, Code, FinishReason, RunId, Usage};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::answer::{Answered, Block, End, created_s, hex, openai_logprobs};
use crate::error;
use domain::fields::Fields;

/// What a response's id begins with; the rest is the run's.
pub const RESPONSE: &str = "resp_";

/// What a client's request says that its response repeats, and what stands there where it says nothing.
const ECHOED: [(&str, &str); 21] = [
    ("access_programs", "null"),
    ("background", "false"),
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("max_tool_calls", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("previous_response_id", "null"),
    ("prompt", "null"),
    ("prompt_cache_key", "null"),
    ("reasoning", r#"{"effort":null,"summary":null}"#),
    ("safety_identifier", "null"),
    ("service_tier", r#""default""#),
    ("store", "true"),
    ("temperature", "null"),
    ("text", r#"{"format":{"type":"text"}}"#),
    ("tool_choice", r#""auto""#),
    ("tools", "[]"),
    ("top_p", "null"),
    ("truncation", r#""disabled""#),
    ("user", "null"),
];

/// The id of a run's response.
#[must_use]
pub fn id(run: RunId) -> String {
    format!("{RESPONSE}{}", hex(run))
}

/// The run of a response's id.
#[must_use]
pub fn run_of(id: &str) -> Option<RunId> {
    format!("run_{}", id.strip_prefix(RESPONSE)?).parse().ok()
}

/// The run, and the number of the block in its answer, that an item's id names.
#[must_use]
pub fn block_of(id: &str) -> Option<(RunId, usize)> {
    let (_, rest) = id.split_once('_')?;
    let (run, n) = rest.split_once('_')?;
    Some((format!("run_{run}").parse().ok()?, n.parse().ok()?))
}

/// What a response repeats of its request.
#[derive(Debug, Clone)]
pub struct Echo {
    fields: Map<String, Value>,
    /// Whether the client's request can be read later.
    pub store: bool,
    /// Whether the client does not wait for it.
    pub background: bool,
    /// Whether the first message is the instructions.
    pub has_instructions: bool,
    /// Whether what a model thinks is told as a summary.
    pub summary: bool,
    asked: String,
}

impl Echo {
    /// Reads a request's body that has been read before.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub fn of(body: &str) -> Result<Self, ApiError> {
        let mut request = Fields::of_body(body.as_bytes())?;
        let asked = request.take("model")?.unwrap_or_default();
        let mut fields = Map::new();
        for (name, usual) in ECHOED {
            let value = request.raw(name).map_or(usual, RawValue::get);
            fields.insert(name.to_owned(), serde_json::from_str(value).unwrap_or_default());
        }
        fields.insert("top_logprobs".into(), request.take::<u64>("top_logprobs")?.unwrap_or(0).into());
        Ok(Self {
            store: fields["store"] == true,
            background: fields["background"] == true,
            has_instructions: !fields["instructions"].is_null(),
            summary: ["summary", "generate_summary"].iter().any(|name| fields["reasoning"][name].is_string()),
            fields,
            asked,
        })
    }
}

/// The words for how a response stands.
#[must_use]
pub(super) fn status(answered: &Answered) -> &'static str {
    match &answered.end {
        None if answered.started.is_none() => "queued",
        None => "in_progress",
        Some(End::Finished(FinishReason::Cancelled, _)) => "cancelled",
        Some(End::Finished(FinishReason::Length | FinishReason::Filtered, _)) => "incomplete",
        Some(End::Finished(..)) => "completed",
        Some(End::Failed(_)) => "failed",
    }
}

/// The response as it stands.
#[must_use]
pub fn whole(answered: &Answered, echo: &Echo) -> Value {
    let status = status(answered);
    let mut response = echo.fields.clone();
    let params = answered.params();
    for (name, value) in [("temperature", params.temperature), ("top_p", params.top_p)] {
        if response[name].is_null() {
            response.insert(name.into(), value.into());
        }
    }
    let incomplete = match &answered.end {
        Some(End::Finished(FinishReason::Length, _)) => json!({"reason": "max_output_tokens"}),
        Some(End::Finished(FinishReason::Filtered, _)) => json!({"reason": "content_filter"}),
        _ => Value::Null,
    };
    let failed = match &answered.end {
        Some(End::Failed(error)) => failure(error),
        _ => Value::Null,
    };
    let is_done = answered.end.is_some();
    let last = answered.blocks().len().saturating_sub(1);
    let blocks = answered.blocks().iter().enumerate();
    let output: Vec<_> = blocks
        .filter_map(|(n, block)| {
            let item_status = match status {
                _ if is_done && n < last => "completed",
                "completed" => "completed",
                "in_progress" => "in_progress",
                _ => "incomplete",
            };
            item(answered.run, n, block, item_status, echo.summary)
        })
        .collect();
    let more = json!({
        "id": id(answered.run),
        "object": "response",
        "created_at": created_s(answered.run),
        "status": status,
        "error": failed,
        "incomplete_details": incomplete,
        "model": answered.model(&echo.asked),
        "output": output,
        "usage": if is_done { usage(&answered.usage) } else { Value::Null },
    });
    if let Value::Object(more) = more {
        response.extend(more);
    }
    Value::Object(response)
}

fn failure(error: &ApiError) -> Value {
    let code = match error.code {
        Code::UpstreamRateLimit | Code::ConcurrencyExceeded => "rate_limit_exceeded",
        Code::InvalidRequest | Code::ContextLengthExceeded => "invalid_prompt",
        _ => "server_error",
    };
    json!({"code": code, "message": error::text(error)})
}

fn usage(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_input_tokens, "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    })
}

/// The id of an item: its block's kind, the run's id, its number.
pub(super) fn item_id(run: RunId, n: usize, block: &Block) -> String {
    let kind = match block {
        Block::Text { .. } => "msg",
        Block::Reasoning { .. } | Block::Redacted { .. } => "rs",
        Block::Tool { .. } => "fc",
    };
    format!("{kind}_{}_{n}", hex(run))
}

/// The part of a message that has its text.
pub(super) fn text_part(text: &str, logprobs: &[domain::TokenLogprob]) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": openai_logprobs(logprobs)})
}

/// An item of the output; none for what is not shown. A client that asks for summaries of what a model thinks is given
/// the thoughts in their place: it looks for them nowhere else.
pub(super) fn item(run: RunId, n: usize, block: &Block, status: &str, summary: bool) -> Option<Value> {
    let id = item_id(run, n, block);
    Some(match block {
        Block::Text { text, logprobs } => json!({
            "id": id, "type": "message", "status": status, "role": "assistant",
            "content": [text_part(text, logprobs)],
        }),
        Block::Reasoning { text, .. } if summary => json!({
            "id": id, "type": "reasoning", "status": status, "summary": [{"type": "summary_text", "text": text}],
        }),
        Block::Reasoning { text, .. } => json!({
            "id": id, "type": "reasoning", "status": status, "summary": [],
            "content": [{"type": "reasoning_text", "text": text}],
        }),
        Block::Redacted { .. } => return None,
        Block::Tool { id: call_id, name, arguments } => json!({
            "id": id, "type": "function_call", "status": status, "call_id": call_id, "name": name,
            "arguments": arguments,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::testing::{RUN, everything, failed, finished, folded, log, started, text};

    #[test]
    fn a_response_has_its_requests_words_and_the_runs_answer() {
        let echo = Echo::of(r#"{"model":"m","input":"x","metadata":{"a":"b"},"temperature":0.5}"#).expect("reads");
        let whole = whole(&folded(&everything()), &echo);
        assert_eq!((&whole["status"], &whole["model"]), (&json!("completed"), &json!("m-1")));
        assert_eq!((&whole["metadata"], &whole["temperature"]), (&json!({"a": "b"}), &json!(0.5)));
        let kinds: Vec<_> =
            whole["output"].as_array().expect("items").iter().map(|item| item["type"].clone()).collect();
        assert_eq!(kinds, ["reasoning", "message", "function_call", "function_call"]);
        assert_eq!(whole["output"][1]["content"][0]["text"], "It is");
        assert_eq!(run_of(whole["id"].as_str().expect("an id")), Some(RUN));
        assert_eq!(run_of("resp_x"), None);
    }

    #[test]
    fn the_end_has_its_word() {
        let echo = Echo::of(r#"{"model":"m","input":"x"}"#).expect("reads");
        let stand = |events: &[domain::Event]| whole(&folded(events), &echo);
        assert_eq!(stand(&[])["status"], "queued");
        assert_eq!(stand(&log(vec![started(), text("a")]))["status"], "in_progress");
        let cut = stand(&log(vec![started(), text("a"), finished(FinishReason::Length)]));
        assert_eq!(
            (&cut["status"], &cut["incomplete_details"]["reason"]),
            (&json!("incomplete"), &json!("max_output_tokens"))
        );
        assert_eq!(cut["output"][0]["status"], "incomplete");
        let error = ApiError::new(Code::Interrupted, "The server went away.");
        let broken = stand(&log(vec![started(), failed(error)]));
        assert_eq!((&broken["status"], &broken["error"]["code"]), (&json!("failed"), &json!("server_error")));
        assert_eq!(stand(&log(vec![started(), finished(FinishReason::Cancelled)]))["status"], "cancelled");
    }
}
