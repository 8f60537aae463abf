//! What a change costs the one who makes it: builds, and the second start of `cargo xtask serve`.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::Setting;
use crate::process::{free_port, wait};
use crate::report::{Report, Target};
use crate::stats::Rounds;

/// As `xtask/src/tests.rs` calls cargo: other features would build llama.cpp again.
const NATIVE: [&str; 8] = [
    "--package=domain",
    "--package=engine",
    "--package=inference",
    "--package=wires",
    "--package=app",
    "--package=server",
    "--package=bench",
    "--features=app/ssr",
];
/// A file of each crate whose edit is tried.
const EDITED: [(&str, &str); 3] =
    [("app", "app/src/lib.rs"), ("engine", "crates/engine/src/runs.rs"), ("server", "server/src/router.rs")];
/// Crates of a cold build that are listed.
const SLOWEST: usize = 10;

/// Runs the benchmark.
pub async fn measure(setting: &Setting) -> Result<Report> {
    let mut report = Report::new("build", "what a change costs", "its own targets");
    report.method(
        "Wall time of cargo in the profile that serve, tests and release share. An edit is a new time of a file's last \
         change. `serve` is `cargo xtask serve` with nothing changed, until its port answers.",
    );
    build(setting)?;
    let rounds = setting.either(3, 1);
    let nothing = (0..rounds).map(|_| build(setting)).collect::<Result<Vec<_>>>()?;
    report.figure("build, nothing changed", "s", Rounds::of(nothing), None);
    if !setting.quick {
        for (name, file) in EDITED {
            let edit = || {
                touch(&setting.root.join(file))?;
                build(setting)
            };
            report.figure(format!("build, a file of `{name}` edited"), "s", Rounds::once(edit()?), None);
        }
    }
    if setting.quick {
        // It builds the server by itself, with other features of what it is made of: minutes, the first time.
        return Ok(report);
    }
    serve(setting).await?;
    let mut served = Vec::new();
    for _ in 0..rounds {
        served.push(serve(setting).await?);
    }
    report.figure("`cargo xtask serve`, second start", "s", Rounds::of(served), Some(Target::AtMost(5.0)));
    if setting.cold {
        cold(setting, &mut report)?;
    }
    Ok(report)
}

fn cargo(setting: &Setting) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(&setting.root).env("CARGO_TARGET_DIR", &setting.target).stdin(Stdio::null());
    cargo
}

fn build(setting: &Setting) -> Result<f64> {
    timed(cargo(setting).args(["build", "--release", "--quiet"]).args(NATIVE))
}

fn timed(cargo: &mut Command) -> Result<f64> {
    let began = Instant::now();
    let status = cargo.status().context("starting cargo")?;
    ensure!(status.success(), "cargo ended with {status}");
    Ok(began.elapsed().as_secs_f64())
}

fn touch(file: &Path) -> Result<()> {
    let touched = File::options().append(true).open(file).and_then(|file| file.set_modified(SystemTime::now()));
    touched.with_context(|| format!("touching {}", file.display()))
}

/// A server that `cargo xtask serve` has become; it replaces its process twice and keeps its number.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn serve(setting: &Setting) -> Result<f64> {
    let folder = setting.folder()?;
    let port = free_port()?;
    let mut command = cargo(setting);
    command
        .args(["xtask", "serve"])
        .env("ETUDE_ADDR", format!("127.0.0.1:{port}"))
        .env("ETUDE_DATA_DIR", folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let began = Instant::now();
    let _served = Served(command.spawn().context("starting cargo xtask serve")?);
    let url = format!("http://127.0.0.1:{port}");
    // The first one may have to build.
    for _ in 0..10 {
        if wait(&url, "/healthz", |_| true).await.is_ok() {
            break;
        }
    }
    wait(&url, "/healthz", |_| true).await?;
    Ok(began.elapsed().as_secs_f64())
}

/// A crate of a build, as cargo's report of its times has it.
#[derive(Deserialize)]
struct Unit {
    name: String,
    target: String,
    duration: f64,
}

/// Builds everything anew, and lists what took longest.
fn cold(setting: &Setting, report: &mut Report) -> Result<()> {
    let target = setting.folder()?;
    let mut cargo = cargo(setting);
    cargo.args(["build", "--release", "--timings", "--target-dir"]).arg(target.path()).args(NATIVE);
    report.figure("build, everything anew", "min", Rounds::once(timed(&mut cargo)? / 60.0), None);
    let place = target.path().join("cargo-timings/cargo-timing.html");
    let page = fs::read_to_string(&place).with_context(|| format!("reading {}", place.display()))?;
    for unit in slowest(&page)? {
        let title = format!("of it, `{}`{}", unit.name, unit.target);
        report.figure(title, "s", Rounds::once(unit.duration), None);
    }
    Ok(())
}

fn slowest(page: &str) -> Result<Vec<Unit>> {
    let (_, rest) = page.split_once("const UNIT_DATA = ").context("cargo's report has no UNIT_DATA")?;
    let mut units = serde_json::Deserializer::from_str(rest).into_iter::<Vec<Unit>>();
    let mut units = units.next().context("cargo's report ends early")?.context("reading cargo's report")?;
    units.sort_by(|one, other| other.duration.total_cmp(&one.duration));
    units.truncate(SLOWEST);
    Ok(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_come_first() {
        let page = r#"x const UNIT_DATA = [{"i":0,"name":"a","version":"1","mode":"todo","target":"","duration":1.5},
            {"name":"b","target":" build-script","duration":9.0}];
            const CONCURRENCY_DATA = [];"#;
        let names: Vec<_> = slowest(page).expect("a list").into_iter().map(|unit| unit.name).collect();
        assert_eq!(names, ["b", "a"]);
    }
}
