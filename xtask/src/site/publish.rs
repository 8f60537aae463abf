//! Writes the site's folder, touching only what has changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;

use super::Files;

/// What browsers get compressed; fonts and pictures are compressed in themselves.
const COMPRESSED: &[&str] = &["js", "wasm", "css", "svg"];

/// Up to this size a file is compressed as well as can be, in bytes.
const BEST_BYTES_MAX: usize = 8 << 20;

/// Makes `dir` hold exactly these files, and a `.br` beside each that compresses well.
/// Answers with the number of files that had changed.
pub fn publish(dir: &Path, files: &Files) -> Result<usize> {
    fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
    let mut wanted = BTreeSet::new();
    let mut written = 0;
    for (name, content) in files {
        let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
        let compress = extension.is_some_and(|extension| COMPRESSED.contains(&extension));
        written += usize::from(update(&dir.join(name), content, compress)?);
        wanted.insert(name.clone());
        if compress {
            wanted.insert(format!("{name}.br"));
        }
    }
    remove_others(dir, "", &wanted)?;
    Ok(written)
}

fn update(path: &Path, content: &[u8], compress: bool) -> Result<bool> {
    let compressed = path.with_added_extension("br");
    let same = fs::read(path).is_ok_and(|known| known == content);
    if same && (!compress || compressed.exists()) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    }
    // An old `.br` must never stand beside a new file, even when this is interrupted.
    if compressed.exists() {
        fs::remove_file(&compressed).with_context(|| format!("removing {}", compressed.display()))?;
    }
    fs::write(path, content).with_context(|| format!("writing {}", path.display()))?;
    if compress {
        let packed = brotli(content).with_context(|| format!("compressing {}", path.display()))?;
        fs::write(&compressed, packed).with_context(|| format!("writing {}", compressed.display()))?;
    }
    Ok(true)
}

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let mut params = BrotliEncoderParams { size_hint: content.len(), ..BrotliEncoderParams::default() };
    // The best quality takes a second for each 0.4 MB: too long for a development build, whose file is far larger.
    params.quality = if content.len() < BEST_BYTES_MAX { 11 } else { 9 };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &*content, &mut packed, &params)?;
    Ok(packed)
}

fn remove_others(dir: &Path, prefix: &str, wanted: &BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("reading {}", dir.display()))? {
        let entry = entry?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            remove_others(&path, &format!("{name}/"), wanted)?;
        } else if !wanted.contains(&name) {
            fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(entries: &[(&str, &str)]) -> Files {
        let entry = |(name, text): &(&str, &str)| ((*name).to_owned(), text.as_bytes().to_vec());
        entries.iter().map(entry).collect()
    }

    #[test]
    fn writes_what_changed_and_removes_what_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let first = files(&[("pkg/etude.css", "a{}"), ("robots.txt", "x")]);
        assert_eq!(publish(dir, &first).unwrap(), 2);
        assert_eq!(publish(dir, &first).unwrap(), 0, "the second time nothing is written");

        let second = files(&[("pkg/etude.css", "b{}")]);
        assert_eq!(publish(dir, &second).unwrap(), 1);
        assert!(!dir.join("robots.txt").exists());
        let packed = fs::read(dir.join("pkg/etude.css.br")).unwrap();
        let mut plain = Vec::new();
        brotli::BrotliDecompress(&mut &*packed, &mut plain).unwrap();
        assert_eq!(plain, b"b{}");
    }
}
