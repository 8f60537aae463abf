//! An answer as Markdown: each frame changes the last block and no other.

use leptos::html::Div;
use leptos::prelude::*;

use crate::markdown::{Block, Document, Within};

/// The text as blocks of HTML. What is shown already is not touched again.
#[component]
pub(super) fn Rendered(
    /// All of the text.
    text: RwSignal<String>,
    /// Changes when the text begins anew.
    epoch: RwSignal<u32>,
    /// Whether nothing more will come.
    #[prop(into)]
    ended: Signal<bool>,
    /// Whether characters that cannot be seen are shown by their names.
    reveal: RwSignal<bool>,
    /// Is told how many such characters there are.
    invisible: RwSignal<usize>,
) -> impl IntoView {
    let node = NodeRef::<Div>::new();
    let shown = {
        let mut shown = Shown { document: Document::default(), epoch: epoch.get_untracked() };
        text.with_untracked(|text| shown.document.push(text));
        if ended.get_untracked() {
            shown.document.finish();
        }
        shown
    };
    let initial: String = shown.document.blocks().iter().map(|block| block.html.as_str()).collect();
    let shown = StoredValue::new(shown);
    Effect::new(move || {
        let Some(node) = node.get() else { return };
        let (epoch, ended, reveal) = (epoch.get(), ended.get(), reveal.get());
        text.with(|text| shown.update_value(|shown| shown.follow(&node, text, epoch, ended, reveal)));
        invisible.set(shown.with_value(|shown| shown.document.invisible()));
    });
    view! { <div class="prose" node_ref=node inner_html=initial></div> }
}

/// What stands in the page.
struct Shown {
    document: Document,
    epoch: u32,
}

impl Shown {
    fn follow(&mut self, node: &web_sys::Element, text: &str, epoch: u32, ended: bool, reveal: bool) {
        let known = self.document.source().len();
        // What only grows was what it is up to here.
        if self.epoch != epoch || known > text.len() || !text.is_char_boundary(known) {
            *self = Self { document: Document::new(reveal), epoch };
            node.set_inner_html("");
        }
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

    fn show(&self, node: &web_sys::Element, change: &crate::markdown::Change) {
        let blocks = self.document.blocks();
        let children = node.children();
        // The first block that has no element of its own yet.
        let mut next = change.from;
        if let (Some(block), Some(child)) = (blocks.get(change.from), children.item(index(change.from))) {
            update(&child, block, &change.within);
            next += 1;
        }
        while let Some(extra) = children.item(index(next)) {
            extra.remove();
        }
        let more: String = blocks.get(next..).unwrap_or_default().iter().map(|block| block.html.as_str()).collect();
        if !more.is_empty() {
            _ = node.insert_adjacent_html("beforeend", &more);
        }
    }
}

fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn update(child: &web_sys::Element, block: &Block, within: &Within) {
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
