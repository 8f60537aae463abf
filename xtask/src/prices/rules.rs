//! Which names a model's price is for: the package's rules, said as patterns that the engine evaluates by hand.

use serde::Deserialize;

/// The package's rule for the names of a model.
#[derive(Deserialize)]
#[serde(tag = "kind")]
#[expect(clippy::enum_variant_names, reason = "the package's own names")]
pub enum Clause {
    ClauseEquals { equals: String },
    ClauseStartsWith { starts_with: String },
    ClauseEndsWith { ends_with: String },
    ClauseContains { contains: String },
    ClauseRegex { regex: String },
    ClauseOr { or_: Vec<Clause> },
    ClauseAnd { and_: Vec<Clause> },
}

/// The rule as patterns: `*` is any text, `#` a digit; `!` before one keeps out what it fits. `None` where that
/// cannot say it.
pub fn patterns(clause: &Clause) -> Option<Vec<String>> {
    let one = |before: &str, text: &str, after: &str| Some(vec![format!("{before}{}{after}", text.to_lowercase())]);
    match clause {
        Clause::ClauseEquals { equals } => one("", equals, ""),
        Clause::ClauseStartsWith { starts_with } => one("", starts_with, "*"),
        Clause::ClauseEndsWith { ends_with } => one("*", ends_with, ""),
        Clause::ClauseContains { contains } => one("*", contains, "*"),
        Clause::ClauseRegex { regex } => regex_patterns(regex),
        Clause::ClauseOr { or_ } => {
            let mut all: Vec<String> = Vec::new();
            for pattern in or_.iter().map(patterns).collect::<Option<Vec<_>>>()?.into_iter().flatten() {
                if !all.contains(&pattern) {
                    all.push(pattern);
                }
            }
            Some(all)
        }
        // Only "this, but not that" occurs.
        Clause::ClauseAnd { and_ } => {
            let all = and_.iter().map(patterns).collect::<Option<Vec<_>>>()?;
            let positive = all.iter().filter(|patterns| patterns.iter().any(|pattern| !pattern.starts_with('!')));
            (positive.count() == 1).then(|| all.concat())
        }
    }
}

/// The few regular expressions that the source has: a literal with digits in it, and "no speech model".
fn regex_patterns(regex: &str) -> Option<Vec<String>> {
    if regex == "^(?!.*-[tT][tT][sS](?:$|-))" {
        return Some(vec!["!*-tts".into(), "!*-tts-*".into()]);
    }
    if let Some((before, after)) = regex.split_once("[-@]") {
        let either = ["-", "@"].map(|sign| regex_patterns(&format!("{before}{sign}{after}")));
        return either.into_iter().collect::<Option<Vec<_>>>().map(|patterns| patterns.concat());
    }
    let digits = [(r"\d{8}", "########"), (r"\d{4}", "####"), (r"\d{2}", "##"), (r"\d", "#"), (r"\.", ".")];
    let mut pattern = regex.strip_prefix('^')?.to_lowercase();
    for (from, to) in digits {
        pattern = pattern.replace(from, to);
    }
    let pattern = pattern.strip_suffix('$').map_or_else(|| format!("{pattern}*"), str::to_owned);
    let rest = pattern.strip_suffix('*').unwrap_or(&pattern);
    let is_plain = rest.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._/#@:".contains(letter));
    is_plain.then(|| vec![pattern])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(clause: serde_json::Value) -> Option<Vec<String>> {
        patterns(&serde_json::from_value(clause).unwrap())
    }

    #[test]
    fn turns_rules_into_patterns() {
        let regex = |regex: &str| of(serde_json::json!({ "kind": "ClauseRegex", "regex": regex }));
        assert_eq!(regex(r"^opus-5[-@]\d{8}$").unwrap(), ["opus-5-########", "opus-5@########"]);
        assert_eq!(regex(r"^gemini-3\.5-flash-\d").unwrap(), ["gemini-3.5-flash-#*"]);
        assert_eq!(regex(r"^a(b|c)$"), None);
        let start = serde_json::json!({ "kind": "ClauseStartsWith", "starts_with": "GLM-" });
        assert_eq!(of(start.clone()).unwrap(), ["glm-*"]);
        let speech = serde_json::json!({ "kind": "ClauseRegex", "regex": "^(?!.*-[tT][tT][sS](?:$|-))" });
        let and = serde_json::json!({ "kind": "ClauseAnd", "and_": [start.clone(), speech] });
        assert_eq!(of(and).unwrap(), ["glm-*", "!*-tts", "!*-tts-*"]);
        assert_eq!(of(serde_json::json!({ "kind": "ClauseAnd", "and_": [start.clone(), start] })), None);
    }
}
