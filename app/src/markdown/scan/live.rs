//! What of a line that has not ended may be shown.

use super::super::line::{self, Start};
use super::{Scanner, State};

/// So many bytes of nothing but marks are withheld, until the line tells what they are; more are shown as they are,
/// for nobody is to look at nothing for long.
const MARKS_BYTES_MAX: usize = 64;

impl Scanner {
    /// True if an unfinished line must not be shown yet, because it may become anything.
    pub fn withholds(&self, partial: &str) -> bool {
        if self.mid {
            return false;
        }
        let text = partial.trim_start_matches(' ');
        // A number with something after it is an item, whatever comes; its inside may be numbers only.
        let item = matches!(line::start(partial), Start::Item(item) if item.number.is_some() && !item.empty);
        let marks = !item
            && partial.len() <= MARKS_BYTES_MAX
            && text.bytes().all(|b| b" \t\r-=*_+#>`~|:.)$\\[!0123456789".contains(&b));
        let fence =
            (text.starts_with("```") || text.starts_with("~~~")) && !text[3..].trim_start_matches('`').contains('`');
        let row = text.starts_with('|') && !matches!(self.state, State::Table);
        marks || fence || row
    }

    /// True in code at the top level, of which nothing is ever drawn twice.
    pub fn in_code(&self, partial: &str) -> bool {
        match self.state {
            State::Fenced(_) => true,
            State::Indented => self.mid || matches!(line::start(partial), Start::Blank | Start::Indented),
            _ => false,
        }
    }

    /// Where a paragraph's last line begins if it looks like the head of a table that has not come yet.
    pub fn expects_table(&self, source: &str, partial: &str) -> Option<usize> {
        let State::Paragraph(paragraph) = &self.state else { return None };
        let head = source.get(paragraph.line..)?.trim_start().starts_with('|');
        let open = !self.mid && partial.bytes().all(|byte| b"|:- \t\r".contains(&byte));
        (head && open && paragraph.line >= paragraph.piece).then_some(paragraph.line)
    }
}
