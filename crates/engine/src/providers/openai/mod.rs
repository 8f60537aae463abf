//! OpenAI's chat completions, and all that speak them (Ollama, llama.cpp server, vLLM, …).
//!
//! <https://platform.openai.com/docs/api-reference/chat>

mod answer;
mod body;

use std::time::Duration;

use domain::limits::UPSTREAM_ERROR_BYTES_MAX;
use domain::{ApiError, Code, Params, Upstream};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;

use self::answer::Answer;
use super::{Model, Provider, Update, Updates};
use crate::config::{ProviderConfig, Timeouts};
use crate::error::Error;
use crate::render::ChatRequest;

/// Longest part of a provider's message that is passed on, in characters.
const MESSAGE_CHARS_MAX: usize = 2_000;

/// A provider that speaks OpenAI's wire.
pub struct OpenAi {
    name: String,
    url: String,
    /// The address without a user's name and password.
    shown: String,
    key: Option<String>,
    timeouts: Timeouts,
    client: Client,
}

impl OpenAi {
    /// Takes the provider as configured.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn new(config: &ProviderConfig) -> Result<Self, Error> {
        let url = config.base_url.clone().or_else(|| config.endpoint.first().map(|endpoint| endpoint.url.clone()));
        let client = Client::builder()
            .connect_timeout(Duration::from_millis(config.timeouts.connect_ms))
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .build()
            .map_err(|error| Error::Config(format!("provider `{}`: {error}", config.name)))?;
        let url = url.unwrap_or_default().trim_end_matches('/').to_owned();
        let mut shown = reqwest::Url::parse(&url).map_err(|error| {
            Error::Config(format!("provider `{}`: base_url `{url}` is not a URL: {error}", config.name))
        })?;
        // Only a URL without a host refuses these.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        Ok(Self {
            name: config.name.clone(),
            shown: shown.to_string(),
            url,
            key: config.api_key.clone(),
            timeouts: config.timeouts,
            client,
        })
    }
}

impl Provider for OpenAi {
    fn name(&self) -> &str {
        &self.name
    }

    fn endpoint(&self) -> &str {
        &self.shown
    }

    fn timeouts(&self) -> Option<Timeouts> {
        Some(self.timeouts)
    }

    fn check<'a>(&'a self, _: &'a Model, _: &'a ChatRequest) -> BoxFuture<'a, Result<(), ApiError>> {
        // Nothing is known of the model but what the provider will say itself.
        std::future::ready(Ok(())).boxed()
    }

    fn stream(&self, model: &Model, request: ChatRequest) -> Updates {
        let params: Params = request.params().clone();
        let started = Update::Started { params, input_tokens: None, cached_input_tokens: 0 };
        let mut call = self
            .client
            .post(format!("{}/chat/completions", self.url))
            .header(CONTENT_TYPE, "application/json")
            .header("accept", "text/event-stream")
            .body(body::encode(&model.upstream, &request));
        if let Some(key) = &self.key {
            call = call.bearer_auth(key);
        }
        let name = self.name.clone();
        let answer = async move {
            match call.send().await {
                Ok(response) if is_stream(&response) => Answer::new(name, response).into_updates(),
                Ok(response) => stream::iter([Err(refused(&name, response).await)]).boxed(),
                Err(error) => stream::iter([Err(unreachable(&name, &error))]).boxed(),
            }
        };
        stream::iter([Ok(started)]).chain(stream::once(answer).flatten()).boxed()
    }
}

fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    response.status().is_success() && kind.starts_with("text/event-stream")
}

/// The provider's own error, in the shapes that are in use.
#[derive(Deserialize)]
pub(super) struct ErrorBody {
    error: ErrorForm,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ErrorForm {
    Object { message: Option<String> },
    Text(String),
}

impl ErrorBody {
    pub(super) fn message(self) -> Option<String> {
        match self.error {
            ErrorForm::Object { message } => message,
            ErrorForm::Text(text) => Some(text),
        }
    }
}

async fn refused(name: &str, mut response: Response) -> ApiError {
    let status = response.status();
    let headers = response.headers().clone();
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = UPSTREAM_ERROR_BYTES_MAX - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == UPSTREAM_ERROR_BYTES_MAX {
            break;
        }
    }
    let said = serde_json::from_slice::<ErrorBody>(&body)
        .ok()
        .and_then(ErrorBody::message)
        .unwrap_or_else(|| String::from_utf8_lossy(&body).trim().to_owned());
    explain(name, status, &headers, &said)
}

fn explain(name: &str, status: StatusCode, headers: &HeaderMap, said: &str) -> ApiError {
    let said: String = said.chars().take(MESSAGE_CHARS_MAX).collect();
    let text = |header: &str| headers.get(header).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (code, hint, retryable) = match status.as_u16() {
        401 | 403 => (Code::UpstreamAuthentication, "Check the key of this provider.", false),
        429 => (Code::UpstreamRateLimit, "Wait, or use another model.", true),
        408 | 500.. => (Code::UpstreamError, "Try again, or use another model.", true),
        200..300 => (Code::UpstreamInvalid, "Check that base_url is the address of an OpenAI-compatible API.", false),
        _ => (Code::UpstreamError, "Change the request as the provider says.", false),
    };
    let message = if said.is_empty() {
        format!("{name} answered with status {status}.")
    } else {
        format!("{name} answered with status {status}: {said}")
    };
    let mut error = ApiError::new(code, message).hint(hint);
    error.retryable = retryable;
    error.retry_after_ms = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok())
        .map(|s| s.saturating_mul(1_000));
    error.upstream = Some(Box::new(Upstream {
        status: Some(status.as_u16()),
        message: (!said.is_empty()).then_some(said),
        request_id: text("x-request-id").or_else(|| text("request-id")),
    }));
    error
}

fn unreachable(name: &str, error: &reqwest::Error) -> ApiError {
    // The innermost cause says it; the outer ones repeat the URL.
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let why = if error.is_timeout() { "no connection in time".to_owned() } else { cause.to_string() };
    ApiError::new(Code::UpstreamUnreachable, format!("{name} cannot be reached: {why}."))
        .hint("Check that it runs and that its base_url is right.")
        .retry(None)
}
