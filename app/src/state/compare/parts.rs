//! Adding, moving, changing and removing columns and rows.

use std::sync::Arc;

use domain::comparison::Column;
use domain::limits::COLUMNS_MAX;
use domain::{ChatMessage, PromptContent, PromptId};
use leptos::prelude::*;

use super::super::settings::{Param, Setting};
use super::{Col, Compare, Inputs, column_id};
use crate::browser;

/// The id of the button that puts a removed column back.
pub const UNDO_REMOVE: &str = "undo-column";

impl Compare {
    /// Whether there is room for another column.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.columns.with(Vec::len) < COLUMNS_MAX
    }

    /// Adds a column that is like the last one.
    pub fn add_column(self) {
        let last = self.columns.with_untracked(|columns| columns.last().map(|column| column.id));
        if let Some(last) = last {
            self.duplicate(last);
        }
    }

    /// Copies a column to right behind it.
    pub fn duplicate(self, id: u32) {
        let Some(column) = untrack(|| self.column(id)) else { return };
        let document = Column { id: self.next_id(), ..column.column.get_untracked() };
        let at = untrack(|| self.place(id)) + 1;
        self.insert(at, document);
    }

    /// An id that no column has, nor the one that can be put back.
    fn next_id(self) -> u32 {
        let removed = self.removed.with_untracked(|removed| removed.as_ref().map_or(0, |(_, column)| column.id));
        self.columns.with_untracked(|columns| columns.iter().map(|column| column.id).fold(removed, u32::max)) + 1
    }

    fn insert(self, at: usize, document: Column) {
        if !untrack(|| self.has_room()) {
            return;
        }
        let column = self.owner.with_value(|owner| owner.with(|| Col::new(document)));
        self.columns.update(|columns| columns.insert(at.min(columns.len()), column));
        self.focus(column.id);
        self.show_answers();
        self.changed();
    }

    /// Makes a column the one that keys act on, and goes there.
    pub fn focus(self, id: u32) {
        self.focused.set(id);
        browser::focus_soon(format!("{}-model", column_id(id)));
    }

    /// Takes a column away; it can be put back.
    pub fn remove(self, id: u32) {
        let at = untrack(|| self.place(id));
        let Some(column) = untrack(|| self.column(id)).filter(|_| self.columns.with_untracked(Vec::len) > 1) else {
            return;
        };
        self.live.release(column.run);
        self.removed.set(Some((at, column.column.get_untracked())));
        self.columns.update(|columns| columns.retain(|own| own.id != id));
        if self.focused.get_untracked() == id {
            let near = self.columns.with_untracked(|columns| columns[at.min(columns.len() - 1)].id);
            self.focused.set(near);
        }
        if self.params_of.get_untracked() == Some(id) {
            self.params_of.set(None);
        }
        self.changed();
        browser::focus_soon(UNDO_REMOVE.into());
    }

    /// Puts back the column that was removed last.
    pub fn restore(self) {
        if let Some((at, column)) = self.removed.get_untracked().filter(|_| untrack(|| self.has_room())) {
            self.insert(at, column);
            self.removed.set(None);
        }
    }

    /// Moves a column to the left (-1) or to the right (1).
    pub fn shift(self, id: u32, by: isize) {
        let at = untrack(|| self.place(id));
        let count = self.columns.with_untracked(Vec::len);
        let Some(to) = at.checked_add_signed(by).filter(|to| *to < count) else { return };
        self.columns.update(|columns| columns.swap(at, to));
        self.changed();
        self.focus(id);
    }

    /// Changes what a column runs.
    pub fn edit(self, column: Col, change: impl FnOnce(&mut PromptContent)) {
        column.column.update(|column| {
            change(&mut column.content);
            column.edited = column.prompt.is_some();
        });
        self.changed();
    }

    /// Makes a column a version of a prompt.
    pub fn choose_version(self, column: Col, prompt: PromptId, version: u32, content: PromptContent) {
        let own = PromptContent { inputs: Inputs::new(), ..content.clone() };
        // What a version has for its variables, it has where nothing is typed for them.
        self.fill(content.inputs);
        column.exchange(Column {
            id: column.id,
            prompt: Some(prompt),
            version: Some(version),
            edited: false,
            content: own,
        });
        self.changed();
    }

    /// Chooses another model for a column.
    pub fn choose_model(self, column: Col, model: String) {
        self.edit(column, |content| content.model = model);
        self.settle_params(column);
    }

    /// Changes what is typed for a parameter of a column.
    pub fn change_setting(self, column: Col, param: Param, setting: Setting) {
        column.typed.update(|typed| _ = typed.insert(param, setting));
        self.settle_params(column);
    }

    fn settle_params(self, column: Col) {
        let params = column.params();
        if column.column.with_untracked(|column| column.content.params != params) {
            self.edit(column, |content| content.params = params);
        }
    }

    /// Changes the messages of a column, or of all.
    pub fn set_messages(self, column: Col, messages: &[ChatMessage], in_all: bool) {
        let columns = if in_all { self.columns.get_untracked() } else { vec![column] };
        for column in columns {
            if column.column.with_untracked(|column| column.content.messages != messages) {
                self.edit(column, |content| content.messages = messages.to_vec());
            }
        }
    }

    /// Whether all columns say the same, whatever model they ask.
    #[must_use]
    pub fn has_one_prompt(&self) -> bool {
        let columns = self.columns.get();
        columns.windows(2).all(|two| {
            two[0].column.with(|one| two[1].column.with(|other| one.content.messages == other.content.messages))
        })
    }

    /// What is typed for a variable of a comparison that is no grid.
    #[must_use]
    pub fn input(&self, name: &str) -> String {
        self.rows.with(|rows| rows.first().and_then(|row| row.get(name).cloned())).unwrap_or_default()
    }

    /// Changes it.
    pub fn set_input(self, name: &str, text: String) {
        self.rows.update(|rows| {
            let rows = Arc::make_mut(rows);
            if rows.is_empty() {
                rows.push(Inputs::new());
            }
            rows[0].insert(name.to_owned(), text);
        });
        self.rows_changed();
    }

    /// Gives variables a value where they have none.
    fn fill(self, inputs: Inputs) {
        if inputs.is_empty() || untrack(|| self.is_grid()) {
            return;
        }
        self.rows.update(|rows| {
            let rows = Arc::make_mut(rows);
            if rows.is_empty() {
                rows.push(Inputs::new());
            }
            for (name, value) in inputs {
                let own = rows[0].entry(name).or_default();
                if own.is_empty() {
                    *own = value;
                }
            }
        });
        self.rows_changed();
    }

    /// Changes how often each cell is run.
    pub fn set_repetitions(self, count: u32) {
        self.repetitions.set(count);
        for column in self.columns.get_untracked() {
            if column.shown.get_untracked() >= count {
                column.shown.set(0);
            }
        }
        self.changed();
        self.show_answers();
    }

    /// Goes over these rows from now on. The columns are new ones: what was answered to other rows is none of these.
    pub fn use_rows(self, rows: Vec<Inputs>, name: String) {
        let known = self.columns.get_untracked();
        let next = self.next_id();
        let columns = known.iter().zip(next..).map(|(column, id)| {
            let document = Column { id, ..column.column.get_untracked() };
            column.let_go(self.live);
            self.owner.with_value(|owner| owner.with(|| Col::new(document)))
        });
        let columns: Vec<Col> = columns.collect();
        self.focused.set(columns.first().map_or(0, |column| column.id));
        self.removed.set(None);
        self.looked_at.set(None);
        self.params_of.set(None);
        self.columns.set(columns);
        self.rows.set(Arc::new(rows));
        self.data_name.set(Some(name));
        self.begin_anew();
    }

    /// Goes over one row of inputs again: the first one.
    pub fn use_one_row(self) {
        let first = self.rows.with_untracked(|rows| rows.first().cloned().unwrap_or_default());
        self.rows.set(Arc::new(vec![first]));
        self.data_name.set(None);
        self.looked_at.set(None);
        self.begin_anew();
    }

    /// Cells of other rows are none of these.
    fn begin_anew(self) {
        self.book.forget();
        self.rows_changed();
        self.after_saved(move || self.read_again());
    }

    /// Shows another repetition of a column.
    pub fn show_repetition(self, column: Col, repetition: u32) {
        column.shown.set(repetition);
        self.show_answers();
    }
}
