//! Turns the scanner's steps into blocks of HTML.
//!
//! What is settled is written once. What is not (the piece that still grows) is written at every push and
//! taken back at the next one, which is a `truncate`.

use super::html::Ink;
use super::line::{self, Align};
use super::prepare::{self, Prepared};
use super::render::{self, Form, Manner};
use super::step::{Lead, Step};
use super::{Block, Kind, Within, Work, code, heal};

/// The blocks so far and the state of the open one.
#[derive(Clone, Debug, Default)]
pub(super) struct Build {
    pub blocks: Vec<Block>,
    pub reveal: bool,
    pub work: Work,
    open: Open,
    /// Where the settled part ends.
    mark: Mark,
    /// The text ends here and will go on: what stands at its end is healed.
    live: Option<usize>,
}

#[derive(Clone, Debug, Default)]
struct Open {
    is: bool,
    piece: usize,
    lead: Option<Lead>,
    head: (usize, usize, usize),
    ink: Ink,
    closed_at: usize,
}

/// What must be known of the settled part to return to it.
#[derive(Clone, Debug, Default)]
struct Mark {
    open: Open,
    blocks: usize,
    html: usize,
    pieces: usize,
    kind: Kind,
    end: usize,
    invisible: u32,
}

impl Build {
    /// How many blocks are settled, how many pieces of the last one if it is open, and of what kind it is.
    pub fn settled(&self) -> (usize, Option<(Kind, usize)>) {
        (self.mark.blocks, self.mark.open.is.then_some((self.mark.kind, self.mark.pieces)))
    }

    /// How long the code in block `index` is, as HTML before its end tags and without ` closed`.
    pub fn written(&self, index: usize) -> usize {
        self.code_at(index).map_or(0, |(_, end, closed)| end - closed)
    }

    /// What was appended to the code in block `index` since it was `written` long, and whether it is closed.
    pub fn appended(&self, index: usize, written: usize) -> Within {
        let Some((html, end, closed)) = self.code_at(index) else { return Within::Whole };
        Within::Append { html: html.get(written + closed..end).unwrap_or_default().to_owned(), closed: closed > 0 }
    }

    fn code_at(&self, index: usize) -> Option<(&str, usize, usize)> {
        let block = self.blocks.get(index).filter(|block| block.kind == Kind::Code)?;
        let closed = block.html.split_once('>').is_some_and(|(tag, _)| tag.contains(code::CLOSED));
        let end = block.html.len() - Kind::Code.end().len();
        Some((&block.html, end, if closed { code::CLOSED.len() } else { 0 }))
    }

    /// Takes back what was written only for show.
    pub fn rollback(&mut self) {
        self.blocks.truncate(self.mark.blocks);
        self.open = self.mark.open.clone();
        self.live = None;
        if !self.open.is {
            return;
        }
        let Some(block) = self.blocks.last_mut() else { return };
        block.html.truncate(self.mark.html);
        block.pieces.truncate(self.mark.pieces);
        block.kind = self.mark.kind;
        block.html.push_str(block.kind.end());
        block.source.end = self.mark.end;
        block.invisible = self.mark.invisible;
        block.closed = false;
    }

    /// Declares everything written so far settled.
    pub fn settle(&mut self) {
        let block = self.blocks.last();
        self.mark = Mark {
            open: self.open.clone(),
            blocks: self.blocks.len(),
            html: block.map_or(0, |block| block.html.len() - block.kind.end().len()),
            pieces: block.map_or(0, |block| block.pieces.len()),
            kind: block.map_or(Kind::default(), |block| block.kind),
            end: block.map_or(0, |block| block.source.end),
            invisible: block.map_or(0, |block| block.invisible),
        };
    }

    /// From here on everything is for show, up to `end`, where the text breaks off.
    pub fn show_until(&mut self, end: usize) {
        self.live = Some(end);
    }

    pub fn apply(&mut self, source: &str, step: Step) {
        match step {
            Step::Open { kind, at, lead } => self.start(source, kind, at, lead),
            Step::Retype(kind) => {
                if let Some(block) = self.blocks.last_mut() {
                    block.kind = kind;
                    block.html = kind.start(false);
                    block.html.push_str(kind.end());
                }
            }
            Step::Head { from, rule, to } => {
                self.open.head = (from, rule, to);
                self.open.piece = to;
                self.head(source);
            }
            Step::Text { from, to, strip } => self.code(source, from, to, strip),
            Step::Cut { at, lead } => {
                self.piece(source, at, false, true);
                self.open.piece = at;
                self.open.lead = Some(lead);
            }
            Step::Close { at, fence } => self.close(source, at, fence),
        }
    }

    fn start(&mut self, source: &str, kind: Kind, at: usize, lead: Lead) {
        let joined = matches!(lead, Lead::Joined { .. });
        let mut html = kind.start(joined);
        self.open =
            Open { is: true, piece: at, lead: Some(lead), ink: Ink::new(self.reveal, false), ..Open::default() };
        if let (Kind::Code, Lead::Info(from, to)) = (kind, lead) {
            self.open.closed_at = code::open_code(&mut html, &source[from..to], false);
        }
        html.push_str(kind.end());
        self.blocks.push(Block { html, kind, closed: false, source: at..at, invisible: 0, pieces: Vec::new() });
    }

    fn close(&mut self, source: &str, at: usize, fence: bool) {
        let live = self.live.is_some();
        if self.blocks.last().is_some_and(|block| block.kind != Kind::Code) {
            self.piece(source, at, fence, false);
        }
        if let Some(block) = self.blocks.last_mut() {
            if block.kind == Kind::Code && !fence && !live {
                block.html.insert_str(self.open.closed_at, code::CLOSED);
            }
            block.source.end = at;
            block.closed = !live;
        }
        self.open = Open::default();
    }

    /// Writes code: escaped, and never again.
    fn code(&mut self, source: &str, from: usize, to: usize, strip: usize) {
        let Some(block) = self.blocks.last_mut() else { return };
        block.html.truncate(block.html.len() - Kind::Code.end().len());
        self.work.scanned += to - from;
        for line in source[from..to].split_inclusive('\n') {
            self.open.ink.write(&mut block.html, line::strip(line, strip));
        }
        block.invisible = self.open.ink.invisible;
        block.html.push_str(Kind::Code.end());
        block.source.end = to;
    }

    /// Writes the piece that ends at `at`. `cut`: others will follow it.
    fn piece(&mut self, source: &str, at: usize, fence: bool, cut: bool) {
        let (from, lead) = (self.open.piece, self.open.lead.unwrap_or(Lead::Block));
        let text = source.get(from..at).unwrap_or_default();
        let Some(block) = self.blocks.last_mut() else { return };
        block.source.end = at;
        if text.trim().is_empty() {
            return;
        }
        let live = self.live == Some(at);
        block.html.truncate(block.html.len() - block.kind.end().len());
        block.pieces.push(block.html.len());
        let joined = matches!(lead, Lead::Joined { .. });
        let wrap = match block.kind {
            Kind::List { .. } if joined => ("<li dir=\"auto\" data-joined>", "</li>"),
            Kind::List { .. } => ("<li dir=\"auto\">", "</li>"),
            Kind::Table => ("<tr>", "</tr>"),
            _ if cut || lead != Lead::Block || block.pieces.len() > 1 => ("<span>", "</span>"),
            _ => ("", ""),
        };
        let wrap = if matches!(block.kind, Kind::Quote) { ("", "") } else { wrap };
        block.html.push_str(wrap.0);
        let piece = Piece { source, text, lead, kind: block.kind, head: self.open.head, live, fence };
        block.invisible += piece.write(&mut block.html, self.reveal, &mut self.work);
        block.html.push_str(wrap.1);
        if wrap.0.is_empty() {
            block.pieces.pop();
        }
        block.html.push_str(block.kind.end());
    }

    fn head(&mut self, source: &str) {
        let (from, rule, to) = self.open.head;
        let Some(block) = self.blocks.last_mut() else { return };
        block.html.truncate(block.html.len() - block.kind.end().len());
        block.html.push_str("<thead><tr>");
        let text = &source[from..rule];
        let piece = Piece {
            source,
            text,
            lead: Lead::Line,
            kind: Kind::Table,
            head: (from, rule, to),
            live: false,
            fence: false,
        };
        block.invisible += piece.write(&mut block.html, self.reveal, &mut self.work);
        block.html.push_str("</tr></thead><tbody>");
        block.html.push_str(block.kind.end());
        block.source.end = to;
    }
}

/// A piece and all that is needed to write it.
struct Piece<'a> {
    source: &'a str,
    text: &'a str,
    lead: Lead,
    kind: Kind,
    head: (usize, usize, usize),
    live: bool,
    fence: bool,
}

impl Piece<'_> {
    fn write(&self, out: &mut String, reveal: bool, work: &mut Work) -> u32 {
        let mut prepared = Prepared::default();
        let inner;
        let mut manner = Manner {
            form: Form::Inline,
            reveal,
            drop_first: false,
            open_fence: self.fence,
            empty_cells: self.text.len(),
        };
        match (self.kind, self.lead) {
            (Kind::Table, lead) => {
                prepared.text = synthetic_head(&self.source[self.head.1..self.head.2]);
                prepared.add(self.text, self.live);
                manner.form = Form::Row(lead == Lead::Line);
            }
            (Kind::Quote | Kind::List { .. }, Lead::Joined { strip, fence }) => {
                if let Some(fence) = fence {
                    let mark = char::from(fence.mark).to_string().repeat(fence.len);
                    let info = self.source.get(fence.info.0..fence.info.1).unwrap_or_default();
                    prepared.text = format!("{mark}{}\n", info.trim());
                }
                inner = lines(self.text, |line| match self.kind {
                    Kind::Quote => prepare::unquote(line),
                    _ => line::strip(line, strip),
                });
                prepared.add(&inner, self.live);
                manner.form = Form::Blocks;
            }
            (Kind::Quote, _) => {
                inner = lines(self.text, prepare::unquote);
                prepared.add(&inner, self.live);
                manner.form = Form::Blocks;
            }
            (Kind::List { .. }, _) => {
                prepared.add(self.text, self.live);
                manner.form = Form::Item;
            }
            (_, lead) => {
                let first = match lead {
                    Lead::Line => "x\n",
                    Lead::Space => "x ",
                    Lead::Word => "x",
                    _ => "",
                };
                manner.drop_first = !first.is_empty();
                prepared.text.push_str(first);
                prepared.add(self.text, self.live);
            }
        }
        if self.live && !self.fence {
            work.scanned += prepared.text.len();
            heal::heal(&mut prepared.text);
        }
        work.parsed += prepared.text.len();
        let before = out.len();
        let seen = render::render(out, &prepared, manner);
        if out.len() == before && self.kind == Kind::Table {
            // Not a row to the parser: its text is kept.
            let mut ink = Ink::new(reveal, true);
            out.push_str("<td dir=\"auto\">");
            ink.write(out, self.text.trim());
            ink.rest(out);
            out.push_str("</td>");
            return ink.invisible;
        }
        seen
    }
}

fn lines(text: &str, each: impl Fn(&str) -> &str) -> String {
    text.split_inclusive('\n').map(each).collect()
}

/// A head of as many columns as the delimiter row has: each row is read alone, under it.
fn synthetic_head(rule: &str) -> String {
    let aligns = line::delimiters(rule).unwrap_or_default();
    let mut head = "|x".repeat(aligns.len()) + "|\n";
    for align in aligns {
        head.push_str(match align {
            Align::Auto => "|---",
            Align::Left => "|:--",
            Align::Center => "|:-:",
            Align::Right => "|--:",
        });
    }
    head.push_str("|\n");
    head
}
