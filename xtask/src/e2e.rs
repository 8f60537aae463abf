//! The browser tests: Playwright against servers that the tests start themselves.

use std::path::Path;

use anyhow::{Result, bail};

use crate::progress::run as run_command;
use crate::tally::{Tally, run_counted};
use crate::workspace::Workspace;
use crate::{model, setup, site, tests};

/// `cargo xtask e2e`: builds what the tests need, then runs them.
pub fn run_alone(workspace: &Workspace, args: &[String]) -> Result<()> {
    setup::for_building(workspace)?;
    setup::for_browser_tests(workspace)?;
    let model = model::ensure()?;
    let (_, complaint) = run(workspace, &model, args)?;
    match complaint {
        Some(complaint) => bail!("{complaint}"),
        None => Ok(()),
    }
}

/// Builds site and server and runs Playwright; answers with its count and, if it failed, why.
pub fn run(workspace: &Workspace, model: &Path, args: &[String]) -> Result<(Tally, Option<String>)> {
    let site = site::build(workspace, false)?;
    let etude = tests::build_server(workspace)?;
    let mut playwright = workspace.command("npx");
    playwright
        .current_dir(workspace.root.join("end2end"))
        .args(["--no-install", "playwright", "test"])
        .args(args)
        .env("ETUDE_BIN", etude)
        .env("ETUDE_SITE_DIR", site.dir)
        .env("ETUDE_TEST_MODEL", model);
    let (tally, status) = run_counted(&mut playwright)?;
    Ok((tally, (!status.success()).then(|| format!("the browser tests ended with {status}"))))
}

/// Checks the islands' types, bundles them and tests them without a server; answers as [`run`] does.
pub fn run_islands(workspace: &Workspace) -> Result<(Tally, Option<String>)> {
    let folder = workspace.root.join("islands");
    for script in ["check", "build"] {
        run_command(workspace.command("npm").current_dir(&folder).args(["run", "--silent", script]))?;
    }
    let mut playwright = workspace.command("npx");
    playwright.current_dir(&folder).args(["--no-install", "playwright", "test"]);
    let (tally, status) = run_counted(&mut playwright)?;
    Ok((tally, (!status.success()).then(|| format!("the islands' tests ended with {status}"))))
}
