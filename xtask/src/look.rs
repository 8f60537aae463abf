//! `cargo xtask look`: looks in a browser which functions the page's start calls, and lists the others for
//! `site/later.rs`. To be called when the page has grown: `cargo xtask bench --sizes` tells.

use std::fs;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use crate::progress::{ready, step};
use crate::workspace::Workspace;
use crate::{model, setup, site, tests};

pub fn run(workspace: &Workspace) -> Result<()> {
    setup::for_building(workspace)?;
    setup::for_browser_tests(workspace)?;
    let model = model::ensure()?;
    let looked = site::build_noting(workspace)?;
    let etude = tests::build_server(workspace)?;
    let mut node = workspace.command("node");
    node.arg("end2end/look.mjs").arg("--etude").arg(etude).arg("--site").arg(&looked.dir).arg("--model").arg(model);
    let output = step("look", "opening the pages in a browser", || {
        let output = node.stderr(Stdio::inherit()).output().context("starting node")?;
        ensure!(output.status.success(), "node ended with {}", output.status);
        Ok(output.stdout)
    })?;
    let called: Vec<usize> = serde_json::from_slice(&output).context("reading what was called")?;
    let place = workspace.root.join(site::LATER);
    fs::write(&place, looked.list(&called)?).with_context(|| format!("writing {}", place.display()))?;
    ready("look", &format!("{} functions are called; {} lists the others", called.len(), site::LATER));
    Ok(())
}
