//! One cell: the beginning of its answer, what differs in it from A's, and what it took.

use std::ops::Range;

use domain::{Cell, CellScope, CellStatus, Price, RunId, diff};
use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::state::compare::{Col, Compare, money, tone};
use crate::state::figures::{seconds, thousands};
use crate::state::run::RunState;

/// Most of an answer that comes that a cell shows, in bytes.
const SHOWN_BYTES: usize = 400;
/// Pieces of two beginnings up to which it is looked for what they share.
const PIECES_MAX: usize = 1_000;

/// What a cell says while it has no figures, and the mark beside it.
pub(super) const fn stands(status: CellStatus) -> (&'static str, &'static str) {
    match status {
        CellStatus::Waiting => ("queued", "queued"),
        CellStatus::Running => ("running", "streaming"),
        CellStatus::Done => ("finished", "done"),
        CellStatus::Failed => ("failed", "failed"),
        CellStatus::Stopped => ("cancelled", "stopped"),
    }
}

/// A text in stretches, each with whether it differs.
pub(super) fn pieces(text: &str, marks: &[Range<usize>]) -> Vec<(String, bool)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for mark in marks {
        if mark.start > at {
            pieces.push((text[at..mark.start].to_owned(), false));
        }
        pieces.push((text[mark.clone()].to_owned(), true));
        at = mark.end;
    }
    if at < text.len() {
        pieces.push((text[at..].to_owned(), false));
    }
    pieces
}

/// The cell of a row in a column: its first repetition.
#[component]
pub(super) fn CellView(compare: Compare, row: u32, column: Col) -> impl IntoView {
    let id = column.id;
    let place = (row, id, 0);
    let cell = Memo::new(move |_| compare.book.get(place));
    let status = Memo::new(move |_| cell.with(|cell| cell.as_ref().map(|cell| cell.status)));
    let running =
        Memo::new(move |_| cell.with(|cell| cell.as_ref().filter(|cell| cell.status == CellStatus::Running)?.run));
    let text = Memo::new(move |_| said(compare, row, id, cell));
    let name = move || format!("row {}, {}", row + 1, compare.letter(id));
    let label = move || {
        format!("{}, {}", name().replacen('r', "R", 1), status.get().map_or("not run", |status| stands(status).1))
    };
    let is_open = move || compare.looked_at.get().is_some_and(|looked_at| (looked_at.0, looked_at.1) == (row, id));
    view! {
        <td
            class="cell"
            data-variant=move || tone(compare.place(id))
            data-status=move || status.get().map(|status| stands(status).0)
            aria-current=move || is_open().then_some("true")
        >
            <button class="cell__link live-only" type="button" aria-label=label on:click=move |_| compare.looked_at.set(Some(place))></button>
            <p class="cell__text">
                {move || match running.get() {
                    Some(run) => view! { <Streaming compare run/> }.into_any(),
                    None => {
                        let pieces = text.get().into_iter().map(|(text, differs)| view! { <span class:differs=differs>{text}</span> });
                        pieces.collect_view().into_any()
                    }
                }}
            </p>
            <p class="cell__foot">
                <Foot compare column cell row/>
                <Show when=move || status.get().is_some_and(|status| !matches!(status, CellStatus::Waiting | CellStatus::Running))>
                    <button
                        class="button live-only"
                        data-kind="quiet"
                        data-shape="icon"
                        data-size="sm"
                        type="button"
                        aria-label=move || format!("Run {} again", name())
                        title="Run again"
                        on:click=move |_| compare.run(CellScope { row: Some(row), column: Some(id), ..CellScope::default() })
                    >
                        <Icon name="rotate-ccw" small=true/>
                    </button>
                </Show>
            </p>
        </td>
    }
    .into_any()
}

/// What a cell shows that does not come just now.
fn said(compare: Compare, row: u32, id: u32, cell: Memo<Option<Cell>>) -> Vec<(String, bool)> {
    cell.with(|cell| {
        let Some(cell) = cell else { return Vec::new() };
        match cell.status {
            CellStatus::Failed => {
                let error = cell.error.as_ref().map_or_else(|| "It failed.".to_owned(), |error| error.message.clone());
                vec![(error, false)]
            }
            CellStatus::Done => {
                let first = compare.columns.with(|columns| columns.first().map(|column| column.id));
                let other = first.filter(|first| *first != id && compare.differ.is_on.get());
                let other = other.and_then(|first| compare.book.get((row, first, 0)));
                let marks = match other.filter(|other| other.status == CellStatus::Done) {
                    Some(other) if other.answer != cell.answer => {
                        diff::differs(&other.text, &cell.text, PIECES_MAX).in_b
                    }
                    _ => Vec::new(),
                };
                pieces(&cell.text, &marks)
            }
            CellStatus::Stopped => pieces(&cell.text, &[]),
            CellStatus::Waiting | CellStatus::Running => Vec::new(),
        }
    })
}

/// An answer that comes, read over the tab's connection while the cell is in sight.
#[component]
fn Streaming(compare: Compare, run: RunId) -> impl IntoView {
    let state = RunState::default();
    Effect::new(move |before: Option<()>| {
        if before.is_none() {
            compare.live.tail(state, run);
        }
    });
    on_cleanup(move || compare.live.release(state));
    let text = Memo::new(move |_| {
        state.text.with(|text| text[..text.floor_char_boundary(SHOWN_BYTES.min(text.len()))].to_owned())
    });
    view! {
        {move || text.get()}
        <span class="caret"></span>
    }
}

/// The figures of a cell that has ended, how it stands while it has none.
#[component]
fn Foot(compare: Compare, column: Col, cell: Memo<Option<Cell>>, row: u32) -> impl IntoView {
    let same = move || {
        let count = compare.repetitions.get();
        if count < 2 {
            return None;
        }
        let cells = compare.book.repetitions(row, column.id, count);
        let done: Vec<&str> = cells
            .iter()
            .filter(|cell| cell.status == CellStatus::Done)
            .filter_map(|cell| cell.answer.as_deref())
            .collect();
        let most = diff::groups(&done).iter().map(Vec::len).max()?;
        Some(format!("{most} of {} the same", done.len()))
    };
    move || {
        let cell = cell.get()?;
        if cell.status != CellStatus::Done {
            let (status, word) = stands(cell.status);
            return Some(view! { <span class="status" data-status=status>{word}</span> }.into_any());
        }
        let free = compare.model(column).price == Some(Price::FREE);
        let cost = cell.cost_micros.filter(|_| !free).map(money);
        let took = cell.total_ms.map(|ms| format!("{} s", seconds(ms)));
        let outdated = cell.outdated.then(|| "before the change".to_owned());
        let tokens = format!("{} tok", thousands(cell.usage.output_tokens));
        let said: Vec<String> = [Some(tokens), took, cost, same(), outdated].into_iter().flatten().collect();
        Some(view! { <span class="cell__figures num">{said.join(" · ")}</span> }.into_any())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_pieces_is_the_text() {
        let text = "delivery. Asks to move.";
        let marks = [0..8, 15..17];
        let pieces = pieces(text, &marks);
        assert_eq!(pieces.iter().map(|(text, _)| text.as_str()).collect::<String>(), text);
        assert_eq!(pieces.iter().map(|(_, differs)| *differs).collect::<Vec<_>>(), [true, false, true, false]);
        assert!(super::pieces("", &[]).is_empty());
    }
}
