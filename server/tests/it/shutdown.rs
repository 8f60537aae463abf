//! SIGTERM and Ctrl-C.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Etude, Mock, PATIENCE, ask, signal, text, words};
use crate::live::{connect, hear, say};

/// Ends by itself after about half a second.
const SHORT: &str = "mock-ttft1-rate50-n25";
/// Goes on for longer than any test waits.
const LONG: &str = "mock-ttft1-rate50-n9000";

async fn until_draining(etude: &Etude) {
    let deadline = Instant::now() + PATIENCE;
    while etude.get("/readyz").send().await.expect("answers").status() != 503 {
        assert!(Instant::now() < deadline, "it does not say that it leaves");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn running_runs_may_finish_and_new_ones_are_refused() {
    let mock = Mock::start();
    let mut etude = Etude::start(Some(&mock), &[SHORT]).await;
    let mut stream = etude.stream(&ask(SHORT, "Hi", json!({}))).await;
    stream.next().await.expect("it runs");
    signal(etude.pid(), "TERM");
    until_draining(&etude).await;
    let refused = etude.post("/v1/runs").json(&ask(SHORT, "Hi", json!({}))).send().await.expect("answers");
    assert_eq!(refused.status(), 529);
    let refused: Value = refused.json().await.expect("json");
    assert!(refused["detail"].as_str().is_some_and(|why| why.contains("being stopped")), "{refused}");
    assert_eq!(etude.run(&stream.run).await["status"], "running", "reading goes on");
    let events = stream.rest().await;
    assert_eq!((events.last().expect("an end").kind.as_str(), text(&events)), ("run.finished", words(25)));
    assert!(etude.left().await, "it leaves with code 0");
    etude.restart();
    assert_eq!(etude.run(&stream.run).await["status"], "finished");
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_interrupted_and_every_reader_is_told() {
    let mock = Mock::start();
    let mut etude = Etude::start_with(Some(&mock), &[LONG], "[server]\ndrain_s = 1\n").await;
    let mut stream = etude.stream(&ask(LONG, "Hi", json!({}))).await;
    let mut socket = connect(&etude, Some(&etude.url)).await.expect("our own origin");
    hear(&mut socket).await;
    say(&mut socket, &json!({"type": "tail", "run": stream.run})).await;
    let mut waiting = etude.tail(&stream.run, None).await;
    signal(etude.pid(), "INT");
    let (events, also) = tokio::join!(stream.rest(), waiting.rest());
    assert_eq!(events, also);
    let error = &events.last().expect("an end").data["error"];
    assert_eq!((&error["code"], &error["retryable"]), (&json!("interrupted"), &json!(true)));
    let kept = text(&events);
    assert!(kept.len() > 100, "what had arrived is kept: {kept}");
    let mut last = hear(&mut socket).await;
    let mut before = Value::Null;
    while last["type"] != "end" {
        before = std::mem::replace(&mut last, hear(&mut socket).await);
    }
    assert_eq!(before["data"]["error"]["code"], "interrupted");
    assert!(etude.left().await, "it leaves with code 0");
    assert_eq!(mock.open().await, 0, "the provider was let go of");
    etude.restart();
    let run = etude.run(&stream.run).await;
    assert_eq!((&run["status"], &run["output"]["text"]), (&json!("interrupted"), &json!(kept)));
}

#[tokio::test]
async fn a_second_signal_ends_at_once_and_nothing_delivered_is_lost() {
    let mock = Mock::start();
    let mut etude = Etude::start_with(Some(&mock), &[LONG], "[server]\ndrain_s = 600\n").await;
    let mut stream = etude.stream(&ask(LONG, "Hi", json!({}))).await;
    let mut events = Vec::new();
    for _ in 0..5 {
        events.push(stream.next().await.expect("it runs"));
    }
    signal(etude.pid(), "TERM");
    until_draining(&etude).await;
    let began = Instant::now();
    signal(etude.pid(), "INT");
    assert!(!etude.left().await, "a run was cut off: that is not code 0");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    events.extend(stream.rest().await);
    etude.restart();
    let kept = etude.tail(&stream.run, None).await.rest().await;
    assert_eq!(kept[..events.len()], events);
    assert_eq!(etude.run(&stream.run).await["status"], "interrupted");
}

#[tokio::test]
async fn an_idle_server_leaves_within_moments() {
    let mut etude = Etude::start(None, &[]).await;
    let began = Instant::now();
    assert!(etude.stop().await);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
