//! Every dependency's licence is one that `deny.toml` allows.

use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Problem;
use crate::workspace::Workspace;

#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

pub fn check(workspace: &Workspace) -> Result<Vec<Problem>> {
    let text = fs::read_to_string(workspace.root.join("deny.toml")).context("reading deny.toml")?;
    let rules = toml::from_str::<Deny>(&text).context("reading deny.toml")?.licenses;
    let mut problems = Vec::new();
    for package in workspace.all_packages()? {
        let allowed = |licence: &str| {
            let exception = rules.exceptions.iter().find(|exception| exception.name == package.name);
            let here = exception.map_or(&[][..], |exception| &exception.allow);
            rules.allow.iter().chain(here).any(|known| known == licence)
        };
        let licence = package.license.as_deref().unwrap_or("none stated");
        if !satisfied(licence, &allowed) {
            let rule =
                format!("{} {} is under `{licence}`, which deny.toml does not allow", package.name, package.version);
            let mend = "choose another crate, or allow the licence there with a reason";
            problems.push(Problem::new("deny.toml", 1, rule, mend));
        }
    }
    Ok(problems)
}

/// Whether an SPDX expression can be met: one side of each `OR`, both sides of each `AND`.
fn satisfied(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let expression = expression.trim();
    if let Some((left, right)) = split_outside(expression, &[" OR ", "/"]) {
        return satisfied(left, allowed) || satisfied(right, allowed);
    }
    if let Some((left, right)) = split_outside(expression, &[" AND "]) {
        return satisfied(left, allowed) && satisfied(right, allowed);
    }
    match expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => satisfied(inner, allowed),
        None => allowed(expression),
    }
}

/// Splits at the first of these words that stands outside of all parentheses.
fn split_outside<'a>(text: &'a str, words: &[&str]) -> Option<(&'a str, &'a str)> {
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if let Some(word) = words.iter().find(|word| depth == 0 && text[at..].starts_with(**word)) {
            return Some((&text[..at], &text[at + word.len()..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn understands_licence_expressions() {
        let allowed = |licence: &str| ["MIT", "Unicode-3.0"].contains(&licence);
        for good in ["MIT", "MIT OR Apache-2.0", "Apache-2.0/MIT", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
            assert!(satisfied(good, &allowed), "{good}");
        }
        for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT AND GPL-3.0) OR BSL-1.1", "none stated"] {
            assert!(!satisfied(bad, &allowed), "{bad}");
        }
    }
}
