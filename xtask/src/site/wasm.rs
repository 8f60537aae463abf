//! The browser's half: cargo for wasm32, then the splitter, then wasm-bindgen.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use walrus::{Function, FunctionKind, Module, ModuleConfig};
use wasm_bindgen_cli_support::Bindgen;

use super::{Files, add_folder, later};
use crate::progress::{ready, run, step, took};
use crate::setup;
use crate::workspace::Workspace;

/// How `frontend` is compiled (profiles of the root manifest).
#[derive(Clone, Copy)]
pub enum Profile {
    Dev,
    Release,
    /// As the release, in one file and with the names of functions, for `later.rs`.
    Noting,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Dev => "wasm-dev",
            Self::Release | Self::Noting => "wasm-release",
        }
    }
}

/// What the script that loads the parts is called; the main WASM imports it by this name.
pub(super) const LOADER: &str = "./parts.js";

/// What makes the page's files of what the compiler gives.
const HOW: [&str; 6] = [
    include_str!("wasm.rs"),
    include_str!("later.rs"),
    include_str!("later/data.rs"),
    include_str!("later/halves.rs"),
    include_str!("later/linked.rs"),
    later::SCRIPT,
];

/// What the WASM calls the script that wasm-bindgen writes.
const GLUE: &str = "./etude_bg.js";

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
    let name = if matches!(profile, Profile::Noting) { "noting" } else { profile.name() };
    let bound = target.join(format!("bindgen-{name}"));
    let list = fs::read_to_string(workspace.root.join(later::LIST)).unwrap_or_default();
    bind(workspace, &compiled, &bound, profile, &later::List::read(&list))?;

    let mut files = Files::new();
    add_folder(&mut files, &bound.join("pkg"), "pkg/")?;
    Ok(files)
}

/// Splits the WASM, and runs wasm-bindgen on what every page needs, unless this very WASM has been through it.
fn bind(workspace: &Workspace, compiled: &Path, out: &Path, profile: Profile, list: &later::List) -> Result<()> {
    let wasm = read(compiled)?;
    // How it was done is part of what was done.
    let digest = blake3::Hasher::new()
        .update(&wasm)
        .update(list.text().as_bytes())
        .update(HOW.concat().as_bytes())
        .finalize()
        .to_hex();
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
        let mut module = parse(&read(part)?, matches!(profile, Profile::Dev))?;
        cut += cut_never_called(&mut module);
        walrus::passes::gc::run(&mut module);
        // The splitter leaves each number as wide as the linker may have needed it.
        fs::write(part, module.emit_wasm()).with_context(|| format!("writing {}", part.display()))?;
    }
    let main = read(&main)?;
    let only_later = match profile {
        Profile::Dev | Profile::Noting => Vec::new(),
        Profile::Release => later::only_later(&wasm, &main, |name| list.has(name))
            .context("looking for the data of what comes later")?,
    };
    let mut module = parse(&main, true)?;
    cut += cut_never_called(&mut module);
    if cut == 0 && matches!(profile, Profile::Release) {
        bail!(
            "none of the functions that are never called is in the page: leptos has named them anew, and the page is larger than it need be"
        );
    }
    let mut output = Bindgen::new()
        .input_module("etude", module)
        .web(true)?
        .typescript(false)
        // The page names the WASM file itself; the script must not guess another.
        .omit_default_module_path(true)
        // The parts are linked to them.
        .keep_lld_exports(true)
        .generate_output()
        .context("wasm-bindgen failed: is the crate's version the one that xtask pins?")?;
    let names = shorten(output.wasm_mut());
    let whole = output.wasm_mut().emit_wasm();
    output.emit(&pkg).context("writing what wasm-bindgen has made")?;
    fs::remove_file(pkg.join("etude_bg.wasm")).context("clearing wasm-bindgen's file")?;
    let script = pkg.join("etude.js");
    let glue = fs::read_to_string(&script).with_context(|| format!("reading {}", script.display()))?;
    fs::write(&script, rename(&glue, &names)).with_context(|| format!("writing {}", script.display()))?;
    let halves = match profile {
        Profile::Dev | Profile::Noting => None,
        Profile::Release => later::split(&whole, list, &only_later, |bytes| parse(bytes, false))?,
    };
    let first = match halves {
        // The list knows nothing of it: another compiler.
        None if matches!(profile, Profile::Release) => parse(&whole, false)?.emit_wasm(),
        None => whole,
        Some(later::Halves { first, later }) => {
            let script = pkg.join("parts.js");
            let parts = fs::read_to_string(&script).with_context(|| format!("reading {}", script.display()))?;
            fs::write(&script, later::join(&parts)?).with_context(|| format!("writing {}", script.display()))?;
            fs::write(pkg.join("later.wasm"), later).context("writing what comes later")?;
            first
        }
    };
    if matches!(profile, Profile::Release) {
        setup::npm_packages(workspace, "islands", "the editor's libraries and esbuild")?;
        for script in ["etude.js", "parts.js"] {
            minify(workspace, &pkg.join(script))?;
        }
    }
    // With LEPTOS_OUTPUT_NAME set, leptos's page asks for the file without `_bg`.
    fs::write(pkg.join("etude.wasm"), first).context("writing the WASM file")?;
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

/// Reads a WASM file. The names of its functions are kept for stack traces alone: they are most of the file.
pub(super) fn parse(wasm: &[u8], keeps_names: bool) -> Result<Module> {
    ModuleConfig::new()
        .strict_validate(false)
        .generate_dwarf(false)
        .generate_name_section(keeps_names)
        .parse(wasm)
        .context("reading the WASM file")
}

/// With the editor's bundler.
fn minify(workspace: &Workspace, script: &Path) -> Result<()> {
    let esbuild = workspace.root.join("islands/node_modules/.bin/esbuild");
    let mut esbuild = workspace.command(esbuild);
    esbuild.arg(script).args(["--minify", "--format=esm", "--log-level=error", "--allow-overwrite"]);
    run(esbuild.arg(format!("--outfile={}", script.display())))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("reading {}", file.display()))
}

/// Gives what the page imports from its script short names: half of each is a hash, which nothing compresses. Answers
/// with the new names by the old ones.
fn shorten(module: &mut Module) -> HashMap<String, String> {
    let from_script = module.imports.iter_mut().filter(|import| import.module == GLUE);
    from_script
        .enumerate()
        .map(|(number, import)| {
            let name = format!("_{number:x}");
            (std::mem::replace(&mut import.name, name.clone()), name)
        })
        .collect()
}

/// A script with other names.
fn rename(script: &str, names: &HashMap<String, String>) -> String {
    let is_outside = |character: char| !character.is_ascii_alphanumeric() && character != '_' && character != '$';
    let words = script.split_inclusive(is_outside).map(|piece| {
        let word = piece.trim_end_matches(is_outside);
        names.get(word).map_or(piece.into(), |name| Cow::from(piece.replacen(word, name, 1)))
    });
    words.collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_names_are_renamed_and_nothing_else() {
        let names = HashMap::from([("__wbg_new_0a".to_owned(), "_1".to_owned())]);
        let script = "x = {__wbg_new_0a: f(), __wbg_new_0ab: g, y$__wbg_new_0a}; // __wbg_new_0a";
        assert_eq!(rename(script, &names), "x = {_1: f(), __wbg_new_0ab: g, y$__wbg_new_0a}; // _1");
    }
}
