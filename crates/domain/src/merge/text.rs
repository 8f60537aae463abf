//! Three texts, line by line: which lines one side changed, and which both.

use super::Outcome;
use crate::diff::{Hunk, compare};

/// Lines that stand together: unchanged, or changed by one side or both.
pub struct Chunk<'t> {
    /// The first line of the parent, from 0.
    pub line: usize,
    /// Who changed them; absent, nobody did.
    pub change: Option<Outcome>,
    /// The parent's lines.
    pub parent: Vec<&'t str>,
    /// Their lines.
    pub theirs: Vec<&'t str>,
    /// Your lines.
    pub yours: Vec<&'t str>,
}

/// Lines of the parent that a side replaced, and its own in their place.
#[derive(Clone, Copy)]
struct Edit {
    from: usize,
    to: usize,
    new_from: usize,
    new_to: usize,
}

impl Edit {
    fn of(hunk: &Hunk) -> Self {
        let (old, new) = (hunk.old_lines, hunk.new_lines);
        Self { from: old.from, to: old.to, new_from: new.from, new_to: new.to }
    }

    /// Whether both touch the same lines, or put lines into the same place.
    fn meets(self, from: usize, to: usize) -> bool {
        let both_insert = self.from == self.to && from == to && self.from == from;
        both_insert || (self.from < to && from < self.to)
    }
}

/// The parent's lines from end to end, in chunks.
pub fn chunks<'t>(parent: &'t str, theirs: &'t str, yours: &'t str) -> Vec<Chunk<'t>> {
    let [lines, their_lines, your_lines] = [parent, theirs, yours].map(|text| text.split('\n').collect::<Vec<_>>());
    let edits = |text: &str| compare(parent, text, None).hunks.iter().map(Edit::of).collect::<Vec<_>>();
    let (theirs, yours) = (edits(theirs), edits(yours));
    let (mut t, mut y, mut at) = (0, 0, 0);
    let mut chunks = Vec::new();
    while t < theirs.len() || y < yours.len() {
        let first = match (theirs.get(t), yours.get(y)) {
            (Some(there), Some(here)) if (there.from, there.to) <= (here.from, here.to) => *there,
            (Some(there), None) => *there,
            (_, Some(here)) => *here,
            (None, None) => break,
        };
        // All edits that meet one another, on both sides.
        let (mut from, mut to) = (first.from, first.to);
        let (begin_t, begin_y) = (t, y);
        loop {
            let meets = |edit: Option<&Edit>| {
                edit.is_some_and(|edit| edit.meets(from, to) || (edit.from, edit.to) == (first.from, first.to))
            };
            if meets(theirs.get(t)) {
                (from, to, t) = (from.min(theirs[t].from), to.max(theirs[t].to), t + 1);
            } else if meets(yours.get(y)) {
                (from, to, y) = (from.min(yours[y].from), to.max(yours[y].to), y + 1);
            } else {
                break;
            }
        }
        if at < from {
            chunks.push(unchanged(at, &lines[at..from]));
        }
        let their_side = replaced(&lines, &their_lines, from, to, &theirs[begin_t..t]);
        let your_side = replaced(&lines, &your_lines, from, to, &yours[begin_y..y]);
        let change = match (t > begin_t, y > begin_y) {
            (true, false) => Outcome::Theirs,
            (false, true) => Outcome::Yours,
            _ if their_side == your_side => Outcome::Alike,
            _ => Outcome::Clash,
        };
        let parent = lines[from..to].to_vec();
        chunks.push(Chunk { line: from, change: Some(change), parent, theirs: their_side, yours: your_side });
        at = to;
    }
    if at < lines.len() {
        chunks.push(unchanged(at, &lines[at..]));
    }
    chunks
}

fn unchanged<'t>(line: usize, lines: &[&'t str]) -> Chunk<'t> {
    Chunk { line, change: None, parent: lines.to_vec(), theirs: Vec::new(), yours: Vec::new() }
}

/// Some lines of the parent as a side has them.
fn replaced<'t>(lines: &[&'t str], own: &[&'t str], from: usize, to: usize, edits: &[Edit]) -> Vec<&'t str> {
    let (mut made, mut at) = (Vec::new(), from);
    for edit in edits {
        made.extend_from_slice(&lines[at..edit.from]);
        made.extend_from_slice(&own[edit.new_from..edit.new_to]);
        at = edit.to;
    }
    made.extend_from_slice(&lines[at..to]);
    made
}
