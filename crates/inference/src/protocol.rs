//! What the two processes say to each other, as plain data.
//!
//! One frame is a `u32` length in little endian and that many bytes of JSON. The first frame a
//! worker reads is its [`WorkerConfig`]; the first it writes is [`Event::Ready`] or
//! [`Event::ModelError`].

use std::io::{self, Read};
use std::path::PathBuf;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The largest frame that is sent or read, in bytes. A request body of 16 MiB grows at most
/// sixfold when JSON escapes it.
pub const FRAME_BYTES_MAX: usize = 128 << 20;

/// Tokens of output when a request names no `max_tokens`.
pub const DEFAULT_MAX_TOKENS: u32 = 512;

/// Sequences that decode together.
pub const SEQUENCES_MAX: u32 = 16;

/// Cells of the KV cache that all sequences share, in tokens. One takes 23 KB with a model of 135M
/// weights: with these the worker holds 490 MB, 100 of them the model's file.
pub const KV_TOKENS: u32 = 16_384;

/// No more threads than this unless they are asked for.
const THREADS_MAX: u32 = 8;

/// A message of the conversation, as the request shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// The text; special tokens in it are text like any other.
    pub content: String,
}

impl ChatMessage {
    /// Builds a message.
    pub fn new(role: impl Into<String>, content: impl Into<String>) -> Self {
        Self { role: role.into(), content: content.into() }
    }
}

/// Everything that decides what is generated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generate {
    /// The conversation. When the last message is the assistant's, it is continued.
    pub messages: Vec<ChatMessage>,
    /// Tokens of output at most. `None`: what the context leaves, at most
    /// [`WorkerConfig::default_max_tokens`]; [`Update::Started`] says the number.
    pub max_tokens: Option<u32>,
    /// How a token is picked.
    pub sampling: Sampling,
    /// Output ends before the first of these; an empty string never matches.
    pub stop: Vec<String>,
    /// Alternatives reported with each token, 0 to 20; `None` reports no log probabilities.
    pub logprobs: Option<u8>,
    /// The language that the output must be a sentence of.
    pub grammar: Option<Grammar>,
}

/// How a token is picked from the model's distribution: complete, there are no hidden values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// 0 always picks the likeliest token.
    pub temperature: f32,
    /// Keeps the likeliest tokens that together have this probability; 1 is off.
    pub top_p: f32,
    /// Keeps this many of the likeliest tokens; 0 is off.
    pub top_k: u32,
    /// Subtracted from the logit of each token that was generated before.
    pub presence_penalty: f32,
    /// Subtracted from a token's logit for each time it was generated before.
    pub frequency_penalty: f32,
    /// Reproduces a run; `None` draws one.
    pub seed: Option<u64>,
}

impl Default for Sampling {
    /// The model's own distribution: temperature 1, everything else off.
    fn default() -> Self {
        Self { temperature: 1.0, top_p: 1.0, top_k: 0, presence_penalty: 0.0, frequency_penalty: 0.0, seed: None }
    }
}

/// A language that the output is held to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grammar {
    /// Any JSON object.
    Json,
    /// JSON that conforms to this schema. Its text, so that the order of the properties is kept.
    JsonSchema(String),
}

/// What happens to a generation, in order. The last one is `Done` or `Failed`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Update {
    /// It waits; sent again when position or reason changes.
    Queued {
        /// 1 is next.
        position: u32,
        /// What it waits for.
        reason: QueueReason,
    },
    /// Its memory is reserved and its prompt is being read.
    Started {
        /// Tokens of the prompt, with the chat template.
        prompt_tokens: u32,
        /// Those of them that were not computed again.
        cached_tokens: u32,
        /// Tokens of output at most, also when the request named none.
        max_tokens: u32,
    },
    /// More output: one for each token, except where text could be the start of a stop sequence
    /// or of a character.
    Delta {
        /// Never empty, unless only log probabilities were left at the end.
        text: String,
        /// Tokens generated so far, with those whose text is still held back.
        output_tokens: u32,
        /// One for each token in `text`, when they were asked for.
        logprobs: Vec<TokenLogprob>,
    },
    /// It ended.
    Done {
        /// Why.
        finish: Finish,
        /// Tokens generated, without the end-of-turn token.
        output_tokens: u32,
        /// The stop sequence that was met.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stop_sequence: Option<String>,
    },
    /// It ended in an error; what came before stands.
    Failed {
        /// What kind of error.
        kind: FailureKind,
        /// One sentence for the user.
        message: String,
        /// Tokens generated before.
        output_tokens: u32,
    },
}

impl Update {
    /// Says whether nothing follows.
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Failed { .. })
    }
}

/// What a queued generation waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueReason {
    /// The model is being loaded for the first time.
    Loading,
    /// The worker died and is being started again.
    Restarting,
    /// KV memory for prompt and `max_tokens`.
    KvMemory,
    /// One of the sequences that decode together.
    Sequences,
}

/// Why a generation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model ended its turn, a stop sequence was met, or the grammar was complete.
    Stop,
    /// `max_tokens` were generated.
    Length,
}

/// What kind of error ended a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The worker died, or the engine was shut down.
    Interrupted,
    /// Prompt and `max_tokens` do not fit into the context.
    ContextOverflow,
    /// The schema is malformed or asks for something that cannot be enforced.
    BadGrammar,
    /// The chat template refuses these messages.
    BadMessages,
    /// The model cannot be loaded.
    Unavailable,
    /// A defect of ours.
    Internal,
}

/// How likely a token was, from the model's distribution before temperature and penalties.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenLogprob {
    /// The token's text; a part of a character is U+FFFD.
    pub token: String,
    /// Natural logarithm of its probability.
    pub logprob: f32,
    /// The likeliest tokens, best first, with theirs.
    pub top: Vec<(String, f32)>,
}

/// Why a request cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckError {
    /// Prompt and `max_tokens` do not fit into the context.
    #[error(
        "the prompt has {prompt_tokens} tokens and max_tokens is {max_tokens}: together they must \
         not exceed the model's context of {context_tokens} tokens"
    )]
    ContextOverflow {
        /// Tokens of the prompt; at least so many where it is too large to count.
        prompt_tokens: u32,
        /// Tokens of output asked for; 1 where none were.
        max_tokens: u32,
        /// Tokens the model can attend to.
        context_tokens: u32,
    },
    /// The schema is malformed or asks for something that cannot be enforced.
    #[error("the schema cannot be used: {0}")]
    BadGrammar(String),
    /// The chat template refuses these messages.
    #[error("the model cannot take these messages: {0}")]
    BadMessages(String),
    /// The model cannot be loaded, or the engine was shut down.
    #[error("the model is not available: {0}")]
    Unavailable(String),
    /// A defect of ours.
    #[error("the model failed: {0}")]
    Internal(String),
}

impl CheckError {
    pub(crate) fn kind(&self) -> FailureKind {
        match self {
            Self::ContextOverflow { .. } => FailureKind::ContextOverflow,
            Self::BadGrammar(_) => FailureKind::BadGrammar,
            Self::BadMessages(_) => FailureKind::BadMessages,
            Self::Unavailable(_) => FailureKind::Unavailable,
            Self::Internal(_) => FailureKind::Internal,
        }
    }

    pub(crate) fn into_update(self) -> Update {
        Update::Failed { kind: self.kind(), message: self.to_string(), output_tokens: 0 }
    }
}

/// What the worker is to load and how much it may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerConfig {
    /// A GGUF file.
    pub model_path: PathBuf,
    /// Threads of the decoding loop.
    pub threads: u32,
    /// Cells of the KV cache, in tokens: memory that is taken when the model is loaded. A request
    /// may use at most this and at most what the model was trained on.
    pub kv_tokens: u32,
    /// Sequences that decode together, at most 256.
    pub sequences_max: u32,
    /// Tokens of output when a request names no `max_tokens`.
    pub default_max_tokens: u32,
}

impl WorkerConfig {
    /// Takes the defaults for this machine: one thread for each core it may use, at most 8.
    pub fn new(model_path: impl Into<PathBuf>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |n| n.get() as u32);
        Self {
            model_path: model_path.into(),
            threads: cores.min(THREADS_MAX),
            kv_tokens: KV_TOKENS,
            sequences_max: SEQUENCES_MAX,
            default_max_tokens: DEFAULT_MAX_TOKENS,
        }
    }
}

/// What the worker has loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// `general.name` of the file, if it has one.
    pub name: Option<String>,
    /// Tokens that one request may use, prompt and output together.
    pub context_tokens: u32,
    /// Tokens in the vocabulary.
    pub vocab_tokens: u32,
    /// Weights.
    pub parameters: u64,
    /// Cells of the KV cache that all sequences share, in tokens.
    pub kv_tokens: u32,
    /// Sequences that decode together.
    pub sequences_max: u32,
}

/// From the supervisor to the worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Command {
    Generate { id: u64, request: Generate },
    Check { id: u64, request: Generate },
    Cancel { id: u64 },
}

/// From the worker to the supervisor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    Ready(ModelInfo),
    ModelError { message: String },
    Update { id: u64, update: Update },
    Checked { id: u64, result: Result<u32, CheckError> },
}

/// Appends a frame to `bytes`.
pub(crate) fn append_frame(bytes: &mut Vec<u8>, message: &impl Serialize) -> io::Result<()> {
    let start = bytes.len();
    bytes.extend_from_slice(&[0; 4]);
    serde_json::to_writer(&mut *bytes, message)?;
    let length = bytes.len() - start - 4;
    if length > FRAME_BYTES_MAX {
        bytes.truncate(start);
        return Err(io::Error::other(format!("a message of {length} bytes is larger than {FRAME_BYTES_MAX}")));
    }
    let length = u32::try_from(length).expect("FRAME_BYTES_MAX fits into u32");
    bytes[start..start + 4].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

/// Reads a frame; `None` at the end of the stream.
pub(crate) fn read_frame<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > FRAME_BYTES_MAX {
        return Err(io::Error::other(format!("a frame of {length} bytes is larger than {FRAME_BYTES_MAX}")));
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(Some(serde_json::from_slice(&bytes)?))
}
