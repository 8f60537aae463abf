//! Picks a token from logits.
//!
//! Our own and not llama.cpp's chain: it needs no foreign state for each sequence, the penalties
//! are OpenAI's definition (over generated tokens, subtracted from the logit), and a run is a
//! function of logits and seed that is tested without a model. Order: penalties, grammar,
//! temperature, top_k, top_p (as in vLLM and Hugging Face's `generate`).
//!
//! The draw is a race (the Gumbel-max trick): each token has a random time of its own, from seed,
//! step and token, divided by its weight; the earliest wins. That is the same distribution as one
//! random number laid along the cumulated weights, but where logits differ in their last digits,
//! as they do in different company (see the crate's documentation), only a photo finish has
//! another winner; the cumulated weights would all shift, and a run would soon be another one.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::protocol::Sampling;

/// Candidates looked at first when top_p is on: few tokens have most of the probability, and a
/// vocabulary has tens of thousands to sort.
const NUCLEUS_FIRST_LOOK: usize = 256;

/// The sampler of one sequence.
#[derive(Debug)]
pub(crate) struct Sampler {
    sampling: Sampling,
    counts: HashMap<u32, u32>,
    random: Random,
    logits: Vec<f32>,
    candidates: Vec<(f32, u32)>,
}

impl Sampler {
    pub(crate) fn new(sampling: Sampling) -> Self {
        let seed = sampling.seed.unwrap_or_else(|| RandomState::new().hash_one(0));
        Self {
            sampling,
            counts: HashMap::new(),
            random: Random { seed, step: 0 },
            logits: Vec::new(),
            candidates: Vec::new(),
        }
    }

    /// Picks the next token among those that `restrict` leaves (it sets the others' logits to
    /// minus infinity), and remembers it for the penalties.
    pub(crate) fn pick(&mut self, logits: &[f32], restrict: impl FnOnce(&mut [f32])) -> u32 {
        self.logits.clear();
        self.logits.extend_from_slice(logits);
        let Sampling { presence_penalty, frequency_penalty, .. } = self.sampling;
        for (&token, &count) in &self.counts {
            self.logits[token as usize] -= presence_penalty + frequency_penalty * count as f32;
        }
        restrict(&mut self.logits);
        self.random.step += 1;
        let token = if self.sampling.temperature > 0.0 { self.draw() } else { self.likeliest() };
        *self.counts.entry(token).or_default() += 1;
        token
    }

    fn likeliest(&self) -> u32 {
        let mut best = 0;
        for (token, logit) in self.logits.iter().enumerate() {
            if *logit > self.logits[best] {
                best = token;
            }
        }
        best as u32
    }

    fn draw(&mut self) -> u32 {
        let Sampling { temperature, top_p, top_k, .. } = self.sampling;
        let max = self.logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let weights = self.logits.iter().map(|logit| ((logit - max) / temperature).exp());
        self.candidates.clear();
        self.candidates.extend(weights.zip(0..).filter(|(weight, _)| *weight > 0.0));
        let top_k = top_k as usize;
        if top_k > 0 && top_k < self.candidates.len() {
            sort_first(&mut self.candidates, top_k);
            self.candidates.truncate(top_k);
        }
        if top_p < 1.0 {
            keep_nucleus(&mut self.candidates, top_p);
        }
        // Nobody wins when every logit was NaN.
        self.random.race(&self.candidates).unwrap_or_else(|| self.likeliest())
    }
}

fn sum(candidates: &[(f32, u32)]) -> f64 {
    candidates.iter().map(|(weight, _)| f64::from(*weight)).sum()
}

/// Puts the `count` likeliest first, in order; equal ones by token, so that the order is total.
fn sort_first(candidates: &mut [(f32, u32)], count: usize) {
    let order = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    if count < candidates.len() {
        candidates.select_nth_unstable_by(count, order);
    }
    let count = count.min(candidates.len());
    candidates[..count].sort_unstable_by(order);
}

/// Keeps the fewest candidates that together have the probability `top_p`, at least one.
fn keep_nucleus(candidates: &mut Vec<(f32, u32)>, top_p: f32) {
    let wanted = sum(candidates) * f64::from(top_p);
    let mut look = NUCLEUS_FIRST_LOOK;
    loop {
        sort_first(candidates, look);
        let mut total = 0.0;
        let reached = candidates.iter().take(look).position(|(weight, _)| {
            total += f64::from(*weight);
            total >= wanted
        });
        if let Some(last) = reached {
            return candidates.truncate(last + 1);
        }
        if look >= candidates.len() {
            return;
        }
        look *= 16;
    }
}

/// The log probability of `token`, and the `count` likeliest tokens with theirs.
pub(crate) fn logprobs(logits: &[f32], token: u32, count: usize) -> (f32, Vec<(u32, f32)>) {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f64 = logits.iter().map(|logit| f64::from((logit - max).exp())).sum();
    let log_total = max + total.ln() as f32;
    // JSON has no infinity.
    let logprob = |logit: f32| (logit - log_total).max(f32::MIN);
    let mut top: Vec<(f32, u32)> = if count == 0 { Vec::new() } else { logits.iter().copied().zip(0..).collect() };
    sort_first(&mut top, count);
    top.truncate(count);
    (logprob(logits[token as usize]), top.into_iter().map(|(logit, token)| (token, logprob(logit))).collect())
}

/// A number for each step and token of a run.
#[derive(Debug)]
struct Random {
    seed: u64,
    step: u64,
}

impl Random {
    /// The token whose exponentially distributed time, divided by its weight, is the earliest.
    fn race(&self, candidates: &[(f32, u32)]) -> Option<u32> {
        let step = mix(self.seed.wrapping_add(GOLDEN.wrapping_mul(self.step)));
        let mut earliest = f64::INFINITY;
        let mut winner = None;
        for (weight, token) in candidates {
            let weight = f64::from(*weight);
            let random = mix(step.wrapping_add(GOLDEN.wrapping_mul(u64::from(*token) + 1)));
            // In [0, 1), and never later than the time -ln(1 - unit): few logarithms are needed.
            let unit = (random >> 11) as f64 / (1_u64 << 53) as f64;
            if unit < earliest * weight {
                let time = -(-unit).ln_1p() / weight;
                if time < earliest {
                    (earliest, winner) = (time, Some(*token));
                }
            }
        }
        winner
    }
}

/// The numbers of SplitMix64 are `mix(seed + n * GOLDEN)`: Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators" (2014).
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 5] = [0.0, 2.0, 1.0, -1.0, 2.0];

    fn picks(sampling: Sampling, count: usize) -> Vec<u32> {
        let mut sampler = Sampler::new(sampling);
        (0..count).map(|_| sampler.pick(&LOGITS, |_| ())).collect()
    }

    fn seeded(seed: u64) -> Sampling {
        Sampling { seed: Some(seed), ..Sampling::default() }
    }

    #[test]
    fn temperature_0_picks_the_likeliest_and_the_first_of_equals() {
        assert_eq!(picks(Sampling { temperature: 0.0, ..Sampling::default() }, 3), [1, 1, 1]);
    }

    #[test]
    fn h4_a_seed_reproduces_a_run() {
        assert_eq!(picks(seeded(7), 50), picks(seeded(7), 50));
        assert_ne!(picks(seeded(7), 50), picks(seeded(8), 50));
    }

    #[test]
    fn frequencies_are_the_softmax() {
        let counts = picks(seeded(1), 20_000).into_iter().fold([0_u32; 5], |mut counts, token| {
            counts[token as usize] += 1;
            counts
        });
        let total: f32 = LOGITS.iter().map(|l| l.exp()).sum();
        for (count, logit) in counts.iter().zip(LOGITS) {
            let (got, want) = (*count as f32 / 20_000.0, logit.exp() / total);
            assert!((got - want).abs() < 0.01, "{got} is not {want}");
        }
    }

    #[test]
    fn a_rounding_error_seldom_changes_a_pick() {
        let noise = |token: u64| (mix(token) >> 40) as f32 / (1 << 24) as f32;
        let exact: Vec<f32> = (0..50_000).map(|token| 12.0 * noise(token)).collect();
        let other: Vec<f32> = (0..50_000).zip(&exact).map(|(token, logit)| logit + 1e-3 * noise(!token)).collect();
        let mut samplers = [Sampler::new(seeded(5)), Sampler::new(seeded(5))];
        let changed = (0..1_000).filter(|_| samplers[0].pick(&exact, |_| ()) != samplers[1].pick(&other, |_| ()));
        assert!(changed.count() < 5);
    }

    #[test]
    fn top_k_and_top_p_keep_the_likeliest() {
        let top_k = picks(Sampling { top_k: 3, ..seeded(1) }, 500);
        assert!(top_k.iter().all(|t| [1, 2, 4].contains(t)) && top_k.contains(&2));
        // Tokens 1 and 4 have 0.77 of the probability.
        let top_p = picks(Sampling { top_p: 0.7, ..seeded(1) }, 500);
        assert!(top_p.iter().all(|t| [1, 4].contains(t)) && top_p.contains(&4));
        assert!(picks(Sampling { top_p: 0.0, ..seeded(1) }, 50).iter().all(|t| *t == 1));
    }

    #[test]
    fn a_nucleus_larger_than_the_first_look_is_found() {
        let mut candidates: Vec<(f32, u32)> = (0..10_000).map(|token| (1.0, token)).collect();
        keep_nucleus(&mut candidates, 0.5);
        assert_eq!(candidates.len(), 5_000);
        assert_eq!(candidates[4_999].1, 4_999);
    }

    #[test]
    fn penalties_are_openais() {
        let greedy = Sampling { temperature: 0.0, ..Sampling::default() };
        // Presence counts once: 2.0 and 2.0 fall to 0.5, 1.0 to -0.5, then 0.5 is ahead for good.
        assert_eq!(picks(Sampling { presence_penalty: 1.5, ..greedy }, 5), [1, 4, 2, 1, 1]);
        // Frequency counts each time.
        assert_eq!(picks(Sampling { frequency_penalty: 0.9, ..greedy }, 6), [1, 4, 1, 4, 2, 1]);
    }

    #[test]
    fn what_the_grammar_forbids_is_never_picked() {
        let mut sampler = Sampler::new(seeded(3));
        for _ in 0..200 {
            let token = sampler.pick(&LOGITS, |logits| {
                logits[1] = f32::NEG_INFINITY;
                logits[4] = f32::NEG_INFINITY;
            });
            assert!([0, 2, 3].contains(&token));
        }
    }

    #[test]
    fn logprobs_are_the_log_softmax() {
        let (logprob, top) = logprobs(&LOGITS, 2, 2);
        let total: f32 = LOGITS.iter().map(|l| l.exp()).sum();
        assert!((logprob - (1.0 - total.ln())).abs() < 1e-5);
        assert_eq!(top.iter().map(|(token, _)| *token).collect::<Vec<_>>(), [1, 4]);
        assert!(logprobs(&LOGITS, 2, 0).1.is_empty());
    }
}
