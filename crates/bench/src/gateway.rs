//! What a gateway costs: the same chat completion through Etude, `vllm-router` and `@portkey-ai/gateway`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::task::JoinSet;
use tokio::time::sleep_until;

use crate::Setting;
use crate::pool::Pool;
use crate::process::{self, Process};
use crate::report::Report;
use crate::stats::{Rounds, percentile, sorted};

/// Requests a second, whether or not earlier ones are answered.
const RATE: f64 = 50.0;
/// The mock's script: twenty tokens within a tenth of a second where they are streamed.
const STREAMED: &str = "mock-ttft0-rate200-n20";
/// The script of answers in one piece: at once, so that nothing but the gateway takes time.
const WHOLE: &str = "mock-ttft0-rate0-n20";
/// The last of the tokens.
const LAST: &str = "w19";
/// Connections that ask again and again.
const CONNECTIONS: [usize; 2] = [16, 256];
/// Requests that are made before anything is measured.
const WARM_UP: usize = 200;

/// Who stands in between.
struct Way {
    name: &'static str,
    pool: Pool,
    /// Whose CPU time it is charged with.
    pid: u32,
    streams: bool,
}

struct Stage {
    ways: Vec<Way>,
    /// Kept alive.
    processes: Vec<Process>,
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn set(setting: &Setting, report: &mut Report) -> Result<Self> {
        let folder = setting.folder()?;
        let mock = process::mock(setting)?;
        let etude = process::etude(setting, folder.path(), &process::config(&mock, &[STREAMED, WHOLE])).await?;
        let router = process::router(setting, &mock).await?;
        let portkey = process::portkey(setting).await?;
        let way = |name, process: &Process, headers| Way {
            name,
            pool: Pool::with(process, headers),
            pid: process.pid(),
            streams: true,
        };
        let mut ways = vec![way("direct", &mock, String::new()), way("Etude", &etude, String::new())];
        ways.extend(router.as_ref().map(|router| way("`vllm-router`", router, String::new())));
        if let Some(portkey) = &portkey {
            let headers = format!(
                "x-portkey-provider: openai\r\nauthorization: Bearer x\r\nx-portkey-custom-host: {}/v1\r\n",
                mock.url
            );
            let mut way = way("`@portkey-ai/gateway`", portkey, headers);
            if let Err(error) = way.ask(true).await {
                let why = error.to_string();
                report.method(format!("`@portkey-ai/gateway` does not stream here: {why}."));
                way.streams = false;
            }
            ways.push(way);
        }
        let processes = [Some(mock), Some(etude), router, portkey].into_iter().flatten().collect();
        Ok(Self { ways, processes, _folder: folder })
    }

    fn cpu_s(&self, way: &Way) -> Result<f64> {
        let process = self.processes.iter().find(|process| process.pid() == way.pid);
        process.context("a way without a process")?.cpu_s()
    }
}

impl Way {
    /// Makes one request; gives the milliseconds until its first token, or until its end where it is not streamed.
    async fn ask(&self, streamed: bool) -> Result<f64> {
        let (model, first, last) = if streamed { (STREAMED, "w0\"", "w19\"") } else { (WHOLE, LAST, LAST) };
        let more = if streamed { r#","stream":true,"stream_options":{"include_usage":true}"# } else { "" };
        let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"Hello"}}]{more}}}"#);
        let accept = if streamed { "text/event-stream" } else { "application/json" };
        self.pool.ask("/v1/chat/completions", accept, &body, first, last).await
    }
}

/// Times of requests at a rate, sorted, in milliseconds, and the CPU time of one, in milliseconds.
async fn open_loop(stage: &Arc<Stage>, way: usize, streamed: bool, seconds: f64) -> Result<(Vec<f64>, f64)> {
    let before = stage.cpu_s(&stage.ways[way])?;
    let began = tokio::time::Instant::now();
    let mut tasks = JoinSet::new();
    for number in 0..(RATE * seconds) as u32 {
        sleep_until(began + Duration::from_secs_f64(f64::from(number) / RATE)).await;
        let stage = stage.clone();
        tasks.spawn(async move { stage.ways[way].ask(streamed).await });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.push(done.context("a request's task")??);
    }
    let cpu_ms = (stage.cpu_s(&stage.ways[way])? - before) * 1e3 / times.len() as f64;
    Ok((sorted(times), cpu_ms))
}

/// Requests a second over so many connections that ask again and again, and the CPU time of one, in milliseconds.
async fn closed_loop(stage: &Arc<Stage>, way: usize, connections: usize, seconds: f64) -> Result<(f64, f64)> {
    let before = stage.cpu_s(&stage.ways[way])?;
    let (began, lasts) = (Instant::now(), Duration::from_secs_f64(seconds));
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let stage = stage.clone();
        tasks.spawn(async move {
            let mut asked = 0_u32;
            while began.elapsed() < lasts {
                stage.ways[way].ask(false).await?;
                asked += 1;
            }
            anyhow::Ok(asked)
        });
    }
    let mut asked = 0.0;
    while let Some(done) = tasks.join_next().await {
        asked += f64::from(done.context("a connection's task")??);
    }
    let rate = asked / began.elapsed().as_secs_f64();
    Ok((rate, (stage.cpu_s(&stage.ways[way])? - before) * 1e3 / asked))
}

/// Runs the benchmark.
pub async fn measure(setting: &Setting) -> Result<Report> {
    let mut report = Report::new(
        "gateway",
        "a chat completion by way of a gateway",
        "the same upstream called directly, `vllm-router` 0.1.17 and `@portkey-ai/gateway` 1.15.2 in front of it",
    );
    report.method(format!(
        "`POST /v1/chat/completions`, streamed (20 tokens at 200 a second) and whole (20 tokens at once): {RATE} \
         requests a second in open loop for times and CPU, then {} and {} connections that ask again and again. Ways \
         take turns; upstream, client and gateway share the machine.",
        CONNECTIONS[0], CONNECTIONS[1]
    ));
    report.method(
        "CPU time is that of the one process (user and system). Etude's has everything on: each request is a run with \
         its log on disk and its row; the others keep nothing.",
    );
    let stage = Arc::new(Stage::set(setting, &mut report).await?);
    for way in &stage.ways {
        for n in 0..setting.either(WARM_UP, 2) {
            way.ask(way.streams && n % 2 == 0).await.with_context(|| format!("by way of {}", way.name))?;
        }
    }
    at_a_rate(setting, &stage, &mut report).await?;
    flat_out(setting, &stage, &mut report).await?;
    Ok(report)
}

async fn at_a_rate(setting: &Setting, stage: &Arc<Stage>, report: &mut Report) -> Result<()> {
    for (streamed, what, unit) in [(true, "first token, streamed", "streamed"), (false, "whole answer", "whole")] {
        let ways: Vec<_> = (0..stage.ways.len()).filter(|way| !streamed || stage.ways[*way].streams).collect();
        let mut rounds: Vec<Vec<(Vec<f64>, f64)>> = ways.iter().map(|_| Vec::new()).collect();
        for _ in 0..setting.either(5, 1) {
            for (way, rounds) in ways.iter().zip(&mut rounds) {
                rounds.push(open_loop(stage, *way, streamed, setting.either(6.0, 0.5)).await?);
            }
        }
        let at = |rounds: &[(Vec<f64>, f64)], share| -> Vec<f64> {
            rounds.iter().map(|(times, _)| percentile(times, share)).collect()
        };
        for (share, name) in [(0.5, "p50"), (0.99, "p99")] {
            let direct = at(&rounds[0], share);
            for (way, rounds) in ways.iter().zip(&rounds).skip(1) {
                let added = at(rounds, share).into_iter().zip(&direct).map(|(through, direct)| through - direct);
                let title = format!("added, {what}, {name}, {}", stage.ways[*way].name);
                report.figure(title, "ms", Rounds::of(added), None);
            }
        }
        for (way, rounds) in ways.iter().zip(&rounds).skip(1) {
            let title = format!("CPU for a request, {unit}, {}", stage.ways[*way].name);
            report.figure(title, "ms", Rounds::of(rounds.iter().map(|(_, cpu_ms)| *cpu_ms)), None);
        }
    }
    Ok(())
}

async fn flat_out(setting: &Setting, stage: &Arc<Stage>, report: &mut Report) -> Result<()> {
    for connections in CONNECTIONS {
        let mut rounds: Vec<Vec<(f64, f64)>> = stage.ways.iter().map(|_| Vec::new()).collect();
        for _ in 0..setting.either(5, 1) {
            for (way, rounds) in rounds.iter_mut().enumerate() {
                rounds.push(closed_loop(stage, way, connections, setting.either(3.0, 0.2)).await?);
            }
        }
        for (way, rounds) in stage.ways.iter().zip(&rounds) {
            let title = format!("requests, {connections} connections, {}", way.name);
            report.figure(title, "a second", Rounds::of(rounds.iter().map(|(rate, _)| *rate)), None);
        }
        for (way, rounds) in stage.ways.iter().zip(&rounds).skip(1) {
            let title = format!("CPU for a request, {connections} connections, {}", way.name);
            report.figure(title, "ms", Rounds::of(rounds.iter().map(|(_, cpu_ms)| *cpu_ms)), None);
        }
    }
    Ok(())
}
