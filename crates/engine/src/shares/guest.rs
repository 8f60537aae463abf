//! Who comes by a link, and whether it opens.

use domain::ShareScope;

use super::passphrase::Tried;
use super::token::{Done, Grant};
use super::{SECOND, Shares};
use crate::error::Error;
use crate::store::ShareRow;

/// Who has come, as far as their browser or program tells.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    /// The proof that they opened the link.
    pub opened: Option<String>,
    /// The proof that they typed the passphrase.
    pub unlocked: Option<String>,
    /// The family of their browser or program.
    pub agent: String,
}

/// Whether something counts as an opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// It does.
    Always,
    /// It does not for those who have opened the link: it belongs to that opening.
    Once,
    /// It shows nothing.
    Never,
}

/// A proof for a visitor's browser to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The proof.
    pub text: String,
    /// How long it counts, in seconds.
    pub ttl_s: u64,
}

/// What a visitor finds.
#[derive(Debug)]
pub enum Visit<T> {
    /// Nothing. Why is nobody's business.
    NotThere,
    /// A passphrase must be typed first.
    Locked,
    /// This.
    Here {
        /// What they asked for.
        thing: T,
        /// The proof that they opened the link, where that has just been counted.
        opened: Option<Proof>,
    },
}

/// What came of a passphrase.
#[derive(Debug)]
pub enum Unlocked {
    /// There is nothing to unlock, or no such link.
    NotThere,
    /// It was right.
    Right(Proof),
    /// It was not.
    Wrong,
    /// Too many wrong ones came before; when the next one is looked at, in milliseconds.
    Wait(u64),
}

/// A visitor who may see what the link shows.
pub(super) struct Guest {
    pub grant: Grant,
    pub row: ShareRow,
    /// Whether they have opened it before.
    pub has_opened: bool,
    pub agent: String,
}

pub(super) enum Admitted {
    NotThere,
    Locked,
    Guest(Box<Guest>),
}

impl Shares<'_> {
    /// Reads the link: signature, scope and end from memory, then revocation, views and passphrase.
    pub(super) async fn admit(self, token: &str, visitor: &Visitor) -> Result<Admitted, Error> {
        let Some((grant, row)) = self.look_up(token).await? else { return Ok(Admitted::NotThere) };
        let proven = |done: Done, proof: &Option<String>| {
            let key = self.0.links.keys.get(grant.key);
            let now = self.0.clock.now_micros();
            key.zip(proof.as_ref()).is_some_and(|(key, proof)| done.is_proven(&key, row.id, proof, now))
        };
        let has_opened = proven(Done::Opened, &visitor.opened);
        if !has_opened && row.views_max.is_some_and(|most| row.views >= most) {
            return Ok(Admitted::NotThere);
        }
        if row.passphrase.is_some() && !proven(Done::Unlocked, &visitor.unlocked) {
            return Ok(Admitted::Locked);
        }
        Ok(Admitted::Guest(Box::new(Guest { grant, row, has_opened, agent: visitor.agent.clone() })))
    }

    /// The same for what only a scope allows.
    pub(super) async fn admit_for(self, token: &str, visitor: &Visitor, scope: ShareScope) -> Result<Admitted, Error> {
        Ok(match self.admit(token, visitor).await? {
            Admitted::Guest(guest) if guest.row.scope < scope => Admitted::NotThere,
            other => other,
        })
    }

    /// Lets a guest have what they asked for, once it is counted.
    pub(super) async fn let_have<T>(
        self,
        guest: &Guest,
        what: &'static str,
        counts: Counts,
        thing: T,
    ) -> Result<Visit<T>, Error> {
        if counts == Counts::Never || counts == Counts::Once && guest.has_opened {
            return Ok(Visit::Here { thing, opened: None });
        }
        let now = self.0.clock.now_micros();
        if !self.0.store.count_view(guest.row.id, what, &guest.agent, now).await? {
            return Ok(Visit::NotThere);
        }
        Ok(Visit::Here { thing, opened: self.proof(Done::Opened, &guest.grant) })
    }

    /// Tries a passphrase.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unlock(self, token: &str, passphrase: String) -> Result<Unlocked, Error> {
        let Some((grant, row)) = self.look_up(token).await? else { return Ok(Unlocked::NotThere) };
        let Some(kept) = row.passphrase.filter(|_| row.views_max.is_none_or(|most| row.views < most)) else {
            return Ok(Unlocked::NotThere);
        };
        Ok(match self.0.links.tries.check(&self.0.clock, row.id, &kept, passphrase).await? {
            Tried::Right => self.proof(Done::Unlocked, &grant).map_or(Unlocked::NotThere, Unlocked::Right),
            Tried::Wrong => Unlocked::Wrong,
            Tried::Wait(wait_ms) => Unlocked::Wait(wait_ms),
        })
    }

    async fn look_up(self, token: &str) -> Result<Option<(Grant, ShareRow)>, Error> {
        let now = self.0.clock.now_micros();
        let Some(grant) = Grant::read(token, |key| self.0.links.keys.get(key), now) else { return Ok(None) };
        let row = self.0.store.share(grant.share).await?;
        let lives = |row: &ShareRow| {
            row.revoked_at.is_none() && row.scope == grant.scope && row.expires_at == grant.expires_at()
        };
        Ok(row.filter(lives).map(|row| (grant, row)))
    }

    pub(super) fn proof(self, done: Done, grant: &Grant) -> Option<Proof> {
        let key = self.0.links.keys.get(grant.key)?;
        let now_s = u64::try_from(self.0.clock.now_micros() / SECOND).unwrap_or_default();
        let until_s = (now_s + done.ttl_s()).min(grant.expires_s);
        Some(Proof { text: done.proof(&key, grant.share, until_s), ttl_s: until_s.saturating_sub(now_s) })
    }
}
