//! `cargo xtask serve`: from a bare machine to a page, in one command.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::progress::{ready, run as run_command, step};
use crate::workspace::Workspace;
use crate::{model, setup, site};

pub fn run(workspace: &Workspace, dev: bool, args: &[String]) -> Result<()> {
    setup::for_building(workspace)?;
    let model = model::ensure()?;
    let site = site::build(workspace, dev)?;
    let what = "compiling; about 25 minutes on two cores the first time, seconds afterwards";
    step("server", what, || run_command(&mut workspace.cargo(["build", "--release", "--package", "server"])))?;
    let etude = workspace.target.join("release/etude");

    let mut server = workspace.command(&etude);
    server.arg("serve").args(args).env("ETUDE_SITE_DIR", site.dir);
    give_model(&mut server, &model);
    ready("serve", "Ctrl-C stops it");
    // The server takes this process's place: it hears Ctrl-C itself.
    Err(server.exec()).with_context(|| format!("starting {}", etude.display()))
}

/// Points the server at the fetched weights, unless the user has chosen others.
fn give_model(server: &mut Command, model: &Path) {
    if std::env::var_os("ETUDE_MODEL_PATH").is_none() {
        server.env("ETUDE_MODEL_PATH", model);
        if std::env::var_os("ETUDE_MODEL_NAME").is_none() {
            server.env("ETUDE_MODEL_NAME", model::NAME);
        }
    }
}
