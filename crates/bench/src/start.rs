//! How long a start takes with many kept runs, and with runs that a crash has left open.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use domain::EventKind;
use engine::Clock;
use engine::store::{Ended, Store};
use engine::tape::Tape;
use tokio::task::JoinSet;

use crate::Setting;
use crate::events::Events;
use crate::http;
use crate::log::opened;
use crate::process::{self, Process};
use crate::report::Report;
use crate::stats::Rounds;

/// Rows that one transaction keeps.
const BATCH: usize = 500;
/// Days over which the runs are spread: those of the last one answer to their `request_id`s.
const DAYS: i64 = 10;
const MICROS_DAY: i64 = 24 * 60 * 60 * 1_000_000;
/// The run that a crash leaves open: it stands after fifty tokens.
const STALLED: &str = "mock-ttft0-rate0-n1000-stall50";
const STALLED_TOKENS: u64 = 50;

/// Adds the figures of a start.
pub async fn measure(setting: &Setting, report: &mut Report) -> Result<()> {
    let (kept, open) = setting.either((100_000, 200), (1_000, 20));
    report.method(format!(
        "Start: until the server announces its address and until it answers `GET /`, with {kept} kept runs (written \
         by the engine's own store, spread over {DAYS} days, each with a `request_id`), then with {open} runs open as \
         well: started against an upstream that stalls, the server killed by `kill -9`."
    ));
    let folder = setting.folder()?;
    let mock = process::mock(setting)?;
    let config = process::config(&mock, &[STALLED]);
    fill(&folder.path().join("data"), kept).await?;
    let (mut empty, mut full, mut crashed, mut page) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 1..=setting.either(3, 1) {
        let fresh = setting.folder()?;
        empty.push(start(setting, fresh.path(), &config).await?.1);
        let (etude, seconds, _) = start(setting, folder.path(), &config).await?;
        full.push(seconds);
        leave_open(&etude, open).await?;
        drop(etude);
        let (etude, announced, answered) = start(setting, folder.path(), &config).await?;
        crashed.push(announced);
        page.push(answered);
        let list = http::get(&etude.url, "/v1/runs?status=interrupted&limit=200").await?;
        let found = list.matches("\"status\":\"interrupted\"").count();
        ensure!(
            found == (open * round).min(200),
            "{found} runs are interrupted after {round} crashes with {open} each"
        );
    }
    report.figure("start, nothing kept, address announced", "s", Rounds::of(empty), None);
    report.figure(format!("start, {kept} runs kept, address announced"), "s", Rounds::of(full), None);
    report.figure(format!("start, {open} runs open as well, address announced"), "s", Rounds::of(crashed), None);
    report.figure(format!("start, {open} runs open as well, `GET /` answered"), "s", Rounds::of(page), None);
    Ok(())
}

/// Starts a server; gives the seconds until it announced its address, and until its page was there.
async fn start(setting: &Setting, folder: &Path, config: &str) -> Result<(Process, f64, f64)> {
    let mut command = process::serve(setting, folder, config)?;
    let began = Instant::now();
    let etude = Process::announced(&mut command)?;
    let announced = began.elapsed().as_secs_f64();
    http::get(&etude.url, "/").await?;
    Ok((etude, announced, began.elapsed().as_secs_f64()))
}

/// Starts runs that stand in their middle.
async fn leave_open(etude: &Process, count: usize) -> Result<()> {
    let mut starts = JoinSet::new();
    for _ in 0..count {
        let url = etude.url.clone();
        starts.spawn(async move {
            let mut events = Events::start(&url, STALLED).await?;
            while events.deltas < STALLED_TOKENS {
                events.more(|_| ()).await?;
            }
            // Kept open by whoever holds it.
            anyhow::Ok(events)
        });
    }
    let mut held = Vec::new();
    while let Some(started) = starts.join_next().await {
        held.push(started.context("a run's task")??);
    }
    Ok(())
}

/// Fills a data directory with kept runs.
async fn fill(data: &Path, count: usize) -> Result<()> {
    fs::create_dir_all(data).with_context(|| format!("creating {}", data.display()))?;
    let clock = Clock::system();
    let store = Store::open(&data.join("etude.db")).await?;
    let first = clock.now_micros() - DAYS * MICROS_DAY;
    let mut batch = Vec::with_capacity(BATCH);
    for number in 0..count {
        let mut opened = opened(&clock);
        opened.created_at = first + DAYS * MICROS_DAY / count as i64 * number as i64;
        opened.request_id = Some(format!("request-{number}"));
        let tape = tape(&opened.run.to_string());
        batch.push(Ended::new(opened, tape, Vec::new())?);
        if batch.len() == BATCH || number + 1 == count {
            store.keep_runs(&batch).await?;
            batch.clear();
        }
    }
    store.close().await;
    Ok(())
}

/// The events of a short run.
fn tape(run: &str) -> Tape {
    let mut tape = Tape::default();
    let started = format!(
        r#"{{"at_ms":1,"run":"{run}","model":"mock","resolved_model":"mock","provider":"lab","endpoint":"http://127.0.0.1:9000/v1","cached":false,"started_at":0,"params":{{}}}}"#
    );
    tape.push(EventKind::Started, &started);
    for number in 0..20 {
        tape.push(EventKind::Delta, &format!(r#"{{"at_ms":{number},"index":0,"text":" w{number}"}}"#));
    }
    let finished = r#"{"at_ms":21,"finish_reason":"stop","usage":{"input_tokens":7,"output_tokens":20},"cost_micros":0,"queue_ms":1,"ttft_ms":2,"total_ms":21}"#;
    tape.push(EventKind::Finished, finished);
    tape
}
