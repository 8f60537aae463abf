//! Reads a file entry by entry: what is wrong in one does not hide what is wrong in the next.

use std::fmt;
use std::fs::File;

use domain::strict::{self, Mistake};
use domain::{ApiError, Code};
use serde::Deserializer as _;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::format::{CellEntry, ComparisonHead, FORMAT, LISTS, PromptHead, RunEntry, VERSION, VersionEntry};
use super::scan::{DEPTH_MAX, ENTRY_BYTES_MAX, Scan, Trouble};
use crate::error::Error;

/// Something that stands in a file. What is in another comes before it: a prompt's versions before the prompt.
pub enum Item {
    /// `prompts[0].versions[1]`.
    Version(usize, usize, Box<VersionEntry>),
    /// `prompts[0]`, and whether all of its versions could be read.
    Prompt(usize, Box<PromptHead>, bool),
    /// `runs[0]`.
    Run(usize, Box<RunEntry>),
    /// `comparisons[0].cells[1]`.
    Cell(usize, usize, Box<CellEntry>),
    /// `comparisons[0]`, and whether all of its cells could be read.
    Comparison(usize, Box<ComparisonHead>, bool),
    /// An entry that cannot be read, or a field of the whole file that nobody knows.
    Refused(Option<Entry>, Mistake),
}

/// An entry of the whole file: what is wrong within it is wrong with all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// `prompts[0]`, with its versions.
    Prompt(usize),
    /// `runs[0]`.
    Run(usize),
    /// `comparisons[0]`, with its cells.
    Comparison(usize),
}

impl Entry {
    /// Where it stands in the file.
    pub fn path(self) -> String {
        match self {
            Self::Prompt(place) => format!("prompts[{place}]"),
            Self::Run(place) => format!("runs[{place}]"),
            Self::Comparison(place) => format!("comparisons[{place}]"),
        }
    }
}

impl Item {
    /// The entry that it is, or is within; none of what stands in none.
    pub fn entry(&self) -> Option<Entry> {
        match self {
            Self::Version(place, ..) | Self::Prompt(place, ..) => Some(Entry::Prompt(*place)),
            Self::Run(place, _) => Some(Entry::Run(*place)),
            Self::Cell(place, ..) | Self::Comparison(place, ..) => Some(Entry::Comparison(*place)),
            Self::Refused(entry, _) => *entry,
        }
    }
}

/// Reads a whole file and hands out what stands in it.
///
/// # Errors
/// Where the file cannot be read to its end: it is no JSON, of another kind or version, cut, too deep. What `take` gives.
pub fn read(file: File, take: &mut dyn FnMut(Item) -> Result<(), Error>) -> Result<(), Error> {
    let mut scan = Scan::new(file);
    let mut out = Out { take, failed: None };
    let mut reader = serde_json::Deserializer::from_reader(&mut scan);
    let result = reader.deserialize_map(Whole(&mut out)).and_then(|()| reader.end());
    match (result, out.failed) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some(error)) => Err(error),
        (Err(error), None) => Err(explain(&scan, &error)),
    }
}

/// Says why a file ends in the middle, or is none.
fn explain(scan: &Scan<File>, error: &serde_json::Error) -> Error {
    let (byte, path) = (scan.byte(), scan.path());
    let inside = if path.is_empty() { String::new() } else { format!(", inside `{path}`") };
    let refuse =
        |message: String| ApiError { param: Some(path.clone()), ..ApiError::new(Code::InvalidRequest, message) };
    match scan.trouble() {
        Some(Trouble::Disk) => {
            return Error::disk("a file to be imported cannot be read")(std::io::Error::other("the disk failed"));
        }
        Some(Trouble::TooDeep) => {
            let message =
                format!("The file is nested deeper than {DEPTH_MAX} at byte {byte}{inside}. Nothing was imported.");
            return refuse(message).hint("Etude writes no such files; look at what made it.").into();
        }
        Some(Trouble::TooLarge) => {
            let megabytes = ENTRY_BYTES_MAX / 1024 / 1024;
            let message =
                format!("An entry of the file is larger than {megabytes} MiB: `{path}`. Nothing was imported.");
            return refuse(message).into();
        }
        None => {}
    }
    let text = error.to_string();
    let why = text.split(" at line ").next().unwrap_or(&text);
    if byte == 0 {
        return refuse("The file is empty. Nothing was imported.".into()).into();
    }
    if error.is_eof() {
        return refuse(format!("The file ends at byte {byte}{inside}: it was cut. Nothing was imported."))
            .hint("Copy it again, or export it again.")
            .into();
    }
    let message = format!("The file cannot be read at byte {byte}{inside}: {why}. Nothing was imported.");
    refuse(message).hint("Import a file that Etude has exported.").into()
}

/// Where items go, and why there are no more.
struct Out<'a> {
    take: &'a mut dyn FnMut(Item) -> Result<(), Error>,
    failed: Option<Error>,
}

impl Out<'_> {
    fn send<E: de::Error>(&mut self, item: Item) -> Result<(), E> {
        (self.take)(item).map_err(|error| self.stop(error))
    }

    fn refuse<E: de::Error>(&mut self, of: Option<Entry>, path: String, why: impl Into<String>) -> Result<(), E> {
        self.send(Item::Refused(of, Mistake { path, why: why.into() }))
    }

    fn stop<E: de::Error>(&mut self, error: impl Into<Error>) -> E {
        self.failed = Some(error.into());
        E::custom("stopped")
    }

    /// Reads an entry and sends it, or what is wrong with it; says whether it could be read.
    fn entry<T: DeserializeOwned, E: de::Error>(
        &mut self,
        of: Entry,
        path: String,
        json: &str,
        item: impl FnOnce(Box<T>) -> Item,
    ) -> Result<bool, E> {
        match strict::located(json) {
            Ok(entry) => self.send(item(Box::new(entry))).map(|()| true),
            Err(mistake) => self.refuse(Some(of), below(&path, &mistake.path), mistake.why).map(|()| false),
        }
    }
}

/// A place within a place.
pub fn below(path: &str, inner: &str) -> String {
    match inner.chars().next() {
        None => path.to_owned(),
        Some('[') => format!("{path}{inner}"),
        Some(_) if path.is_empty() => inner.to_owned(),
        Some(_) => format!("{path}.{inner}"),
    }
}

/// The whole file.
struct Whole<'a, 'b>(&'a mut Out<'b>);

impl<'de> Visitor<'de> for Whole<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let out = self.0;
        let mut seen: Vec<String> = Vec::new();
        let mut unknown: Vec<String> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            let name: String = key.chars().take(64).filter(|letter| !letter.is_control()).collect();
            if seen.contains(&key) {
                return Err(out.stop(twice(&name)));
            }
            match key.as_str() {
                "format" => {
                    let value = map.next_value::<Box<RawValue>>()?;
                    if value.get() != format!("\"{FORMAT}\"") {
                        return Err(out.stop(foreign()));
                    }
                }
                "version" => {
                    let value = map.next_value::<Box<RawValue>>()?;
                    if value.get() != VERSION.to_string() {
                        return Err(out.stop(other_version(value.get())));
                    }
                }
                list if LISTS.contains(&list) => map.next_value_seed(List { out: &mut *out, name: &key })?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    unknown.push(name);
                    continue;
                }
            }
            seen.push(key);
        }
        if !seen.iter().any(|key| key == "format") || !seen.iter().any(|key| key == "version") {
            return Err(out.stop(foreign()));
        }
        // Of what is no export at all, nobody wants to hear each field.
        unknown.into_iter().try_for_each(|name| out.refuse(None, name, "is not known."))
    }
}

fn twice(name: &str) -> ApiError {
    ApiError::new(Code::InvalidRequest, format!("The file has `{name}` twice. Nothing was imported.")).param(name)
}

/// What [`foreign`] is about: nothing else is said of that field.
pub const FOREIGN: &str = "format";

fn foreign() -> ApiError {
    let message =
        format!("The file is no export of Etude: `\"format\": \"{FORMAT}\"` is missing. Nothing was imported.");
    ApiError::new(Code::InvalidRequest, message).hint("Import a file that Etude has exported.").param(FOREIGN)
}

fn other_version(given: &str) -> ApiError {
    let given: String = given.chars().take(16).collect();
    let message = format!(
        "The file is of version {given} of the format; this server reads version {VERSION}. Nothing was imported."
    );
    ApiError::new(Code::InvalidRequest, message)
        .hint("Import it into the version of Etude that wrote it, or a newer one.")
        .param("version")
}

/// One of the lists, by its name.
struct List<'a, 'b> {
    out: &'a mut Out<'b>,
    name: &'a str,
}

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { out, name } = self;
        for index in 0.. {
            let more = match name {
                "prompts" => list.next_element_seed(Nested { out: &mut *out, index, kind: PROMPT })?,
                "comparisons" => list.next_element_seed(Nested { out: &mut *out, index, kind: COMPARISON })?,
                _ => match list.next_element::<Box<RawValue>>()? {
                    Some(raw) => {
                        out.entry(Entry::Run(index), format!("runs[{index}]"), raw.get(), |run| Item::Run(index, run))?;
                        Some(())
                    }
                    None => None,
                },
            };
            if more.is_none() {
                break;
            }
        }
        Ok(())
    }
}

/// A kind of entry that has a list of entries in it.
#[derive(Clone, Copy)]
struct Kind {
    list: &'static str,
    inner: &'static str,
    entry: fn(usize) -> Entry,
}

const PROMPT: Kind = Kind { list: "prompts", inner: "versions", entry: Entry::Prompt };
const COMPARISON: Kind = Kind { list: "comparisons", inner: "cells", entry: Entry::Comparison };

/// An entry with a list in it, whose entries are sent one by one.
struct Nested<'a, 'b> {
    out: &'a mut Out<'b>,
    index: usize,
    kind: Kind,
}

impl<'de> DeserializeSeed<'de> for Nested<'_, '_> {
    type Value = ();

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Nested<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { out, index, kind } = self;
        let path = format!("{}[{index}]", kind.list);
        let mut head = String::from("{");
        let mut whole = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == kind.inner {
                if whole.is_some() {
                    return Err(out.stop(twice(&below(&path, kind.inner))));
                }
                whole = Some(map.next_value_seed(Inner { out: &mut *out, index, kind })?);
                continue;
            }
            let value = map.next_value::<Box<RawValue>>()?;
            if head.len() > 1 {
                head.push(',');
            }
            head.push_str(&serde_json::to_string(&key).map_err(de::Error::custom)?);
            head.push(':');
            head.push_str(value.get());
        }
        head.push('}');
        let of = (kind.entry)(index);
        let Some(whole) = whole else { return out.refuse(Some(of), path, format!("has no `{}`.", kind.inner)) };
        if kind.list == PROMPT.list {
            out.entry(of, path, &head, |prompt| Item::Prompt(index, prompt, whole))?;
        } else {
            out.entry(of, path, &head, |comparison| Item::Comparison(index, comparison, whole))?;
        }
        Ok(())
    }
}

/// The list in such an entry; says whether all of it could be read.
struct Inner<'a, 'b> {
    out: &'a mut Out<'b>,
    index: usize,
    kind: Kind,
}

impl<'de> DeserializeSeed<'de> for Inner<'_, '_> {
    type Value = bool;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Inner<'_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        let Self { out, index, kind } = self;
        let mut whole = true;
        for place in 0.. {
            let Some(raw) = list.next_element::<Box<RawValue>>()? else { break };
            let path = format!("{}[{index}].{}[{place}]", kind.list, kind.inner);
            let of = (kind.entry)(index);
            if kind.list == PROMPT.list {
                whole &= out.entry(of, path, raw.get(), |version| Item::Version(index, place, version))?;
            } else {
                whole &= out.entry(of, path, raw.get(), |cell| Item::Cell(index, place, cell))?;
            }
        }
        Ok(whole)
    }
}
