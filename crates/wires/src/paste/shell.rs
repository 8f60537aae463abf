//! A command of a shell as words, as bash and its kin read it.

use super::document::{begins_value, repeated, unquoted};

/// A word of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub text: String,
    /// Whether the shell would put something else in its place, or a part of it.
    pub is_expanded: bool,
}

/// A command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Command {
    pub words: Vec<Word>,
    /// What it is given to read, where that is in the text.
    pub stdin: Option<Word>,
    /// Where it ends.
    pub end: usize,
}

/// Reads the commands that are joined by `|` from a place on, as bash does; nothing is run, nothing is looked up.
pub(super) fn pipeline(text: &str, at: usize) -> Vec<Command> {
    let mut shell =
        Shell { text, at, commands: vec![Command::default()], word: None, heredocs: Vec::new(), tries_left: 16 };
    shell.read();
    shell.word();
    shell.documents();
    let Shell { mut commands, at, .. } = shell;
    for command in &mut commands {
        command.end = at;
    }
    commands
}

struct Shell<'a> {
    text: &'a str,
    at: usize,
    commands: Vec<Command>,
    word: Option<(Vec<u8>, bool)>,
    heredocs: Vec<Heredoc>,
    /// How often a document in a word is still looked for: where there is none all of the text has been read for it.
    tries_left: u8,
}

/// A document that follows the line.
struct Heredoc {
    end: String,
    is_quoted: bool,
    strips_tabs: bool,
    command: usize,
}

impl Shell<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn push(&mut self, bytes: &[u8]) {
        self.word.get_or_insert_default().0.extend_from_slice(bytes);
    }

    fn expanded(&mut self) {
        self.word.get_or_insert_default().1 = true;
    }

    /// Ends the word that has begun.
    fn word(&mut self) {
        if let Some((bytes, is_expanded)) = self.word.take() {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            self.command().words.push(Word { text, is_expanded });
        }
    }

    fn command(&mut self) -> &mut Command {
        self.commands.last_mut().expect("there is always one")
    }

    fn read(&mut self) {
        while let Some(byte) = self.byte(0) {
            let length = match byte {
                b' ' | b'\t' | b'\r' => self.ends_word(1),
                0xc2 if self.byte(1) == Some(0xa0) => self.ends_word(2),
                b'\\' | b'`' if self.continuation().is_some() => self.continuation().unwrap_or_default(),
                b'\\' => {
                    let length = self.rest()[1..].chars().next().map_or(0, char::len_utf8);
                    let text = self.text;
                    self.push(&text.as_bytes()[self.at + 1..self.at + 1 + length]);
                    1 + length
                }
                b'\n' | b';' | b'&' | b')' => return,
                b'|' if self.byte(1) == Some(b'|') => return,
                b'|' => {
                    self.ends_word(0);
                    self.commands.push(Command::default());
                    1
                }
                b'#' if self.word.is_none() => self.rest().find('\n').unwrap_or(self.rest().len()),
                b'\'' => self.single(),
                b'"' => self.double(),
                b'$' if self.byte(1) == Some(b'\'') => self.ansi(),
                b'$' => self.dollar(),
                b'<' | b'>' => self.redirection(),
                byte => {
                    self.push(&[byte]);
                    1
                }
            };
            self.at += length;
        }
    }

    fn ends_word(&mut self, length: usize) -> usize {
        self.word();
        length
    }

    /// How long the mark is, with the end of the line, by which a command goes on in the next; also one with blanks
    /// behind it, as pages add them, and PowerShell's.
    fn continuation(&self) -> Option<usize> {
        let after = &self.rest()[1..];
        let blanks = after.len() - after.trim_start_matches([' ', '\t', '\r']).len();
        let is_alone = after[blanks..].starts_with('\n');
        (is_alone && (self.byte(0) == Some(b'\\') || self.word.is_none())).then_some(1 + blanks + 1)
    }

    fn single(&mut self) -> usize {
        let inner = &self.rest()[1..];
        let length = inner.find('\'').unwrap_or(inner.len());
        let bytes = inner.as_bytes()[..length].to_vec();
        self.push(&bytes);
        (1 + length + 1).min(self.rest().len())
    }

    fn double(&mut self) -> usize {
        let start = self.at;
        self.push(b"");
        self.at += 1;
        while let Some(byte) = self.byte(0) {
            let length = match (byte, self.byte(1)) {
                (b'"', _) => {
                    self.at += 1;
                    break;
                }
                (b'\\', Some(b'\n')) => 2,
                (b'\\', Some(escaped @ (b'$' | b'`' | b'"' | b'\\'))) => {
                    self.push(&[escaped]);
                    2
                }
                (b'$', _) => self.dollar(),
                (b'`', _) => {
                    self.expanded();
                    self.push(b"`");
                    1
                }
                (byte, _) => {
                    self.push(&[byte]);
                    1
                }
            };
            self.at += length;
        }
        let length = self.at - start;
        self.at = start;
        length
    }

    /// A variable, or a command in its place: kept as it is written. What only repeats a document is that document.
    fn dollar(&mut self) -> usize {
        if self.rest().starts_with("$(") && self.tries_left > 0 {
            self.tries_left -= 1;
            if let Some((document, length)) = repeated(self.rest()) {
                let document = document.to_owned();
                self.push(document.as_bytes());
                return length;
            }
        }
        if self.byte(1).is_some_and(begins_value) {
            self.expanded();
        }
        self.push(b"$");
        1
    }

    fn ansi(&mut self) -> usize {
        let inner = &self.rest()[2..];
        let (mut out, mut rest) = (Vec::new(), inner);
        while let Some(place) = rest.find(['\'', '\\']) {
            out.extend_from_slice(&rest.as_bytes()[..place]);
            let is_end = rest.as_bytes()[place] == b'\'';
            rest = &rest[place + 1..];
            if is_end {
                let length = 2 + inner.len() - rest.len();
                self.push(&out);
                return length;
            }
            rest = escape(rest, &mut out);
        }
        out.extend_from_slice(rest.as_bytes());
        self.push(&out);
        self.rest().len()
    }

    /// Notes a document that follows; other redirections take their word with them.
    fn redirection(&mut self) -> usize {
        let start = self.at;
        let is_number = self.word.as_ref().is_some_and(|(bytes, _)| bytes.iter().all(u8::is_ascii_digit));
        if is_number {
            self.word = None;
        }
        self.word();
        let rest = self.rest();
        let (mark, is_document) = match rest {
            rest if rest.starts_with("<<<") => ("<<<", false),
            rest if rest.starts_with("<<-") => ("<<-", true),
            rest if rest.starts_with("<<") => ("<<", true),
            rest if rest.starts_with(">>") => (">>", false),
            rest if rest.starts_with('<') => ("<", false),
            _ => (">", false),
        };
        self.at += mark.len();
        while matches!(self.byte(0), Some(b' ' | b'\t' | b'&')) {
            self.at += 1;
        }
        let before = self.at;
        let is_quoted = matches!(self.byte(0), Some(b'\'' | b'"' | b'\\'));
        let words = self.command().words.len();
        while let Some(byte) = self.byte(0) {
            let length = match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'|' | b'&' | b'<' | b'>' | b')' => break,
                b'\'' => self.single(),
                b'"' => self.double(),
                b'$' if self.byte(1) == Some(b'\'') => self.ansi(),
                b'$' => self.dollar(),
                b'\\' => 1,
                byte => {
                    self.push(&[byte]);
                    1
                }
            };
            self.at += length;
        }
        self.word();
        let command = self.commands.len() - 1;
        if let Some(mut word) = (self.command().words.len() > words).then(|| self.command().words.pop()).flatten() {
            match (mark, is_document) {
                (_, true) => {
                    self.heredocs.push(Heredoc { end: word.text, is_quoted, strips_tabs: mark == "<<-", command })
                }
                ("<<<", _) => {
                    word.text.push('\n');
                    self.command().stdin = Some(word);
                }
                _ => {}
            }
        }
        let length = self.at.max(before) - start;
        self.at = start;
        length
    }

    /// Reads the documents that follow the line.
    fn documents(&mut self) {
        let Some(mut begin) = self.text[self.at..].find('\n').map(|place| self.at + place + 1) else { return };
        for heredoc in std::mem::take(&mut self.heredocs) {
            let mut out = String::new();
            for line in self.text[begin..].split_inclusive('\n') {
                begin += line.len();
                let line = if heredoc.strips_tabs { line.trim_start_matches('\t') } else { line };
                if line.trim_end_matches(['\n', '\r']) == heredoc.end {
                    break;
                }
                out.push_str(line);
            }
            self.at = begin;
            let mut word = Word { text: out, is_expanded: false };
            if !heredoc.is_quoted {
                word = unquoted(&word.text);
            }
            self.commands[heredoc.command].stdin = Some(word);
        }
    }
}

/// One escape of `$'…'`, of which the backslash has been read; what follows it.
fn escape<'a>(rest: &'a str, out: &mut Vec<u8>) -> &'a str {
    let Some(c) = rest.chars().next() else { return rest };
    let after = &rest[c.len_utf8()..];
    let digits = |text: &str, base: u32, most: usize| -> (u32, usize) {
        let count = text.chars().take(most).take_while(|c| c.is_digit(base)).count();
        (u32::from_str_radix(&text[..count], base).unwrap_or_default(), count)
    };
    let plain = match c {
        'a' => 7,
        'b' => 8,
        'e' | 'E' => 27,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' | '\'' | '"' | '?' => u8::try_from(c).unwrap_or_default(),
        '0'..='7' => {
            let (code, count) = digits(rest, 8, 3);
            out.push(u8::try_from(code & 0xff).unwrap_or_default());
            return &rest[count..];
        }
        'x' | 'u' | 'U' => {
            let (code, count) = digits(
                after,
                16,
                match c {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                },
            );
            if c == 'x' && count > 0 {
                out.push(u8::try_from(code).unwrap_or_default());
            } else {
                let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            return &after[count..];
        }
        _ => {
            out.push(b'\\');
            out.extend_from_slice(&rest.as_bytes()[..c.len_utf8()]);
            return after;
        }
    };
    out.push(plain);
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        pipeline(text, 0).remove(0).words.into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_are_what_bash_makes_of_them() {
        for (text, want) in [
            (r#"a 'b c' "d \"e\" \$f \x" g\ h"#, &["a", "b c", r#"d "e" $f \x"#, "g h"][..]),
            ("a \\\n  b \\  \n c\nd", &["a", "b", "c"]),
            (r#"'it'\''s' 'it'"'"'s' ''"#, &["it's", "it's", ""]),
            (r"$'a\'b\n\x41\u00e9\101\\n\q' c", &["a'b\nAéA\\n\\q", "c"]),
            ("a # b", &["a"]),
            ("a b 2>/dev/null > out; c", &["a", "b"]),
            ("a\u{a0}b", &["a", "b"]),
            ("a \"$(cat <<'X'\n{\"b\": \")\"}\nX\n)\" c", &["a", "{\"b\": \")\"}", "c"]),
            ("a 'open", &["a", "open"]),
            ("a \"open", &["a", "open"]),
        ] {
            assert_eq!(words(text), want, "{text}");
        }
        let [ref a, ref b, ref c] = pipeline("\"x$A\" 'x$A' \"$5\"", 0)[0].words[..] else { panic!("three words") };
        assert!(a.is_expanded && !b.is_expanded && !c.is_expanded);
    }

    #[test]
    fn documents_go_to_their_command() {
        for (text, want) in [
            ("curl @- <<'X' -v\na $b \\$\nX\nc", "a $b \\$\n"),
            ("curl @- <<X\na \\$b \\\nc\nX\n", "a $b c\n"),
            ("curl @- <<-X\n\t\ta\n\tX\n", "a\n"),
            ("curl @- <<< 'a b'", "a b\n"),
            ("curl @- << \"X\"\na", "a"),
        ] {
            let command = pipeline(text, 0).remove(0);
            assert_eq!(command.stdin.map(|word| word.text).as_deref(), Some(want), "{text}");
            assert_eq!(command.words[1].text, "@-", "{text}");
        }
        let both = pipeline("cat <<X | curl -d @-\nbody\nX\n", 0);
        assert_eq!(both[0].stdin.as_ref().map(|word| word.text.as_str()), Some("body\n"));
        assert_eq!(both[1].words.len(), 3);
    }
}
