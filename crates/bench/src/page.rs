//! The page in a browser. What is measured, and how, is told by `end2end/bench/page.mjs`.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::Setting;
use crate::report::{Report, Target};
use crate::stats::Rounds;

const SCRIPT: &str = "end2end/bench/page.mjs";
/// What a quick run tries: all but the long answer, which takes longest.
const QUICK: [&str; 3] = ["--quick", "--only", "sizes,ready,stream,prompt,compare"];

/// A line of the script's output.
#[derive(Deserialize)]
struct Line {
    name: String,
    unit: String,
    value: f64,
    /// `<= 16`, `< 1000`, `0`, or nothing.
    target: String,
    spread: [f64; 2],
    note: String,
}

/// Runs the benchmark.
pub fn measure(setting: &Setting) -> Result<Report> {
    let mut report = Report::new("page", "the page in a browser", "its own targets");
    report.method("Chromium without a window, driven by Playwright, against a server of its own with a warm cache.");
    report.method(
        "It paints with the processors that server and upstream use as well: where they are slow, frames are late. On \
         2026-11-27, on a machine that sorts 45 million numbers a second, the longest frame with 100,000 tokens had 66.8 ms, \
         with eight columns 317 ms, and the grid 24 to 41 frames/s; a key in 10 MB took 23.5 ms, and 27.5 after a pause.",
    );
    let mut node = Command::new("node");
    node.current_dir(&setting.root).arg(SCRIPT).args(setting.quick.then_some(QUICK).into_iter().flatten());
    node.arg("--etude").arg(&setting.etude).arg("--site").arg(&setting.site).arg("--model").arg(&setting.model);
    let output = node.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("starting node")?;
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let line: Line = serde_json::from_str(line).with_context(|| format!("{SCRIPT} prints `{line}`"))?;
        let [min, max] = line.spread;
        let rounds = Rounds { median: line.value, min, max };
        report.noted(line.name, &line.unit, rounds, target(&line.target)?, &line.note);
    }
    ensure!(output.status.success(), "{SCRIPT} ended with {}", output.status);
    Ok(report)
}

fn target(text: &str) -> Result<Option<Target>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.trim_start_matches(['<', '>', '=', ' ']).parse();
    let number: f64 = number.with_context(|| format!("`{text}` is no target"))?;
    Ok(Some(if text.starts_with('>') { Target::AtLeast(number) } else { Target::AtMost(number) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read() {
        let read = |text| target(text).expect("a target");
        assert_eq!(read("<= 16"), Some(Target::AtMost(16.0)));
        assert_eq!(read("0"), Some(Target::AtMost(0.0)));
        assert_eq!(read(""), None);
        assert!(target("soon").is_err());
    }
}
