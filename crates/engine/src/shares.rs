//! Links: something is shown to whoever has the link, as far as its scope goes (E1).
//!
//! What is under the signature is checked from memory, before anything is looked up. Altered, ended, revoked, used-up
//! and unknown links are one and the same to a visitor: [`Visit::NotThere`].

mod blank;
mod budget;
mod carried;
mod guest;
mod keys;
mod passphrase;
mod runs;
mod show;
mod token;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use domain::limits::{PASSPHRASE_BYTES_MAX, SHARE_TTL_S_DEFAULT, SHARE_TTL_S_MAX, SHARE_TTL_S_MIN};
use domain::{
    ApiError, Code, NewRun, NewShare, PromptId, Share, ShareId, ShareScope, ShareView, Shared as Thing, Which,
};
use tokio_util::sync::CancellationToken;

use crate::Shared;
use crate::clock::Clock;
use crate::error::Error;
use crate::library::Library;
use crate::principal::Principal;
use crate::runs::Runs;
use crate::store::{ShareRow, Store};
use crate::vault::Vault;

pub use carried::Carried;
pub use guest::{Counts, Proof, Unlocked, Visit, Visitor};
use keys::Keys;
use passphrase::Tries;
pub use runs::SharedTail;
pub(crate) use runs::settle_left;
pub use show::{Answered, Compared, Line, Page, Prompted, Shown};
use token::Grant;

/// Longest title of a link whose thing has no name, in characters.
const TITLE_CHARS_MAX: usize = 80;
/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// What of links is in memory.
pub struct Links {
    keys: Keys,
    tries: Tries,
    /// Ends the streams of a link that is revoked.
    watched: Mutex<HashMap<ShareId, CancellationToken>>,
    /// How public links begin.
    public: Option<String>,
    /// How links begin where there is no public address; known once the server listens.
    local: OnceLock<String>,
}

impl Links {
    /// Reads the keys.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn open(
        store: &Store,
        vault: &Vault,
        clock: &Clock,
        public_url: Option<&str>,
    ) -> Result<Self, Error> {
        Ok(Self {
            keys: Keys::load(store, vault, clock.now_micros()).await?,
            tries: Tries::default(),
            watched: Mutex::default(),
            public: public_url.map(|url| url.trim_end_matches('/').to_owned()),
            local: OnceLock::new(),
        })
    }

    /// Is cancelled when the link is revoked.
    fn watch(&self, share: ShareId) -> CancellationToken {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).entry(share).or_default().clone()
    }

    fn end(&self, share: ShareId) {
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner).remove(&share);
        if let Some(watched) = watched {
            watched.cancel();
        }
    }
}

/// Everything that can be done with links.
#[derive(Clone, Copy)]
pub struct Shares<'a>(pub(crate) &'a Arc<Shared>);

impl Shares<'_> {
    /// Makes a link.
    ///
    /// # Errors
    /// `invalid_request` that names the field; `not_found` where there is no such thing.
    pub async fn create(self, principal: &Principal, new: NewShare) -> Result<Share, Error> {
        check(&new)?;
        let title = self.title(principal, &new).await?;
        let (shared, links) = (self.0, &self.0.links);
        let passphrase = match new.passphrase {
            Some(passphrase) => Some(links.tries.hash(&shared.clock, passphrase).await?),
            None => None,
        };
        let (token_key, _) = links.keys.current(&shared.store, &shared.vault, &shared.clock).await?;
        let now = shared.clock.now_micros();
        let ttl = i64::try_from(new.expires_in_s.unwrap_or(SHARE_TTL_S_DEFAULT)).unwrap_or(i64::MAX);
        let row = ShareRow {
            title,
            scope: new.scope,
            token_key,
            created_at: now,
            // The end is a whole second; no link ends before it was asked to.
            expires_at: ((now + SECOND - 1) / SECOND + ttl) * SECOND,
            passphrase,
            views_max: new.views_max,
            budget_micros: new.budget_micros,
            ..ShareRow::new(ShareId::from_bytes(shared.clock.id()), principal, new.resource)
        };
        shared.store.insert_share(&row).await?;
        Ok(self.seen(row))
    }

    /// One's links, the newest first; those to one thing where it is given.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list(self, principal: &Principal, resource: Option<Thing>) -> Result<Vec<Share>, Error> {
        let rows = self.0.store.shares(principal, resource).await?;
        Ok(rows.into_iter().map(|row| self.seen(row)).collect())
    }

    /// A link of one's own, and its latest openings, the newest first.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn get(self, principal: &Principal, id: ShareId) -> Result<(Share, Vec<ShareView>), Error> {
        let row =
            self.0.store.share(id).await?.filter(|row| row.principal() == *principal).ok_or_else(|| absent(id))?;
        let views = self.0.store.share_views(id).await?;
        Ok((self.seen(row), views))
    }

    /// Revokes a link, at once, or takes that back. Doing it again changes nothing.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn revoke(self, principal: &Principal, id: ShareId, revoked: bool) -> Result<(), Error> {
        let at = revoked.then(|| self.0.clock.now_micros());
        if !self.0.store.mark_share(principal, id, at).await? {
            return Err(absent(id).into());
        }
        if revoked {
            self.0.links.end(id);
        }
        Ok(())
    }

    /// How links begin, such as `http://127.0.0.1:3000`.
    #[must_use]
    pub fn base(&self) -> &str {
        let links = &self.0.links;
        links.public.as_deref().or(links.local.get().map(String::as_str)).unwrap_or_default()
    }

    /// Whether a public address is configured: others can open links.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.0.links.public.is_some()
    }

    /// Says where the server listens, such as `http://127.0.0.1:3000`; the first call counts.
    pub fn listens_at(&self, url: String) {
        self.0.links.local.get_or_init(|| url);
    }

    /// A link as its maker sees it. Once its key has gone, and it has long ended, it has no URL.
    fn seen(self, row: ShareRow) -> Share {
        let expires_s = u64::try_from(row.expires_at / SECOND).unwrap_or_default();
        let grant = Grant { key: row.token_key, share: row.id, scope: row.scope, expires_s };
        let key = self.0.links.keys.get(row.token_key);
        let url = key.map(|key| format!("{}/s/{}", self.base(), grant.token(&key))).unwrap_or_default();
        Share {
            id: row.id,
            resource: row.resource,
            title: row.title,
            scope: row.scope,
            url,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            passphrase: row.passphrase.is_some(),
            views: row.views,
            views_max: row.views_max,
            spent_micros: row.spent_micros,
            budget_micros: row.budget_micros,
            viewed_at: row.viewed_at,
        }
    }

    /// What the thing is called; refuses what is not there, and what cannot be run.
    async fn title(self, principal: &Principal, new: &NewShare) -> Result<String, Error> {
        let (title, content) = match new.resource {
            Thing::Run(id) => {
                let run = Runs(self.0).get(principal, id).await?;
                let asked = serde_json::from_str::<NewRun>(run.request.as_str()).ok();
                let named = self.name_of(principal, asked.as_ref()).await;
                let content = asked.map(domain::PromptContent::of_run);
                let first = content.as_ref().map(domain::PromptContent::snippet).unwrap_or_default();
                (named.unwrap_or_else(|| shortened(&first)), content)
            }
            Thing::Version(id) => {
                let preset = Library(self.0).version(principal, id).await?;
                (format!("{} v{}", preset.name, preset.version), Some(preset.content))
            }
            Thing::Comparison(id) => (show::comparison_title(self.0, principal, id).await?, None),
        };
        if new.scope == ShareScope::Run {
            self.check_runnable(content.map(|content| content.model).as_deref()).await?;
        }
        Ok(if title.is_empty() { "Untitled".into() } else { title })
    }

    /// The prompt that a run is of, by name and version; none where it is of none, or of one that is gone.
    async fn name_of(self, principal: &Principal, asked: Option<&NewRun>) -> Option<String> {
        let (id, version) = of_version(asked?)?;
        let preset = Library(self.0).get(principal, id, Which::Number(version)).await.ok()?;
        Some(format!("{} v{version}", preset.name))
    }

    /// What cannot be counted cannot be kept within a budget: better said to whoever makes the link.
    async fn check_runnable(self, model: Option<&str>) -> Result<(), Error> {
        let Some(model) = model else {
            return Err(invalid("scope", "is `run`, and only a run or a version can be run from a link.").into());
        };
        let known = self.0.registry.resolve(model).await;
        if known.is_ok_and(|(known, _)| known.info.price.is_none()) {
            let why = format!("is `run`, and the price of `{model}` is not known, so no budget can be kept.");
            return Err(invalid("scope", &why).hint("Give the model a price in etude.toml.").into());
        }
        Ok(())
    }
}

/// The prompt and version that a run names.
fn of_version(asked: &NewRun) -> Option<(PromptId, u32)> {
    asked.of_prompt().zip(asked.version)
}

/// The beginning of a text, on one line, without what cannot stand in a name.
fn shortened(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut title: String = text.chars().filter(|c| !c.is_control() && !turns(*c)).take(TITLE_CHARS_MAX).collect();
    if text.chars().nth(TITLE_CHARS_MAX).is_some() {
        title.push('…');
    }
    title
}

fn check(new: &NewShare) -> Result<(), ApiError> {
    let refuse = |param: &str, why: &str| Err(invalid(param, why));
    if new.expires_in_s.is_some_and(|ttl| !(SHARE_TTL_S_MIN..=SHARE_TTL_S_MAX).contains(&ttl)) {
        return refuse("expires_in_s", &format!("is out of range: {SHARE_TTL_S_MIN} to {SHARE_TTL_S_MAX} are taken."));
    }
    if new.passphrase.as_ref().is_some_and(|text| text.is_empty() || text.len() > PASSPHRASE_BYTES_MAX) {
        return refuse("passphrase", &format!("must be 1 to {PASSPHRASE_BYTES_MAX} bytes long."));
    }
    if new.views_max == Some(0) {
        return refuse("views_max", "is 0; a link that nobody can open is none.");
    }
    match (new.scope, new.budget_micros) {
        (ShareScope::Run, None) => {
            refuse("budget_micros", "is missing: with the scope `run` it says what all runs may cost.")
        }
        (ShareScope::Run, Some(budget)) if budget <= 0 => refuse("budget_micros", "must be more than 0."),
        (ShareScope::Run, Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => refuse("budget_micros", "goes with the scope `run` alone."),
    }
}

fn invalid(param: &str, why: &str) -> ApiError {
    ApiError::new(Code::InvalidRequest, format!("`{param}` {why} No link was made.")).param(param)
}

fn absent(id: ShareId) -> ApiError {
    ApiError::new(Code::NotFound, format!("There is no {id}.")).hint("Your links are listed at GET /v1/shares.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e1_what_a_link_is_asked_to_be_is_checked_by_field() {
        let new = |json: &str| {
            let text = format!(r#"{{"resource":"run_{}"{json}}}"#, "0".repeat(32));
            check(&serde_json::from_str(&text).expect("a link")).map_err(|error| error.param.unwrap_or_default())
        };
        let run = r#","scope":"run","budget_micros":"#;
        for good in ["", r#","expires_in_s":1"#, r#","views_max":1,"passphrase":"x""#, &format!("{run}1")] {
            assert_eq!(new(good), Ok(()), "{good}");
        }
        for (bad, field) in [
            (r#","expires_in_s":0"#, "expires_in_s"),
            (r#","expires_in_s":31536001"#, "expires_in_s"),
            (r#","passphrase":"""#, "passphrase"),
            (&format!(r#","passphrase":"{}""#, "x".repeat(257)), "passphrase"),
            (r#","views_max":0"#, "views_max"),
            (r#","scope":"run""#, "budget_micros"),
            (&format!("{run}0"), "budget_micros"),
            (&format!("{run}-5"), "budget_micros"),
            (r#","budget_micros":5"#, "budget_micros"),
        ] {
            assert_eq!(new(bad), Err(field.to_owned()), "{bad}");
        }
    }

    #[test]
    fn a_title_is_one_short_line() {
        assert_eq!(shortened("a\nb\u{7}\u{202e}"), "ab");
        assert_eq!(shortened(&"x".repeat(90)).chars().count(), 81);
    }
}
