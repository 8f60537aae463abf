//! A model's answer as HTML, block by block, while it arrives.
//!
//! A [`Document`] takes deltas and keeps a list of [`Block`]s, each one element of HTML. Text that cannot
//! change any more is never parsed again; a [`Change`] says what a page must replace. The same code runs in
//! the browser and on the server, so a page that was rendered by the server goes on where it stopped.
//!
//! Rules that hold for every text:
//! - *However a text is split into deltas, after `finish` the blocks are the same*, and the same as
//!   [`render`]'s. `scan` says why.
//! - *Nothing in a text becomes a tag or an attribute.* Raw HTML is text. `render` writes constants.
//! - *Nothing is loaded.* Images are links; links have an allowed scheme and say their host when it matters.
//! - *The work for one delta is bounded*, whatever came before it.
//!
//! Where this leaves CommonMark, on purpose: link reference definitions and footnotes are shown as they are
//! written (a definition at the end of an answer would change text that is already read, and would hide
//! itself); raw HTML is text and never a block; a line break is a line break; each list item is tight or
//! loose on its own; a single `~` is a tilde; an underline makes a heading of short paragraphs only.

mod build;
mod code;
mod heal;
mod html;
mod inside;
pub mod invisible;
mod line;
mod prepare;
mod render;
mod scan;
mod step;
mod url;

use std::ops::Range;

use build::Build;
use scan::Scanner;

/// One top-level element of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Exactly one element, balanced, safe to insert.
    pub html: String,
    /// What it is.
    pub kind: Kind,
    /// No delta will change it any more. For code: its fence was closed, or the text has ended.
    pub closed: bool,
    /// Where it stands in the text, in bytes.
    pub source: Range<usize>,
    /// How many characters in it one does not see.
    pub invisible: u32,
    /// Where its pieces begin in `html`.
    pieces: Vec<usize>,
}

impl Block {
    /// The HTML of the pieces after the first `keep`: children of the block's element, of `tbody` in a table.
    #[must_use]
    pub fn pieces_from(&self, keep: usize) -> &str {
        let end = self.html.len() - self.kind.end().len();
        self.pieces.get(keep).map_or("", |from| &self.html[*from..end])
    }
}

/// What a block is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A paragraph.
    #[default]
    Paragraph,
    /// A heading, by the level it has on the page: 3 to 6.
    Heading(u8),
    /// A thematic break.
    Rule,
    /// Code, fenced or indented.
    Code,
    /// A quote.
    Quote,
    /// A list, with the number of its first item if it is ordered.
    List {
        /// The first number.
        start: Option<u64>,
    },
    /// A table.
    Table,
}

impl Kind {
    /// A heading so many levels deep. The page keeps h1 and h2 for itself.
    fn heading(depth: u8) -> Kind {
        Kind::Heading((depth + 2).min(6))
    }

    fn start(self, joined: bool) -> String {
        let tag = match self {
            Kind::Paragraph => "<p dir=\"auto\">",
            Kind::Heading(3) => "<h3 dir=\"auto\">",
            Kind::Heading(4) => "<h4 dir=\"auto\">",
            Kind::Heading(5) => "<h5 dir=\"auto\">",
            Kind::Heading(_) => "<h6 dir=\"auto\">",
            Kind::Rule => "<hr>",
            Kind::Code => "",
            Kind::Quote if joined => "<blockquote dir=\"auto\" data-joined>",
            Kind::Quote => "<blockquote dir=\"auto\">",
            Kind::List { start: None } => "<ul dir=\"auto\">",
            Kind::List { start: Some(start) } => return render::ordered(start),
            Kind::Table => "<etude-table><table dir=\"auto\">",
        };
        tag.to_owned()
    }

    fn end(self) -> &'static str {
        match self {
            Kind::Paragraph => "</p>",
            Kind::Heading(3) => "</h3>",
            Kind::Heading(4) => "</h4>",
            Kind::Heading(5) => "</h5>",
            Kind::Heading(_) => "</h6>",
            Kind::Rule => "",
            Kind::Code => code::CODE_END,
            Kind::Quote => "</blockquote>",
            Kind::List { start: None } => "</ul>",
            Kind::List { start: Some(_) } => "</ol>",
            Kind::Table => "</tbody></table></etude-table>",
        }
    }
}

/// What a page has to do after a push: update block `from` as `within` says, drop every block after it, and
/// append the blocks after it. `from` may be new, or may be the number of blocks: then all are dropped that
/// the page has from there on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The first block that is not what it was.
    pub from: usize,
    /// How much of that block is new.
    pub within: Within,
}

/// How a block changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Within {
    /// It is new or altogether different.
    Whole,
    /// Its first so many pieces stay; the others are replaced by [`Block::pieces_from`].
    Pieces(usize),
    /// It is code that has grown.
    Append {
        /// What to append to its `<code>`.
        html: String,
        /// Its fence has ended: the element gets the attribute `closed`.
        closed: bool,
    },
}

/// How much was read, in bytes. Tests count it to show that work stays in proportion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Looked at for the ends of lines, blocks and open marks, or copied as code.
    pub scanned: usize,
    /// Given to the Markdown parser.
    pub parsed: usize,
}

/// A text that grows, and its blocks.
#[derive(Clone, Debug, Default)]
pub struct Document {
    source: String,
    build: Build,
    scanner: Scanner,
    /// Up to here everything is settled.
    at: usize,
    /// Up to here no line ends after `at`.
    searched: usize,
    finished: bool,
}

impl Document {
    /// A document that shows invisible characters by their names, or counts them only.
    #[must_use]
    pub fn new(reveal: bool) -> Document {
        let mut document = Document::default();
        document.build.reveal = reveal;
        document
    }

    /// Takes a delta and says what changed. After [`Document::finish`] it takes nothing.
    pub fn push(&mut self, delta: &str) -> Change {
        if self.finished {
            return Change { from: self.build.blocks.len(), within: Within::Whole };
        }
        self.source.push_str(delta);
        self.advance()
    }

    /// Says that no more will come: what was unfinished is taken at its word.
    pub fn finish(&mut self) -> Change {
        if self.finished {
            return Change { from: self.build.blocks.len(), within: Within::Whole };
        }
        self.finished = true;
        self.advance()
    }

    /// Shows invisible characters by their names, or hides them again. Renders everything anew.
    pub fn reveal(&mut self, reveal: bool) -> Change {
        let work = self.work();
        let mut again = Document::new(reveal);
        again.build.work = work;
        again.finished = self.finished;
        again.source = std::mem::take(&mut self.source);
        again.advance();
        *self = again;
        Change { from: 0, within: Within::Whole }
    }

    /// Whether invisible characters are shown by their names.
    #[must_use]
    pub fn reveals(&self) -> bool {
        self.build.reveal
    }

    /// The blocks as they are now. Those that are not `closed` may change.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.build.blocks
    }

    /// How many characters one does not see, joiners in emoji and in scripts that need them left out.
    #[must_use]
    pub fn invisible(&self) -> usize {
        self.build.blocks.iter().map(|block| block.invisible as usize).sum()
    }

    /// The text as it came.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// How much has been read so far.
    #[must_use]
    pub fn work(&self) -> Work {
        Work { scanned: self.build.work.scanned + self.scanner.looked, ..self.build.work }
    }

    fn advance(&mut self) -> Change {
        let shown = self.build.blocks.last().map(|block| block.kind);
        let shown_len = self.build.blocks.len();
        let (settled, open) = self.build.settled();
        let from = settled - usize::from(open.is_some());
        let written = self.build.written(from);
        let shown = if shown_len == settled { shown } else { self.build.blocks.get(from).map(|block| block.kind) };
        self.build.rollback();
        let mut steps = Vec::new();
        self.build.work.scanned += self.source.len() - self.searched.max(self.at);
        while let Some(end) = self.scanner.unit(&self.source, self.at, self.searched, self.finished) {
            self.build.work.scanned += end - self.at;
            self.scanner.feed(&self.source, self.at, end, &mut steps);
            self.at = end;
            for step in steps.drain(..) {
                self.build.apply(&self.source, step);
            }
        }
        self.searched = self.source.floor_char_boundary(self.source.len().saturating_sub(4)).max(self.at);
        if self.finished {
            self.scanner.finish(&mut steps);
            for step in steps.drain(..) {
                self.build.apply(&self.source, step);
            }
        }
        self.build.settle();
        if !self.finished {
            self.show();
        }
        let kind = self.build.blocks.get(from).map(|block| block.kind);
        let within = match open {
            Some((Kind::Code, _)) => self.build.appended(from, written),
            Some((_, keep)) if keep > 0 && kind == shown => Within::Pieces(keep),
            _ => Within::Whole,
        };
        Change { from, within }
    }

    /// Shows what is not settled: the open piece and the unfinished line, as far as they make sense.
    fn show(&mut self) {
        let partial = &self.source[self.at..];
        if self.scanner.in_code(partial) {
            return;
        }
        let mut steps = Vec::new();
        let mut scanner = self.scanner.clone();
        let mut end = self.at;
        let head = scanner.expects_table(&self.source, partial);
        self.build.work.scanned += partial.len();
        if let Some(head) = head {
            end = head;
        } else if !partial.is_empty() && !scanner.withholds(partial) {
            end = self.source.len();
            scanner.feed(&self.source, self.at, end, &mut steps);
        }
        self.scanner.looked = scanner.looked;
        scanner.finish(&mut steps);
        if let (Some(head), Some(step::Step::Close { at, .. })) = (head, steps.last_mut()) {
            *at = head;
        }
        self.build.show_until(end);
        for step in steps {
            self.build.apply(&self.source, step);
        }
    }
}

/// Renders a whole text at once.
#[must_use]
pub fn render(text: &str) -> Vec<Block> {
    let mut document = Document::default();
    document.push(text);
    document.finish();
    document.build.blocks
}
