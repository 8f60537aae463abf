//! Sequences that run together.

use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::join_all;
use inference::{Engine, EngineConfig, Finish, QueueReason, Update, WorkerConfig};

use crate::support::{ask, collect, config, started, wait_ready, with_shared};

#[test]
fn h2_a_request_joins_and_the_other_stream_goes_on() {
    with_shared(|engine| async move {
        let mut first = engine.generate(ask("Tell me a long story about a dragon.", 150));
        started(&mut first).await;
        // A prompt of many chunks.
        let long = engine.generate(ask(&"The quick brown fox. ".repeat(60), 4));
        let long = tokio::spawn(async move { collect(long).await });
        let mut pauses = Vec::new();
        let mut last = Instant::now();
        while let Some(update) = first.next().await {
            pauses.push(last.elapsed());
            last = Instant::now();
            if update.is_last() {
                break;
            }
        }
        assert!(long.is_finished(), "it ran beside the first");
        assert_eq!(long.await.unwrap().finish(), (Finish::Length, 4));
        let longest = pauses.iter().max().unwrap();
        assert!(*longest < Duration::from_millis(1500), "a stream stood still for {longest:?}");
    });
}

#[test]
fn company_keeps_a_text_what_it_is() {
    with_shared(|engine| async move {
        let request = ask("What is the capital of France?", 24);
        let solo = collect(engine.generate(request.clone())).await.text;
        let others = (0..3).map(|n| engine.generate(ask(&format!("Write a story about {n} cats."), 40)));
        let others: Vec<_> = others.map(collect).collect();
        let (text, _) = tokio::join!(collect(engine.generate(request)), join_all(others));
        assert_eq!(text.text, solo);
    });
}

/// A cache that two of the requests fill.
fn narrow() -> Engine {
    let config = config();
    let worker = WorkerConfig { kv_tokens: 512, sequences_max: 3, ..config.worker };
    Engine::start(EngineConfig { worker, ..config })
}

#[tokio::test(flavor = "multi_thread")]
async fn h5_what_has_no_memory_waits_its_turn() {
    let engine = narrow();
    wait_ready(&engine).await;
    let ask_for = |max_tokens| ask("Tell me a long story about the sea.", max_tokens);
    let mut first = engine.generate(ask_for(400));
    started(&mut first).await;
    let second = engine.generate(ask_for(300));
    let third = engine.generate(ask_for(2));
    let fourth = tokio::spawn(collect(third));
    let second = tokio::spawn(collect(second));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!fourth.is_finished(), "first come, first served");
    drop(first);
    let (second, third) = (second.await.unwrap(), fourth.await.unwrap());
    assert_eq!(second.queued, [Update::Queued { position: 1, reason: QueueReason::KvMemory }]);
    assert_eq!(third.queued.first(), Some(&Update::Queued { position: 2, reason: QueueReason::KvMemory }));
    assert_eq!(third.finish(), (Finish::Length, 2));
    second.finish();
    engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h3_cancelled_generations_free_their_memory() {
    let engine = narrow();
    for _ in 0..30 {
        let mut generation = engine.generate(ask("Tell me a long story about the sea.", 450));
        started(&mut generation).await;
    }
    // All of the cache is there again, and no sequence is taken.
    let outcomes = join_all((0..3).map(|_| collect(engine.generate(ask("Hi", 100))))).await;
    assert!(outcomes.iter().all(|outcome| outcome.last.is_some()));
    let whole = collect(engine.generate(ask("Hi", 500))).await;
    whole.finish();
    assert_eq!(whole.queued, []);
    engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_requests_than_sequences_all_end() {
    let engine = narrow();
    wait_ready(&engine).await;
    let all = (0..12).map(|n| collect(engine.generate(ask(&format!("Say {n}."), 6))));
    let outcomes = join_all(all).await;
    assert!(outcomes.iter().all(|outcome| outcome.finish().1 <= 6));
    let reasons = outcomes.iter().flat_map(|outcome| &outcome.queued);
    let sequences = |update: &&Update| matches!(update, Update::Queued { reason: QueueReason::Sequences, .. });
    assert!(reasons.filter(sequences).count() > 0);
    engine.shutdown().await;
}
