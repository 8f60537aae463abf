//! Deleting runs: hidden at once, brought back for a while, then gone for good.

use domain::{RunId, WorkspaceId};
use sqlx::Row;

use super::Store;
use crate::error::Error;

/// Most runs whose content one transaction takes away.
const PURGE_RUNS: i64 = 64;

/// Most runs that are deleted at a time because they are old.
const EXPIRE_RUNS: i64 = 1_000;

/// Everything that goes with a run's content. The row itself stays, so that a tail answers 410.
pub(super) const CONTENT: [&str; 7] = [
    "delete from run_outputs where run = $1",
    "delete from run_tapes where run = $1",
    "delete from run_wires where run = $1",
    "delete from run_texts where run = $1",
    "delete from run_blobs where run = $1",
    "update comparison_cells set text = '', error = null where run = $1",
    "update runs set request = null, error = null, snippet = '', prompt = '' where id = $1",
];

impl Store {
    /// Deletes a run: nobody reads it any more, its content stays until it is purged. Says whether there was one.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn delete_run(&self, workspace: WorkspaceId, run: RunId, now: i64) -> Result<bool, Error> {
        let changed =
            sqlx::query("update runs set deleted_at = $3 where id = $1 and workspace = $2 and deleted_at is null")
                .bind(&run.as_bytes()[..])
                .bind(&workspace.as_bytes()[..])
                .bind(now)
                .execute(&self.writer)
                .await?
                .rows_affected();
        Ok(changed > 0)
    }

    /// Deletes runs that were created before `since`, some at a time. Says how many.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn expire_runs(&self, since: i64, now: i64) -> Result<u64, Error> {
        // Ids begin with the time: the oldest come first.
        let changed = sqlx::query(
            "update runs set deleted_at = $2 where id in \
             (select id from runs where deleted_at is null and created_at < $1 order by id limit $3)",
        )
        .bind(since)
        .bind(now)
        .bind(EXPIRE_RUNS)
        .execute(&self.writer)
        .await?;
        Ok(changed.rows_affected())
    }

    /// Brings a deleted run back, if its content is still there. Says whether one came back.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn restore_run(&self, workspace: WorkspaceId, run: RunId) -> Result<bool, Error> {
        let changed = sqlx::query(
            "update runs set deleted_at = null \
             where id = $1 and workspace = $2 and deleted_at is not null and request is not null",
        )
        .bind(&run.as_bytes()[..])
        .bind(&workspace.as_bytes()[..])
        .execute(&self.writer)
        .await?
        .rows_affected();
        Ok(changed > 0)
    }

    /// When a run was deleted that can still be brought back, in microseconds since 1970, UTC.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn deleted_at(&self, workspace: WorkspaceId, run: RunId) -> Result<Option<i64>, Error> {
        Ok(sqlx::query_scalar(
            "select deleted_at from runs \
             where id = $1 and workspace = $2 and deleted_at is not null and request is not null",
        )
        .bind(&run.as_bytes()[..])
        .bind(&workspace.as_bytes()[..])
        .fetch_optional(&self.readers)
        .await?)
    }

    /// Takes away the content of runs that were deleted at `until` or before, some at a time. Says of how many.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn purge_runs(&self, until: i64) -> Result<usize, Error> {
        let mut transaction = self.writer.begin().await?;
        let rows = sqlx::query(
            "select id from runs where deleted_at is not null and request is not null and deleted_at <= $1 limit $2",
        )
        .bind(until)
        .bind(PURGE_RUNS)
        .fetch_all(&mut *transaction)
        .await?;
        for row in &rows {
            let run: Vec<u8> = row.try_get("id")?;
            for statement in CONTENT {
                sqlx::query(statement).bind(run.as_slice()).execute(&mut *transaction).await?;
            }
        }
        if !rows.is_empty() {
            sqlx::query("delete from blobs where not exists (select 1 from run_blobs r where r.digest = blobs.digest)")
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(rows.len())
    }
}
