//! The embedded language model: llama.cpp with continuous batching, in a child process.
//!
//! This crate knows tokens and sequences. It knows no users, prompts, HTTP or databases.
//!
//! - In the server: [`Engine::start`] with an [`EngineConfig`], [`Engine::status`],
//!   [`Engine::check`], [`Engine::generate`] → [`Generation`], a stream of [`Update`]s;
//!   [`Engine::worker_pid`], [`Engine::shutdown`].
//! - In the child: [`run_worker`], configured by its first frame, a [`WorkerConfig`].
//! - A request: [`Generate`] of [`ChatMessage`]s, [`Sampling`], [`Grammar`].
//! - Before anything: [`cpu_supported`].
//!
//! # Code map
//!
//! Server side: `client.rs` (the handle) → `supervisor.rs` (one task, one worker) and `jobs.rs`
//! (what is not answered yet). Between them: `protocol.rs`. Worker side: `worker.rs` (threads),
//! `load.rs`, `prepare.rs` (a request becomes a sequence: `template.rs`, `specials.rs`,
//! `vocabulary.rs`, `grammar.rs`), `batch.rs` (the decode loop; `pace.rs`), `sequence.rs` (one generation in
//! it: `sampler.rs`, `text.rs`, `stop.rs`), `output.rs`.
//!
//! # Invariants
//!
//! - A prompt holds what its request shows: no system prompt of the template's, no special token
//!   from a message's text.
//! - A sequence that runs has its memory: KV cells for prompt and `max_tokens` are reserved.
//! - A stream ends with `Done` or `Failed`, and that is its last update.
//! - The worker ends when its input does, whatever it is doing.
//!
//! # What company changes
//!
//! A run is a function of its request and seed: alone, it is the same each time. Beside other
//! sequences its keys lie elsewhere in the shared cache, llama.cpp sums them in another order and
//! in half precision, and logits differ in their last digits. Measured with SmolLM2-135M, 16 texts
//! of 96 tokens, those that are equal to the solo run (two runs where there are two figures: when
//! sequences join depends on timing):
//!
//! | beside | greedy | temperature 1, seeded |
//! |---|---|---|
//! | none, again | 16 | 16 |
//! | 1 other | 16 | 16 |
//! | 3 others | 16, 16 | 15, 15 |
//! | 7 others | 16 | 11 |
//! | 15 others | 15, 16 | 14, 12 |
//!
//! Two things are made for it: the draw (`sampler.rs`; one random number along the cumulated
//! weights gave 8 seeded texts beside 3 others and 2 beside 15), and steps of fewer than 64 tokens
//! (`batch.rs`; with 64, 8 greedy texts beside 7 others). Values in single precision gave 15
//! seeded texts beside 15 others, once, for half as much cache again. The figures are from
//! `tests/it/measure.rs`.

#[cfg(not(unix))]
compile_error!("the worker's pipes are those of Unix");

mod batch;
mod client;
mod cpu;
mod grammar;
mod jobs;
mod load;
mod output;
mod pace;
mod prepare;
mod protocol;
mod sampler;
mod sequence;
mod specials;
mod stop;
mod supervisor;
mod template;
mod text;
mod vocabulary;
mod worker;

pub use client::{Engine, EngineConfig, Generation, Status};
pub use cpu::cpu_supported;
pub use protocol::{
    ChatMessage, CheckError, DEFAULT_MAX_TOKENS, FRAME_BYTES_MAX, FailureKind, Finish, Generate, Grammar, KV_TOKENS,
    ModelInfo, QueueReason, SEQUENCES_MAX, Sampling, TokenLogprob, Update, WorkerConfig,
};
pub use worker::run_worker;
