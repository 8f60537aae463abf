//! A word that is looked for, and how well another one fits.

use super::fold::words;

/// Most words that are searched for at a time.
const QUERY_WORDS_MAX: usize = 8;
/// Shortest word in which one mistake is forgiven, in characters.
const ONE_MISTAKE_CHARS_MIN: usize = 4;
/// Shortest word in which two are.
const TWO_MISTAKES_CHARS_MIN: usize = 8;
/// Shortest word that is looked for inside of others, in characters.
pub const INSIDE_CHARS_MIN: usize = 3;
/// Longest word that is compared letter by letter, in characters.
const COMPARED_CHARS_MAX: usize = 32;
/// Letters of ASCII.
const ASCII: usize = 128;

/// What is known of a word without reading it: most are passed over on the strength of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Its first eight bytes, the first of them highest.
    head: u64,
    /// Which letters it has.
    letters: u64,
}

impl Look {
    /// Looks at a word.
    #[must_use]
    pub fn of(word: &str) -> Self {
        let mut head = [0; 8];
        head.iter_mut().zip(word.bytes()).for_each(|(place, byte)| *place = byte);
        Self { head: u64::from_be_bytes(head), letters: letters(word) }
    }
}

/// Which letters a text has, one bit for all that share it.
#[must_use]
pub fn letters(text: &str) -> u64 {
    text.chars().fold(0, |mask, letter| mask | 1 << (u32::from(letter) % 64))
}

/// A word that is looked for.
pub struct Wanted {
    text: String,
    /// Its characters.
    count: usize,
    look: Look,
    /// Which bits of a head must be the same where a word begins with it.
    head_bits: u64,
    /// How many mistakes are forgiven.
    forgiven: u32,
    pattern: Pattern,
}

impl Wanted {
    /// The words of a query.
    #[must_use]
    pub fn all(query: &str) -> Vec<Self> {
        words(query).take(QUERY_WORDS_MAX).map(|word| Self::new(word.folded)).collect()
    }

    fn new(text: String) -> Self {
        let count = text.chars().count();
        let forgiven = match count {
            TWO_MISTAKES_CHARS_MIN..=COMPARED_CHARS_MAX => 2,
            ONE_MISTAKE_CHARS_MIN..TWO_MISTAKES_CHARS_MIN => 1,
            _ => 0,
        };
        let head_bits = u64::MAX.checked_shl(64 - 8 * text.len().min(8) as u32).unwrap_or_default();
        Self { count, look: Look::of(&text), head_bits, forgiven, pattern: Pattern::of(&text), text }
    }

    /// Whether a word may fit, as far as a look tells.
    #[must_use]
    pub fn may_fit(&self, look: Look) -> bool {
        if self.count < INSIDE_CHARS_MIN {
            return (look.head ^ self.look.head) & self.head_bits == 0;
        }
        // What lacks two of the letters is not one mistake away.
        (self.look.letters & !look.letters).count_ones() <= self.forgiven
    }

    /// How well a word fits: 0, not at all.
    #[must_use]
    pub fn fits(&self, word: &str) -> u32 {
        if let Some(rest) = word.strip_prefix(self.text.as_str()) {
            return if rest.is_empty() { 120 } else { 100 - (rest.len() as u32).min(20) };
        }
        if self.count >= INSIDE_CHARS_MIN && word.len() > self.text.len() && word.contains(self.text.as_str()) {
            return 40;
        }
        if self.forgiven == 0 {
            return 0;
        }
        match self.pattern.mistakes(word, self.forgiven) {
            Some(1) => 60,
            Some(_) => 30,
            None => 0,
        }
    }

    /// Where a text in lower case has it as it was typed, in bytes: where a word begins, or anywhere where it is long enough.
    #[must_use]
    pub fn stands_in(&self, text: &str) -> Option<usize> {
        let begins = |at: usize| !text[..at].chars().next_back().is_some_and(char::is_alphanumeric);
        let mut places = text.match_indices(self.text.as_str()).map(|(at, _)| at);
        places.find(|at| self.count >= INSIDE_CHARS_MIN || begins(*at))
    }

    /// Which characters of a word fit: for the eye.
    #[must_use]
    pub fn marks(&self, word: &str) -> Option<(usize, usize)> {
        if !self.may_fit(Look::of(word)) {
            return None;
        }
        let fits = self.fits(word);
        let length = word.chars().count();
        match fits {
            0 => None,
            40 => {
                let at = word.find(self.text.as_str()).map_or(0, |at| word[..at].chars().count());
                Some((at, at + self.count))
            }
            80.. => Some((0, self.count.min(length))),
            _ => Some((0, length)),
        }
    }
}

/// The letters of a word as bits: all of its places are compared with a letter at once.
struct Pattern {
    /// At which places a letter of ASCII stands.
    ascii: Box<[u32; ASCII]>,
    /// At which places other letters stand.
    others: Vec<(char, u32)>,
    count: u32,
}

impl Pattern {
    fn of(word: &str) -> Self {
        let mut pattern = Self { ascii: Box::new([0; ASCII]), others: Vec::new(), count: 0 };
        for letter in word.chars().take(COMPARED_CHARS_MAX) {
            let bit = 1 << pattern.count;
            match pattern.ascii.get_mut(letter as usize) {
                Some(places) => *places |= bit,
                None => match pattern.others.iter_mut().find(|(other, _)| *other == letter) {
                    Some((_, places)) => *places |= bit,
                    None => pattern.others.push((letter, bit)),
                },
            }
            pattern.count += 1;
        }
        pattern
    }

    fn places(&self, letter: char) -> u64 {
        let other = || self.others.iter().find(|(other, _)| *other == letter).map(|(_, places)| places);
        u64::from(self.ascii.get(letter as usize).or_else(other).copied().unwrap_or_default())
    }

    /// How many letters must be changed, added, left out or swapped until what was typed is a beginning of `word`, if no
    /// more than `most`.
    ///
    /// A column of the table of distances is held as bits that say where it rises and falls by one: a letter of `word`
    /// takes a dozen steps, however long the pattern is (Hyyrö, "A Bit-Vector Algorithm for Computing Levenshtein and
    /// Damerau Edit Distances", 2003; optimal string alignment, with the end of the word left open).
    fn mistakes(&self, word: &str, most: u32) -> Option<u32> {
        let last = 1_u64 << (self.count - 1);
        let (mut rises, mut falls) = (u64::MAX, 0_u64);
        let (mut level, mut before) = (0_u64, 0_u64);
        let mut distance = self.count;
        let mut best = distance;
        for letter in word.chars().take((self.count + most) as usize) {
            let same = self.places(letter);
            let swapped = ((!level & same) << 1) & before;
            level = (((same & rises).wrapping_add(rises)) ^ rises) | same | falls | swapped;
            let up = falls | !(level | rises);
            let down = level & rises;
            distance += u32::from(up & last != 0);
            distance -= u32::from(down & last != 0);
            best = best.min(distance);
            let up = (up << 1) | 1;
            rises = (down << 1) | !(level | up);
            falls = up & level;
            before = same;
        }
        (best <= most).then_some(best)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same as [`Pattern::mistakes`], by the table itself.
    fn by_table(typed: &str, word: &str, most: u32) -> Option<u32> {
        let (typed, word): (Vec<char>, Vec<char>) = (typed.chars().collect(), word.chars().collect());
        let mut table = vec![vec![0_u32; typed.len() + 1]; word.len() + 1];
        table[0].iter_mut().zip(0..).for_each(|(cell, n)| *cell = n);
        for row in 1..=word.len() {
            table[row][0] = row as u32;
            for column in 1..=typed.len() {
                let differ = u32::from(typed[column - 1] != word[row - 1]);
                let mut least = (table[row - 1][column] + 1).min(table[row][column - 1] + 1);
                least = least.min(table[row - 1][column - 1] + differ);
                let swapped =
                    row > 1 && column > 1 && typed[column - 1] == word[row - 2] && typed[column - 2] == word[row - 1];
                if swapped {
                    least = least.min(table[row - 2][column - 2] + 1);
                }
                table[row][column] = least;
            }
        }
        table.iter().map(|row| row[typed.len()]).min().filter(|least| *least <= most)
    }

    #[test]
    fn mistakes_are_counted_to_an_open_end() {
        let count = |typed: &str, word: &str| Pattern::of(typed).mistakes(word, 2);
        assert_eq!(count("caluse", "clauses"), Some(1));
        assert_eq!(count("reveiw", "reviewer"), Some(1));
        assert_eq!(count("contrcats", "contracts"), Some(1));
        assert_eq!(count("abcdef", "uvwxyz"), None);
        assert_eq!(count("договр", "договор"), Some(1));
    }

    #[test]
    fn a_short_word_fits_by_its_beginning_alone() {
        let wanted = &Wanted::all("cl")[0];
        let fits = |word: &str| if wanted.may_fit(Look::of(word)) { wanted.fits(word) } else { 0 };
        assert_eq!([fits("cl"), fits("clause"), fits("uncle"), fits("c")], [120, 96, 0, 0]);
    }

    proptest! {
        #[test]
        fn bits_count_mistakes_as_the_table_does(typed in "[abcé]{4,32}", word in "[abcé]{0,36}") {
            prop_assert_eq!(Pattern::of(&typed).mistakes(&word, 2), by_table(&typed, &word, 2));
        }

        #[test]
        fn a_look_passes_over_nothing_that_fits(typed in "[a-eé]{1,12}", word in "[a-eé]{1,14}") {
            let wanted = Wanted::new(typed);
            prop_assert!(wanted.fits(&word) == 0 || wanted.may_fit(Look::of(&word)));
        }
    }
}
