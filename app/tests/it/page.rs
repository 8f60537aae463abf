//! A page that knows only what a `Change` tells it, and must still show what the document has.

use app::markdown::{Block, Change, Document, Kind, Within};

use crate::checker;

#[derive(Default)]
pub struct Page {
    pub nodes: Vec<String>,
}

impl Page {
    pub fn apply(&mut self, change: &Change, blocks: &[Block]) {
        self.nodes.truncate(change.from + 1);
        let Some(block) = blocks.get(change.from) else {
            self.nodes.truncate(change.from);
            return;
        };
        match (&change.within, self.nodes.get_mut(change.from)) {
            (Within::Whole, Some(node)) => node.clone_from(&block.html),
            (_, None) => self.nodes.push(block.html.clone()),
            (Within::Pieces(keep), Some(node)) => {
                let (from, to) = checker::child(node, block.kind == Kind::Table, *keep);
                node.replace_range(from..to, block.pieces_from(*keep));
            }
            (Within::Append { html, closed }, Some(node)) => {
                let at = node.len() - "</code></pre></etude-code>".len();
                node.insert_str(at, html);
                if *closed && !node.contains(" closed dir=") {
                    let at = node.find(" dir=").expect("has dir");
                    node.insert_str(at, " closed");
                }
            }
        }
        self.nodes.extend(blocks[change.from + 1..].iter().map(|block| block.html.clone()));
    }
}

/// Pushes `text` in parts, checks page and HTML after each, and returns the finished blocks.
pub fn stream<'a>(parts: impl IntoIterator<Item = &'a str>, look: bool) -> Vec<Block> {
    let mut document = Document::default();
    let mut page = Page::default();
    let verify = |page: &Page, document: &Document| {
        let blocks = document.blocks();
        assert_eq!(page.nodes.len(), blocks.len(), "of {:?}", document.source());
        for (node, block) in page.nodes.iter().zip(blocks) {
            assert_eq!(node, &block.html, "of {:?}", document.source());
            assert_eq!(checker::check(&block.html), Ok(1), "of {:?}\n{}", document.source(), block.html);
        }
    };
    for part in parts {
        let change = document.push(part);
        if look {
            page.apply(&change, document.blocks());
            verify(&page, &document);
        }
    }
    let change = document.finish();
    if look {
        page.apply(&change, document.blocks());
        verify(&page, &document);
    }
    document.blocks().to_vec()
}

/// Cuts a text at random places.
pub fn split<'a>(text: &'a str, rng: &mut fastrand::Rng, longest: usize) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at = rest.ceil_char_boundary(rng.usize(1..=longest).min(rest.len()));
        parts.push(&rest[..at]);
        rest = &rest[at..];
    }
    parts
}
