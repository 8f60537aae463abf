//! `cargo xtask bench`: builds server and `etude-bench`, fetches what they are compared with, and measures.

pub mod sizes;

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use crate::progress::{run as run_command, step};
use crate::tests::NATIVE;
use crate::workspace::Workspace;
use crate::{model, setup, site, tests};

/// Where the gateway is pinned that ours is compared with.
const PORTKEY: &str = "crates/bench/portkey";

/// What to measure.
#[derive(Args, Default)]
pub struct Options {
    /// latency, gateway, streams, log, decode, server, library, page, build, cold; all but `cold`, which takes an hour or two, where none is named
    names: Vec<String>,
    /// Try whether each one works, two minutes for all; keeps no figures
    #[arg(long)]
    quick: bool,
    /// Print how large the page's files are, and measure nothing
    #[arg(long)]
    sizes: bool,
}

impl Options {
    /// Everything, to see that it works.
    pub fn quick() -> Self {
        Self { quick: true, ..Self::default() }
    }
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    setup::for_building(workspace)?;
    if options.sizes {
        return sizes::print(workspace);
    }
    setup::for_sdk_tests(workspace)?;
    let wants = |name: &str| options.names.is_empty() || options.names.iter().any(|wanted| wanted == name);
    if wants("page") {
        setup::for_browser_tests(workspace)?;
    }
    let model = model::ensure()?;
    let site = site::build(workspace, false)?;
    let etude = if options.quick { tests::build_server(workspace)? } else { build_server(workspace)? };
    let mut bench = workspace.command(workspace.target.join("release/etude-bench"));
    bench.args(&options.names);
    bench.args(options.quick.then_some("--quick"));
    let mut place = |flag: &str, place: OsString| {
        bench.arg(flag).arg(place);
    };
    place("--root", workspace.root.clone().into());
    place("--target", workspace.target.clone().into());
    place("--etude", etude.into());
    place("--site", site.dir.into());
    place("--model", model.into());
    place("--scratch", workspace.target.join("bench").into());
    if wants("gateway") {
        setup::npm_packages(workspace, PORTKEY, "the gateway of Portkey, to compare with")?;
        let script = "node_modules/@portkey-ai/gateway/build/start-server.js";
        place("--portkey", workspace.root.join(PORTKEY).join(script).into());
    }
    if wants("latency") || wants("gateway") {
        let pins = workspace.root.join("crates/bench/requirements.txt");
        let python = setup::python(workspace, &pins, "vllm-router, to compare with")?;
        place("--router", python.with_file_name("vllm-router").into());
    }
    run_command(&mut bench).or_else(|error| bail!("something could not be measured: {error:#}"))
}

/// Builds the server as fast as it can be, and `etude-bench`.
fn build_server(workspace: &Workspace) -> Result<PathBuf> {
    let mut cargo = workspace.cargo(["build", "--release"]);
    step("server", "compiling", || run_command(cargo.args(NATIVE)))?;
    Ok(workspace.target.join("release/etude"))
}
