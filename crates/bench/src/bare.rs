//! A bare loop over llama.cpp, without anything of ours: what the worker is held against.
//!
//! A process of its own, since libgomp reads its settings when it is loaded. It reads a task a line and answers each
//! with its seconds.

use std::io::{BufRead, BufReader, Write};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;

/// Tokens of a prompt that are decoded with one call.
const BATCH: usize = 512;
/// As the worker has it: its supervisor sets it, see `crates/inference/src/supervisor.rs`.
const SPIN_COUNT: (&str, &str) = ("GOMP_SPINCOUNT", "300");

/// The bare loop as a child.
pub struct Bare {
    child: Child,
    tasks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Bare {
    /// Starts one and waits until the model is loaded.
    pub fn start(model: &Path, threads: u32) -> Result<Self> {
        let program = std::env::current_exe().context("the path of this program is not known")?;
        let mut child = Command::new(program)
            .arg("bare")
            .arg(model)
            .arg(threads.to_string())
            .env(SPIN_COUNT.0, SPIN_COUNT.1)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("starting the bare loop")?;
        let tasks = child.stdin.take().context("its input is a pipe")?;
        let answers = BufReader::new(child.stdout.take().context("its output is a pipe")?);
        let mut bare = Self { child, tasks, answers };
        bare.seconds("ready")?;
        Ok(bare)
    }

    /// Decodes so many sequences for so many steps; gives tokens a second in all.
    pub fn decode(&mut self, sequences: usize, steps: usize) -> Result<f64> {
        Ok((sequences * steps) as f64 / self.seconds(&format!("decode {sequences} {steps}"))?)
    }

    /// Reads a prompt of so many tokens, so many with one call; gives tokens a second.
    pub fn prefill(&mut self, tokens: usize, at_a_time: usize) -> Result<f64> {
        Ok(tokens as f64 / self.seconds(&format!("prefill {tokens} {at_a_time}"))?)
    }

    fn seconds(&mut self, task: &str) -> Result<f64> {
        writeln!(self.tasks, "{task}").context("asking the bare loop")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer).context("reading the bare loop's answer")?;
        answer.trim().parse().with_context(|| format!("the bare loop answers `{answer}` to `{task}`"))
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the child does: tasks in, seconds out, until its input ends.
pub fn run(model: &PathBuf, threads: i32) -> Result<()> {
    let mut backend = LlamaBackend::init()?;
    backend.void_logs();
    let model = LlamaModel::load_from_file(&backend, model, &LlamaModelParams::default())?;
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(inference::KV_TOKENS))
        .with_n_seq_max(inference::SEQUENCES_MAX)
        .with_kv_unified(true)
        .with_n_batch(BATCH as u32)
        .with_n_ubatch(BATCH as u32)
        .with_n_threads(threads)
        .with_n_threads_batch(threads)
        .with_no_perf(true);
    let context = model.new_context(&backend, params)?;
    let mut looped = Loop { model: &model, context, batch: LlamaBatch::new(BATCH, 1) };
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<_> = line.split(' ').collect();
        let seconds = match words[..] {
            ["ready"] => 0.0,
            ["decode", sequences, steps] => looped.decode(sequences.parse()?, steps.parse()?)?,
            ["prefill", tokens, at_a_time] => looped.prefill(tokens.parse()?, at_a_time.parse()?)?,
            _ => bail!("`{line}` is no task"),
        };
        println!("{seconds}");
    }
    Ok(())
}

struct Loop<'a> {
    model: &'a LlamaModel,
    context: LlamaContext<'a>,
    batch: LlamaBatch<'a>,
}

impl Loop<'_> {
    fn decode(&mut self, sequences: i32, steps: i32) -> Result<f64> {
        self.context.clear_kv_cache();
        let prompt = "<|im_start|>user\nWrite a story about the sea.<|im_end|>\n<|im_start|>assistant\n";
        let prompt = self.model.vocab().tokenize(prompt.as_bytes(), false, true);
        let mut next = Vec::new();
        for sequence in 0..sequences {
            self.read(&prompt, sequence, prompt.len())?;
            next.push(self.likeliest(self.batch.n_tokens() - 1));
        }
        let first = i32::try_from(prompt.len())?;
        let began = Instant::now();
        for step in 0..steps {
            self.batch.clear();
            for (sequence, token) in (0..).zip(&next) {
                self.batch.add(*token, first + step, &[sequence], true)?;
            }
            self.context.decode(&mut self.batch)?;
            next = (0..sequences).map(|row| self.likeliest(row)).collect();
        }
        Ok(began.elapsed().as_secs_f64())
    }

    fn prefill(&mut self, tokens: usize, at_a_time: usize) -> Result<f64> {
        self.context.clear_kv_cache();
        let text = "The quick brown fox jumps over the lazy dog. ".repeat(tokens / 8);
        let mut prompt = self.model.vocab().tokenize(text.as_bytes(), false, false);
        ensure!(prompt.len() >= tokens, "the text has {} tokens", prompt.len());
        prompt.truncate(tokens);
        let began = Instant::now();
        self.read(&prompt, 0, at_a_time)?;
        self.likeliest(self.batch.n_tokens() - 1);
        Ok(began.elapsed().as_secs_f64())
    }

    /// Decodes a prompt; its last token is the last row of the batch then.
    fn read(&mut self, prompt: &[LlamaToken], sequence: i32, at_a_time: usize) -> Result<()> {
        let mut position = 0;
        for part in prompt.chunks(at_a_time) {
            self.batch.clear();
            for token in part {
                let last = position as usize + 1 == prompt.len();
                self.batch.add(*token, position, &[sequence], last)?;
                position += 1;
            }
            self.context.decode(&mut self.batch)?;
        }
        Ok(())
    }

    fn likeliest(&self, row: i32) -> LlamaToken {
        let logits = self.context.get_logits_ith(row);
        let best = logits.iter().enumerate().max_by(|one, other| one.1.total_cmp(other.1));
        LlamaToken(best.map_or(0, |(token, _)| token as i32))
    }
}
