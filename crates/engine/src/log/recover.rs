//! What a crash left in the run log.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::Path;

use domain::{EventKind, RunId};

use super::record::{self, Opened, Record};
use super::segment;
use crate::error::Error;
use crate::tape::Tape;

/// A run as the segments have it.
pub struct Found {
    /// How it began.
    pub opened: Opened,
    /// Its events.
    pub tape: Tape,
    /// Parts of the exchange with the provider, packed.
    pub wire: Vec<Vec<u8>>,
    /// Whether its last event is there.
    pub ended: bool,
}

/// All that stands in the segments.
#[derive(Default)]
pub struct Recovered {
    /// The runs.
    pub runs: HashMap<RunId, Found>,
    /// Which segment holds records of which runs.
    pub segments: BTreeMap<u64, HashSet<RunId>>,
}

/// Reads all segments. A torn record ends its segment: it was never delivered.
///
/// # Errors
/// When a file cannot be read.
pub fn read(folder: &Path) -> Result<Recovered, Error> {
    let mut recovered = Recovered::default();
    let segments = segment::list(folder).map_err(Error::disk("the run log cannot be listed"))?;
    for (number, place) in segments {
        let bytes = fs::read(&place).map_err(Error::disk(format!("{} cannot be read", place.display())))?;
        let pending = recovered.segments.entry(number).or_default();
        let mut at = 0;
        while let Some((record, length)) = record::decode(&bytes[at..]) {
            at += length;
            match record {
                Record::Opened(opened) => {
                    pending.insert(opened.run);
                    recovered.runs.entry(opened.run).or_insert_with(|| Found {
                        opened,
                        tape: Tape::default(),
                        wire: Vec::new(),
                        ended: false,
                    });
                }
                Record::Wire { run, packed } => {
                    if let Some(found) = recovered.runs.get_mut(&run) {
                        pending.insert(run);
                        found.wire.push(packed);
                    }
                }
                Record::Event { run, seq, kind, data } => {
                    if let Some(found) = recovered.runs.get_mut(&run) {
                        pending.insert(run);
                        push(found, seq, kind, &data);
                    }
                }
            }
        }
        if at < bytes.len() {
            tracing::warn!(segment = number, torn_bytes = bytes.len() - at, "a log segment ends in a torn record");
        }
    }
    Ok(recovered)
}

fn push(found: &mut Found, seq: u64, kind: EventKind, data: &str) {
    if seq == found.tape.len() && !found.ended {
        found.tape.push(kind, data);
        found.ended = kind.is_end();
    }
}
