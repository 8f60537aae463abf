//! What two lists of pieces have in common.

use std::collections::HashMap;
use std::convert::Infallible;
use std::ops::Range;
use std::time::Instant;

use similar::Algorithm;
use similar::algorithms::{DiffHook, diff_slices_deadline};

use super::word;

/// Bytes that are compared at once.
const STRIDE_BYTES: usize = 256;

/// What differs in one place: gone from the one, new in the other. Of pieces or bytes, never empty on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gap {
    pub old: Range<usize>,
    pub new: Range<usize>,
}

impl Gap {
    /// The longer side.
    fn len(&self) -> usize {
        self.old.len().max(self.new.len())
    }
}

/// What differs, in bytes. Past the common ends, texts of more than `pieces_max` pieces differ as a whole.
pub(super) fn gaps(old: &str, new: &str, pieces_max: usize, deadline: Option<Instant>) -> Vec<Gap> {
    if old == new {
        return Vec::new();
    }
    let (start, end) = common_ends(old, new);
    let whole = Gap { old: start..old.len() - end, new: start..new.len() - end };
    if whole.old.is_empty() || whole.new.is_empty() {
        return vec![whole];
    }
    let limit = pieces_max.saturating_add(1);
    let olds = Cut::of(&old[whole.old.clone()], start, limit);
    let news = Cut::of(&new[whole.new.clone()], start, limit);
    if olds.len() > pieces_max || news.len() > pieces_max {
        return vec![whole];
    }
    let between = between(&olds, &news, deadline).into_iter();
    tidy(between.map(|gap| Gap { old: olds.bytes(&gap.old), new: news.bytes(&gap.new) }))
}

/// What differs between two lists of pieces, in pieces.
pub(super) fn between(olds: &Cut<'_>, news: &Cut<'_>, deadline: Option<Instant>) -> Vec<Gap> {
    let mut names = Names::default();
    let [old_names, new_names] = [olds, news].map(|cut| names.name_all(cut.pieces.iter().copied()));
    unmatched(&matches(&old_names, &new_names, deadline), olds.len(), news.len())
}

/// A text cut into pieces.
pub(super) struct Cut<'t> {
    pub pieces: Vec<&'t str>,
    /// Where each begins, and where the last one ends.
    starts: Vec<usize>,
}

impl<'t> Cut<'t> {
    /// Cuts at most `limit` pieces; `offset` is where the text stands in a longer one.
    pub fn of(text: &'t str, offset: usize, limit: usize) -> Self {
        let pieces: Vec<&str> = word::pieces(text).take(limit).collect();
        let mut starts = Vec::with_capacity(pieces.len() + 1);
        starts.push(offset);
        starts.extend(pieces.iter().scan(offset, |at, piece| {
            *at += piece.len();
            Some(*at)
        }));
        Self { pieces, starts }
    }

    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Where a piece begins; the end, for one past the last.
    pub fn start(&self, piece: usize) -> usize {
        self.starts[piece]
    }

    pub fn bytes(&self, pieces: &Range<usize>) -> Range<usize> {
        self.starts[pieces.start]..self.starts[pieces.end]
    }

    /// Leaves out what comes after so many pieces.
    pub fn truncate(&mut self, len: usize) {
        self.pieces.truncate(len);
        self.starts.truncate(len + 1);
    }
}

/// One number for all pieces that are alike: they are compared once.
#[derive(Default)]
pub(super) struct Names<'t>(HashMap<&'t str, u32>);

impl<'t> Names<'t> {
    pub fn name_all(&mut self, pieces: impl IntoIterator<Item = &'t str>) -> Vec<u32> {
        let mut name = |piece: &'t str| {
            let next = self.0.len() as u32;
            *self.0.entry(piece).or_insert(next)
        };
        pieces.into_iter().map(&mut name).collect()
    }
}

/// Pieces that are the same in both, in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    pub old: usize,
    pub new: usize,
    pub len: usize,
}

impl Match {
    /// What of it stands before these places.
    pub fn before(self, old: usize, new: usize) -> Option<Self> {
        let len = self.len.min(old.saturating_sub(self.old)).min(new.saturating_sub(self.new));
        (len > 0).then_some(Self { len, ..self })
    }
}

/// Finds what two lists have in common. Beyond the deadline it finds less.
pub(super) fn matches(old: &[u32], new: &[u32], deadline: Option<Instant>) -> Vec<Match> {
    struct Matches(Vec<Match>);
    impl DiffHook for Matches {
        type Error = Infallible;

        fn equal(&mut self, old: usize, new: usize, len: usize) -> Result<(), Infallible> {
            match self.0.last_mut() {
                Some(last) if (last.old + last.len, last.new + last.len) == (old, new) => last.len += len,
                _ => self.0.push(Match { old, new, len }),
            }
            Ok(())
        }
    }
    let mut found = Matches(Vec::new());
    let Ok(()) = diff_slices_deadline(Algorithm::Myers, &mut found, old, new, deadline);
    found.0
}

/// Moves each match to the first place where it can stand. Costs the length of each list for each match.
pub(super) fn earliest(matches: &mut [Match], old: &[u32], new: &[u32]) {
    let first = |list: &[u32], wanted: &[u32], from: usize, to: usize| {
        (from..to).find(|at| list[*at..].starts_with(wanted)).unwrap_or(to)
    };
    let (mut old_at, mut new_at) = (0, 0);
    for found in matches {
        found.old = first(old, &new[found.new..found.new + found.len], old_at, found.old);
        found.new = first(new, &old[found.old..found.old + found.len], new_at, found.new);
        (old_at, new_at) = (found.old + found.len, found.new + found.len);
    }
}

/// What lies between the matches.
pub(super) fn unmatched(matches: &[Match], old_len: usize, new_len: usize) -> Vec<Gap> {
    let end = Match { old: old_len, new: new_len, len: 0 };
    let (mut old_at, mut new_at) = (0, 0);
    (matches.iter().chain([&end]))
        .map(|found| {
            let gap = Gap { old: old_at..found.old, new: new_at..found.new };
            (old_at, new_at) = (found.old + found.len, found.new + found.len);
            gap
        })
        .filter(|gap| gap.len() > 0)
        .collect()
}

/// Joins changes with less between them than either of them is long.
pub(super) fn tidy(gaps: impl Iterator<Item = Gap>) -> Vec<Gap> {
    let mut kept: Vec<Gap> = Vec::new();
    for mut gap in gaps {
        while let Some(last) = kept.pop_if(|last| {
            let between = gap.old.start - last.old.end;
            between <= last.len() && between <= gap.len()
        }) {
            gap = Gap { old: last.old.start..gap.old.end, new: last.new.start..gap.new.end };
        }
        kept.push(gap);
    }
    kept
}

/// How many bytes two texts have in common at the start and, of the rest, at the end, in whole pieces.
pub(super) fn common_ends(old: &str, new: &str) -> (usize, usize) {
    let mut start = common_start(old.as_bytes(), new.as_bytes());
    while !(word::begins(old, start) && word::begins(new, start)) {
        start -= 1;
    }
    let mut end = common_end(&old.as_bytes()[start..], &new.as_bytes()[start..]);
    while !(word::begins(old, old.len() - end) && word::begins(new, new.len() - end)) {
        end -= 1;
    }
    (start, end)
}

/// How many bytes two texts have in common at the start.
pub(super) fn common_start(old: &[u8], new: &[u8]) -> usize {
    let strides = old.chunks_exact(STRIDE_BYTES).zip(new.chunks_exact(STRIDE_BYTES));
    let start = strides.take_while(|(old, new)| old == new).count() * STRIDE_BYTES;
    start + old[start..].iter().zip(&new[start..]).take_while(|(old, new)| old == new).count()
}

/// How many bytes two texts have in common at the end.
pub(super) fn common_end(old: &[u8], new: &[u8]) -> usize {
    let strides = old.rchunks_exact(STRIDE_BYTES).zip(new.rchunks_exact(STRIDE_BYTES));
    let end = strides.take_while(|(old, new)| old == new).count() * STRIDE_BYTES;
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    end + old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_ends_are_found_across_strides_and_do_not_overlap() {
        for length in [0, 1, STRIDE_BYTES - 1, STRIDE_BYTES, 3 * STRIDE_BYTES + 7] {
            let text = "a".repeat(length);
            let [old, new] = ["x", "y"].map(|middle| format!("{text}{middle}{text}").into_bytes());
            assert_eq!((common_start(&old, &new), common_end(&old, &new)), (length, length));
        }
        assert_eq!(common_ends("a b a b", "a b"), (3, 0));
        assert_eq!(common_ends("there", "the"), (0, 0));
        assert_eq!(common_ends("éa", "èa"), (0, 0), "half a char is none, nor half a word");
    }

    #[test]
    fn beyond_the_limit_the_middle_differs_as_a_whole() {
        let whole = Gap { old: 2..7, new: 2..7 };
        assert_eq!(gaps("a b c d e", "a x c y e", 4, None), [whole]);
        assert_eq!(gaps("a b c d e", "a x c y e", 5, None).len(), 2);
    }
}
