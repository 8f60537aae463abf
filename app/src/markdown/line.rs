//! What a single line is, seen from the top level of a document.
//!
//! Pure functions without memory; `scan` gives them their context. They follow CommonMark 0.31 and GFM's
//! tables. Raw HTML is absent: it is text here, so it never opens a block.

/// The largest table that is still a table. Each row may be filled up to this many cells.
const COLUMNS_MAX: usize = 64;

/// What a line begins, were it the first of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Blank,
    Heading(u8),
    Rule,
    Fence(Fence),
    Quote,
    Item(Item),
    Indented,
    Text,
}

/// An opening code fence. `info` is relative to the start of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fence {
    pub mark: u8,
    pub len: usize,
    pub indent: usize,
    pub info: (usize, usize),
}

/// A list marker. `content` is the column at which the item's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub number: Option<u64>,
    pub sign: u8,
    pub content: usize,
    pub empty: bool,
}

/// Columns of leading white space, and how many bytes they take. A tab goes to the next multiple of four.
pub(super) fn indent(line: &str) -> (usize, usize) {
    let mut columns = 0;
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b' ' => columns += 1,
            b'\t' => columns += 4 - columns % 4,
            _ => return (columns, at),
        }
    }
    (columns, line.len())
}

/// The line without up to `columns` columns of leading white space.
pub(super) fn strip(line: &str, columns: usize) -> &str {
    let (mut seen, mut at) = (0, 0);
    for byte in line.bytes() {
        match byte {
            b' ' if seen < columns => seen += 1,
            b'\t' if seen < columns => seen += 4 - seen % 4,
            _ => break,
        }
        at += 1;
    }
    &line[at..]
}

pub(super) fn is_blank(line: &str) -> bool {
    line.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

pub(super) fn start(line: &str) -> Start {
    let (columns, at) = indent(line);
    let rest = line[at..].trim_end_matches(['\r', '\n']);
    let Some(first) = rest.bytes().next() else { return Start::Blank };
    if columns >= 4 {
        return Start::Indented;
    }
    match first {
        b'>' => return Start::Quote,
        b'#' => {
            let level = run(rest, b'#');
            if level <= 6 && matches!(rest.as_bytes().get(level), None | Some(b' ' | b'\t')) {
                return Start::Heading(u8::try_from(level).unwrap_or(6));
            }
        }
        b'`' | b'~' => {
            let len = run(rest, first);
            if len >= 3 && (first == b'~' || !rest[len..].contains('`')) {
                return Start::Fence(Fence { mark: first, len, indent: columns, info: (at + len, at + rest.len()) });
            }
        }
        b'-' | b'*' | b'_' if is_rule(rest, first) => return Start::Rule,
        _ => {}
    }
    item(rest, columns).map_or(Start::Text, Start::Item)
}

fn is_rule(rest: &str, mark: u8) -> bool {
    let mut marks = 0;
    for byte in rest.bytes() {
        match byte {
            b' ' | b'\t' => {}
            _ if byte == mark => marks += 1,
            _ => return false,
        }
    }
    marks >= 3
}

fn item(rest: &str, columns: usize) -> Option<Item> {
    let bytes = rest.as_bytes();
    let (number, width) = match bytes[0] {
        b'-' | b'+' | b'*' => (None, 1),
        b'0'..=b'9' => {
            let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits > 9 || !matches!(bytes.get(digits), Some(b'.' | b')')) {
                return None;
            }
            (rest[..digits].parse().ok(), digits + 1)
        }
        _ => return None,
    };
    let sign = bytes[width - 1];
    let after = &rest[width..];
    if after.bytes().all(|byte| matches!(byte, b' ' | b'\t')) {
        return Some(Item { number, sign, content: columns + width + 1, empty: true });
    }
    let mut gap = 0;
    for byte in after.bytes() {
        match byte {
            b' ' => gap += 1,
            b'\t' => gap += 4 - (columns + width + gap) % 4,
            _ => break,
        }
    }
    match gap {
        0 => None,
        1..=4 => Some(Item { number, sign, content: columns + width + gap, empty: false }),
        _ => Some(Item { number, sign, content: columns + width + 1, empty: false }),
    }
}

/// What may stand after a mark at a line's end, and no other white space: what a line is must not be said otherwise when
/// more of it has come.
const TRAILING: [char; 4] = [' ', '\t', '\r', '\n'];

/// True if the line ends the code that `fence` began.
pub(super) fn closes(fence: &Fence, line: &str) -> bool {
    let (columns, at) = indent(line);
    let rest = line[at..].trim_end_matches(TRAILING);
    columns < 4 && rest.len() >= fence.len && rest.bytes().all(|byte| byte == fence.mark)
}

/// True if an unfinished line may still come to close `fence`. Decides at once for all but a few lines, so
/// that text inside a fence is shown as it arrives.
pub(super) fn may_close(fence: &Fence, line: &str) -> bool {
    let (columns, at) = indent(line);
    let rest = line[at..].trim_end_matches(TRAILING);
    columns < 4 && line.len() <= 256 && rest.bytes().all(|byte| byte == fence.mark)
}

/// The heading level if the line underlines a paragraph.
pub(super) fn underline(line: &str) -> Option<u8> {
    let (columns, at) = indent(line);
    let rest = line[at..].trim_end_matches(TRAILING);
    let mark = *rest.as_bytes().first()?;
    let level = match mark {
        b'=' => 1,
        b'-' => 2,
        _ => return None,
    };
    (columns < 4 && rest.bytes().all(|byte| byte == mark)).then_some(level)
}

/// The alignment of each column if the line is the second of a table.
pub(super) fn delimiters(line: &str) -> Option<Vec<Align>> {
    let (columns, at) = indent(line);
    let rest = line[at..].trim_end_matches(TRAILING);
    if columns >= 4
        || !rest.contains(['|', ':'])
        || !rest.bytes().all(|b| matches!(b, b'|' | b':' | b'-' | b' ' | b'\t'))
    {
        return None;
    }
    let inner = rest.strip_prefix('|').unwrap_or(rest);
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    let cells: Option<Vec<Align>> = inner.split('|').take(COLUMNS_MAX + 1).map(align).collect();
    cells.filter(|cells| cells.len() <= COLUMNS_MAX)
}

/// Where the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Auto,
    Left,
    Center,
    Right,
}

fn align(cell: &str) -> Option<Align> {
    let cell = cell.trim();
    let dashes = cell.strip_prefix(':').unwrap_or(cell);
    let dashes = dashes.strip_suffix(':').unwrap_or(dashes);
    if dashes.is_empty() || dashes.bytes().any(|byte| byte != b'-') {
        return None;
    }
    Some(match (cell.starts_with(':'), cell.ends_with(':')) {
        (false, false) => Align::Auto,
        (true, false) => Align::Left,
        (true, true) => Align::Center,
        (false, true) => Align::Right,
    })
}

/// How many cells a line has, read as the head of a table.
pub(super) fn cells(line: &str) -> usize {
    let rest = line.trim();
    let rest = rest.strip_prefix('|').unwrap_or(rest);
    let (mut count, mut escaped, mut last) = (1, false, false);
    for byte in rest.bytes() {
        last = byte == b'|' && !escaped;
        count += usize::from(last);
        escaped = byte == b'\\' && !escaped;
    }
    count - usize::from(last)
}

/// What must follow if the line begins display mathematics and does not end it: `$$` or `\]`.
pub(super) fn display(line: &str) -> Option<&'static str> {
    let (columns, at) = indent(line);
    let rest = &line[at..];
    let close = match rest.get(..2)? {
        "$$" => "$$",
        "\\[" => "\\]",
        _ => return None,
    };
    (columns < 4 && !rest[2..].contains(close)).then_some(close)
}

/// How often `mark` stands at the start of `text`.
pub(super) fn run(text: &str, mark: u8) -> usize {
    text.bytes().take_while(|byte| *byte == mark).count()
}
