//! The element that holds code.

use super::html::escape;

/// The attribute of code whose fence has ended.
pub(super) const CLOSED: &str = " closed";

/// Appends the start of a block of code and returns where ` closed` stands or would stand.
pub(super) fn open_code(out: &mut String, info: &str, closed: bool) -> usize {
    out.push_str("<etude-code");
    if let Some(lang) = language(info) {
        out.push_str(" language=\"");
        escape(out, &lang);
        out.push('"');
    }
    let at = out.len();
    if closed {
        out.push_str(CLOSED);
    }
    out.push_str(" dir=\"ltr\"><pre><code>");
    at
}

pub(super) const CODE_END: &str = "</code></pre></etude-code>";

/// The language an info string names: its first word, if that is one.
fn language(info: &str) -> Option<String> {
    let word = info.trim().split([' ', '\t', '{', ',']).next()?.to_ascii_lowercase();
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+#.-".contains(&byte);
    (matches!(word.len(), 1..=32) && word.bytes().all(good)).then_some(word)
}
