//! A tail as an answer over the network reads it: what comes, a sign of life in silence, and an end with the server's.

use std::pin::Pin;
use std::time::Duration;

use domain::limits::PING_EVERY_MS;
use engine::tape::Entry;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// What an answer says next.
pub enum Piece {
    /// Events.
    Entries(Vec<Entry>),
    /// It has been silent for so long that the client should hear that it still goes on.
    Ping,
}

/// When an answer must say something, and when it must end. It is asked before each piece, so neither the alarm nor the
/// wait for the server's end is set up anew.
pub struct Feed {
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
    alarm: Pin<Box<Sleep>>,
    said: Instant,
    /// How long a silence may be.
    silence: Duration,
}

impl Feed {
    /// Begins an answer that ends when `closing` is cancelled.
    pub fn new(closing: CancellationToken) -> Self {
        Self::with(closing, Duration::from_millis(PING_EVERY_MS))
    }

    fn with(closing: CancellationToken, silence: Duration) -> Self {
        let said = Instant::now();
        let alarm = Box::pin(sleep_until(said + silence));
        Self { closing: Box::pin(closing.cancelled_owned()), alarm, said, silence }
    }

    /// What to say next: the entries that `next` gives, or a ping; nothing once `next` gives nothing, or the server
    /// leaves. Cancel-safe where `next` is.
    pub async fn piece(&mut self, next: impl Future<Output = Option<Vec<Entry>>>) -> Option<Piece> {
        tokio::pin!(next);
        loop {
            let piece = tokio::select! {
                biased;
                entries = &mut next => Piece::Entries(entries?),
                () = &mut self.closing => return None,
                () = &mut self.alarm => {
                    let due = self.said + self.silence;
                    if Instant::now() < due {
                        self.alarm.as_mut().reset(due);
                        continue;
                    }
                    Piece::Ping
                }
            };
            self.said = Instant::now();
            if matches!(piece, Piece::Ping) {
                self.alarm.as_mut().reset(self.said + self.silence);
            }
            return Some(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn silence_is_broken_and_only_silence() {
        let silence = Duration::from_millis(20);
        let closing = CancellationToken::new();
        let mut feed = Feed::with(closing.clone(), silence);
        for _ in 0..2 {
            let began = Instant::now();
            assert!(matches!(feed.piece(pending()).await, Some(Piece::Ping)));
            assert!(began.elapsed() >= Duration::from_millis(19), "{:?}", began.elapsed());
        }
        // What is said half way begins the wait anew.
        tokio::time::sleep(silence / 2).await;
        assert!(matches!(feed.piece(ready(Some(Vec::new()))).await, Some(Piece::Entries(_))));
        let said = Instant::now();
        assert!(matches!(feed.piece(pending()).await, Some(Piece::Ping)));
        assert!(said.elapsed() >= Duration::from_millis(19), "{:?}", said.elapsed());
        assert!(feed.piece(ready(None)).await.is_none());
        closing.cancel();
        assert!(feed.piece(pending()).await.is_none());
    }
}
