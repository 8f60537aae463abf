//! What `etude doctor` looks at: each part is tried as the server would use it. Nothing is changed, but that a data
//! directory that is missing is made, as a start would make it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use domain::{Code, Origin};
use futures::StreamExt;

use crate::clock::Clock;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::error::Error;
use crate::providers::registry::Registry;
use crate::store::schema;

/// Free space below which a warning is given, in bytes: a few segments of the run log, and the model.
const ROOM_BYTES_MIN: u64 = 1024 * 1024 * 1024;
/// How long the embedded model may take to load and say a word, in seconds.
const MODEL_S: u64 = 120;

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It works.
    Good,
    /// It works, but someone should know.
    Warning,
    /// It does not.
    Bad,
}

/// What was found about one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The part.
    pub part: String,
    /// How it is.
    pub health: Health,
    /// What was seen.
    pub seen: String,
    /// What to do, where there is something to do.
    pub fix: Option<String>,
}

impl Finding {
    /// A part that works.
    pub fn good(part: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { part: part.into(), health: Health::Good, seen: seen.into(), fix: None }
    }

    /// A part that works, with something to know.
    pub fn warning(part: impl Into<String>, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { part: part.into(), health: Health::Warning, seen: seen.into(), fix: Some(fix.into()) }
    }

    /// A part that does not work.
    pub fn bad(part: impl Into<String>, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { part: part.into(), health: Health::Bad, seen: seen.into(), fix: Some(fix.into()) }
    }
}

/// Looks at the data directory, the disk and the database.
pub async fn examine_storage(config: &Config) -> Vec<Finding> {
    let root = &config.server.data_dir;
    let held = DataDir::take(root);
    let mut findings = vec![match &held {
        Ok(_) => Finding::good("data directory", format!("{} can be written", root.display())),
        Err(Error::Config(why)) => Finding::warning(
            "data directory",
            why.clone(),
            "Nothing, if that is the server that you want; its database is not looked at while it runs.",
        ),
        Err(error) => Finding::bad(
            "data directory",
            error.to_string(),
            "Give the user of this process the right to write there, or set ETUDE_DATA_DIR to another directory.",
        ),
    }];
    findings.extend(room(root));
    if let Ok(held) = &held {
        findings.push(database(&held.database()).await);
        findings.push(log(&held.log()));
    }
    findings
}

fn room(root: &Path) -> Option<Finding> {
    let disk = rustix::fs::statvfs(root).ok()?;
    let free = disk.f_bavail * disk.f_frsize;
    let seen = format!("{} free", bytes(free));
    if free >= ROOM_BYTES_MIN {
        return Some(Finding::good("disk", seen));
    }
    let fix = "Make room: when the disk is full, running streams wait and new runs are refused.";
    Some(Finding::warning("disk", seen, fix))
}

async fn database(file: &Path) -> Finding {
    const PART: &str = "database";
    if !file.exists() {
        return Finding::good(PART, "not there yet; the first start makes it");
    }
    match schema::look(file).await {
        Ok((Some(current), known)) if current > known => Finding::bad(
            PART,
            format!("it has schema {current}; this etude knows up to {known}"),
            "Start the newer etude that wrote it, or restore a backup.",
        ),
        Ok((Some(current), known)) if current < known => {
            Finding::good(PART, format!("schema {current}; the next start migrates a copy of it to {known}"))
        }
        Ok((current, _)) => Finding::good(
            PART,
            format!("sound, schema {}", current.map_or("none".into(), |current| current.to_string())),
        ),
        Err(error) => Finding::bad(
            PART,
            format!("{} cannot be read: {error}", file.display()),
            "Restore a backup, or move the file away to begin with an empty one.",
        ),
    }
}

fn log(folder: &Path) -> Finding {
    let sizes = fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|file| file.metadata().ok());
    let sizes: Vec<u64> = sizes.map(|file| file.len()).collect();
    Finding::good("run log", format!("{} segments, {}", sizes.len(), bytes(sizes.iter().sum())))
}

/// Loads the embedded model and lets it say a word.
pub async fn examine_model(worker: inference::EngineConfig) -> Finding {
    const PART: &str = "embedded model";
    let fix = "Set ETUDE_MODEL_PATH to a GGUF that can be read; until then only other providers answer.";
    let file = worker.worker.model_path.display().to_string();
    let engine = inference::Engine::start(worker);
    let clock = Clock::system();
    let began = clock.monotonic_ms();
    let mut status = engine.status();
    let settled =
        |status: &inference::Status| matches!(status, inference::Status::Ready(_) | inference::Status::Failed { .. });
    let waited = tokio::time::timeout(Duration::from_secs(MODEL_S), status.wait_for(settled)).await;
    let loaded = match waited {
        Ok(Ok(status)) => match &*status {
            inference::Status::Failed { message } => Err(format!("{file}: {message}")),
            _ => Ok(()),
        },
        Ok(Err(_)) | Err(_) => Err(format!("{file} was not loaded within {MODEL_S} s")),
    };
    let finding = match loaded {
        Err(why) => Finding::bad(PART, why, fix),
        Ok(()) => {
            let loaded_ms = clock.monotonic_ms() - began;
            let mut said = engine.generate(one_word());
            let mut last = None;
            while let Some(update) = said.next().await {
                last = Some(update);
            }
            match last {
                Some(inference::Update::Done { .. }) => {
                    Finding::good(PART, format!("{file} was loaded in {loaded_ms} ms, and answers"))
                }
                other => Finding::bad(PART, format!("{file} was loaded and does not answer: {other:?}"), fix),
            }
        }
    };
    engine.shutdown().await;
    finding
}

fn one_word() -> inference::Generate {
    inference::Generate {
        messages: vec![inference::ChatMessage::new("user", "Hi")],
        max_tokens: Some(1),
        sampling: inference::Sampling {
            temperature: 0.0,
            top_p: 1.0,
            top_k: 0,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            seed: None,
        },
        stop: Vec::new(),
        logprobs: None,
        grammar: None,
    }
}

/// Asks each provider but the embedded one for its models.
pub async fn examine_providers(config: &Config) -> Vec<Finding> {
    let registry = match Registry::new(config, None, &Clock::system()) {
        Ok(registry) => registry,
        Err(error) => return vec![Finding::bad("providers", error.to_string(), "Correct etude.toml.")],
    };
    registry.ask_all().await;
    let silent = |code| matches!(code, Code::UpstreamUnreachable | Code::TimedOut);
    registry
        .providers()
        .into_iter()
        .map(|provider| {
            let part = format!("provider {}", provider.name);
            match (provider.error, provider.models) {
                (None, Some(models)) => Finding::good(part, format!("{} lists {models} models", provider.endpoint)),
                (Some(error), _) if provider.origin == Origin::Found && silent(error.code) => {
                    Finding::good(part, format!("not running at {}; looked for every half minute", provider.endpoint))
                }
                (Some(error), _) if provider.origin == Origin::Found => Finding::warning(
                    part,
                    error.message,
                    error.hint.unwrap_or_else(|| "Nothing, if another program has that port.".into()),
                ),
                (error, _) => {
                    let (seen, hint) = error.map(|error| (error.message, error.hint)).unwrap_or_default();
                    Finding::bad(part, seen, hint.unwrap_or_else(|| "Look at the provider's own log.".into()))
                }
            }
        })
        .collect()
}

/// A size that people can read.
fn bytes(count: u64) -> String {
    let (unit, name) = match count {
        0..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    format!("{:.1} {name}", count as f64 / unit as f64)
}
