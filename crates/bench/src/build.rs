//! What a change costs the one who makes it: builds, and the second start of `cargo xtask serve`.

pub mod cold;

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail, ensure};

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
/// As the tests' server is compiled, which `--quick` finds built.
const TESTED: [&str; 4] = ["--config", "profile.release.package.app.opt-level=0", "--bins", "--examples"];
/// A file of each crate whose edit is tried.
const EDITED: [(&str, &str); 3] =
    [("app", "app/src/lib.rs"), ("engine", "crates/engine/src/runs.rs"), ("server", "server/src/router.rs")];
/// Longest wait for a server that has to be built first.
const BUILD: Duration = Duration::from_secs(3 * 3600);

/// Runs the benchmark.
pub async fn measure(setting: &Setting) -> Result<Report> {
    let mut report = Report::new("build", "what a change costs", "its own targets");
    report.method(
        "Wall time of cargo in the profile that serve, tests and release share (tests have plain pages). An edit is a new \
         time of a file's last change. `serve` is `cargo xtask serve` with nothing changed, until its port answers.",
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
    serve(setting, silent(setting)).await?;
    let mut served = Vec::new();
    for _ in 0..rounds {
        served.push(serve(setting, silent(setting)).await?);
    }
    report.figure("`cargo xtask serve`, second start", "s", Rounds::of(served), Some(Target::AtMost(5.0)));
    Ok(report)
}

fn cargo(setting: &Setting) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(&setting.root).env("CARGO_TARGET_DIR", &setting.target).stdin(Stdio::null());
    cargo
}

fn silent(setting: &Setting) -> Command {
    let mut cargo = cargo(setting);
    cargo.stdout(Stdio::null()).stderr(Stdio::null());
    cargo
}

fn build(setting: &Setting) -> Result<f64> {
    let mut cargo = cargo(setting);
    cargo.args(["build", "--release", "--quiet"]).args(NATIVE);
    timed(cargo.args(setting.either(&[][..], &TESTED[..])))
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

/// From `cargo xtask serve` until its port answers, in seconds.
async fn serve(setting: &Setting, mut cargo: Command) -> Result<f64> {
    let folder = setting.folder()?;
    let port = free_port()?;
    cargo.args(["xtask", "serve"]).env("ETUDE_ADDR", format!("127.0.0.1:{port}")).env("ETUDE_DATA_DIR", folder.path());
    let began = Instant::now();
    let mut served = Served(cargo.spawn().context("starting cargo xtask serve")?);
    let url = format!("http://127.0.0.1:{port}");
    while wait(&url, "/healthz", |_| true).await.is_err() {
        if let Some(status) = served.0.try_wait().context("looking at cargo xtask serve")? {
            bail!("cargo xtask serve ended with {status}");
        }
        ensure!(began.elapsed() < BUILD, "cargo xtask serve does not serve");
    }
    Ok(began.elapsed().as_secs_f64())
}
