//! Who may start a run now. A right is a value: dropping the [`Ticket`] gives it back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::UserId;

use crate::error::Error;
use crate::principal::Principal;

/// A limit as clients are told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitState {
    /// Runs at a time.
    pub limit: u32,
    /// How many more may start.
    pub remaining: u32,
}

/// Counts the runs of each user.
#[derive(Clone)]
pub struct Admission {
    concurrent_runs: u32,
    running: Arc<Mutex<HashMap<UserId, u32>>>,
}

/// The right to have one run going; dropping it gives it back.
pub struct Ticket {
    user: UserId,
    running: Arc<Mutex<HashMap<UserId, u32>>>,
    /// The limit right after this ticket was given.
    pub state: LimitState,
}

impl Admission {
    /// Admits up to `concurrent_runs` runs of each user at a time.
    #[must_use]
    pub fn new(concurrent_runs: u32) -> Self {
        Self { concurrent_runs, running: Arc::default() }
    }

    /// Admits a run, or says why not.
    ///
    /// # Errors
    /// [`Error::OverLimit`] when the user has as many runs as it may.
    pub fn admit(&self, principal: &Principal) -> Result<Ticket, Error> {
        let limit = self.concurrent_runs;
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let count = running.entry(principal.user).or_default();
        if *count >= limit {
            return Err(Error::OverLimit(LimitState { limit, remaining: 0 }));
        }
        *count += 1;
        let state = LimitState { limit, remaining: limit - *count };
        Ok(Ticket { user: principal.user, running: self.running.clone(), state })
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = running.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_ticket_gives_its_place_back() {
        let admission = Admission::new(2);
        let me = Principal::built_in();
        let first = admission.admit(&me).expect("one of two");
        let second = admission.admit(&me).expect("two of two");
        assert_eq!(second.state.remaining, 0);
        assert!(matches!(admission.admit(&me), Err(Error::OverLimit(_))));
        drop(first);
        assert!(admission.admit(&me).is_ok());
    }
}
