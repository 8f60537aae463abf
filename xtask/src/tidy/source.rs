//! Rules about the text of single files.

use super::{Problem, TextFile};

/// Lines a file may have before it must be split, and before it is remarked on.
const LINES_MAX: usize = 600;
const LINES_GOOD: usize = 400;

/// Folders of a developer's machine. Spelt in two halves, so that this file passes its own rule.
const MACHINE: &[&str] = &[concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/wo", "rk/")];
const UNFINISHED: &[&str] = &[concat!("todo", "!("), concat!("unimplemented", "!("), concat!("dbg", "!(")];

pub fn check(file: &TextFile) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut found = |line, rule: String, mend: &str| problems.push(Problem::new(&file.path, line, rule, mend));

    let lines = file.text.lines().count();
    if is_code(file) && lines > LINES_MAX {
        let mend = "split it by the things a person would name";
        found(1, format!("{lines} lines; a file has at most {LINES_MAX}"), mend);
    }
    for (number, line) in file.lines() {
        if let Some(path) = MACHINE.iter().find(|path| names_folder(line, path)) {
            let mend = "write it from the root of the clone, or take it from the environment";
            found(number, format!("`{path}` is a folder of one machine"), mend);
        }
        if file.has_extension(&["rs"]) {
            let code = line.split("//").next().unwrap_or(line);
            if let Some(word) = UNFINISHED.iter().find(|word| contains_word(code, word)) {
                found(number, format!("`{word}…)` is unfinished work"), "finish it, or return an error that says so");
            }
            if file.path.starts_with("app/src") && has_style_attribute(code) {
                let mend = "use a class or a data attribute, and style it in a .css file";
                found(number, "the content security policy blocks inline styles".into(), mend);
            }
        }
    }
    if file.has_extension(&["rs"]) {
        for line in exceptions_without_reason(&file.text) {
            let mend = "add `reason = \"…\"` to the attribute";
            found(line, "a lint exception carries its reason".into(), mend);
        }
    }
    problems
}

/// A remark about a file that is longer than is good; no failure.
pub fn long(file: &TextFile) -> Option<String> {
    let lines = file.text.lines().count();
    let is_long = is_code(file) && (LINES_GOOD + 1..=LINES_MAX).contains(&lines);
    is_long.then(|| format!("{}: {lines} lines, think of splitting it", file.path.display()))
}

fn is_code(file: &TextFile) -> bool {
    file.has_extension(&["rs", "css", "ts"])
}

/// Whether the line names this folder as an absolute path: `a/work/b` and `https://x/home/` do not.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || "._-~/}*".contains(before))
    })
}

fn contains_word(code: &str, word: &str) -> bool {
    let starts_there = |at: usize| !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
    code.match_indices(word).any(|(at, _)| starts_there(at))
}

/// `style="…"`, `style=move || …` and leptos's `style:color=…` in a view.
fn has_style_attribute(code: &str) -> bool {
    code.match_indices("style").any(|(at, word)| {
        let after = &code[at + word.len()..];
        let standing_alone = at == 0 || code[..at].ends_with([' ', '\t', '<']);
        let property = after.strip_prefix(':').and_then(|rest| rest.split_once('='));
        let named = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        standing_alone
            && (after.starts_with('=') && !after.starts_with("==") || property.is_some_and(|(name, _)| named(name)))
    })
}

/// The lines of `#[allow(…)]` and `#[expect(…)]` attributes that give no reason.
fn exceptions_without_reason(text: &str) -> Vec<usize> {
    let starts = ["#[allow(", "#![allow(", "#[expect(", "#![expect("];
    let mut lines = Vec::new();
    let mut offset = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if starts.iter().any(|start| line.trim_start().starts_with(start)) {
            let attribute = &text[offset..];
            let attribute = attribute.split(")]").next().unwrap_or(attribute);
            if !attribute.contains("reason") {
                lines.push(index + 1);
            }
        }
        offset += line.len();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<(usize, String)> {
        let file = TextFile { path: path.into(), text: text.into() };
        check(&file).into_iter().map(|problem| (problem.line, problem.rule)).collect()
    }

    #[test]
    fn finds_a_machines_folders() {
        let home = concat!("/ho", "me/");
        assert_eq!(rules("a.md", &format!("see\n{home}ann/x")).len(), 1);
        assert!(rules("a.md", &format!("https://example.org{home}x, docs{home}x")).is_empty());
    }

    #[test]
    fn finds_unfinished_work() {
        let unfinished = UNFINISHED[0];
        assert_eq!(rules("a.rs", &format!("fn a() {{ {unfinished}) }}"))[0].0, 1);
        assert!(rules("a.rs", &format!("// {unfinished}) is not allowed")).is_empty());
        assert!(rules("a.rs", &format!("my_{unfinished})")).is_empty());
    }

    #[test]
    fn finds_exceptions_without_reason() {
        let text = "#[allow(dead_code)]\nfn a() {}\n#[expect(\n    unused,\n    reason = \"shown\"\n)]\nfn b() {}\n";
        assert_eq!(exceptions_without_reason(text), [1]);
    }

    #[test]
    fn finds_inline_styles_in_the_page() {
        let flagged = ["view! { <p style=\"x\"/> }", "<p style:color=red/>", "style=move || x"];
        let fine =
            ["<style>", "let style = 1;", "data-style=\"x\"", "use style::x;", "if style == 1", "style: String,"];
        for code in flagged {
            assert!(has_style_attribute(code), "{code}");
        }
        for code in fine {
            assert!(!has_style_attribute(code), "{code}");
        }
        assert!(rules("server/src/a.rs", flagged[0]).is_empty());
    }

    #[test]
    fn finds_long_files() {
        assert_eq!(rules("a.css", &"a\n".repeat(601)).len(), 1);
        assert!(rules("a.json", &"a\n".repeat(601)).is_empty());
    }
}
