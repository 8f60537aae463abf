//! Cells of comparisons: what waits, what runs, what came of it.

mod change;
#[cfg(test)]
mod tests;

use std::ops::Range;

use domain::event::Usage;
use domain::limits::CELL_TEXT_CHARS_MAX;
use domain::{ApiError, Cell, CellStatus, ComparisonId, Run, RunId};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Store;
use super::runs::{optional, parse, unsigned};
use crate::error::Error;
pub(in crate::store) use change::insert_cell;

/// Most ended cells of a column that a forecast looks at.
const PAST_MAX: u32 = 500;

/// Which cell of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The row, from 0.
    pub row: u32,
    /// Which repetition, from 0.
    pub repetition: u32,
    /// The column's id.
    pub column: u32,
}

impl Place {
    /// Where a cell stands.
    #[must_use]
    pub fn of(cell: &Cell) -> Self {
        Self { row: cell.row, repetition: cell.repetition, column: cell.column }
    }
}

/// A cell in the backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingCell {
    /// Which.
    pub place: Place,
    /// In which round it was put there.
    pub round: i64,
}

/// What came of trying to begin a cell.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The cell.
    pub cell: WaitingCell,
    /// Its run, or why there is none.
    pub run: Result<RunId, ApiError>,
    /// The digest of the column's content.
    pub content: [u8; 16],
    /// The digest of the row's inputs.
    pub inputs: [u8; 16],
}

/// A cell whose run has ended.
#[derive(Debug, Clone)]
pub struct EndedCell {
    /// Which.
    pub place: Place,
    /// Its run.
    pub run: RunId,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a run, as a cell keeps it.
#[derive(Debug, Clone)]
pub struct Outcome {
    status: CellStatus,
    text: String,
    answer: Option<String>,
    usage: Usage,
    ttft_ms: Option<u64>,
    total_ms: Option<u64>,
    /// Micro-dollars.
    pub cost_micros: Option<i64>,
    error: Option<ApiError>,
}

impl Outcome {
    /// What a cell keeps of an ended run.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let status = CellStatus::of_run(run.status);
        let answer = (status == CellStatus::Done).then(|| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(run.output.text.as_bytes());
            for call in &run.output.tool_calls {
                for part in [&call.name, &call.arguments] {
                    hasher.update(&[0]);
                    hasher.update(part.as_bytes());
                }
            }
            hasher.finalize().to_hex()[..32].to_owned()
        });
        Self {
            status,
            text: run.output.text.chars().take(CELL_TEXT_CHARS_MAX).collect(),
            answer,
            usage: run.usage,
            ttft_ms: run.ttft_ms,
            total_ms: run.total_ms,
            cost_micros: run.cost_micros,
            error: run.error.clone(),
        }
    }

    /// What it keeps where the run cannot be read any more.
    #[must_use]
    pub fn lost(error: ApiError) -> Self {
        Self {
            status: CellStatus::Failed,
            text: String::new(),
            answer: None,
            usage: Usage::default(),
            ttft_ms: None,
            total_ms: None,
            cost_micros: None,
            error: Some(error),
        }
    }
}

/// How many cells of a column stand how, as a forecast needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnCounts {
    /// The column's id.
    pub column: u32,
    /// Cells that wait or run.
    pub busy: i64,
    /// Cells with an answer.
    pub done: i64,
}

/// A statement that reads cells, as `c`.
macro_rules! cells {
    ($rest:literal) => {
        concat!(
            "select c.row_index, c.column_id, c.repetition, c.status, c.run, c.answer, c.input_tokens, c.output_tokens, \
             c.cached_input_tokens, c.reasoning_tokens, c.ttft_ms, c.total_ms, c.cost_micros, c.error, \
             case when d.deleted_at is null then c.text else '' end as text, \
             coalesce(c.content <> k.digest or c.inputs <> r.digest, 0) as outdated from comparison_cells c \
             left join comparison_columns k on k.comparison = c.comparison and k.id = c.column_id \
             left join comparison_rows r on r.comparison = c.comparison and r.row_index = c.row_index \
             left join runs d on d.id = c.run ",
            $rest
        )
    };
}
use cells;

impl Store {
    /// The cells of some rows that were ever run or wait to be.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn cells(&self, id: ComparisonId, rows: Range<u32>) -> Result<Vec<Cell>, Error> {
        let rows = sqlx::query(cells!(
            "where c.comparison = $1 and c.row_index >= $2 and c.row_index < $3 \
             order by c.row_index, c.column_id, c.repetition"
        ))
        .bind(&id.as_bytes()[..])
        .bind(rows.start)
        .bind(rows.end)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read_cell).collect()
    }

    /// Cells that run, then cells that wait in their order, up to a bound.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn busy_cells(&self, id: ComparisonId, limit: usize) -> Result<Vec<Cell>, Error> {
        let mut cells = Vec::new();
        for status in ["running", "waiting"] {
            let rows = sqlx::query(cells!(
                "where c.comparison = $1 and c.status = $2 order by c.row_index, c.repetition, c.column_id limit $3"
            ))
            .bind(&id.as_bytes()[..])
            .bind(status)
            .bind(i64::try_from(limit - cells.len()).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await?;
            for row in &rows {
                cells.push(read_cell(row)?);
            }
        }
        Ok(cells)
    }

    /// The first cells that wait: by row, within a row by repetition. Within a repetition any order may come.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn waiting_cells(&self, id: ComparisonId, limit: usize) -> Result<Vec<WaitingCell>, Error> {
        let rows = sqlx::query(
            "select row_index, column_id, repetition, round from comparison_cells \
             where comparison = $1 and status = 'waiting' order by row_index, repetition, column_id limit $2",
        )
        .bind(&id.as_bytes()[..])
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok(WaitingCell { place: place(row)?, round: row.try_get("round")? })).collect()
    }

    /// The cells that run, with their runs.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn running_cells(&self, id: ComparisonId) -> Result<Vec<(Place, Option<RunId>)>, Error> {
        let rows = sqlx::query(
            "select row_index, column_id, repetition, run from comparison_cells \
             where comparison = $1 and status = 'running'",
        )
        .bind(&id.as_bytes()[..])
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok((place(row)?, run(row)?))).collect()
    }

    /// How the cells of each column stand, in one row or in all. A column without cells is not among them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn column_counts(&self, id: ComparisonId, row: Option<u32>) -> Result<Vec<ColumnCounts>, Error> {
        let rows = sqlx::query(
            "select column_id, sum(status in ('waiting', 'running')) as busy, sum(status = 'done') as done \
             from comparison_cells where comparison = $1 and ($2 is null or row_index = $2) group by column_id",
        )
        .bind(&id.as_bytes()[..])
        .bind(row)
        .fetch_all(&self.readers)
        .await?;
        let counts = |row: &SqliteRow| {
            let column = row.try_get("column_id")?;
            Ok(ColumnCounts { column, busy: row.try_get("busy")?, done: row.try_get("done")? })
        };
        rows.iter().map(counts).collect()
    }

    /// What ended cells of a column used: tokens in and out, of those that had this content.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn past_usage(&self, id: ComparisonId, column: u32, content: [u8; 16]) -> Result<Vec<(u64, u64)>, Error> {
        let rows = sqlx::query(
            "select input_tokens, output_tokens from comparison_cells \
             where comparison = $1 and status = 'done' and column_id = $2 and content = $3 limit $4",
        )
        .bind(&id.as_bytes()[..])
        .bind(column)
        .bind(&content[..])
        .bind(PAST_MAX)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok((unsigned(row, "input_tokens")?, unsigned(row, "output_tokens")?))).collect()
    }
}

fn place(row: &SqliteRow) -> Result<Place, Error> {
    let (row_index, repetition) = (row.try_get("row_index")?, row.try_get("repetition")?);
    Ok(Place { row: row_index, repetition, column: row.try_get("column_id")? })
}

fn run(row: &SqliteRow) -> Result<Option<RunId>, Error> {
    let bytes: Option<Vec<u8>> = row.try_get("run")?;
    Ok(bytes.and_then(|bytes| Some(RunId::from_bytes(bytes.try_into().ok()?))))
}

fn read_cell(row: &SqliteRow) -> Result<Cell, Error> {
    let status: String = row.try_get("status")?;
    let Place { row: row_index, repetition, column } = place(row)?;
    Ok(Cell {
        row: row_index,
        column,
        repetition,
        status: CellStatus::from_word(&status).ok_or_else(|| Error::Corrupt(format!("status `{status}`")))?,
        run: run(row)?,
        text: row.try_get("text")?,
        answer: row.try_get("answer")?,
        usage: Usage {
            input_tokens: unsigned(row, "input_tokens")?,
            output_tokens: unsigned(row, "output_tokens")?,
            cached_input_tokens: unsigned(row, "cached_input_tokens")?,
            reasoning_tokens: unsigned(row, "reasoning_tokens")?,
            // Only the events have it.
            cache_write_tokens: 0,
        },
        ttft_ms: optional(row, "ttft_ms")?,
        total_ms: optional(row, "total_ms")?,
        cost_micros: row.try_get("cost_micros")?,
        error: row.try_get::<Option<String>, _>("error")?.map(parse).transpose()?,
        outdated: row.try_get("outdated")?,
    })
}
