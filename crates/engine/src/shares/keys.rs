//! The keys that links are signed with. A new one begins when the newest is old; an old one stays as long as a link
//! under it can live.

use std::sync::{PoisonError, RwLock};

use ring::hmac;

use crate::clock::Clock;
use crate::error::Error;
use crate::secret::Secret;
use crate::store::Store;
use crate::vault::Vault;

/// Length of a key, in bytes.
const KEY_BYTES: usize = 32;
/// Age at which a key signs no more new links, in microseconds (30 days).
const KEY_MAX_AGE_MICROS: i64 = 30 * 24 * 60 * 60 * 1_000_000;

/// All keys that are in force, in memory.
pub struct Keys {
    known: RwLock<Known>,
    /// Held by whoever makes a key.
    making: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    keys: Vec<Key>,
    /// The highest id that was ever given, also to a key that cannot be opened.
    last_id: u32,
}

#[derive(Clone)]
struct Key {
    id: u32,
    key: hmac::Key,
    created_at: i64,
}

impl Keys {
    /// Reads the keys, and lets go of those that no link needs any more. One that cannot be opened, since the key file
    /// is another one, is left out: its links are dead.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load(store: &Store, vault: &Vault, now: i64) -> Result<Self, Error> {
        store.drop_signing_keys(now).await?;
        let mut known = Known::default();
        for row in store.signing_keys().await? {
            known.last_id = known.last_id.max(row.id);
            let secret = vault.unseal(&sealed_for(row.id), &row.sealed);
            match secret.as_ref().and_then(|secret| from_hex(secret.expose())) {
                Some(bytes) => known.keys.push(Key { id: row.id, key: key(&bytes), created_at: row.created_at }),
                None => tracing::warn!(key = row.id, "a key of links cannot be opened: links under it do not work"),
            }
        }
        Ok(Self { known: RwLock::new(known), making: tokio::sync::Mutex::default() })
    }

    /// The key with that id.
    #[must_use]
    pub fn get(&self, id: u32) -> Option<hmac::Key> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.keys.iter().find(|key| key.id == id).map(|key| key.key.clone())
    }

    /// The key that signs new links; made where there is none, or the newest is too old.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn current(&self, store: &Store, vault: &Vault, clock: &Clock) -> Result<(u32, hmac::Key), Error> {
        let _making = self.making.lock().await;
        let now = clock.now_micros();
        if let Some(newest) = self.newest()
            && now - newest.created_at < KEY_MAX_AGE_MICROS
        {
            return Ok((newest.id, newest.key));
        }
        let mut bytes = [0; KEY_BYTES];
        clock.random(&mut bytes);
        let id = self.known.read().unwrap_or_else(PoisonError::into_inner).last_id + 1;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        store.add_signing_key(id, &vault.seal(&sealed_for(id), &Secret::from(hex)), now).await?;
        let gone = store.drop_signing_keys(now).await?;
        let made = Key { id, key: key(&bytes), created_at: now };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.keys.retain(|key| !gone.contains(&key.id));
        known.keys.push(made.clone());
        known.last_id = id;
        Ok((made.id, made.key))
    }

    fn newest(&self) -> Option<Key> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).keys.iter().max_by_key(|key| key.id).cloned()
    }
}

fn key(bytes: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, bytes)
}

/// What a key is sealed for, so that rows cannot be swapped.
fn sealed_for(id: u32) -> Vec<u8> {
    format!("signing key {id}").into_bytes()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 2 * KEY_BYTES || !text.is_ascii() {
        return None;
    }
    (0..KEY_BYTES).map(|place| u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use domain::{RunId, ShareId, ShareScope, Shared};

    use super::super::token::Grant;
    use super::*;
    use crate::principal::Principal;
    use crate::store::ShareRow;

    const DAY: i64 = 24 * 60 * 60 * 1_000_000;

    fn share(n: u8, token_key: u32, expires_at: i64) -> ShareRow {
        let me = Principal::built_in();
        let run = Shared::Run(RunId::from_bytes([1; 16]));
        ShareRow { token_key, expires_at, ..ShareRow::new(ShareId::from_bytes([n; 16]), &me, run) }
    }

    #[tokio::test]
    async fn e1_keys_rotate_and_old_ones_stay_as_long_as_a_link_lives() {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Clock::manual(1_000 * DAY, 3);
        let store = Store::open(&folder.path().join("etude.db")).await.expect("opens");
        let vault = Vault::open(&folder.path().join("key"), &clock).expect("a key file");
        let keys = Keys::load(&store, &vault, clock.now_micros()).await.expect("none yet");
        let (first, key) = keys.current(&store, &vault, &clock).await.expect("made");
        clock.advance(29 * DAY);
        assert_eq!(keys.current(&store, &vault, &clock).await.expect("the same").0, first);
        store.insert_share(&share(1, first, 1_045 * DAY)).await.expect("kept");
        clock.advance(DAY);
        let (second, _) = keys.current(&store, &vault, &clock).await.expect("another");
        assert!(second > first && keys.get(first).is_some(), "a link under the first one lives");

        // After a restart the same keys are there, and the same link comes out.
        let grant =
            Grant { key: first, share: ShareId::from_bytes([1; 16]), scope: ShareScope::View, expires_s: 90_288_000 };
        let again = Keys::load(&store, &vault, clock.now_micros()).await.expect("both");
        let token = grant.token(&key);
        assert_eq!(Grant::read(&token, |id| again.get(id), clock.now_micros()), Some(grant));

        clock.advance(31 * DAY);
        let (third, _) = again.current(&store, &vault, &clock).await.expect("a third");
        assert!(again.get(first).is_none() && again.get(second).is_none() && again.get(third).is_some());

        let other = Vault::open(&folder.path().join("other"), &clock).expect("another key file");
        let lost = Keys::load(&store, &other, clock.now_micros()).await.expect("unreadable");
        assert!(lost.get(third).is_none());
        assert!(lost.current(&store, &other, &clock).await.expect("a new one").0 > third);
    }
}
