//! `cargo xtask tidy`: the rules of the house that no compiler checks.

mod docs;
mod files;
mod floors;
mod layout;
mod licences;
mod source;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::progress::ready;
use crate::workspace::Workspace;
use files::TextFile;

/// One broken rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, from the root of the clone.
    file: PathBuf,
    /// Counted from 1.
    line: usize,
    rule: String,
    mend: String,
}

impl Problem {
    fn new(file: impl AsRef<Path>, line: usize, rule: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { file: file.as_ref().to_owned(), line, rule: rule.into(), mend: mend.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, rule, mend } = self;
        write!(out, "{}:{line}: {rule}\n    mend: {mend}", file.display())
    }
}

/// Checks everything; prints each broken rule and fails if there is one.
pub fn run(workspace: &Workspace) -> Result<()> {
    let files = files::read_all(&workspace.root)?;
    let mut problems = floors::check(workspace);
    problems.extend(docs::check(&workspace.root, &files));
    problems.extend(layout::check(&workspace.root, &files));
    problems.extend(files.iter().flat_map(source::check));
    problems.extend(licences::check(workspace)?);

    for warning in files.iter().filter_map(source::long) {
        println!("{warning}");
    }
    for problem in &problems {
        println!("{problem}");
    }
    if !problems.is_empty() {
        bail!("{} broken rules of the house, listed above", problems.len());
    }
    ready("tidy", &format!("{} files, all in order", files.len()));
    Ok(())
}
