//! Passphrases of links: kept as argon2id hashes, tried a few times in a row and then ever more slowly.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use argon2::Argon2;
use domain::ShareId;
use domain::limits::{PASSPHRASE_BYTES_MAX, PASSPHRASE_TRIES_MAX};
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::error::Error;

/// Length of the salt, in bytes.
const SALT_BYTES: usize = 16;
/// Length of the hash, in bytes.
const HASH_BYTES: usize = 32;
/// Passphrases that are hashed at a time: each takes 19 MiB.
const HASHES_MAX: usize = 2;
/// The first wait after too many wrong ones, in milliseconds; each further wrong one doubles it.
const WAIT_FIRST_MS: u64 = 5_000;
/// The longest wait, in milliseconds (15 minutes).
const WAIT_MAX_MS: u64 = 15 * 60 * 1_000;
/// Shares whose wrong passphrases are remembered; beyond it those whose wait is over are forgotten.
const REMEMBERED_MAX: usize = 10_000;

/// Counts wrong passphrases, for each share, in memory.
pub struct Tries {
    wrong: Mutex<HashMap<ShareId, Wrong>>,
    hashing: Semaphore,
}

#[derive(Debug, Clone, Copy, Default)]
struct Wrong {
    in_a_row: u32,
    /// By the clock's monotonic milliseconds.
    until_ms: u64,
}

impl Default for Tries {
    fn default() -> Self {
        Self { wrong: Mutex::default(), hashing: Semaphore::new(HASHES_MAX) }
    }
}

/// What came of a passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// It is the right one.
    Right,
    /// It is not.
    Wrong,
    /// It was not looked at: too many wrong ones came before it. When the next one is, in milliseconds.
    Wait(u64),
}

impl Tries {
    /// Hashes a passphrase, to be kept.
    ///
    /// # Errors
    /// When the machine has no memory for it.
    pub async fn hash(&self, clock: &Clock, passphrase: String) -> Result<Vec<u8>, Error> {
        let mut salt = [0; SALT_BYTES];
        clock.random(&mut salt);
        let hash = self.run(passphrase, salt).await?;
        Ok([&salt[..], &hash].concat())
    }

    /// Tries a passphrase against what is kept of the right one.
    ///
    /// # Errors
    /// When what is kept is damaged, or the machine has no memory for it.
    pub async fn check(&self, clock: &Clock, share: ShareId, kept: &[u8], given: String) -> Result<Tried, Error> {
        if let Some(wait_ms) = self.admit(share, clock.monotonic_ms()) {
            return Ok(Tried::Wait(wait_ms));
        }
        if given.len() > PASSPHRASE_BYTES_MAX {
            return Ok(Tried::Wrong);
        }
        let damaged = || Error::Corrupt("a passphrase's hash".into());
        let (salt, hash) = kept.split_first_chunk::<SALT_BYTES>().ok_or_else(damaged)?;
        let right = blake3::Hash::from_bytes(hash.try_into().map_err(|_| damaged())?);
        // Compared as such, since that takes the same time for every wrong one.
        if blake3::Hash::from_bytes(self.run(given, *salt).await?) != right {
            return Ok(Tried::Wrong);
        }
        self.lock().remove(&share);
        Ok(Tried::Right)
    }

    /// Counts a passphrase as wrong before it is looked at, so that many at once are as many as one after another; says
    /// how long to wait where it is not looked at.
    fn admit(&self, share: ShareId, now_ms: u64) -> Option<u64> {
        let mut wrong = self.lock();
        if wrong.len() >= REMEMBERED_MAX && !wrong.contains_key(&share) {
            wrong.retain(|_, wrong| wrong.until_ms > now_ms);
        }
        let wrong = wrong.entry(share).or_default();
        if now_ms < wrong.until_ms {
            return Some(wrong.until_ms - now_ms);
        }
        wrong.in_a_row += 1;
        if let Some(over) = wrong.in_a_row.checked_sub(PASSPHRASE_TRIES_MAX) {
            let wait_ms = WAIT_FIRST_MS.saturating_mul(1 << over.min(20));
            wrong.until_ms = now_ms + wait_ms.min(WAIT_MAX_MS);
        }
        None
    }

    async fn run(&self, passphrase: String, salt: [u8; SALT_BYTES]) -> Result<[u8; HASH_BYTES], Error> {
        let failed = |error: &dyn std::fmt::Display| Error::Corrupt(format!("a passphrase cannot be hashed: {error}"));
        let _place = self.hashing.acquire().await.map_err(|error| failed(&error))?;
        let hashed = tokio::task::spawn_blocking(move || {
            let mut hash = [0; HASH_BYTES];
            Argon2::default().hash_password_into(passphrase.as_bytes(), &salt, &mut hash).map(|()| hash)
        });
        hashed.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ShareId, Wrong>> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: ShareId = ShareId::from_bytes([1; 16]);

    #[tokio::test]
    async fn e1_the_right_passphrase_opens_and_is_not_kept() {
        let (tries, clock) = (Tries::default(), Clock::manual(0, 1));
        let kept = tries.hash(&clock, "open sesame".into()).await.expect("hashed");
        assert!(!kept.windows(6).any(|part| part == b"sesame"));
        assert_ne!(kept, tries.hash(&clock, "open sesame".into()).await.expect("hashed"), "each with its own salt");
        for (given, came) in [("open sesame", Tried::Right), ("Open sesame", Tried::Wrong), ("", Tried::Wrong)] {
            assert_eq!(tries.check(&clock, SHARE, &kept, given.into()).await.expect("tried"), came, "{given}");
        }
        assert_eq!(tries.check(&clock, SHARE, &kept, "x".repeat(10_000)).await.expect("tried"), Tried::Wrong);
        assert!(tries.check(&clock, SHARE, &kept[1..], "open sesame".into()).await.is_err(), "damaged");
    }

    #[test]
    fn e1_too_many_wrong_ones_wait_ever_longer() {
        let tries = Tries::default();
        for _ in 0..PASSPHRASE_TRIES_MAX {
            assert_eq!(tries.admit(SHARE, 0), None);
        }
        assert_eq!(tries.admit(SHARE, 0), Some(WAIT_FIRST_MS));
        assert_eq!(tries.admit(ShareId::from_bytes([2; 16]), 0), None, "another link is another count");
        assert_eq!(tries.admit(SHARE, WAIT_FIRST_MS), None);
        assert_eq!(tries.admit(SHARE, WAIT_FIRST_MS), Some(2 * WAIT_FIRST_MS));
        let mut now = WAIT_FIRST_MS;
        for _ in 0..41 {
            now += tries.admit(SHARE, now).unwrap_or_default();
        }
        assert_eq!(tries.admit(SHARE, now), None);
        assert_eq!(tries.admit(SHARE, now), Some(WAIT_MAX_MS));
    }
}
