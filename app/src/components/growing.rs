//! A text that grows: what is shown is never touched again.
//!
//! Closed blocks before, an open tail behind. A browser lays out a block as one piece, so only the tail may be
//! laid out again with each frame, and the tail is short. Blocks end at line breaks; the line break itself is
//! hidden, because the end of the block already shows one (and copies as one).

use leptos::html::{Div, Span};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::control::escape;

/// A block is closed at the first line break after this many bytes.
const BLOCK_BYTES: usize = 4 * 1024;
/// A line as long as this is broken at a blank, in bytes. No person writes one; layout must not stall on it.
const LINE_BYTES_MAX: usize = 32 * 1024;

/// How much of the text stands in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shown {
    epoch: u32,
    /// Bytes in closed blocks, their ends included.
    closed: usize,
    /// Bytes in all.
    all: usize,
}

/// A growing text. Only what is new reaches the document.
#[component]
pub fn Growing(
    /// All of the text.
    text: RwSignal<String>,
    /// Changes when the text begins anew.
    epoch: RwSignal<u32>,
) -> impl IntoView {
    let (blocks, tail) = (NodeRef::<Div>::new(), NodeRef::<Span>::new());
    let (initial, all) = text.with_untracked(|text| (escape(text)[1..].to_owned(), text.len()));
    let shown = StoredValue::new(Shown { epoch: epoch.get_untracked(), closed: 0, all });
    Effect::new(move || {
        let (Some(blocks), Some(tail)) = (blocks.get(), tail.get()) else { return };
        let epoch = epoch.get();
        text.with(|text| {
            let mut now = shown.get_value();
            if now.epoch != epoch || now.all > text.len() {
                now = Shown { epoch, closed: 0, all: 0 };
                blocks.set_text_content(None);
                tail.set_text_content(None);
            }
            if let Some(new) = text.get(now.all..).filter(|new| !new.is_empty()) {
                append(&tail, new);
                now.all = text.len();
            }
            let before = now.closed;
            while let Some(end) = block_end(&text[now.closed..]) {
                close(&blocks, &text[now.closed..now.closed + end]);
                now.closed += end;
            }
            if now.closed > before {
                tail.set_text_content(Some(&text[now.closed..]));
            }
            shown.set_value(now);
        });
    });
    view! {
        <div node_ref=blocks></div>
        <span node_ref=tail inner_html=initial></span>
    }
}

/// Where the first block of a text ends: after a line break, or after a blank of a line without end.
fn block_end(text: &str) -> Option<usize> {
    let after = |from: usize, byte: u8| {
        text.as_bytes().get(from..)?.iter().position(|here| *here == byte).map(|place| from + place + 1)
    };
    after(BLOCK_BYTES, b'\n').filter(|end| *end <= LINE_BYTES_MAX).or_else(|| after(LINE_BYTES_MAX, b' '))
}

fn close(blocks: &web_sys::HtmlElement, text: &str) {
    let (Ok(block), Ok(end)) = (document().create_element("div"), document().create_element("span")) else { return };
    let (shown, hidden) = text.split_at(text.len() - 1);
    block.set_text_content(Some(shown));
    end.set_text_content(Some(hidden));
    _ = end.set_attribute("hidden", "");
    _ = block.append_child(&end);
    _ = blocks.append_child(&block);
}

fn append(tail: &web_sys::HtmlElement, new: &str) {
    match tail.last_child().and_then(|node| node.dyn_into::<web_sys::Text>().ok()) {
        Some(node) => _ = node.append_data(new),
        None => _ = tail.append_child(&document().create_text_node(new)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b2_blocks_are_short_and_add_up() {
        let text = "0123456789 abcdé\n".repeat(10_000) + &"word ".repeat(100_000);
        let (mut at, mut longest) = (0, 0);
        while let Some(end) = block_end(&text[at..]) {
            assert!(text[at..at + end].ends_with(['\n', ' ']));
            longest = longest.max(end);
            at += end;
        }
        assert!(longest <= LINE_BYTES_MAX + 5, "{longest}");
        assert!(text.len() - at <= LINE_BYTES_MAX);
        assert_eq!(block_end("short\nlines\n"), None);
    }
}
