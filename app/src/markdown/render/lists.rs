//! Lists and their items.

use super::{Form, Writer};

/// So many lists may begin on one line, each the first thing in an item of the one before. The markers of more are text:
/// a line like `12. 1. 2. 3.` is meant as numbers, and as lists their markers would cover each other.
const LISTS_PER_LINE: usize = 2;

/// An open list.
pub(super) struct List {
    /// The number of its next item, if it is ordered.
    number: Option<u64>,
    /// Its markers are written as text.
    text: bool,
    /// As how many lists begin with its first item, counted from the outside.
    nth: usize,
}

impl Writer<'_, '_, '_> {
    /// Breaks the line, unless nothing stands in it.
    pub(super) fn apart(&mut self) {
        if self.out.len() > self.fresh_at {
            self.tag("<br>");
        }
    }

    /// The caller has written the tags of the list and the item that an item's inside stands in.
    fn outer(&self, depth: usize) -> bool {
        self.manner.form == Form::Item && self.stack.len() == depth
    }

    pub(super) fn start_list(&mut self, number: Option<u64>, deep: bool) -> &'static str {
        let first = self.out.len() == self.fresh_at;
        let (within, before) = self.lists.last().map_or((false, 0), |list| (list.text, list.nth));
        let nth = if first { before + 1 } else { 1 };
        let text = within || deep || nth > LISTS_PER_LINE || !self.blocks();
        let outer = self.outer(0);
        self.lists.push(List { number, text, nth });
        match number {
            _ if text || outer => "",
            None => {
                self.tag("<ul dir=\"auto\">");
                "</ul>"
            }
            Some(number) => {
                self.out.push_str(&ordered(number));
                "</ol>"
            }
        }
    }

    pub(super) fn start_item(&mut self) -> &'static str {
        let Some(list) = self.lists.last_mut() else { return "" };
        let number = list.number;
        list.number = number.map(|number| number.saturating_add(1));
        let end = if list.text {
            self.apart();
            if self.shows() {
                self.write(&number.map_or_else(|| "• ".to_owned(), |number| format!("{number}. ")));
            }
            ""
        } else if self.outer(1) {
            ""
        } else {
            self.tag("<li dir=\"auto\">");
            "</li>"
        };
        self.fresh_at = self.out.len();
        end
    }
}

/// The start of an ordered list.
pub(in crate::markdown) fn ordered(start: u64) -> String {
    if start == 1 { "<ol dir=\"auto\">".to_owned() } else { format!("<ol start=\"{start}\" dir=\"auto\">") }
}
