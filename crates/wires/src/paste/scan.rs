//! Python and JavaScript as tokens: enough to know what is a text, what a comment, and what is code.

/// Which of the two languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    Python,
    /// JavaScript, and TypeScript with it.
    Script,
}

/// A piece of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Name(&'a str),
    /// A text, or a regular expression.
    Text,
    Number,
    /// Any other character.
    Mark(u8),
    /// The end of a line.
    Line,
}

/// The tokens of a program, each with its place. What makes no sense is skipped up to the end of its line: no byte is
/// looked at twice.
pub(super) struct Tokens<'a> {
    pub text: &'a str,
    pub at: usize,
    tongue: Tongue,
    /// Whether a value has just ended, after which `/` divides.
    after_value: bool,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str, at: usize, tongue: Tongue) -> Self {
        Self { text, at, tongue, after_value: false }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = (usize, Token<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let start = self.at;
            let first = self.byte(0)?;
            if let Some(end) = comment_end(self.text, start, self.tongue) {
                self.at = end;
                continue;
            }
            let token = match first {
                b'\n' => {
                    self.at += 1;
                    return Some((start, Token::Line));
                }
                b' ' | b'\t' | b'\r' => {
                    self.at += 1;
                    continue;
                }
                b'\\' if self.byte(1) == Some(b'\n') => {
                    self.at += 2;
                    continue;
                }
                b'"' | b'\'' => {
                    self.at = string_end(self.text, start, self.tongue).0;
                    Token::Text
                }
                b'`' if self.tongue == Tongue::Script => {
                    self.at = template_end(self.text, start);
                    Token::Text
                }
                b'/' if self.tongue == Tongue::Script && !self.after_value => {
                    self.at = regex_end(self.text, start);
                    Token::Text
                }
                b'0'..=b'9' => {
                    self.at +=
                        run(&self.text[start..], |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'));
                    Token::Number
                }
                byte if is_name(byte) => {
                    self.at += run(&self.text[start..], |byte| is_name(byte) || byte.is_ascii_digit());
                    Token::Name(&self.text[start..self.at])
                }
                byte => {
                    self.at += 1;
                    Token::Mark(byte)
                }
            };
            self.after_value = match token {
                Token::Text | Token::Number | Token::Mark(b')' | b']' | b'}') => true,
                Token::Name(name) => !matches!(name, "return" | "typeof" | "case" | "in" | "of" | "await" | "yield"),
                Token::Mark(_) | Token::Line => false,
            };
            return Some((start, token));
        }
    }
}

/// Bytes of names; what is not ASCII belongs to one, too.
pub(super) const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

fn run(text: &str, belongs: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| belongs(*byte)).count()
}

/// The name that a text begins with, perhaps an empty one.
pub(super) fn name_at(text: &str) -> &str {
    if text.bytes().next().is_some_and(|byte| byte.is_ascii_digit()) {
        return "";
    }
    &text[..run(text, |byte| is_name(byte) || byte.is_ascii_digit())]
}

/// Where the comment ends that begins here.
pub(super) fn comment_end(text: &str, at: usize, tongue: Tongue) -> Option<usize> {
    let rest = &text[at..];
    let length = match tongue {
        Tongue::Python if rest.starts_with('#') => rest.find('\n'),
        Tongue::Script if rest.starts_with("//") => rest.find('\n'),
        Tongue::Script if rest.starts_with("/*") => rest[2..].find("*/").map(|place| place + 4),
        _ => return None,
    };
    Some(at + length.unwrap_or(rest.len()))
}

/// Where the text ends whose opening quote stands here, and whether it does: otherwise it is the rest of the line, or
/// of everything.
pub(super) fn string_end(text: &str, at: usize, tongue: Tongue) -> (usize, bool) {
    let bytes = text.as_bytes();
    let quote = bytes[at];
    let triple = [quote; 3];
    if tongue == Tongue::Python && bytes[at..].starts_with(&triple) {
        let mut end = at + 3;
        while end < bytes.len() {
            match bytes[end] {
                b'\\' => end += 1,
                byte if byte == quote && bytes[end..].starts_with(&triple) => return (end + 3, true),
                _ => {}
            }
            end += 1;
        }
        return (bytes.len(), false);
    }
    let mut end = at + 1;
    while end < bytes.len() {
        match bytes[end] {
            // A line may go on.
            b'\\' if bytes[end + 1..].starts_with(b"\r\n") => end += 2,
            b'\\' => end += 1,
            b'\n' => return (end, false),
            byte if byte == quote => return (end + 1, true),
            _ => {}
        }
        end += 1;
    }
    (bytes.len(), false)
}

/// Where the template ends whose opening quote stands here; code in it may hold templates of its own.
pub(super) fn template_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    // How many braces are open in each piece of code around the place.
    let mut codes: Vec<usize> = Vec::new();
    let mut in_template = true;
    let mut end = at + 1;
    while end < bytes.len() {
        match (in_template, bytes[end]) {
            (true, b'\\') => end += 1,
            (true, b'`') if codes.is_empty() => return end + 1,
            (true, b'`') => in_template = false,
            (true, b'$') if bytes.get(end + 1) == Some(&b'{') => {
                codes.push(0);
                in_template = false;
                end += 1;
            }
            (false, b'`') => in_template = true,
            (false, b'"' | b'\'') => {
                end = string_end(text, end, Tongue::Script).0;
                continue;
            }
            (false, b'{') => *codes.last_mut().expect("code is in a template") += 1,
            (false, b'}') => match codes.last_mut().expect("code is in a template") {
                0 => {
                    codes.pop();
                    in_template = true;
                }
                open => *open -= 1,
            },
            _ => {}
        }
        end += 1;
    }
    bytes.len()
}

/// Where the regular expression ends that begins here, or else its line.
fn regex_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let (mut end, mut in_class) = (at + 1, false);
    while end < bytes.len() && bytes[end] != b'\n' {
        match bytes[end] {
            b'\\' if bytes.get(end + 1).is_some_and(|byte| *byte != b'\n') => end += 1,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'/' if !in_class => return end + 1,
            _ => {}
        }
        end += 1;
    }
    end
}

/// The line, counted from 1, that a place is on.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    1 + text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, tongue: Tongue) -> Vec<&str> {
        let name = |(_, token)| if let Token::Name(name) = token { Some(name) } else { None };
        Tokens::new(text, 0, tongue).filter_map(name).collect()
    }

    #[test]
    fn texts_and_comments_are_no_code() {
        let python = "a = 'x\\'b' # c\nd(\"e\", \"\"\"f\n\" g\"\"\", h) \"open\ni";
        assert_eq!(names(python, Tongue::Python), ["a", "d", "h", "i"]);
        let script = "a = 'x\\'b' // c\nd(`e${f({g: `h`})} i`, j /* k\n */, l) / m / /n[/]`/.o \"open\np";
        assert_eq!(names(script, Tongue::Script), ["a", "d", "j", "l", "m", "o", "p"]);
    }

    #[test]
    fn whatever_comes_ends() {
        for text in ["\\'".repeat(500_000), "=/[".repeat(300_000), "`${".repeat(300_000), "/*".repeat(500_000)] {
            for tongue in [Tongue::Python, Tongue::Script] {
                assert!(Tokens::new(&text, 0, tongue).count() <= text.len());
            }
        }
    }
}
