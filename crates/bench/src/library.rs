//! A shelf of many prompts: how fast one is found as it is typed, a prompt with a long history opened; and what is large:
//! versions compared, a file imported.

mod large;
mod search;
mod shelf;

use std::time::Instant;

use anyhow::{Result, ensure};
use tokio::task::JoinSet;

use crate::Setting;
use crate::http::Connection;
use crate::process::{self, Process};
use crate::report::{Report, Target};
use crate::stats::Rounds;
use shelf::{Shelf, prompt_id};

/// Prompts on the shelf.
const PROMPTS: usize = 100_000;
/// Versions of the one that has many.
const VERSIONS: usize = 1_000;
/// Runs that it has.
const RUNS: usize = 4_000;
/// Connections over which they are made.
const RUNNING: usize = 16;
/// The script of the answers of those runs: at once.
const MODEL: &str = "mock-ttft0-rate0-n20";
/// Kilobytes in a megabyte, as memory is counted.
const KB: f64 = 1_024.0;
/// Bytes in a megabyte, as files are counted.
const MB: f64 = 1e6;
/// Bytes that are read at a time of a long answer.
const READ_BYTES: usize = 256 * 1024;

/// Runs the benchmark.
pub async fn measure(setting: &Setting) -> Result<Report> {
    let (prompts, versions) = (setting.either(PROMPTS, 2_000), setting.either(VERSIONS, 50));
    let mut report = Report::new("library", "many prompts, long histories, large versions", "its own targets");
    describe(&mut report, prompts, versions, setting.either(RUNS, 100));
    let folder = setting.folder()?;
    let mock = process::mock(setting)?;
    let config = process::config(&mock, &[MODEL]);
    let etude = process::etude(setting, folder.path(), &config).await?;
    let names = filled(&etude, &mut report, prompts, versions).await?;
    let mut etude = again(setting, folder.path(), &config, etude, &mut report).await?;
    search::measure(setting, &etude.url, &names, &mut report).await?;
    run(&etude.url, versions, setting.either(RUNS, 100)).await?;
    history(&etude.url, versions, &mut report).await?;
    etude.stop()?;
    large::measure(setting, &mut report).await?;
    Ok(report)
}

fn describe(report: &mut Report, prompts: usize, versions: usize, runs: usize) {
    report.method(format!(
        "{prompts} prompts of about {} words out of {}, one in {} with 64 KB, and one with {versions} versions, come in by \
         `POST /v1/import`; then the server starts again.",
        shelf::TEXT_WORDS,
        shelf::WORDS,
        shelf::LONG_EVERY
    ));
    report.method(
        "A search is `GET /v1/presets?query=` over one connection: from the request to the last byte of a page of 50. \
         All ways of typing are in the two figures of all of them.",
    );
    report.method(format!("The prompt with many versions is opened once it has {runs} runs, spread over all of them."));
    report.method(
        "Large: ten prompts with two versions of 10 MB each are one file; the two are compared as the page asks for it.",
    );
}

/// Imports the shelf; gives some names of its prompts.
async fn filled(etude: &Process, report: &mut Report, prompts: usize, versions: usize) -> Result<Vec<String>> {
    let before_kb = etude.rss_kb()?;
    let Shelf { file, names } = Shelf::new(prompts, versions);
    let began = Instant::now();
    import(&etude.url, &file).await?;
    let took = Rounds::once(began.elapsed().as_secs_f64());
    report.noted("import of the shelf", "s", took, None, &format!("a file of {:.0} MB", file.len() as f64 / MB));
    drop(file);
    let held = (etude.rss_kb()? - before_kb) / KB;
    report.figure("memory that the server took for it", "MB", Rounds::once(held), None);
    Ok(names)
}

/// Imports a file.
async fn import(url: &str, file: &str) -> Result<()> {
    let mut connection = Connection::open(url).await?;
    let status = connection.ask("POST", "/v1/import", "application/json", file).await?;
    let answer = connection.text().await?;
    ensure!(status == 200, "an import was answered with {status}: {answer}");
    Ok(())
}

/// Stops the server and starts it over what it has kept.
async fn again(
    setting: &Setting,
    folder: &std::path::Path,
    config: &str,
    mut etude: Process,
    report: &mut Report,
) -> Result<Process> {
    let (mut found, mut held) = (Vec::new(), Vec::new());
    for _ in 0..setting.either(3, 1) {
        etude.stop()?;
        let mut command = process::serve(setting, folder, config)?;
        let began = Instant::now();
        etude = Process::announced(&mut command)?;
        ask(&etude.url, "/v1/presets?query=re").await?;
        found.push(began.elapsed().as_secs_f64());
        process::wait(&etude.url, "/readyz", |body| body.contains("\"model\":\"ready\"")).await?;
        held.push(etude.rss_kb()? / KB);
    }
    report.figure("from the start of the server to the first search answered", "s", Rounds::of(found), None);
    report.figure("memory of the server with the shelf, started again", "MB", Rounds::of(held), None);
    Ok(etude)
}

/// Runs the prompt with many versions.
async fn run(url: &str, versions: usize, runs: usize) -> Result<()> {
    let mut running = JoinSet::new();
    for first in 0..RUNNING {
        let url = url.to_owned();
        running.spawn(async move {
            let mut connection = Connection::open(&url).await?;
            for n in (first..runs).step_by(RUNNING) {
                let (id, version) = (prompt_id(0), n % versions + 1);
                let body = format!(r#"{{"model":"{MODEL}","prompt":"{id}","version":{version}}}"#);
                let status = connection.ask("POST", "/v1/runs", "text/event-stream", &body).await?;
                let answer = connection.text().await?;
                ensure!(status == 200 || status == 201, "a run was answered with {status}: {answer}");
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(())
}

/// Opens the prompt with many versions: what code asks for, and the pages with all that they ask for.
async fn history(url: &str, versions: usize, report: &mut Report) -> Result<()> {
    let id = prompt_id(0);
    let ways = [
        ("opening a prompt", format!("/v1/presets/{id}")),
        ("listing the history", format!("/v1/presets/{id}/versions?limit={versions}")),
        ("what its runs took", format!("/api/prompt-figures?id={id}")),
        ("its forecast's band", format!("/api/output-band?id={id}&model={MODEL}")),
        ("its page", format!("/p/{id}")),
        ("its history's page", format!("/p/{id}/history")),
    ];
    for (what, path) in ways {
        let mut times = Vec::new();
        for _ in 0..20 {
            let began = Instant::now();
            ask(url, &path).await?;
            times.push(began.elapsed().as_secs_f64() * 1e3);
        }
        let name = format!("a prompt with {versions} versions: {what}");
        report.figure(name, "ms", Rounds::of(times), Some(Target::AtMost(100.0)));
    }
    Ok(())
}

/// Asks over a connection of its own, and reads the answer to its end; gives its length in bytes.
async fn ask(url: &str, path: &str) -> Result<usize> {
    let mut connection = Connection::open(url).await?.read_by(READ_BYTES);
    let status = connection.ask("GET", path, "*/*", "").await?;
    let body = connection.text().await?;
    ensure!(status == 200, "{path} was answered with {status}: {body}");
    Ok(body.len())
}
