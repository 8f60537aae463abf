//! The page's assets, in `<target>/site`: the public files as they are, and `pkg/` with
//! `etude.js`, `etude.wasm`, `etude.css` and the islands. `pkg/build.txt` names this build of them;
//! the server puts it into their addresses, so that browsers may keep them for ever.

mod css;
mod islands;
mod later;
mod publish;
mod wasm;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::progress::{ready, took};
use crate::setup;
use crate::workspace::Workspace;

pub use later::LIST as LATER;

/// What the page consists of: path below the site's root → content.
type Files = BTreeMap<String, Vec<u8>>;

/// A finished site.
pub struct Site {
    pub dir: PathBuf,
    /// Changes whenever any file of the site does.
    pub stamp: String,
}

pub fn run(workspace: &Workspace, dev: bool) -> Result<()> {
    setup::for_building(workspace)?;
    build(workspace, dev).map(drop)
}

/// Brings the site up to date.
pub fn build(workspace: &Workspace, dev: bool) -> Result<Site> {
    let _lock = lock(workspace)?;
    let profile = if dev { wasm::Profile::Dev } else { wasm::Profile::Release };
    assemble(workspace, wasm::build(workspace, profile)?, &workspace.target.join("site"))
}

/// A site whose page notes the functions that it calls.
pub struct Noting {
    pub dir: PathBuf,
    whole: Vec<u8>,
}

impl Noting {
    /// The list of those that were not called, for [`LATER`].
    pub fn list(&self, called: &[usize]) -> Result<String> {
        Ok(later::List::write(&wasm::parse(&self.whole, false)?, called))
    }
}

/// Builds such a site.
pub fn build_noting(workspace: &Workspace) -> Result<Noting> {
    let _lock = lock(workspace)?;
    let mut files = wasm::build(workspace, wasm::Profile::Noting)?;
    let whole = files.remove("pkg/etude.wasm").context("there is no WASM file")?;
    let mut module = wasm::parse(&whole, false)?;
    later::note_calls(&mut module);
    files.insert("pkg/etude.wasm".into(), module.emit_wasm());
    let parts = files.remove("pkg/parts.js").context("there is no script that loads the parts")?;
    files.insert("pkg/parts.js".into(), later::join_noting(&String::from_utf8(parts)?)?.into_bytes());
    let dir = workspace.target.join("site-noting");
    assemble(workspace, files, &dir)?;
    Ok(Noting { dir, whole })
}

fn assemble(workspace: &Workspace, mut files: Files, dir: &Path) -> Result<Site> {
    files.extend(islands::build(workspace)?);
    let started = Instant::now();
    let css = css::bundle(&workspace.root.join("style/main.css"))?;
    files.insert("pkg/etude.css".into(), css.into_bytes());
    // Shared pages have one of their own.
    let css = css::bundle(&workspace.root.join("style/share.css"))?;
    files.insert("pkg/share.css".into(), css.into_bytes());
    let build = stamp(&files);
    files.insert("pkg/build.txt".into(), build[..16].into());
    add_folder(&mut files, &workspace.root.join("public"), "")?;

    let written = publish::publish(dir, &files)?;
    let what = match written {
        0 => "nothing changed".to_owned(),
        count => format!("{count} files written and compressed in {}", took(started.elapsed())),
    };
    ready("site", &format!("build {}, {what}", &build[..16]));
    let stamp = stamp(&files);
    Ok(Site { dir: dir.to_owned(), stamp })
}

/// Waits until no other command builds the page in this target directory: they would clear each other's files.
fn lock(workspace: &Workspace) -> Result<fs::File> {
    let place = workspace.target.join("site.lock");
    fs::create_dir_all(&workspace.target).with_context(|| format!("creating {}", workspace.target.display()))?;
    let file = fs::File::create(&place).with_context(|| format!("creating {}", place.display()))?;
    file.lock().with_context(|| format!("locking {}", place.display()))?;
    Ok(file)
}

fn stamp(files: &Files) -> String {
    let mut hasher = blake3::Hasher::new();
    for (path, content) in files {
        hasher.update(path.as_bytes());
        hasher.update(&(content.len() as u64).to_le_bytes());
        hasher.update(content);
    }
    hasher.finalize().to_hex().to_string()
}

/// Adds every file of a folder and the folders in it.
fn add_folder(files: &mut Files, folder: &Path, prefix: &str) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("reading {}", folder.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if path.is_dir() {
            add_folder(files, &path, &format!("{prefix}{name}/"))?;
        } else {
            let content = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            files.insert(format!("{prefix}{name}"), content);
        }
    }
    Ok(())
}
