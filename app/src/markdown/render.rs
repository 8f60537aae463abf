//! One piece of Markdown to HTML: the only place where tags are written for what a text says.
//!
//! Tags and attributes are constants. What comes from the text goes through `html::escape` or `html::Ink`;
//! parser events that have no arm here write nothing but their text.

mod links;
mod lists;

use pulldown_cmark::{Alignment, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::code;
use super::html::{Ink, escape};
use super::prepare::{Is, Part, Prepared};
use super::url::{self, Target};
use lists::List;
pub(super) use lists::ordered;

/// Lists, quotes and emphasis deeper than this lose their tags and keep their text; lists keep their markers as text.
const DEPTH_MAX: usize = 32;

/// What is wanted of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Text and what stands in a line of text; the caller has written the block's tag.
    Inline,
    /// Whole blocks.
    Blocks,
    /// The inside of the first list item.
    Item,
    /// The cells of each row after the head; true for `th`.
    Row(bool),
}

/// How a piece is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    pub form: Form,
    pub reveal: bool,
    /// The first character was put there by us.
    pub drop_first: bool,
    /// The last code block is not finished.
    pub open_fence: bool,
    /// So many empty cells may be written: a row of two bytes must not become a thousand cells.
    pub empty_cells: usize,
}

/// Appends a piece as HTML and returns how many invisible characters it shows or hides.
pub(super) fn render(out: &mut String, prepared: &Prepared<'_>, manner: Manner) -> u32 {
    let mut options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    if manner.form != Form::Inline {
        options |= Options::ENABLE_TABLES;
    }
    let from = out.len();
    let mut writer = Writer {
        out,
        prepared,
        manner,
        ink: Ink::new(manner.reveal, true),
        stack: Vec::new(),
        plain: String::new(),
        links: 0,
        images: 0,
        code: false,
        in_row: false,
        head: false,
        aligns: Vec::new(),
        column: 0,
        cell: (0, 0),
        empty_cells: manner.empty_cells,
        closed_at: None,
        lists: Vec::new(),
        fresh_at: from,
    };
    for event in Parser::new_ext(&prepared.text, options) {
        writer.event(event);
    }
    if let Some(at) = writer.closed_at.filter(|_| manner.open_fence) {
        writer.out.replace_range(at..at + code::CLOSED.len(), "");
    }
    writer.ink.rest(writer.out);
    writer.ink.invisible
}

/// What ends an open tag.
enum End {
    Tag(&'static str),
    Link {
        target: Target,
        from: usize,
    },
    /// A link that is shown as text.
    Text(String),
    Image {
        address: String,
        from: usize,
    },
}

struct Writer<'o, 'p, 't> {
    out: &'o mut String,
    prepared: &'p Prepared<'t>,
    manner: Manner,
    ink: Ink,
    stack: Vec<End>,
    /// The text of the open link or image.
    plain: String,
    links: usize,
    images: usize,
    code: bool,
    in_row: bool,
    head: bool,
    aligns: Vec<Alignment>,
    column: usize,
    /// Where the open cell begins, and where its text does.
    cell: (usize, usize),
    empty_cells: usize,
    closed_at: Option<usize>,
    lists: Vec<List>,
    /// Where the last item or quote began: nothing stands in it yet while no more is written.
    fresh_at: usize,
}

impl Writer<'_, '_, '_> {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.code => self.verbatim(&text),
            Event::Text(text) => self.text(&text),
            Event::Code(code) => {
                self.tag("<code>");
                self.verbatim(&code);
                self.ink.rest(self.out);
                self.tag("</code>");
            }
            Event::SoftBreak | Event::HardBreak => {
                self.tag("<br>");
                self.gather(" ");
            }
            Event::TaskListMarker(done) => self.tag(if done {
                "<span role=\"img\" aria-label=\"done\">☑</span> "
            } else {
                "<span role=\"img\" aria-label=\"to do\">☐</span> "
            }),
            Event::Rule if self.blocks() => self.tag("<hr>"),
            Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            _ => {}
        }
    }

    /// Writes a constant, unless it would stand in an image's text or outside the rows that are wanted.
    fn tag(&mut self, tag: &'static str) {
        if self.images == 0 && self.shows() {
            self.out.push_str(tag);
        }
    }

    fn shows(&self) -> bool {
        self.in_row || !matches!(self.manner.form, Form::Row(_))
    }

    fn blocks(&self) -> bool {
        matches!(self.manner.form, Form::Blocks | Form::Item)
    }

    fn gather(&mut self, text: &str) {
        if (self.links > 0 || self.images > 0) && self.plain.len() < 4096 {
            self.plain.push_str(text);
        }
    }

    fn verbatim(&mut self, text: &str) {
        if self.shows() {
            let text = self.prepared.restore(text);
            self.write(&text);
        }
    }

    fn write(&mut self, text: &str) {
        self.gather(text);
        if self.images == 0 {
            self.ink.write(self.out, text);
        }
    }

    fn text(&mut self, text: &str) {
        if !self.shows() {
            return;
        }
        let text = if std::mem::take(&mut self.manner.drop_first) { text.get(1..).unwrap_or_default() } else { text };
        let prepared = self.prepared;
        prepared.parts(text, |part| match part {
            Part::Text(text) => self.write(text),
            Part::Slot(slot) => match slot.is {
                Is::Math { tex, display } if self.images == 0 => {
                    self.out.push_str(if display { "<etude-math display>" } else { "<etude-math>" });
                    self.write(tex);
                    self.ink.rest(self.out);
                    self.out.push_str("</etude-math>");
                }
                Is::Address if self.links == 0 && self.images == 0 => match url::admit(slot.source) {
                    Some(target) => {
                        self.open_link(&target);
                        self.write(slot.source);
                        self.close_link(&target, slot.source);
                    }
                    None => self.write(slot.source),
                },
                _ => self.write(slot.source),
            },
        });
    }

    fn start(&mut self, tag: Tag<'_>) {
        let end = match tag {
            Tag::Link { dest_url, .. } => self.start_link(&dest_url),
            Tag::Image { dest_url, .. } => {
                self.images += 1;
                if self.images == 1 && self.links == 0 {
                    self.plain.clear();
                }
                End::Image { address: self.prepared.restore(&dest_url), from: self.plain.len() }
            }
            Tag::CodeBlock(kind) => self.start_code(&kind),
            Tag::TableHead | Tag::TableRow => End::Tag(self.start_row(&tag)),
            Tag::TableCell => End::Tag(self.start_cell()),
            tag => {
                let end = self.start_plain(&tag);
                if let Tag::Table(aligns) = tag {
                    self.aligns = aligns;
                }
                End::Tag(end)
            }
        };
        self.stack.push(end);
    }

    fn start_code(&mut self, kind: &CodeBlockKind<'_>) -> End {
        if !self.blocks() {
            self.code = true;
            return End::Tag("");
        }
        let info = match kind {
            CodeBlockKind::Fenced(info) => self.prepared.restore(info),
            CodeBlockKind::Indented => String::new(),
        };
        let at = code::open_code(self.out, &info, true);
        self.closed_at = matches!(kind, CodeBlockKind::Fenced(_)).then_some(at);
        self.code = true;
        End::Tag(code::CODE_END)
    }

    fn start_row(&mut self, tag: &Tag<'_>) -> &'static str {
        self.head = matches!(tag, Tag::TableHead);
        self.column = 0;
        match (self.manner.form, self.head) {
            (Form::Inline, _) | (Form::Row(_), true) => "",
            (Form::Row(th), false) => {
                (self.in_row, self.head) = (true, th);
                ""
            }
            (_, true) => {
                self.tag("<thead><tr>");
                "</tr></thead><tbody>"
            }
            (_, false) => {
                self.tag("<tr>");
                "</tr>"
            }
        }
    }

    fn start_cell(&mut self) -> &'static str {
        if self.manner.form == Form::Inline || !self.shows() {
            return "";
        }
        let (start, end) = if self.head { ("<th dir=\"auto\"", "</th>") } else { ("<td dir=\"auto\"", "</td>") };
        let at = self.out.len();
        self.tag(start);
        self.tag(match self.aligns.get(self.column) {
            Some(Alignment::Center) => " data-align=\"center\">",
            Some(Alignment::Right) => " data-align=\"right\">",
            _ => ">",
        });
        self.column += 1;
        self.cell = (at, self.out.len());
        end
    }

    fn start_plain(&mut self, tag: &Tag<'_>) -> &'static str {
        let deep = self.stack.len() >= DEPTH_MAX;
        let (start, end) = match tag {
            Tag::Emphasis if !deep => ("<em>", "</em>"),
            Tag::Strong if !deep => ("<strong>", "</strong>"),
            Tag::Strikethrough if !deep => ("<del>", "</del>"),
            Tag::List(number) => return self.start_list(*number, deep),
            Tag::Item => return self.start_item(),
            _ if !self.blocks() => {
                // A block where there should be none: its text is kept apart, its tag is not written.
                self.apart();
                ("", "")
            }
            Tag::Paragraph => ("<p dir=\"auto\">", "</p>"),
            Tag::Heading { level, .. } => match *level as u8 {
                1 => ("<h3 dir=\"auto\">", "</h3>"),
                2 => ("<h4 dir=\"auto\">", "</h4>"),
                3 => ("<h5 dir=\"auto\">", "</h5>"),
                _ => ("<h6 dir=\"auto\">", "</h6>"),
            },
            Tag::BlockQuote(_) if !deep => ("<blockquote dir=\"auto\">", "</blockquote>"),
            Tag::Table(_) => ("<etude-table><table dir=\"auto\">", "</tbody></table></etude-table>"),
            _ => ("", ""),
        };
        self.tag(start);
        if matches!(tag, Tag::BlockQuote(_)) {
            self.fresh_at = self.out.len();
        }
        end
    }

    fn end(&mut self, tag: TagEnd) {
        if matches!(tag, TagEnd::CodeBlock) {
            self.code = false;
        }
        let Some(end) = self.stack.pop() else { return };
        match end {
            End::Tag("</td>" | "</th>") if self.out.len() == self.cell.1 && self.empty_cells == 0 => {
                self.out.truncate(self.cell.0);
            }
            End::Tag(end) => {
                if matches!(tag, TagEnd::TableCell) && self.out.len() == self.cell.1 {
                    self.empty_cells = self.empty_cells.saturating_sub(1);
                }
                if !matches!(tag, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough) && self.shows() {
                    self.ink.rest(self.out);
                }
                self.tag(end);
            }
            End::Link { target, from } => {
                self.links = 0;
                let text = std::mem::take(&mut self.plain);
                if self.out.len() == from {
                    escape(self.out, &target.href);
                }
                self.close_link(&target, &text);
            }
            End::Text(address) => {
                self.write("](");
                self.write(&address);
                self.write(")");
                self.ink.rest(self.out);
            }
            End::Image { address, from } => self.end_image(&address, from),
        }
        match tag {
            TagEnd::TableRow => self.in_row = false,
            TagEnd::List(_) => {
                self.lists.pop();
            }
            _ => {}
        }
    }
}
