//! Finding by a few letters: what a person types and what it may mean.

/// How well a text fits what was typed, and which of its letters do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// The higher, the better.
    pub score: i32,
    /// The letters that were typed, by their place in characters, in ascending order.
    pub marks: Vec<usize>,
    /// Whether a word was only found letter by letter.
    pub loose: bool,
}

/// Fits each word that was typed into a text, in any order: at the start of a word, within one, or letter by letter.
/// `None` where one of them does not fit.
#[must_use]
pub fn fit(typed: &str, text: &str) -> Option<Fit> {
    let letters: Vec<char> = text.chars().map(lower).collect();
    let mut marks = Vec::new();
    let (mut score, mut loose) = (0, false);
    for word in typed.split_whitespace() {
        let word: Vec<char> = word.chars().map(lower).collect();
        let (points, places) = place(&word, &letters)?;
        score += points;
        loose |= points == LOOSE;
        marks.extend(places);
    }
    marks.sort_unstable();
    marks.dedup();
    // Of two that fit alike, the shorter one is meant.
    Some(Fit { score: score * 64 - i32::try_from(letters.len().min(63)).unwrap_or_default(), marks, loose })
}

/// What a word is worth that is found letter by letter.
const LOOSE: i32 = 1;

fn lower(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

fn place(word: &[char], letters: &[char]) -> Option<(i32, Vec<usize>)> {
    let starts = |at: usize| at == 0 || !letters[at - 1].is_alphanumeric();
    let whole = |at: &usize| letters[*at..].starts_with(word);
    let places = || (0..letters.len()).filter(whole);
    if let Some(at) = places().find(|at| starts(*at)) {
        return Some((if at == 0 { 4 } else { 3 }, (at..at + word.len()).collect()));
    }
    if let Some(at) = places().next() {
        return Some((2, (at..at + word.len()).collect()));
    }
    let mut found = Vec::with_capacity(word.len());
    let mut from = 0;
    for letter in word {
        let at = from + letters[from..].iter().position(|here| here == letter)?;
        found.push(at);
        from = at + 1;
    }
    Some((LOOSE, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best<'a>(typed: &str, texts: &[&'a str]) -> Option<&'a str> {
        let fits = texts.iter().filter_map(|text| Some((fit(typed, text)?.score, *text)));
        fits.max_by_key(|(score, _)| *score).map(|(_, text)| text)
    }

    #[test]
    fn what_was_meant_comes_first() {
        let texts = ["Run", "Find a lost draft", "Use lab-large", "Use gpt-5-mini", "Dark theme", "Open the runs"];
        for (typed, meant) in [
            ("run", "Run"),
            ("runs", "Open the runs"),
            ("draft lost", "Find a lost draft"),
            ("gpt mini", "Use gpt-5-mini"),
            ("drk", "Dark theme"),
        ] {
            assert_eq!(best(typed, &texts), Some(meant), "{typed}");
        }
        assert_eq!(best("zzz", &texts), None);
    }

    #[test]
    fn marks_are_places_in_the_text() {
        let fit = fit("üb r", "Über rund").expect("fits");
        assert_eq!(fit.marks, [0, 1, 5]);
        assert_eq!(super::fit("", "x").expect("everything fits nothing").marks, Vec::<usize>::new());
    }
}
