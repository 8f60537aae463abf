//! The browser's half: cargo for wasm32, then the splitter, then wasm-bindgen.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
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

/// What the script that loads the parts is called; the main WASM imports it by this name.
const LOADER: &str = "./parts.js";

/// Compiles `frontend`; answers with `pkg/etude.js`, `pkg/etude.wasm`, the parts and what they import.
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

/// Splits the WASM, and runs wasm-bindgen on what every page needs, unless this very WASM has been through it.
fn bind(compiled: &Path, out: &Path, profile: Profile) -> Result<()> {
    let wasm = fs::read(compiled).with_context(|| format!("reading {}", compiled.display()))?;
    // What is cut is part of what was done.
    let digest = blake3::Hasher::new().update(&wasm).update(NEVER_CALLED.concat().as_bytes()).finalize().to_hex();
    let stamp = out.join("input.blake3");
    if fs::read_to_string(&stamp).is_ok_and(|known| known == digest.as_str()) {
        return Ok(());
    }
    let started = Instant::now();
    if out.exists() {
        fs::remove_dir_all(out).with_context(|| format!("clearing {}", out.display()))?;
    }
    let pkg = out.join("pkg");
    let main = out.join("main.wasm");
    let parts = split(&wasm, &pkg, &main)?;
    let mut cut = 0;
    for part in &parts {
        let mut module = read(part, profile)?;
        cut += cut_never_called(&mut module);
        walrus::passes::gc::run(&mut module);
        // The splitter leaves each number as wide as the linker may have needed it.
        fs::write(part, module.emit_wasm()).with_context(|| format!("writing {}", part.display()))?;
    }
    let mut module = read(&main, profile)?;
    cut += cut_never_called(&mut module);
    if cut == 0 && matches!(profile, Profile::Release) {
        bail!(
            "none of the functions that are never called is in the page: leptos has named them anew, and the page is larger than it need be"
        );
    }
    Bindgen::new()
        .input_module("etude", module)
        .web(true)?
        .typescript(false)
        // The page names the WASM file itself; the script must not guess another.
        .omit_default_module_path(true)
        // The parts are linked to them.
        .keep_lld_exports(true)
        .generate_output()
        .and_then(|mut output| output.emit(&pkg))
        .context("wasm-bindgen failed: is the crate's version the one that xtask pins?")?;
    // With LEPTOS_OUTPUT_NAME set, leptos's page asks for the file without `_bg`.
    fs::rename(pkg.join("etude_bg.wasm"), pkg.join("etude.wasm")).context("naming the WASM file")?;
    fs::write(&stamp, digest.as_str()).with_context(|| format!("writing {}", stamp.display()))?;
    let count = parts.len();
    ready("bindings", &format!("wasm-bindgen ran, with {count} parts apart, in {}", took(started.elapsed())));
    Ok(())
}

/// Splits the WASM at the functions of `app/src/parts.rs`: what every page needs goes to `main`, the rest to files in
/// `pkg`, and beside them the script that loads them. Answers with the files.
fn split(wasm: &[u8], pkg: &Path, main: &Path) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(pkg).with_context(|| format!("creating {}", pkg.display()))?;
    let mut options = wasm_split_cli_support::Options::new(wasm);
    options.output_dir = pkg;
    options.main_out_path = main;
    options.main_module = "./etude.js";
    options.link_name = LOADER;
    let split =
        wasm_split_cli_support::transform(options).map_err(|error| anyhow!("the WASM cannot be split: {error:#}"))?;
    Ok(split.split_modules)
}

fn read(file: &Path, profile: Profile) -> Result<Module> {
    let wasm = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    ModuleConfig::new()
        .strict_validate(false)
        .generate_dwarf(false)
        // The names of leptos's types, for stack traces: most of the file when they are kept.
        .generate_name_section(matches!(profile, Profile::Dev))
        .parse(&wasm)
        .context("reading the WASM file")
}

/// Parts of the mangled names of functions that leptos compiles for each view and our page never calls, although each
/// view's table of functions names them, so that no linker can drop them.
///
/// The first hydrates in steps, for `hydrate_lazy`; the page calls the other half (`frontend/src/lib.rs`). The closures
/// in it have the code of those in that half, and the compiler lets both be one: they stay.
const NEVER_CALLED: &[&str] = &["13hydrate_async28_$u7b$$u7b$closure$u7d$$u7d$17h"];

/// Empties the functions that are never called, and says how many there were; what only they call goes with them when
/// what nobody reaches is collected. A call of one would end the page with `unreachable`.
fn cut_never_called(module: &mut Module) -> usize {
    let is_one = |function: &&mut Function| {
        function.name.as_ref().is_some_and(|name| NEVER_CALLED.iter().any(|part| name.contains(part)))
    };
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
