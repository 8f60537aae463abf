//! The server before anything is asked of it: how soon its page is there, what it holds, how large it is.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::Setting;
use crate::http;
use crate::process::{self, Process};
use crate::report::{Report, Target};
use crate::stats::Rounds;

/// Bytes in a megabyte, as files are counted.
const MB: f64 = 1e6;
/// Kilobytes in a megabyte, as memory is counted.
const KB: f64 = 1_024.0;

/// Runs the benchmark.
pub async fn measure(setting: &Setting) -> Result<Report> {
    let mut report = Report::new("server", "the server by itself", "its own targets");
    report.method(
        "From the start of the process, over an empty data directory, until `GET /` has been answered whole; the \
         model loads behind. Memory is that of the server's process (VmRSS), its worker not counted.",
    );
    let (mut ready, mut early, mut late) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..setting.either(7, 1) {
        let folder = setting.folder()?;
        let mut command = process::serve(setting, folder.path(), "")?;
        let began = Instant::now();
        let etude = Process::announced(&mut command)?;
        let page = http::get(&etude.url, "/").await?;
        ready.push(began.elapsed().as_secs_f64());
        ensure!(page.contains("</html>"), "`GET /` answers no page");
        early.push(etude.rss_kb()? / KB);
        process::wait(&etude.url, "/readyz", |body| body.contains("\"model\":\"ready\"")).await?;
        late.push(etude.rss_kb()? / KB);
    }
    report.figure("page ready, the model loading behind", "s", Rounds::of(ready), Some(Target::AtMost(1.0)));
    report.figure("memory when the page was ready", "MB", Rounds::of(early), Some(Target::AtMost(60.0)));
    report.figure("memory once the worker has the model", "MB", Rounds::of(late), None);
    sizes(setting, &mut report)?;
    Ok(report)
}

fn sizes(setting: &Setting, report: &mut Report) -> Result<()> {
    let folder = setting.folder()?;
    let stripped = folder.path().join("etude");
    let done = Command::new("strip").arg("--strip-debug").arg("-o").arg(&stripped).arg(&setting.etude).status();
    ensure!(done.context("starting strip")?.success(), "strip failed");
    let mut size = |name: &str, bytes: u64| report.figure(name, "MB", Rounds::once(bytes as f64 / MB), None);
    size("binary of this build, with debug information", length(&setting.etude)?);
    size("binary of this build, stripped, neither page nor model in it", length(&stripped)?);
    size("the model's file", length(&setting.model)?);
    size("the page's files", folder_length(&setting.site)?);
    let release = setting.root.join("target/release/etude");
    if release.exists() {
        let release = length(&release)?;
        size("release, one file", release);
        size("release without the model", release.saturating_sub(length(&setting.model)?));
    } else {
        report.method("The release's size is missing: `cargo xtask build` makes it.");
    }
    Ok(())
}

fn length(file: &Path) -> Result<u64> {
    Ok(fs::metadata(file).with_context(|| format!("looking at {}", file.display()))?.len())
}

fn folder_length(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        sum += if path.is_dir() { folder_length(&path)? } else { length(&path)? };
    }
    Ok(sum)
}
