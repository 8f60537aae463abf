//! Links: one row each, and who opened them.

use domain::{ShareId, ShareScope, ShareView, Shared, UserId, WorkspaceId};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Store;
use super::runs::bytes;
use crate::error::Error;
use crate::principal::Principal;

/// Most links that a list shows.
const LISTED_MAX: i64 = 1_000;
/// Most openings of one link that are remembered; the count goes on.
const VIEWS_KEPT_MAX: i64 = 1_000;

/// A link as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareRow {
    /// Its id.
    pub id: ShareId,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Who made it.
    pub user: UserId,
    /// What it shows.
    pub resource: Shared,
    /// What that was called when the link was made.
    pub title: String,
    /// What it allows.
    pub scope: ShareScope,
    /// The key that signs it.
    pub token_key: u32,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// Microseconds since 1970, UTC.
    pub expires_at: i64,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
    /// Salt and hash of what must be typed.
    pub passphrase: Option<Vec<u8>>,
    /// How often it can be opened.
    pub views_max: Option<u32>,
    /// How often it was.
    pub views: u32,
    /// When it last was.
    pub viewed_at: Option<i64>,
    /// What its runs may cost.
    pub budget_micros: Option<i64>,
    /// What they have cost.
    pub spent_micros: i64,
    /// What those that are going on may cost.
    pub reserved_micros: i64,
}

impl ShareRow {
    /// A link that shows something, and nothing else said of it.
    #[must_use]
    pub fn new(id: ShareId, of: &Principal, resource: Shared) -> Self {
        Self {
            id,
            workspace: of.workspace,
            user: of.user,
            resource,
            title: String::new(),
            scope: ShareScope::View,
            token_key: 0,
            created_at: 0,
            expires_at: 0,
            revoked_at: None,
            passphrase: None,
            views_max: None,
            views: 0,
            viewed_at: None,
            budget_micros: None,
            spent_micros: 0,
            reserved_micros: 0,
        }
    }

    /// Who made it.
    #[must_use]
    pub fn principal(&self) -> Principal {
        Principal { workspace: self.workspace, user: self.user }
    }
}

/// A key that links are signed with, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeyRow {
    /// Its number; grows.
    pub id: u32,
    /// The key, sealed.
    pub sealed: Vec<u8>,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
}

impl Store {
    /// The keys that links are signed with.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, Error> {
        let rows = sqlx::query("select id, sealed, created_at from signing_keys order by id").fetch_all(&self.readers);
        let read = |row: &SqliteRow| {
            Ok(SigningKeyRow {
                id: row.try_get("id")?,
                sealed: row.try_get("sealed")?,
                created_at: row.try_get("created_at")?,
            })
        };
        rows.await?.iter().map(read).collect()
    }

    /// Keeps a key that signs from now on; the others only check.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn add_signing_key(&self, id: u32, sealed: &[u8], now: i64) -> Result<(), Error> {
        let mut transaction = self.writer.begin().await?;
        sqlx::query("update signing_keys set retired_at = $1 where retired_at is null")
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("insert into signing_keys (id, sealed, created_at) values ($1, $2, $3)")
            .bind(id)
            .bind(sealed)
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Lets go of retired keys under which no link lives; says which.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn drop_signing_keys(&self, now: i64) -> Result<Vec<u32>, Error> {
        let gone = sqlx::query_scalar(
            "delete from signing_keys where retired_at is not null and not exists \
             (select 1 from shares where token_key = signing_keys.id and expires_at > $1) returning id",
        );
        Ok(gone.bind(now).fetch_all(&self.writer).await?)
    }

    /// Keeps a new link.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn insert_share(&self, row: &ShareRow) -> Result<(), Error> {
        sqlx::query(
            "insert into shares (id, workspace, user, resource, title, scope, token_key, created_at, expires_at, \
             passphrase, views_max, budget_micros) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(&row.id.as_bytes()[..])
        .bind(&row.workspace.as_bytes()[..])
        .bind(&row.user.as_bytes()[..])
        .bind(row.resource.to_string())
        .bind(&row.title)
        .bind(row.scope.as_str())
        .bind(row.token_key)
        .bind(row.created_at)
        .bind(row.expires_at)
        .bind(&row.passphrase)
        .bind(row.views_max)
        .bind(row.budget_micros)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// A link, whoever made it: its signature is the right to ask.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn share(&self, id: ShareId) -> Result<Option<ShareRow>, Error> {
        let row = sqlx::query("select * from shares where id = $1").bind(&id.as_bytes()[..]);
        row.fetch_optional(&self.readers).await?.as_ref().map(read).transpose()
    }

    /// Someone's links, the newest first; those to one thing where it is given.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn shares(&self, of: &Principal, resource: Option<Shared>) -> Result<Vec<ShareRow>, Error> {
        let rows = sqlx::query(
            "select * from shares where workspace = $1 and user = $2 and ($3 is null or resource = $3) \
             order by id desc limit $4",
        )
        .bind(&of.workspace.as_bytes()[..])
        .bind(&of.user.as_bytes()[..])
        .bind(resource.map(|resource| resource.to_string()))
        .bind(LISTED_MAX)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Revokes a link (`Some`: when), or takes that back. Says whether there is one.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn mark_share(&self, of: &Principal, id: ShareId, revoked_at: Option<i64>) -> Result<bool, Error> {
        // Revoking again changes nothing.
        let changed = sqlx::query(
            "update shares set revoked_at = case when $4 is null then null else coalesce(revoked_at, $4) end \
             where workspace = $1 and user = $2 and id = $3",
        )
        .bind(&of.workspace.as_bytes()[..])
        .bind(&of.user.as_bytes()[..])
        .bind(&id.as_bytes()[..])
        .bind(revoked_at)
        .execute(&self.writer)
        .await?
        .rows_affected();
        Ok(changed > 0)
    }

    /// Counts an opening and notes it, in one step with the check that there may be another. Says whether there may.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn count_view(&self, id: ShareId, what: &str, agent: &str, now: i64) -> Result<bool, Error> {
        let mut transaction = self.writer.begin().await?;
        let counted = sqlx::query(
            "update shares set views = views + 1, viewed_at = $2 where id = $1 and revoked_at is null \
             and expires_at > $2 and (views_max is null or views < views_max)",
        )
        .bind(&id.as_bytes()[..])
        .bind(now)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if counted == 0 {
            return Ok(false);
        }
        sqlx::query("insert into share_views (share, at, what, agent) values ($1, $2, $3, $4)")
            .bind(&id.as_bytes()[..])
            .bind(now)
            .bind(what)
            .bind(agent)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "delete from share_views where share = $1 and id <= \
             (select id from share_views where share = $1 order by id desc limit 1 offset $2)",
        )
        .bind(&id.as_bytes()[..])
        .bind(VIEWS_KEPT_MAX)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The latest openings of a link, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn share_views(&self, id: ShareId) -> Result<Vec<ShareView>, Error> {
        let rows = sqlx::query("select at, what, agent from share_views where share = $1 order by id desc")
            .bind(&id.as_bytes()[..])
            .fetch_all(&self.readers)
            .await?;
        let read = |row: &SqliteRow| {
            Ok(ShareView { at: row.try_get("at")?, what: row.try_get("what")?, agent: row.try_get("agent")? })
        };
        rows.iter().map(read).collect()
    }
}

fn read(row: &SqliteRow) -> Result<ShareRow, Error> {
    let (resource, scope): (String, String) = (row.try_get("resource")?, row.try_get("scope")?);
    Ok(ShareRow {
        id: ShareId::from_bytes(bytes(row, "id")?),
        workspace: WorkspaceId::from_bytes(bytes(row, "workspace")?),
        user: UserId::from_bytes(bytes(row, "user")?),
        resource: resource.parse().map_err(Error::Corrupt)?,
        title: row.try_get("title")?,
        scope: ShareScope::from_word(&scope).ok_or_else(|| Error::Corrupt(format!("scope `{scope}`")))?,
        token_key: row.try_get("token_key")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        revoked_at: row.try_get("revoked_at")?,
        passphrase: row.try_get("passphrase")?,
        views_max: row.try_get("views_max")?,
        views: row.try_get("views")?,
        viewed_at: row.try_get("viewed_at")?,
        budget_micros: row.try_get("budget_micros")?,
        spent_micros: row.try_get("spent_micros")?,
        reserved_micros: row.try_get("reserved_micros")?,
    })
}
