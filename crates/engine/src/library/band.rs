//! How long the next answer of a prompt will be, by how long earlier ones were.

use domain::prompt::OutputBand;

/// Fewest answers on which a band can be based: with nine, four of five of those to come fall between the least and the
/// most.
const RUNS_MIN: usize = 9;
/// Most answers on which it is based; what was long ago says little.
pub(crate) const RUNS_MAX: usize = 200;

/// How long an answer was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Length {
    /// Its tokens.
    pub tokens: u64,
    /// Whether a limit cut it short: without, it would have had at least as many.
    pub cut: bool,
}

/// The band in which the length of the next answer falls in four of five cases: order statistics of earlier ones, which
/// need no idea of how lengths are spread (a conformal interval: Vovk, Gammerman and Shafer, "Algorithmic Learning in a
/// Random World", 2005). The newest come first; none where too few are known.
///
/// With n of them there are n + 1 gaps into which the next one falls, each as likely as any other. The band takes in as
/// few as make four of five, so it holds too much by less than one gap; a gap that cannot be shared out evenly is left out
/// below, since what is too low costs nobody anything. What was cut short counts as longer than everything: where it would
/// have to be the band's end, the limit that the next one has is all that bounds it.
pub(crate) fn band(lengths: &[Length]) -> Option<OutputBand> {
    let lengths = &lengths[..lengths.len().min(RUNS_MAX)];
    if lengths.len() < RUNS_MIN {
        return None;
    }
    let mut known: Vec<u64> = lengths.iter().map(|length| length.tokens).collect();
    let mut whole: Vec<u64> = lengths.iter().filter(|length| !length.cut).map(|length| length.tokens).collect();
    known.sort_unstable();
    whole.sort_unstable();
    let gaps = lengths.len() + 1;
    let held = (gaps * 4).div_ceil(5);
    let least = (gaps - held).div_ceil(2);
    let most = least + held;
    Some(OutputBand { runs: lengths.len() as u64, least: known[least - 1], most: whole.get(most - 1).copied() })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// How lengths are spread: the next one, by dice.
    type Spread = fn(&mut fastrand::Rng) -> u64;

    /// Most are short, a few are very long.
    fn skewed(dice: &mut fastrand::Rng) -> u64 {
        let normal = (0..12).map(|_| dice.f64()).sum::<f64>() - 6.0;
        (5.0 + 0.8 * normal).exp() as u64
    }

    /// Two kinds of answers: a refusal, or an essay.
    fn of_two_kinds(dice: &mut fastrand::Rng) -> u64 {
        if dice.f64() < 0.6 { dice.u64(100..400) } else { dice.u64(5_000..9_000) }
    }

    /// What the next answer's tokens are under a limit, and whether it was cut.
    fn under(limit: u64, tokens: u64) -> Length {
        Length { tokens: tokens.min(limit), cut: tokens >= limit }
    }

    fn holds(band: OutputBand, limit: u64, next: u64) -> bool {
        (band.least.min(limit)..=band.most.unwrap_or(limit).min(limit)).contains(&next)
    }

    /// The share of answers that fall into the band of those before, where those had one limit and the next has another.
    fn share(spread: Spread, known: usize, before: u64, limit: u64) -> f64 {
        const TRIES: u32 = 4_000;
        let mut dice = fastrand::Rng::with_seed(known as u64);
        let held = (0..TRIES).filter(|_| {
            let earlier: Vec<Length> = (0..known).map(|_| under(before, spread(&mut dice))).collect();
            holds(band(&earlier).expect("enough runs"), limit, under(limit, spread(&mut dice)).tokens)
        });
        held.count() as f64 / f64::from(TRIES)
    }

    /// As far as 4,000 tries go astray in one case of ten thousand.
    const ASTRAY: f64 = 0.025;

    #[test]
    fn f7_the_band_holds_four_of_five_and_no_more_than_one_gap_beyond() {
        let wide: Spread = |dice| dice.u64(0..1_000_000);
        for spread in [skewed as Spread, of_two_kinds, wide] {
            for known in [9, 10, 13, 18, 19, 33, 50, 200] {
                let share = share(spread, known, u64::MAX, u64::MAX);
                let most = 0.8 + 1.0 / (known + 1) as f64;
                assert!((0.8 - ASTRAY..most + ASTRAY).contains(&share), "{known} runs: {share}");
            }
        }
    }

    #[test]
    fn f7_the_band_holds_where_a_limit_cuts_answers() {
        for known in [9, 13, 33, 200] {
            let same = share(skewed, known, 200, 200);
            assert!(same > 0.8 - ASTRAY, "{known} runs, the same limit: {same}");
            let raised = share(skewed, known, 100, 4_000);
            assert!(raised > 0.8 - ASTRAY, "{known} runs, a limit that was raised: {raised}");
            let lowered = share(skewed, known, 4_000, 100);
            assert!(lowered > 0.8 - ASTRAY, "{known} runs, a limit that was lowered: {lowered}");
        }
    }

    #[test]
    fn f7_a_band_needs_nine_and_looks_at_the_newest_alone() {
        let some = |count, tokens| vec![Length { tokens, cut: false }; count];
        assert_eq!(band(&some(8, 1)), None, "too few");
        assert_eq!(band(&some(9, 1)), Some(OutputBand { runs: 9, least: 1, most: Some(1) }));
        let all = [some(RUNS_MAX, 5), some(RUNS_MAX, 900)].concat();
        assert_eq!(band(&all), Some(OutputBand { runs: 200, least: 5, most: Some(5) }));
        let cut = vec![Length { tokens: 160, cut: true }; 9];
        assert_eq!(band(&cut), Some(OutputBand { runs: 9, least: 160, most: None }));
    }

    /// Runs of the embedded model, as they were recorded.
    #[derive(Deserialize)]
    struct Recorded {
        prompt: String,
        max_tokens: u64,
        tokens: Vec<u64>,
    }

    #[test]
    fn f7_the_band_holds_what_it_says_on_recorded_runs_that_it_has_not_seen() {
        let recorded: Vec<Recorded> =
            serde_json::from_str(include_str!("../../tests/recorded/lengths.json")).expect("a list of prompts");
        let (mut held, mut seen) = (0, 0);
        for Recorded { prompt, max_tokens, tokens } in &recorded {
            let lengths: Vec<Length> = tokens.iter().map(|tokens| under(*max_tokens, *tokens)).collect();
            let (earlier, later) = lengths.split_at(lengths.len() / 2);
            let band = band(earlier).expect("enough runs");
            let inside = later.iter().filter(|length| holds(band, *max_tokens, length.tokens)).count();
            let share = inside as f64 / later.len() as f64;
            assert!(share > 0.6, "{prompt}: {share} in {band:?}");
            held += inside;
            seen += later.len();
        }
        let share = f64::from(held as u32) / f64::from(seen as u32);
        assert!((0.75..0.95).contains(&share), "{held} of {seen} recorded runs: {share}");
    }
}
