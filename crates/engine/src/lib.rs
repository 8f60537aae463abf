//! All I/O of Etude and all rules about it. Knows no HTTP server and no HTML.
//!
//! Its heart: a run is an append-only log that the server owns ([`log`]); every reader tails that log.
//! [`runs`] is the conductor, the only file that knows the order of the steps.

mod added;
pub mod admission;
pub mod carry;
pub mod clock;
mod compared;
pub mod comparisons;
pub mod config;
mod data_dir;
pub mod doctor;
mod drafts;
mod drive;
mod embeddings;
mod error;
mod history;
mod keeper;
pub mod library;
pub mod log;
mod packing;
mod prices;
mod principal;
pub mod providers;
mod recovery;
pub mod render;
mod requests;
pub mod runs;
mod search;
mod secret;
pub mod shares;
mod spoken;
pub mod store;
pub mod tape;
mod vault;
pub mod wire;

use std::sync::Arc;
use std::time::Duration;

use domain::{ModelInfo, ProviderInfo};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use added::Providers;
pub use carry::Carry;
pub use clock::Clock;
pub use comparisons::Comparisons;
pub use config::Config;
pub use drafts::Drafts;
pub use error::Error;
pub use inference::Status as InferenceStatus;
pub use library::Library;
pub use principal::Principal;
pub use runs::Started;
pub use shares::Shares;
pub use spoken::{Address, Spoken};

use admission::Admission;
use comparisons::backlog::Backlog;
use comparisons::feed::Feed;
use data_dir::DataDir;
use log::Log;
use providers::registry::Registry;
use requests::Requests;
use runs::Runs;
use store::Store;
use vault::Vault;

/// How long a disk that takes no writes may hold up the end, in milliseconds.
const FLUSH_MS: u64 = 3_000;

/// The engine: cheap to clone, clones share everything.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

pub(crate) struct Shared {
    clock: Clock,
    log: Arc<Log>,
    store: Store,
    library: library::Shelf,
    registry: Arc<Registry>,
    vault: Vault,
    links: shares::Links,
    admission: Admission,
    /// Who watches comparisons.
    feed: Feed,
    /// Who feeds them.
    backlog: Backlog,
    requests: Requests,
    inference: inference::Engine,
    /// The runs that are being driven, and the keeper.
    tasks: TaskTracker,
    /// No new runs.
    draining: CancellationToken,
    /// Running runs end as interrupted.
    interrupt: CancellationToken,
    /// Helpers stop.
    stop: CancellationToken,
    keeper: std::sync::Mutex<Option<tokio::task::JoinHandle<()>>>,
    /// Where files stand that are being imported.
    spool_dir: std::path::PathBuf,
    /// Whose turn it is to import.
    importing: Arc<tokio::sync::Mutex<()>>,
    _data_dir: DataDir,
}

impl Engine {
    /// Opens the data directory, recovers what a crash left, and starts the embedded model's worker, which
    /// loads behind.
    ///
    /// # Errors
    /// When the data directory, the database or the configuration cannot be used.
    pub async fn open(config: &Config, worker: inference::EngineConfig, clock: Clock) -> Result<Self, Error> {
        let data_dir = DataDir::take(&config.server.data_dir)?;
        let store = Store::open(&data_dir.database()).await?;
        let inference = inference::Engine::start(worker);
        let registry = Arc::new(Registry::new(config, Some(&inference), &clock)?);
        let vault = Vault::open(&data_dir.key(), &clock)?;
        added::load_all(&registry, &vault, &store).await?;
        let links = shares::Links::open(&store, &vault, &clock, config.server.public_url.as_deref()).await?;
        let library = library::Shelf::default();
        library.load(store.clone());
        let requests = Requests::default();
        let (ended, to_keep) = mpsc::unbounded_channel();
        let log = Arc::new(recovery::recover(&data_dir.log(), &store, &requests, &clock, ended).await?);
        let keeper = tokio::spawn(keeper::keep(store.clone(), log.clone(), to_keep));
        let stop = CancellationToken::new();
        tokio::spawn(keeper::cool(log.clone(), requests.clone(), clock.clone(), stop.clone()));
        tokio::spawn(keeper::purge(store.clone(), clock.clone(), config.server.keep_runs_days, stop.clone()));
        tokio::spawn({
            let (registry, stop) = (registry.clone(), stop.clone());
            async move { registry.refresh(&stop).await }
        });
        let shared = Arc::new(Shared {
            clock,
            log,
            store,
            library,
            registry,
            vault,
            links,
            admission: Admission::new(config.concurrent_runs(), config.compare_runs()),
            feed: Feed::default(),
            backlog: Backlog::default(),
            requests,
            inference,
            tasks: TaskTracker::new(),
            draining: CancellationToken::new(),
            interrupt: CancellationToken::new(),
            stop,
            keeper: std::sync::Mutex::new(Some(keeper)),
            spool_dir: data_dir.spool(),
            importing: Arc::default(),
            _data_dir: data_dir,
        });
        shares::settle_left(&shared).await?;
        Backlog::resume(&shared).await?;
        Ok(Self(shared))
    }

    /// Everything that can be done with runs.
    #[must_use]
    pub fn runs(&self) -> Runs<'_> {
        Runs(&self.0)
    }

    /// Everything that can be done with comparisons.
    #[must_use]
    pub fn comparisons(&self) -> Comparisons<'_> {
        Comparisons(&self.0)
    }

    /// Everything that can be done with prompts.
    #[must_use]
    pub fn library(&self) -> Library<'_> {
        Library(&self.0)
    }

    /// Everything that can be done with links.
    #[must_use]
    pub fn shares(&self) -> Shares<'_> {
        Shares(&self.0)
    }

    /// Everything that can be done with files: export and import.
    #[must_use]
    pub fn carry(&self) -> Carry<'_> {
        Carry(&self.0)
    }

    /// Everything that can be done with drafts.
    #[must_use]
    pub fn drafts(&self) -> Drafts<'_> {
        Drafts(&self.0)
    }

    /// Everything that can be done with providers.
    #[must_use]
    pub fn providers_of(&self) -> Providers<'_> {
        Providers(&self.0)
    }

    /// All models, the default first.
    #[must_use]
    pub fn models(&self) -> Vec<ModelInfo> {
        self.0.registry.models()
    }

    /// All providers, and what they said when they were last asked for their models.
    #[must_use]
    pub fn providers(&self) -> Vec<ProviderInfo> {
        self.0.registry.providers()
    }

    /// How the embedded model's worker is.
    #[must_use]
    pub fn inference_status(&self) -> watch::Receiver<inference::Status> {
        self.0.inference.status()
    }

    /// The process id of the embedded model's worker.
    #[must_use]
    pub fn inference_pid(&self) -> Option<u32> {
        self.0.inference.worker_pid()
    }

    /// Whether runs are admitted.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.log.is_healthy() && !self.0.draining.is_cancelled()
    }

    /// Time, randomness, ids.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Starts no new runs, lets running ones finish within `drain`, then ends them as interrupted; flushes
    /// everything and ends the worker.
    pub async fn shutdown(&self, drain: Duration) {
        let shared = &self.0;
        shared.draining.cancel();
        shared.tasks.close();
        if tokio::time::timeout(drain, shared.tasks.wait()).await.is_err() {
            tracing::info!("ending the runs that are still going on");
            shared.interrupt.cancel();
            let _ = tokio::time::timeout(Duration::from_millis(FLUSH_MS), shared.tasks.wait()).await;
        }
        match tokio::time::timeout(Duration::from_millis(FLUSH_MS), shared.log.flush()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the run log could not be flushed"),
            Err(_) => tracing::error!("the disk takes no writes; what was not delivered is lost"),
        }
        shared.inference.shutdown().await;
        shared.stop.cancel();
        self.settle().await;
        shared.store.close().await;
    }

    /// Waits until every ended run is a row.
    async fn settle(&self) {
        /// How often the hot logs are looked through, in milliseconds.
        const LOOK_MS: u64 = 5;
        /// How long a database that does not answer may hold up the end, in milliseconds. The log keeps what
        /// is not a row yet.
        const WAIT_MS: u64 = 3_000;
        for _ in 0..WAIT_MS / LOOK_MS {
            if self.0.log.all_hot().iter().all(|run| run.is_kept()) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
        let keeper = self.0.keeper.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(keeper) = keeper {
            keeper.abort();
        }
    }
}
