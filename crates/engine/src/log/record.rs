//! Records of the run log on disk.
//!
//! A record is `length: u32`, `crc32: u32` (of the payload), `payload`; the payload is the run's id in
//! 16 bytes, then one byte for the kind, then the rest. Numbers are little-endian.

use std::ops::Range;

use domain::{ClientWire, ComparisonId, Event, EventKind, PromptId, RunId, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::requests;

/// Largest payload that is believed when a segment is read, in bytes.
const PAYLOAD_BYTES_MAX: usize = 64 * 1024 * 1024;
const HEAD_BYTES: usize = 8;
const OPENED: u8 = 0;
/// Far from the kinds of events, which count up from 1.
const WIRE: u8 = 64;

/// The first record of every run: all that is needed to finish it after a crash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The run.
    pub run: RunId,
    /// The tenant.
    pub workspace: WorkspaceId,
    /// Who asked.
    pub user: UserId,
    /// Exactly what was asked for, as canonical JSON.
    pub request: String,
    /// The model that was asked for.
    pub model: String,
    /// The client's name for the submission (D2).
    pub request_id: Option<String>,
    /// The run that this one continues or retries.
    pub parent: Option<RunId>,
    /// The kept prompt that it is a run of, and the number of the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<(PromptId, u32)>,
    /// The comparison or grid that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<ComparisonId>,
    /// The wire that a client asked over; absent where it was Etude's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<ClientWire>,
    /// The digest of what that client sent, where the submission has a name: two that are read alike may differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_digest: Option<[u8; 32]>,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
}

impl Opened {
    /// The digest under which the submission is known (D2).
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.client_digest.unwrap_or_else(|| requests::digest(&self.request))
    }
}

/// What a segment holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// A run begins.
    Opened(Opened),
    /// An event of a run.
    Event {
        /// The run.
        run: RunId,
        /// Dense from 0.
        seq: u64,
        /// Its kind.
        kind: EventKind,
        /// Its data: JSON on one line.
        data: String,
    },
    /// A part of the exchange with the provider; no event, so it has no seq.
    Wire {
        /// The run.
        run: RunId,
        /// As [`crate::wire::pack`] gives it.
        packed: Vec<u8>,
    },
}

impl Record {
    /// The record as bytes, framed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![0; HEAD_BYTES];
        match self {
            Self::Opened(opened) => {
                out.extend_from_slice(opened.run.as_bytes());
                out.push(OPENED);
                serde_json::to_writer(&mut out, opened).expect("strings and numbers fit in JSON");
            }
            Self::Event { run, seq, kind, data } => {
                event_head(&mut out, *run, *seq, *kind);
                out.extend_from_slice(data.as_bytes());
            }
            Self::Wire { run, packed } => encode_wire(&mut out, *run, packed),
        }
        seal(&mut out);
        out
    }
}

/// Appends an event's record to others; says where its data stands.
pub fn append_event(out: &mut Vec<u8>, run: RunId, kind: EventKind, event: &Event) -> Range<usize> {
    let begin = out.len();
    out.resize(begin + HEAD_BYTES, 0);
    event_head(out, run, event.seq, kind);
    let data = out.len();
    event.write_data(out);
    seal(&mut out[begin..]);
    data..out.len()
}

/// Encodes a part of an exchange without owning it.
#[must_use]
pub fn wire(run: RunId, packed: &[u8]) -> Vec<u8> {
    let mut out = vec![0; HEAD_BYTES];
    encode_wire(&mut out, run, packed);
    seal(&mut out);
    out
}

fn encode_wire(out: &mut Vec<u8>, run: RunId, packed: &[u8]) {
    out.extend_from_slice(run.as_bytes());
    out.push(WIRE);
    out.extend_from_slice(packed);
}

fn event_head(out: &mut Vec<u8>, run: RunId, seq: u64, kind: EventKind) {
    out.extend_from_slice(run.as_bytes());
    out.push(code(kind));
    out.extend_from_slice(&seq.to_le_bytes());
}

fn seal(out: &mut [u8]) {
    let (head, payload) = out.split_at_mut(HEAD_BYTES);
    let length = u32::try_from(payload.len()).expect("an event is bounded by its provider's limits, far below 4 GiB");
    head[..4].copy_from_slice(&length.to_le_bytes());
    head[4..].copy_from_slice(&crc32fast::hash(payload).to_le_bytes());
}

/// Kinds as bytes on disk: never renumber.
fn code(kind: EventKind) -> u8 {
    match kind {
        EventKind::Queued => 1,
        EventKind::Started => 2,
        EventKind::Delta => 3,
        EventKind::Reasoning => 4,
        EventKind::ToolCall => 5,
        EventKind::Notice => 6,
        EventKind::Finished => 7,
        EventKind::Failed => 8,
    }
}

/// Reads the first record of `bytes` and says how long it is; `None` where no whole, sound record stands:
/// the torn end of a segment.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<(Record, usize)> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let crc = u32::from_le_bytes(bytes.get(4..HEAD_BYTES)?.try_into().ok()?);
    if !(17..=PAYLOAD_BYTES_MAX).contains(&length) {
        return None;
    }
    let payload = bytes.get(HEAD_BYTES..HEAD_BYTES + length)?;
    if crc32fast::hash(payload) != crc {
        return None;
    }
    let run = RunId::from_bytes(payload[..16].try_into().ok()?);
    let rest = &payload[17..];
    let record = match payload[16] {
        OPENED => Record::Opened(serde_json::from_slice(rest).ok()?),
        WIRE => Record::Wire { run, packed: rest.to_vec() },
        number => {
            let kind = *EventKind::ALL.iter().find(|kind| code(**kind) == number)?;
            let seq = u64::from_le_bytes(rest.get(..8)?.try_into().ok()?);
            Record::Event { run, seq, kind, data: std::str::from_utf8(&rest[8..]).ok()?.to_owned() }
        }
    };
    Some((record, HEAD_BYTES + length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(seq: u64, data: String) -> Record {
        Record::Event { run: RunId::from_bytes([9; 16]), seq, kind: EventKind::Delta, data }
    }

    proptest! {
        #[test]
        fn reads_back_what_was_written_and_stops_at_a_tear(
            texts in prop::collection::vec(".{0,40}", 1..8),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut records: Vec<_> = texts.into_iter().enumerate().map(|(n, text)| sample(n as u64, text)).collect();
            records.insert(1, Record::Wire { run: RunId::from_bytes([9; 16]), packed: vec![0, 255] });
            let mut bytes = Vec::new();
            let mut ends = Vec::new();
            for record in &records {
                bytes.extend(record.encode());
                ends.push(bytes.len());
            }
            let cut = cut.index(bytes.len() + 1);
            let mut at = 0;
            let mut read = Vec::new();
            while let Some((record, length)) = decode(&bytes[at..cut]) {
                read.push(record);
                at += length;
            }
            let whole = ends.iter().filter(|end| **end <= cut).count();
            prop_assert_eq!(&read[..], &records[..whole]);
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }
    }
}
