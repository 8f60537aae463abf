//! Figures, printed: `cargo test --release -p inference -- --ignored --nocapture measure`.

use std::time::Instant;

use futures::future::join_all;
use inference::{Engine, Sampling};

use crate::support::{ask, collect, config, greedy, wait_ready};

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

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; prints figures"]
async fn measure_throughput_and_memory() {
    let mut config = config();
    config.worker.kv_tokens = inference::KV_TOKENS;
    let begun = Instant::now();
    let engine = Engine::start(config);
    wait_ready(&engine).await;
    println!("ready after {:?}", begun.elapsed());
    let memory = |engine: &Engine| {
        let status = std::fs::read_to_string(format!("/proc/{}/status", engine.worker_pid().unwrap())).unwrap();
        let lines = status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("RssAnon"));
        lines.map(str::to_owned).collect::<Vec<_>>().join(", ")
    };
    println!("memory: {}", memory(&engine));
    for count in [1, 2, 4, 8, 16] {
        let begun = Instant::now();
        let all = (0..count).map(|n| collect(engine.generate(ask(&format!("Write a story about {}.", TOPICS[n]), 96))));
        let tokens: u32 = join_all(all).await.iter().map(|outcome| outcome.finish().1).sum();
        println!("{count} sequences: {:.0} tokens/s", f64::from(tokens) / begun.elapsed().as_secs_f64());
    }
    for (name, sampling) in [
        ("temperature 1", Sampling::default()),
        ("top_p 0.9", Sampling { top_p: 0.9, ..Sampling::default() }),
        ("top_k 40", Sampling { top_k: 40, ..Sampling::default() }),
    ] {
        let begun = Instant::now();
        let mut request = ask("Write a story about ants.", 96);
        request.sampling = sampling;
        let tokens = collect(engine.generate(request)).await.finish().1;
        println!("{name}: {:.1} ms/token", begun.elapsed().as_secs_f64() * 1000.0 / f64::from(tokens));
    }
    let begun = Instant::now();
    let prompt = collect(engine.generate(ask(&"The quick brown fox jumps. ".repeat(150), 1))).await;
    println!("prompt: {:.0} tokens/s", f64::from(prompt.prompt_tokens) / begun.elapsed().as_secs_f64());
    println!("memory: {}", memory(&engine));
    engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; prints figures"]
async fn measure_what_company_changes() {
    let engine = Engine::start(config());
    wait_ready(&engine).await;
    for (name, sampling) in
        [("greedy", greedy()), ("temperature 1, seeded", Sampling { seed: Some(11), ..Sampling::default() })]
    {
        let request = |n: usize| {
            let mut request = ask(&format!("Write a story about {}.", TOPICS[n]), 96);
            request.sampling = sampling;
            request
        };
        let mut solo = Vec::new();
        for n in 0..16 {
            solo.push(collect(engine.generate(request(n))).await.text);
        }
        let mut again = 0;
        for (n, text) in solo.iter().enumerate() {
            again += usize::from(collect(engine.generate(request(n))).await.text == *text);
        }
        println!("{name}: alone again: {again} of 16 are equal");
        for company in [2, 4, 8, 16] {
            let mut equal = 0;
            for group in (0..16).collect::<Vec<_>>().chunks(company) {
                let outcomes = join_all(group.iter().map(|n| collect(engine.generate(request(*n))))).await;
                equal += group.iter().zip(outcomes).filter(|(n, outcome)| solo[**n] == outcome.text).count();
            }
            println!("{name}: {company} together: {equal} of 16 are equal to the solo run");
        }
    }
    engine.shutdown().await;
}
