//! How much of a prompt a step may read beside running streams: as much as they do not notice.

use std::time::Duration;

use crate::batch::PROMPT_TOKENS_SHARED;

/// Longest pause that a running stream is to see while a prompt is read, in milliseconds; with room for a step that
/// takes longer than those before it.
const PAUSE_MS: f64 = 112.0;
/// Tokens of prompts in one step at least: a prompt must come to its end on a machine that is busy, too. Beside one
/// stream it keeps four fifths of the time, and takes 1.25 times as long as alone; with 3 it took more than 1.3 times.
const PROMPT_TOKENS_LEAST: usize = 4;
/// Steps with fewer tokens say little about how long one takes: a step takes time by itself.
const TOKENS_TELLING: i32 = 4;
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

    /// Tokens of prompts for the next step, in which so many sequences go on by one token each.
    pub(crate) fn share(&self, streams: usize) -> usize {
        let Some(token_ms) = self.token_ms else { return PROMPT_TOKENS_SHARED };
        let most = (PAUSE_MS / token_ms) as usize;
        most.saturating_sub(streams).clamp(PROMPT_TOKENS_LEAST, PROMPT_TOKENS_SHARED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h2_a_slow_machine_reads_prompts_in_smaller_pieces() {
        let mut pace = Pace::default();
        assert_eq!(pace.share(1), PROMPT_TOKENS_SHARED);
        for _ in 0..20 {
            pace.learn(32, Duration::from_millis(250));
        }
        assert_eq!((pace.share(1), pace.share(8)), (13, 6));
        for _ in 0..20 {
            pace.learn(14, Duration::from_millis(1));
            pace.learn(1, Duration::from_secs(1));
        }
        assert_eq!(pace.share(1), PROMPT_TOKENS_SHARED);
        for _ in 0..20 {
            pace.learn(8, Duration::from_secs(60));
        }
        assert_eq!(pace.share(1), PROMPT_TOKENS_LEAST);
    }
}
