//! `kill -9` at seeded moments, with several streams open: what was delivered is kept.
//!
//! `cargo xtask crash` tries more moments.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;

use crate::harness::{Etude, Event, Mock, ask, text};

/// Moments that are tried where nothing else is asked for.
const SEEDS: u64 = 20;

/// What one reader has seen of one run.
type Seen = Arc<Mutex<Vec<Event>>>;

#[tokio::test(flavor = "multi_thread")]
async fn b1_b5_a_kill_at_any_moment_takes_nothing_away() {
    let seeds = std::env::var("ETUDE_CRASH_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    let mock = Mock::start();
    let models =
        ["mock-ttft1-rate300-n40", "mock-ttft20-rate50-n400", "mock-ttft1-rate0-n300", "smollm2-135m-instruct"];
    let mut etude = Etude::start(Some(&mock), &models[..3]).await;
    let mut whole = 0;
    for seed in 0..seeds {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut readers = Vec::new();
        for n in 0..6 {
            let body = ask(models[n % models.len()], "Count to a hundred.", json!({"max_tokens": 300, "seed": seed}));
            let mut stream = etude.stream(&body).await;
            let seen = Seen::default();
            let run = stream.run.clone();
            let task = tokio::spawn({
                let seen = seen.clone();
                async move {
                    while let Some(event) = stream.next().await {
                        seen.lock().expect("not poisoned").push(event);
                    }
                }
            });
            readers.push((run, seen, task));
            tokio::time::sleep(Duration::from_millis(rng.random_range(0..40))).await;
        }
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..1_500))).await;
        etude.restart();
        for (run, seen, task) in readers {
            task.await.expect("the reader ends");
            let seen = seen.lock().expect("not poisoned").clone();
            let kept = etude.tail(&run, None).await.rest().await;
            assert_eq!(kept[..seen.len()], seen[..], "seed {seed}: {run} lost what a reader had");
            let seqs: Vec<_> = kept.iter().map(|event| event.seq).collect();
            assert_eq!(seqs, (0..kept.len() as u64).collect::<Vec<_>>(), "seed {seed}: {run}");
            let last = kept.last().expect("every log ends");
            let row = etude.run(&run).await;
            assert_eq!(row["output"]["text"], text(&kept), "seed {seed}: {run}");
            if last.kind == "run.finished" {
                whole += 1;
            } else {
                assert_eq!(last.data["error"]["code"], "interrupted", "seed {seed}: {run}");
                assert_eq!(row["status"], "interrupted", "seed {seed}: {run}");
            }
        }
    }
    assert!(whole > 0, "no run ended before its kill: the moments are badly chosen");
}
