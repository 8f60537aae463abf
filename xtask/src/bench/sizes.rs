//! How large the page's files are as browsers fetch them, and the budget that they keep to.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::site;
use crate::workspace::Workspace;

/// What every page loads before it is live, together: 300 KB (bytes by the thousand).
const ALL_BYTES_MAX: u64 = 300_000;
/// Growth over the committed budget that passes: compilers and compressors are not that steady.
const SLACK_PERCENT: u64 = 5;
const BUDGET: &str = "docs/bench/page-budget.json";
/// The files, each by the name of its budget.
const COUNTED: [(&str, &str); 4] =
    [("wasm", "etude.wasm.br"), ("js", "etude.js.br"), ("js", "parts.js.br"), ("css", "etude.css.br")];

/// Bytes by name.
type Sizes = BTreeMap<String, u64>;

/// Prints each file and the sum.
pub fn print(workspace: &Workspace) -> Result<()> {
    let package = site::build(workspace, false)?.dir.join("pkg");
    let sizes = counted(&package)?;
    let budget = budget(workspace)?;
    for (name, size) in &sizes {
        println!("{size:>9}  {name} (budget {})", budget.get(name).copied().unwrap_or_default());
    }
    let sum: u64 = sizes.values().sum();
    let verdict = if sum <= ALL_BYTES_MAX { "within" } else { "over" };
    println!("{sum:>9}  together, {verdict} {ALL_BYTES_MAX}");
    println!("each file; parts and islands are loaded where they are needed, or when the page is live:");
    let mut files = Vec::new();
    compressed(&package, "pkg", &mut files)?;
    files.sort_unstable_by_key(|(_, size)| std::cmp::Reverse(*size));
    for (file, size) in files {
        println!("{size:>9}  {file}");
    }
    Ok(())
}

/// Fails when a file has outgrown its budget.
pub fn check(workspace: &Workspace) -> Result<()> {
    let sizes = counted(&site::build(workspace, false)?.dir.join("pkg"))?;
    let grown = outgrown(&sizes, &budget(workspace)?);
    if !grown.is_empty() {
        bail!("{}. Make it smaller, or raise {BUDGET} and say why", grown.join("; "));
    }
    Ok(())
}

/// A sentence for each file that is larger than its budget and the slack.
fn outgrown(sizes: &Sizes, budget: &Sizes) -> Vec<String> {
    let too_large = |(name, size): (&String, &u64)| {
        let most = budget.get(name).copied().unwrap_or_default();
        let is = *size > most * (100 + SLACK_PERCENT) / 100;
        is.then(|| format!("{name} has {size} bytes as brotli, its budget is {most} and {SLACK_PERCENT} %"))
    };
    sizes.iter().filter_map(too_large).collect()
}

fn counted(package: &Path) -> Result<Sizes> {
    let mut sizes = Sizes::new();
    for (name, file) in COUNTED {
        let place = package.join(file);
        let size = fs::metadata(&place).with_context(|| format!("looking at {}", place.display()))?.len();
        *sizes.entry(name.to_owned()).or_default() += size;
    }
    Ok(sizes)
}

fn budget(workspace: &Workspace) -> Result<Sizes> {
    let text = fs::read_to_string(workspace.root.join(BUDGET)).with_context(|| format!("reading {BUDGET}"))?;
    serde_json::from_str(&text).with_context(|| format!("reading {BUDGET}"))
}

/// The brotli files of a folder and the folders in it.
fn compressed(folder: &Path, prefix: &str, found: &mut Vec<(String, u64)>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            compressed(&entry.path(), &name, found)?;
        } else if name.ends_with(".br") {
            found.push((name, entry.metadata()?.len()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_percent_pass_and_more_does_not() {
        let budget = Sizes::from([("wasm".into(), 1_000), ("js".into(), 100)]);
        let grown = |wasm| outgrown(&Sizes::from([("wasm".into(), wasm), ("js".into(), 90)]), &budget).len();
        assert_eq!([grown(900), grown(1_050), grown(1_051)], [0, 0, 1]);
    }
}
