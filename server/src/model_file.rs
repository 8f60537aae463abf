//! Where the embedded model's weights are.

use std::path::{Path, PathBuf};

use engine::Config;

/// The weights inside the binary.
#[cfg(feature = "bundle-model")]
static BUNDLED: Option<&[u8]> = Some(include_bytes!(env!("ETUDE_BUNDLE_MODEL")));
/// A lean build carries none.
#[cfg(not(feature = "bundle-model"))]
static BUNDLED: Option<&[u8]> = None;

/// The weights to load: the user's own, else those of the binary, unpacked into the data directory at the
/// first start.
///
/// # Errors
/// When they cannot be unpacked.
pub fn locate(config: &Config) -> anyhow::Result<PathBuf> {
    if let Some(own) = &config.embedded.model_path {
        return Ok(own.clone());
    }
    let place = config.server.data_dir.join("model").join("smollm2-135m-instruct.gguf");
    if let Some(bytes) = BUNDLED {
        unpack(bytes, &place)?;
    } else if !place.exists() {
        if let Some(fetched) = fetched().filter(|file| file.exists()) {
            return Ok(fetched);
        }
        tracing::warn!(
            "this build carries no model: put a GGUF at {} or set ETUDE_MODEL_PATH; until then only configured providers answer",
            place.display()
        );
    }
    Ok(place)
}

/// Where `cargo xtask model` puts the weights: a server that `cargo leptos watch` started finds them there.
fn fetched() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    Some(cache.join("etude/model/SmolLM2-135M-Instruct.Q4_1.gguf"))
}

fn unpack(bytes: &[u8], place: &Path) -> anyhow::Result<()> {
    use anyhow::Context;
    if std::fs::metadata(place).is_ok_and(|file| file.len() == bytes.len() as u64) {
        return Ok(());
    }
    let folder = place.parent().context("the model stands in a folder")?;
    std::fs::create_dir_all(folder).with_context(|| format!("the folder {} cannot be created", folder.display()))?;
    let partial = place.with_extension("part");
    std::fs::write(&partial, bytes).and_then(|()| std::fs::rename(&partial, place)).with_context(|| {
        format!("the model ({} MB) cannot be unpacked to {}", bytes.len() / 1_000_000, place.display())
    })?;
    tracing::info!(place = %place.display(), "the model was unpacked");
    Ok(())
}
