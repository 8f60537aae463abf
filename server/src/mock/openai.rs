//! OpenAI's chat completions, as the vendor's reference describes them; its types check them in `end2end/sdk`.

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

/// When every answer was made, in seconds since 1970.
const CREATED_S: i64 = 1_700_000_000;

/// The parts of a request that the mock heeds.
#[derive(Deserialize)]
pub struct Request {
    model: String,
    #[serde(default)]
    messages: Vec<Value>,
    #[serde(default)]
    tools: Vec<Value>,
    #[serde(default)]
    stream: bool,
    #[serde(default)]
    stream_options: Value,
    #[serde(default)]
    max_tokens: Option<u32>,
    #[serde(default)]
    max_completion_tokens: Option<u32>,
    /// A text, or several.
    #[serde(default)]
    stop: Value,
    #[serde(default = "one")]
    n: u32,
    #[serde(default)]
    logprobs: bool,
    #[serde(default)]
    top_logprobs: u32,
}

fn one() -> u32 {
    1
}

/// Most vectors that are made for one request.
const VECTORS_MAX: usize = 16;

/// Makes vectors: the length of each text, and its place.
pub async fn embed(Json(request): Json<Value>) -> Json<Value> {
    let texts = match &request["input"] {
        Value::Array(texts) => texts.clone(),
        text => vec![text.clone()],
    };
    let vectors = texts.iter().take(VECTORS_MAX).enumerate().map(|(index, text)| {
        let length = text.as_str().map_or(0, str::len);
        json!({"object": "embedding", "index": index, "embedding": [length as f64, index as f64]})
    });
    Json(json!({
        "object": "list", "model": request["model"], "data": vectors.collect::<Vec<_>>(),
        "usage": {"prompt_tokens": 1, "total_tokens": 1},
    }))
}

/// Plays a script.
pub async fn complete(State(mock): State<Arc<Mock>>, headers: HeaderMap, Json(request): Json<Request>) -> Response {
    let mut script = mock.usual.named(&request.model);
    script.hear(&request.messages);
    let stops = match &request.stop {
        Value::Array(stops) => stops.iter().filter_map(|stop| stop.as_str().map(str::to_owned)).collect(),
        stop => stop.as_str().map(str::to_owned).into_iter().collect::<Vec<_>>(),
    };
    script.stop_at(&stops);
    let wanted = script.tokens;
    script.tokens = wanted.min(request.max_completion_tokens.or(request.max_tokens).unwrap_or(wanted));
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
            Script { filter: true, .. } => "content_filter",
            Script { tools: 1.., .. } => "tool_calls",
            _ if self.was_cut => "length",
            _ => "stop",
        }
    }

    fn usage(&self) -> Value {
        // Any count will do, as long as it is the same every time.
        let input = super::prompt_tokens(&self.request.messages);
        let output = self.script.think + self.script.tokens + self.script.tools;
        let mut usage =
            json!({"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + u64::from(output)});
        if self.script.think > 0 {
            usage["completion_tokens_details"] = json!({"reasoning_tokens": self.script.think});
        }
        usage
    }

    fn chunk(&self, choices: &Value) -> Value {
        json!({
            "id": "chatcmpl-mock", "object": "chat.completion.chunk", "created": CREATED_S,
            "model": self.request.model, "choices": choices,
        })
    }

    fn choice(&self, delta: &Value, logprobs: Option<Value>, reason: Option<&str>) -> String {
        let choice = |index: u32| {
            let mut choice = json!({"index": index, "delta": delta, "finish_reason": reason});
            if let Some(logprobs) = &logprobs {
                choice["logprobs"] = json!({"content": [logprobs]});
            }
            event(&self.chunk(&json!([choice])))
        };
        (0..self.request.n).map(choice).collect()
    }

    fn logprob(&self, index: u32) -> Option<Value> {
        if !self.request.logprobs {
            return None;
        }
        let token = |text: &str, logprob: f64| json!({"token": text, "logprob": logprob, "bytes": text.as_bytes()});
        let text = self.script.token(index);
        let tops = (0..self.request.top_logprobs).map(|n| match n {
            0 => token(&text, -0.25),
            n => token(&format!("{text}?{n}"), -0.25 - f64::from(n)),
        });
        let mut logprob = token(&text, -0.25);
        logprob["top_logprobs"] = tops.collect();
        Some(logprob)
    }

    fn call(&self, index: u32) -> Value {
        let offered = self.request.tools.iter().map(|tool| tool["function"]["name"].as_str());
        let name = super::cyclic(offered, index);
        let arguments = format!("{{\"n\":{index}}}");
        json!({"id": format!("call_mock_{index}"), "type": "function", "function": {"name": name, "arguments": arguments}})
    }
}

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

impl Speaker for Words {
    fn begin(&self) -> String {
        self.choice(&json!({"role": "assistant", "content": ""}), None, None)
    }

    fn thought(&self, index: u32) -> String {
        self.choice(&json!({"reasoning_content": self.script.thought(index)}), None, None)
    }

    fn token(&self, index: u32) -> String {
        self.choice(&json!({"content": self.script.token(index)}), self.logprob(index), None)
    }

    fn tool(&self, index: u32) -> String {
        let mut begun = self.call(index);
        begun["index"] = index.into();
        let arguments = begun["function"]["arguments"].as_str().unwrap_or_default().to_owned();
        begun["function"]["arguments"] = "".into();
        let (head, tail) = arguments.split_at(arguments.len() / 2);
        let pieces = [head, tail].map(|piece| json!({"index": index, "function": {"arguments": piece}}));
        [begun].iter().chain(&pieces).map(|call| self.choice(&json!({"tool_calls": [call]}), None, None)).collect()
    }

    fn end(&self) -> String {
        let mut end = self.choice(&json!({}), None, Some(self.reason()));
        if self.request.stream_options["include_usage"] == true && !self.script.nousage {
            let mut usage = self.chunk(&json!([]));
            usage["usage"] = self.usage();
            end += &event(&usage);
        }
        end
    }

    fn done(&self) -> String {
        "data: [DONE]\n\n".into()
    }

    fn error(&self, id: &str) -> String {
        event(&self.refusal(500, id))
    }

    fn ping(&self) -> String {
        ": ping\n\n".into()
    }

    fn junk(&self) -> String {
        ": keep-alive\nid: 7\nretry: 1\nunknown: field\n\n".into()
    }

    fn whole(&self) -> Value {
        let tokens = 0..self.script.tokens;
        let text: String = tokens.clone().map(|index| self.script.token(index)).collect();
        let mut message = json!({"role": "assistant", "content": text, "refusal": null});
        if self.script.think > 0 {
            message["reasoning_content"] =
                (0..self.script.think).map(|index| self.script.thought(index)).collect::<String>().into();
        }
        if self.script.tools > 0 {
            message["tool_calls"] = (0..self.script.tools).map(|index| self.call(index)).collect();
        }
        let mut choice = json!({"index": 0, "message": message, "finish_reason": self.reason(), "logprobs": null});
        if self.request.logprobs {
            choice["logprobs"] = json!({"content": tokens.filter_map(|index| self.logprob(index)).collect::<Vec<_>>()});
        }
        let mut whole = json!({
            "id": "chatcmpl-mock", "object": "chat.completion", "created": CREATED_S, "model": self.request.model,
            "choices": (0..self.request.n).map(|index| {
                choice["index"] = index.into();
                choice.clone()
            }).collect::<Vec<_>>(),
        });
        if !self.script.nousage {
            whole["usage"] = self.usage();
        }
        whole
    }

    fn refusal(&self, status: u16, _: &str) -> Value {
        let (kind, code) = match status {
            401 => ("invalid_request_error", Some("invalid_api_key")),
            403 => ("invalid_request_error", Some("unsupported_country_region_territory")),
            404 => ("invalid_request_error", Some("model_not_found")),
            429 => ("requests", Some("rate_limit_exceeded")),
            400..500 => ("invalid_request_error", None),
            _ => ("server_error", None),
        };
        let message = format!("The mock fails as it was told to, with {status}.{}", self.leaked);
        json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
    }

    fn id_header(&self) -> &'static str {
        "x-request-id"
    }
}
