//! A command as words, as the command line of Windows reads it.

use super::shell::{Command, Word};

/// Reads one command from a place on, as the command line of Windows does, and then the program's own reading of it.
pub(super) fn windows(text: &str, at: usize) -> Command {
    let (line, end) = carets(text, at);
    let (mut words, mut word, mut is_quoted): (Vec<Word>, Option<String>, bool) = (Vec::new(), None, false);
    let mut chars = line.chars().peekable();
    let done = |word: &mut Option<String>, words: &mut Vec<Word>| {
        words.extend(word.take().map(|text| Word { text, is_expanded: false }));
    };
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' | '\r' if !is_quoted => done(&mut word, &mut words),
            '\\' => {
                let mut slashes = 1;
                while chars.next_if_eq(&'\\').is_some() {
                    slashes += 1;
                }
                let text = word.get_or_insert_default();
                if chars.peek() == Some(&'"') {
                    text.extend(std::iter::repeat_n('\\', slashes / 2));
                    if slashes % 2 == 1 {
                        chars.next();
                        text.push('"');
                    }
                } else {
                    text.extend(std::iter::repeat_n('\\', slashes));
                }
            }
            '"' if is_quoted && chars.next_if_eq(&'"').is_some() => word.get_or_insert_default().push('"'),
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    done(&mut word, &mut words);
    Command { words, stdin: None, end }
}

/// The line that a program is given: carets taken away, which stand before what would mean something and before ends of
/// lines.
fn carets(text: &str, at: usize) -> (String, usize) {
    let (mut out, mut is_quoted) = (String::new(), false);
    // Browsers put carets before everything, in quotes or not.
    let is_browsers = text.contains("^\\^\"");
    let mut chars = text[at..].char_indices().filter(|(_, c)| *c != '\r').peekable();
    while let Some((place, c)) = chars.next() {
        match c {
            '^' if !is_quoted => {
                let escaped = match chars.next() {
                    Some((_, '\n')) => chars.next(),
                    other => other,
                };
                out.extend(escaped.map(|(_, c)| c));
            }
            '\n' | '&' | '|' | '>' | '<' if !is_quoted => return (out, at + place),
            '\n' => return (out, at + place),
            c => {
                is_quoted ^= c == '"' && !is_browsers;
                out.push(c);
            }
        }
    }
    (out, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_has_its_own_rules() {
        let words = |text: &str| windows(text, 0).words.into_iter().map(|word| word.text).collect::<Vec<_>>();
        assert_eq!(words("curl ^\n  -d \"{\\\"a\\\":1}\" ^\r\n x & y"), ["curl", "-d", "{\"a\":1}", "x"]);
        assert_eq!(words("curl \"^{^\\^\"a^\\^\":^\\^\"b c^\\^\"^}\" d"), ["curl", "{\"a\":\"b c\"}", "d"]);
        assert_eq!(words("curl ^\"^{^\\^\"a^\\^\": ^\\^\"b c^\\^\"^}^\" d"), ["curl", "{\"a\": \"b c\"}", "d"]);
        assert_eq!(words("curl \"{\"\"a\"\":1}\""), ["curl", "{\"a\":1}"]);
        assert_eq!(words("curl ^\"a^\n\nb^\""), ["curl", "a\nb"]);
    }
}
