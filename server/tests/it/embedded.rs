//! The embedded model's process: its death, its end, its queue.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Etude, PATIENCE, ask, children, is_gone, signal, text};

const MODEL: &str = "smollm2-135m-instruct";

async fn worker(etude: &Etude) -> u32 {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(pid) = children(etude.pid()).first() {
            return *pid;
        }
        assert!(Instant::now() < deadline, "no worker");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn gone(pid: u32) {
    let deadline = Instant::now() + PATIENCE;
    while !is_gone(pid) {
        assert!(Instant::now() < deadline, "process {pid} is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn h5_killing_the_worker_interrupts_its_runs_and_the_next_one_works() {
    let etude = Etude::start(None, &[]).await;
    let mut stream = etude
        .stream(&ask(MODEL, "Tell a very long story.", json!({"max_tokens": 400, "temperature": 1, "seed": 1})))
        .await;
    let mut seen = Vec::new();
    for _ in 0..8 {
        seen.push(stream.next().await.expect("it runs"));
    }
    signal(worker(&etude).await, "KILL");
    seen.extend(stream.rest().await);
    let last = seen.last().expect("an end");
    assert_eq!((last.kind.as_str(), &last.data["error"]["code"]), ("run.failed", &json!("interrupted")));
    let run = etude.run(&stream.run).await;
    assert_eq!((&run["status"], &run["output"]["text"]), (&json!("interrupted"), &json!(text(&seen))));
    let next = etude
        .stream(&ask(MODEL, "What is the capital of France?", json!({"temperature": 0, "max_tokens": 16})))
        .await
        .rest()
        .await;
    assert_eq!(next.last().expect("an end").kind, "run.finished");
    assert!(text(&next).contains("Paris"), "{}", text(&next));
}

#[tokio::test]
async fn h5_a_killed_server_leaves_no_child_behind() {
    let mut etude = Etude::start(None, &[]).await;
    let pid = worker(&etude).await;
    let mut stream = etude.stream(&ask(MODEL, "Tell a story.", json!({"max_tokens": 400}))).await;
    for _ in 0..4 {
        stream.next().await.expect("it runs");
    }
    etude.kill();
    gone(pid).await;
}

#[tokio::test]
async fn a_stopped_server_ends_its_runs_and_its_worker() {
    let mut etude = Etude::start_with(None, &[], "[server]\ndrain_s = 0\n").await;
    let pid = worker(&etude).await;
    let mut stream = etude.stream(&ask(MODEL, "Tell a story.", json!({"max_tokens": 400, "temperature": 1}))).await;
    stream.next().await.expect("it runs");
    let rest = tokio::spawn(async move { (stream.run.clone(), stream.rest().await) });
    assert!(etude.stop().await, "it leaves with code 0");
    gone(pid).await;
    let (run, events) = rest.await.expect("the stream ends");
    assert_eq!(events.last().expect("an end").data["error"]["code"], "interrupted");
    etude.restart();
    assert_eq!(etude.run(&run).await["status"], "interrupted");
}

#[tokio::test]
async fn h4_a_seed_reproduces_a_run_and_a_run_without_one_says_which_it_had() {
    let etude = Etude::start(None, &[]).await;
    let params = json!({"max_tokens": 24, "temperature": 1.2});
    let first = etude.stream(&ask(MODEL, "Invent a word.", params.clone())).await.run;
    let first = etude.ended(&first).await;
    let mut again = params;
    again["seed"] = first["params"]["seed"].clone();
    assert!(again["seed"].is_i64(), "{first}");
    let second = etude.stream(&ask(MODEL, "Invent a word.", again)).await.run;
    assert_eq!(etude.ended(&second).await["output"]["text"], first["output"]["text"]);
}

#[tokio::test]
async fn h2_what_does_not_fit_waits_in_the_queue_and_then_runs() {
    let etude = Etude::start(None, &[]).await;
    let mut streams = Vec::new();
    // Together they ask for more KV memory than there is.
    for _ in 0..3 {
        streams.push(etude.stream(&ask(MODEL, "Hi", json!({"max_tokens": 8_000, "stop": ["."]}))).await);
    }
    let third = streams.pop().expect("three");
    let run = third.run.clone();
    drop(third);
    for stream in &streams {
        etude.post(&format!("/v1/runs/{}/cancel", stream.run)).send().await.expect("answers");
    }
    let ended = etude.ended(&run).await;
    assert!(matches!(ended["status"].as_str(), Some("finished")), "{ended}");
    let events = etude.tail(&run, None).await.rest().await;
    let started = events.iter().position(|event| event.kind == "run.started").expect("it started");
    assert!(events[..started].iter().any(|event| event.kind == "run.queued"), "{events:?}");
}
