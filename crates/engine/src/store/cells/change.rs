//! Changes of cells.

use domain::{Cell, CellScope, CellStatus, ComparisonId, RunId};
use sqlx::SqliteConnection;

use super::super::Store;
use super::super::comparisons::recount;
use super::super::runs::{json, signed};
use super::{Begun, EndedCell, Place, WaitingCell, cells, read_cell, run};
use crate::error::Error;

impl Store {
    /// Puts cells into the backlog, and lets it go on; says how many came to it. Those that wait or run stay as they are.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn put_cells(
        &self,
        id: ComparisonId,
        scope: &CellScope,
        cap_micros: Option<i64>,
        now: i64,
    ) -> Result<u64, Error> {
        let mut transaction = self.writer.begin().await?;
        sqlx::query(
            "update comparisons set round = round + 1, held = null, updated_at = $3, cap_micros = coalesce($2, cap_micros), \
             revision = revision + ($2 is not null and $2 is not cap_micros) where id = $1",
        )
        .bind(&id.as_bytes()[..])
        .bind(cap_micros)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        let put = sqlx::query(
            "with recursive times(n) as (select 0 union all select n + 1 from times \
               where n + 1 < (select repetitions from comparisons where id = $1)) \
             insert into comparison_cells (comparison, row_index, column_id, repetition, status, round, text, \
               input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, changed_at) \
             select $1, r.row_index, k.id, times.n, 'waiting', (select round from comparisons where id = $1), '', \
               0, 0, 0, 0, $5 \
             from comparison_rows r join comparison_columns k on k.comparison = r.comparison join times \
             where r.comparison = $1 and ($2 is null or r.row_index = $2) and ($3 is null or k.id = $3) \
             on conflict (comparison, row_index, column_id, repetition) do update set status = 'waiting', \
               round = excluded.round, run = null, content = null, inputs = null, text = '', answer = null, \
               input_tokens = 0, output_tokens = 0, cached_input_tokens = 0, reasoning_tokens = 0, ttft_ms = null, \
               total_ms = null, cost_micros = null, error = null, changed_at = excluded.changed_at \
             where comparison_cells.status not in ('waiting', 'running') \
               and not ($4 and comparison_cells.status = 'done')",
        )
        .bind(&id.as_bytes()[..])
        .bind(scope.row)
        .bind(scope.column)
        .bind(scope.missing)
        .bind(now)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        recount(&mut transaction, id).await?;
        transaction.commit().await?;
        Ok(put)
    }

    /// Takes cells out of the backlog; says which runs are going on in the same scope.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn stop_cells(&self, id: ComparisonId, scope: &CellScope, now: i64) -> Result<Vec<RunId>, Error> {
        let mut transaction = self.writer.begin().await?;
        sqlx::query(
            "update comparison_cells set status = 'stopped', changed_at = $4 where comparison = $1 \
             and status = 'waiting' and ($2 is null or row_index = $2) and ($3 is null or column_id = $3)",
        )
        .bind(&id.as_bytes()[..])
        .bind(scope.row)
        .bind(scope.column)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        let running = runs_of(&mut transaction, id, scope.row, scope.column).await?;
        recount(&mut transaction, id).await?;
        transaction.commit().await?;
        Ok(running)
    }

    /// Notes which cells have begun, and which could not be; gives those that still waited for it, as they stand now.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn note_begun(&self, id: ComparisonId, begun: &[Begun], now: i64) -> Result<Vec<Cell>, Error> {
        let mut transaction = self.writer.begin().await?;
        let (mut running, mut failed) = (0_i64, 0_i64);
        let mut places = Vec::new();
        for Begun { cell: WaitingCell { place, round }, run, content, inputs } in begun {
            let status = if run.is_ok() { CellStatus::Running } else { CellStatus::Failed };
            let changed = sqlx::query(
                "update comparison_cells set status = $6, run = $7, content = $8, inputs = $9, error = $10, \
                 changed_at = $11 where comparison = $1 and row_index = $2 and column_id = $3 and repetition = $4 \
                 and round = $5 and status = 'waiting'",
            )
            .bind(&id.as_bytes()[..])
            .bind(place.row)
            .bind(place.column)
            .bind(place.repetition)
            .bind(round)
            .bind(status.as_str())
            .bind(run.as_ref().ok().map(|run| run.as_bytes().to_vec()))
            .bind(&content[..])
            .bind(&inputs[..])
            .bind(run.as_ref().err().map(json).transpose()?)
            .bind(now)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            if changed > 0 {
                places.push(*place);
                *(if run.is_ok() { &mut running } else { &mut failed }) += 1;
            }
        }
        sqlx::query(
            "update comparisons set waiting = waiting - $2 - $3, running = running + $2, failed = failed + $3 \
             where id = $1",
        )
        .bind(&id.as_bytes()[..])
        .bind(running)
        .bind(failed)
        .execute(&mut *transaction)
        .await?;
        let changed = changed(&mut transaction, id, &places).await?;
        transaction.commit().await?;
        Ok(changed)
    }

    /// Notes what came of runs, and what they cost, also of those whose cell has been changed since; gives the cells that
    /// were still theirs, as they stand now.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn note_ended(&self, id: ComparisonId, ended: &[EndedCell], now: i64) -> Result<Vec<Cell>, Error> {
        let mut transaction = self.writer.begin().await?;
        let (mut done, mut failed, mut stopped, mut spent) = (0_i64, 0_i64, 0_i64, 0_i64);
        let mut places = Vec::new();
        for ended in ended {
            spent = spent.saturating_add(ended.outcome.cost_micros.unwrap_or_default());
            if !note_end(&mut transaction, id, ended, now).await? {
                continue;
            }
            places.push(ended.place);
            match ended.outcome.status {
                CellStatus::Done => done += 1,
                CellStatus::Stopped => stopped += 1,
                _ => failed += 1,
            }
        }
        sqlx::query(
            "update comparisons set running = running - $2 - $3 - $4, done = done + $2, failed = failed + $3, \
             stopped = stopped + $4, spent_micros = spent_micros + $5 where id = $1",
        )
        .bind(&id.as_bytes()[..])
        .bind(done)
        .bind(failed)
        .bind(stopped)
        .bind(spent)
        .execute(&mut *transaction)
        .await?;
        let changed = changed(&mut transaction, id, &places).await?;
        transaction.commit().await?;
        Ok(changed)
    }
}

async fn note_end(db: &mut SqliteConnection, id: ComparisonId, ended: &EndedCell, now: i64) -> Result<bool, Error> {
    let EndedCell { place, run, outcome } = ended;
    let changed = sqlx::query(
        "update comparison_cells set status = $6, text = $7, answer = $8, input_tokens = $9, output_tokens = $10, \
         cached_input_tokens = $11, reasoning_tokens = $12, ttft_ms = $13, total_ms = $14, cost_micros = $15, \
         error = $16, changed_at = $17 where comparison = $1 and row_index = $2 and column_id = $3 and repetition = $4 \
         and status = 'running' and (run = $5 or run is null)",
    )
    .bind(&id.as_bytes()[..])
    .bind(place.row)
    .bind(place.column)
    .bind(place.repetition)
    .bind(&run.as_bytes()[..])
    .bind(outcome.status.as_str())
    .bind(&outcome.text)
    .bind(&outcome.answer)
    .bind(signed(outcome.usage.input_tokens))
    .bind(signed(outcome.usage.output_tokens))
    .bind(signed(outcome.usage.cached_input_tokens))
    .bind(signed(outcome.usage.reasoning_tokens))
    .bind(outcome.ttft_ms.map(signed))
    .bind(outcome.total_ms.map(signed))
    .bind(outcome.cost_micros)
    .bind(outcome.error.as_ref().map(json).transpose()?)
    .bind(now)
    .execute(db)
    .await?
    .rows_affected();
    Ok(changed > 0)
}

/// The runs that are going on in a comparison.
pub(in crate::store) async fn runs_of(
    db: &mut SqliteConnection,
    id: ComparisonId,
    row: Option<u32>,
    column: Option<u32>,
) -> Result<Vec<RunId>, Error> {
    let rows = sqlx::query(
        "select run from comparison_cells where comparison = $1 and status = 'running' and run is not null \
         and ($2 is null or row_index = $2) and ($3 is null or column_id = $3)",
    )
    .bind(&id.as_bytes()[..])
    .bind(row)
    .bind(column)
    .fetch_all(db)
    .await?;
    rows.iter().filter_map(|row| run(row).transpose()).collect()
}

/// Writes a cell as another server had it.
pub(in crate::store) async fn insert_cell(
    db: &mut SqliteConnection,
    id: ComparisonId,
    cell: &Cell,
    now: i64,
) -> Result<(), Error> {
    let status = match cell.status {
        CellStatus::Waiting | CellStatus::Running => CellStatus::Stopped,
        status => status,
    };
    // What was run is no more than whether it still is what stands there.
    sqlx::query(
        "insert into comparison_cells (comparison, row_index, column_id, repetition, status, round, run, content, inputs, \
         text, answer, input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, ttft_ms, total_ms, \
         cost_micros, error, changed_at) values ($1, $2, $3, $4, $5, 0, $6, case when $7 then zeroblob(16) else \
         (select digest from comparison_columns where comparison = $1 and id = $3) end, \
         (select digest from comparison_rows where comparison = $1 and row_index = $2), \
         $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
    )
    .bind(&id.as_bytes()[..])
    .bind(cell.row)
    .bind(cell.column)
    .bind(cell.repetition)
    .bind(status.as_str())
    .bind(cell.run.map(|run| run.as_bytes().to_vec()))
    .bind(cell.outdated)
    .bind(&cell.text)
    .bind(&cell.answer)
    .bind(signed(cell.usage.input_tokens))
    .bind(signed(cell.usage.output_tokens))
    .bind(signed(cell.usage.cached_input_tokens))
    .bind(signed(cell.usage.reasoning_tokens))
    .bind(cell.ttft_ms.map(signed))
    .bind(cell.total_ms.map(signed))
    .bind(cell.cost_micros)
    .bind(cell.error.as_ref().map(json).transpose()?)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

async fn changed(db: &mut SqliteConnection, id: ComparisonId, places: &[Place]) -> Result<Vec<Cell>, Error> {
    let mut cells = Vec::with_capacity(places.len());
    for place in places {
        let row = sqlx::query(cells!(
            "where c.comparison = $1 and c.row_index = $2 and c.column_id = $3 and c.repetition = $4"
        ))
        .bind(&id.as_bytes()[..])
        .bind(place.row)
        .bind(place.column)
        .bind(place.repetition)
        .fetch_one(&mut *db)
        .await?;
        cells.push(read_cell(&row)?);
    }
    Ok(cells)
}
