//! The text inside an item or a quote, as far as the scanner must know it.

use super::Kind;
use super::line::{self, Fence, Item, Start};
use super::step::{Lead, Step};

/// So many list markers in a row are looked through for the text behind them.
const DEPTH_SEEN: usize = 8;

/// What is known of the text inside a container.
#[derive(Clone, Debug)]
pub(super) struct Inside {
    pub from: usize,
    pub fence: Option<Fence>,
    /// A line without the container's mark would go on with its paragraph.
    pub lazy: bool,
}

impl Inside {
    /// Takes note of one line of the container's text, which ends at `end`.
    pub fn see(&mut self, text: &str, end: usize) {
        let lazy = std::mem::replace(&mut self.lazy, false);
        // So far in it can only go on with a paragraph; alone it is code.
        let plain = lazy || line::indent(text).0 < 4;
        let mut text = text.trim_start_matches([' ', '\t']);
        if let Some(fence) = self.fence {
            if line::closes(&fence, text) {
                self.fence = None;
            }
            return;
        }
        for _ in 0..DEPTH_SEEN {
            match line::start(text) {
                Start::Fence(fence) => {
                    let at = end - text.len();
                    self.fence = Some(Fence { info: (at + fence.info.0, at + fence.info.1), indent: 0, ..fence });
                    return;
                }
                Start::Item(Item { empty: false, content, .. }) => {
                    text = text.get(content..).unwrap_or_default().trim_start_matches([' ', '\t']);
                }
                start => {
                    self.lazy = plain && matches!(start, Start::Text | Start::Quote);
                    return;
                }
            }
        }
    }

    /// Goes on in a new block: what is open has grown too long to be drawn again and again.
    pub fn join(&mut self, kind: Kind, strip: usize, end: usize, at: usize, out: &mut Vec<Step>) {
        out.push(Step::Close { at: end, fence: self.fence.is_some() });
        out.push(Step::Open { kind, at, lead: Lead::Joined { strip, fence: self.fence } });
        self.from = at;
    }
}
