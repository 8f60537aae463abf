//! The islands: the editor, the colours of code and the formulas, bundled by esbuild.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Files, add_folder};
use crate::progress::{run, step};
use crate::setup;
use crate::workspace::Workspace;

/// What the bundle is made from, in the folder `islands`.
const SOURCES: &[&str] = &["src", "build.mjs", "package-lock.json"];

/// Bundles them, unless these very sources have been; answers with `pkg/islands/…`.
pub fn build(workspace: &Workspace) -> Result<Files> {
    let folder = workspace.root.join("islands");
    let out = workspace.target.join("islands");
    let bundle = out.join("bundle");
    let stamp = out.join("sources.blake3");
    let digest = digest(&folder)?;
    if !fs::read_to_string(&stamp).is_ok_and(|known| known == digest) {
        setup::npm_packages(workspace, "islands", "the editor's libraries and esbuild")?;
        step("islands", "bundling the editor, highlighting and formulas", || {
            fs::create_dir_all(&out).with_context(|| format!("creating {}", out.display()))?;
            let mut node = workspace.command("node");
            run(node.current_dir(&folder).args(["build.mjs", "--quiet"]).arg(&bundle))?;
            fs::write(&stamp, &digest).with_context(|| format!("writing {}", stamp.display()))
        })?;
    }
    let mut files = Files::new();
    add_folder(&mut files, &bundle, "pkg/islands/")?;
    Ok(files)
}

fn digest(folder: &Path) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut waiting: Vec<PathBuf> = SOURCES.iter().map(|source| folder.join(source)).collect();
    let mut files = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(&path).with_context(|| format!("reading {}", path.display()))? {
                waiting.push(entry?.path());
            }
        } else {
            files.push(path);
        }
    }
    files.sort();
    for file in files {
        let content = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        hasher.update(file.to_string_lossy().as_bytes());
        hasher.update(&(content.len() as u64).to_le_bytes());
        hasher.update(&content);
    }
    Ok(hasher.finalize().to_hex().to_string())
}
