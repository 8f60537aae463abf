//! The binary: `etude serve`, and what else it can do.

#![recursion_limit = "256"]

mod assets;
mod carry;
mod cli;
mod connections;
mod doctor;
mod http;
mod mock;
mod model_file;
mod router;
mod serve;
mod state;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    if let Some(cli::Command::InferenceWorker) = cli.command {
        return inference::run_worker();
    }
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_env("ETUDE_LOG").unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(std::io::stderr)
        .init();
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("etude: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the list is this command's output")]
fn print_routes() {
    for route in router::list() {
        println!("{route}");
    }
}

fn run(command: Option<cli::Command>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Some(cli::Command::Mock(options)) => mock::run(*options).await,
            Some(cli::Command::Export(options)) => carry::export(*options).await,
            Some(cli::Command::Import(options)) => carry::import(*options).await,
            Some(cli::Command::Doctor) => doctor::run().await,
            Some(cli::Command::Routes) => {
                print_routes();
                Ok(())
            }
            _ => serve::run().await,
        }
    })
}
