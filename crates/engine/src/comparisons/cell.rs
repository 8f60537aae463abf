//! From a cell to the run that it is.

use std::sync::Arc;

use domain::{ComparisonId, NewRun, Which};

use super::forecast::{Odds, tokens_in};
use crate::Shared;
use crate::error::Error;
use crate::library::Library;
use crate::principal::Principal;
use crate::store::cells::{Place, WaitingCell};
use crate::store::comparisons::{ColumnRow, ComparisonRow, InputsRow};

/// Ended cells after which the odds are read again.
const LEARNT_MAX: u32 = 8;

/// What is compared, as the backlog needs it: read once for each revision.
pub struct Sheet {
    revision: i64,
    variants: Vec<Variant>,
    /// The row that was read last: its cells come one after another.
    row: Option<(u32, InputsRow)>,
    learnt: u32,
}

struct Variant {
    row: ColumnRow,
    variables: Vec<String>,
    /// Where there is a cap.
    odds: Option<Odds>,
}

/// A cell's run.
pub struct Made {
    /// What is run.
    pub new: NewRun,
    /// The digest of the column's content.
    pub content: [u8; 16],
    /// The digest of the row's inputs.
    pub inputs: [u8; 16],
    /// What it is likely to cost at most, in micro-dollars; 0 where no price is known, or no cap is set.
    pub most_micros: i64,
}

impl Sheet {
    /// The sheet as it stands now: the one that is there, where nothing has changed since.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn current(known: Option<Self>, shared: &Arc<Shared>, row: &ComparisonRow) -> Result<Self, Error> {
        let known = known.filter(|known| known.revision == row.standing.revision);
        let mut sheet = match known {
            Some(known) => known,
            None => {
                let columns = shared.store.comparison_columns(row.id).await?;
                let variant = |row: ColumnRow| Variant { variables: row.column.content.variables(), row, odds: None };
                let variants = columns.into_iter().map(variant).collect();
                Self { revision: row.standing.revision, variants, row: None, learnt: 0 }
            }
        };
        if row.cap_micros.is_some() {
            let stale = sheet.learnt >= LEARNT_MAX;
            for variant in sheet.variants.iter_mut().filter(|variant| stale || variant.odds.is_none()) {
                variant.odds = Some(Odds::read(shared, &row.of, row.id, &variant.row).await?);
            }
            if stale {
                sheet.learnt = 0;
            }
        }
        Ok(sheet)
    }

    /// Notes that more is known of answers than before.
    pub fn has_learnt(&mut self) {
        self.learnt += 1;
    }

    /// The first of these cells: by row, then by repetition, then from left to right.
    #[must_use]
    pub fn in_order(&self, mut cells: Vec<WaitingCell>, count: usize) -> Vec<WaitingCell> {
        let place = |id| self.variants.iter().position(|variant| variant.row.column.id == id);
        cells.sort_by_key(|cell| (cell.place.row, cell.place.repetition, place(cell.place.column)));
        cells.truncate(count);
        cells
    }

    /// The run that a cell is; nothing where its column or row is no more.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn make(
        &mut self,
        shared: &Arc<Shared>,
        of: &Principal,
        id: ComparisonId,
        place: Place,
    ) -> Result<Option<Made>, Error> {
        if self.row.as_ref().is_none_or(|(row, _)| *row != place.row) {
            self.row = shared.store.comparison_inputs(id, place.row, 1, 1).await?.pop();
        }
        let row = self.row.as_ref().filter(|(row, _)| *row == place.row);
        let variant = self.variants.iter().find(|variant| variant.row.column.id == place.column);
        let Some(((_, row), variant)) = row.zip(variant) else { return Ok(None) };
        let column = &variant.row.column;
        let tokens = tokens_in(&column.content, &row.inputs);
        let most_micros = variant.odds.and_then(|odds| odds.cost(tokens)).map_or(0, |(_, most)| most);
        let mut new = column.content.clone().run();
        let given = variant.variables.iter().filter_map(|name| row.inputs.get_key_value(name));
        new.inputs.extend(given.map(|(name, value)| (name.clone(), value.clone())));
        if let (Some(prompt), Some(version), false) = (column.prompt, column.version, column.edited) {
            // Only where naming it changes nothing: it may have been put away, or be another server's.
            let kept = Library(shared).content(of, prompt, &Which::Number(version)).await;
            if kept.is_ok_and(|(kept, _)| *kept == column.content) {
                new.prompt = Some(prompt);
                new.version = Some(version);
            }
        }
        Ok(Some(Made { new, content: variant.row.digest, inputs: row.digest, most_micros }))
    }
}

#[cfg(test)]
mod tests {
    use domain::PromptContent;
    use domain::comparison::Column;

    use super::*;

    #[test]
    fn a5_cells_go_row_by_row_repetition_by_repetition_from_left_to_right() {
        let variant = |id| Variant {
            row: ColumnRow {
                column: Column { id, prompt: None, version: None, edited: false, content: PromptContent::default() },
                digest: [0; 16],
            },
            variables: Vec::new(),
            odds: None,
        };
        let sheet = Sheet { revision: 1, variants: vec![variant(7), variant(2)], row: None, learnt: 0 };
        let cell = |row, repetition, column| WaitingCell { place: Place { row, repetition, column }, round: 1 };
        let waiting = vec![cell(0, 0, 2), cell(0, 0, 7), cell(0, 1, 2), cell(0, 1, 7), cell(1, 0, 2)];
        assert_eq!(sheet.in_order(waiting, 3), [cell(0, 0, 7), cell(0, 0, 2), cell(0, 1, 7)]);
    }
}
