//! What the scanner tells the builder.

use super::Kind;
use super::line::Fence;

/// What the builder is to do next. Offsets are into the source.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Open {
        kind: Kind,
        at: usize,
        lead: Lead,
    },
    /// The open block turns out to be something else.
    Retype(Kind),
    /// The open table's head and delimiter row.
    Head {
        from: usize,
        rule: usize,
        to: usize,
    },
    /// Code, of whose lines `strip` leading columns are dropped.
    Text {
        from: usize,
        to: usize,
        strip: usize,
    },
    Cut {
        at: usize,
        lead: Lead,
    },
    /// The block ends. `fence`: inside code that was never closed.
    Close {
        at: usize,
        fence: bool,
    },
}

/// How a piece begins, if not as a block does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lead {
    Block,
    /// After a line break, a space, or in the middle of a word.
    Line,
    Space,
    Word,
    /// The rest of an item or a quote: lose `strip` columns, and open this fence (in source offsets) again.
    Joined {
        strip: usize,
        fence: Option<Fence>,
    },
    /// Fenced code with its info string.
    Info(usize, usize),
}
