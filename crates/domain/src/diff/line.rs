//! The lines that two texts do not share.

use std::ops::Range;
use std::time::Instant;

use super::align::{self, Gap, Names};

/// Lines of both texts, past the common ends, beyond which they are not told apart.
const LINES_MAX: usize = 4_000_000;

/// What is left of two texts without the lines that both begin and end with.
pub(super) struct Middle<'t> {
    pub old: Lines<'t>,
    pub new: Lines<'t>,
    /// How many lines stand before it.
    pub line: usize,
}

impl<'t> Middle<'t> {
    pub fn of(old: &'t str, new: &'t str) -> Self {
        let same = align::common_start(old.as_bytes(), new.as_bytes());
        let start = memchr::memrchr(b'\n', &old.as_bytes()[..same]).map_or(0, |at| at + 1);
        let same = align::common_end(&old.as_bytes()[start..], &new.as_bytes()[start..]);
        let begins = |text: &str| {
            let at = text.len() - same;
            at == start || text.as_bytes()[at - 1] == b'\n'
        };
        // The first line that begins within what both end with.
        let skipped = match begins(old) && begins(new) {
            true => Some(0),
            false => memchr::memchr(b'\n', &old.as_bytes()[old.len() - same..]).map(|at| at + 1),
        };
        let end = |text: &str| skipped.map_or(text.len() + 1, |skipped| text.len() - same + skipped);
        Self {
            old: Lines::of(old, start, end(old)),
            new: Lines::of(new, start, end(new)),
            line: memchr::memchr_iter(b'\n', &old.as_bytes()[..start]).count(),
        }
    }

    pub fn is_too_much(&self) -> bool {
        self.old.len() + self.new.len() > LINES_MAX
    }

    /// What differs, in lines.
    pub fn gaps(&self, deadline: Option<Instant>) -> Vec<Gap> {
        let (old_len, new_len) = (self.old.len(), self.new.len());
        if old_len == 0 || new_len == 0 || self.is_too_much() {
            return align::unmatched(&[], old_len, new_len);
        }
        let mut names = Names::default();
        let [olds, news] = [&self.old, &self.new].map(|lines| names.name_all(lines.iter()));
        align::unmatched(&align::matches(&olds, &news, deadline), old_len, new_len)
    }
}

/// Some lines of a text.
pub(super) struct Lines<'t> {
    text: &'t str,
    /// Where each begins, and where the last one has ended.
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// The lines from one place to another, both between lines.
    fn of(text: &'t str, from: usize, to: usize) -> Self {
        let mut starts = vec![from];
        let breaks = memchr::memchr_iter(b'\n', &text.as_bytes()[from.min(text.len())..to.min(text.len())]);
        starts.extend(breaks.map(|at| from + at + 1));
        if to > text.len() {
            starts.push(to);
        }
        Self { text, starts }
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The lines one by one, without their breaks.
    fn iter(&self) -> impl Iterator<Item = &'t str> {
        self.starts.windows(2).map(|bounds| &self.text[bounds[0]..bounds[1] - 1])
    }

    pub fn bytes(&self, lines: &Range<usize>) -> Range<usize> {
        self.starts[lines.start]..self.starts[lines.end]
    }

    /// Some of them as one text, without the last break.
    pub fn content(&self, lines: &Range<usize>) -> &'t str {
        if lines.is_empty() { "" } else { &self.text[self.starts[lines.start]..self.starts[lines.end] - 1] }
    }
}

/// Joins the gaps that stand closest until there are few enough.
pub(super) fn join(mut gaps: Vec<Gap>, most: usize) -> Vec<Gap> {
    let mut apart = 1;
    while gaps.len() > most {
        let mut joined: Vec<Gap> = Vec::new();
        for gap in gaps {
            match joined.last_mut() {
                Some(last) if gap.old.start - last.old.end <= apart => {
                    (last.old.end, last.new.end) = (gap.old.end, gap.new.end);
                }
                _ => joined.push(gap),
            }
        }
        gaps = joined;
        apart *= 2;
    }
    gaps
}
