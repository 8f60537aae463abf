//! B1 over HTTP: cuts anywhere, any number of them.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::harness::{Etude, Event, Mock, ask, text, words};

const MODEL: &str = "mock-ttft1-rate400-n60";

#[test]
fn b1_any_sequence_of_cuts_gives_the_same_events() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mock = Mock::start();
    let etude = runtime.block_on(Etude::start(Some(&mock), &[MODEL]));
    let mut runner = TestRunner::new(Config { cases: 12, max_shrink_iters: 20, ..Config::default() });
    runner
        .run(&prop::collection::vec(0_usize..25, 0..6), |cuts| {
            runtime.block_on(async {
                let mut stream = etude.stream(&ask(MODEL, "Hi", json!({}))).await;
                let run = stream.run.clone();
                let mut have: Vec<Event> = Vec::new();
                for events in cuts {
                    for _ in 0..events {
                        have.extend(stream.next().await);
                    }
                    drop(stream);
                    stream = etude.tail(&run, have.last().map(|event| event.seq)).await;
                }
                have.extend(stream.rest().await);
                let whole = etude.tail(&run, None).await.rest().await;
                prop_assert_eq!(&have, &whole);
                prop_assert_eq!(text(&have), words(60));
                Ok(())
            })
        })
        .expect("holds for all cuts");
}
