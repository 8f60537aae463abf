//! `etude serve`: opens the engine, answers, and leaves in good order.

use std::io::IsTerminal;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use engine::config::{self, Config};
use engine::{Clock, Engine, Principal};
use leptos::config::LeptosOptions;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::assets::Assets;
use crate::http::origin::Hosts;
use crate::state::AppState;
use crate::{connections, model_file, router};

/// How long answers may take to end once all runs have, in milliseconds.
const CLOSE_MS: u64 = 1_000;
/// The exit code after a second signal: what shells show for Ctrl-C.
const EXIT_AT_ONCE: i32 = 130;

/// Serves until told to stop.
///
/// # Errors
/// When configuration, data directory or address cannot be used; each says what to do.
pub async fn run() -> anyhow::Result<()> {
    inference::cpu_supported().map_err(|missing| anyhow::anyhow!("{missing}"))?;
    let config = Config::load(&config::environment(std::env::vars_os())?)?;
    let listener = listen(&config.server.addr).await?;
    let addr = listener.local_addr()?;
    let assets = Assets::load()?;
    let clock = Clock::system();
    let engine = Engine::open(&config, worker(&config)?, clock).await?;
    engine.shares().listens_at(format!("http://{addr}"));
    let leptos = LeptosOptions::builder().output_name("etude").site_pkg_dir(assets.package()).site_addr(addr).build();
    let state = AppState {
        engine: engine.clone(),
        principal: Principal::built_in(),
        hosts: Arc::new(Hosts::new(addr, config.server.public_url.as_deref())),
        assets: Arc::new(assets),
        leptos,
    };
    // Before it is announced: whoever reads the line may send a signal at once.
    let mut signals = Signals::new()?;
    announce(addr);
    let closing = CancellationToken::new();
    let server = tokio::spawn(connections::serve(listener, router::build(state, &closing), closing.clone()));
    signals.next().await;
    tracing::info!(drain_s = config.server.drain_s, "stopping; a second signal ends at once");
    tokio::spawn(async move {
        signals.next().await;
        std::process::exit(EXIT_AT_ONCE);
    });
    engine.shutdown(Duration::from_secs(config.server.drain_s)).await;
    closing.cancel();
    match tokio::time::timeout(Duration::from_millis(CLOSE_MS), server).await {
        Ok(served) => served?,
        Err(_) => tracing::debug!("connections that did not close are dropped"),
    }
    Ok(())
}

/// How the embedded model's process is started.
///
/// # Errors
/// When the weights cannot be unpacked.
pub fn worker(config: &Config) -> anyhow::Result<inference::EngineConfig> {
    Ok(inference::EngineConfig {
        program: std::env::current_exe().context("the path of this program is not known")?,
        args: vec!["inference-worker".into()],
        worker: inference::WorkerConfig::new(model_file::locate(config)?),
    })
}

/// Takes the address.
///
/// # Errors
/// When it is none, not on loopback, or taken.
pub async fn listen(addr: &str) -> anyhow::Result<TcpListener> {
    let parsed: SocketAddr = match addr.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}").parse(),
        None => addr.parse(),
    }
    .with_context(|| format!("`{addr}` is not an address. Write it as 127.0.0.1:3000."))?;
    if !is_loopback(parsed.ip()) {
        bail!(
            "Etude has no accounts yet, so it listens on loopback only, and {parsed} is not. Set ETUDE_ADDR=127.0.0.1:{}, and reach it from elsewhere through an SSH tunnel.",
            parsed.port()
        );
    }
    TcpListener::bind(parsed).await.with_context(|| {
        format!("{parsed} cannot be listened on. If another program has the port, stop it, or choose another with ETUDE_ADDR.")
    })
}

fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// The one line that people look for; it stands alone on stdout.
#[expect(clippy::print_stdout, reason = "the address is this command's output")]
fn announce(addr: SocketAddr) {
    if std::io::stdout().is_terminal() {
        println!("\n  Etude is ready at  http://{addr}\n");
    } else {
        println!("http://{addr}");
    }
}

/// SIGTERM and Ctrl-C.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
