//! The grid: rows of inputs over columns, of which those in sight are in the document.

mod bar;
mod cell;
mod drawer;
mod rows;
mod table;

use leptos::prelude::*;

pub(super) use rows::RowsDialog;

use super::compare::{Notes, ParamsDialog};
use crate::state::compare::Compare;
use bar::{GridBar, Progress};
use drawer::CellDrawer;
use table::Cells;

/// Which rows are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    All,
    /// Those whose answers are not all the same.
    Differ,
    /// Those in which one failed.
    Failed,
}

/// The grid, and beside it the cell that is looked at.
#[component]
pub(super) fn Grid(compare: Compare) -> impl IntoView {
    let show = RwSignal::new(Wanted::All);
    let looked_at = Memo::new(move |_| compare.looked_at.get());
    view! {
        <main class="shell__main grid" id="main" data-drawer=move || looked_at.get().map(|_| "open")>
            <section class="grid__main" aria-labelledby="grid-h">
                <h1 class="sr-only" id="grid-h">"Grid"</h1>
                <GridBar compare show/>
                <Progress compare/>
                <Notes compare/>
                <Cells compare show/>
            </section>
            {move || looked_at.get().map(|place| view! { <CellDrawer compare place/> })}
        </main>
        {move || compare.params_of.get().map(|id| view! { <ParamsDialog compare id/> })}
    }
    .into_any()
}
