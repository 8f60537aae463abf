//! `etude mock`: a scripted upstream, for tests, benchmarks and faults. It never stands in for the embedded model.

mod openai;
pub mod script;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::Args;
use serde::Serialize;
use tokio::net::TcpListener;

use script::Script;

/// How the mock behaves unless a model's name says otherwise.
///
/// A request chooses for itself by its model's name: `mock-ttft50-rate100-n200-cut30` waits 50 ms, then sends 100
/// tokens a second, 200 of them, but cuts the connection after 30.
#[derive(Args, Clone)]
pub struct MockOptions {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:9000")]
    addr: SocketAddr,
    /// Milliseconds before the first token.
    #[arg(long, default_value_t = 50)]
    ttft_ms: u64,
    /// Tokens a second; 0 sends them all at once.
    #[arg(long, default_value_t = 50.0)]
    rate: f64,
    /// Tokens of an answer; a request's `max_tokens` lowers it.
    #[arg(long, default_value_t = 64)]
    tokens: u32,
    /// Cuts the connection after this many tokens.
    #[arg(long)]
    cut_after: Option<u32>,
}

/// The mock, and what it has counted.
pub struct Mock {
    usual: Script,
    calls: AtomicU64,
    open: AtomicU64,
}

/// What the mock has counted.
#[derive(Serialize)]
struct Counts {
    calls: u64,
    open: u64,
}

/// Serves the scripted upstream until it is killed.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn run(options: MockOptions) -> anyhow::Result<()> {
    let usual =
        Script { ttft_ms: options.ttft_ms, rate: options.rate, tokens: options.tokens, cut_after: options.cut_after };
    let listener =
        TcpListener::bind(options.addr).await.with_context(|| format!("{} cannot be listened on", options.addr))?;
    announce(listener.local_addr()?);
    let mock = Arc::new(Mock { usual, calls: AtomicU64::new(0), open: AtomicU64::new(0) });
    let router = Router::new()
        .route("/v1/chat/completions", post(openai::complete))
        .route("/v1/models", get(openai::models))
        .route("/mock/counts", get(counts))
        .route("/healthz", get(async || "ok"))
        .with_state(mock);
    Ok(axum::serve(listener, router).await?)
}

#[expect(clippy::print_stdout, reason = "the address is this command's output")]
fn announce(addr: SocketAddr) {
    println!("http://{addr}");
}

async fn counts(State(mock): State<Arc<Mock>>) -> Json<Counts> {
    Json(Counts { calls: mock.calls.load(Ordering::Relaxed), open: mock.open.load(Ordering::Relaxed) })
}
