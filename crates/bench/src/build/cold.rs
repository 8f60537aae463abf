//! What the README's two commands cost when nothing has been built yet, and which crates that goes to.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::{cargo, serve, timed};
use crate::Setting;
use crate::report::Report;
use crate::stats::Rounds;

/// Has every build of the toolbox report its times (`xtask/src/workspace.rs`).
const TIMINGS: (&str, &str) = ("ETUDE_TIMINGS", "1");
/// Crates that are listed.
const SLOWEST: usize = 10;
/// Where cargo leaves its reports: of the server, and of the page, which has a target directory of its own.
const REPORTS: [(&str, &str); 2] =
    [("server", "cargo-timings/cargo-timing.html"), ("page", "wasm/cargo-timings/cargo-timing.html")];

/// A crate of a build, as cargo's report of its times has it.
#[derive(Deserialize)]
struct Unit {
    name: String,
    target: String,
    duration: f64,
}

/// Runs both commands in a target directory of their own, and lists what took longest.
pub async fn measure(setting: &Setting) -> Result<Report> {
    ensure!(!setting.quick, "`cold` has no quick form");
    let mut report = Report::new("cold", "what the first build costs", "its own targets");
    report.method(
        "With an empty target directory; the system's packages, npm's, the crates' sources and the model are \
         there. What `cargo xtask test` adds to `serve` are the tests in Rust; the clients and the browser build \
         nothing more. A crate's time is that between its start and its end, two at a time.",
    );
    report.method(
        "What of it could go has gone with decision 0030. What is left is llama.cpp's C++ (one build script, which keeps \
         both cores busy), our own crates, and SQLite and zstd in C.",
    );
    let target = setting.folder()?;
    let target = target.path();
    let mut timing = cargo(setting);
    timing.env("CARGO_TARGET_DIR", target).env(TIMINGS.0, TIMINGS.1);
    let minutes = serve(setting, timing).await? / 60.0;
    report.figure("`cargo xtask serve`, until its port answers", "min", Rounds::once(minutes), None);
    let mut units = Vec::new();
    for (of, place) in REPORTS {
        let place = target.join(place);
        let page = fs::read_to_string(&place).with_context(|| format!("reading {}", place.display()))?;
        units.extend(read(&page)?.into_iter().map(|unit| (of, unit)));
    }
    for name in ["after that", "again, nothing changed"] {
        let minutes = tests(setting, target)? / 60.0;
        report.figure(format!("`cargo xtask test --only rust`, {name}"), "min", Rounds::once(minutes), None);
    }
    for (of, unit) in slowest(units) {
        let title = format!("of the {of}: `{}`{}", unit.name, unit.target);
        report.figure(title, "s", Rounds::once(unit.duration), None);
    }
    Ok(report)
}

fn tests(setting: &Setting, target: &Path) -> Result<f64> {
    timed(cargo(setting).args(["xtask", "test", "--only", "rust"]).env("CARGO_TARGET_DIR", target))
}

fn read(page: &str) -> Result<Vec<Unit>> {
    let (_, rest) = page.split_once("const UNIT_DATA = ").context("cargo's report has no UNIT_DATA")?;
    let mut units = serde_json::Deserializer::from_str(rest).into_iter::<Vec<Unit>>();
    units.next().context("cargo's report ends early")?.context("reading cargo's report")
}

fn slowest<T>(mut units: Vec<(T, Unit)>) -> Vec<(T, Unit)> {
    units.sort_by(|one, other| other.1.duration.total_cmp(&one.1.duration));
    units.truncate(SLOWEST);
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_come_first() {
        let page = r#"x const UNIT_DATA = [{"i":0,"name":"a","version":"1","mode":"todo","target":"","duration":1.5},
            {"name":"b","target":" build-script","duration":9.0}];
            const CONCURRENCY_DATA = [];"#;
        let names: Vec<_> = slowest(read(page).expect("a list").into_iter().map(|unit| ((), unit)).collect())
            .into_iter()
            .map(|(_, unit)| unit.name)
            .collect();
        assert_eq!(names, ["b", "a"]);
    }
}
