//! Comparisons: what is compared, and how its cells stand in all.

mod change;

use std::collections::BTreeMap;

use domain::comparison::{CellCounts, Column, ComparisonSummary};
use domain::limits::COMPARISONS_LISTED_MAX;
use domain::{Comparison, ComparisonId, ComparisonSpec, PromptId, UserId, WorkspaceId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::Store;
use super::runs::{bytes, parse};
use crate::error::Error;
use crate::principal::Principal;
pub(in crate::store) use change::recount;
pub use change::{Saving, insert_comparison};

/// Why waiting cells are not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// What it may cost is used up.
    Cap,
    /// Somebody has paused it.
    Paused,
}

impl Held {
    /// The word in the database and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cap => "cap",
            Self::Paused => "paused",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Cap, Self::Paused].into_iter().find(|held| held.as_str() == word)
    }
}

/// How the cells of a comparison stand at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// See [`Comparison::revision`].
    pub revision: i64,
    /// How many cells stand how.
    pub counts: CellCounts,
    /// Micro-dollars.
    pub spent_micros: i64,
    /// Why waiting cells are not begun.
    pub held: Option<Held>,
}

/// A comparison without its columns and rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparisonRow {
    /// Its id.
    pub id: ComparisonId,
    /// Whose it is.
    pub of: Principal,
    /// What it is called.
    pub name: String,
    /// How often each cell is run.
    pub repetitions: u32,
    /// Where the rows are from.
    pub data_name: Option<String>,
    /// What it may cost in all, in micro-dollars.
    pub cap_micros: Option<i64>,
    /// How often cells were put into its backlog.
    pub round: i64,
    /// How its cells stand.
    pub standing: Standing,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// Microseconds since 1970, UTC.
    pub updated_at: i64,
}

/// A column, and the digest of its content.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnRow {
    /// The column.
    pub column: Column,
    /// Of its content's canonical JSON.
    pub digest: [u8; 16],
}

/// One row's inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputsRow {
    /// The values of variables.
    pub inputs: BTreeMap<String, String>,
    /// Of their JSON.
    pub digest: [u8; 16],
}

impl Store {
    /// A comparison without its columns and rows.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn comparison_row(
        &self,
        workspace: WorkspaceId,
        id: ComparisonId,
    ) -> Result<Option<ComparisonRow>, Error> {
        let mut reader = self.readers.acquire().await?;
        read_row(&mut reader, workspace, id).await
    }

    /// A comparison.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn comparison(&self, workspace: WorkspaceId, id: ComparisonId) -> Result<Option<Comparison>, Error> {
        // One moment for all of it.
        let mut reader = self.readers.begin().await?;
        let Some(row) = read_row(&mut reader, workspace, id).await? else { return Ok(None) };
        let columns = read_columns(&mut reader, id).await?.into_iter().map(|row| row.column).collect();
        let rows: Vec<String> =
            sqlx::query_scalar("select inputs from comparison_rows where comparison = $1 order by row_index")
                .bind(&id.as_bytes()[..])
                .fetch_all(&mut *reader)
                .await?;
        let rows = rows.into_iter().map(parse).collect::<Result<_, _>>()?;
        let Standing { revision, counts, spent_micros, held, .. } = row.standing;
        let ComparisonRow { id, name, repetitions, data_name, cap_micros, created_at, updated_at, .. } = row;
        Ok(Some(Comparison {
            id,
            name,
            revision,
            spec: ComparisonSpec { columns, rows, repetitions, data_name, cap_micros },
            counts,
            cost_micros: spent_micros,
            held: held.map(|held| held.as_str().to_owned()),
            created_at,
            updated_at,
        }))
    }

    /// The columns of a comparison, from left to right.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn comparison_columns(&self, id: ComparisonId) -> Result<Vec<ColumnRow>, Error> {
        let mut reader = self.readers.acquire().await?;
        read_columns(&mut reader, id).await
    }

    /// The inputs of every `step`th row of a comparison, at most `limit`, with their places.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn comparison_inputs(
        &self,
        id: ComparisonId,
        from: u32,
        step: u32,
        limit: u32,
    ) -> Result<Vec<(u32, InputsRow)>, Error> {
        let rows = sqlx::query(
            "select row_index, digest, inputs from comparison_rows \
             where comparison = $1 and row_index >= $2 and (row_index - $2) % $3 = 0 order by row_index limit $4",
        )
        .bind(&id.as_bytes()[..])
        .bind(from)
        .bind(step.max(1))
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let inputs = InputsRow { inputs: parse(row.try_get("inputs")?)?, digest: bytes(row, "digest")? };
                Ok((row.try_get("row_index")?, inputs))
            })
            .collect()
    }

    /// How many rows a comparison has.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn comparison_height(&self, id: ComparisonId) -> Result<u32, Error> {
        Ok(sqlx::query_scalar("select coalesce(max(row_index) + 1, 0) from comparison_rows where comparison = $1")
            .bind(&id.as_bytes()[..])
            .fetch_one(&self.readers)
            .await?)
    }

    /// The comparisons of a workspace, the last changed first, with when they were deleted: those that were after `since`
    /// are among them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn comparisons(
        &self,
        workspace: WorkspaceId,
        since: i64,
    ) -> Result<Vec<(ComparisonSummary, Option<i64>)>, Error> {
        let rows = sqlx::query(
            "select id, name, updated_at, deleted_at, \
               (select count(*) from comparison_columns k where k.comparison = c.id) as width, \
               (select coalesce(max(row_index) + 1, 0) from comparison_rows r where r.comparison = c.id) as height \
             from comparisons c where workspace = $1 and (deleted_at is null or deleted_at > $3) \
             order by updated_at desc limit $2",
        )
        .bind(&workspace.as_bytes()[..])
        .bind(COMPARISONS_LISTED_MAX)
        .bind(since)
        .fetch_all(&self.readers)
        .await?;
        let summary = |row: &SqliteRow| {
            let summary = ComparisonSummary {
                id: ComparisonId::from_bytes(bytes(row, "id")?),
                name: row.try_get("name")?,
                columns: row.try_get("width")?,
                rows: row.try_get("height")?,
                updated_at: row.try_get("updated_at")?,
                undo_ms: None,
            };
            Ok((summary, row.try_get("deleted_at")?))
        };
        rows.iter().map(summary).collect()
    }

    /// Every comparison of a workspace, in the order in which they were made.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn every_comparison(&self, workspace: WorkspaceId) -> Result<Vec<ComparisonId>, Error> {
        let rows = sqlx::query("select id from comparisons where workspace = $1 and deleted_at is null order by id")
            .bind(&workspace.as_bytes()[..])
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(|row| Ok(ComparisonId::from_bytes(bytes(row, "id")?))).collect()
    }

    /// The comparisons that have cells which wait or run, and whose they are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unfinished_comparisons(&self) -> Result<Vec<(ComparisonId, Principal)>, Error> {
        let rows = sqlx::query(
            "select id, workspace, user from comparisons where (waiting > 0 or running > 0) and deleted_at is null",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok((ComparisonId::from_bytes(bytes(row, "id")?), principal(row)?))).collect()
    }
}

/// The digest of a text, as cells and columns keep it.
#[must_use]
pub fn digest(text: &str) -> [u8; 16] {
    let hash = blake3::hash(text.as_bytes());
    let mut digest = [0; 16];
    digest.copy_from_slice(&hash.as_bytes()[..16]);
    digest
}

async fn read_row(
    db: &mut SqliteConnection,
    workspace: WorkspaceId,
    id: ComparisonId,
) -> Result<Option<ComparisonRow>, Error> {
    let row = sqlx::query("select * from comparisons where id = $1 and workspace = $2 and deleted_at is null")
        .bind(&id.as_bytes()[..])
        .bind(&workspace.as_bytes()[..])
        .fetch_optional(&mut *db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(ComparisonRow {
        id,
        of: principal(&row)?,
        name: row.try_get("name")?,
        repetitions: row.try_get("repetitions")?,
        data_name: row.try_get("data_name")?,
        cap_micros: row.try_get("cap_micros")?,
        round: row.try_get("round")?,
        standing: read_standing(&row)?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    }))
}

fn principal(row: &SqliteRow) -> Result<Principal, Error> {
    let workspace = WorkspaceId::from_bytes(bytes(row, "workspace")?);
    Ok(Principal { workspace, user: UserId::from_bytes(bytes(row, "user")?) })
}

fn read_standing(row: &SqliteRow) -> Result<Standing, Error> {
    let count = |name: &'static str| Ok::<_, Error>(row.try_get::<i64, _>(name)?.try_into().unwrap_or_default());
    let held: Option<String> = row.try_get("held")?;
    Ok(Standing {
        revision: row.try_get("revision")?,
        counts: CellCounts {
            waiting: count("waiting")?,
            running: count("running")?,
            done: count("done")?,
            failed: count("failed")?,
            stopped: count("stopped")?,
        },
        spent_micros: row.try_get("spent_micros")?,
        held: held.as_deref().and_then(Held::from_word),
    })
}

async fn read_columns(db: &mut SqliteConnection, id: ComparisonId) -> Result<Vec<ColumnRow>, Error> {
    let rows = sqlx::query(
        "select id, prompt, version, edited, digest, content from comparison_columns where comparison = $1 order by place",
    )
    .bind(&id.as_bytes()[..])
    .fetch_all(db)
    .await?;
    let column = |row: &SqliteRow| {
        let prompt: Option<Vec<u8>> = row.try_get("prompt")?;
        let column = Column {
            id: row.try_get("id")?,
            prompt: prompt.and_then(|bytes| Some(PromptId::from_bytes(bytes.try_into().ok()?))),
            version: row.try_get("version")?,
            edited: row.try_get("edited")?,
            content: parse(row.try_get("content")?)?,
        };
        Ok(ColumnRow { column, digest: bytes(row, "digest")? })
    };
    rows.iter().map(column).collect()
}
