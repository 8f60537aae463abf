//! The documents exist, and ARCHITECTURE.md names what is there.

use std::path::Path;

use super::{Problem, TextFile};

const ARCHITECTURE: &str = "docs/ARCHITECTURE.md";
const REQUIRED: &[(&str, &str)] = &[
    ("README.md", "what this is, and the two commands to try it"),
    (ARCHITECTURE, "a bird's-eye view, the code map, invariants, walkthroughs"),
    ("docs/GLOSSARY.md", "one word, one meaning"),
    ("docs/decisions", "NNNN-title.md: context, decision, price"),
];
/// Endings by which a word in backticks is taken for a file of ours.
const SOURCES: &[&str] = &["rs", "css", "ts", "sql", "toml", "md"];

pub fn check(root: &Path, files: &[TextFile]) -> Vec<Problem> {
    let missing = REQUIRED.iter().filter(|(path, _)| !root.join(path).exists());
    let mut problems: Vec<_> = missing
        .map(|(path, content)| Problem::new(path, 1, "this must exist", format!("write it: {content}")))
        .collect();
    let architecture = files.iter().find(|file| file.path == Path::new(ARCHITECTURE));
    for (line, text) in architecture.iter().flat_map(|file| file.lines()) {
        for path in paths_in(text, root) {
            if !root.join(path).exists() {
                let rule = format!("`{path}` is not there");
                let mend = "name the file that is, by its path from the root of the clone";
                problems.push(Problem::new(ARCHITECTURE, line, rule, mend));
            }
        }
    }
    problems
}

/// The words in backticks that name a file or folder of the clone.
fn paths_in<'a>(line: &'a str, root: &Path) -> Vec<&'a str> {
    let spans = line.split('`').skip(1).step_by(2);
    let spans = spans.map(|span| span.split("::").next().unwrap_or(span));
    spans.filter(|span| is_path(span, root)).collect()
}

fn is_path(span: &str, root: &Path) -> bool {
    let plain = span.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter));
    let Some((first, _)) = span.split_once('/') else { return false };
    let ending = Path::new(span).extension().and_then(|ending| ending.to_str());
    let is_source = ending.is_some_and(|ending| SOURCES.contains(&ending));
    plain && !first.is_empty() && (is_source || root.join(first).is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_paths_among_other_words() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("crates")).unwrap();
        let line = "`admit()` in `crates/engine/src/runs.rs::start`, `crates/gone/`, `/v1/runs`, `a/b`, `style/*.css`";
        assert_eq!(paths_in(line, folder.path()), ["crates/engine/src/runs.rs", "crates/gone/"]);
    }

    #[test]
    fn asks_for_the_documents() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(check(folder.path(), &[]).len(), REQUIRED.len());
    }
}
