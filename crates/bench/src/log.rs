//! The run log: how soon an event is delivered, how fast a run is read again, how long a start takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use domain::event::Delta;
use domain::{EventKind, RunEvent, UserId, WorkspaceId};
use engine::Clock;
use engine::log::{Log, Opened, Recovered, RunWriter, Tail};
use engine::tape::Tape;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Duration, sleep, sleep_until};

use crate::Setting;
use crate::events::{Events, after};
use crate::http::Connection;
use crate::process;
use crate::report::{Report, Target};
use crate::stats::{Rounds, percentile, sorted};

/// Bytes in a megabyte, as rates are counted.
const MB: f64 = 1e6;
/// A run must be read again at so many megabytes a second.
const REPLAY_LEAST: f64 = 500.0;
/// Bytes that are read at a time, of a long answer.
const READ_BYTES: usize = 256 * 1024;
const TEXT: &str = "\"text\":\"";

/// What bounds the replay, and what it was elsewhere.
const BOUND: &str = "The replay is bound by processor and memory, not by the disk: \"tape unpacked\" is zstd, a check for \
    UTF-8 and a search for line ends, and all else stands on it. On 2026-11-27, on a machine that sorts 25 million \
    numbers a second, it was 345 MB/s, and 314, 366 and 199 for the three ways to read a run. Tried since: one copy for \
    all entries of a portion instead of one for each.";

/// Runs the benchmark.
pub async fn measure(setting: &Setting) -> Result<Report> {
    let mut report = Report::new(
        "log",
        "the run log",
        "nothing: the one durable log that runs here by itself is ours; the targets stand alone",
    );
    delivered(setting, &mut report).await?;
    tape(setting, &mut report).await?;
    replay(setting, &mut report).await?;
    readers(setting, &mut report).await?;
    crate::start::measure(setting, &mut report).await?;
    report.method(BOUND);
    Ok(report)
}

/// From `append` to a reader's having the event, inside one process.
async fn delivered(setting: &Setting, report: &mut Report) -> Result<()> {
    report.method(
        "Append to delivered: in one process, through the engine's log as the server uses it, on the disk of the \
         target directory. The time is from the call of `append` until a tail has the event, `write(2)` between.",
    );
    for (runs, rate) in setting.either(vec![(1, 500), (100, 50)], vec![(4, 50)]) {
        let (mut p50, mut p99) = (Vec::new(), Vec::new());
        for _ in 0..setting.either(3, 1) {
            let late = append(setting, runs, rate, setting.either(5, 1)).await?;
            p50.push(percentile(&late, 0.5));
            p99.push(percentile(&late, 0.99));
        }
        let what = if runs == 1 { "1 run".into() } else { format!("{runs} runs") };
        let what = format!("{what}, {rate} events a second each");
        report.figure(format!("append to delivered, p50, {what}"), "ms", Rounds::of(p50), None);
        report.figure(format!("append to delivered, p99, {what}"), "ms", Rounds::of(p99), None);
    }
    Ok(())
}

async fn append(setting: &Setting, runs: usize, rate: u32, seconds: u32) -> Result<Vec<f64>> {
    let folder = setting.folder()?;
    let clock = Clock::system();
    let (ended, _ends) = mpsc::unbounded_channel();
    let log = Log::open(folder.path(), clock.clone(), &Recovered::default(), ended)?;
    let began = Instant::now();
    let (mut writers, mut readers) = (JoinSet::new(), JoinSet::new());
    for number in 0..runs {
        let mut writer = log.create(opened(&clock)).await?;
        let mut tail = Tail::Hot(writer.log().tail(0));
        let first =
            tokio::time::Instant::now() + Duration::from_secs_f64(number as f64 / runs as f64 / f64::from(rate));
        let count = rate * seconds;
        writers.spawn(async move {
            for event in 0..count {
                sleep_until(first + Duration::from_secs_f64(f64::from(event) / f64::from(rate))).await;
                stamp(&mut writer, began.elapsed().as_nanos()).await?;
            }
            anyhow::Ok(())
        });
        readers.spawn(async move {
            let mut late = Vec::new();
            while late.len() < count as usize {
                let entries = tail.next().await.context("the log ended")?;
                let now = began.elapsed().as_nanos();
                for entry in entries {
                    let sent: u128 = after(entry.text(), TEXT).parse().context("a stamp")?;
                    late.push((now - sent) as f64 / 1e6);
                }
            }
            anyhow::Ok(late)
        });
    }
    let mut late = Vec::new();
    while let Some(read) = readers.join_next().await {
        late.extend(read.context("a reader's task")??);
    }
    while let Some(written) = writers.join_next().await {
        written.context("a writer's task")??;
    }
    Ok(sorted(late))
}

async fn stamp(writer: &mut RunWriter, nanos: u128) -> Result<()> {
    let delta = Delta { index: 0, text: nanos.to_string(), logprobs: Vec::new() };
    Ok(writer.append(RunEvent::Delta(delta)).await?)
}

/// How a run begins.
pub fn opened(clock: &Clock) -> Opened {
    Opened {
        run: clock.run_id(),
        workspace: WorkspaceId::from_bytes([0; 16]),
        user: UserId::from_bytes([0; 16]),
        request: r#"{"model":"mock","messages":[{"role":"user","content":"Hello"}]}"#.into(),
        model: "mock".into(),
        request_id: None,
        parent: None,
        prompt: None,
        group: None,
        wire: None,
        client_digest: None,
        created_at: clock.now_micros(),
    }
}

/// Reading a long tape, inside one process.
async fn tape(setting: &Setting, report: &mut Report) -> Result<()> {
    let mut tape = Tape::default();
    for number in 0..setting.either(1_000_000, 50_000) {
        tape.push(EventKind::Delta, &format!("{{\"at_ms\":{number},\"index\":0,\"text\":\" w{number}\"}}"));
    }
    let size = tape.bytes() as f64 / MB;
    let packed = tape.pack()?;
    report.method(format!(
        "Replay: {} events, {size:.0} MB in memory, {:.0} MB packed. `tape` is read as a tail reads it, in one process; \
         `GET events` is what a client on the same machine receives, the frames of server-sent events counted.",
        tape.len(),
        packed.len() as f64 / MB
    ));
    let (mut read, mut unpacked) = (Vec::new(), Vec::new());
    for _ in 0..setting.either(5, 1) {
        let began = Instant::now();
        let again = Tape::unpack(&packed)?;
        unpacked.push(size / began.elapsed().as_secs_f64());
        let mut tail = Tail::Kept { tape: again, next: 0 };
        let (began, mut bytes, mut events) = (Instant::now(), 0, 0);
        while let Some(entries) = tail.next().await {
            events += entries.len() as u64;
            bytes += entries.iter().map(|entry| entry.data.len()).sum::<usize>();
        }
        ensure!(events == tape.len(), "{events} events were read");
        read.push(bytes as f64 / MB / began.elapsed().as_secs_f64());
    }
    report.figure("replay, tape unpacked", "MB/s", Rounds::of(unpacked), None);
    let target = Some(Target::AtLeast(REPLAY_LEAST));
    report.figure("replay, tape read", "MB/s", Rounds::of(read), target);
    Ok(())
}

/// Reading a long ended run over HTTP, hot and kept.
async fn replay(setting: &Setting, report: &mut Report) -> Result<()> {
    let folder = setting.folder()?;
    let mock = process::mock(setting)?;
    let model = setting.either("mock-ttft0-rate0-n400000", "mock-ttft0-rate0-n20000");
    let config = process::config(&mock, &[model]);
    let mut etude = process::etude(setting, folder.path(), &config).await?;
    let mut events = Events::start(&etude.url, model).await?;
    events.rest().await?;
    let run = events.run.clone();
    let rounds = setting.either(5, 1);
    let hot = fetch(&etude.url, &run, rounds).await?;
    // A server that left in good order has kept all its runs, and its successor has none in memory.
    etude.stop()?;
    let etude = process::etude(setting, folder.path(), &config).await?;
    let kept = fetch(&etude.url, &run, rounds).await?;
    let mut again = Events::tail(Connection::open(&etude.url).await?.read_by(READ_BYTES), &run).await?;
    again.rest().await?;
    ensure!(again.deltas == events.deltas, "{} deltas came again, of {}", again.deltas, events.deltas);
    let target = Some(Target::AtLeast(REPLAY_LEAST));
    report.figure("replay, `GET events`, in memory", "MB/s", Rounds::of(hot), target);
    report.figure("replay, `GET events`, from the database", "MB/s", Rounds::of(kept), target);
    Ok(())
}

async fn fetch(url: &str, run: &str, rounds: usize) -> Result<Vec<f64>> {
    let mut rates = Vec::new();
    for _ in 0..rounds {
        let mut connection = Connection::open(url).await?.read_by(READ_BYTES);
        let began = Instant::now();
        let status = connection.ask("GET", &format!("/v1/runs/{run}/events"), "text/event-stream", "").await?;
        ensure!(status == 200, "the run's events answer {status}");
        let (mut bytes, mut piece) = (0, Vec::new());
        while connection.more(&mut piece).await? {
            bytes += piece.len();
            piece.clear();
        }
        rates.push(bytes as f64 / MB / began.elapsed().as_secs_f64());
    }
    Ok(rates)
}

/// Many readers of one run.
async fn readers(setting: &Setting, report: &mut Report) -> Result<()> {
    let readers = setting.either(1_000, 50);
    let folder = setting.folder()?;
    let mock = process::mock(setting)?;
    let model = setting.either("mock-ttft0-rate20-n300-stamp", "mock-ttft0-rate20-n60-stamp");
    let etude = process::etude(setting, folder.path(), &process::config(&mock, &[model])).await?;
    let mut first = Events::start(&etude.url, model).await?;
    let run = first.run.clone();
    let measuring = Arc::new(AtomicBool::new(false));
    let mut tails = JoinSet::new();
    for _ in 0..readers {
        let (url, run, measuring) = (etude.url.clone(), run.clone(), measuring.clone());
        tails.spawn(async move {
            let clock = Clock::system();
            let mut tail = Events::tail(Connection::open(&url).await?, &run).await?;
            let mut late = Vec::new();
            let mut take = |stamp: &str| {
                if let Ok(sent) = stamp.parse::<i64>()
                    && measuring.load(Ordering::Relaxed)
                {
                    late.push((clock.now_micros() - sent) as f64 / 1e3);
                }
            };
            while tail.more(&mut take).await? {}
            anyhow::Ok((tail.deltas, late))
        });
        sleep(Duration::from_millis(2)).await;
    }
    sleep(Duration::from_millis(500)).await;
    measuring.store(true, Ordering::Relaxed);
    first.rest().await?;
    let mut late = Vec::new();
    while let Some(read) = tails.join_next().await {
        let (deltas, more) = read.context("a reader's task")??;
        ensure!(deltas == first.deltas, "a reader has {deltas} deltas of {}", first.deltas);
        late.extend(more);
    }
    let late = sorted(late);
    for (share, name) in [(0.5, "p50"), (0.99, "p99")] {
        let title = format!("{readers} readers of one run, 20 tokens a second, delay {name}");
        report.figure(title, "ms", Rounds::once(percentile(&late, share)), None);
    }
    Ok(())
}
