//! Time, randomness and ids: one value, so that tests and simulations control them.
#![allow(clippy::disallowed_methods, reason = "this is the one place that may ask the machine")]

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use domain::RunId;
use rand::{RngCore, SeedableRng, rngs::StdRng};

/// Gives the time, random numbers and ids. Cheap to clone; clones share one state.
#[derive(Clone)]
pub struct Clock(Arc<Source>);

enum Source {
    System { started: Instant },
    Manual { state: Box<Mutex<Manual>> },
}

struct Manual {
    now_micros: i64,
    rng: StdRng,
}

impl Clock {
    /// The machine's clock and its random numbers.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(Source::System { started: Instant::now() }))
    }

    /// A clock that stands until it is moved, with random numbers from a seed.
    #[must_use]
    pub fn manual(now_micros: i64, seed: u64) -> Self {
        let state = Manual { now_micros, rng: StdRng::seed_from_u64(seed) };
        Self(Arc::new(Source::Manual { state: Box::new(Mutex::new(state)) }))
    }

    /// Moves a manual clock on; the machine's cannot be moved.
    pub fn advance(&self, micros: i64) {
        if let Source::Manual { state } = &*self.0 {
            state.lock().unwrap_or_else(PoisonError::into_inner).now_micros += micros;
        }
    }

    /// Microseconds since 1970, UTC.
    #[must_use]
    pub fn now_micros(&self) -> i64 {
        match &*self.0 {
            Source::System { .. } => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
            }
            Source::Manual { state } => state.lock().unwrap_or_else(PoisonError::into_inner).now_micros,
        }
    }

    /// Milliseconds on a clock that is never set back; only differences mean anything.
    #[must_use]
    pub fn monotonic_ms(&self) -> u64 {
        match &*self.0 {
            Source::System { started } => u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            Source::Manual { .. } => u64::try_from(self.now_micros() / 1_000).unwrap_or_default(),
        }
    }

    /// When work that begins now must be over, by the machine's clock: it bounds work, it decides nothing.
    #[must_use]
    pub fn deadline(&self, most: Duration) -> Instant {
        Instant::now() + most
    }

    /// A new run's id: a UUIDv7 (RFC 9562), which sorts by time.
    #[must_use]
    pub fn run_id(&self) -> RunId {
        RunId::from_bytes(self.id())
    }

    /// The bytes of a new id of any kind.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        let millis = u64::try_from(self.now_micros() / 1_000).unwrap_or_default();
        let mut random = [0; 10];
        self.fill(&mut random);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().into_bytes()
    }

    /// A seed for a sampler that was given none; small enough for JavaScript to hold exactly.
    #[must_use]
    pub fn seed(&self) -> i64 {
        let mut random = [0; 4];
        self.fill(&mut random);
        i64::from(u32::from_le_bytes(random))
    }

    /// Random bytes.
    pub fn random(&self, bytes: &mut [u8]) {
        self.fill(bytes);
    }

    fn fill(&self, random: &mut [u8]) {
        match &*self.0 {
            Source::System { .. } => rand::rng().fill_bytes(random),
            Source::Manual { state } => state.lock().unwrap_or_else(PoisonError::into_inner).rng.fill_bytes(random),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_a_seed_repeats_them() {
        let clock = Clock::manual(1_000_000_000, 7);
        let first = clock.run_id();
        clock.advance(1_000);
        assert!(first < clock.run_id());
        assert_eq!(first, Clock::manual(1_000_000_000, 7).run_id());
    }
}
