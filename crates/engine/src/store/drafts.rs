//! Drafts: one row a tab.

use domain::limits::DRAFTS_MAX;
use domain::{DraftId, DraftSummary, KeptDraft};
use sqlx::Row;

use super::Store;
use super::runs::bytes;
use crate::error::Error;
use crate::principal::Principal;

/// Most drafts that a list shows.
const LISTED_MAX: i64 = 100;

impl Store {
    /// Keeps a draft, unless a newer revision of it is there already. Says whether it was taken.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn save_draft(&self, of: &Principal, draft: &KeptDraft, now: i64) -> Result<bool, Error> {
        let mut transaction = self.writer.begin().await?;
        let saved = sqlx::query(
            "insert into drafts (id, workspace, user, revision, title, about, content, updated_at, words) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (workspace, user, id) do update set \
             revision = excluded.revision, title = excluded.title, about = excluded.about, content = excluded.content, words = excluded.words, \
             updated_at = excluded.updated_at, deleted_at = null where excluded.revision > drafts.revision",
        )
        .bind(&draft.id.as_bytes()[..])
        .bind(&of.workspace.as_bytes()[..])
        .bind(&of.user.as_bytes()[..])
        .bind(draft.revision)
        .bind(&draft.title)
        .bind(&draft.about)
        .bind(&draft.content)
        .bind(now)
        .bind(&draft.words)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        sqlx::query(
            "delete from drafts where workspace = $1 and user = $2 and id in (select id from drafts \
             where workspace = $1 and user = $2 and deleted_at is null order by updated_at desc limit -1 offset $3)",
        )
        .bind(&of.workspace.as_bytes()[..])
        .bind(&of.user.as_bytes()[..])
        .bind(DRAFTS_MAX)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(saved > 0)
    }

    /// The drafts that have the words in them, the last changed first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drafts(&self, of: &Principal, query: &str) -> Result<Vec<DraftSummary>, Error> {
        let rows = sqlx::query(
            "select id, title, about, updated_at from drafts where workspace = $1 and user = $2 \
             and deleted_at is null and ($3 = '' or instr(words, $3) > 0) \
             order by updated_at desc limit $4",
        )
        .bind(&of.workspace.as_bytes()[..])
        .bind(&of.user.as_bytes()[..])
        .bind(query.to_lowercase())
        .bind(LISTED_MAX)
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(DraftSummary {
                    id: DraftId::from_bytes(bytes(row, "id")?),
                    title: row.try_get("title")?,
                    about: row.try_get("about")?,
                    updated_at: row.try_get("updated_at")?,
                })
            })
            .collect()
    }

    /// All of a draft, and its revision.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn draft(&self, of: &Principal, id: DraftId) -> Result<Option<(i64, String)>, Error> {
        let row = sqlx::query(
            "select revision, content from drafts where workspace = $1 and user = $2 and id = $3 and deleted_at is null",
        )
        .bind(&of.workspace.as_bytes()[..])
        .bind(&of.user.as_bytes()[..])
        .bind(&id.as_bytes()[..])
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| Ok((row.try_get("revision")?, row.try_get("content")?))).transpose()
    }

    /// Takes a draft away (`Some`: when), or brings it back. Says whether there was one.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn mark_draft(&self, of: &Principal, id: DraftId, deleted_at: Option<i64>) -> Result<bool, Error> {
        let changed = sqlx::query("update drafts set deleted_at = $4 where workspace = $1 and user = $2 and id = $3")
            .bind(&of.workspace.as_bytes()[..])
            .bind(&of.user.as_bytes()[..])
            .bind(&id.as_bytes()[..])
            .bind(deleted_at)
            .execute(&self.writer)
            .await?
            .rows_affected();
        Ok(changed > 0)
    }

    /// Takes away drafts that were deleted at `deleted` or before, and those that nobody has changed since `unused`.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn purge_drafts(&self, deleted: i64, unused: i64) -> Result<(), Error> {
        // One each, so that each has its index.
        let by_age = "delete from drafts where updated_at <= $1";
        let removed = "delete from drafts where deleted_at is not null and deleted_at <= $1";
        for (statement, until) in [(removed, deleted), (by_age, unused)] {
            sqlx::query(statement).bind(until).execute(&self.writer).await?;
        }
        Ok(())
    }
}
