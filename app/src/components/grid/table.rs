//! The table: rows of one height, so that a thousand of them are arithmetic; those in sight are in the document.

use std::sync::Arc;

use domain::CellScope;
use leptos::html::Div;
use leptos::prelude::*;

use super::Wanted;
use super::cell::CellView;
use crate::browser;
use crate::components::compare::{ColumnMenu, ModelSelect};
use crate::components::icon::Icon;
use crate::state::compare::{Col, Compare, money, tone};
use crate::state::figures::{seconds, thousands};

/// Height of a row until one has been measured, in pixels.
const ROW_PX: f64 = 76.0;
/// Rows above and below those in sight.
const OVERSCAN: usize = 8;
/// Rows that come and go together.
const STEP: usize = 4;
/// Rows that the server puts into the page.
const FIRST_ROWS: usize = 32;
/// The id of the body of the table.
const BODY_ID: &str = "grid-rows";

/// What is in sight, by place among the rows that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sight {
    from: usize,
    to: usize,
    /// What the eye sees, without the rows around it.
    first: usize,
    last: usize,
}

/// The rows around those at that distance from the top.
fn sight(top_px: f64, height_px: f64, row_px: f64, rows: usize) -> Sight {
    let row_px = row_px.max(1.0);
    let first = ((top_px / row_px).floor().max(0.0) as usize).min(rows.saturating_sub(1));
    let last = (first + (height_px / row_px).ceil() as usize).min(rows);
    let from = first.saturating_sub(OVERSCAN) / STEP * STEP;
    let to = (last + OVERSCAN).next_multiple_of(STEP).min(rows);
    Sight { from, to, first, last }
}

/// The table and what scrolls it.
#[component]
pub(super) fn Cells(compare: Compare, show: RwSignal<Wanted>) -> impl IntoView {
    let shown = Memo::new(move |_| {
        let count = u32::try_from(compare.rows.with(|rows| rows.len())).unwrap_or(u32::MAX);
        let of = |rows: &Vec<u32>| rows.iter().copied().filter(|row| *row < count).collect::<Vec<u32>>();
        Arc::new(match show.get() {
            Wanted::All => (0..count).collect(),
            Wanted::Differ => compare.book.totals.with(|totals| of(&totals.differ)),
            Wanted::Failed => compare.book.totals.with(|totals| of(&totals.failed)),
        })
    });
    let region = NodeRef::<Div>::new();
    let row_px = RwSignal::new(ROW_PX);
    let count = Memo::new(move |_| shown.with(|shown| shown.len()));
    let seen = RwSignal::new(Sight { from: 0, to: FIRST_ROWS.min(count.get_untracked()), first: 0, last: 0 });
    let look = move || {
        let Some(region) = region.get_untracked() else { return };
        let measured = browser::panes::height_of(&format!("#{BODY_ID} > .cells__row"));
        if let Some(measured) = measured.filter(|px| (px - row_px.get_untracked()).abs() > 0.5) {
            row_px.set(measured);
        }
        let (top, height) = (f64::from(region.scroll_top()), f64::from(region.client_height()));
        let now = sight(top, height, row_px.get_untracked(), count.get_untracked());
        if seen.get_untracked() != now {
            seen.set(now);
        }
    };
    Effect::new(move || {
        count.track();
        _ = region.get();
        request_animation_frame(look);
    });
    Effect::new(move || {
        let handle = window_event_listener(leptos::ev::resize, move |_| look());
        on_cleanup(move || handle.remove());
    });
    let window = Memo::new(move |_| seen.with(|seen| (seen.from, seen.to.min(count.get()))));
    let rows = Memo::new(move |_| {
        let (from, to) = window.get();
        shown.with(|shown| shown.get(from..to).unwrap_or_default().to_vec())
    });
    Effect::new(move || {
        rows.with(|rows| {
            if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
                compare.want(*first, last + 1);
            }
        });
    });
    let px = move |rows: usize| (rows as f64 * row_px.get()).round().to_string();
    let before = move || px(window.get().0);
    let after = move || px(count.get().saturating_sub(window.get().1));
    view! {
        <div class="table-scroll grid__scroll" tabindex="0" role="region" aria-label="Rows and columns" node_ref=region on:scroll=move |_| look()>
            <table class="cells" aria-rowcount=move || (count.get() + 1).to_string() data-columns=move || compare.columns.with(Vec::len).to_string()>
                <Head compare seen count/>
                <tbody id=BODY_ID>
                    <tr class="cells__gap" aria-hidden="true">
                        <td><svg width="1" height=before></svg></td>
                    </tr>
                    <For each=move || rows.get() key=|row| *row let:row>
                        <Row compare row/>
                    </For>
                    <tr class="cells__gap" aria-hidden="true">
                        <td><svg width="1" height=after></svg></td>
                    </tr>
                </tbody>
                <Totals compare/>
            </table>
            <p class="grid__none faint" role="status" hidden=move || { count.get() > 0 }>
                {move || match show.get() {
                    Wanted::All => "There are no rows.",
                    Wanted::Differ => "In every row all answers are the same, as far as they have come.",
                    Wanted::Failed => "No cell failed.",
                }}
            </p>
        </div>
    }
    .into_any()
}

#[component]
fn Head(compare: Compare, seen: RwSignal<Sight>, count: Memo<usize>) -> impl IntoView {
    let range = move || {
        let (seen, count) = (seen.get(), count.get());
        if count == 0 || seen.last == 0 {
            return String::new();
        }
        format!(
            "{}–{} of {}",
            thousands(seen.first as u64 + 1),
            thousands(seen.last.min(count) as u64),
            thousands(count as u64)
        )
    };
    view! {
        <thead>
            <tr>
                <th scope="col" class="cells__input">
                    "Input "
                    <span class="faint num">{range}</span>
                </th>
                <For each=move || compare.columns.get() key=|column| column.id let:column>
                    <ColumnHead compare column/>
                </For>
            </tr>
        </thead>
    }
    .into_any()
}

#[component]
fn ColumnHead(compare: Compare, column: Col) -> impl IntoView {
    let id = column.id;
    let label = move || format!("Run column {} again", compare.letter(id));
    view! {
        <th scope="col" id=crate::state::compare::column_id(id) data-variant=move || tone(compare.place(id))>
            <div class="cells__head">
                <span class="letter">{move || compare.letter(id).to_string()}</span>
                <ModelSelect compare column/>
                <button
                    class="button live-only"
                    data-kind="quiet"
                    data-shape="icon"
                    data-size="sm"
                    type="button"
                    aria-label=label
                    title=label
                    on:click=move |_| compare.run_column(id)
                >
                    <Icon name="rotate-ccw" small=true/>
                </button>
                <ColumnMenu compare column/>
            </div>
        </th>
    }
    .into_any()
}

#[component]
fn Row(compare: Compare, row: u32) -> impl IntoView {
    let said = Memo::new(move |_| {
        compare.rows.with(|rows| {
            let Some(inputs) = rows.get(row as usize) else { return String::new() };
            // What the prompts ask for first says most.
            let first = compare.variables.with(|names| names.iter().find_map(|name| inputs.get(name).cloned()));
            first.or_else(|| inputs.values().next().cloned()).unwrap_or_default()
        })
    });
    let label = format!("Run row {} again", row + 1);
    view! {
        <tr class="cells__row" aria-rowindex=(row + 2).to_string()>
            <th scope="row" class="cells__input">
                <div class="cells__inner">
                    <span class="cells__no num">{thousands(u64::from(row) + 1)}</span>
                    <p class="cell__text">{move || said.get()}</p>
                </div>
                <button
                    class="button live-only"
                    data-kind="quiet"
                    data-shape="icon"
                    data-size="sm"
                    type="button"
                    aria-label=label.clone()
                    title=label
                    on:click=move |_| compare.run(CellScope { row: Some(row), ..CellScope::default() })
                >
                    <Icon name="rotate-ccw" small=true/>
                </button>
            </th>
            <For each=move || compare.columns.get() key=|column| column.id let:column>
                <CellView compare row column/>
            </For>
        </tr>
    }
    .into_any()
}

/// What each column comes to.
#[component]
fn Totals(compare: Compare) -> impl IntoView {
    let one = move |column: Col| {
        let total = Memo::new(move |_| {
            compare.book.totals.with(|totals| totals.columns.get(&column.id).cloned()).unwrap_or_default()
        });
        let failed = move || {
            let failed = total.with(|total| total.failed);
            (failed > 0)
                .then(|| view! { ", " <span class="cells__bad">{format!("{} failed", thousands(failed))}</span> })
        };
        let rest = move || {
            total.with(|total| {
                let median = total.median_ms.map(|ms| format!("{} s median", seconds(ms)));
                let cost = total.cost_micros.map(|micros| if micros == 0 { "free".to_owned() } else { money(micros) });
                median.into_iter().chain(cost).collect::<Vec<_>>().join(" · ")
            })
        };
        view! {
            <td>
                <p class="num">
                    <b>{move || thousands(total.with(|total| total.done))}</b>
                    " done"
                    {failed}
                </p>
                <p class="num faint">{rest}</p>
            </td>
        }
    };
    view! {
        <tfoot>
            <tr>
                <th scope="row" class="cells__input">"Totals"</th>
                <For each=move || compare.columns.get() key=|column| column.id let:column>
                    {one(column)}
                </For>
            </tr>
        </tfoot>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_in_sight_and_some_around_them() {
        let seen = sight(0.0, 760.0, 76.0, 1_000);
        assert_eq!((seen.from, seen.to, seen.first, seen.last), (0, 20, 0, 10));
        let seen = sight(7_600.0, 760.0, 76.0, 1_000);
        assert_eq!((seen.from, seen.to, seen.first, seen.last), (92, 120, 100, 110));
        let seen = sight(75_240.0, 760.0, 76.0, 1_000);
        assert_eq!((seen.from, seen.to, seen.first, seen.last), (980, 1_000, 990, 1_000));
        let seen = sight(500.0, 760.0, 76.0, 3);
        assert_eq!((seen.from, seen.to), (0, 3));
        let seen = sight(0.0, 760.0, 76.0, 0);
        assert_eq!((seen.from, seen.to), (0, 0));
    }

    #[test]
    fn a_little_scrolling_changes_nothing() {
        assert_eq!(sight(7_600.0, 760.0, 76.0, 1_000), sight(7_640.0, 760.0, 76.0, 1_000));
    }
}
