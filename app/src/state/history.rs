//! The versions of a prompt as a list: what is searched for, what is picked, what is open.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{PromptId, VersionInfo};

use super::figures::dollars;

/// Digits of a digest in a row.
const DIGEST_CHARS: usize = 4;

/// What stands beside a version's note: what it was made of, where that is not the one before it.
#[must_use]
pub fn origin(version: &VersionInfo, first_with: &BTreeMap<String, u32>) -> Option<String> {
    if let (Some(parent), Some(merged)) = (version.parent, version.merged) {
        return Some(format!("merge of v{parent} and v{merged}"));
    }
    if let Some(first) = first_with.get(&version.digest).filter(|first| **first < version.version) {
        return Some(format!("same content as v{first}"));
    }
    let parent = version.parent.filter(|parent| *parent + 1 != version.version)?;
    Some(format!("from v{parent}, saved beside v{}", version.version - 1))
}

/// The first version with each digest.
#[must_use]
pub fn first_with(versions: &[VersionInfo]) -> BTreeMap<String, u32> {
    // The newest come first: the last that is put in stays.
    versions.iter().map(|version| (version.digest.clone(), version.version)).collect()
}

/// A digest in a row.
#[must_use]
pub fn digest_in_row(digest: &str) -> &str {
    digest.get(..DIGEST_CHARS).unwrap_or(digest)
}

/// What the runs of a version cost, in a row: to the cent.
#[must_use]
pub fn cost_in_row(version: &VersionInfo) -> String {
    match (version.runs, version.cost_micros) {
        (0, _) => "–".into(),
        (_, 0) => "free".into(),
        (_, micros) if micros < 10_000 => dollars(micros),
        (_, micros) => format!("${:.2}", micros as f64 / 1e6),
    }
}

/// Whether a version is looked for by these words: of its note, its author, its model, its labels, its number, its digest.
#[must_use]
pub fn fits(version: &VersionInfo, labels: &[String], words: &str) -> bool {
    let own = [&version.note, &version.author, &version.model].map(|text| text.to_lowercase());
    let number = format!("v{}", version.version);
    words.to_lowercase().split_whitespace().all(|word| {
        let digest = word.trim_start_matches("b3:");
        own.iter().any(|text| text.contains(word))
            || number == word
            || number[1..] == *word
            || (digest.len() >= DIGEST_CHARS && version.digest.starts_with(digest))
            || labels.iter().any(|label| label.to_lowercase().contains(word))
    })
}

/// The versions that are picked, once another is picked or let go: two at the most, the later ones.
#[must_use]
pub fn pick(mut picked: Vec<u32>, version: u32) -> Vec<u32> {
    if picked.contains(&version) {
        picked.retain(|other| *other != version);
        return picked;
    }
    picked.push(version);
    let extra = picked.len().saturating_sub(2);
    picked.drain(..extra);
    picked
}

/// The address of the comparison of two versions, the older on the left.
#[must_use]
pub fn diff_address(prompt: PromptId, one: u32, other: u32) -> String {
    format!("/p/{prompt}/diff/{}..{}", one.min(other), one.max(other))
}

/// What a version came of and what came of it: above, below.
#[must_use]
pub fn family(versions: &Arc<Vec<VersionInfo>>, of: &VersionInfo) -> (Vec<u32>, Vec<u32>) {
    let above = of.parent.into_iter().chain(of.merged).collect();
    let came_of = |version: &&VersionInfo| version.parent == Some(of.version) || version.merged == Some(of.version);
    let mut below: Vec<u32> = versions.iter().filter(came_of).map(|version| version.version).collect();
    below.sort_unstable();
    (above, below)
}

#[cfg(test)]
mod tests {
    use domain::VersionId;

    use super::*;

    fn version(number: u32, parent: Option<u32>, digest: &str) -> VersionInfo {
        VersionInfo {
            id: VersionId::from_bytes([0; 16]),
            version: number,
            digest: digest.into(),
            parent,
            merged: None,
            note: "Quote the words relied on".into(),
            author: "Mara".into(),
            labels: Vec::new(),
            model: "tiny".into(),
            runs: 12,
            cost_micros: 100_000,
            created_at: 0,
        }
    }

    #[test]
    fn a4_a_row_says_what_is_not_plain() {
        let mut all = vec![version(4, Some(3), "bbbb"), version(3, Some(1), "bbbb"), version(2, Some(1), "aaaa")];
        let first = first_with(&all);
        assert_eq!(origin(&all[0], &first).as_deref(), Some("same content as v3"));
        assert_eq!(origin(&all[1], &first).as_deref(), Some("from v1, saved beside v2"));
        assert_eq!(origin(&all[2], &first), None);
        all[0].merged = Some(2);
        assert_eq!(origin(&all[0], &first).as_deref(), Some("merge of v3 and v2"));
        assert_eq!(family(&Arc::new(all.clone()), &all[2]), (vec![1], vec![4]));
    }

    #[test]
    fn a4_versions_are_found_by_note_number_digest_and_label() {
        let one = version(12, None, "4be291d0");
        let labels = ["production".to_owned()];
        for words in ["quote", "WORDS mara", "v12", "12", "4be2", "b3:4be29", "prod", ""] {
            assert!(fits(&one, &labels, words), "{words}");
        }
        for words in ["v1", "4b", "91d0", "quote lakes"] {
            assert!(!fits(&one, &labels, words), "{words}");
        }
    }

    #[test]
    fn a4_two_versions_are_picked_at_the_most() {
        assert_eq!(pick(vec![1, 2], 3), [2, 3]);
        assert_eq!(pick(vec![1, 2], 1), [2]);
        assert_eq!(pick(Vec::new(), 1), [1]);
    }

    #[test]
    fn costs_are_told_to_the_cent() {
        let cost = |runs, cost_micros| cost_in_row(&VersionInfo { runs, cost_micros, ..version(1, None, "") });
        assert_eq!([cost(0, 0), cost(3, 0), cost(3, 9_750_000), cost(1, 700)], ["–", "free", "$9.75", "$0.0007"]);
    }
}
