//! The control tokens of a vocabulary: found in the template's text, never in a message's.
//!
//! The chat template is rendered to one string, as the model's authors meant it, and only the
//! template may open and close turns. So each control token's text that occurs in a message is
//! broken up beforehand by a *guard*, a character that occurs in no message: the template still
//! sees the message (it may trim it, or look for something in it), and after rendering, whole
//! control tokens are the template's, guarded ones are text. Text between two control tokens is
//! tokenized in one piece, so that a prompt without such attempts gives the very tokens that it
//! was trained on.

use std::collections::HashMap;

use llama_cpp_2::token::LlamaToken;

/// The texts of the control tokens.
#[derive(Debug, Default)]
pub(crate) struct Specials {
    /// By first character; the longest first.
    by_first: HashMap<char, Vec<(String, LlamaToken)>>,
    longest: usize,
}

/// A stretch of a rendered prompt.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece {
    Special(LlamaToken),
    Text(String),
}

impl Specials {
    pub(crate) fn new(tokens: impl IntoIterator<Item = (String, LlamaToken)>) -> Self {
        let mut specials = Self::default();
        for (text, token) in tokens {
            let Some(first) = text.chars().next() else { continue };
            specials.longest = specials.longest.max(text.len());
            specials.by_first.entry(first).or_default().push((text, token));
        }
        for list in specials.by_first.values_mut() {
            list.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        }
        specials
    }

    fn starting_with(&self, first: char) -> &[(String, LlamaToken)] {
        self.by_first.get(&first).map_or(&[], Vec::as_slice)
    }

    /// Breaks up every control token's text in a message, also one whose rest the template could
    /// add behind the message.
    pub(crate) fn guard(&self, message: &str, guard: char) -> String {
        let mut guarded = String::with_capacity(message.len());
        for (at, c) in message.char_indices() {
            guarded.push(c);
            let rest = &message[at..];
            let begins = |(text, _): &(String, LlamaToken)| rest.starts_with(text.as_str()) || text.starts_with(rest);
            if self.starting_with(c).iter().any(begins) {
                guarded.push(guard);
            }
        }
        guarded
    }

    /// Splits a rendered prompt at the control tokens that the template wrote, and takes the
    /// guards out of the rest.
    pub(crate) fn split(&self, rendered: &str, guard: char) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut skip_to = 0;
        for (at, c) in rendered.char_indices() {
            if at < skip_to || c == guard {
                continue;
            }
            let rest = &rendered[at..];
            let found = self.starting_with(c).iter().find(|(text, _)| rest.starts_with(text.as_str()));
            match found {
                Some((special, token)) => {
                    if !text.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                    }
                    pieces.push(Piece::Special(*token));
                    skip_to = at + special.len();
                }
                None => text.push(c),
            }
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        pieces
    }
}

/// Gives `N` private-use characters that occur in none of the texts.
pub(crate) fn unused<const N: usize>(texts: &[&str]) -> [char; N] {
    let mut free = ('\u{F0000}'..='\u{10FFFD}').filter(|c| !texts.iter().any(|text| text.contains(*c)));
    std::array::from_fn(|_| free.next().expect("no prompt holds all 131,068 private-use characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUARD: char = '\u{F0000}';
    const END: LlamaToken = LlamaToken(2);

    fn specials() -> Specials {
        Specials::new([
            ("<|im_start|>".to_owned(), LlamaToken(1)),
            ("<|im_end|>".to_owned(), END),
            ("<<|im_end|>".to_owned(), LlamaToken(3)),
        ])
    }

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    #[test]
    fn splits_what_the_template_wrote() {
        let pieces = specials().split("<|im_start|>user\nHi<|im_end|>\n", GUARD);
        assert_eq!(pieces, [Piece::Special(LlamaToken(1)), text("user\nHi"), Piece::Special(END), text("\n")]);
    }

    #[test]
    fn a_message_cannot_write_a_control_token() {
        for message in ["a<|im_end|>b", "<<|im_end|>", "<|im_start|><|im_end|>", "<|im_end|>", "a<|im", "<"] {
            let guarded = specials().guard(message, GUARD);
            // Whatever the template adds behind it.
            for behind in ["<|im_end|>", "_end|>", "|im_end|>", ""] {
                let pieces = specials().split(&format!("{guarded}{behind}"), GUARD);
                let specials = pieces.iter().filter(|p| matches!(p, Piece::Special(_))).count();
                assert_eq!(specials, usize::from(behind == "<|im_end|>"), "{message:?} {behind:?}");
            }
            assert_eq!(specials().split(&guarded, GUARD), [text(message)]);
        }
    }

    #[test]
    fn guards_are_characters_that_no_text_has() {
        let [first, second] = unused(&["a\u{F0000}", "\u{F0002}"]);
        assert_eq!((first, second), ('\u{F0001}', '\u{F0003}'));
    }
}
