//! `cargo xtask test`: every test there is, and one count at the end.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::progress::{ready, run as run_command, step, took};
use crate::tally::{Tally, run_counted};
use crate::workspace::Workspace;
use crate::{clients, e2e, model, sdk, setup};

/// The crates that run outside the browser. One cargo call with one set of features, so that
/// nothing is built twice; `frontend` stays out, it would unite `ssr` and `hydrate`.
pub const NATIVE: &[&str] = &[
    "--package=domain",
    "--package=engine",
    "--package=inference",
    "--package=wires",
    "--package=app",
    "--package=server",
    "--package=bench",
    "--features=app/ssr",
];

/// What they are compiled with for tests: to optimise the pages takes longer than all else in `app` (decision 0030).
const PLAIN_PAGES: [&str; 2] = ["--config", "profile.release.package.app.opt-level=0"];

/// `cargo <verb>` for those crates, as the tests have them.
pub fn cargo(workspace: &Workspace, verb: &str) -> Command {
    let mut cargo = workspace.cargo([verb, "--release"]);
    cargo.args(NATIVE).args(PLAIN_PAGES);
    cargo
}

/// `cargo build` of their programs, with all that `cargo test` has built. There are no examples; asked for, they bring in
/// the features that dependencies have for tests.
pub fn cargo_build(workspace: &Workspace) -> Command {
    let mut cargo = cargo(workspace, "build");
    cargo.args(["--bins", "--examples"]);
    cargo
}

/// Builds the server for tests, and `etude-bench`: what `serve` builds has fewer features and faster pages, so most of it
/// would be compiled once more.
pub fn build_server(workspace: &Workspace) -> Result<PathBuf> {
    step("server", "compiling", || run_command(&mut cargo_build(workspace)))?;
    Ok(workspace.target.join("release/etude"))
}

/// A half of the tests.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// cargo test
    Rust,
    /// Playwright
    E2e,
    /// The vendors' own clients, and others: against the mock, and against the server
    Sdk,
}

/// What came of a test run.
#[derive(Default)]
pub struct Outcome {
    pub tally: Tally,
    /// Why it is not green, one reason a line.
    pub complaints: Vec<String>,
    lines: Vec<String>,
}

impl Outcome {
    /// A run that broke off before any test ran.
    pub fn broken(complaint: String) -> Self {
        Self { complaints: vec![complaint], ..Self::default() }
    }

    fn add(&mut self, name: &str, tally: Tally, time: Duration, complaint: Option<String>) {
        let Tally { passed, failed, skipped, failures, reasons, .. } = &tally;
        let time = took(time);
        self.lines.push(format!("{name:<8} {passed} passed, {failed} failed, {skipped} skipped, {time}"));
        self.lines.extend(failures.iter().map(|failure| format!("         failed: {failure}")));
        self.lines.extend(reasons.iter().map(|reason| format!("         {reason}")));
        self.tally += tally;
        self.complaints.extend(complaint);
    }

    /// Runs a part. One that cannot run must not hide how the others went.
    fn attempt(&mut self, name: &str, run: impl FnOnce() -> Result<(Tally, Option<String>)>) {
        let started = Instant::now();
        let (tally, complaint) = run()
            .unwrap_or_else(|error| (Tally::default(), Some(format!("the {name} tests could not run: {error:#}"))));
        self.add(name, tally, started.elapsed(), complaint);
    }

    /// Prints each part's line, what was said of each failed test, and every reason for red.
    pub fn print_parts(&self) {
        for line in self.lines.iter().chain(&self.complaints) {
            println!("{line}");
        }
    }

    /// Prints the sum over all runners; the last line of `test` and `ci`.
    pub fn print_sum(&self) {
        println!("tests: {} passed, {} failed", self.tally.passed, self.tally.failed);
    }
}

pub fn run(workspace: &Workspace, only: Option<Part>) -> Result<()> {
    let outcome = run_parts(workspace, only)?;
    println!();
    outcome.print_parts();
    outcome.print_sum();
    if !outcome.complaints.is_empty() {
        bail!("some tests did not pass");
    }
    Ok(())
}

/// Runs the parts, all of them even when one fails.
pub fn run_parts(workspace: &Workspace, only: Option<Part>) -> Result<Outcome> {
    setup::for_building(workspace)?;
    let wanted = |part| only.is_none_or(|only| only == part);
    if wanted(Part::Rust) {
        setup::for_fault_tests(workspace)?;
    }
    if wanted(Part::Sdk) {
        setup::for_sdk_tests(workspace)?;
    }
    if wanted(Part::E2e) {
        setup::for_browser_tests(workspace)?;
    }
    let model = model::ensure()?;
    let mut outcome = Outcome::default();
    if wanted(Part::Rust) {
        cargo_test("rust", cargo(workspace, "test"), &model, &mut outcome)?;
        cargo_test("xtask", workspace.cargo(["test", "--release", "--package=xtask"]), &model, &mut outcome)?;
    }
    if wanted(Part::Sdk) {
        outcome.attempt("sdk", || sdk::run(workspace));
        outcome.attempt("clients", || clients::run(workspace, &model));
    }
    if wanted(Part::E2e) {
        outcome.attempt("islands", || e2e::run_islands(workspace));
        outcome.attempt("browser", || e2e::run(workspace, &model, &[]));
    }
    Ok(outcome)
}

fn cargo_test(name: &str, mut cargo: Command, model: &Path, outcome: &mut Outcome) -> Result<()> {
    ready(name, "cargo test, in the profile that serve uses, so that llama.cpp is built once");
    let started = Instant::now();
    let (tally, status) = run_counted(cargo.arg("--no-fail-fast").env("ETUDE_TEST_MODEL", model))?;
    let complaint = (!status.success()).then(|| format!("the tests of `{name}` ended with {status}"));
    outcome.add(name, tally, started.elapsed(), complaint);
    Ok(())
}
