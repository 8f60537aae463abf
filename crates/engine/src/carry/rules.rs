//! What must hold of an entry by itself, wherever it is imported.

use domain::limits::{INLINE_BODY_BYTES_MAX, VERSIONS_MAX};
use domain::prompt::{About, checked_name};
use domain::strict::{self, Mistake};
use domain::{ApiError, PromptContent, VersionId};

use super::format::{OtherName, PromptHead, VersionEntry};
use super::read::below;

/// Longest name that another system has for a prompt or a version, in bytes.
const OTHER_NAME_BYTES_MAX: usize = 256;
/// Largest content of a version, in bytes.
const CONTENT_BYTES_MAX: usize = 2 * INLINE_BODY_BYTES_MAX;
/// The end of the year 9999, in microseconds since 1970, UTC: later times cannot be written.
const TIME_MICROS_MAX: i64 = 253_402_300_799_999_999;

/// What is wrong with JSON that has one in it.
pub const NUL: &str = "contains a NUL character, which models cannot take.";

/// A mistake at a place.
pub fn mistake(path: impl Into<String>, why: impl Into<String>) -> Mistake {
    Mistake { path: path.into(), why: why.into() }
}

/// Whether a number can be a time.
pub fn is_time(micros: i64) -> bool {
    (0..=TIME_MICROS_MAX).contains(&micros)
}

/// A digest of lower-case hex digits.
pub fn digest_of(hex: &str) -> Option<[u8; 32]> {
    let is_lower = hex.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    if is_lower { blake3::Hash::from_hex(hex).ok().map(|hash| *hash.as_bytes()) } else { None }
}

/// What an error says of its field, as the rest of a sentence.
pub fn why(error: &ApiError) -> Mistake {
    let field = error.param.as_deref().unwrap_or_default();
    let message = error.message.trim_end_matches(" Nothing was saved.");
    let said = message.strip_prefix(&format!("`{field}` ")).unwrap_or(message);
    mistake(field, said)
}

/// A version, as far as others must know it.
pub struct Seen {
    /// Its id.
    pub id: VersionId,
    /// Its digest, where that is one.
    pub digest: Option<[u8; 32]>,
    /// The version that it was made from.
    pub parent: Option<u32>,
    /// Another one that it took in.
    pub merged: Option<u32>,
}

/// What is wrong with a version by itself, and its digest.
pub fn check_version(version: &VersionEntry) -> (Vec<Mistake>, Option<[u8; 32]>) {
    let mut wrong = Vec::new();
    let json = version.content.as_str();
    let digest = digest_of(&version.digest);
    if digest != Some(*blake3::hash(json.as_bytes()).as_bytes()) {
        wrong.push(mistake("digest", "does not fit the content; the file was changed by hand."));
    }
    if json.len() > CONTENT_BYTES_MAX {
        wrong.push(mistake("content", format!("is larger than {} MiB.", CONTENT_BYTES_MAX / 1024 / 1024)));
    }
    if strict::refuse_nul(json).is_err() {
        wrong.push(mistake("content", NUL));
    }
    match strict::located::<PromptContent>(json) {
        Err(inner) => wrong.push(mistake(below("content", &inner.path), inner.why)),
        Ok(content) => {
            if let Err(error) = content.check() {
                let inner = why(&error);
                wrong.push(mistake(below("content", &inner.path), inner.why));
            }
        }
    }
    let about = About { note: version.note.clone(), ..About::default() };
    wrong.extend(about.checked().err().as_ref().map(why));
    if !version.author.is_empty()
        && let Err(error) = checked_name(&version.author)
    {
        wrong.push(mistake("author", why(&error).why));
    }
    if !is_time(version.created_at) {
        wrong.push(mistake("created_at", "is no time in microseconds since 1970."));
    }
    (wrong, digest)
}

/// What is wrong with a prompt, its versions being so many, where that is known.
pub fn check_prompt(prompt: &PromptHead, versions: Option<u32>) -> Vec<Mistake> {
    let mut wrong = Vec::new();
    let labels = prompt.labels.keys().map(|label| (label.clone(), None));
    for about in [
        About { name: Some(prompt.name.clone()), ..About::default() },
        About { tags: Some(prompt.tags.clone()), ..About::default() },
        About { description: Some(prompt.description.clone()), ..About::default() },
        About { labels: labels.collect(), ..About::default() },
    ] {
        wrong.extend(about.checked().err().as_ref().map(why));
    }
    for (field, time) in [
        ("created_at", Some(prompt.created_at)),
        ("updated_at", Some(prompt.updated_at)),
        ("archived_at", prompt.archived_at),
    ] {
        if time.is_some_and(|time| !is_time(time)) {
            wrong.push(mistake(field, "is no time in microseconds since 1970."));
        }
    }
    let Some(versions) = versions else { return wrong };
    if !(1..=VERSIONS_MAX).contains(&versions) {
        wrong.push(mistake("versions", format!("has {versions} entries; 1 to {VERSIONS_MAX} are taken.")));
    }
    let labels = prompt.labels.iter().map(|(label, number)| (format!("labels.{label}"), *number));
    let names = prompt.names.iter().enumerate().map(|(at, name)| (format!("names[{at}].number"), name.number));
    for (path, number) in labels.chain(names) {
        if !(1..=versions).contains(&number) {
            wrong.push(mistake(path, format!("is {number}; there are versions 1 to {versions}.")));
        }
    }
    wrong
}

/// Versions are made from earlier ones.
pub fn check_parents(versions: &[Seen]) -> impl Iterator<Item = Mistake> {
    versions.iter().enumerate().flat_map(|(at, version)| {
        let wrong = move |(field, from): (&str, Option<u32>)| {
            let from = from?;
            let is_earlier = from >= 1 && from as usize <= at;
            (!is_earlier)
                .then(|| mistake(format!("versions[{at}].{field}"), format!("is {from}, which is no earlier version.")))
        };
        [("parent", version.parent), ("merged", version.merged)].into_iter().filter_map(wrong)
    })
}

/// What is wrong with the name that another system has for a prompt.
pub fn check_name(name: &OtherName) -> Option<Mistake> {
    [("name", &name.name, 1), ("version", &name.version, 0)].into_iter().find_map(|(field, text, least)| {
        let fits = (least..=OTHER_NAME_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control);
        (!fits).then(|| mistake(field, "is empty, too long, or has a control character in it."))
    })
}

/// The prompt with its words as they are kept: no blanks around them, no tag twice. It was checked before.
///
/// # Errors
/// What [`check_prompt`] would have found.
pub fn tidied(mut prompt: PromptHead) -> Result<PromptHead, ApiError> {
    let about = About { name: Some(prompt.name), tags: Some(prompt.tags), ..About::default() };
    let about = about.checked()?;
    prompt.name = about.name.unwrap_or_default();
    prompt.tags = about.tags.unwrap_or_default();
    Ok(prompt)
}
