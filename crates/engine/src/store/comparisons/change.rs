//! Changes of comparisons.

use std::collections::BTreeMap;

use domain::comparison::Column;
use domain::{Cell, Comparison, ComparisonId, ComparisonSpec, RunId, WorkspaceId};
use sqlx::SqliteConnection;

use super::super::Store;
use super::super::cells::insert_cell;
use super::super::runs::json;
use super::{ComparisonRow, Held, digest, read_row};
use crate::error::Error;
use crate::principal::Principal;

/// What came of saving what is compared.
#[derive(Debug)]
pub enum Saving {
    /// There is no such comparison.
    Absent,
    /// Another has changed it since.
    Behind,
    /// It was saved.
    Saved {
        /// Runs of cells that are no more, which are still going on.
        dropped: Vec<RunId>,
    },
}

impl Store {
    /// Keeps a new comparison.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn create_comparison(&self, of: &Principal, new: &Comparison) -> Result<(), Error> {
        let mut transaction = self.writer.begin().await?;
        insert_comparison(&mut transaction, of, new, &[]).await?;
        Ok(transaction.commit().await?)
    }

    /// Changes what is compared, unless another has since `revision`. Cells of what is no more go.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn save_comparison(
        &self,
        workspace: WorkspaceId,
        id: ComparisonId,
        revision: i64,
        name: &str,
        spec: &ComparisonSpec,
        now: i64,
    ) -> Result<Saving, Error> {
        let mut transaction = self.writer.begin().await?;
        let Some(row) = read_row(&mut transaction, workspace, id).await? else { return Ok(Saving::Absent) };
        if row.standing.revision != revision {
            return Ok(Saving::Behind);
        }
        sqlx::query(
            "update comparisons set name = $2, repetitions = $3, data_name = $4, cap_micros = $5, \
             revision = revision + 1, updated_at = $6, held = nullif(held, 'cap') where id = $1",
        )
        .bind(&id.as_bytes()[..])
        .bind(name)
        .bind(spec.repetitions)
        .bind(&spec.data_name)
        .bind(spec.cap_micros)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        put_columns(&mut transaction, id, &spec.columns).await?;
        put_rows(&mut transaction, id, &spec.rows).await?;
        let dropped = drop_cells(&mut transaction, id, spec).await?;
        recount(&mut transaction, id).await?;
        transaction.commit().await?;
        Ok(Saving::Saved { dropped })
    }

    /// Says why waiting cells are not begun, or that they are.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn hold_comparison(
        &self,
        workspace: WorkspaceId,
        id: ComparisonId,
        held: Option<Held>,
    ) -> Result<bool, Error> {
        let changed = sqlx::query("update comparisons set held = $3 where id = $1 and workspace = $2")
            .bind(&id.as_bytes()[..])
            .bind(&workspace.as_bytes()[..])
            .bind(held.map(Held::as_str))
            .execute(&self.writer)
            .await?
            .rows_affected();
        Ok(changed > 0)
    }

    /// Says that the cap is used up, unless something was changed since the comparison was read.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn hold_at_cap(&self, read: &ComparisonRow) -> Result<(), Error> {
        sqlx::query(
            "update comparisons set held = 'cap' \
             where id = $1 and revision = $2 and round = $3 and held is null",
        )
        .bind(&read.id.as_bytes()[..])
        .bind(read.standing.revision)
        .bind(read.round)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Deletes a comparison at `now`: nobody reads it any more, until it is brought back. Says whether there was one.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn delete_comparison(&self, workspace: WorkspaceId, id: ComparisonId, now: i64) -> Result<bool, Error> {
        let deleted = sqlx::query(
            "update comparisons set deleted_at = $3 where id = $1 and workspace = $2 and deleted_at is null",
        )
        .bind(&id.as_bytes()[..])
        .bind(&workspace.as_bytes()[..])
        .bind(now)
        .execute(&self.writer)
        .await?
        .rows_affected();
        Ok(deleted > 0)
    }

    /// Brings a deleted comparison back, if it is still there. Says whether one came back.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn restore_comparison(&self, workspace: WorkspaceId, id: ComparisonId) -> Result<bool, Error> {
        let restored = sqlx::query(
            "update comparisons set deleted_at = null where id = $1 and workspace = $2 and deleted_at is not null",
        )
        .bind(&id.as_bytes()[..])
        .bind(&workspace.as_bytes()[..])
        .execute(&self.writer)
        .await?
        .rows_affected();
        Ok(restored > 0)
    }

    /// Takes comparisons away for good that were deleted at `until` or before.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn purge_comparisons(&self, until: i64) -> Result<(), Error> {
        sqlx::query("delete from comparisons where deleted_at <= $1").bind(until).execute(&self.writer).await?;
        Ok(())
    }
}

#[cfg(test)]
impl Store {
    /// Keeps a comparison with its cells, for tests that need one; says whether it was not there yet.
    pub async fn import_comparison(&self, of: &Principal, new: &Comparison, cells: &[Cell]) -> Result<bool, Error> {
        let mut transaction = self.writer.begin().await?;
        let is_new = insert_comparison(&mut transaction, of, new, cells).await?;
        transaction.commit().await?;
        Ok(is_new)
    }
}

/// Writes a comparison with its cells, unless there is one with its id; says whether there was none. Nothing of it goes
/// on by itself: cells that waited or ran are stopped.
///
/// # Errors
/// When the database does not take it.
pub async fn insert_comparison(
    db: &mut SqliteConnection,
    of: &Principal,
    new: &Comparison,
    cells: &[Cell],
) -> Result<bool, Error> {
    let inserted = sqlx::query(
        "insert into comparisons (id, workspace, user, name, revision, repetitions, data_name, cap_micros, held, round, \
         spent_micros, waiting, running, done, failed, stopped, created_at, updated_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, 0, 0, 0, 0, 0, $11, $12) on conflict (id) do nothing",
    )
    .bind(&new.id.as_bytes()[..])
    .bind(&of.workspace.as_bytes()[..])
    .bind(&of.user.as_bytes()[..])
    .bind(&new.name)
    .bind(new.revision)
    .bind(new.spec.repetitions)
    .bind(&new.spec.data_name)
    .bind(new.spec.cap_micros)
    .bind(new.held.as_deref().and_then(Held::from_word).map(Held::as_str))
    .bind(new.cost_micros)
    .bind(new.created_at)
    .bind(new.updated_at)
    .execute(&mut *db)
    .await?
    .rows_affected();
    if inserted == 0 {
        return Ok(false);
    }
    put_columns(db, new.id, &new.spec.columns).await?;
    put_rows(db, new.id, &new.spec.rows).await?;
    for cell in cells {
        insert_cell(db, new.id, cell, new.updated_at).await?;
    }
    if !cells.is_empty() {
        recount(db, new.id).await?;
    }
    Ok(true)
}

/// Counts all cells anew.
pub(in crate::store) async fn recount(db: &mut SqliteConnection, id: ComparisonId) -> Result<(), Error> {
    sqlx::query(
        "update comparisons set \
         waiting = (select count(*) from comparison_cells where comparison = $1 and status = 'waiting'), \
         running = (select count(*) from comparison_cells where comparison = $1 and status = 'running'), \
         done = (select count(*) from comparison_cells where comparison = $1 and status = 'done'), \
         failed = (select count(*) from comparison_cells where comparison = $1 and status = 'failed'), \
         stopped = (select count(*) from comparison_cells where comparison = $1 and status = 'stopped') where id = $1",
    )
    .bind(&id.as_bytes()[..])
    .execute(db)
    .await?;
    Ok(())
}

async fn put_columns(db: &mut SqliteConnection, id: ComparisonId, columns: &[Column]) -> Result<(), Error> {
    let ids: Vec<u32> = columns.iter().map(|column| column.id).collect();
    sqlx::query("delete from comparison_columns where comparison = $1 and id not in (select value from json_each($2))")
        .bind(&id.as_bytes()[..])
        .bind(json(&ids)?)
        .execute(&mut *db)
        .await?;
    for (place, column) in (0_i64..).zip(columns) {
        let content = column.content.canonical();
        sqlx::query(
            "insert into comparison_columns (comparison, id, place, prompt, version, edited, digest, content) \
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (comparison, id) do update set place = excluded.place, \
             prompt = excluded.prompt, version = excluded.version, edited = excluded.edited, digest = excluded.digest, \
             content = excluded.content",
        )
        .bind(&id.as_bytes()[..])
        .bind(column.id)
        .bind(place)
        .bind(column.prompt.map(|prompt| prompt.as_bytes().to_vec()))
        .bind(column.version)
        .bind(column.edited)
        .bind(&digest(&content)[..])
        .bind(content)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Writes the rows that differ from those that are there.
async fn put_rows(db: &mut SqliteConnection, id: ComparisonId, rows: &[BTreeMap<String, String>]) -> Result<(), Error> {
    let kept: Vec<Vec<u8>> =
        sqlx::query_scalar("select digest from comparison_rows where comparison = $1 order by row_index")
            .bind(&id.as_bytes()[..])
            .fetch_all(&mut *db)
            .await?;
    let mut changed = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let inputs = json(row)?;
        let digest = digest(&inputs);
        if kept.get(place).is_none_or(|kept| kept[..] != digest[..]) {
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            changed.push((place, hex, inputs));
        }
    }
    // One statement for ten thousand rows.
    sqlx::query(
        "insert into comparison_rows (comparison, row_index, digest, inputs) \
         select $1, value ->> 0, unhex(value ->> 1), value ->> 2 from json_each($2) where true \
         on conflict (comparison, row_index) do update set digest = excluded.digest, inputs = excluded.inputs",
    )
    .bind(&id.as_bytes()[..])
    .bind(json(&changed)?)
    .execute(&mut *db)
    .await?;
    sqlx::query("delete from comparison_rows where comparison = $1 and row_index >= $2")
        .bind(&id.as_bytes()[..])
        .bind(i64::try_from(rows.len()).unwrap_or(i64::MAX))
        .execute(&mut *db)
        .await?;
    Ok(())
}

/// Takes away the cells of columns, rows and repetitions that are no more; says which of their runs are going on.
async fn drop_cells(db: &mut SqliteConnection, id: ComparisonId, spec: &ComparisonSpec) -> Result<Vec<RunId>, Error> {
    const GONE: &str = "comparison = $1 and (row_index >= $2 or repetition >= $3 or column_id not in \
                        (select id from comparison_columns where comparison = $1))";
    let height = i64::try_from(spec.rows.len()).unwrap_or(i64::MAX);
    let running: Vec<Vec<u8>> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "select run from comparison_cells where {GONE} and status = 'running' and run is not null"
    )))
    .bind(&id.as_bytes()[..])
    .bind(height)
    .bind(spec.repetitions)
    .fetch_all(&mut *db)
    .await?;
    sqlx::query(sqlx::AssertSqlSafe(format!("delete from comparison_cells where {GONE}")))
        .bind(&id.as_bytes()[..])
        .bind(height)
        .bind(spec.repetitions)
        .execute(db)
        .await?;
    Ok(running.into_iter().filter_map(|bytes| Some(RunId::from_bytes(bytes.try_into().ok()?))).collect())
}
