//! What is large: a file of 200 MB comes in, two versions of 10 MB are compared.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use domain::diff;

use super::shelf::{Dice, prompt, prompt_id, sentence, version};
use super::{KB, MB, ask, import};
use crate::Setting;
use crate::process::{self, Process};
use crate::report::{Report, Target};
use crate::stats::Rounds;

/// Prompts of a file, with two versions each.
const PROMPTS: usize = 10;
/// Lines of a version; with their words, 10 MB.
const LINES: usize = 20_500;
/// Words of a line.
const LINE_WORDS: usize = 60;

/// Imports and compares.
pub async fn measure(setting: &Setting, report: &mut Report) -> Result<()> {
    let lines = setting.either(LINES, 500);
    compared(setting, lines, report);
    let folder = setting.folder()?;
    let etude = process::etude(setting, folder.path(), "").await?;
    let before_kb = etude.rss_kb()?;
    let mut times = Vec::new();
    let mut bytes = 0;
    for round in 0..setting.either(3, 1) {
        let file = file(round, lines);
        bytes = file.len();
        let began = Instant::now();
        import(&etude.url, &file).await?;
        times.push(began.elapsed().as_secs_f64());
    }
    let note = format!("{:.0} MB: {PROMPTS} prompts with two versions each", bytes as f64 / MB);
    report.noted("import of a large file", "s", Rounds::of(times), None, &note);
    let most = (most_kb(&etude)? - before_kb) / KB;
    report.figure("import of a large file, memory at the most", "MB", Rounds::once(most), None);
    let (mut times, mut answer) = (Vec::new(), 0);
    for round in 0..setting.either(5, 1) {
        let path = format!("/api/version-diff?id={}&old=1&new=2", prompt_id(round));
        let began = Instant::now();
        answer = ask(&etude.url, &path).await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let note = format!("`GET /api/version-diff`; the answer has {:.1} MB", answer as f64 / MB);
    report.noted("comparing two versions of 10 MB, by the server", "ms", Rounds::of(times), None, &note);
    Ok(())
}

/// Compares two texts of 10 MB in this process, by the function that the server calls.
fn compared(setting: &Setting, lines: usize, report: &mut Report) {
    let mut dice = Dice(7);
    let (old, new) = two(&mut dice, lines);
    let mut times = Vec::new();
    for _ in 0..setting.either(5, 1) {
        let began = Instant::now();
        let found = diff::compare(&old, &new, Some(began + Duration::from_secs(1)));
        std::hint::black_box(found);
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let note = format!("{:.1} MB, {lines} lines, about a third of them changed", old.len() as f64 / MB);
    report.noted("comparing two texts of 10 MB", "ms", Rounds::of(times), Some(Target::AtMost(1_000.0)), &note);
}

/// A text, and one in which about a third of the lines are others.
fn two(dice: &mut Dice, lines: usize) -> (String, String) {
    let old: Vec<String> = (0..lines).map(|_| sentence(dice, LINE_WORDS)).collect();
    let other = |line: &String| match dice.below(3) {
        0 => sentence(dice, LINE_WORDS),
        _ => line.clone(),
    };
    let new: Vec<String> = old.iter().map(other).collect();
    (old.join("\n"), new.join("\n"))
}

/// A file of Etude's export with large versions.
fn file(round: usize, lines: usize) -> String {
    let mut dice = Dice(round as u64 + 11);
    let prompts: Vec<String> = (0..PROMPTS)
        .map(|n| {
            let n = round * PROMPTS + n;
            let (old, new) = two(&mut dice, lines);
            prompt(n, &format!("large {n}"), &[], &[version(n, 1, old), version(n, 2, new)]).to_string()
        })
        .collect();
    format!(r#"{{"format":"etude","version":1,"prompts":[{}],"runs":[],"comparisons":[]}}"#, prompts.join(","))
}

/// The most memory that a process has held, in kilobytes (`VmHWM`).
fn most_kb(process: &Process) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.pid())).context("reading a process's memory")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("the kernel tells no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
