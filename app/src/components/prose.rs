//! Markdown in an element of the page: blocks in parts, of which the browser lays out those in sight.

use web_sys::Element;

use crate::markdown::{Block, Change, Document, Within};

/// Blocks in a part. What is out of sight costs a frame as much as the number of parts: a long answer has hundreds, and
/// would have thousands of blocks.
const PART_BLOCKS: usize = 64;

/// A text as the server may have rendered it.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// All of it.
    pub text: String,
    /// Changes when the text begins anew.
    pub epoch: u32,
    /// Whether nothing more will come.
    pub ended: bool,
}

/// Markdown in an element of the page.
pub trait Shown: Send + Sync {
    /// Brings the element up to date with the text.
    fn follow(&mut self, node: &Element, text: &str, epoch: u32, ended: bool, reveal: bool);

    /// How many characters there are that one does not see.
    fn invisible(&self) -> usize;
}

/// What stands in the element.
pub struct Prose {
    document: Document,
    epoch: u32,
    /// Whether the element has been looked at.
    begun: bool,
}

impl Prose {
    /// A text that may stand in the element already.
    #[must_use]
    pub fn of(Prepared { text, epoch, ended }: Prepared) -> Self {
        let mut document = Document::default();
        document.push(&text);
        if ended {
            document.finish();
        }
        Self { document, epoch, begun: false }
    }

    /// What the server puts into the element.
    #[must_use]
    pub fn html(&self) -> String {
        self.document.blocks().chunks(PART_BLOCKS).map(part).collect()
    }

    fn show(&self, node: &Element, change: &Change) {
        let blocks = self.document.blocks();
        // The first block that has no element of its own yet.
        let mut next = change.from;
        if let (Some(block), Some(child)) = (blocks.get(next), child(node, next)) {
            update(&child, block, &change.within);
            next += 1;
        }
        keep(node, next);
        let mut more = blocks.get(next..).unwrap_or_default();
        if let Some(last) = node.last_element_child().filter(|_| !next.is_multiple_of(PART_BLOCKS)) {
            let (fitting, rest) = more.split_at(more.len().min(PART_BLOCKS - next % PART_BLOCKS));
            append(&last, &html(fitting));
            more = rest;
        }
        append(node, &more.chunks(PART_BLOCKS).map(part).collect::<String>());
    }
}

impl Shown for Prose {
    fn follow(&mut self, node: &Element, text: &str, epoch: u32, ended: bool, reveal: bool) {
        let known = self.document.source().len();
        // What only grows was what it is up to here.
        let other = self.epoch != epoch || known > text.len() || !text.is_char_boundary(known);
        // What has stood in until now is plain text, without an element.
        let stood_in = node.child_element_count() == 0 && node.has_child_nodes();
        let strange = !self.begun && (stood_in || count(node) != self.document.blocks().len());
        if other || strange {
            *self = Self { document: Document::new(reveal), epoch, begun: true };
            node.set_inner_html("");
        }
        self.begun = true;
        if reveal != self.document.reveals() {
            let change = self.document.reveal(reveal);
            self.show(node, &change);
        }
        let known = self.document.source().len();
        if text.len() > known {
            let change = self.document.push(&text[known..]);
            self.show(node, &change);
        }
        if ended {
            let change = self.document.finish();
            self.show(node, &change);
        }
    }

    fn invisible(&self) -> usize {
        self.document.invisible()
    }
}

fn html(blocks: &[Block]) -> String {
    blocks.iter().map(|block| block.html.as_str()).collect()
}

fn part(blocks: &[Block]) -> String {
    format!("<div class=\"prose__part\">{}</div>", html(blocks))
}

fn append(element: &Element, html: &str) {
    if !html.is_empty() {
        _ = element.insert_adjacent_html("beforeend", html);
    }
}

/// The element of a block.
fn child(node: &Element, place: usize) -> Option<Element> {
    node.children().item(index(place / PART_BLOCKS))?.children().item(index(place % PART_BLOCKS))
}

/// How many blocks have an element.
fn count(node: &Element) -> usize {
    let last = node.last_element_child().map_or(0, |last| last.child_element_count() as usize);
    (node.child_element_count() as usize).saturating_sub(1) * PART_BLOCKS + last
}

/// Removes the elements of all blocks but the first ones.
fn keep(node: &Element, first: usize) {
    let parts = index(first.div_ceil(PART_BLOCKS));
    while let Some(extra) = node.children().item(parts) {
        extra.remove();
    }
    let Some(last) = node.last_element_child().filter(|_| !first.is_multiple_of(PART_BLOCKS)) else { return };
    while let Some(extra) = last.children().item(index(first % PART_BLOCKS)) {
        extra.remove();
    }
}

fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn update(child: &Element, block: &Block, within: &Within) {
    match within {
        Within::Whole => child.set_outer_html(&block.html),
        Within::Pieces(keep) => {
            let body = child.query_selector("tbody").ok().flatten().unwrap_or_else(|| child.clone());
            let pieces = body.children();
            while let Some(old) = pieces.item(index(*keep)) {
                old.remove();
            }
            _ = body.insert_adjacent_html("beforeend", block.pieces_from(*keep));
        }
        Within::Append { html, closed } => {
            if let Ok(Some(code)) = child.query_selector("code") {
                _ = code.insert_adjacent_html("beforeend", html);
            }
            if *closed {
                _ = child.set_attribute("closed", "");
            }
        }
    }
}
