//! Finds where blocks begin and end, line by line, and never looks back.
//!
//! The scanner is fed *units*: a line, or a chunk of a very long one. Where a unit ends depends on the text
//! alone and never on how it arrived, and that is the whole reason why any split of a text into deltas gives
//! the same blocks. Long blocks are cut into *pieces* (the items of a list, the rows of a table, stretches of
//! a paragraph), so that what is drawn again for a delta has a bounded size.

mod live;

use super::Kind;
use super::inside::Inside;
use super::line::{self, Fence, Item, Start};
use super::prepare;
use super::step::{Lead, Step};

/// From this length on a stretch of paragraph is cut where no emphasis and no link is open.
const PIECE: usize = 512;
/// Text without a line break is taken in chunks of so many bytes, each the chance of a cut.
const CHUNK: usize = 128;
/// A stretch that never came to rest is cut anyway.
const PIECE_MAX: usize = 4096;
/// A list item or a quote goes on in a new block after so many bytes; a quote also at the first blank line
/// after an eighth of it.
const BLOCK_MAX: usize = 8192;
/// A line is not looked at any further than this to see what it is.
const LINE_MAX: usize = 4096;

/// Where the scanner stands. Cheap to copy: an unfinished line is tried on a copy.
#[derive(Clone, Debug, Default)]
pub(super) struct Scanner {
    state: State,
    /// The last unit did not end its line.
    mid: bool,
    /// Where the open block's text ends, blank lines left out.
    end: usize,
    outline: Outline,
    /// How much has been read in search of open marks.
    pub looked: usize,
}

/// Which headings the next one may stand under: a bit for each level that the text gave them.
#[derive(Clone, Copy, Debug, Default)]
struct Outline(u8);

impl Outline {
    /// The next heading, on the page: one level under the heading that it belongs to, whatever the text left out between,
    /// because who listens to a page goes by its levels.
    fn next(&mut self, level: u8) -> Kind {
        let own = 1 << (level.clamp(1, 6) - 1);
        let above = self.0 & (own - 1);
        self.0 = above | own;
        Kind::heading(u8::try_from(above.count_ones()).unwrap_or_default() + 1)
    }
}

#[derive(Clone, Debug, Default)]
enum State {
    #[default]
    Idle,
    Paragraph(Paragraph),
    Fenced(Fence),
    Indented,
    Quote(Inside),
    List(List),
    Table,
}

#[derive(Clone, Debug)]
struct Paragraph {
    piece: usize,
    try_at: usize,
    line: usize,
    cut: bool,
    math: Option<&'static str>,
}

#[derive(Clone, Debug)]
struct List {
    item: Item,
    number: u64,
    inside: Inside,
    blank: bool,
    /// Where the item's first line ends.
    marked: usize,
}

impl Scanner {
    /// Where the unit at `at` ends, or nothing while that is not known. `searched` is where a search for the
    /// end of the line may begin.
    pub fn unit(&self, source: &str, at: usize, searched: usize, finish: bool) -> Option<usize> {
        let rest = &source[at..];
        if rest.is_empty() {
            return None;
        }
        if let State::Fenced(fence) = &self.state {
            let newline = find_newline(source, at, searched, source.len());
            let partial = !self.mid && newline.is_none() && !finish;
            return if partial && line::may_close(fence, rest) { None } else { newline.or(Some(source.len())) };
        }
        let max = self.longest(rest);
        if let Some(end) = find_newline(source, at, searched, at + max) {
            return Some(end);
        }
        if rest.len() < max + 4 {
            if !finish {
                return None;
            }
            if rest.len() <= max {
                return Some(source.len());
            }
        }
        let window = &rest[..rest.floor_char_boundary(max)];
        Some(at + window.rfind(' ').map_or(window.len(), |space| space + 1))
    }

    /// Plain text may be cut early; what may be a heading, a row or an item is kept whole for longer.
    fn longest(&self, rest: &str) -> usize {
        let text = matches!(self.state, State::Paragraph(_) | State::Idle);
        if text && self.mid {
            return CHUNK;
        }
        let head = &rest.as_bytes()[..rest.len().min(PIECE)];
        let first = head.iter().find(|byte| !byte.is_ascii_whitespace());
        let marks = first.is_some_and(|byte| b"#-*+>|`~_=:$\\".contains(byte) || byte.is_ascii_digit());
        if text && !marks && !head.contains(&b'|') { PIECE } else { LINE_MAX }
    }

    /// Takes one unit.
    pub fn feed(&mut self, source: &str, at: usize, end: usize, out: &mut Vec<Step>) {
        let text = &source[at..end];
        let mid = std::mem::replace(&mut self.mid, !text.ends_with('\n'));
        let start = if mid { Start::Text } else { line::start(text) };
        let unit = Unit { source, text, at, end, mid, start };
        self.state = match std::mem::take(&mut self.state) {
            State::Idle => self.open(&unit, out),
            State::Paragraph(paragraph) => self.paragraph(paragraph, &unit, out),
            State::Fenced(fence) => self.fenced(fence, &unit, out),
            State::Indented => self.indented(&unit, out),
            State::Quote(inside) => self.quote(inside, &unit, out),
            State::List(list) => self.list(list, &unit, out),
            State::Table => self.table(&unit, out),
        };
    }

    /// Ends what is open.
    pub fn finish(&mut self, out: &mut Vec<Step>) {
        let fence = match &self.state {
            State::Idle => return,
            State::Fenced(_) => true,
            State::Quote(inside) | State::List(List { inside, .. }) => inside.fence.is_some(),
            _ => false,
        };
        out.push(Step::Close { at: self.end, fence });
        self.state = State::Idle;
    }

    fn close(&mut self, unit: &Unit<'_>, out: &mut Vec<Step>) -> State {
        self.finish_as(false, out);
        self.open(unit, out)
    }

    fn finish_as(&mut self, fence: bool, out: &mut Vec<Step>) {
        out.push(Step::Close { at: self.end, fence });
    }

    fn open(&mut self, unit: &Unit<'_>, out: &mut Vec<Step>) -> State {
        let Unit { at, end, text, .. } = *unit;
        if line::is_blank(text) {
            return State::Idle;
        }
        self.end = end;
        let lead = if unit.mid { Lead::Space } else { Lead::Block };
        let mut begin = |kind, lead| out.push(Step::Open { kind, at, lead });
        match unit.start {
            Start::Blank => State::Idle,
            Start::Heading(level) => {
                begin(self.outline.next(level), lead);
                out.push(Step::Close { at: end, fence: false });
                State::Idle
            }
            Start::Rule => {
                begin(Kind::Rule, lead);
                out.push(Step::Close { at: end, fence: false });
                State::Idle
            }
            Start::Fence(fence) => {
                begin(Kind::Code, Lead::Info(at + fence.info.0, at + fence.info.1));
                State::Fenced(fence)
            }
            Start::Indented => {
                begin(Kind::Code, Lead::Info(at, at));
                out.push(Step::Text { from: at, to: end, strip: 4 });
                State::Indented
            }
            Start::Quote => {
                begin(Kind::Quote, lead);
                let mut inside = Inside { from: at, fence: None, lazy: false };
                let inner = prepare::unquote(text);
                inside.see(inner, end);
                State::Quote(inside)
            }
            Start::Item(item) => {
                begin(Kind::List { start: item.number }, lead);
                State::List(List::new(item, unit))
            }
            Start::Text => {
                begin(Kind::Paragraph, lead);
                let math = if unit.mid { None } else { line::display(text) };
                let paragraph = Paragraph { piece: at, try_at: at + PIECE, line: at, cut: false, math };
                self.rest(paragraph, unit, out)
            }
        }
    }

    fn paragraph(&mut self, mut paragraph: Paragraph, unit: &Unit<'_>, out: &mut Vec<Step>) -> State {
        if unit.start == Start::Blank {
            self.finish_as(false, out);
            return State::Idle;
        }
        if !unit.mid && paragraph.math.is_none() {
            if let Some(level) = line::underline(unit.text).filter(|_| !paragraph.cut) {
                out.push(Step::Retype(self.outline.next(level)));
                out.push(Step::Close { at: unit.end, fence: false });
                return State::Idle;
            }
            if let Some(state) = self.head(&paragraph, unit, out) {
                return state;
            }
            let interrupts = match unit.start {
                Start::Item(item) => !item.empty && item.number.is_none_or(|number| number == 1),
                Start::Text => line::display(unit.text).is_some(),
                start => start != Start::Indented,
            };
            if interrupts {
                return self.close(unit, out);
            }
        }
        if paragraph.math.is_some_and(|close| unit.text.contains(close)) {
            paragraph.math = None;
        }
        self.end = unit.end;
        if !unit.mid {
            paragraph.line = unit.at;
        }
        self.rest(paragraph, unit, out)
    }

    /// Begins a table if this line is the delimiter row of the line before.
    fn head(&mut self, paragraph: &Paragraph, unit: &Unit<'_>, out: &mut Vec<Step>) -> Option<State> {
        let from = paragraph.line;
        let columns = line::delimiters(unit.text)?.len();
        let head = &unit.source[from..unit.at];
        if from < paragraph.piece || !head.contains('|') || line::cells(head) != columns {
            return None;
        }
        if from == paragraph.piece && !paragraph.cut {
            out.push(Step::Retype(Kind::Table));
        } else {
            out.push(Step::Close { at: from, fence: false });
            out.push(Step::Open { kind: Kind::Table, at: from, lead: Lead::Block });
        }
        self.end = unit.end;
        out.push(Step::Head { from, rule: unit.at, to: unit.end });
        Some(State::Table)
    }

    fn table(&mut self, unit: &Unit<'_>, out: &mut Vec<Step>) -> State {
        match unit.start {
            Start::Text | Start::Indented if !unit.mid => {
                self.end = unit.end;
                out.push(Step::Cut { at: unit.end, lead: Lead::Block });
                State::Table
            }
            _ => self.close(unit, out),
        }
    }

    fn fenced(&mut self, fence: Fence, unit: &Unit<'_>, out: &mut Vec<Step>) -> State {
        self.end = unit.end;
        if !unit.mid && line::closes(&fence, unit.text) {
            out.push(Step::Close { at: unit.end, fence: false });
            return State::Idle;
        }
        let strip = if unit.mid { 0 } else { fence.indent };
        out.push(Step::Text { from: unit.at, to: unit.end, strip });
        State::Fenced(fence)
    }

    fn indented(&mut self, unit: &Unit<'_>, out: &mut Vec<Step>) -> State {
        match unit.start {
            Start::Blank => State::Indented,
            _ if !unit.mid && unit.start != Start::Indented => self.close(unit, out),
            _ => {
                // Blank lines between come in front of it; those at the end never come.
                out.push(Step::Text { from: self.end, to: unit.end, strip: if unit.mid { 0 } else { 4 } });
                self.end = unit.end;
                State::Indented
            }
        }
    }

    fn quote(&mut self, mut inside: Inside, unit: &Unit<'_>, out: &mut Vec<Step>) -> State {
        let marked = unit.start == Start::Quote && !unit.mid;
        let lazy =
            inside.lazy && matches!(unit.start, Start::Text | Start::Indented) && line::underline(unit.text).is_none();
        if !marked && !lazy && !unit.mid {
            self.finish_as(inside.fence.is_some(), out);
            return self.open(unit, out);
        }
        if marked {
            let inner = prepare::unquote(unit.text);
            let blank = inside.fence.is_none() && line::is_blank(inner) && unit.end - inside.from > BLOCK_MAX / 8;
            if blank || unit.end - inside.from > BLOCK_MAX {
                inside.join(Kind::Quote, 0, self.end, unit.at, out);
            }
            inside.see(inner, unit.end);
        } else if unit.end - inside.from > BLOCK_MAX {
            inside.join(Kind::Quote, 0, self.end, unit.at, out);
        }
        self.end = unit.end;
        State::Quote(inside)
    }

    fn list(&mut self, mut list: List, unit: &Unit<'_>, out: &mut Vec<Step>) -> State {
        if unit.start == Start::Blank {
            if list.item.empty && self.end == list.marked {
                // An item that begins with two blank lines is empty and stays so.
                list.item.content = usize::MAX;
            }
            list.blank = true;
            list.inside.lazy = false;
            return State::List(list);
        }
        let (columns, _) = line::indent(unit.text);
        let inside = unit.mid || columns >= list.item.content;
        if !inside {
            match unit.start {
                Start::Item(item) if item.sign == list.item.sign => {
                    out.push(Step::Cut { at: unit.at, lead: Lead::Block });
                    let number = list.number.saturating_add(1);
                    self.end = unit.end;
                    return State::List(List { number, ..List::new(item, unit) });
                }
                Start::Text | Start::Indented if list.inside.lazy && !list.blank => {}
                _ => {
                    self.finish_as(list.inside.fence.is_some(), out);
                    return self.open(unit, out);
                }
            }
        }
        if unit.end - list.inside.from > BLOCK_MAX {
            let kind = Kind::List { start: list.item.number.map(|_| list.number) };
            list.inside.join(kind, list.item.content, self.end, unit.at, out);
        }
        if !unit.mid {
            let inner = line::strip(unit.text, list.item.content);
            list.inside.see(inner, unit.end);
        }
        list.blank = false;
        self.end = unit.end;
        State::List(list)
    }

    /// Cuts the paragraph after this unit, if its text has come to rest.
    fn rest(&mut self, mut paragraph: Paragraph, unit: &Unit<'_>, out: &mut Vec<Step>) -> State {
        let Unit { source, text, end, .. } = *unit;
        if end >= paragraph.try_at {
            paragraph.try_at = end + CHUNK;
            let piece = &source[paragraph.piece..end];
            let row = source[paragraph.line..end].contains('|');
            if !row && paragraph.math.is_none() {
                self.looked += piece.len();
            }
            if piece.len() >= PIECE_MAX || !row && paragraph.math.is_none() && prepare::is_calm(piece) {
                let lead = match text.as_bytes().last() {
                    Some(b'\n') => Lead::Line,
                    Some(b' ') => Lead::Space,
                    _ => Lead::Word,
                };
                out.push(Step::Cut { at: end, lead });
                paragraph.piece = end;
                paragraph.try_at = end + PIECE;
                paragraph.cut = true;
            }
        }
        State::Paragraph(paragraph)
    }
}

impl List {
    fn new(item: Item, unit: &Unit<'_>) -> List {
        let mut inside = Inside { from: unit.at, fence: None, lazy: false };
        inside.see(unit.text, unit.end);
        List { item, number: item.number.unwrap_or(1), inside, blank: false, marked: unit.end }
    }
}

/// One unit and what it looks like.
struct Unit<'a> {
    source: &'a str,
    text: &'a str,
    at: usize,
    end: usize,
    mid: bool,
    start: Start,
}

/// Just after the first line break of `source[at..to]`.
fn find_newline(source: &str, at: usize, searched: usize, to: usize) -> Option<usize> {
    let from = searched.clamp(at, source.len());
    let to = to.min(source.len());
    let found = source.as_bytes().get(from..to)?.iter().position(|byte| *byte == b'\n')?;
    Some(from + found + 1)
}
