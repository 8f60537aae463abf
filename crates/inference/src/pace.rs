//! How much of a prompt a step may read beside running streams: as much as they do not notice.

use std::time::Duration;

use crate::batch::PROMPT_TOKENS_SHARED;

/// Longest pause that a running stream is to see while a prompt is read, in milliseconds; with room for a step that
/// takes longer than those before it.
const PAUSE_MS: f64 = 112.0;
/// Tokens of prompts in one step at least: a prompt must come to its end on a machine that is busy, too.
const PROMPT_TOKENS_LEAST: usize = 8;
/// Steps with fewer tokens say little about how long one takes: a step takes time by itself.
const TOKENS_TELLING: i32 = 8;
/// Weight of the newest step in the average.
const NEWEST: f64 = 0.25;

/// How long a token takes in a step with many.
#[derive(Default)]
pub(crate) struct Pace {
    /// On average, of late, in milliseconds.
    token_ms: Option<f64>,
}

impl Pace {
    /// Takes note of a step.
    pub(crate) fn learn(&mut self, tokens: i32, took: Duration) {
        if tokens < TOKENS_TELLING {
            return;
        }
        let now_ms = took.as_secs_f64() * 1e3 / f64::from(tokens);
        let before_ms = self.token_ms.unwrap_or(now_ms);
        self.token_ms = Some(before_ms + (now_ms - before_ms) * NEWEST);
    }

    /// Tokens of prompts for the next step.
    pub(crate) fn share(&self) -> usize {
        let most = self.token_ms.map_or(PROMPT_TOKENS_SHARED, |token_ms| (PAUSE_MS / token_ms) as usize);
        most.clamp(PROMPT_TOKENS_LEAST, PROMPT_TOKENS_SHARED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h2_a_slow_machine_reads_prompts_in_smaller_pieces() {
        let mut pace = Pace::default();
        assert_eq!(pace.share(), PROMPT_TOKENS_SHARED);
        for _ in 0..20 {
            pace.learn(32, Duration::from_millis(250));
        }
        assert_eq!(pace.share(), 14);
        for _ in 0..20 {
            pace.learn(14, Duration::from_millis(1));
            pace.learn(1, Duration::from_secs(1));
        }
        assert_eq!(pace.share(), PROMPT_TOKENS_SHARED);
        for _ in 0..20 {
            pace.learn(8, Duration::from_secs(60));
        }
        assert_eq!(pace.share(), PROMPT_TOKENS_LEAST);
    }
}
