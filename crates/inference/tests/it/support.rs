//! One engine for the tests that do not harm it, and short ways to ask it.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use futures::StreamExt;
use inference::{
    ChatMessage, Engine, EngineConfig, Finish, Generate, Generation, Sampling, Status, TokenLogprob, Update,
    WorkerConfig,
};
use tokio::runtime::Runtime;

/// No test waits longer for anything.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn model_path() -> PathBuf {
    let path = std::env::var_os("ETUDE_TEST_MODEL").map(PathBuf::from).unwrap_or_else(|| {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| {
            let home = std::env::var_os("HOME")?;
            Some(PathBuf::from(home).join(".cache"))
        });
        cache.unwrap_or_default().join("etude/model/SmolLM2-135M-Instruct.Q4_1.gguf")
    });
    assert!(path.exists(), "there is no model at {}: run cargo xtask model", path.display());
    path
}

/// A small cache: most tests need little.
pub fn config() -> EngineConfig {
    let worker = WorkerConfig { kv_tokens: 8192, ..WorkerConfig::new(model_path()) };
    EngineConfig { program: env!("CARGO_BIN_EXE_inference-worker").into(), args: Vec::new(), worker }
}

/// Runs a test on the runtime and the engine that all of them share.
pub fn with_shared<F: Future<Output = ()>>(test: impl FnOnce(Engine) -> F) {
    static SHARED: OnceLock<(Runtime, Engine)> = OnceLock::new();
    let (runtime, engine) = SHARED.get_or_init(|| {
        let runtime = Runtime::new().unwrap();
        let engine = runtime.block_on(async { Engine::start(config()) });
        (runtime, engine)
    });
    runtime.block_on(async { tokio::time::timeout(PATIENCE, test(engine.clone())).await.unwrap() });
}

pub async fn wait_ready(engine: &Engine) {
    let mut status = engine.status();
    let ready = status.wait_for(|status| matches!(status, Status::Ready(_)));
    tokio::time::timeout(PATIENCE, ready).await.unwrap().unwrap();
}

pub fn greedy() -> Sampling {
    Sampling { temperature: 0.0, ..Sampling::default() }
}

/// A greedy request of one user message.
pub fn ask(text: &str, max_tokens: u32) -> Generate {
    Generate {
        messages: vec![ChatMessage::new("user", text)],
        max_tokens: Some(max_tokens),
        sampling: greedy(),
        stop: Vec::new(),
        logprobs: None,
        grammar: None,
    }
}

/// All that came of a generation.
#[derive(Debug, Default)]
pub struct Outcome {
    pub text: String,
    pub deltas: Vec<String>,
    pub logprobs: Vec<TokenLogprob>,
    pub prompt_tokens: u32,
    pub queued: Vec<Update>,
    pub last: Option<Update>,
}

impl Outcome {
    pub fn finish(&self) -> (Finish, u32) {
        match self.last {
            Some(Update::Done { finish, output_tokens, .. }) => (finish, output_tokens),
            ref other => panic!("it did not finish: {other:?}"),
        }
    }
}

pub async fn collect(mut generation: Generation) -> Outcome {
    let mut outcome = Outcome::default();
    while let Some(update) = generation.next().await {
        match update {
            Update::Queued { .. } => outcome.queued.push(update),
            Update::Started { prompt_tokens, .. } => outcome.prompt_tokens = prompt_tokens,
            Update::Delta { text, logprobs, .. } => {
                outcome.text.push_str(&text);
                outcome.deltas.push(text);
                outcome.logprobs.extend(logprobs);
            }
            last => outcome.last = Some(last),
        }
    }
    outcome
}

/// Waits for the first token.
pub async fn started(generation: &mut Generation) {
    while let Some(update) = generation.next().await {
        match update {
            Update::Delta { .. } => return,
            other if other.is_last() => panic!("it ended: {other:?}"),
            _ => {}
        }
    }
}
