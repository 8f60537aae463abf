//! What stands in a file that is carried from one server to another; `docs/export.schema.json` describes it.
//!
//! A field that may be absent is written when it says something, and in this order: so that the same things give the
//! same bytes.

use std::collections::BTreeMap;

use domain::chat::Verbatim;
use domain::comparison::{Cell, CellStatus};
use domain::event::{FinishReason, Usage};
use domain::{
    ApiError, ClientWire, ComparisonId, ComparisonSpec, EventKind, Output, Params, PromptId, RunId, RunStatus,
    VersionId, Wire,
};
use serde::de::{self, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::tape::Tape;

/// The value of `format`.
pub const FORMAT: &str = "etude";
/// The one version of the format that there is.
pub const VERSION: u32 = 1;
/// The lists of a file, in their order.
pub const LISTS: [&str; 3] = ["prompts", "runs", "comparisons"];

/// A prompt without its versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptHead {
    /// Its id.
    pub id: PromptId,
    /// What it is called.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Free words.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Whether it stands among the favourites.
    #[serde(default)]
    pub favourite: bool,
    /// Labels, with the number of their version.
    #[serde(default)]
    pub labels: BTreeMap<String, u32>,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// Microseconds since 1970, UTC.
    pub updated_at: i64,
    /// When it was put away, in microseconds since 1970, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<i64>,
    /// Ids under which other systems know it.
    #[serde(default)]
    pub names: Vec<OtherName>,
}

/// An id under which another system knows a version of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherName {
    /// The id there, such as `pmpt_…`.
    pub name: String,
    /// What that system calls the version; empty: the one that is meant where none is named.
    #[serde(default)]
    pub version: String,
    /// The number of the version here.
    pub number: u32,
}

/// A version of a prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionEntry {
    /// Its id.
    pub id: VersionId,
    /// Its number, from 1.
    pub version: u32,
    /// blake3 of its content as it stands in the file, in hex digits.
    pub digest: String,
    /// The number of the version that it was made from.
    pub parent: Option<u32>,
    /// The number of another version that it took in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<u32>,
    /// What was changed.
    #[serde(default)]
    pub note: String,
    /// Who saved it.
    #[serde(default)]
    pub author: String,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// Its canonical JSON, to the byte.
    pub content: Verbatim,
}

/// A run. Request, events and wires are what it is; the rest follows from them and stands there to be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunEntry {
    /// Its id.
    pub id: RunId,
    /// How it ended.
    pub status: RunStatus,
    /// The model that was asked for.
    pub model: String,
    /// The model that answered.
    #[serde(default)]
    pub resolved_model: Option<String>,
    /// Who served it.
    #[serde(default)]
    pub provider: Option<String>,
    /// At which address.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// The wire that a client asked over; absent where it was Etude's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<ClientWire>,
    /// Exactly what was asked for.
    pub request: Verbatim,
    /// The parameters in force.
    #[serde(default)]
    pub params: Params,
    /// What came back.
    pub output: Output,
    /// Why it ended.
    #[serde(default)]
    pub finish_reason: Option<FinishReason>,
    /// Tokens.
    #[serde(default)]
    pub usage: Usage,
    /// Micro-dollars, where the price was known.
    #[serde(default)]
    pub cost_micros: Option<i64>,
    /// From creation to the model's start, in milliseconds.
    #[serde(default)]
    pub queue_ms: Option<u64>,
    /// From creation to the first delta, in milliseconds.
    #[serde(default)]
    pub ttft_ms: Option<u64>,
    /// From creation to the end, in milliseconds.
    #[serde(default)]
    pub total_ms: Option<u64>,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<ApiError>,
    /// The run that it continues or retries.
    #[serde(default)]
    pub parent: Option<RunId>,
    /// The prompt that it is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<PromptId>,
    /// The number of the prompt's version that it is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The comparison or grid that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<ComparisonId>,
    /// The client's name for the submission.
    #[serde(default)]
    pub request_id: Option<String>,
    /// The digest under which the submission is known, in hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_digest: Option<String>,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// Its log.
    pub events: Events,
    /// What was sent for it and the heads of the answers, in the parts that happened one after another.
    #[serde(default)]
    pub wires: Vec<Wire>,
}

/// A comparison or grid without its cells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonHead {
    /// Its id.
    pub id: ComparisonId,
    /// What it is called; empty, it has no name of its own.
    #[serde(default)]
    pub name: String,
    /// Grows with every change of what is compared.
    pub revision: i64,
    /// How often cells were put into the backlog: it names the submissions of their runs.
    #[serde(default)]
    pub round: i64,
    /// What is compared.
    pub spec: ComparisonSpec,
    /// What its runs have cost, in micro-dollars.
    #[serde(default)]
    pub cost_micros: i64,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// Microseconds since 1970, UTC.
    pub updated_at: i64,
}

/// A cell of a comparison whose run has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellEntry {
    /// The row, from 0.
    pub row: u32,
    /// The column's id.
    pub column: u32,
    /// Which repetition, from 0.
    pub repetition: u32,
    /// How it stands: `done`, `failed` or `stopped`.
    pub status: CellStatus,
    /// Its latest run.
    #[serde(default)]
    pub run: Option<RunId>,
    /// The beginning of the answer.
    #[serde(default)]
    pub text: String,
    /// The digest of the whole answer.
    #[serde(default)]
    pub answer: Option<String>,
    /// Tokens.
    #[serde(default)]
    pub usage: Usage,
    /// From creation to the first delta, in milliseconds.
    #[serde(default)]
    pub ttft_ms: Option<u64>,
    /// From creation to the end, in milliseconds.
    #[serde(default)]
    pub total_ms: Option<u64>,
    /// Micro-dollars.
    #[serde(default)]
    pub cost_micros: Option<i64>,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<ApiError>,
    /// Whether its column or its row's inputs were changed after it was run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outdated: bool,
}

impl From<Cell> for CellEntry {
    fn from(cell: Cell) -> Self {
        Self {
            row: cell.row,
            column: cell.column,
            repetition: cell.repetition,
            status: cell.status,
            run: cell.run,
            text: cell.text,
            answer: cell.answer,
            usage: cell.usage,
            ttft_ms: cell.ttft_ms,
            total_ms: cell.total_ms,
            cost_micros: cell.cost_micros,
            error: cell.error,
            outdated: cell.outdated,
        }
    }
}

impl From<CellEntry> for Cell {
    fn from(cell: CellEntry) -> Self {
        Self {
            row: cell.row,
            column: cell.column,
            repetition: cell.repetition,
            status: cell.status,
            run: cell.run,
            text: cell.text,
            answer: cell.answer,
            usage: cell.usage,
            ttft_ms: cell.ttft_ms,
            total_ms: cell.total_ms,
            cost_micros: cell.cost_micros,
            error: cell.error,
            outdated: cell.outdated,
        }
    }
}

/// A run's log, an object for each event: its number, its kind, its data to the byte.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Events(pub Tape);

#[derive(Serialize)]
struct EventOut<'a> {
    seq: u64,
    event: EventKind,
    data: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventIn {
    seq: u64,
    event: EventKind,
    data: Box<RawValue>,
}

impl Serialize for Events {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(usize::try_from(self.0.len()).ok())?;
        for entry in self.0.read(0, usize::MAX) {
            let data = serde_json::from_str(entry.text()).map_err(serde::ser::Error::custom)?;
            list.serialize_element(&EventOut { seq: entry.seq, event: entry.kind, data })?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for Events {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Events;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of events")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Events, A::Error> {
                let mut tape = Tape::default();
                while let Some(EventIn { seq, event, data }) = list.next_element()? {
                    if seq != tape.len() {
                        let expected = tape.len();
                        return Err(de::Error::custom(format!("`seq` is {seq}, where {expected} was expected")));
                    }
                    // A tape has a line for each: outside of texts, where a line break cannot stand, it is a blank.
                    if data.get().contains(['\n', '\r']) {
                        tape.push(event, &data.get().replace(['\n', '\r'], " "));
                    } else {
                        tape.push(event, data.get());
                    }
                }
                Ok(Events(tape))
            }
        }
        deserializer.deserialize_seq(List)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b6_events_are_kept_to_the_byte() {
        let json = r#"[{"seq":0,"event":"delta","data":{"at_ms":1,"index":0,"text":"a","extra":1.0e1}},{"seq":1,"event":"run.finished","data":{ }}]"#;
        let events: Events = serde_json::from_str(json).expect("reads");
        assert_eq!(events.0.len(), 2);
        assert_eq!(serde_json::to_string(&events).expect("writes"), json);
        let gap = json.replace("\"seq\":1", "\"seq\":2");
        assert!(serde_json::from_str::<Events>(&gap).expect_err("a gap").to_string().contains("`seq` is 2"));
        let broken = json.replace("{ }", "{\n }");
        let events: Events = serde_json::from_str(&broken).expect("reads");
        assert_eq!(events.0.read(1, 1)[0].text(), "{  }");
    }
}
