//! The page of a comparison: columns side by side over one row of inputs, or a grid over many.

mod bar;
mod cap;
mod column;
mod foot;
mod head;
mod inputs;
mod keys;
mod marked;
mod menu;
mod modal;
mod notes;
mod params;
mod prompt;
mod recent;
mod repeats;
mod versions;
mod voice;

use leptos::prelude::*;

pub use head::{commands, title};
pub use recent::Recent;

use super::banner::Banner;
use super::grid::{Grid, RowsDialog};
use crate::state::compare::{Compare, Over};
use bar::Bar;
pub(super) use bar::{AddColumn, Repetitions};
use cap::CapDialog;
use column::ColumnPane;
pub(super) use column::ModelSelect;
use foot::Foot;
use head::CompareHeader;
use inputs::SharedInputs;
pub(super) use menu::ColumnMenu;
pub(super) use modal::Modal;
pub(super) use notes::Notes;
pub(super) use params::ParamsDialog;
use prompt::PromptDialog;
use versions::VersionsDialog;
use voice::Voice;

/// A comparison from header to foot.
#[component]
pub fn ComparePane(
    /// Everything on it.
    compare: Compare,
) -> impl IntoView {
    keys::listen(compare);
    let is_grid = Memo::new(move |_| compare.is_grid());
    view! {
        <div class="shell">
            <CompareHeader compare/>
            <Banner/>
            {move || if is_grid.get() { view! { <Grid compare/> }.into_any() } else { view! { <Columns compare/> }.into_any() }}
        </div>
        <Voice compare/>
        {move || compare.over.get().map(|over| view! { <OverIt compare over/> })}
    }
    .into_any()
}

/// Which column leads while columns scroll together: the one under the hand.
#[derive(Clone, Copy)]
struct Leader(StoredValue<Option<u32>>);

#[component]
fn Columns(compare: Compare) -> impl IntoView {
    let leader = Leader(StoredValue::new(None));
    view! {
        <main class="shell__main compare" id="main">
            <h1 class="sr-only">"Compare"</h1>
            <SharedInputs compare/>
            <Bar compare/>
            <Notes compare/>
            <div class="compare__columns">
                <For each=move || compare.columns.get() key=|column| column.id let:column>
                    <ColumnPane compare column leader/>
                </For>
            </div>
            <Foot compare/>
        </main>
    }
    .into_any()
}

/// What lies over the page.
#[component]
fn OverIt(compare: Compare, over: Over) -> impl IntoView {
    match over {
        Over::Cap { scope, forecast } => view! { <CapDialog compare scope forecast/> }.into_any(),
        Over::Prompt(id) => view! { <PromptDialog compare id/> }.into_any(),
        Over::Versions(id) => view! { <VersionsDialog compare id/> }.into_any(),
        Over::Rows => view! { <RowsDialog compare/> }.into_any(),
    }
}
