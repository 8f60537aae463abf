//! The embedded model: what the worker makes of the machine, and how its streams bear company.

use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use futures::StreamExt;
use futures::future::try_join_all;
use inference::{ChatMessage, Engine, EngineConfig, Generate, Generation, Sampling, Status, Update, WorkerConfig};

use crate::Setting;
use crate::bare::Bare;
use crate::process::rss_kb;
use crate::report::{Report, Target};
use crate::stats::Rounds;

/// Sequences that decode together.
const COMPANY: [usize; 3] = [1, 4, 8];
/// What the worker must keep of the bare loop's rate: within 10 %.
const SHARE_LEAST: f64 = 0.9;
/// Tokens of the prompt whose reading is timed.
const PROMPT_TOKENS: usize = 500;
/// Tokens of the prompt that comes in while a stream runs.
const LONG_TOKENS: usize = 1_500;
/// As `crates/inference/src/batch.rs` reads a prompt that is alone.
const WORKER_CHUNK: usize = 48;
/// Tokens of a stream before company comes.
const UNDER_WAY: u32 = 12;
/// The kilobytes in a megabyte, as memory is counted.
const KB: f64 = 1_024.0;

const TOPICS: [&str; 16] = [
    "the sea",
    "a dragon",
    "rivers",
    "a lost key",
    "the moon",
    "bread",
    "a clock",
    "winter",
    "a train",
    "an owl",
    "a garden",
    "the desert",
    "a violin",
    "rain",
    "a lighthouse",
    "ants",
];

/// Runs the benchmark.
pub async fn measure(setting: &Setting) -> Result<Report> {
    let mut report = Report::new(
        "decode",
        "the embedded model",
        "a bare loop over llama.cpp (llama-cpp-2) on the same file, with the same threads and settings",
    );
    let worker = WorkerConfig::new(&setting.model);
    let threads = worker.threads;
    report.method(format!(
        "SmolLM2-135M-Instruct, Q4_1, {threads} threads. The worker is the server's own, started by the same \
         supervisor, and asked as the server asks it. Worker and bare loop take turns, each in a process of its own \
         with the same `GOMP_SPINCOUNT`."
    ));
    let program = setting.etude.clone();
    let engine = Engine::start(EngineConfig { program, args: vec!["inference-worker".into()], worker });
    ready(&engine).await?;
    let mut bare = Bare::start(&setting.model, threads)?;
    memory(setting, &engine, &mut report).await?;
    rates(setting, &engine, &mut bare, &mut report).await?;
    prompts(setting, &engine, &mut bare, &mut report).await?;
    drop(bare);
    company(setting, &engine, &mut report).await?;
    busy(setting, &engine, &mut report).await?;
    engine.shutdown().await;
    Ok(report)
}

async fn ready(engine: &Engine) -> Result<()> {
    let mut status = engine.status();
    let settled = status.wait_for(|status| matches!(status, Status::Ready(_) | Status::Failed { .. })).await?;
    ensure!(matches!(&*settled, Status::Ready(_)), "the model cannot be loaded: {:?}", &*settled);
    Ok(())
}

/// Rates of decoding, of both in turns.
async fn rates(setting: &Setting, engine: &Engine, bare: &mut Bare, report: &mut Report) -> Result<()> {
    let tokens = setting.either(96, 24);
    report.method(format!("A rate is that of {tokens} tokens of each sequence, counted while all of them decode."));
    for sequences in COMPANY {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..setting.either(5, 1) {
            ours.push(rate(engine, sequences, tokens).await?);
            theirs.push(bare.decode(sequences, tokens as usize)?);
        }
        let shares = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs);
        let (shares, word) = (Rounds::of(shares), if sequences == 1 { "sequence" } else { "sequences" });
        report.figure(format!("decode, {sequences} {word}, worker"), "tokens/s", Rounds::of(ours), None);
        report.figure(format!("decode, {sequences} {word}, bare loop"), "tokens/s", Rounds::of(theirs), None);
        let target = Some(Target::AtLeast(SHARE_LEAST));
        report.figure(format!("decode, {sequences} {word}, share of the bare loop"), "of 1", shares, target);
    }
    Ok(())
}

/// Reading a prompt, of both in turns.
async fn prompts(setting: &Setting, engine: &Engine, bare: &mut Bare, report: &mut Report) -> Result<()> {
    let request = prompt(engine, PROMPT_TOKENS).await?;
    let (mut ours, mut theirs, mut chunked) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..setting.either(5, 1) {
        let course = Course::read(engine.generate(request.clone())).await?;
        ours.push(f64::from(course.prompt_tokens) / course.first()?);
        theirs.push(bare.prefill(course.prompt_tokens as usize, 512)?);
        chunked.push(bare.prefill(course.prompt_tokens as usize, WORKER_CHUNK)?);
    }
    let shares = Rounds::of(ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs));
    report.figure("prompt of 500 tokens, worker", "tokens/s", Rounds::of(ours), None);
    report.figure("prompt of 500 tokens, bare loop, one call", "tokens/s", Rounds::of(theirs), None);
    let title = format!("prompt of 500 tokens, bare loop, {WORKER_CHUNK} at a time");
    report.figure(title, "tokens/s", Rounds::of(chunked), None);
    report.noted(
        "prompt of 500 tokens, share of the bare loop",
        "of 1",
        shares,
        Some(Target::AtLeast(SHARE_LEAST)),
        "the worker's time is that to the first token, so rendering, tokenizing and the way through the pipes are in it. \
         It reads 48 tokens with a call: from 64 on llama.cpp takes another attention kernel, and the text of a run would \
         depend on whether others run beside it (`crates/inference/src/batch.rs`). The bare loop with as many at a time \
         is no faster, nor is it with 32, 52, 56, 60, 62 or 63, nor with keys, values or both in single precision; \
         without flash attention it reads a tenth faster, and decodes a quarter slower. Tried: 64 with a call for all \
         prompts (8 of 16 greedy texts are equal to the solo run beside 7 others, 16 now); prompts of 64 tokens and \
         more in steps of their own, 64 to 127 tokens beside others and 128 to 191 alone (0.92 of the bare loop, but a \
         running stream then pauses for 1.1 s on a machine that decodes 63 tokens a second)",
    );
    Ok(())
}

/// A long prompt beside a running stream.
async fn company(setting: &Setting, engine: &Engine, report: &mut Report) -> Result<()> {
    let long = prompt(engine, setting.either(LONG_TOKENS, 200)).await?;
    let (mut alone, mut gaps, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..setting.either(3, 1) {
        alone.push(Course::read(engine.generate(long.clone())).await?.first()?);
        let running = engine.generate(story("a long voyage", 512));
        let (pause, first) = beside_stream(engine, running, long.clone()).await?;
        gaps.push(pause * 1e3);
        beside.push(first);
    }
    let times = Rounds::of(beside.iter().zip(&alone).map(|(beside, alone)| beside / alone));
    report.figure("long prompt alone, first token", "s", Rounds::of(alone), None);
    report.figure("long prompt beside a stream, first token", "s", Rounds::of(beside), None);
    let target = Some(Target::AtMost(1.3));
    report.noted(
        "long prompt beside a stream, times as long as alone",
        "times",
        times,
        target,
        "1,500 tokens come in while one stream runs",
    );
    let target = Some(Target::AtMost(150.0));
    report.noted(
        "longest pause of the stream meanwhile",
        "ms",
        Rounds::of(gaps),
        target,
        "it is the longest of some hundred steps. A step reads as much of the prompt as takes 112 ms at the pace of those \
         before it, and 8 tokens at least (`crates/inference/src/pace.rs`). Where a token takes 20 to 30 ms, at the end \
         of a long prompt on a slow machine, that least decides: a core that sorts 27 million numbers a second paused for \
         283 ms, and the prompt took 1.09 times as long as alone. Tried there: 3 tokens at least, 163 ms and 1.31 times; \
         4, while the machine decoded half as fast as that, 276 ms and 1.58 times: a step takes time by itself",
    );
    Ok(())
}

/// Starts `long` once the stream is under way; gives the stream's longest pause until its first token, and that time.
async fn beside_stream(engine: &Engine, mut running: Generation, long: Generate) -> Result<(f64, f64)> {
    let mut last = Instant::now();
    while let Some(update) = running.next().await {
        if matches!(update, Update::Delta { output_tokens, .. } if output_tokens >= UNDER_WAY) {
            last = Instant::now();
            break;
        }
    }
    let mut long = engine.generate(long);
    let (began, mut pause) = (Instant::now(), 0.0_f64);
    loop {
        tokio::select! {
            update = long.next() => match update {
                Some(Update::Delta { .. }) => return Ok((pause, began.elapsed().as_secs_f64())),
                Some(Update::Failed { message, .. }) => bail!("the long prompt failed: {message}"),
                Some(_) => {}
                None => bail!("the long prompt ended without a token"),
            },
            update = running.next() => match update {
                Some(Update::Delta { .. }) => {
                    pause = pause.max(last.elapsed().as_secs_f64());
                    last = Instant::now();
                }
                Some(Update::Done { .. } | Update::Failed { .. }) | None => bail!("the stream ended too early"),
                Some(_) => {}
            },
        }
    }
}

/// Decoding beside a process that keeps every core busy.
async fn busy(setting: &Setting, engine: &Engine, report: &mut Report) -> Result<()> {
    let tokens = setting.either(96, 24);
    let (mut quiet, mut disturbed) = (Vec::new(), Vec::new());
    for _ in 0..setting.either(3, 1) {
        quiet.push(rate(engine, 1, tokens).await?);
        let _busy = Busy::start()?;
        disturbed.push(rate(engine, 1, tokens).await?);
    }
    let shares = Rounds::of(disturbed.iter().zip(&quiet).map(|(disturbed, quiet)| disturbed / quiet));
    report.figure("decode, 1 sequence, every core busy", "tokens/s", Rounds::of(disturbed), None);
    let target = Some(Target::AtLeast(0.25));
    report.figure("decode, every core busy, share of the quiet rate", "of 1", shares, target);
    Ok(())
}

/// What the worker holds, alone and with sequences.
async fn memory(setting: &Setting, engine: &Engine, report: &mut Report) -> Result<()> {
    let resident = || rss_kb(engine.worker_pid().context("the worker runs")?);
    Course::read(engine.generate(story("salt", 8))).await?;
    let before = resident()?;
    let sequences = inference::SEQUENCES_MAX as usize;
    let asked = TOPICS.iter().map(|topic| story(topic, setting.either(96, 8)));
    let running = asked.map(|request| Course::read(engine.generate(request)));
    try_join_all(running).await?;
    let after = resident()?;
    report.noted(
        "memory of the worker, loaded",
        "MB",
        Rounds::once(before / KB),
        None,
        "the model's file and the keys and values of all tokens are in it: they are taken when it starts",
    );
    let each = (after - before) / sequences as f64;
    report.figure("memory of the worker, more for each of 16 sequences", "KB", Rounds::once(each), None);
    Ok(())
}

/// Tokens a second of so many sequences, counted from the moment when all decode until the first of them ends.
async fn rate(engine: &Engine, sequences: usize, tokens: u32) -> Result<f64> {
    let asked = TOPICS[..sequences].iter().map(|topic| story(topic, tokens));
    let courses = try_join_all(asked.map(|request| Course::read(engine.generate(request)))).await?;
    let firsts = courses.iter().filter_map(|course| course.deltas.first()).map(|delta| delta.0);
    let lasts = courses.iter().filter_map(|course| course.deltas.last()).map(|delta| delta.0);
    let (from, until) = (firsts.fold(0.0, f64::max), lasts.fold(f64::INFINITY, f64::min));
    ensure!(until > from, "the sequences did not decode together");
    let counted: u32 = courses.iter().map(|course| course.tokens_by(until) - course.tokens_by(from)).sum();
    Ok(f64::from(counted) / (until - from))
}

/// What came of one generation.
struct Course {
    prompt_tokens: u32,
    /// Seconds since it was asked for, and the tokens by then.
    deltas: Vec<(f64, u32)>,
}

impl Course {
    async fn read(mut generation: Generation) -> Result<Self> {
        let began = Instant::now();
        let mut course = Self { prompt_tokens: 0, deltas: Vec::new() };
        while let Some(update) = generation.next().await {
            match update {
                Update::Started { prompt_tokens, .. } => course.prompt_tokens = prompt_tokens,
                Update::Delta { output_tokens, .. } => {
                    course.deltas.push((began.elapsed().as_secs_f64(), output_tokens));
                }
                Update::Failed { message, .. } => bail!("a generation failed: {message}"),
                Update::Queued { .. } | Update::Done { .. } => {}
            }
        }
        Ok(course)
    }

    fn first(&self) -> Result<f64> {
        Ok(self.deltas.first().context("a generation without a token")?.0)
    }

    fn tokens_by(&self, time: f64) -> u32 {
        self.deltas.iter().take_while(|delta| delta.0 <= time).last().map_or(0, |delta| delta.1)
    }
}

fn story(topic: &str, max_tokens: u32) -> Generate {
    ask(format!("Write a long story about {topic}."), max_tokens)
}

fn ask(text: String, max_tokens: u32) -> Generate {
    Generate {
        messages: vec![ChatMessage::new("user", text)],
        max_tokens: Some(max_tokens),
        sampling: Sampling { temperature: 0.0, ..Sampling::default() },
        stop: Vec::new(),
        logprobs: None,
        grammar: None,
    }
}

/// A request whose prompt has about so many tokens.
async fn prompt(engine: &Engine, tokens: usize) -> Result<Generate> {
    let request = |times| ask("The quick brown fox jumps over the lazy dog. ".repeat(times), 4);
    let (few, many) = (engine.check(&request(10)).await?, engine.check(&request(20)).await?);
    let each = ((many - few) / 10).max(1) as usize;
    Ok(request((tokens - few as usize) / each + 10))
}

/// A process that keeps every core busy until it is dropped.
struct Busy(Child);

impl Busy {
    fn start() -> Result<Self> {
        let program = std::env::current_exe().context("the path of this program is not known")?;
        let child = Command::new(program).arg("busy").stdin(Stdio::null()).spawn().context("starting busy loops")?;
        Ok(Self(child))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the busy process does.
pub fn spin() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let spinners: Vec<_> = (0..threads)
        .map(|_| {
            std::thread::spawn(|| {
                loop {
                    std::hint::spin_loop()
                }
            })
        })
        .collect();
    for spinner in spinners {
        let _: Result<(), _> = spinner.join();
    }
}
