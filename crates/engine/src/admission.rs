//! Who may start a run now, and which runs of a comparison may go on. A right is a value: dropping the [`Ticket`] gives it
//! back.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::limits::{COMPARED_RUNS_MAX, COMPARED_RUNS_WAITING_MAX};
use domain::{ApiError, Code, ComparisonId, UserId, WorkspaceId};
use tokio::sync::watch;

use crate::error::Error;
use crate::principal::Principal;

/// Wait that is suggested to one who is refused since too many wait already, in milliseconds.
const FULL_RETRY_MS: u64 = 5_000;
/// Position up to which every step forward is told; beyond it, only a position half as far.
const TOLD_EACH: u32 = 8;

/// A limit as clients are told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitState {
    /// Runs at a time.
    pub limit: u32,
    /// How many more may start.
    pub remaining: u32,
}

/// Counts the runs of each user and of each comparison.
#[derive(Clone)]
pub struct Admission {
    concurrent_runs: u32,
    compare_runs: u32,
    places: Arc<Places>,
}

struct Places {
    state: Mutex<State>,
    /// Rung when a place of a comparison may have become free.
    freed: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    /// Runs of no comparison.
    running: HashMap<UserId, u32>,
    /// Runs of all comparisons of a user.
    compared: HashMap<UserId, u32>,
    groups: HashMap<Group, Lease>,
    /// The next one who waits.
    next: u64,
}

type Group = (WorkspaceId, ComparisonId);

/// The runs of one comparison.
#[derive(Default)]
struct Lease {
    running: u32,
    /// In the order in which they came.
    waiting: VecDeque<u64>,
}

/// The right to have one run going; dropping it gives it back.
pub struct Ticket {
    user: UserId,
    group: Option<Group>,
    places: Arc<Places>,
    /// The limit right after this ticket was given.
    pub state: LimitState,
}

/// A run of a comparison that has no place yet. Dropping it lets those behind it move up.
pub struct Waiting {
    user: UserId,
    group: Group,
    number: u64,
    limit: u32,
    places: Arc<Places>,
    freed: watch::Receiver<()>,
    told: Option<u32>,
}

/// What has become of a run that waits for a place.
pub enum Turn {
    /// It has one.
    Place(Ticket),
    /// It has moved up, or has just come.
    Position {
        /// 1 is next.
        position: u32,
        /// What it waits for.
        reason: String,
    },
}

impl Admission {
    /// Admits up to `concurrent_runs` runs of each user at a time, and beside them up to `compare_runs` of each
    /// comparison.
    #[must_use]
    pub fn new(concurrent_runs: u32, compare_runs: u32) -> Self {
        let places = Places { state: Mutex::default(), freed: watch::Sender::new(()) };
        Self { concurrent_runs, compare_runs: compare_runs.max(1), places: Arc::new(places) }
    }

    /// How many runs of one comparison may go on at a time.
    #[must_use]
    pub fn compare_runs(&self) -> u32 {
        self.compare_runs
    }

    /// Admits a run, or says why not.
    ///
    /// # Errors
    /// [`Error::OverLimit`] when the user has as many runs as it may.
    pub fn admit(&self, principal: &Principal) -> Result<Ticket, Error> {
        let limit = self.concurrent_runs;
        let mut state = self.places.lock();
        let count = state.running.entry(principal.user).or_default();
        if *count >= limit {
            return Err(Error::OverLimit(LimitState { limit, remaining: 0 }));
        }
        *count += 1;
        let state = LimitState { limit, remaining: limit - *count };
        Ok(Ticket { user: principal.user, group: None, places: self.places.clone(), state })
    }

    /// Lines a run of a comparison up for one of the comparison's places; the user's other runs do not count (F2).
    ///
    /// # Errors
    /// `overloaded` when more wait already than may.
    pub fn line_up(&self, principal: &Principal, comparison: ComparisonId) -> Result<Waiting, Error> {
        let group = (principal.workspace, comparison);
        let mut state = self.places.lock();
        state.next += 1;
        let number = state.next;
        let lease = state.groups.entry(group).or_default();
        if lease.waiting.len() >= COMPARED_RUNS_WAITING_MAX {
            let message = format!("{COMPARED_RUNS_WAITING_MAX} runs of this comparison wait already.");
            return Err(ApiError::new(Code::Overloaded, message)
                .hint("Wait until some have ended.")
                .retry(Some(FULL_RETRY_MS))
                .into());
        }
        lease.waiting.push_back(number);
        let (places, freed) = (self.places.clone(), self.places.freed.subscribe());
        Ok(Waiting { user: principal.user, group, number, limit: self.compare_runs, places, freed, told: None })
    }
}

impl Waiting {
    /// The place, where one is free and nobody waits before.
    pub fn take(&mut self) -> Option<Ticket> {
        let mut state = self.places.lock();
        let compared = state.compared.get(&self.user).copied().unwrap_or_default();
        let lease = state.groups.get_mut(&self.group)?;
        let is_next = lease.waiting.front() == Some(&self.number);
        if !is_next || lease.running >= self.limit || compared >= COMPARED_RUNS_MAX {
            return None;
        }
        lease.waiting.pop_front();
        lease.running += 1;
        let limit = LimitState { limit: self.limit, remaining: self.limit - lease.running };
        *state.compared.entry(self.user).or_default() += 1;
        drop(state);
        // The one behind may have a place as well.
        self.places.freed.send_replace(());
        Some(Ticket { user: self.user, group: Some(self.group), places: self.places.clone(), state: limit })
    }

    /// How many of the comparison may go on, and that there is no place now.
    #[must_use]
    pub fn state(&self) -> LimitState {
        LimitState { limit: self.limit, remaining: 0 }
    }

    /// Waits for the place, or for news worth telling. Cancel-safe.
    pub async fn turn(&mut self) -> Turn {
        loop {
            self.freed.borrow_and_update();
            if let Some(ticket) = self.take() {
                return Turn::Place(ticket);
            }
            let (position, reason) = self.position();
            let is_news = |told: u32| position < told && (position <= TOLD_EACH || position <= told / 2);
            if self.told.is_none_or(is_news) {
                self.told = Some(position);
                return Turn::Position { position, reason };
            }
            if self.freed.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    fn position(&self) -> (u32, String) {
        let state = self.places.lock();
        let lease = state.groups.get(&self.group);
        let before = lease.and_then(|lease| lease.waiting.iter().position(|number| *number == self.number));
        let running = lease.map_or(0, |lease| lease.running);
        let reason = if running >= self.limit {
            format!("{running} runs of this comparison are going on, which is as many as it may have at a time.")
        } else {
            format!("{COMPARED_RUNS_MAX} runs of comparisons are going on, which is as many as you may have at a time.")
        };
        (before.and_then(|before| u32::try_from(before).ok()).unwrap_or_default() + 1, reason)
    }
}

impl Places {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes one off a count, and the count away with the last.
fn take_off<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.places.lock();
        let Some(group) = self.group else { return take_off(&mut state.running, &self.user) };
        take_off(&mut state.compared, &self.user);
        if let Some(lease) = state.groups.get_mut(&group) {
            lease.running -= 1;
            if lease.running == 0 && lease.waiting.is_empty() {
                state.groups.remove(&group);
            }
        }
        drop(state);
        self.places.freed.send_replace(());
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut state = self.places.lock();
        let Some(lease) = state.groups.get_mut(&self.group) else { return };
        let Some(place) = lease.waiting.iter().position(|number| *number == self.number) else { return };
        lease.waiting.remove(place);
        if lease.running == 0 && lease.waiting.is_empty() {
            state.groups.remove(&self.group);
        }
        drop(state);
        self.places.freed.send_replace(());
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    const ONE: ComparisonId = ComparisonId::from_bytes([1; 16]);

    #[test]
    fn a_dropped_ticket_gives_its_place_back() {
        let admission = Admission::new(2, 8);
        let me = Principal::built_in();
        let first = admission.admit(&me).expect("one of two");
        let second = admission.admit(&me).expect("two of two");
        assert_eq!(second.state.remaining, 0);
        assert!(matches!(admission.admit(&me), Err(Error::OverLimit(_))));
        drop(first);
        assert!(admission.admit(&me).is_ok());
    }

    #[test]
    fn f2_runs_of_a_comparison_wait_in_their_order_and_count_apart() {
        let admission = Admission::new(1, 2);
        let me = Principal::built_in();
        let _own = admission.admit(&me).expect("the user's one");
        let mut places: Vec<_> = (0..2).map(|_| admission.line_up(&me, ONE).expect("lines up").take()).collect();
        assert_eq!(places[1].as_ref().map(|ticket| ticket.state), Some(LimitState { limit: 2, remaining: 0 }));
        let mut third = admission.line_up(&me, ONE).expect("lines up");
        let mut fourth = admission.line_up(&me, ONE).expect("lines up");
        let mut fifth = admission.line_up(&me, ONE).expect("lines up");
        assert!(third.take().is_none() && fourth.take().is_none());
        for (waiting, expected) in [(&mut third, 1), (&mut fourth, 2), (&mut fifth, 3)] {
            let Some(Turn::Position { position, reason }) = waiting.turn().now_or_never() else { panic!("it waits") };
            assert_eq!(position, expected);
            assert!(reason.starts_with("2 runs of this comparison"), "{reason}");
            assert!(waiting.turn().now_or_never().is_none(), "it is told once");
        }
        drop(third);
        assert!(matches!(fifth.turn().now_or_never(), Some(Turn::Position { position: 2, .. })), "it has moved up");
        places.pop();
        assert!(fifth.take().is_none(), "another waits before it");
        assert!(matches!(fourth.turn().now_or_never(), Some(Turn::Place(_))));
        assert!(admission.line_up(&me, ComparisonId::from_bytes([2; 16])).expect("lines up").take().is_some());
    }

    #[test]
    fn f2_all_comparisons_of_a_user_together_have_a_bound_too() {
        let admission = Admission::new(1, 8);
        let me = Principal::built_in();
        let take = |n: u32| {
            let group = ComparisonId::from_bytes([u8::try_from(n / 8).expect("few"); 16]);
            admission.line_up(&me, group).expect("lines up").take()
        };
        let places: Vec<_> = (0..COMPARED_RUNS_MAX).map(take).collect();
        assert!(places.iter().all(Option::is_some));
        assert!(take(COMPARED_RUNS_MAX).is_none());
        drop(places);
        assert!(take(COMPARED_RUNS_MAX).is_some());
    }

    #[test]
    fn no_more_wait_than_may() {
        let admission = Admission::new(1, 1);
        let me = Principal::built_in();
        let waiting: Vec<_> = (0..COMPARED_RUNS_WAITING_MAX).map(|_| admission.line_up(&me, ONE)).collect();
        assert!(waiting.iter().all(Result::is_ok));
        assert_eq!(admission.line_up(&me, ONE).err().map(|error| error.public().code), Some(Code::Overloaded));
    }
}
