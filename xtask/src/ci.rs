//! `cargo xtask ci`: what must pass before a change lands.

use anyhow::{Result, bail};

use crate::progress::{run as run_command, step};
use crate::release::Bundle;
use crate::tests::{self, NATIVE, Outcome};
use crate::workspace::Workspace;
use crate::{bench, setup, tidy};

type Check = fn(&Workspace) -> Result<()>;

/// The cheap checks first; each runs even when one before it failed.
const CHECKS: &[(&str, &str, Check)] = &[
    ("format", "cargo fmt --check", format),
    ("tidy", "the rules of the house", tidy::run),
    ("lints", "clippy over server, engine and the rest", lint_native),
    ("lints xtask", "clippy over this tool", lint_xtask),
    ("lints page", "clippy over what runs in the browser", lint_page),
];

pub fn run(workspace: &Workspace) -> Result<()> {
    setup::for_building(workspace)?;
    setup::for_browser_tests(workspace)?;

    // Nothing that another clone has left in a shared target directory may pass for this one's.
    workspace.touch_sources()?;

    let mut red = Vec::new();
    for (name, what, check) in CHECKS {
        red.extend(step(name, what, || check(workspace)).err().map(|error| format!("{name}: {error:#}")));
    }
    let outcome = tests::run_parts(workspace, None)
        .unwrap_or_else(|error| Outcome::broken(format!("the tests could not run: {error:#}")));
    let bundled = step("lints release", "clippy over what only a release compiles", || lint_release(workspace));
    red.extend(bundled.err().map(|error| format!("lints release: {error:#}")));

    let sized = step("page sizes", "the page against its budget", || bench::sizes::check(workspace));
    red.extend(sized.err().map(|error| format!("page sizes: {error:#}")));
    let measured =
        step("bench", "each benchmark, to see that it works", || bench::run(workspace, &bench::Options::quick()));
    red.extend(measured.err().map(|error| format!("bench: {error:#}")));

    println!();
    for line in &red {
        println!("{line}");
    }
    outcome.print_parts();
    let green = red.is_empty() && outcome.complaints.is_empty();
    println!("{}", if green { "all checks passed" } else { "some checks failed, see above" });
    outcome.print_sum();
    if !green {
        // Everything has been said; the sum stays the last line.
        std::process::exit(1);
    }
    Ok(())
}

fn format(workspace: &Workspace) -> Result<()> {
    let result = run_command(&mut workspace.cargo(["fmt", "--all", "--check"]));
    result.or_else(|_| bail!("run `cargo fmt --all`"))
}

// In the release profile, as everything: llama.cpp's build script runs for lints too.
fn lint_native(workspace: &Workspace) -> Result<()> {
    let mut cargo = workspace.cargo(["clippy", "--release", "--all-targets"]);
    run_command(cargo.args(NATIVE).args(["--", "-D", "warnings"]))
}

fn lint_xtask(workspace: &Workspace) -> Result<()> {
    let mut cargo = workspace.cargo(["clippy", "--release", "--all-targets", "--package=xtask"]);
    run_command(cargo.args(["--", "-D", "warnings"]))
}

fn lint_page(workspace: &Workspace) -> Result<()> {
    let mut cargo = workspace.cargo(["clippy", "--profile=wasm-release", "--lib"]);
    cargo
        .args(["--target=wasm32-unknown-unknown", "--package=frontend"])
        .args(["--package=app", "--features=app/hydrate", "--target-dir"])
        .arg(workspace.target.join("wasm"))
        .args(["--", "-D", "warnings"]);
    run_command(&mut cargo)
}

fn lint_release(workspace: &Workspace) -> Result<()> {
    let bundle = Bundle::prepare(workspace, true)?;
    // With the other crates, and examples that are not there, for the features of `lint_native`: other ones would have most
    // of what the server is built of checked once more.
    let mut cargo = workspace.cargo(["clippy", "--release", "--bins", "--examples"]);
    run_command(bundle.put_into(cargo.args(NATIVE)).args(["--", "-D", "warnings"]))
}
