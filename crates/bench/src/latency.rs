//! What Etude adds to the time until the first token, and what a token costs it.

use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::task::JoinSet;
use tokio::time::{Duration, sleep_until};

use crate::Setting;
use crate::live::Live;
use crate::pool::Pool;
use crate::process::{self, Process};
use crate::report::{Report, Target};
use crate::stats::{Rounds, percentile, sorted};

/// Requests a second, whether or not earlier ones are answered.
const RATE: f64 = 50.0;
/// The mock's script for the first token: twenty tokens within a tenth of a second.
const SHORT: Script = Script { model: "mock-ttft0-rate200-n20", tokens: 20 };
/// The script for what a token costs: requests weigh little beside so many.
const LONG: Script = Script { model: "mock-ttft0-rate50-n200", tokens: 200 };
/// Answers of the long script at a time.
const LONG_AT_A_TIME: usize = 40;
/// Requests that are made before anything is measured: connections stand then.
const WARM_UP: usize = 60;

/// What the mock plays.
#[derive(Clone, Copy)]
struct Script {
    model: &'static str,
    tokens: usize,
}

/// How a request goes.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// To the mock itself.
    Direct,
    /// Through `POST /v1/runs`, as server-sent events.
    Runs,
    /// Through one WebSocket.
    Live,
    /// Through `vllm-router`.
    Router,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Runs => "`POST /v1/runs`",
            Self::Live => "`/v1/live`",
            Self::Router => "`vllm-router`",
        }
    }
}

/// Everything that takes part.
struct Stage {
    mock: Process,
    etude: Process,
    router: Option<Process>,
    live: Live,
    direct: Pool,
    runs: Pool,
    routed: Option<Pool>,
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn set(setting: &Setting) -> Result<Self> {
        let folder = setting.folder()?;
        let mock = process::mock(setting)?;
        let config = process::config(&mock, &[SHORT.model, LONG.model]);
        let etude = process::etude(setting, folder.path(), &config).await?;
        let router = process::router(setting, &mock).await?;
        let live = Live::open(&etude.url).await?;
        let (direct, runs) = (Pool::new(&mock), Pool::new(&etude));
        let routed = router.as_ref().map(Pool::new);
        Ok(Self { mock, etude, router, live, direct, runs, routed, _folder: folder })
    }

    fn ways(&self) -> Vec<Way> {
        let mut ways = vec![Way::Direct, Way::Runs, Way::Live];
        ways.extend(self.router.as_ref().map(|_| Way::Router));
        ways
    }

    /// The process whose CPU time a way is charged with.
    fn process(&self, way: Way) -> &Process {
        match way {
            Way::Direct => &self.mock,
            Way::Runs | Way::Live => &self.etude,
            Way::Router => self.router.as_ref().unwrap_or(&self.mock),
        }
    }

    /// Makes one request; gives the milliseconds until its first token, or until its end where it is not streamed.
    async fn ask(&self, way: Way, script: Script, streamed: bool) -> Result<f64> {
        let (first, last) = ("w0\"", format!("w{}\"", script.tokens - 1));
        let whole = format!("w{}", script.tokens - 1);
        let (first, last) = if streamed { (first, last.as_str()) } else { (whole.as_str(), whole.as_str()) };
        let model = script.model;
        let run = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"Hello"}}]}}"#);
        let stream = if streamed { r#","stream":true,"stream_options":{"include_usage":true}}"# } else { "}" };
        let chat = format!("{}{stream}", &run[..run.len() - 1]);
        let accept = if streamed { "text/event-stream" } else { "application/json" };
        let openai = "/v1/chat/completions";
        match way {
            Way::Direct => self.direct.ask(openai, accept, &chat, first, last).await,
            Way::Runs => self.runs.ask("/v1/runs", accept, &run, first, last).await,
            Way::Live => self.live.run(&run).await,
            Way::Router => {
                let routed = self.routed.as_ref().context("there is no router")?;
                routed.ask(openai, accept, &chat, first, last).await
            }
        }
    }
}

/// What a round gave.
struct Round {
    /// Sorted, in milliseconds.
    times_ms: Vec<f64>,
    cpu_s: f64,
    tokens: f64,
}

/// Makes requests at a rate, whatever becomes of the earlier ones.
async fn open_loop(stage: &Arc<Stage>, way: Way, streamed: bool, seconds: f64) -> Result<Round> {
    let before = stage.process(way).cpu_s()?;
    let began = tokio::time::Instant::now();
    let mut tasks = JoinSet::new();
    for number in 0..(RATE * seconds) as u32 {
        sleep_until(began + Duration::from_secs_f64(f64::from(number) / RATE)).await;
        let stage = stage.clone();
        tasks.spawn(async move { stage.ask(way, SHORT, streamed).await });
    }
    finish(stage, way, SHORT, tasks, before).await
}

/// Reads long answers side by side.
async fn long_answers(stage: &Arc<Stage>, way: Way, script: Script) -> Result<Round> {
    let before = stage.process(way).cpu_s()?;
    let mut tasks = JoinSet::new();
    for _ in 0..LONG_AT_A_TIME {
        let stage = stage.clone();
        tasks.spawn(async move { stage.ask(way, script, true).await });
        // Not all tokens are due at the same moment.
        tokio::time::sleep(Duration::from_millis(7)).await;
    }
    finish(stage, way, script, tasks, before).await
}

async fn finish(
    stage: &Stage,
    way: Way,
    script: Script,
    mut tasks: JoinSet<Result<f64>>,
    cpu_before_s: f64,
) -> Result<Round> {
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.push(done.context("a request's task")??);
    }
    let cpu_s = stage.process(way).cpu_s()? - cpu_before_s;
    let tokens = (times.len() * script.tokens) as f64;
    Ok(Round { times_ms: sorted(times), cpu_s, tokens })
}

/// What the figures depend on beside the code, and what was found and tried where they fall short.
const SHORT_WHERE: &str = "Where a core is slow, each hop from thread to thread is, too, and it is a matter of the \
    machine whether 1 ms is enough. On 2026-11-27, on one that sorts 25 million numbers a second, `POST /v1/runs` added \
    1.25 ms (p50) and 5.08 ms (p99), `/v1/live` 1.18 and 7.02, `vllm-router` 0.86 and 3.09. The profile is flat (a \
    whole answer, 1.27 million instructions, 2026-11-27): request, checks and answer 15 %, packing and appending 13, its \
    row 12, reading the upstream 11, SQLite 9, driving 9, scheduling 7. Tried since: no timer that is set anew for each \
    event, and one command for events that come together (13 % fewer instructions for a token); tasks of a third of the \
    size (decision 0021: memory, no time).";

/// Runs the benchmark.
pub async fn measure(setting: &Setting) -> Result<Report> {
    let mut report = Report::new(
        "latency",
        "what stands between a request and its first token",
        "the same upstream called directly, and `vllm-router` 0.1.17 in front of it",
    );
    report.method(format!(
        "{RATE} requests a second, open loop, over connections that stay; the upstream is `etude mock` with no wait \
         before its first token, {} tokens at 200 a second. Ways take turns.",
        SHORT.tokens
    ));
    report.method("CPU time is that of the one process (user and system), with the run log on; the upstream's and the client's are not in it.");
    if setting.router.is_none() {
        report.method("`vllm-router` was not installed.");
    }
    let stage = Arc::new(Stage::set(setting).await?);
    for way in stage.ways() {
        for streamed in [true, false] {
            for _ in 0..setting.either(WARM_UP, 2) {
                if streamed || way != Way::Live {
                    stage.ask(way, SHORT, streamed).await?;
                }
            }
        }
    }
    first_tokens(setting, &stage, &mut report).await?;
    costs(setting, &stage, &mut report).await?;
    report.method(SHORT_WHERE);
    Ok(report)
}

async fn first_tokens(setting: &Setting, stage: &Arc<Stage>, report: &mut Report) -> Result<()> {
    let ways = stage.ways();
    let mut rounds: Vec<Vec<Round>> = ways.iter().map(|_| Vec::new()).collect();
    for _ in 0..setting.either(7, 1) {
        for (way, rounds) in ways.iter().zip(&mut rounds) {
            rounds.push(open_loop(stage, *way, true, setting.either(8.0, 1.0)).await?);
        }
    }
    for (share, name, most) in [(0.5, "p50", 1.0), (0.99, "p99", 5.0)] {
        let at = |rounds: &[Round]| rounds.iter().map(|round| percentile(&round.times_ms, share)).collect::<Vec<_>>();
        let direct = at(&rounds[0]);
        for (way, rounds) in ways.iter().zip(&rounds) {
            let title = format!("first token, {name}, {}", way.name());
            report.figure(title, "ms", Rounds::of(at(rounds)), None);
        }
        for (way, rounds) in ways.iter().zip(&rounds).skip(1) {
            let added = at(rounds).into_iter().zip(&direct).map(|(through, direct)| through - direct);
            let target = (*way != Way::Router).then_some(Target::AtMost(most));
            let title = format!("added to the first token, {name}, {}", way.name());
            report.figure(title, "ms", Rounds::of(added), target);
        }
    }
    Ok(())
}

async fn costs(setting: &Setting, stage: &Arc<Stage>, report: &mut Report) -> Result<()> {
    let ways = &stage.ways()[1..];
    let script = setting.either(LONG, SHORT);
    let mut streamed: Vec<Vec<f64>> = ways.iter().map(|_| Vec::new()).collect();
    let mut whole = streamed.clone();
    let mut times = streamed.clone();
    for _ in 0..setting.either(5, 1) {
        for (index, way) in ways.iter().enumerate() {
            let round = long_answers(stage, *way, script).await?;
            streamed[index].push(round.cpu_s * 1e3 / (round.tokens / 1e3));
            if *way != Way::Live {
                let round = open_loop(stage, *way, false, setting.either(4.0, 1.0)).await?;
                whole[index].push(round.cpu_s * 1e3 / round.times_ms.len() as f64);
                times[index].push(percentile(&round.times_ms, 0.5));
            }
        }
    }
    report.method(format!(
        "The cost of a token is that of {LONG_AT_A_TIME} answers side by side, {} tokens each at 50 a second; the cost \
         of a request that is not streamed is that of {} tokens in one piece.",
        script.tokens, SHORT.tokens
    ));
    for (way, rounds) in ways.iter().zip(streamed) {
        report.figure(format!("CPU for 1,000 streamed tokens, {}", way.name()), "ms", Rounds::of(rounds), None);
    }
    for ((way, rounds), times) in ways.iter().zip(whole).zip(times).filter(|((way, _), _)| **way != Way::Live) {
        report.figure(format!("CPU for a request not streamed, {}", way.name()), "ms", Rounds::of(rounds), None);
        report.figure(format!("time of a request not streamed, p50, {}", way.name()), "ms", Rounds::of(times), None);
    }
    Ok(())
}
