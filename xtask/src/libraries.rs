//! What the server was built of: programs that tests compile take it, and nothing is built twice.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::progress::shown;
use crate::workspace::Workspace;

/// A library, as cargo has built it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Library {
    version: String,
    file: PathBuf,
}

/// One line of what cargo says about a build.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    package_id: String,
    target: Option<Target>,
    #[serde(default)]
    features: Vec<String>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// The libraries of these names that the server, which has been built, is made of.
pub fn of_server(workspace: &Workspace, names: &[&str]) -> Result<BTreeMap<String, Library>> {
    let mut cargo = crate::tests::cargo_build(workspace);
    cargo.args(["--quiet", "--message-format", "json"]);
    let output = cargo.output().with_context(|| format!("starting {}", shown(&cargo)))?;
    ensure!(output.status.success(), "{} failed\n{}", shown(&cargo), String::from_utf8_lossy(&output.stderr));
    let libraries = read(&String::from_utf8_lossy(&output.stdout), names);
    for name in names {
        ensure!(libraries.contains_key(*name), "the server is built without `{name}`");
    }
    Ok(libraries)
}

fn read(messages: &str, names: &[&str]) -> BTreeMap<String, Library> {
    let mut found: BTreeMap<String, (usize, Library)> = BTreeMap::new();
    for message in messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok()) {
        let Some(Target { name }) = message.target.filter(|target| names.contains(&target.name.as_str())) else {
            continue;
        };
        let version = message.package_id.rsplit(['@', '#']).next().unwrap_or_default().to_owned();
        let Some(file) = message.filenames.into_iter().find(|file| file.extension().is_some_and(|end| end == "rlib"))
        else {
            continue;
        };
        // A library can be there twice. What runs while others compile has fewer features.
        let features = message.features.len();
        if found.get(&name).is_none_or(|(known, _)| *known < features) {
            found.insert(name, (features, Library { version, file }));
        }
    }
    found.into_iter().map(|(name, (_, library))| (name, library)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_builds_the_one_with_more_features_is_taken() {
        let messages = r#"
{"reason":"compiler-artifact","package_id":"registry+https://example.org/index#tokio@1.54.0","target":{"kind":["lib"],"name":"tokio"},"features":["rt"],"filenames":["/a/libtokio-1.rlib","/a/libtokio-1.rmeta"]}
{"reason":"compiler-artifact","package_id":"registry+https://example.org/index#tokio@1.54.0","target":{"kind":["lib"],"name":"tokio"},"features":["full","macros"],"filenames":["/a/libtokio-2.rmeta","/a/libtokio-2.rlib"]}
{"reason":"compiler-artifact","package_id":"registry+https://example.org/index#other@2.0.0","target":{"kind":["lib"],"name":"other"},"features":[],"filenames":["/a/libother.rlib"]}
{"reason":"build-finished","success":true}
"#;
        let want = Library { version: "1.54.0".into(), file: "/a/libtokio-2.rlib".into() };
        assert_eq!(read(messages, &["tokio", "rustls"]), BTreeMap::from([("tokio".to_owned(), want)]));
    }
}
