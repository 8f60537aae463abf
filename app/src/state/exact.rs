//! What an opened version says that the playground's fields cannot say: kept beside them, and used as long as a field
//! shows what it showed then. So nothing is lost on the way from a version through the fields to the next one.

use std::collections::BTreeMap;

use domain::chat::ResponseFormat;
use domain::{Content, Part};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::draft::FormatDraft;
use super::settings::Param;

/// The pieces of a version that no field holds to the byte. Most versions have none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exact {
    /// The model by the name that the version has for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Shown>,
    /// Parameters, each as an object of its own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<Param, Shown>,
    /// The tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Shown>,
    /// Whether a tool must be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Shown>,
    /// Whether several tools may be called at a time; the field knows only that they may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// The form of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<ShownFormat>,
    /// Values that are empty, or whose variable is in no text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, String>,
}

/// What a field showed, and the JSON that it stood for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// What the field showed.
    pub text: String,
    /// What it stood for.
    pub json: String,
}

impl Shown {
    /// What it stood for, where the field still shows that.
    #[must_use]
    pub fn behind<T: DeserializeOwned>(&self, text: &str) -> Option<T> {
        (self.text == text).then(|| serde_json::from_str(&self.json).ok()).flatten()
    }
}

/// The form of the answer, as shown and as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShownFormat {
    /// What the fields showed.
    pub shown: FormatDraft,
    /// What they stood for.
    pub format: ResponseFormat,
}

/// How the pieces of a message stood, where its fields say less.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shape {
    /// The pieces in their order; absent, the message is one text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pieces: Option<Vec<Piece>>,
    /// Whether it answers a call whose id is empty.
    pub names_empty_call: bool,
}

/// The kind of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// A text of so many bytes.
    Text(usize),
    /// A picture.
    Image,
    /// What only one wire has a word for.
    Native,
}

impl Shape {
    /// How this content stands.
    #[must_use]
    pub fn of(content: &Content) -> Option<Vec<Piece>> {
        let Content::Parts(parts) = content else { return None };
        let piece = |part: &Part| match part {
            Part::Text { text } => Piece::Text(text.len()),
            Part::Image(_) => Piece::Image,
            Part::Native { .. } => Piece::Native,
        };
        Some(parts.iter().map(piece).collect())
    }
}

/// Text, pictures and natives as the pieces stood. A text that has another length by now stands in the place of the
/// first; what has no place comes last.
#[must_use]
pub fn put_together(
    pieces: &[Piece],
    text: &str,
    images: impl Iterator<Item = Part>,
    natives: impl Iterator<Item = Part>,
) -> Content {
    let lengths = || pieces.iter().filter_map(|piece| if let Piece::Text(bytes) = piece { Some(*bytes) } else { None });
    let ends: Vec<usize> = lengths()
        .scan(0, |at, bytes| {
            Some({
                *at += bytes;
                *at
            })
        })
        .collect();
    let is_as_it_was =
        ends.last().copied().unwrap_or_default() == text.len() && ends.iter().all(|end| text.is_char_boundary(*end));
    let (mut images, mut natives) = (images.fuse(), natives.fuse());
    let (mut parts, mut at, mut told) = (Vec::new(), 0, false);
    for piece in pieces {
        match piece {
            Piece::Text(bytes) if is_as_it_was => {
                parts.push(Part::Text { text: text[at..at + bytes].to_owned() });
                at += bytes;
                told = true;
            }
            Piece::Text(_) if told => {}
            Piece::Text(_) => {
                parts.push(Part::Text { text: text.to_owned() });
                told = true;
            }
            Piece::Image => parts.extend(images.next()),
            Piece::Native => parts.extend(natives.next()),
        }
    }
    parts.extend(natives);
    if !told && !text.is_empty() {
        parts.push(Part::Text { text: text.to_owned() });
    }
    parts.extend(images);
    Content::Parts(parts)
}
