//! Anthropic's messages, as the vendor's reference describes them; its types check them in `end2end/sdk`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Mock;
use super::play::{Play, Speaker};
use super::script::Script;

/// The parts of a request that the mock heeds.
#[derive(Deserialize)]
pub struct Request {
    model: String,
    max_tokens: u32,
    #[serde(default)]
    messages: Vec<Value>,
    #[serde(default)]
    tools: Vec<Value>,
    #[serde(default)]
    stop_sequences: Vec<String>,
    #[serde(default)]
    stream: bool,
}

/// The parts of a question for a count that the mock heeds.
#[derive(Deserialize)]
pub struct Uncounted {
    messages: Vec<Value>,
}

/// Counts tokens, as [`message`] counts them.
pub async fn count(Json(request): Json<Uncounted>) -> Json<Value> {
    Json(json!({"input_tokens": super::prompt_tokens(&request.messages)}))
}

/// Plays a script.
pub async fn message(State(mock): State<Arc<Mock>>, headers: HeaderMap, Json(request): Json<Request>) -> Response {
    let mut script = mock.usual.named(&request.model);
    script.hear(&request.messages);
    script.stop_at(&request.stop_sequences);
    let wanted = script.tokens;
    script.tokens = wanted.min(request.max_tokens);
    let streamed = request.stream;
    let words = Words { leaked: super::leaked(&script, &headers), was_cut: script.tokens < wanted, script, request };
    Play::answer(mock, words.script.clone(), words, streamed).await
}

struct Words {
    script: Script,
    request: Request,
    was_cut: bool,
    /// What an error repeats.
    leaked: String,
}

impl Words {
    fn reason(&self) -> &'static str {
        match self.script {
            Script { filter: true, .. } => "refusal",
            Script { tools: 1.., .. } => "tool_use",
            _ if self.was_cut => "max_tokens",
            Script { stopped_by: Some(_), .. } => "stop_sequence",
            _ => "end_turn",
        }
    }

    /// What was used up to a token; of the whole answer where none is given.
    fn usage(&self, output: Option<u32>) -> Value {
        let whole = self.script.think + self.script.tokens + self.script.tools;
        let mut usage = json!({
            "input_tokens": super::prompt_tokens(&self.request.messages), "output_tokens": output.unwrap_or(whole),
            "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
        });
        if output.is_none() {
            usage["output_tokens_details"] = json!({"thinking_tokens": self.script.think});
        }
        usage
    }

    fn message(&self, content: &Value, reason: Option<&str>, usage: Value) -> Value {
        let mut message = json!({
            "id": "msg_mock", "type": "message", "role": "assistant", "model": self.request.model, "content": content,
            "stop_reason": reason, "stop_sequence": reason.and(self.script.stopped_by.as_deref()),
        });
        if reason == Some("refusal") {
            message["stop_details"] = stop_details();
        }
        if !self.script.nousage {
            message["usage"] = usage;
        }
        message
    }

    /// The block that a token of the answer stands in.
    fn text_block(&self) -> u32 {
        u32::from(self.script.think > 0)
    }

    fn tool_block(&self, index: u32) -> u32 {
        self.text_block() + u32::from(self.script.tokens > 0) + index
    }

    fn tool_name(&self, index: u32) -> &str {
        super::cyclic(self.request.tools.iter().map(|tool| tool["name"].as_str()), index)
    }
}

fn stop_details() -> Value {
    json!({"type": "refusal", "category": null, "explanation": null})
}

fn event(data: &Value) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap_or_default())
}

fn start(index: u32, block: &Value) -> String {
    event(&json!({"type": "content_block_start", "index": index, "content_block": block}))
}

fn delta(index: u32, delta: &Value) -> String {
    event(&json!({"type": "content_block_delta", "index": index, "delta": delta}))
}

fn stop(index: u32) -> String {
    event(&json!({"type": "content_block_stop", "index": index}))
}

impl Speaker for Words {
    fn begin(&self) -> String {
        let message = self.message(&json!([]), None, self.usage(Some(1)));
        event(&json!({"type": "message_start", "message": message})) + &event(&json!({"type": "ping"}))
    }

    fn thought(&self, index: u32) -> String {
        let mut text = String::new();
        if index == 0 {
            text += &start(0, &json!({"type": "thinking", "thinking": "", "signature": ""}));
        }
        text += &delta(0, &json!({"type": "thinking_delta", "thinking": self.script.thought(index)}));
        if index + 1 == self.script.think {
            text += &delta(0, &json!({"type": "signature_delta", "signature": "signed"}));
            text += &stop(0);
        }
        text
    }

    fn token(&self, index: u32) -> String {
        let block = self.text_block();
        let mut text = String::new();
        if index == 0 {
            text += &start(block, &json!({"type": "text", "text": ""}));
        }
        text += &delta(block, &json!({"type": "text_delta", "text": self.script.token(index)}));
        if index + 1 == self.script.tokens {
            text += &stop(block);
        }
        text
    }

    fn tool(&self, index: u32) -> String {
        let block = self.tool_block(index);
        let id = format!("toolu_mock_{index}");
        let call = json!({"type": "tool_use", "id": id, "name": self.tool_name(index), "input": {}});
        let arguments = format!("{{\"n\":{index}}}");
        let (head, tail) = arguments.split_at(arguments.len() / 2);
        let pieces =
            ["", head, tail].map(|json| delta(block, &json!({"type": "input_json_delta", "partial_json": json})));
        start(block, &call) + &pieces.concat() + &stop(block)
    }

    fn end(&self) -> String {
        let mut change = json!({"stop_reason": self.reason(), "stop_sequence": self.script.stopped_by});
        if self.script.filter {
            change["stop_details"] = stop_details();
        }
        let mut end = json!({"type": "message_delta", "delta": change});
        if !self.script.nousage {
            end["usage"] = self.usage(None);
        }
        event(&end)
    }

    fn done(&self) -> String {
        event(&json!({"type": "message_stop"}))
    }

    fn error(&self, id: &str) -> String {
        event(&self.refusal(529, id))
    }

    fn ping(&self) -> String {
        "event: ping\ndata: {\"type\":\"ping\"}\n\n".into()
    }

    fn junk(&self) -> String {
        let unknown = event(&json!({"type": "weather_report", "temperature": 21}));
        format!(": keep-alive\nid: 7\nretry: 1\nunknown: field\n\n{unknown}")
    }

    fn whole(&self) -> Value {
        let mut content = Vec::new();
        if self.script.think > 0 {
            let thought: String = (0..self.script.think).map(|index| self.script.thought(index)).collect();
            content.push(json!({"type": "thinking", "thinking": thought, "signature": "signed"}));
        }
        if self.script.tokens > 0 {
            let text: String = (0..self.script.tokens).map(|index| self.script.token(index)).collect();
            content.push(json!({"type": "text", "text": text}));
        }
        for index in 0..self.script.tools {
            let id = format!("toolu_mock_{index}");
            content.push(json!({"type": "tool_use", "id": id, "name": self.tool_name(index), "input": {"n": index}}));
        }
        self.message(&content.into(), Some(self.reason()), self.usage(None))
    }

    fn refusal(&self, status: u16, id: &str) -> Value {
        let kind = match status {
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            400..500 => "invalid_request_error",
            529 => "overloaded_error",
            _ => "api_error",
        };
        let message = format!("The mock fails as it was told to, with {status}.{}", self.leaked);
        json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": id})
    }

    fn id_header(&self) -> &'static str {
        "request-id"
    }
}
