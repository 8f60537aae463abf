//! What may lie where: no shell scripts, densely numbered migrations, lock files without hosts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Problem, TextFile};

/// The one shell script: it sets up cargo before there is a cargo xtask.
const SHELL: &str = ".ci/run";

pub fn check(root: &Path, files: &[TextFile]) -> Vec<Problem> {
    let mut problems: Vec<_> = files.iter().filter_map(shell).collect();
    problems.extend(migrations(files));
    problems.extend(files.iter().filter_map(lock_file));
    if !root.join(SHELL).exists() {
        problems.push(Problem::new(SHELL, 1, "this must exist", "write it: it calls `cargo xtask ci`"));
    }
    problems
}

fn shell(file: &TextFile) -> Option<Problem> {
    let first = file.text.lines().next().unwrap_or_default();
    let is_shell = file.has_extension(&["sh", "bash"]) || first.starts_with("#!") && first.ends_with("sh");
    (is_shell && file.path != Path::new(SHELL)).then(|| {
        let mend = "make it a command of xtask";
        Problem::new(&file.path, 1, "no shell scripts beside `cargo xtask`", mend)
    })
}

/// In each folder of `migrations/` the files are `0001_name.sql`, `0002_…`, with no gap and no double.
fn migrations(files: &[TextFile]) -> Vec<Problem> {
    let mut folders: BTreeMap<PathBuf, Vec<&TextFile>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.path.starts_with("migrations") && file.has_extension(&["sql"])) {
        let folder = file.path.parent().map(Path::to_owned).unwrap_or_default();
        folders.entry(folder).or_default().push(file);
    }
    let mut problems = Vec::new();
    for files in folders.values_mut() {
        files.sort_by(|one, other| one.path.cmp(&other.path));
        for (index, file) in files.iter().enumerate() {
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            let number = name.split('_').next().and_then(|number| number.parse::<usize>().ok());
            if number != Some(index + 1) {
                let rule = format!("migrations are numbered densely; number {:04} is expected here", index + 1);
                let mend = format!("rename it to {:04}_….sql, if it has not been released", index + 1);
                problems.push(Problem::new(&file.path, 1, rule, mend));
            }
        }
    }
    problems
}

fn lock_file(file: &TextFile) -> Option<Problem> {
    if file.path.file_name()? != "package-lock.json" {
        return None;
    }
    let (line, _) = file.lines().find(|(_, line)| line.trim_start().starts_with("\"resolved\""))?;
    let mend = "npm install --package-lock-only, with end2end/.npmrc in force";
    Some(Problem::new(&file.path, line, "a lock file names no download host", mend))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile { path: path.into(), text: text.into() }
    }

    #[test]
    fn finds_gaps_and_doubles() {
        let names = ["0001_runs.sql", "0002_prompts.sql", "0002_shares.sql", "0005_audit.sql"];
        let files: Vec<_> = names.iter().map(|name| file(&format!("migrations/sqlite/{name}"), "")).collect();
        assert_eq!(migrations(&files).len(), 2);
        assert!(migrations(&files[..2]).is_empty());
    }

    #[test]
    fn finds_shell_scripts() {
        assert!(shell(&file("run.sh", "")).is_some());
        assert!(shell(&file("tool", "#!/usr/bin/env bash\n")).is_some());
        assert!(shell(&file(SHELL, "#!/usr/bin/env bash\n")).is_none());
        assert!(shell(&file("tool.py", "#!/usr/bin/env python3\n")).is_none());
    }

    #[test]
    fn finds_hosts_in_lock_files() {
        assert!(lock_file(&file("end2end/package-lock.json", "{\n  \"resolved\": \"x\"\n}")).is_some());
        assert!(lock_file(&file("end2end/package-lock.json", "{}")).is_none());
    }
}
