//! The model inside the binary, in a child process (H1-H5).

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use domain::chat::ResponseKind;
use domain::event::{Delta, Ending, FinishReason, TokenLogprob, TopLogprob, Usage};
use domain::{ApiError, Code, ModelInfo, Params, Price, Role, Vendor, WireRequest};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use inference::{CheckError, FailureKind, Finish, Generate, Grammar, QueueReason, Sampling};

use super::{Listed, Model, Provider, Update, Updates};
use crate::clock::Clock;
use crate::config::{Embedded, Timeouts};
use crate::render::ChatRequest;

/// What the provider is called.
pub const NAME: &str = "embedded";
/// The model that comes with the product.
pub const DEFAULT_MODEL: &str = "smollm2-135m-instruct";
/// The context of that model, in tokens, as its GGUF says.
const DEFAULT_CONTEXT_TOKENS: u32 = 8192;
/// Tokens that a chat template may add to a message, at the most that is believed; only decides whether the
/// exact count is waited for.
const TEMPLATE_TOKENS_PER_MESSAGE: usize = 64;

/// How long a run may wait for its exact token count before it is admitted without, in milliseconds.
const CHECK_WAIT_MS: u64 = 3_000;

/// How long a count that a client asks for may take, in milliseconds.
const ASK_WAIT_MS: u64 = 10_000;

/// How long a count while somebody types may take, in milliseconds.
const COUNT_WAIT_MS: u64 = 1_000;

/// The model inside the binary.
pub struct EmbeddedProvider {
    engine: inference::Engine,
    clock: Clock,
    config: Embedded,
}

impl EmbeddedProvider {
    /// Serves the model that the worker loads.
    #[must_use]
    pub fn new(engine: inference::Engine, clock: Clock, config: Embedded) -> Self {
        Self { engine, clock, config }
    }
}

/// The embedded model as the API shows it.
#[must_use]
pub fn model(config: &Embedded) -> ModelInfo {
    let file = config.model_path.as_deref();
    let name = config.model_name.clone().unwrap_or_else(|| file.map_or(DEFAULT_MODEL.into(), stem));
    let mut info = ModelInfo::named(&name, NAME);
    info.price = Some(Price::FREE);
    info.tools = false;
    info.images = false;
    info.unsupported = vec!["reasoning_effort".into()];
    info.defaults = Params {
        temperature: Some(1.0),
        top_p: Some(1.0),
        top_k: Some(0),
        presence_penalty: Some(0.0),
        frequency_penalty: Some(0.0),
        max_tokens: Some(inference::DEFAULT_MAX_TOKENS),
        ..Params::default()
    };
    if name == DEFAULT_MODEL {
        info.context_tokens = Some(DEFAULT_CONTEXT_TOKENS);
        info.note = Some("A tiny model that runs on this machine: fluent, and often wrong.".into());
        // From the example in the model's card.
        info.defaults.temperature = Some(0.2);
        info.defaults.top_p = Some(0.9);
    }
    info
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase()
}

impl Provider for EmbeddedProvider {
    fn name(&self) -> &str {
        NAME
    }

    fn endpoint(&self) -> &str {
        "this machine"
    }

    fn timeouts(&self) -> Option<Timeouts> {
        None
    }

    fn vendor(&self) -> Option<&'static str> {
        None
    }

    fn speaks(&self) -> Option<Vendor> {
        None
    }

    fn describe(&self, _: &str) -> ModelInfo {
        model(&self.config)
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<Listed>, ApiError>> {
        let info = model(&self.config);
        std::future::ready(Ok(vec![Listed { upstream: info.name.clone(), info }])).boxed()
    }

    fn check<'a>(&'a self, model: &'a Model, request: &'a ChatRequest) -> BoxFuture<'a, Result<(), ApiError>> {
        async move {
            if request.provider_options().is_some() {
                return Err(ApiError::new(
                    Code::ParameterNotSupported,
                    format!("`{}` does not take `provider_options`. Nothing was sent.", model.info.name),
                )
                .hint("Leave `provider_options` out, or choose another model."));
            }
            if surely_fits(model, request) && request.response_format().is_none() {
                return Ok(());
            }
            let generate = generate(request, &request.params().clone().or(&model.info.defaults))?;
            // While the model loads or restarts for longer, runs are admitted and wait; what is wrong then ends the run.
            match tokio::time::timeout(Duration::from_millis(CHECK_WAIT_MS), self.engine.check(&generate)).await {
                Ok(Err(error)) => Err(refusal(error)),
                Ok(Ok(_)) | Err(_) => Ok(()),
            }
        }
        .boxed()
    }

    fn count<'a>(&'a self, request: &'a ChatRequest) -> BoxFuture<'a, Option<u64>> {
        async move {
            let generate = generate(request, &Params { max_tokens: Some(1), ..Params::default() }).ok()?;
            let counted = tokio::time::timeout(Duration::from_millis(COUNT_WAIT_MS), self.engine.check(&generate));
            match counted.await.ok()? {
                Ok(tokens) => Some(u64::from(tokens)),
                // What does not fit has been counted, too.
                Err(CheckError::ContextOverflow { prompt_tokens, .. }) => Some(u64::from(prompt_tokens)),
                Err(_) => None,
            }
        }
        .boxed()
    }

    fn ask_count<'a>(&'a self, _: &'a Model, request: &'a ChatRequest) -> BoxFuture<'a, Result<Option<u64>, ApiError>> {
        async move {
            let generate = generate(request, &Params { max_tokens: Some(1), ..Params::default() })?;
            let counted = tokio::time::timeout(Duration::from_millis(ASK_WAIT_MS), self.engine.check(&generate));
            match counted.await {
                Ok(Ok(tokens)) => Ok(Some(u64::from(tokens))),
                // What does not fit has been counted, too.
                Ok(Err(CheckError::ContextOverflow { prompt_tokens, .. })) => Ok(Some(u64::from(prompt_tokens))),
                Ok(Err(error)) => Err(refusal(error)),
                Err(_) => {
                    let message = "The model is still being loaded and cannot count yet.";
                    Err(ApiError::new(Code::ModelUnavailable, message).retry(None))
                }
            }
        }
        .boxed()
    }

    fn stream(&self, model: &Model, request: ChatRequest) -> Updates {
        let mut params = request.params().clone().or(&model.info.defaults);
        params.seed.get_or_insert_with(|| self.clock.seed());
        if request.params().max_tokens.is_none() {
            params.max_tokens = None;
        }
        match generate(&request, &params) {
            Ok(generate) => {
                let mut usage = Usage::default();
                let sent = Update::Sent(sent(&generate));
                let updates = self.engine.generate(generate);
                let updates = updates.map(move |update| translate(update, &params, &mut usage));
                futures::stream::iter([Ok(sent)]).chain(updates).boxed()
            }
            Err(error) => futures::stream::iter([Err(error)]).boxed(),
        }
    }
}

/// The frame that the model's process is given.
fn sent(generate: &Generate) -> WireRequest {
    WireRequest {
        method: "generate".into(),
        url: "the embedded model's process".into(),
        headers: BTreeMap::new(),
        body: serde_json::to_string(generate).expect("a frame is strings and numbers").into(),
    }
}

/// Whether prompt and answer fit even if every byte were a token: then nobody has to wait for the count,
/// and a run is admitted while the model loads.
fn surely_fits(model: &Model, request: &ChatRequest) -> bool {
    let bytes: usize = request
        .messages()
        .iter()
        .map(|message| message.content.texts().map(str::len).sum::<usize>() + TEMPLATE_TOKENS_PER_MESSAGE)
        .sum();
    let answer = request.params().max_tokens.unwrap_or(1) as usize;
    model.info.context_tokens.is_some_and(|context| bytes + answer <= context as usize)
}

fn generate(request: &ChatRequest, params: &Params) -> Result<Generate, ApiError> {
    let messages = request
        .messages()
        .iter()
        .map(|message| match message.role {
            Role::Tool => Err(ApiError::new(Code::ParameterNotSupported, "The embedded model cannot call tools.")),
            role => Ok(inference::ChatMessage::new(role.as_str(), message.content.text())),
        })
        .collect::<Result<_, _>>()?;
    let grammar = request.response_format().map(|format| match (format.kind, &format.schema) {
        (ResponseKind::JsonSchema, Some(schema)) => Grammar::JsonSchema(schema.as_str().to_owned()),
        _ => Grammar::Json,
    });
    Ok(Generate {
        messages,
        max_tokens: params.max_tokens,
        sampling: Sampling {
            temperature: params.temperature.unwrap_or(1.0) as f32,
            top_p: params.top_p.unwrap_or(1.0) as f32,
            top_k: params.top_k.unwrap_or(0),
            presence_penalty: params.presence_penalty.unwrap_or(0.0) as f32,
            frequency_penalty: params.frequency_penalty.unwrap_or(0.0) as f32,
            // Any integer seeds; negative ones keep their bits.
            seed: params.seed.map(|seed| seed as u64),
        },
        stop: params.stop.clone().unwrap_or_default(),
        logprobs: params.logprobs,
        grammar,
    })
}

fn translate(update: inference::Update, params: &Params, usage: &mut Usage) -> Result<Update, ApiError> {
    use inference::Update as From;
    Ok(match update {
        From::Queued { position, reason } => Update::Queued { position, reason: waits_for(reason).into() },
        From::Started { prompt_tokens, cached_tokens, max_tokens } => {
            usage.input_tokens = u64::from(prompt_tokens);
            usage.cached_input_tokens = u64::from(cached_tokens);
            Update::Started {
                params: Params { max_tokens: Some(max_tokens), ..params.clone() },
                input_tokens: Some(usage.input_tokens),
                cached_input_tokens: usage.cached_input_tokens,
            }
        }
        From::Delta { text, output_tokens, logprobs } => {
            let logprobs = logprobs.into_iter().map(logprob).collect();
            Update::Delta(Delta { index: 0, text, logprobs }, Some(u64::from(output_tokens)))
        }
        From::Done { finish, output_tokens, stop_sequence } => Update::Done {
            finish_reason: match finish {
                Finish::Stop => FinishReason::Stop,
                Finish::Length => FinishReason::Length,
            },
            usage: Some(Usage { output_tokens: u64::from(output_tokens), ..*usage }),
            ending: Ending { stop_sequence, ..Ending::default() },
        },
        From::Failed { kind, message, .. } => return Err(failure(kind, message)),
    })
}

fn logprob(token: inference::TokenLogprob) -> TokenLogprob {
    let top = token.top.into_iter().map(|(token, logprob)| TopLogprob { token, logprob }).collect();
    TokenLogprob { token: token.token, logprob: token.logprob, top }
}

fn waits_for(reason: QueueReason) -> &'static str {
    match reason {
        QueueReason::Loading => "The model is being loaded.",
        QueueReason::Restarting => "The model's process is being restarted.",
        QueueReason::KvMemory => "Other runs hold the model's memory.",
        QueueReason::Sequences => "As many runs as the model can serve at a time are going on.",
    }
}

fn refusal(error: CheckError) -> ApiError {
    let kind = match error {
        CheckError::ContextOverflow { .. } => FailureKind::ContextOverflow,
        CheckError::BadGrammar(_) => FailureKind::BadGrammar,
        CheckError::BadMessages(_) => FailureKind::BadMessages,
        CheckError::Unavailable(_) => FailureKind::Unavailable,
        CheckError::Internal(_) => FailureKind::Internal,
    };
    failure(kind, error.to_string())
}

fn failure(kind: FailureKind, message: String) -> ApiError {
    let sentence = sentence(&message);
    match kind {
        FailureKind::Interrupted => {
            ApiError::new(Code::Interrupted, "The model's process ended while this run was going on.")
                .hint("What had arrived is kept. Run it again: the model is being restarted.")
                .retry(None)
        }
        FailureKind::ContextOverflow => ApiError::new(Code::ContextLengthExceeded, sentence)
            .hint("Shorten the prompt, lower max_tokens, or choose a model with a larger context."),
        FailureKind::BadGrammar => ApiError::new(Code::InvalidResponseFormat, sentence).param("response_format"),
        FailureKind::BadMessages => ApiError::new(Code::InvalidRequest, sentence),
        FailureKind::Unavailable => ApiError::new(Code::ModelUnavailable, sentence)
            .hint("Look at the server's log, or set ETUDE_MODEL_PATH to a GGUF that can be read.")
            .retry(None),
        FailureKind::Internal => ApiError::new(Code::Internal, sentence).retry(None),
    }
}

/// The worker's messages begin in lower case and without a full stop, to stand inside others.
fn sentence(message: &str) -> String {
    let mut chars = message.trim_end_matches('.').chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_model_says_that_it_is_tiny() {
        let model = model(&Embedded::default());
        assert_eq!(model.name, DEFAULT_MODEL);
        assert!(model.note.expect("a note").contains("often wrong"));
        let own = Embedded { model_path: Some("/models/Foo-1B.Q4.gguf".into()), model_name: None };
        assert_eq!(super::model(&own).name, "foo-1b.q4");
    }
}
