//! Two answers while they come.

use std::ops::Range;

use super::align::{self, Cut, Gap, Match, Names};
use super::answer::{self, ANSWER_PIECES_MAX, Answer, Differences, Divergence};
use super::word;

/// Pieces of either answer that are compared at a time.
const WINDOW_PIECES: usize = 512;
/// How often that is done for one update.
const WINDOWS_PER_UPDATE: usize = 2;
/// Pieces in a row that, being the same, settle what stands before them.
const ANCHOR_PIECES: usize = 8;
/// Pieces at the end that stay open: what comes next may read them differently.
const OPEN_PIECES: usize = 48;
/// How much further than the shorter answer the longer one is looked at, at least.
const AHEAD_PIECES: usize = 64;

/// Two answers compared by word while they come.
///
/// What is settled is not looked at again: an update costs what is new, and at most two comparisons of
/// 512 words and blanks each, whatever has come before (about a millisecond at worst; 12 µs where a few
/// words differ). Once both answers are over, it compares them once more as a whole, if they are no
/// longer than [`ANSWER_PIECES_MAX`].
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// How far each is settled, in bytes.
    a_at: usize,
    b_at: usize,
    settled: Vec<Gap>,
    /// What differs after that, as of the last update.
    open: Vec<Gap>,
    /// Words of both that were compared, and those of them that differ: settled, and open.
    tally: [Tally; 2],
    divergence: Option<Divergence>,
    /// Whether both were over and nothing is left to do.
    is_final: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    words: usize,
    differing: usize,
}

const SETTLED: usize = 0;
const OPEN: usize = 1;

impl Live {
    /// Nothing has come yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Compares what has come since; says whether there is more to do than one update does, so that
    /// it is to be called again with what there is by then.
    ///
    /// Answers only grow: one that became shorter, or was exchanged, starts over.
    pub fn update(&mut self, a: Answer<'_>, b: Answer<'_>) -> bool {
        if self.is_final {
            return false;
        }
        if !(a.text.is_char_boundary(self.a_at) && b.text.is_char_boundary(self.b_at)) {
            *self = Self::new();
        }
        self.open.clear();
        self.tally[OPEN] = Tally::default();
        if self.divergence.is_none() {
            self.follow(a, b);
        }
        if self.divergence.is_some() {
            for _ in 0..WINDOWS_PER_UPDATE {
                if !self.look(a, b) {
                    self.finish(a, b);
                    return false;
                }
            }
            return true;
        }
        self.is_final = a.is_over && b.is_over;
        false
    }

    /// Where they part, once they do; it does not move.
    #[must_use]
    pub const fn divergence(&self) -> Option<Divergence> {
        self.divergence
    }

    /// What they do not share, of what was compared. What one of them has not come to yet is not among it.
    #[must_use]
    pub fn differences(&self) -> Differences {
        let mut differences = Differences::default();
        self.settled.iter().chain(&self.open).for_each(|gap| differences.push(gap));
        differences
    }

    /// How much of what was compared is the same, in percent of its words; 100 while nothing differs.
    #[must_use]
    pub fn agreement(&self) -> u8 {
        if self.settled.is_empty() && self.open.is_empty() {
            return 100;
        }
        let [settled, open] = self.tally;
        answer::percent(settled.words + open.words, settled.differing + open.differing)
    }

    /// Goes along while they are the same.
    fn follow(&mut self, a: Answer<'_>, b: Answer<'_>) {
        let (a_rest, b_rest) = (&a.text[self.a_at..], &b.text[self.b_at..]);
        let same = align::common_start(a_rest.as_bytes(), b_rest.as_bytes());
        let has_parted = answer::has_parted(a, b, self.a_at + same, self.b_at + same);
        let mut at = same;
        // The last word may go on.
        if (!a.is_over && same == a_rest.len()) || (!b.is_over && same == b_rest.len()) {
            at = at.saturating_sub(1);
        }
        while !(word::begins(a_rest, at) && word::begins(b_rest, at)) {
            at -= 1;
        }
        self.settle(a, b, at, at, &[]);
        if has_parted {
            self.divergence = Some(Divergence { word: self.tally[SETTLED].words / 2 + 1, at: self.a_at });
        }
    }

    /// Compares what comes next of both; says whether something was settled and there may be more.
    fn look(&mut self, a: Answer<'_>, b: Answer<'_>) -> bool {
        let (mut a_cut, mut b_cut) = (cut(a, self.a_at), cut(b, self.b_at));
        let spent = (is_spent(a, &a_cut), is_spent(b, &b_cut));
        // Where one has only begun, most of the other has nothing to be compared with yet.
        let (a_most, b_most) = (2 * b_cut.len() + AHEAD_PIECES, 2 * a_cut.len() + AHEAD_PIECES);
        if !spent.1 {
            a_cut.truncate(a_most);
        }
        if !spent.0 {
            b_cut.truncate(b_most);
        }
        let mut names = Names::default();
        let [a_names, b_names] = [&a_cut, &b_cut].map(|cut| names.name_all(cut.pieces.iter().copied()));
        let mut matches = align::matches(&a_names, &b_names, None);
        // Of many blanks it is the first that one who is still writing has come to.
        align::earliest(&mut matches, &a_names, &b_names);
        if let Some((a_to, b_to)) = settled(&matches, (&a_cut, spent.0), (&b_cut, spent.1)) {
            let matches: Vec<Match> = matches.iter().filter_map(|found| found.before(a_to, b_to)).collect();
            let gaps = in_bytes(&matches, (&a_cut, a_to), (&b_cut, b_to));
            self.settle(a, b, a_cut.start(a_to) - self.a_at, b_cut.start(b_to) - self.b_at, &gaps);
            return true;
        }
        // At the end, what one has not come to yet is none of the other's differences.
        let (a_last, b_last) = matches.last().map_or((0, 0), |last| (last.old + last.len, last.new + last.len));
        let tail = (a_cut.len() - a_last).min(b_cut.len() - b_last);
        let a_to = if spent.1 { a_cut.len() } else { a_last + tail };
        let b_to = if spent.0 { b_cut.len() } else { b_last + tail };
        self.open = in_bytes(&matches, (&a_cut, a_to), (&b_cut, b_to));
        self.tally[OPEN] =
            tally(a.text, b.text, self.a_at..a_cut.start(a_to), self.b_at..b_cut.start(b_to), &self.open);
        false
    }

    /// Compares both as a whole: settling went by what had come by then.
    fn finish(&mut self, a: Answer<'_>, b: Answer<'_>) {
        if !(a.is_over && b.is_over) {
            return;
        }
        self.is_final = true;
        let at = self.divergence.map_or(0, |divergence| divergence.at);
        if [a, b].iter().all(|answer| word::pieces(&answer.text[at..]).nth(ANSWER_PIECES_MAX).is_none()) {
            self.settled = align::gaps(a.text, b.text, ANSWER_PIECES_MAX, None);
            self.open.clear();
            self.tally = [tally(a.text, b.text, 0..a.text.len(), 0..b.text.len(), &self.settled), Tally::default()];
        }
    }

    fn settle(&mut self, a: Answer<'_>, b: Answer<'_>, a_len: usize, b_len: usize, gaps: &[Gap]) {
        let (a_range, b_range) = (self.a_at..self.a_at + a_len, self.b_at..self.b_at + b_len);
        (self.a_at, self.b_at) = (a_range.end, b_range.end);
        let more = tally(a.text, b.text, a_range, b_range, gaps);
        self.tally[SETTLED].words += more.words;
        self.tally[SETTLED].differing += more.differing;
        self.settled.extend_from_slice(gaps);
    }
}

/// The next pieces of an answer. The last one of an answer that may go on is not whole yet.
fn cut<'t>(answer: Answer<'t>, at: usize) -> Cut<'t> {
    let mut cut = Cut::of(&answer.text[at..], at, WINDOW_PIECES + 1);
    let whole = if answer.is_over { cut.len() } else { cut.len().saturating_sub(1) };
    cut.truncate(whole.min(WINDOW_PIECES));
    cut
}

/// Whether nothing comes of an answer after that.
fn is_spent(answer: Answer<'_>, cut: &Cut<'_>) -> bool {
    answer.is_over && cut.start(cut.len()) == answer.text.len()
}

/// How far both can be settled, in pieces. Each with whether nothing comes after.
fn settled(
    matches: &[Match],
    (a, a_spent): (&Cut<'_>, bool),
    (b, b_spent): (&Cut<'_>, bool),
) -> Option<(usize, usize)> {
    let anchored = matches.iter().rev().find_map(|found| {
        let room = |len: usize, at: usize| len.saturating_sub(OPEN_PIECES).saturating_sub(at);
        let len = found.len.min(room(a.len(), found.old)).min(room(b.len(), found.new));
        (len >= ANCHOR_PIECES).then_some((found.old + len, found.new + len))
    });
    let (a_full, b_full) = (a.len() >= WINDOW_PIECES, b.len() >= WINDOW_PIECES);
    let is_full = (a_full || a_spent) && (b_full || b_spent) && (a_full || b_full);
    // Nothing to hold on to, and no room left: half of it is settled as it is read now.
    anchored.or_else(|| is_full.then_some((a.len() / 2, b.len() / 2)))
}

/// What differs of so many pieces of both, in bytes.
fn in_bytes(matches: &[Match], (a, a_to): (&Cut<'_>, usize), (b, b_to): (&Cut<'_>, usize)) -> Vec<Gap> {
    let gaps = align::unmatched(matches, a_to, b_to).into_iter();
    align::tidy(gaps.map(|gap| Gap { old: a.bytes(&gap.old), new: b.bytes(&gap.new) }))
}

fn tally(a: &str, b: &str, a_range: Range<usize>, b_range: Range<usize>, gaps: &[Gap]) -> Tally {
    let differing = gaps.iter().map(|gap| word::count(&a[gap.old.clone()]) + word::count(&b[gap.new.clone()])).sum();
    Tally { words: word::count(&a[a_range]) + word::count(&b[b_range]), differing }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::answer::{differs, first_divergence};
    use super::super::texts;
    use super::*;

    /// Updates until there is nothing more to do.
    fn settle(live: &mut Live, a: Answer<'_>, b: Answer<'_>) {
        for _ in 0..10_000 {
            if !live.update(a, b) {
                return;
            }
        }
        panic!("it does not come to an end");
    }

    fn marked(text: &str, ranges: &[Range<usize>]) -> Vec<String> {
        ranges.iter().map(|range| text[range.clone()].to_owned()).collect()
    }

    #[test]
    fn a5_marks_what_differs_while_it_comes_and_not_what_has_not_come() {
        let a = "The clause caps liability at twice the fees and excludes data loss.";
        let steps = [
            ("The clause caps", &[][..], &[][..]),
            ("The clause caps risk at", &["liability"], &["risk"]),
            ("The clause caps risk at twice the fe", &["liability"], &["risk"]),
            ("The clause caps risk at twice the fees and ", &["liability"], &["risk"]),
        ];
        let mut live = Live::new();
        for (b, in_a, in_b) in steps {
            settle(&mut live, Answer::over(a), Answer::growing(b));
            let found = live.differences();
            assert_eq!(
                (marked(a, &found.in_a), marked(b, &found.in_b)),
                (in_a.iter().map(ToString::to_string).collect(), in_b.iter().map(ToString::to_string).collect()),
                "{b}"
            );
        }
        assert_eq!(live.divergence(), Some(Divergence { word: 4, at: 16 }));
        let b = "The clause caps risk at twice the fees.";
        settle(&mut live, Answer::over(a), Answer::over(b));
        let found = live.differences();
        assert_eq!(marked(a, &found.in_a), ["liability", " and excludes data loss"]);
        assert_eq!(marked(b, &found.in_b), ["risk"]);
        assert_eq!(live.agreement(), 70);
    }

    #[test]
    fn a5_the_same_answer_twice_never_differs() {
        let text = "One, two, three. ".repeat(500);
        let mut live = Live::new();
        for end in (0..=text.len()).step_by(7) {
            settle(&mut live, Answer::growing(&text[..end]), Answer::growing(&text[..end.saturating_sub(40)]));
            assert_eq!((live.divergence(), live.agreement()), (None, 100));
        }
        settle(&mut live, Answer::over(&text), Answer::over(&text));
        assert_eq!(live.differences(), Differences::default());
    }

    #[test]
    fn a5_long_answers_with_nothing_in_common_cost_no_more_per_update() {
        let text = |mark: &str| (0..6_000).map(|n| format!("{mark}{n} ")).collect::<String>();
        let (a, b) = (text("a"), text("b"));
        let mut live = Live::new();
        for end in (0..a.len()).step_by(400) {
            settle(&mut live, Answer::growing(&a[..end]), Answer::growing(&b[..end]));
            let left = word::pieces(&a[live.a_at..end]).count();
            assert!(left <= WINDOW_PIECES + 1, "{left} pieces are open");
        }
        settle(&mut live, Answer::over(&a), Answer::over(&b));
        assert_eq!(live.agreement(), 0);
    }

    #[test]
    fn a5_a_long_answer_beside_a_short_one_is_marked_to_its_end() {
        let long = (0..6_000).map(|n| format!("a{n} ")).collect::<String>();
        for (a, b) in [(long.as_str(), "b"), ("b", long.as_str()), (&long, "")] {
            let mut live = Live::new();
            settle(&mut live, Answer::over(a), Answer::over(b));
            let found = live.differences();
            let bytes = |ranges: &[Range<usize>]| ranges.iter().map(Range::len).sum::<usize>();
            assert!(bytes(&found.in_a) + 100 > a.len() && bytes(&found.in_b) + 100 > b.len(), "{found:?}");
        }
    }

    #[test]
    fn a_shorter_answer_starts_over() {
        let mut live = Live::new();
        settle(&mut live, Answer::growing("one two three four"), Answer::growing("one six three four"));
        assert!(live.divergence().is_some());
        settle(&mut live, Answer::growing("é"), Answer::growing("é"));
        assert_eq!(live.divergence(), None);
    }

    /// `cargo test --release -p domain -- --ignored --nocapture figures`
    #[test]
    #[ignore = "it measures: for a release build"]
    #[expect(clippy::disallowed_methods, reason = "what is measured here is real time")]
    fn a5_figures() {
        let words: Vec<&str> =
            "the of a clause party and shall is in by fees liability data loss cap twice to not under any"
                .split(' ')
                .collect();
        let prose = |seed: u64, count: usize| {
            let mut dice = fastrand::Rng::with_seed(seed);
            let mut word =
                || format!("{}{}", words[dice.usize(..words.len())], [" ", " ", " ", ", ", ". "][dice.usize(..5)]);
            (0..count).map(|_| word()).collect::<String>()
        };
        let (one, other) = (prose(1, 4_000), prose(2, 4_000));
        let few = one.replace(", liability", ", risk");
        for (name, a, b) in [("nothing in common", &one, &other), ("a few words differ", &one, &few)] {
            let mut live = Live::new();
            let (mut took, mut calls) = (Vec::new(), 0);
            for end in (0..a.len().min(b.len())).step_by(30) {
                let begin = std::time::Instant::now();
                _ = live.update(Answer::growing(&a[..end]), Answer::growing(&b[..end]));
                _ = live.differences();
                took.push(begin.elapsed());
                calls += 1;
            }
            took.sort_unstable();
            let begin = std::time::Instant::now();
            settle(&mut live, Answer::over(a), Answer::over(b));
            println!(
                "{name}: {} bytes, {calls} updates of 30 bytes, {:?} median, {:?} p99, {:?} most; the end {:?}; {}%",
                a.len(),
                took[calls / 2],
                took[calls * 99 / 100],
                took[calls - 1],
                begin.elapsed(),
                live.agreement(),
            );
        }
    }

    proptest! {
        #[test]
        fn a5_however_they_come_they_end_alike((a, b) in texts::edited(), steps in proptest::collection::vec((0..40_usize, 0..40_usize), 0..20)) {
            let floor = |text: &str, mut at: usize| { at = at.min(text.len()); while !text.is_char_boundary(at) { at -= 1; } at };
            let (mut live, mut at) = (Live::new(), (0, 0));
            for (a_more, b_more) in steps {
                at = (floor(&a, at.0 + a_more), floor(&b, at.1 + b_more));
                settle(&mut live, Answer::growing(&a[..at.0]), Answer::growing(&b[..at.1]));
                let Differences { in_a, in_b } = live.differences();
                for (text, ranges) in [(&a[..at.0], in_a), (&b[..at.1], in_b)] {
                    prop_assert!(ranges.windows(2).all(|pair| pair[0].end <= pair[1].start));
                    prop_assert!(ranges.iter().all(|range| text.get(range.clone()).is_some_and(|part| !part.is_empty())));
                }
            }
            settle(&mut live, Answer::over(&a), Answer::over(&b));
            prop_assert_eq!(live.divergence(), first_divergence(Answer::over(&a), Answer::over(&b)));
            prop_assert_eq!(live.differences(), differs(&a, &b, ANSWER_PIECES_MAX));
        }
    }
}
