//! A comparison as an entry of a file.
//!
//! What waits or runs is not carried: nothing may begin by itself, and cost something, where a file is imported.

use std::collections::HashSet;

use domain::comparison::Column;
use domain::limits::{CELL_TEXT_CHARS_MAX, CELLS_MAX};
use domain::prompt::checked_name;
use domain::strict::{self, Mistake};
use domain::{CellStatus, ComparisonId, WorkspaceId};

use super::format::{CellEntry, ComparisonHead};
use super::rules::{NUL, is_time, mistake, why};
use crate::error::Error;
use crate::store::Store;

/// Rows whose cells are read at a time.
const PAGE_ROWS: u32 = 256;
/// Longest digest of an answer, in characters.
const ANSWER_CHARS_MAX: usize = 64;

/// A comparison with the cells that have ended; none where it is another workspace's.
///
/// # Errors
/// When the database does not answer.
pub async fn of(
    store: &Store,
    workspace: WorkspaceId,
    id: ComparisonId,
) -> Result<Option<(ComparisonHead, Vec<CellEntry>)>, Error> {
    let Some(row) = store.comparison_row(workspace, id).await? else { return Ok(None) };
    let Some(comparison) = store.comparison(workspace, id).await? else { return Ok(None) };
    let height = u32::try_from(comparison.spec.rows.len()).unwrap_or(u32::MAX);
    let mut cells = Vec::new();
    for from in (0..height).step_by(PAGE_ROWS as usize) {
        let page = store.cells(id, from..from.saturating_add(PAGE_ROWS).min(height)).await?;
        let ended = |status| !matches!(status, CellStatus::Waiting | CellStatus::Running);
        cells.extend(page.into_iter().filter(|cell| ended(cell.status)).map(CellEntry::from));
    }
    let head = ComparisonHead {
        id,
        name: comparison.name,
        revision: comparison.revision,
        round: row.round,
        spec: comparison.spec,
        cost_micros: comparison.cost_micros,
        created_at: comparison.created_at,
        updated_at: comparison.updated_at,
    };
    Ok(Some((head, cells)))
}

/// What is wrong with a comparison.
pub fn check(head: &ComparisonHead, cells: &[CellEntry]) -> Vec<Mistake> {
    let mut wrong = Vec::new();
    if !head.name.is_empty()
        && let Err(error) = checked_name(&head.name)
    {
        wrong.push(why(&error));
    }
    if let Err(error) = head.spec.check() {
        let inner = why(&error);
        wrong.push(mistake(format!("spec.{}", inner.path), inner.why));
    }
    let has_nul = |column: &Column| strict::refuse_nul(&column.content.canonical()).is_err();
    for (at, _) in head.spec.columns.iter().enumerate().filter(|(_, column)| has_nul(column)) {
        wrong.push(mistake(format!("spec.columns[{at}].content"), NUL));
    }
    for (field, time) in [("created_at", head.created_at), ("updated_at", head.updated_at)] {
        if !is_time(time) {
            wrong.push(mistake(field, "is no time in microseconds since 1970."));
        }
    }
    for (field, count) in [("revision", head.revision), ("round", head.round), ("cost_micros", head.cost_micros)] {
        if count < 0 {
            wrong.push(mistake(field, "is below 0."));
        }
    }
    if cells.len() as u64 > CELLS_MAX {
        wrong.push(mistake("cells", format!("has more than {CELLS_MAX} entries.")));
        return wrong;
    }
    let mut places = HashSet::with_capacity(cells.len());
    for (at, cell) in cells.iter().enumerate() {
        let columns = &head.spec.columns;
        let is_within = (cell.row as usize) < head.spec.rows.len()
            && columns.iter().any(|column| column.id == cell.column)
            && cell.repetition < head.spec.repetitions;
        let is_sound = cell.text.chars().count() <= CELL_TEXT_CHARS_MAX
            && cell.answer.as_ref().is_none_or(|answer| answer.len() <= ANSWER_CHARS_MAX);
        let said = if !is_within {
            "is of no row, column or repetition that there is."
        } else if matches!(cell.status, CellStatus::Waiting | CellStatus::Running) {
            "has not ended."
        } else if !is_sound {
            "has a text that is too long."
        } else if !places.insert((cell.row, cell.column, cell.repetition)) {
            "stands in the file twice."
        } else {
            continue;
        };
        wrong.push(mistake(format!("cells[{at}]"), said));
    }
    wrong
}
