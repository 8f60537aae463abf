//! Words as they are searched: lower case, without accents, one spelling for what looks alike.

use std::iter::{Enumerate, Peekable};
use std::str::Chars;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it is searched.
    pub folded: String,
    /// Where it begins in the text, in characters.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
}

/// The words of a text, in order. Scripts that put no blanks between words give each sign by itself.
pub fn words(text: &str) -> impl Iterator<Item = Word> {
    let mut reader = Reader::new(text);
    std::iter::from_fn(move || {
        let (from, to) = reader.read()?;
        Some(Word { folded: reader.word.clone(), from, to })
    })
}

/// Reads a text word by word, as [`words`] does, and holds no more than the last one.
pub struct Reader<'a> {
    letters: Peekable<Enumerate<Chars<'a>>>,
    /// The word that was read last, as it is searched.
    pub word: String,
}

impl<'a> Reader<'a> {
    /// Stands before the first word.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { letters: text.chars().enumerate().peekable(), word: String::new() }
    }

    /// Reads the next word; says where it begins in the text and where it ends, in characters.
    pub fn read(&mut self) -> Option<(usize, usize)> {
        let (from, first) = self.letters.find(|(_, letter)| letter.is_alphanumeric())?;
        self.word.clear();
        fold(first, &mut self.word);
        let mut to = from + 1;
        if stands_alone(first) {
            return Some((from, to));
        }
        while let Some((at, letter)) = self.letters.next_if(|(_, letter)| goes_on(*letter)) {
            fold(letter, &mut self.word);
            to = at + 1;
        }
        Some((from, to))
    }
}

/// Whether a letter belongs to the word before it.
fn goes_on(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_alphanumeric();
    }
    (letter.is_alphanumeric() && !stands_alone(letter)) || is_combining_mark(letter)
}

/// A whole text folded, blanks and signs included.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|letter| fold(letter, &mut out));
    out
}

fn fold(letter: char, out: &mut String) {
    if letter.is_ascii() {
        out.push(letter.to_ascii_lowercase());
        return;
    }
    // What Unicode does not take apart, and people type without.
    let plain = match letter {
        'ß' | 'ẞ' => "ss",
        'ø' | 'Ø' => "o",
        'ł' | 'Ł' => "l",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ı' | 'İ' => "i",
        'þ' | 'Þ' => "th",
        _ => "",
    };
    if !plain.is_empty() {
        out.push_str(plain);
        return;
    }
    decompose_compatible(letter, |part| {
        if !is_combining_mark(part) {
            out.extend(part.to_lowercase());
        }
    });
}

/// Chinese signs, kana: no blanks between words.
fn stands_alone(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a8_accents_and_cases_do_not_count() {
        let found = |text: &str| words(text).map(|word| word.folded).collect::<Vec<_>>();
        assert_eq!(found("Über-Größe, ÉTUDE n°5"), ["uber", "grosse", "etude", "n", "5"]);
        assert_eq!(found("e\u{301}tude ﬁne Łódź"), ["etude", "fine", "lodz"]);
        assert_eq!(found("契約 review"), ["契", "約", "review"]);
        let places: Vec<_> = words("ä bc").map(|word| (word.from, word.to)).collect();
        assert_eq!(places, [(0, 1), (2, 4)]);
    }
}
