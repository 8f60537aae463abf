//! Two answers, or more, to the same question.

use std::collections::HashMap;
use std::ops::Range;

use super::align::{self, Gap};
use super::word;

/// Pieces of either answer, past the common ends, up to which it is looked for what they have in common.
pub const ANSWER_PIECES_MAX: usize = 8_192;

/// An answer that may still be coming.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'t> {
    /// What has come of it.
    pub text: &'t str,
    /// Whether no more will come.
    pub is_over: bool,
}

impl<'t> Answer<'t> {
    /// An answer that is all there.
    #[must_use]
    pub const fn over(text: &'t str) -> Self {
        Self { text, is_over: true }
    }

    /// An answer of which more may come.
    #[must_use]
    pub const fn growing(text: &'t str) -> Self {
        Self { text, is_over: false }
    }
}

/// Where two answers part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Divergence {
    /// The number of the first word that differs, from 1.
    pub word: usize,
    /// Where that is, in bytes of either answer: up to there they are the same.
    pub at: usize,
}

/// What two answers do not share, in bytes of each, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// What stands in the first only.
    pub in_a: Vec<Range<usize>>,
    /// What stands in the second only.
    pub in_b: Vec<Range<usize>>,
}

impl Differences {
    pub(super) fn push(&mut self, gap: &Gap) {
        for (ranges, range) in [(&mut self.in_a, &gap.old), (&mut self.in_b, &gap.new)] {
            if !range.is_empty() {
                ranges.push(range.clone());
            }
        }
    }
}

/// Finds the first word at which two answers part.
///
/// An answer that is coming and is so far how the other begins has not parted from it. Once there is
/// a divergence, nothing that comes moves it. Costs the length of what they share.
#[must_use]
pub fn first_divergence(a: Answer<'_>, b: Answer<'_>) -> Option<Divergence> {
    let mut at = align::common_start(a.text.as_bytes(), b.text.as_bytes());
    if !has_parted(a, b, at, at) {
        return None;
    }
    while !(word::begins(a.text, at) && word::begins(b.text, at)) {
        at -= 1;
    }
    Some(Divergence { word: word::count(&a.text[..at]) + 1, at })
}

/// Whether two answers that share all up to there part there, whatever comes.
pub(super) fn has_parted(a: Answer<'_>, b: Answer<'_>, a_at: usize, b_at: usize) -> bool {
    match (a_at == a.text.len(), b_at == b.text.len()) {
        (false, false) => true,
        (true, true) => false,
        (true, false) => a.is_over,
        (false, true) => b.is_over,
    }
}

/// Finds what two answers do not share, by word.
///
/// Past their common ends, answers of more than `pieces_max` pieces (words, blanks, signs) differ as
/// a whole; up to there it costs at worst in the order of n × √n for n pieces, and is linear for
/// answers that are alike.
#[must_use]
pub fn differs(a: &str, b: &str, pieces_max: usize) -> Differences {
    let mut differences = Differences::default();
    align::gaps(a, b, pieces_max, None).iter().for_each(|gap| differences.push(gap));
    differences
}

/// How much of two answers is the same, in percent of the words of both; 100 only if they are identical.
///
/// Linear for answers that are alike; for others [`differs`] says what it costs.
#[must_use]
pub fn agreement(a: &str, b: &str) -> u8 {
    if a == b {
        return 100;
    }
    let Differences { in_a, in_b } = differs(a, b, ANSWER_PIECES_MAX);
    let count = |text: &str, ranges: &[Range<usize>]| {
        ranges.iter().map(|range| word::count(&text[range.clone()])).sum::<usize>()
    };
    percent(word::count(a) + word::count(b), count(a, &in_a) + count(b, &in_b))
}

/// The share of what does not differ. Never the whole: who asks knows that something does.
pub(super) fn percent(all: usize, differing: usize) -> u8 {
    let same = all.saturating_sub(differing);
    u8::try_from((same * 100).checked_div(all).unwrap_or(99).min(99)).unwrap_or(99)
}

/// Groups identical answers, by their places, in the order in which each first occurs.
#[must_use]
pub fn groups(answers: &[&str]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (place, answer) in answers.iter().enumerate() {
        let group = *known.entry(answer).or_insert(groups.len());
        if group == groups.len() {
            groups.push(Vec::new());
        }
        groups[group].push(place);
    }
    groups
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::texts;
    use super::*;

    #[test]
    fn a5_says_at_which_word_two_answers_part() {
        let (growing, over) = (Answer::growing, Answer::over);
        for (a, b, want) in [
            (growing("It is the cat"), growing("It is their cat"), Some((3, 6))),
            (growing("It is the"), growing("It is their cat"), None),
            (over("It is the"), growing("It is their cat"), Some((3, 6))),
            (over("It is"), over("It is, but"), Some((3, 5))),
            (growing("It is"), over("It is, but"), None),
            (growing("It is, but"), over("It is"), Some((3, 5))),
            (over("same"), over("same"), None),
            (growing(""), growing("x"), None),
            (over(""), growing("x"), Some((1, 0))),
            (growing("日本語"), growing("日本人"), Some((3, 6))),
            (growing("a 👍🏽"), growing("a 👍🏿"), Some((2, 2))),
        ] {
            let found = first_divergence(a, b).map(|Divergence { word, at }| (word, at));
            assert_eq!(found, want, "{a:?} and {b:?}");
        }
    }

    #[test]
    fn a5_says_how_much_is_the_same() {
        assert_eq!(agreement("", ""), 100);
        assert_eq!(agreement("one two three four", "one two three five"), 75);
        assert_eq!(agreement("yes", "no"), 0);
        assert_eq!(agreement("yes", "yes."), 99, "the words are the same, the answers are not");
        assert_eq!(agreement("!", "?"), 99);
    }

    #[test]
    fn a5_groups_identical_answers() {
        assert_eq!(groups(&["b", "a", "b", "", "a", ""]), [vec![0, 2], vec![1, 4], vec![3, 5]]);
        assert!(groups(&[]).is_empty());
    }

    #[test]
    fn beyond_the_bound_the_answers_differ_as_a_whole() {
        let bounded = |pieces_max| differs("a long word here", "b long word there", pieces_max);
        assert_eq!(bounded(7), Differences { in_a: vec![0..1, 12..16], in_b: vec![0..1, 12..17] });
        let whole = bounded(6);
        assert_eq!((&whole.in_a[..], &whole.in_b[..]), (&[0..16_usize; 1][..], &[0..17_usize; 1][..]));
    }

    proptest! {
        #[test]
        fn a_divergence_stays_where_it_is((a, b) in texts::edited()) {
            let places = |text: &str| -> Vec<usize> { text.char_indices().map(|(at, _)| at).chain([text.len()]).collect() };
            let mut known = None;
            let (a_places, b_places) = (places(&a), places(&b));
            for step in 0..a_places.len().max(b_places.len()) {
                let cut = |text, places: &[usize]| { let text: &str = text; &text[..places[step.min(places.len() - 1)]] };
                let found = first_divergence(Answer::growing(cut(&a, &a_places)), Answer::growing(cut(&b, &b_places)));
                prop_assert!(known.is_none() || known == found, "{:?}, then {:?}", known, found);
                known = found;
            }
            let end = first_divergence(Answer::over(&a), Answer::over(&b));
            prop_assert!(known.is_none() || known == end);
            prop_assert_eq!(end.is_none(), a == b);
            if let Some(Divergence { at, .. }) = end {
                prop_assert_eq!(&a[..at], &b[..at]);
            }
        }

        #[test]
        fn what_two_answers_share_is_the_same_text((a, b) in texts::edited(), pieces_max in 0..80_usize) {
            let Differences { in_a, in_b } = differs(&a, &b, pieces_max);
            let without = |text: &str, ranges: &[Range<usize>]| {
                let mut rest = text.to_owned();
                ranges.iter().rev().for_each(|range| rest.replace_range(range.clone(), ""));
                rest
            };
            prop_assert_eq!(without(&a, &in_a), without(&b, &in_b));
        }
    }
}
