//! A run's events in one piece: a line for each, `name data`, in the order of their seq.
//!
//! The same form in memory while a run is hot and, compressed, in the database afterwards: compaction
//! merges nothing and keeps `at_ms` (B6).

use bytes::Bytes;
use domain::{Event, EventKind, RunView};

use crate::error::Error;
use crate::packing;

/// zstd's level for tapes: 3 compresses them about tenfold at hundreds of megabytes a second.
const LEVEL: i32 = 3;
/// Largest tape that is unpacked, in bytes.
const UNPACKED_BYTES_MAX: usize = 1024 * 1024 * 1024;

/// One entry of a run's log, ready for a wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Dense from 0.
    pub seq: u64,
    /// Its kind.
    pub kind: EventKind,
    /// Its data: JSON on one line.
    pub data: Bytes,
}

impl Entry {
    /// The data as text.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.data).expect("entries are cut from text, at line ends and blanks")
    }

    /// The event.
    ///
    /// # Errors
    /// When the data is not what its kind has.
    pub fn event(&self) -> Result<Event, Error> {
        Event::read(self.seq, self.kind, self.text()).map_err(|error| Error::Corrupt(error.to_string()))
    }
}

/// Events in one piece, with the place of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tape {
    lines: Vec<u8>,
    ends: Vec<u32>,
}

impl Tape {
    /// How many events it holds.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.ends.len() as u64
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Its size in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.lines.len() + self.ends.len() * size_of::<u32>()
    }

    /// Appends an event.
    pub fn push(&mut self, kind: EventKind, data: &str) {
        self.lines.extend_from_slice(kind.as_str().as_bytes());
        self.lines.push(b' ');
        self.lines.extend_from_slice(data.as_bytes());
        self.lines.push(b'\n');
        self.ends.push(u32::try_from(self.lines.len()).expect("a run's log is far below 4 GiB"));
    }

    /// The entries from `seq` on, as many as fit in about `bytes_max` (at least one, where there is one).
    #[must_use]
    pub fn read(&self, seq: u64, bytes_max: usize) -> Vec<Entry> {
        let first = usize::try_from(seq).unwrap_or(usize::MAX).min(self.ends.len());
        let start = self.start(first);
        let fits = |end: &&u32| **end as usize - start <= bytes_max;
        let many = self.ends[first..].iter().take_while(fits).count().max(1);
        let after = self.ends.len().min(first + many);
        // One copy, and each entry has a part of it: nearly all are short.
        let copy = Bytes::copy_from_slice(&self.lines[start..self.start(after)]);
        (first..after)
            .filter_map(|index| {
                let line = copy.slice(self.start(index) - start..self.ends[index] as usize - 1 - start);
                let (kind, data) = split(&line)?;
                Some(Entry { seq: index as u64, kind, data: line.slice(line.len() - data.len()..) })
            })
            .collect()
    }

    /// Where the line of an event begins; behind all lines for one that is not there yet.
    fn start(&self, index: usize) -> usize {
        index.checked_sub(1).map_or(0, |before| self.ends[before] as usize)
    }

    fn lines_from(&self, first: usize) -> impl Iterator<Item = (u64, &[u8])> {
        (first..self.ends.len())
            .map(|index| (index as u64, &self.lines[self.start(index)..self.ends[index] as usize - 1]))
    }

    /// Folds all events into what the run has become.
    ///
    /// # Errors
    /// When an event cannot be read.
    pub fn view(&self) -> Result<RunView, Error> {
        let mut view = RunView::default();
        for (seq, line) in self.lines_from(0) {
            if let Some((kind, data)) = split(line) {
                let event = Event::read(seq, kind, data).map_err(|error| Error::Corrupt(error.to_string()))?;
                view.apply(&event);
            }
        }
        Ok(view)
    }

    /// The tape, compressed.
    ///
    /// # Errors
    /// When zstd has no memory.
    pub fn pack(&self) -> Result<Vec<u8>, Error> {
        packing::pack(&self.lines, LEVEL).map_err(Error::disk("a tape cannot be compressed"))
    }

    /// Reads what [`Tape::pack`] wrote.
    ///
    /// # Errors
    /// When it is damaged or larger than is believed.
    pub fn unpack(packed: &[u8]) -> Result<Self, Error> {
        let damaged = |error: std::io::Error| Error::Corrupt(format!("a tape cannot be unpacked: {error}"));
        let lines = packing::unpack(packed, UNPACKED_BYTES_MAX).map_err(damaged)?;
        std::str::from_utf8(&lines).map_err(|error| Error::Corrupt(error.to_string()))?;
        let ends = memchr::memchr_iter(b'\n', &lines).map(|place| place as u32 + 1).collect();
        Ok(Self { lines, ends })
    }
}

/// Kind and data of a line.
fn split(line: &[u8]) -> Option<(EventKind, &str)> {
    let (kind, data) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    Some((EventKind::from_name(kind)?, data))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn b6_a_packed_tape_gives_the_same_entries(texts in prop::collection::vec(".{0,30}", 0..20), from in 0u64..22) {
            let mut tape = Tape::default();
            for text in &texts {
                tape.push(EventKind::Delta, &serde_json::to_string(text).expect("json"));
            }
            let again = Tape::unpack(&tape.pack().expect("packs")).expect("unpacks");
            prop_assert_eq!(&again, &tape);
            let all = tape.read(0, usize::MAX);
            prop_assert_eq!(all.len(), texts.len());
            let rest = again.read(from, usize::MAX);
            prop_assert_eq!(&rest[..], &all[(from as usize).min(all.len())..]);
        }
    }

    #[test]
    fn damaged_tapes_are_errors() {
        assert!(Tape::unpack(b"no zstd").is_err());
    }
}
