//! Counts tests while their runner talks.

use std::io::{BufRead, BufReader};
use std::ops::AddAssign;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result};

use crate::progress::shown;

/// What a test runner has reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
    /// What the runner called those that failed.
    pub failures: Vec<String>,
    /// What it said about each of them, line by line, [`REASON_LINES_MAX`] at most.
    pub reasons: Vec<String>,
    /// How many more lines belong to the reason that is being read.
    reading: usize,
}

/// How much of what a runner says about one failed test is said again at the end: the message, and the lines around it.
const REASON_LINES_MAX: usize = 24;

impl Tally {
    /// Takes in one line of `cargo test`, of Playwright's list reporter, of pytest or of Node's own runner (TAP).
    fn read(&mut self, line: &str) {
        self.read_reason(line.trim_end());
        let line = line.trim();
        self.failures.extend(failure(line));
        if let Some(result) = line.strip_prefix("test result: ") {
            for part in result.split([';', '.']) {
                self.count(part);
            }
        } else if let Some((result, _)) =
            line.trim_matches(['=', ' ']).rsplit_once(" in ").filter(|(result, _)| is_sum(result))
        {
            for part in result.split(", ") {
                self.count(part);
            }
        } else if let Some((word, number)) = line.strip_prefix("# ").and_then(|line| line.split_once(' ')) {
            match (word, number.parse::<u64>()) {
                ("pass", Ok(number)) => self.passed += number,
                ("fail" | "cancelled", Ok(number)) => self.failed += number,
                ("skipped" | "todo", Ok(number)) => self.skipped += number,
                _ => {}
            }
        } else {
            self.count(line);
        }
    }

    /// Takes in a line of what `cargo test` or Playwright writes about a failed test; the others say it in its name.
    fn read_reason(&mut self, line: &str) {
        if begins_reason(line) {
            self.reading = REASON_LINES_MAX;
        } else if ["    attachment #", "    Error Context: ", "failures:"].iter().any(|end| line.starts_with(end)) {
            self.reading = 0;
        }
        if self.reading > 0 && !line.is_empty() {
            self.reading -= 1;
            self.reasons.push(line.to_owned());
        }
    }

    /// Takes in `3 passed`, or `3 passed (1.2s)` as Playwright writes it.
    fn count(&mut self, part: &str) {
        let mut words = part.split_whitespace();
        let Some(number) = words.next().and_then(|number| number.parse::<u64>().ok()) else { return };
        let word = words.collect::<Vec<_>>().join(" ");
        match word.split(" (").next().unwrap_or_default() {
            "passed" => self.passed += number,
            "failed" | "error" | "errors" | "flaky" | "interrupted" | "did not run" => self.failed += number,
            "ignored" | "skipped" => self.skipped += number,
            _ => {}
        }
    }
}

/// The test that a line tells has failed; Node's own names begin after its number.
fn failure(line: &str) -> Option<String> {
    let name = line
        .strip_prefix("test ")
        .and_then(|line| line.strip_suffix(" ... FAILED"))
        .or_else(|| line.strip_prefix("✘").or_else(|| line.strip_prefix("x  ")))
        .or_else(|| line.strip_prefix("FAILED ").filter(|name| name.contains("::")))
        .or_else(|| line.strip_prefix("not ok "))?;
    Some(name.trim().to_owned())
}

/// Whether what was wrong with a test follows: `---- limits::are_named stdout ----` or `  1) tests/grid.spec.ts:75:1 › …`.
fn begins_reason(line: &str) -> bool {
    let numbered = || line.strip_prefix("  ")?.split_once(") tests/").map(|(number, _)| number);
    line.starts_with("---- ") && line.ends_with(" stdout ----")
        || numbered().is_some_and(|number| number.parse::<u32>().is_ok())
}

/// Whether a line is pytest's last one: `1 failed, 129 passed`, which `in 21.4s` follows.
fn is_sum(line: &str) -> bool {
    line.split(", ").all(|part| {
        let (number, word) = part.split_once(' ').unwrap_or_default();
        number.parse::<u64>().is_ok()
            && matches!(word, "passed" | "failed" | "skipped" | "error" | "errors" | "warning" | "warnings")
    })
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.failures.extend(other.failures);
        self.reasons.extend(other.reasons);
    }
}

/// Runs a test runner, showing its output line by line, and counts.
pub fn run_counted(command: &mut Command) -> Result<(Tally, ExitStatus)> {
    let name = shown(command);
    let mut child = command
        .stdout(Stdio::piped())
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("starting {name}: is it installed?"))?;
    let output = child.stdout.take().context("the runner's output is a pipe")?;
    let mut tally = Tally::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.with_context(|| format!("reading the output of {name}"))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        tally.read(&line);
    }
    let status = child.wait().with_context(|| format!("waiting for {name}"))?;
    Ok((tally, status))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| tally.read(line));
        tally
    }

    #[test]
    fn reads_both_runners() {
        let tally = read(&[
            "running 3 tests",
            "test limits::are_named ... ok",
            "test result: FAILED. 2 passed; 1 failed; 4 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "  ok 1 tests/run.spec.ts:3:1 › 12 passed into a name (1.1s)",
            "  1 skipped",
            "  6 passed (3.1s)",
            "  2 did not run",
            "1 failed, 129 passed, 2 warnings in 21.40s",
        ]);
        assert_eq!(tally, Tally { passed: 137, failed: 4, skipped: 5, ..Tally::default() });
    }

    #[test]
    fn names_what_failed() {
        let tally = read(&[
            "test limits::are_named ... FAILED",
            "  ✘   12 tests/grid.spec.ts:75:1 › a grid is paused (15.2s)",
            "FAILED test_chat.py::test_streams - AssertionError: no chunk",
            "    not ok 3 - a stream ends",
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        ]);
        assert_eq!(
            tally.failures,
            [
                "limits::are_named",
                "12 tests/grid.spec.ts:75:1 › a grid is paused (15.2s)",
                "test_chat.py::test_streams - AssertionError: no chunk",
                "3 - a stream ends",
            ]
        );
    }

    #[test]
    fn keeps_what_was_said_of_what_failed() {
        let tally = read(&[
            "---- limits::are_named stdout ----",
            "",
            "thread 'limits::are_named' panicked at domain/src/limits.rs:3:5:",
            "left 1, right 2",
            "",
            "failures:",
            "    limits::are_named",
            "  ✓  11 tests/grid.spec.ts:60:1 › a grid goes on (1.2s)",
            "  1) tests/grid.spec.ts:75:1 › a grid is paused",
            "    Error: expect(page).toHaveURL(expected) failed",
            "    attachment #1: screenshot (image/png)",
            "    test-results/grid/test-failed-1.png",
            "  1 failed",
        ]);
        assert_eq!(
            tally.reasons,
            [
                "---- limits::are_named stdout ----",
                "thread 'limits::are_named' panicked at domain/src/limits.rs:3:5:",
                "left 1, right 2",
                "  1) tests/grid.spec.ts:75:1 › a grid is paused",
                "    Error: expect(page).toHaveURL(expected) failed",
            ]
        );
    }

    #[test]
    fn a_reason_ends_at_its_limit() {
        let mut tally = Tally::default();
        tally.read("---- limits::are_named stdout ----");
        for number in 0..2 * REASON_LINES_MAX {
            tally.read(&format!("line {number}"));
        }
        assert_eq!(tally.reasons.len(), REASON_LINES_MAX);
    }
}
