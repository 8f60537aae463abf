//! `etude mock`: a scripted upstream, for tests, benchmarks and faults. It never stands in for the embedded model.

mod anthropic;
mod connections;
mod models;
mod openai;
mod play;
mod script;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::Context;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::Args;
use serde::Serialize;
use serde_json::Value;
use tokio::net::TcpListener;

use connections::Counted;
use script::Script;

/// How the mock behaves unless a model's name says otherwise.
#[derive(Args, Clone)]
pub struct MockOptions {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:9000")]
    addr: SocketAddr,
    /// Models that are listed.
    #[arg(long = "model", default_values_t = ["mock".to_owned()])]
    models: Vec<String>,
    /// Who signs the list: `vllm`, `llamacpp`, `library` (Ollama) and `openai` are taken for those servers.
    #[arg(long, default_value = "etude")]
    owned_by: String,
    #[command(flatten)]
    script: Script,
}

/// The mock, and what it has counted.
pub struct Mock {
    usual: Script,
    owned_by: String,
    models: Mutex<Vec<String>>,
    calls: AtomicU64,
    open: AtomicU64,
    connections: Arc<AtomicU64>,
}

/// What the mock has counted.
#[derive(Serialize)]
struct Counts {
    /// Answers that were asked for.
    calls: u64,
    /// Answers that are being given.
    open: u64,
    /// Connections that are open, the asker's own among them.
    connections: u64,
}

/// Serves the scripted upstream until it is killed.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn run(options: MockOptions) -> anyhow::Result<()> {
    let listener =
        TcpListener::bind(options.addr).await.with_context(|| format!("{} cannot be listened on", options.addr))?;
    announce(listener.local_addr()?);
    let connections = Arc::new(AtomicU64::new(0));
    let mock = Arc::new(Mock {
        usual: options.script,
        owned_by: options.owned_by,
        models: Mutex::new(options.models),
        calls: AtomicU64::new(0),
        open: AtomicU64::new(0),
        connections: connections.clone(),
    });
    let router = Router::new()
        .route("/v1/chat/completions", post(openai::complete))
        .route("/v1/embeddings", post(openai::embed))
        .route("/v1/messages", post(anthropic::message))
        .route("/v1/messages/count_tokens", post(anthropic::count))
        .route("/v1/models", get(models::list))
        .route("/mock/models", post(models::replace))
        .route("/mock/counts", get(counts))
        .route("/healthz", get(async || "ok"))
        // vLLM's own server calls it so, and its router waits for it.
        .route("/health", get(async || "ok"))
        // A prompt at our own limit, each byte of it escaped.
        .layer(DefaultBodyLimit::disable())
        .with_state(mock);
    Ok(axum::serve(Counted { listener, open: connections }, router.into_make_service()).await?)
}

#[expect(clippy::print_stdout, reason = "the address is this command's output")]
fn announce(addr: SocketAddr) {
    println!("http://{addr}");
}

async fn counts(State(mock): State<Arc<Mock>>) -> Json<Counts> {
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    Json(Counts { calls: count(&mock.calls), open: count(&mock.open), connections: count(&mock.connections) })
}

/// The same count for the same prompt, about that of a tokenizer.
fn prompt_tokens(messages: &[Value]) -> u64 {
    messages.iter().map(|message| message.to_string().len() as u64 / 4).sum()
}

/// The name of the tool that the call of this number calls, of those that were offered.
fn cyclic<'a>(offered: impl Iterator<Item = Option<&'a str>>, index: u32) -> &'a str {
    let names: Vec<_> = offered.flatten().collect();
    if names.is_empty() { "tool" } else { names[index as usize % names.len()] }
}

/// The caller's credential, where the script repeats it.
fn leaked(script: &Script, headers: &HeaderMap) -> String {
    let credential = ["authorization", "x-api-key"].into_iter().find_map(|name| headers.get(name)?.to_str().ok());
    match credential.filter(|_| script.leak) {
        Some(credential) => format!(" Your key is {credential}."),
        None => String::new(),
    }
}
