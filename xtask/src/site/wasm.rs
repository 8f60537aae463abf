//! The browser's half: cargo for wasm32, then wasm-bindgen.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use walrus::{Function, FunctionKind, Module, ModuleConfig};
use wasm_bindgen_cli_support::Bindgen;

use super::{Files, add_folder};
use crate::progress::{ready, run, step, took};
use crate::workspace::Workspace;

/// How `frontend` is compiled (profiles of the root manifest).
#[derive(Clone, Copy)]
pub enum Profile {
    Dev,
    Release,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Dev => "wasm-dev",
            Self::Release => "wasm-release",
        }
    }
}

/// Compiles `frontend`; answers with `pkg/etude.js`, `pkg/etude.wasm` and what they import.
pub fn build(workspace: &Workspace, profile: Profile) -> Result<Files> {
    // A target directory of its own: in one build with the server, cargo would unite the
    // features `ssr` and `hydrate`, and the server would panic on its first page.
    let target = workspace.target.join("wasm");
    step("frontend", "compiling to WASM; four minutes the first time", || {
        run(workspace
            .cargo(["build", "--package", "frontend", "--lib"])
            .args(["--target", "wasm32-unknown-unknown", "--profile", profile.name()])
            .arg("--target-dir")
            .arg(&target))
    })?;
    let compiled = target.join("wasm32-unknown-unknown").join(profile.name()).join("frontend.wasm");
    let bound = target.join(format!("bindgen-{}", profile.name()));
    bind(&compiled, &bound, profile)?;

    let mut files = Files::new();
    add_folder(&mut files, &bound.join("pkg"), "pkg/")?;
    Ok(files)
}

/// Leptos compiles every view's hydration twice: at once, and in steps for `hydrate_lazy`. The page calls only the first
/// (`frontend/src/lib.rs`), but each view's table of functions names the second, so no linker can drop it.
///
/// This is how the steps themselves are called once mangled. The closures in them have the code of those in the other
/// half, and the compiler lets both be one: they stay.
const LAZY_HYDRATION: &str = "13hydrate_async28_$u7b$$u7b$closure$u7d$$u7d$17h";

/// Empties the functions that hydrate in steps, and says how many there were; what only they call goes with them when
/// wasm-bindgen collects what nobody reaches. A call of one would end the page with `unreachable`.
fn cut_lazy_hydration(module: &mut Module) -> usize {
    let is_one = |function: &&mut Function| function.name.as_ref().is_some_and(|name| name.contains(LAZY_HYDRATION));
    let mut cut = 0;
    for function in module.funcs.iter_mut().filter(is_one) {
        if let FunctionKind::Local(function) = &mut function.kind {
            let mut body = function.builder_mut().func_body();
            body.instrs_mut().clear();
            body.unreachable();
            cut += 1;
        }
    }
    cut
}

/// Runs wasm-bindgen, unless this very WASM has been through it.
fn bind(compiled: &Path, out: &Path, profile: Profile) -> Result<()> {
    let wasm = fs::read(compiled).with_context(|| format!("reading {}", compiled.display()))?;
    // What is cut is part of what was done.
    let digest = blake3::Hasher::new().update(&wasm).update(LAZY_HYDRATION.as_bytes()).finalize().to_hex();
    let stamp = out.join("input.blake3");
    if fs::read_to_string(&stamp).is_ok_and(|known| known == digest.as_str()) {
        return Ok(());
    }
    let started = Instant::now();
    if out.exists() {
        fs::remove_dir_all(out).with_context(|| format!("clearing {}", out.display()))?;
    }
    let pkg = out.join("pkg");
    let mut module = ModuleConfig::new()
        .strict_validate(false)
        .generate_dwarf(false)
        // The names of leptos's types, for stack traces: most of the file when they are kept.
        .generate_name_section(matches!(profile, Profile::Dev))
        .parse(&wasm)
        .context("reading the WASM file")?;
    let cut = cut_lazy_hydration(&mut module);
    if cut == 0 && matches!(profile, Profile::Release) {
        bail!(
            "no function `hydrate_async` is in the page: leptos has named it anew, and the page is a fifth larger than it need be"
        );
    }
    Bindgen::new()
        .input_module("etude", module)
        .web(true)?
        .typescript(false)
        // The page names the WASM file itself; the script must not guess another.
        .omit_default_module_path(true)
        .generate_output()
        .and_then(|mut output| output.emit(&pkg))
        .context("wasm-bindgen failed: is the crate's version the one that xtask pins?")?;
    // With LEPTOS_OUTPUT_NAME set, leptos's page asks for the file without `_bg`.
    fs::rename(pkg.join("etude_bg.wasm"), pkg.join("etude.wasm")).context("naming the WASM file")?;
    fs::write(&stamp, digest.as_str()).with_context(|| format!("writing {}", stamp.display()))?;
    ready("bindings", &format!("wasm-bindgen ran in {}", took(started.elapsed())));
    Ok(())
}
