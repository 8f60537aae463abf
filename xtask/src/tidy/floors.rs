//! The floors of the house: what each crate may know (see docs/ARCHITECTURE.md).

use std::fs;

use super::Problem;
use crate::workspace::{Dependency, Package, Workspace};

/// What one crate may know.
struct Floor {
    name: &'static str,
    /// Crates of ours that it may build on.
    ours: &'static [&'static str],
    /// Crates of others that it must not name. `uuid/v7` forbids one feature only.
    /// A trailing `*` stands for any ending.
    never: &'static [&'static str],
    why: &'static str,
}

const FLOORS: &[Floor] = &[
    Floor {
        name: "domain",
        ours: &[],
        never: &[
            "tokio*",
            "async-*",
            "futures*",
            "reqwest",
            "hyper*",
            "axum*",
            "tower*",
            "sqlx*",
            "leptos*",
            "rand*",
            "getrandom",
            "chrono",
            "uuid/v1",
            "uuid/v4",
            "uuid/v6",
            "uuid/v7",
            "llama-cpp-*",
        ],
        why: "domain is plain data and pure rules: no I/O, clock, randomness or async",
    },
    Floor {
        name: "wires",
        ours: &["domain"],
        never: &["tokio*", "async-*", "futures*", "reqwest", "hyper*", "axum*", "tower*", "sqlx*", "leptos*", "rand*"],
        why: "wires is what clients say and hear, as pure functions: no I/O, clock or async",
    },
    Floor {
        name: "inference",
        ours: &[],
        never: &["axum*", "leptos*", "sqlx*", "reqwest"],
        why: "inference knows tokens and sequences, not users, prompts or the network",
    },
    Floor {
        name: "engine",
        ours: &["domain", "inference"],
        never: &["axum*", "leptos*", "tower-http", "llama-cpp-*"],
        why: "engine does all I/O but knows no HTTP server and no HTML; the model is behind inference",
    },
    Floor {
        name: "app",
        ours: &["domain", "engine", "wires"],
        never: &["sqlx*", "reqwest", "redis", "object_store", "llama-cpp-*"],
        why: "app is the page and thin server functions: it knows no SQL and no upstream HTTP",
    },
    Floor {
        name: "frontend",
        ours: &["app"],
        never: &["tokio*", "axum*", "sqlx*", "reqwest", "leptos_axum"],
        why: "frontend only starts app in the browser",
    },
    Floor {
        name: "server",
        ours: &["app", "domain", "engine", "inference", "wires"],
        never: &["sqlx*", "reqwest", "redis", "object_store", "llama-cpp-*"],
        why: "server holds no rules: storage and upstreams are engine's",
    },
    Floor {
        name: "bench",
        ours: &["domain", "engine", "inference"],
        never: &["axum*", "leptos*", "reqwest"],
        why: "bench measures the product from outside and through engine and inference; nothing builds on it",
    },
    Floor {
        name: "xtask",
        ours: &[],
        never: &["sqlx*", "llama-cpp-*", "leptos*", "openssl-sys"],
        why: "xtask is compiled before any set-up: it needs no crate of ours and no system package",
    },
];

pub fn check(workspace: &Workspace) -> Vec<Problem> {
    let mut problems = Vec::new();
    for package in &workspace.packages {
        let manifest = workspace.relative(&package.manifest_path);
        let text = fs::read_to_string(&package.manifest_path).unwrap_or_default();
        for (dependency, rule, mend) in broken(package, workspace) {
            let names_it = |line: &str| line.trim_start_matches("[dependencies.").starts_with(&dependency);
            let line = text.lines().position(names_it).map_or(1, |index| index + 1);
            problems.push(Problem::new(manifest, line, rule, mend));
        }
    }
    problems
}

/// Each broken rule of one crate: the dependency it is about, the rule, how to mend it.
fn broken(package: &Package, workspace: &Workspace) -> Vec<(String, String, String)> {
    let Some(floor) = FLOORS.iter().find(|floor| floor.name == package.name) else {
        let rule = format!("crate `{}` stands on no floor", package.name);
        return vec![("name".into(), rule, "add it to FLOORS in xtask/src/tidy/floors.rs".into())];
    };
    let is_ours = |name: &str| workspace.packages.iter().any(|package| package.name == name);
    let mut broken = Vec::new();
    // Tests may use what they like: only what ships is judged.
    for dependency in package.dependencies.iter().filter(|dependency| dependency.kind.as_deref() != Some("dev")) {
        let name = &dependency.name;
        if is_ours(name) && !floor.ours.contains(&name.as_str()) {
            let rule = format!("`{}` must not depend on `{name}`: {}", floor.name, floor.why);
            broken.push((name.clone(), rule, "move the code to the floor that may know both".into()));
        }
        if floor.never.iter().any(|pattern| forbids(pattern, dependency)) {
            let rule = format!("`{}` must not name `{name}`: {}", floor.name, floor.why);
            broken.push((name.clone(), rule, "move what needs it to the crate that may".into()));
        }
        if floor.name == "app" && name == "engine" && !dependency.optional {
            let rule = "`app` must not carry `engine` into the browser".to_owned();
            broken.push((name.clone(), rule, "make it optional, behind the feature `ssr`".into()));
        }
        if floor.name == "frontend" && dependency.target.is_none() {
            let rule = format!("`{name}` outside wasm32 unites `ssr` and `hydrate` in `cargo check --workspace`");
            let mend = "put it under [target.'cfg(target_arch = \"wasm32\")'.dependencies]".into();
            broken.push((name.clone(), rule, mend));
        }
    }
    broken
}

fn forbids(pattern: &str, dependency: &Dependency) -> bool {
    if let Some((name, feature)) = pattern.split_once('/') {
        return dependency.name == name && dependency.features.iter().any(|known| known == feature);
    }
    match pattern.strip_suffix('*') {
        Some(beginning) => dependency.name.starts_with(beginning),
        None => dependency.name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency(name: &str, features: &[&str]) -> Dependency {
        Dependency {
            name: name.into(),
            kind: None,
            optional: false,
            features: features.iter().map(|feature| (*feature).into()).collect(),
            target: None,
        }
    }

    fn judged(package: &str, dependencies: Vec<Dependency>) -> Vec<String> {
        let crates = |name: &str, dependencies| Package {
            name: name.into(),
            version: "0.1.0".into(),
            license: None,
            manifest_path: "Cargo.toml".into(),
            dependencies,
        };
        let ours = FLOORS.iter().map(|floor| crates(floor.name, Vec::new())).collect();
        let workspace = Workspace { root: ".".into(), target: "target".into(), packages: ours };
        let broken = broken(&crates(package, dependencies), &workspace);
        broken.into_iter().map(|(name, _, _)| name).collect()
    }

    #[test]
    fn arrows_point_down() {
        assert_eq!(judged("domain", vec![dependency("engine", &[])]), ["engine"]);
        assert_eq!(judged("inference", vec![dependency("domain", &[])]), ["domain"]);
        assert!(judged("engine", vec![dependency("domain", &[])]).is_empty());
        assert_eq!(judged("app", vec![dependency("engine", &[])]), ["engine"], "engine must be optional");
    }

    #[test]
    fn crates_know_no_more_than_they_may() {
        assert_eq!(judged("server", vec![dependency("sqlx", &[])]), ["sqlx"]);
        assert_eq!(judged("domain", vec![dependency("tokio-util", &[])]), ["tokio-util"]);
        assert_eq!(judged("domain", vec![dependency("uuid", &["v7"])]), ["uuid"]);
        assert!(judged("domain", vec![dependency("uuid", &[])]).is_empty());
        assert_eq!(judged("frontend", vec![dependency("app", &[])]), ["app"], "only under wasm32");
        assert_eq!(judged("stray", vec![]), ["name"]);
    }

    #[test]
    fn tests_may_use_more() {
        let mut reqwest = dependency("reqwest", &[]);
        reqwest.kind = Some("dev".into());
        assert!(judged("server", vec![reqwest]).is_empty());
    }
}
