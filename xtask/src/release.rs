//! `cargo xtask build`: the release, one binary that runs from any directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::progress::{ready, run as run_command, step};
use crate::site::{self, Site};
use crate::workspace::Workspace;
use crate::{model, setup};

pub fn run(workspace: &Workspace, lean: bool, optimised: bool) -> Result<()> {
    setup::for_building(workspace)?;
    let bundle = Bundle::prepare(workspace, !lean)?;
    let profile = if optimised { "final" } else { "release" };
    let what = "compiling the server with all it carries; ten minutes the first time";
    step("release", what, || {
        let mut cargo = workspace.cargo(["build", "--package", "server", "--profile", profile]);
        run_command(bundle.put_into(&mut cargo))
    })?;
    let built = workspace.target.join(profile).join("etude");
    let released = workspace.root.join("target/release/etude");
    strip(workspace, &built, &released)?;
    let megabytes = fs::metadata(&released).map_or(0, |file| file.len()) / 1_000_000;
    ready("release", &format!("{} ({megabytes} MB)", released.display()));
    Ok(())
}

/// What a release carries beside the code.
pub struct Bundle {
    site: Site,
    model: Option<PathBuf>,
}

impl Bundle {
    /// Builds the page's assets and fetches the model.
    pub fn prepare(workspace: &Workspace, with_model: bool) -> Result<Self> {
        let model = with_model.then(model::ensure).transpose()?;
        let site = site::build(workspace, false)?;
        Ok(Self { site, model })
    }

    /// Adds the features and the paths that make the server's build carry it.
    pub fn put_into<'a>(&self, cargo: &'a mut Command) -> &'a mut Command {
        cargo
            .args(["--features", "server/bundle"])
            .env("ETUDE_BUNDLE_SITE", &self.site.dir)
            // Cargo does not see a file that is new in the folder; it does see this change.
            .env("ETUDE_BUNDLE_STAMP", &self.site.stamp);
        if let Some(model) = &self.model {
            cargo.args(["--features", "server/bundle-model"]).env("ETUDE_BUNDLE_MODEL", model);
        }
        cargo
    }
}

/// Copies the binary without its debug information, which is as large as the rest; names of
/// functions stay. By way of a rename: a running binary cannot be overwritten, and cargo's own
/// file in that place may be a hard link into its cache.
fn strip(workspace: &Workspace, from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().context("the release lies in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    let fresh = to.with_extension("new");
    run_command(workspace.command("strip").arg("--strip-debug").arg("-o").arg(&fresh).arg(from))?;
    fs::rename(&fresh, to).with_context(|| format!("replacing {}", to.display()))
}
