//! The vendors' clients and others that people use, unchanged, against the real server: `end2end/clients`.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::libraries;
use crate::setup;
use crate::tally::{Tally, run_counted};
use crate::tests;
use crate::workspace::Workspace;

/// Where they are.
const FOLDER: &str = "end2end/clients";
/// What the page's programs in Rust use, and what brings TLS.
const LIBRARIES: [&str; 3] = ["reqwest", "rustls", "tokio"];

/// Builds the server and lets the clients talk to it; answers with their count and, if some failed, which.
pub fn run(workspace: &Workspace, model: &Path) -> Result<(Tally, Option<String>)> {
    let etude = tests::build_server(workspace)?;
    let libraries = serde_json::to_string(&libraries::of_server(workspace, &LIBRARIES)?)?;
    let mut tally = Tally::default();
    let mut red = Vec::new();
    for (name, mut command) in [
        ("python", python(workspace, "python")?),
        ("node", node(workspace)?),
        ("schemathesis", python(workspace, "schemathesis")?),
    ] {
        command.env("ETUDE_BIN", &etude).env("ETUDE_MODEL_PATH", model).env("ETUDE_RUST_LIBRARIES", &libraries);
        let (counted, status) = run_counted(&mut command)?;
        tally += counted;
        red.extend((!status.success()).then(|| format!("the tests of {FOLDER}/{name} ended with {status}")));
    }
    Ok((tally, (!red.is_empty()).then(|| red.join("; "))))
}

fn python(workspace: &Workspace, name: &str) -> Result<Command> {
    let folder = workspace.root.join(FOLDER).join(name);
    let python = setup::python(workspace, &folder.join("requirements.txt"), "clients in Python")?;
    let mut pytest = workspace.command(&python);
    // Where it runs, schemathesis leaves what it has learnt.
    pytest.current_dir(&workspace.target);
    pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]).arg(&folder).env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(pytest)
}

fn node(workspace: &Workspace) -> Result<Command> {
    let name = format!("{FOLDER}/node");
    setup::npm_packages(workspace, &name, "clients in TypeScript")?;
    let mut npm = workspace.command("npm");
    npm.current_dir(workspace.root.join(&name)).args(["test", "--silent"]);
    Ok(npm)
}
