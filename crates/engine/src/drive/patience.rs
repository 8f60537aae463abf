//! How long a provider is waited for.

use std::pin::Pin;
use std::time::Duration;

use domain::{ApiError, Code, ModelInfo, Params};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::config::Timeouts;
use crate::providers::Update;

/// Longest time that a token may take on average where nothing else is configured, in milliseconds (F5).
const MS_PER_TOKEN_MAX: u64 = 1_000;
/// Tokens that an answer is given time for where neither request nor model has a limit.
const ANSWER_TOKENS_USUAL: u32 = 8_192;

/// The patience with one provider during one run.
pub(super) struct Patience {
    /// None where the provider is in this process's own hands: then it has no end.
    limits: Option<Limits>,
    /// Rings no later than patience may end. It is not set anew with each piece of the answer, but when it has rung too
    /// early: nearly always the next piece is faster.
    alarm: Pin<Box<Sleep>>,
}

struct Limits {
    timeouts: Timeouts,
    began: Instant,
    /// For the whole answer, in milliseconds.
    total_ms: u64,
    heard: Instant,
    /// Whether the first token has come.
    has_begun: bool,
}

/// What did not come in time, and within how many milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Late {
    /// The first token.
    First(u64),
    /// Another piece of the answer.
    Piece(u64),
    /// The end of the answer.
    Whole(u64),
}

impl Patience {
    /// Begins to wait for the answer to a request with these parameters.
    pub fn new(timeouts: Option<Timeouts>, params: &Params, info: &ModelInfo) -> Self {
        let now = Instant::now();
        let limits = timeouts.map(|timeouts| Limits {
            timeouts,
            began: now,
            total_ms: total_ms(&timeouts, params, info),
            heard: now,
            has_begun: false,
        });
        let first = limits.as_ref().map_or(now, |limits| limits.due().0);
        Self { limits, alarm: Box::pin(sleep_until(first)) }
    }

    /// Takes down that something has come.
    pub fn hears(&mut self, update: &Update, info: &ModelInfo) {
        let Some(limits) = &mut self.limits else { return };
        match update {
            // Heads and what was sent are no sign of a model at work.
            Update::Sent(_) | Update::Answered(_) => return,
            Update::Started { params, .. } => limits.total_ms = total_ms(&limits.timeouts, params, info),
            Update::Delta(..) | Update::Reasoning(_) | Update::ToolCall(_) => limits.has_begun = true,
            Update::Queued { .. } | Update::Alive | Update::Counted { .. } | Update::Done { .. } => {}
        }
        limits.heard = Instant::now();
    }

    /// Takes down that nobody has listened for a while: that was not the provider's silence. (The time for the whole
    /// answer goes on.) Never more than has passed since something was heard.
    pub fn lend(&mut self, time: Duration) {
        if let Some(limits) = &mut self.limits {
            let silence = limits.heard.elapsed();
            limits.heard += time.min(silence);
        }
    }

    /// Resolves when it has waited long enough. Cancel-safe.
    pub async fn used_up(&mut self) -> Late {
        let Some(limits) = &self.limits else { return std::future::pending().await };
        let (due, late) = limits.due();
        if self.alarm.deadline() > due {
            self.alarm.as_mut().reset(due);
        }
        self.alarm.as_mut().await;
        while Instant::now() < due {
            self.alarm.as_mut().reset(due);
            self.alarm.as_mut().await;
        }
        late
    }
}

impl Limits {
    /// When patience ends if nothing comes from now on, and for want of what.
    fn due(&self) -> (Instant, Late) {
        let whole = self.began + Duration::from_millis(self.total_ms);
        let (limit_ms, late) = match self.has_begun {
            false => (self.timeouts.first_token_ms, Late::First(self.timeouts.first_token_ms)),
            true => (self.timeouts.idle_ms, Late::Piece(self.timeouts.idle_ms)),
        };
        let piece = self.heard + Duration::from_millis(limit_ms);
        if whole < piece { (whole, Late::Whole(self.total_ms)) } else { (piece, late) }
    }
}

/// How long the whole answer may take.
fn total_ms(timeouts: &Timeouts, params: &Params, info: &ModelInfo) -> u64 {
    let tokens = params.max_tokens.or(info.output_tokens_max).or(info.context_tokens).unwrap_or(ANSWER_TOKENS_USUAL);
    let usual_ms = timeouts.first_token_ms.saturating_add(u64::from(tokens) * MS_PER_TOKEN_MAX);
    timeouts.total_ms.unwrap_or(usual_ms)
}

impl Late {
    /// The end of the run, in words.
    pub fn of(self, provider: &str) -> ApiError {
        let seconds = |ms: u64| ms as f64 / 1_000.0;
        let (message, hint) = match self {
            Self::First(ms) => (format!("{provider} did not send the first token within {} s.", seconds(ms)), PIECE),
            Self::Piece(ms) => {
                (format!("{provider} did not send the next piece of the answer within {} s.", seconds(ms)), PIECE)
            }
            Self::Whole(ms) => (format!("{provider} did not finish its answer within {} s.", seconds(ms)), WHOLE),
        };
        ApiError::new(Code::TimedOut, message).hint(hint).retry(None)
    }
}

const PIECE: &str = "What had arrived is kept. Try again, or give this provider longer timeouts in etude.toml.";
const WHOLE: &str = "What had arrived is kept. Lower max_tokens, or raise the provider's total_ms in etude.toml.";

#[cfg(test)]
mod tests {
    use domain::event::Delta;

    use super::*;

    const LONG_MS: u64 = 60_000;
    const TIMEOUTS: Timeouts = Timeouts { connect_ms: 1, first_token_ms: LONG_MS, idle_ms: LONG_MS, total_ms: None };

    fn params() -> Params {
        Params { max_tokens: Some(4), ..Params::default() }
    }

    fn info() -> ModelInfo {
        ModelInfo::named("m", "p")
    }

    fn patience(timeouts: Timeouts) -> Patience {
        Patience::new(Some(timeouts), &params(), &info())
    }

    fn delta() -> Update {
        Update::Delta(Delta::default(), None)
    }

    /// Waits for its end, which must not come before `least_ms` are over.
    async fn ended(patience: &mut Patience, least_ms: u64) -> Late {
        let began = Instant::now();
        let late = patience.used_up().await;
        assert!(began.elapsed() >= Duration::from_millis(least_ms), "{late:?} after {:?}", began.elapsed());
        late
    }

    #[tokio::test]
    async fn f5_the_first_token_the_next_piece_and_the_whole_have_limits_of_their_own() {
        let mut first = patience(Timeouts { first_token_ms: 20, ..TIMEOUTS });
        assert_eq!(first.used_up().await, Late::First(20));
        // A sign of life begins the wait anew, and is no token.
        first.hears(&Update::Alive, &info());
        assert_eq!(ended(&mut first, 19).await, Late::First(20));

        let mut piece = patience(Timeouts { idle_ms: 20, ..TIMEOUTS });
        for _ in 0..2 {
            piece.hears(&delta(), &info());
            assert_eq!(ended(&mut piece, 19).await, Late::Piece(20));
        }
        // A time in which nobody listened does not count, and lends no more than itself.
        piece.hears(&delta(), &info());
        tokio::time::sleep(Duration::from_millis(30)).await;
        piece.lend(Duration::from_millis(LONG_MS));
        assert_eq!(ended(&mut piece, 19).await, Late::Piece(20));

        let mut told = patience(Timeouts { total_ms: Some(20), ..TIMEOUTS });
        told.hears(&delta(), &info());
        assert_eq!(told.used_up().await, Late::Whole(20));
        // Four tokens of a second each beside the time for the first.
        assert_eq!(total_ms(&TIMEOUTS, &params(), &info()), LONG_MS + 4_000);
    }

    #[tokio::test]
    async fn waiting_can_be_left_and_taken_up_again() {
        let mut patience = patience(Timeouts { total_ms: Some(50), ..TIMEOUTS });
        let began = Instant::now();
        for _ in 0..3 {
            let _ = tokio::time::timeout(Duration::from_millis(5), patience.used_up()).await;
            patience.hears(&delta(), &info());
        }
        assert_eq!(patience.used_up().await, Late::Whole(50));
        assert!(began.elapsed() >= Duration::from_millis(49));
    }

    #[tokio::test]
    async fn what_is_in_our_own_hands_is_waited_for_without_end() {
        let mut patience = Patience::new(None, &Params::default(), &info());
        patience.hears(&delta(), &info());
        assert!(tokio::time::timeout(Duration::from_millis(20), patience.used_up()).await.is_err());
    }
}
