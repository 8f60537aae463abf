//! Loads a GGUF file, and says what is wrong with one that cannot be loaded.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::{LogOptions, send_logs_to_tracing};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Metadata, Subscriber};

/// The first bytes of every GGUF file.
const MAGIC: &[u8] = b"GGUF";

/// Loads the model for the rest of the process. Keep the backend: dropping it frees what the
/// model uses.
pub(crate) fn model(path: &Path) -> Result<(LlamaBackend, &'static LlamaModel), String> {
    load(path, &LlamaModelParams::default())
}

fn load(path: &Path, params: &LlamaModelParams) -> Result<(LlamaBackend, &'static LlamaModel), String> {
    let shown = path.display();
    let mut magic = [0; MAGIC.len()];
    File::open(path)
        .and_then(|mut file| file.read_exact(&mut magic))
        .map_err(|error| format!("{shown} cannot be read: {error}"))?;
    if magic != *MAGIC {
        return Err(format!("{shown} is not a GGUF file"));
    }
    let mut backend = LlamaBackend::init().map_err(|error| error.to_string())?;
    send_logs_to_tracing(LogOptions::default());
    let errors = Errors::default();
    let loaded =
        tracing::subscriber::with_default(errors.clone(), || LlamaModel::load_from_file(&backend, path, params));
    // From here on llama.cpp has nothing to say that an operator could act on.
    backend.void_logs();
    match loaded {
        Ok(model) => Ok((backend, Box::leak(Box::new(model)))),
        Err(_) => Err(format!("{shown} cannot be loaded: {}", errors.first())),
    }
}

/// Keeps what llama.cpp logs as an error.
#[derive(Clone, Default)]
struct Errors(Arc<Mutex<Vec<String>>>);

impl Errors {
    /// The first error is the cause, the later ones are its consequences.
    fn first(&self) -> String {
        let errors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        errors.first().map_or_else(|| "llama.cpp gave no reason".to_owned(), |e| e.trim().to_owned())
    }
}

impl Visit for Errors {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl Subscriber for Errors {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The vocabulary of the real model, without its weights; llama.cpp can be initialised once only.
#[cfg(test)]
pub(crate) fn vocabulary_for_tests() -> &'static LlamaModel {
    static LOADED: std::sync::OnceLock<(LlamaBackend, &LlamaModel)> = std::sync::OnceLock::new();
    let load_vocabulary = || {
        let path = std::env::var_os("ETUDE_TEST_MODEL").map(std::path::PathBuf::from).unwrap_or_else(|| {
            let cache = std::env::var_os("XDG_CACHE_HOME").map(std::path::PathBuf::from).unwrap_or_else(|| {
                std::path::PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache")
            });
            cache.join("etude/model/SmolLM2-135M-Instruct.Q4_1.gguf")
        });
        assert!(path.exists(), "there is no model at {}: run cargo xtask model", path.display());
        load(&path, &LlamaModelParams::default().with_vocab_only(true)).expect("the model is sound")
    };
    LOADED.get_or_init(load_vocabulary).1
}
