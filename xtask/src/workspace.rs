//! Where things are, and how cargo is called from inside cargo.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// The clone this command runs in.
pub struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target directory, wherever it points.
    pub target: PathBuf,
    /// The workspace's own crates.
    pub packages: Vec<Package>,
}

/// One crate, as `cargo metadata` tells it.
#[derive(Deserialize)]
pub struct Package {
    pub name: String,
    pub version: String,
    pub license: Option<String>,
    pub manifest_path: PathBuf,
    pub dependencies: Vec<Dependency>,
}

/// One line of a manifest's dependencies.
#[derive(Deserialize)]
pub struct Dependency {
    pub name: String,
    /// `None` is a normal dependency; else `dev` or `build`.
    pub kind: Option<String>,
    pub optional: bool,
    pub features: Vec<String>,
    /// The `cfg(…)` it stands under.
    pub target: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
}

impl Workspace {
    /// Finds the clone that `cargo xtask` was called in.
    pub fn find() -> Result<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask …`")?;
        let root = Path::new(&manifest).parent().context("xtask lies in a folder of the workspace")?.to_owned();
        let metadata = metadata(&root, &["--no-deps"])?;
        Ok(Self { root, target: metadata.target_directory, packages: metadata.packages })
    }

    /// Every crate that ends up in a build, on Linux or in the browser, ours and others'.
    pub fn all_packages(&self) -> Result<Vec<Package>> {
        let platforms = ["--filter-platform=x86_64-unknown-linux-gnu", "--filter-platform=wasm32-unknown-unknown"];
        Ok(metadata(&self.root, &platforms)?.packages)
    }

    /// A command that starts in the clone.
    pub fn command(&self, program: impl Into<OsString>) -> Command {
        command(&self.root, program)
    }

    /// Cargo, called as from a shell. With `ETUDE_TIMINGS` set, a build leaves a report of its times.
    pub fn cargo<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut cargo = self.command(cargo_program());
        cargo.args(args);
        let builds = cargo.get_args().next().is_some_and(|verb| verb == "build");
        if builds && std::env::var_os("ETUDE_TIMINGS").is_some() {
            cargo.arg("--timings");
        }
        cargo
    }

    /// Makes the target directory this clone's.
    ///
    /// Clones that share a target directory share its artefacts too, and cargo goes by file times
    /// alone: after another clone has built newer code, ours would pass for built. So the clone
    /// that takes over makes its sources look new.
    pub fn claim_target(&self) -> Result<()> {
        let owner = self.target.join("etude-clone");
        let root = self.root.to_string_lossy();
        if fs::read_to_string(&owner).is_ok_and(|known| known == root) {
            return Ok(());
        }
        self.touch_sources()?;
        fs::create_dir_all(&self.target).with_context(|| format!("creating {}", self.target.display()))?;
        fs::write(&owner, root.as_bytes()).with_context(|| format!("writing {}", owner.display()))
    }

    /// Makes every crate of ours look edited, so that cargo builds it from what is there.
    pub fn touch_sources(&self) -> Result<()> {
        let now = SystemTime::now();
        for package in &self.packages {
            let folder = package.manifest_path.parent().context("a manifest lies in a folder")?;
            touch(&folder.join("src"), now)?;
        }
        Ok(())
    }

    /// A path as people write it: from the root of the clone.
    pub fn relative<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

fn touch(folder: &Path, time: SystemTime) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            touch(&path, time)?;
        } else {
            let file = fs::File::options().append(true).open(&path);
            file.and_then(|file| file.set_modified(time)).with_context(|| format!("touching {}", path.display()))?;
        }
    }
    Ok(())
}

fn cargo_program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn command(root: &Path, program: impl Into<OsString>) -> Command {
    let mut command = Command::new(program.into());
    command.current_dir(root);
    // `cargo run` describes xtask to its children. Build scripts that watch these variables
    // (ring's does) would rebuild on every change between a shell's cargo and ours.
    for (key, _) in std::env::vars_os() {
        let name = key.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "LD_LIBRARY_PATH" {
            command.env_remove(&key);
        }
    }
    command
}

fn metadata(root: &Path, args: &[&str]) -> Result<Metadata> {
    let output = command(root, cargo_program())
        .args(["metadata", "--format-version", "1"])
        .args(args)
        .output()
        .context("starting `cargo metadata`")?;
    ensure!(
        output.status.success(),
        "`cargo metadata` failed: mend the manifest it names\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).context("reading the answer of `cargo metadata`")
}
