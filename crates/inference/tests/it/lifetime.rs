//! The worker's life and death.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use futures::StreamExt;
use inference::{CheckError, Engine, EngineConfig, FailureKind, QueueReason, Status, Update, WorkerConfig};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{PATIENCE, ask, collect, config, model_path, started, wait_ready};

fn kill(engine: &Engine) -> u32 {
    let pid = engine.worker_pid().expect("a worker runs");
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::KILL).unwrap();
    pid
}

#[tokio::test(flavor = "multi_thread")]
async fn h5_a_killed_worker_interrupts_its_runs_and_comes_back() {
    let engine = Engine::start(config());
    wait_ready(&engine).await;
    let mut running = engine.generate(ask("Tell me a long story.", 400));
    started(&mut running).await;
    let killed = Instant::now();
    let pid = kill(&engine);
    let rest: Vec<_> = running.collect().await;
    let Some(Update::Failed { kind: FailureKind::Interrupted, output_tokens: 1.., message }) = rest.last() else {
        panic!("{:?}", rest.last())
    };
    assert!(message.contains("signal: 9"), "{message}");
    // What is asked for now waits, and runs.
    let outcome = collect(engine.generate(ask("What is the capital of France?", 24))).await;
    assert_eq!(outcome.queued.first(), Some(&Update::Queued { position: 1, reason: QueueReason::Restarting }));
    assert!(outcome.text.contains("Paris"));
    assert!(killed.elapsed() < Duration::from_secs(30));
    assert_ne!(engine.worker_pid(), Some(pid));
    engine.shutdown().await;
    assert_eq!(engine.worker_pid(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_that_had_not_started_survives_the_worker() {
    let config = config();
    let worker = WorkerConfig { kv_tokens: 512, ..config.worker };
    let engine = Engine::start(EngineConfig { worker, ..config });
    // It waits for the model at first.
    let mut running = engine.generate(ask("Tell me a long story.", 400));
    assert_eq!(running.next().await, Some(Update::Queued { position: 1, reason: QueueReason::Loading }));
    started(&mut running).await;
    let mut waiting = engine.generate(ask("Tell me a long story.", 300));
    assert_eq!(waiting.next().await, Some(Update::Queued { position: 1, reason: QueueReason::KvMemory }));
    kill(&engine);
    assert_eq!(waiting.next().await, Some(Update::Queued { position: 1, reason: QueueReason::Restarting }));
    started(&mut waiting).await;
    engine.shutdown().await;
    let rest: Vec<_> = waiting.collect().await;
    assert!(matches!(rest.last(), Some(Update::Failed { kind: FailureKind::Interrupted, .. })), "{rest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_cannot_be_loaded_fails_requests_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut truncated = Vec::new();
    std::fs::File::open(model_path()).unwrap().take(5_000_000).read_to_end(&mut truncated).unwrap();
    let corrupt = folder.path().join("corrupt.gguf");
    std::fs::write(&corrupt, truncated).unwrap();
    let text = folder.path().join("text.gguf");
    std::fs::write(&text, "this is no model").unwrap();
    for (path, reason) in [
        (folder.path().join("missing.gguf"), "cannot be read"),
        (text, "is not a GGUF file"),
        (corrupt, "cannot be loaded: "),
    ] {
        let worker = WorkerConfig { model_path: path, ..config().worker };
        let engine = Engine::start(EngineConfig { worker, ..config() });
        let outcome = tokio::time::timeout(PATIENCE, collect(engine.generate(ask("Hi", 5)))).await.unwrap();
        let Some(Update::Failed { kind: FailureKind::Unavailable, message, .. }) = outcome.last else {
            panic!("{:?}", outcome.last)
        };
        assert!(message.contains(reason), "{message}");
        assert!(!message.contains("no reason"), "{message}");
        assert!(matches!(*engine.status().borrow(), Status::Failed { .. }));
        assert!(matches!(engine.check(&ask("Hi", 5)).await, Err(CheckError::Unavailable(_))));
        engine.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_cannot_be_started_fails_requests() {
    let engine = Engine::start(EngineConfig { program: "/nowhere/etude".into(), ..config() });
    let outcome = tokio::time::timeout(PATIENCE, collect(engine.generate(ask("Hi", 5)))).await.unwrap();
    assert!(matches!(outcome.last, Some(Update::Failed { kind: FailureKind::Unavailable, .. })), "{outcome:?}");
    engine.shutdown().await;
    let late = collect(engine.generate(ask("Hi", 5))).await;
    assert!(matches!(late.last, Some(Update::Failed { .. })), "{late:?}");
    assert!(matches!(engine.check(&ask("Hi", 5)).await, Err(CheckError::Unavailable(_))));
}

/// Starts a worker by hand, as a server would that is killed later.
fn worker() -> (std::process::Child, std::process::ChildStdin) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_inference-worker"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    write_frame(&mut stdin, &config().worker);
    (child, stdin)
}

fn write_frame(stdin: &mut impl Write, message: &impl serde::Serialize) {
    let body = serde_json::to_vec(message).unwrap();
    stdin.write_all(&(body.len() as u32).to_le_bytes()).unwrap();
    stdin.write_all(&body).unwrap();
}

fn ends_soon(mut child: std::process::Child) {
    let closed = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(closed.elapsed() < Duration::from_secs(2), "the worker outlives its input");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn h5_the_worker_ends_at_the_end_of_its_input_while_it_loads() {
    let (child, stdin) = worker();
    std::thread::sleep(Duration::from_millis(30));
    drop(stdin);
    ends_soon(child);
}

#[test]
fn h5_the_worker_ends_at_the_end_of_its_input_while_nobody_reads_its_output() {
    let (child, mut stdin) = worker();
    // More output than the pipe holds, which nobody reads: it blocks in a write.
    for id in 0..8_u64 {
        let mut request = ask("Tell me a long story.", 600);
        request.logprobs = Some(20);
        write_frame(&mut stdin, &serde_json::json!({"Generate": {"id": id, "request": request}}));
    }
    std::thread::sleep(Duration::from_secs(4));
    drop(stdin);
    ends_soon(child);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_ends_with_the_last_handle() {
    let engine = Engine::start(config());
    wait_ready(&engine).await;
    let pid = Pid::from_raw(engine.worker_pid().unwrap().cast_signed()).unwrap();
    drop(engine);
    let dropped = Instant::now();
    while rustix::process::test_kill_process(pid).is_ok() {
        assert!(dropped.elapsed() < Duration::from_secs(3), "the worker outlives its engine");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
