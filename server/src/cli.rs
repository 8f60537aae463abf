//! The command line.

use clap::{Parser, Subcommand};

use crate::carry::{ExportOptions, ImportOptions};
use crate::mock::MockOptions;

/// A self-hosted playground for prompts, with a language model inside.
#[derive(Parser)]
#[command(name = "etude", version, about)]
pub struct Cli {
    /// Without a command: serve.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the binary can do.
#[derive(Subcommand)]
pub enum Command {
    /// Serve the page and the API at ETUDE_ADDR (127.0.0.1:3000).
    ///
    /// Configured by etude.toml (ETUDE_CONFIG names another file) and by the environment, which wins: ETUDE_ADDR,
    /// ETUDE_DATA_DIR, ETUDE_MODEL_PATH (a GGUF), ETUDE_MODEL_NAME, ETUDE_LOG (a filter such as `debug`).
    ///
    /// OPENAI_API_KEY and ANTHROPIC_API_KEY bring those vendors' models; Ollama and llama.cpp's server are found on
    /// their usual ports.
    Serve,
    /// Serve a scripted model over OpenAI's and Anthropic's wire: for tests, benchmarks and faults.
    Mock(Box<MockOptions>),
    /// Write prompts, runs and comparisons of the running server into a file.
    Export(Box<ExportOptions>),
    /// Give the running server such a file: all of it or nothing.
    Import(Box<ImportOptions>),
    /// Say what is in force, test each part, and name the fix for what is wrong.
    Doctor,
    /// Print every route, one a line.
    #[command(hide = true)]
    Routes,
    /// The embedded model's own process; started by `serve`.
    #[command(hide = true)]
    InferenceWorker,
}
