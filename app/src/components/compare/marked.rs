//! An answer as it came, with what differs marked: a frame changes the lines that are new, and no others.

use std::ops::Range;

use leptos::html::Div;
use leptos::prelude::*;

use crate::state::compare::{Col, Marks};

/// What stands in the document.
#[derive(Debug, Clone, Default)]
struct Shown {
    epoch: u32,
    /// Where each line begins, in bytes.
    starts: Vec<usize>,
    /// Bytes in all.
    all: usize,
    marks: Marks,
}

impl Shown {
    /// The first byte at which the document is not what it should be; none where it is.
    fn first_wrong(&self, text: &str, epoch: u32, marks: &Marks) -> Option<usize> {
        if self.epoch != epoch || self.all > text.len() {
            return Some(0);
        }
        let moved = self.marks.ranges.iter().zip(&marks.ranges).find(|(before, now)| before != now);
        let moved = moved.map(|(before, now)| before.start.min(now.start));
        let shared = self.marks.ranges.len().min(marks.ranges.len());
        let added = self.marks.ranges.get(shared).or(marks.ranges.get(shared)).map(|range| range.start);
        let parts_at = |marks: &Marks| marks.parts_at.map(|(at, _)| at);
        let parted =
            (self.marks.parts_at != marks.parts_at).then(|| parts_at(&self.marks).into_iter().chain(parts_at(marks)));
        let grown = (text.len() > self.all).then_some(self.all);
        moved.or(added).into_iter().chain(parted.into_iter().flatten()).chain(grown).min()
    }

    /// Forgets the lines from the one on that has that byte; says how many are left, and where the first that went began.
    fn cut(&mut self, from: usize) -> (usize, usize) {
        let keep = self.starts.partition_point(|start| *start <= from).saturating_sub(1);
        let begin = self.starts.get(keep).copied().unwrap_or_default();
        self.starts.truncate(keep);
        (keep, begin)
    }
}

/// A growing answer with marks.
#[component]
pub(super) fn Marked(column: Col) -> impl IntoView {
    let node = NodeRef::<Div>::new();
    let shown = StoredValue::new(Shown::default());
    Effect::new(move || {
        let Some(root) = node.get() else { return };
        let epoch = column.run.epoch.get();
        column.marks.with(|marks| {
            column.run.text.with(|text| {
                shown.update_value(|shown| {
                    if let Some(from) = shown.first_wrong(text, epoch, marks) {
                        draw(&root, shown, text, marks, from, column.id);
                    }
                    shown.epoch = epoch;
                });
            });
        });
    });
    view! { <div class="marked" node_ref=node></div> }
}

fn draw(root: &web_sys::Element, shown: &mut Shown, text: &str, marks: &Marks, from: usize, id: u32) {
    let (keep, mut at) = shown.cut(from);
    let lines = root.children();
    let keep = u32::try_from(keep).unwrap_or(u32::MAX);
    while let Some(line) = lines.item(keep) {
        line.remove();
    }
    while at < text.len() {
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
        shown.starts.push(at);
        if let Some(line) = line(text, at..end, marks, id) {
            _ = root.append_child(&line);
        }
        at = end;
    }
    shown.all = text.len();
    shown.marks.clone_from(marks);
}

/// One line: its text, what differs in it marked, and the flag where it parts.
fn line(text: &str, range: Range<usize>, marks: &Marks, id: u32) -> Option<web_sys::Element> {
    let line = document().create_element("p").ok()?;
    line.set_class_name("marked__line");
    let mut at = range.start;
    let mut put = |to: usize, differs: bool| {
        // Each stretch is cut where the flag stands.
        let flag = marks.parts_at.filter(|(place, _)| (at..to).contains(place));
        for (end, flag) in flag.map(|(place, word)| (place, Some(word))).into_iter().chain([(to, None)]) {
            if end > at {
                append(&line, &text[at..end], differs);
            }
            if let Some(word) = flag {
                put_flag(&line, word, id);
            }
            at = end;
        }
    };
    let first = marks.ranges.partition_point(|mark| mark.end <= range.start);
    for mark in marks.ranges[first..].iter().take_while(|mark| mark.start < range.end) {
        let (from, to) = (mark.start.max(range.start), mark.end.min(range.end));
        put(from, false);
        put(to, true);
    }
    put(range.end, false);
    // Where one ends and the other goes on.
    if let Some((_, word)) = marks.parts_at.filter(|(place, _)| range.end == text.len() && *place == text.len()) {
        put_flag(&line, word, id);
    }
    Some(line)
}

fn append(line: &web_sys::Element, text: &str, differs: bool) {
    // The end of the line is that of its element.
    let text = text.trim_end_matches('\n');
    if text.is_empty() {
        return;
    }
    if !differs {
        _ = line.append_child(&document().create_text_node(text));
    } else if let Ok(mark) = document().create_element("span") {
        mark.set_class_name("differs");
        mark.set_text_content(Some(text));
        _ = line.append_child(&mark);
    }
}

fn put_flag(line: &web_sys::Element, word: usize, id: u32) {
    let Ok(flag) = document().create_element("span") else { return };
    flag.set_class_name("divergence__flag");
    flag.set_id(&format!("parts-{id}"));
    flag.set_text_content(Some(&format!("word {word}")));
    _ = line.append_child(&flag);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(ranges: &[Range<usize>], parts_at: Option<usize>) -> Marks {
        Marks { ranges: ranges.to_vec(), parts_at: parts_at.map(|at| (at, 1)) }
    }

    #[test]
    fn a_frame_touches_what_is_new_and_what_is_marked_otherwise() {
        let shown = Shown { epoch: 1, starts: vec![0, 10, 20], all: 25, marks: marks(&[12..14, 21..25], Some(12)) };
        let text = "x".repeat(30);
        for (text, epoch, now, want) in [
            (&text[..25], 1, marks(&[12..14, 21..25], Some(12)), None),
            (&text[..], 1, marks(&[12..14, 21..25], Some(12)), Some(25)),
            (&text[..], 1, marks(&[12..14, 21..27], Some(12)), Some(21)),
            (&text[..], 1, marks(&[12..14, 25..25], Some(12)), Some(21)),
            (&text[..], 1, marks(&[3..4, 12..14], Some(3)), Some(3)),
            (&text[..25], 1, marks(&[12..14, 21..25], None), Some(12)),
            (&text[..25], 2, marks(&[12..14, 21..25], Some(12)), Some(0)),
            (&text[..5], 1, marks(&[], None), Some(0)),
        ] {
            assert_eq!(shown.first_wrong(text, epoch, &now), want, "{now:?}");
        }
    }

    #[test]
    fn lines_are_cut_from_the_one_that_is_wrong() {
        let shown = Shown { starts: vec![0, 10, 20], ..Shown::default() };
        for (from, want) in [(0, (0, 0)), (9, (0, 0)), (10, (1, 10)), (25, (2, 20))] {
            assert_eq!(shown.clone().cut(from), want, "{from}");
        }
        assert_eq!(Shown::default().cut(0), (0, 0));
    }
}
