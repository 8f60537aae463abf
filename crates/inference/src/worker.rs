//! The child process: loads the model, reads commands, runs the batch.
//!
//! Three threads. The *reader* takes commands from standard input and ends the process at its
//! end, whatever the others are doing: a server that was killed leaves no worker behind. The
//! *preparer* renders, tokenizes and compiles grammars, so that a large prompt does not hold up
//! the batch. The main thread decodes.

use std::io::{self, BufReader};
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::mpsc::{self, Sender};
use std::thread;

use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;

use crate::batch::{Batcher, Input, PROMPT_TOKENS_ALONE};
use crate::load;
use crate::output::{Output, exit_now};
use crate::prepare::{Preparer, Task};
use crate::protocol::{Command, Event, ModelInfo, WorkerConfig, read_frame};
use crate::vocabulary::Vocabulary;

/// How much rather than others this process is killed when the machine runs out of memory
/// (`oom_score_adj`, -1000 to 1000): its death ends its runs, the server's ends everyone's.
const OOM_SCORE: &str = "500";

/// Runs the worker over standard input and output until its input ends.
///
/// The process belongs to it: it ends the process by itself as soon as standard input is closed.
/// Only the [`Engine`](crate::Engine) starts it; the first frame it reads is a [`WorkerConfig`].
pub fn run_worker() -> ExitCode {
    // Not everywhere allowed, and not vital.
    let _ = std::fs::write("/proc/self/oom_score_adj", OOM_SCORE);
    let output = match Output::take_stdout() {
        Ok(output) => output,
        Err(error) => return complain(&format!("standard output cannot be used: {error}")),
    };
    let mut input = BufReader::new(io::stdin());
    let config: WorkerConfig = match read_frame(&mut input) {
        Ok(Some(config)) => config,
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => return complain(&format!("the configuration cannot be read: {error}")),
    };
    let (inputs, received) = mpsc::channel();
    let (tasks, to_prepare) = mpsc::channel();
    let from_reader = inputs.clone();
    thread::spawn(move || {
        // Whatever ends the reader ends the process: nobody else notices that the server is gone.
        let read = catch_unwind(AssertUnwindSafe(|| read_commands(input, &tasks, &from_reader)));
        exit_now(i32::from(!matches!(read, Ok(Ok(())))));
    });

    let loaded = load::model(&config.model_path).and_then(|(backend, model)| {
        let vocabulary: &'static Vocabulary = Box::leak(Box::new(Vocabulary::new(model)?));
        Ok((backend, model, vocabulary))
    });
    let (backend, model, vocabulary) = match loaded {
        Ok(loaded) => loaded,
        Err(message) => return give_up(&output, message),
    };
    let info = info(&config, model);
    let context = match context(&config, &backend, model) {
        Ok(context) => context,
        Err(message) => return give_up(&output, message),
    };
    let preparer = Preparer {
        model,
        vocabulary,
        output: output.clone(),
        inputs,
        context_tokens: info.context_tokens,
        default_max_tokens: config.default_max_tokens,
    };
    thread::spawn(move || preparer.run(&to_prepare));
    let (cells, sequences_max) = (info.kv_tokens, info.sequences_max);
    output.send(&[Event::Ready(info)]);
    Batcher::new(context, vocabulary, output, cells, sequences_max).run(&received);
    ExitCode::SUCCESS
}

fn read_commands(mut input: impl io::Read, tasks: &Sender<Task>, inputs: &Sender<Input>) -> io::Result<()> {
    let gone = || io::Error::other("a thread of the worker has died");
    while let Some(command) = read_frame(&mut input)? {
        match command {
            Command::Generate { id, request } => {
                inputs.send(Input::Expect(id)).map_err(|_| gone())?;
                tasks.send(Task::Generate { id, request }).map_err(|_| gone())?;
            }
            Command::Check { id, request } => {
                tasks.send(Task::Check { id, request }).map_err(|_| gone())?;
            }
            Command::Cancel { id } => inputs.send(Input::Cancel(id)).map_err(|_| gone())?,
        }
    }
    Ok(())
}

fn info(config: &WorkerConfig, model: &LlamaModel) -> ModelInfo {
    ModelInfo {
        name: model.meta_val_str("general.name").ok(),
        context_tokens: model.n_ctx_train().min(config.kv_tokens),
        vocab_tokens: model.n_vocab().cast_unsigned(),
        parameters: model.n_params(),
        kv_tokens: config.kv_tokens,
        sequences_max: config.sequences_max,
    }
}

fn context<'a>(
    config: &WorkerConfig,
    backend: &LlamaBackend,
    model: &'a LlamaModel,
) -> Result<llama_cpp_2::context::LlamaContext<'a>, String> {
    let batch = config.sequences_max + PROMPT_TOKENS_ALONE as u32;
    let threads = i32::try_from(config.threads.max(1)).unwrap_or(1);
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(config.kv_tokens))
        .with_n_seq_max(config.sequences_max)
        .with_kv_unified(true)
        .with_n_batch(batch)
        .with_n_ubatch(batch)
        .with_n_threads(threads)
        .with_n_threads_batch(threads)
        .with_no_perf(true);
    model
        .new_context(backend, params)
        .map_err(|_| format!("there is no memory for a KV cache of {} tokens", config.kv_tokens))
}

fn give_up(output: &Output, message: String) -> ExitCode {
    output.send(&[Event::ModelError { message }]);
    ExitCode::FAILURE
}

fn complain(message: &str) -> ExitCode {
    eprintln!("inference worker: {message}");
    ExitCode::FAILURE
}
