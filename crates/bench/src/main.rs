//! `etude-bench`: measures Etude side by side with what it can be compared with. `cargo xtask bench` builds and calls it.
#![expect(clippy::print_stdout, reason = "a command-line tool talks on stdout")]
#![expect(clippy::disallowed_methods, reason = "it measures time; the Clock is for the product")]

mod bare;
mod build;
mod decode;
mod events;
mod gateway;
mod http;
mod latency;
mod library;
mod live;
mod log;
mod machine;
mod markdown;
mod page;
mod plot;
mod pool;
mod process;
mod report;
mod server;
mod start;
mod stats;
mod streams;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use report::Report;
use tokio::runtime::Runtime;

/// All benchmarks, in the order in which they run and are shown.
const NAMES: &[&str] = &["latency", "gateway", "streams", "log", "decode", "server", "library", "page", "build", COLD];
/// The one that runs only where it is named: it takes an hour or two.
const COLD: &str = "cold";

#[derive(Parser)]
#[command(name = "etude-bench", about = "Measures Etude", subcommand_negates_reqs = true)]
struct Cli {
    #[command(subcommand)]
    helper: Option<Helper>,
    /// Which to run; all but `cold` where none is named.
    names: Vec<String>,
    #[command(flatten)]
    setting: Option<Setting>,
}

/// What the benchmarks start this program as.
#[derive(Subcommand)]
enum Helper {
    /// The bare loop over llama.cpp
    #[command(hide = true)]
    Bare {
        /// The model's file.
        model: PathBuf,
        /// Threads that decode.
        threads: i32,
    },
    /// A loop on every core
    #[command(hide = true)]
    Busy,
}

/// Where everything is, and how thoroughly to measure.
#[derive(clap::Args, Clone)]
pub struct Setting {
    /// Tries whether each one works, in seconds; keeps no figures.
    #[arg(long)]
    quick: bool,
    /// The clone.
    #[arg(long)]
    root: PathBuf,
    /// The server's binary.
    #[arg(long)]
    etude: PathBuf,
    /// Cargo's target directory.
    #[arg(long)]
    target: PathBuf,
    /// The page's files.
    #[arg(long)]
    site: PathBuf,
    /// The model's file.
    #[arg(long)]
    model: PathBuf,
    /// `vllm-router`, where it is installed.
    #[arg(long)]
    router: Option<PathBuf>,
    /// The start script of `@portkey-ai/gateway`, where it is installed.
    #[arg(long)]
    portkey: Option<PathBuf>,
    /// A folder for data directories, on the disk that is measured.
    #[arg(long)]
    scratch: PathBuf,
}

impl Setting {
    /// A folder that goes away when it is dropped.
    pub fn folder(&self) -> Result<tempfile::TempDir> {
        std::fs::create_dir_all(&self.scratch).with_context(|| format!("creating {}", self.scratch.display()))?;
        tempfile::tempdir_in(&self.scratch).context("creating a scratch folder")
    }

    /// One number for a thorough run, another for a quick one.
    pub fn either<T>(&self, thorough: T, quick: T) -> T {
        if self.quick { quick } else { thorough }
    }
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    match cli.helper {
        Some(Helper::Bare { model, threads }) => return bare::run(&model, threads),
        Some(Helper::Busy) => {
            decode::spin();
            return Ok(());
        }
        None => {}
    }
    let setting = cli.setting.context("call it as `cargo xtask bench`")?;
    if let Some(unknown) = cli.names.iter().find(|name| !NAMES.contains(&name.as_str())) {
        bail!("there is no benchmark `{unknown}`; there are {}", NAMES.join(", "));
    }
    let wanted = |name: &&&str| match cli.names.as_slice() {
        [] => **name != COLD,
        names => names.iter().any(|wanted| wanted == **name),
    };
    for name in NAMES.iter().filter(wanted) {
        let report = measure(name, &setting).with_context(|| format!("benchmark `{name}`"))?;
        if !setting.quick {
            report.write(&setting.root.join("docs/bench"))?;
            markdown::write(&setting.root, NAMES)?;
        }
    }
    Ok(())
}

fn measure(name: &str, setting: &Setting) -> Result<Report> {
    let runtime = Runtime::new().context("starting the runtime")?;
    match name {
        "latency" => runtime.block_on(latency::measure(setting)),
        "gateway" => runtime.block_on(gateway::measure(setting)),
        "streams" => runtime.block_on(streams::measure(setting)),
        "log" => runtime.block_on(log::measure(setting)),
        "server" => runtime.block_on(server::measure(setting)),
        "library" => runtime.block_on(library::measure(setting)),
        "page" => page::measure(setting),
        "build" => runtime.block_on(build::measure(setting)),
        COLD => runtime.block_on(build::cold::measure(setting)),
        "decode" => runtime.block_on(decode::measure(setting)),
        _ => bail!("it is listed and cannot be run"),
    }
}
