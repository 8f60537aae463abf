//! `cargo xtask <command>`: everything one does with this repository.
#![expect(clippy::print_stdout, reason = "a command-line tool talks on stdout")]
#![expect(clippy::disallowed_methods, reason = "it times its own steps; the Clock is for the product")]

mod bench;
mod ci;
mod clients;
mod crash;
mod e2e;
mod libraries;
mod look;
mod model;
mod prices;
mod progress;
mod release;
mod sdk;
mod serve;
mod setup;
mod site;
mod tally;
mod tests;
mod tidy;
mod wheel;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The toolbox of Etude", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Set up what is missing, build, and serve at 127.0.0.1:3000
    Serve {
        /// Build the browser's half quickly and unoptimised
        #[arg(long)]
        dev: bool,
        /// Arguments for `etude serve`
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Set up what is missing and run all tests
    Test {
        /// Run one part only
        #[arg(long, value_enum)]
        only: Option<tests::Part>,
    },
    /// Run the browser tests
    E2e {
        /// Arguments for `playwright test`
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// What must pass before a change lands: format, lints, tidy, all tests
    Ci,
    /// Check the rules of the house that no compiler checks
    Tidy,
    /// Build the release: one binary with the page and the model in it
    Build {
        /// Leave the model out
        #[arg(long)]
        lean: bool,
        /// Link-time optimisation: slower to build, a little faster to run
        #[arg(long = "final")]
        optimised: bool,
    },
    /// Build the page's assets: WASM, CSS and public files, precompressed
    Site {
        /// Build the browser's half quickly and unoptimised
        #[arg(long)]
        dev: bool,
    },
    /// Look which functions the page's start calls, and list those that can come later
    Look,
    /// Fetch the weights of the built-in model and check them
    Model,
    /// Make the table of public prices anew
    Prices,
    /// Measure, side by side with what there is to compare with, and write docs/BENCHMARKS.md
    Bench(bench::Options),
    /// Kill the server at many more moments than `test` does
    Crash {
        /// How many moments
        #[arg(long, default_value_t = 200)]
        seeds: u32,
    },
}

fn main() -> ExitCode {
    match dispatch(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not by returning it: with RUST_BACKTRACE set, the advice would end in a backtrace.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(task: Task) -> Result<()> {
    let workspace = Workspace::find()?;
    match task {
        Task::Serve { dev, args } => serve::run(&workspace, dev, &args),
        Task::Test { only } => tests::run(&workspace, only),
        Task::E2e { args } => e2e::run_alone(&workspace, &args),
        Task::Ci => ci::run(&workspace),
        Task::Tidy => tidy::run(&workspace),
        Task::Build { lean, optimised } => release::run(&workspace, lean, optimised),
        Task::Site { dev } => site::run(&workspace, dev),
        Task::Look => look::run(&workspace),
        Task::Model => model::ensure().map(drop),
        Task::Prices => prices::run(&workspace),
        Task::Bench(options) => bench::run(&workspace, &options),
        Task::Crash { seeds } => crash::run(&workspace, seeds),
    }
}
