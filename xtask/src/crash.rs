//! `cargo xtask crash`: the crash tests over many seeds; `cargo xtask test` tries a few.

use anyhow::{Result, bail};

use crate::progress::{run as run_command, step};
use crate::workspace::Workspace;
use crate::{model, setup, tests};

pub fn run(workspace: &Workspace, seeds: u32) -> Result<()> {
    setup::for_building(workspace)?;
    let model = model::ensure()?;
    let mut cargo = tests::cargo(workspace, "test");
    cargo
        .args(["--test=it", "--", "crash::", "--nocapture"])
        .env("ETUDE_TEST_MODEL", model)
        .env("ETUDE_CRASH_SEEDS", seeds.to_string());
    let crashed = step("crash", &format!("kill -9 at {seeds} moments"), || run_command(&mut cargo));
    crashed.or_else(|error| bail!("something that was delivered was lost, or the tests could not run: {error:#}"))
}
