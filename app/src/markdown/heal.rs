//! What is still open at the end of a text, and how to show it until the rest has come.
//!
//! Only what is unfinished is ever healed, so this need not agree with CommonMark to the letter: a text's
//! final form is made by the parser alone. It decides one more thing, where a long paragraph may be cut.

/// A mark that was opened.
#[derive(Clone, Copy, Debug)]
struct Open {
    mark: u8,
    len: usize,
    at: usize,
}

#[derive(Debug, Default)]
struct State {
    open: Vec<Open>,
    /// An unfinished code span: its backticks.
    code: Option<(usize, usize)>,
    /// A link whose destination has not ended: its `[` and its `]`.
    link: Option<(usize, usize)>,
}

/// So many marks are followed at once; a text with more of them is not worth healing.
const OPEN_MAX: usize = 64;

/// True if nothing is open.
pub(super) fn is_calm(text: &str) -> bool {
    let state = read(text);
    state.open.is_empty() && state.code.is_none() && state.link.is_none()
}

/// Finishes a text for show: emphasis and code are closed, of half a link only the text is left.
pub(super) fn heal(text: &mut String) {
    let from = text.rfind("\n\n").map_or(0, |at| at + 2);
    let mut tail = text.split_off(from);
    // What stands at the very end may be half a mark.
    let kept = tail.trim_end_matches(['*', '_', '~', '[', '!', '`']).len();
    let state = read(&tail);
    if kept < tail.len() && opens_at(&state, kept) {
        tail.truncate(kept);
    }
    let state = read(&tail);
    close(&mut tail, &state);
    text.push_str(&tail);
}

fn opens_at(state: &State, kept: usize) -> bool {
    let fresh = state.open.iter().any(|open| open.at >= kept);
    fresh
        || state.code.is_some_and(|(at, _)| at >= kept)
        || (state.code.is_none() && state.link.is_none() && state.open.is_empty())
}

fn close(tail: &mut String, state: &State) {
    if let Some((from, to)) = state.link {
        tail.truncate(to);
        unbracket(tail, from);
    }
    let mut closers = String::new();
    if let Some((_, len)) = state.code {
        closers.extend(std::iter::repeat_n('`', len));
    } else {
        let kept = tail.trim_end().len();
        tail.truncate(kept);
    }
    // From the end, so that offsets stay true.
    for open in state.open.iter().rev() {
        if open.mark == b'[' {
            unbracket(tail, open.at);
        } else {
            closers.extend(std::iter::repeat_n(char::from(open.mark), open.len));
        }
    }
    tail.push_str(&closers);
}

/// Removes a bracket and the exclamation mark of an image before it.
fn unbracket(tail: &mut String, at: usize) {
    let from = at - usize::from(tail[..at].ends_with('!'));
    tail.replace_range(from..=at, "");
}

fn read(text: &str) -> State {
    let bytes = text.as_bytes();
    let mut state = State::default();
    let mut at = 0;
    // Bit n: no run of n backticks comes any more.
    let mut no_run = 0_u64;
    while at < bytes.len() {
        let byte = bytes[at];
        match byte {
            b'\\' => at += 2,
            b'`' => {
                let len = super::line::run(&text[at..], b'`');
                let bit = 1 << len.min(63);
                match if no_run & bit == 0 { code_end(text, at + len, len) } else { None } {
                    Some(end) => at = end,
                    // Only the first one that stays open will be closed by what comes.
                    None => {
                        no_run |= bit;
                        state.code.get_or_insert((at, len));
                        at += len;
                    }
                }
            }
            b'*' | b'_' | b'~' => {
                let len = super::line::run(&text[at..], byte);
                if byte != b'~' || len == 2 {
                    emphasis(&mut state, text, at, len);
                }
                at += len;
            }
            b'[' => {
                if state.open.len() < OPEN_MAX {
                    state.open.push(Open { mark: b'[', len: 1, at });
                }
                at += 1;
            }
            b']' => at = bracket(&mut state, text, at),
            _ => at += 1,
        }
        if state.link.is_some() {
            break;
        }
    }
    if let Some((from, _)) = state.code {
        state.open.retain(|open| open.at < from);
        if state.link.is_some_and(|(at, _)| at > from) {
            state.link = None;
        }
    }
    state
}

fn code_end(text: &str, mut at: usize, run: usize) -> Option<usize> {
    loop {
        at += text.get(at..)?.find('`')?;
        let len = super::line::run(&text[at..], b'`');
        at += len;
        if len == run {
            return Some(at);
        }
    }
}

fn emphasis(state: &mut State, text: &str, at: usize, len: usize) {
    let mark = text.as_bytes()[at];
    let before = text[..at].chars().next_back().unwrap_or(' ');
    let after = text[at + len..].chars().next().unwrap_or(' ');
    let punctuation = |c: char| !c.is_alphanumeric() && !c.is_whitespace();
    let left = !after.is_whitespace() && (!punctuation(after) || before.is_whitespace() || punctuation(before));
    let right = !before.is_whitespace() && (!punctuation(before) || after.is_whitespace() || punctuation(after));
    let (opens, closes) = if mark == b'_' {
        (left && (!right || punctuation(before)), right && (!left || punctuation(after)))
    } else {
        (left, right)
    };
    let mut left_over = len;
    while closes && left_over > 0 {
        let Some(index) = state.open.iter().rposition(|open| open.mark == mark) else { break };
        let used = left_over.min(state.open[index].len);
        left_over -= used;
        state.open[index].len -= used;
        let keep = index + usize::from(state.open[index].len > 0);
        state.open.truncate(keep);
    }
    if opens && left_over > 0 && left_over < 8 && state.open.len() < OPEN_MAX {
        state.open.push(Open { mark, len: left_over, at });
    }
}

/// Looks at a `]` and returns where to go on.
fn bracket(state: &mut State, text: &str, at: usize) -> usize {
    let Some(index) = state.open.iter().rposition(|open| open.mark == b'[') else { return at + 1 };
    let from = state.open[index].at;
    let rest = &text[at + 1..];
    if rest.is_empty() {
        state.open.truncate(index);
        state.link = Some((from, at));
        return at + 1;
    }
    if !rest.starts_with('(') {
        state.open.truncate(index);
        return at + 1;
    }
    let mut depth = 0_usize;
    for (offset, byte) in rest.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 1 => {
                state.open.truncate(index);
                return at + 1 + offset + 1;
            }
            b')' => depth -= 1,
            b'\n' => {
                state.open.truncate(index);
                return at + 1;
            }
            _ => {}
        }
    }
    state.open.truncate(index);
    state.link = Some((from, at));
    text.len()
}
