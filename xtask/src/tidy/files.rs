//! The files that belong to the project.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A text file of the clone.
pub struct TextFile {
    /// From the root of the clone.
    pub path: PathBuf,
    pub text: String,
}

impl TextFile {
    pub fn has_extension(&self, wanted: &[&str]) -> bool {
        let extension = self.path.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| wanted.contains(&extension))
    }

    /// The lines with their numbers, counted from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// Reads every text file but those that `.gitignore` names. Walks the folders rather than
/// asking git, so that it works in an unpacked archive and before a file is added.
pub fn read_all(root: &Path) -> Result<Vec<TextFile>> {
    let ignored = fs::read_to_string(root.join(".gitignore")).context("reading .gitignore")?;
    let mut files = Vec::new();
    walk(root, Path::new(""), &ignored, &mut files)?;
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn walk(root: &Path, folder: &Path, ignored: &str, files: &mut Vec<TextFile>) -> Result<()> {
    let full = root.join(folder);
    for entry in fs::read_dir(&full).with_context(|| format!("reading {}", full.display()))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if is_ignored(&path, ignored) {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(root, &path, ignored, files)?;
        } else if kind.is_file() {
            // A file may go away between the listing and the reading; a picture is no text.
            if let Ok(text) = fs::read_to_string(root.join(&path)) {
                files.push(TextFile { path, text });
            }
        }
    }
    Ok(())
}

/// Knows the two forms that our `.gitignore` uses: `/path/from/root` and `name`.
fn is_ignored(path: &Path, ignored: &str) -> bool {
    let name = path.file_name().unwrap_or_default();
    let matches = |line: &str| match line.trim_end_matches('/').strip_prefix('/') {
        Some(from_root) => path == Path::new(from_root),
        None => name == line.trim_end_matches('/'),
    };
    name == ".git" || ignored.lines().map(str::trim).any(matches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignores_what_git_ignores() {
        let ignored = "/target\nnode_modules/\n";
        assert!(is_ignored(Path::new("target"), ignored));
        assert!(is_ignored(Path::new("end2end/node_modules"), ignored));
        assert!(is_ignored(Path::new(".git"), ignored));
        assert!(!is_ignored(Path::new("docs/target"), ignored));
    }
}
