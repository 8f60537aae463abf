//! The drawer of a cell: its answer against another column's, its inputs, its run.

use domain::{CellScope, CellStatus, Price, diff};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::cell::{pieces, stands};
use crate::browser;
use crate::components::failure::Failure;
use crate::components::figures::Figures;
use crate::components::growing::Growing;
use crate::components::icon::Icon;
use crate::state::compare::{Col, Compare, Place, tone};
use crate::state::run::RunState;

/// Pieces of two answers up to which it is looked for what they share.
const PIECES_MAX: usize = 8_192;
/// The id of the button that closes it.
const CLOSE_ID: &str = "cell-close";

/// Reads the run of a cell into a state of its own, for as long as it is looked at.
fn read(compare: Compare, place: Memo<Option<Place>>) -> RunState {
    let state = RunState::default();
    let run = Memo::new(move |_| compare.book.get(place.get()?)?.run);
    Effect::new(move || {
        let run = run.get();
        if state.id.get_untracked() != run {
            compare.live.release(state);
            state.clear();
            if let Some(run) = run {
                compare.live.tail(state, run);
            }
        }
    });
    on_cleanup(move || compare.live.release(state));
    state
}

/// The drawer.
#[component]
pub(super) fn CellDrawer(compare: Compare, place: Place) -> impl IntoView {
    let (row, id, repetition) = place;
    let Some(column) = untrack(|| compare.column(id)) else { return ().into_any() };
    let cell = Memo::new(move |_| compare.book.get(place));
    let run = read(compare, Memo::new(move |_| Some(place)));
    browser::focus_soon(CLOSE_ID.into());
    let step = move |by: isize| {
        let columns = compare.columns.get_untracked();
        let at = columns.iter().position(|column| column.id == id).unwrap_or_default();
        if let Some(next) = at.checked_add_signed(by).and_then(|at| columns.get(at)) {
            compare.looked_at.set(Some((row, next.id, repetition)));
        }
    };
    let again = move || compare.run(CellScope { row: Some(row), column: Some(id), ..CellScope::default() });
    let keys = move |event: KeyboardEvent| {
        let plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
        if !plain || event.is_composing() || browser::is_typing() || browser::has_dialog() {
            return;
        }
        match event.key().as_str() {
            "ArrowLeft" => step(-1),
            "ArrowRight" => step(1),
            "r" | "R" if browser::single_keys() => again(),
            _ => return,
        }
        event.prevent_default();
    };
    let free = Signal::derive(move || compare.model(column).price == Some(Price::FREE));
    let status = move || cell.with(|cell| cell.as_ref().map(|cell| stands(cell.status)));
    let address = move || run.id.get().map(|run| format!("/?run={run}"));
    view! {
        <aside class="drawer" aria-labelledby="cell-h" on:keydown=keys>
            <header class="drawer__head">
                <h2 id="cell-h">
                    <span class="compare__name">
                        {format!("Row {} ", row + 1)}
                        <span class="letter" data-variant=move || tone(compare.place(id))>{move || compare.letter(id).to_string()}</span>
                    </span>
                </h2>
                {move || status().map(|(status, word)| view! { <span class="status" data-status=status>{word}</span> })}
                <span class="grow"></span>
                <Turn label="Previous column (←)" icon="chevron-left" on_press=Callback::new(move |()| step(-1))/>
                <Turn label="Next column (→)" icon="chevron-right" on_press=Callback::new(move |()| step(1))/>
                <button class="button" data-kind="quiet" data-shape="icon" type="button" id=CLOSE_ID aria-label="Close" title="Close (Esc)" on:click=move |_| compare.looked_at.set(None)>
                    <Icon name="x"/>
                </button>
            </header>
            <div class="drawer__body">
                <Answers compare column place run/>
                <InputsOf compare row/>
                <About compare column place run/>
                <section class="pane drawer__figures" aria-label=move || format!("Figures of row {}, {}", row + 1, compare.letter(id))>
                    <Figures run free/>
                </section>
            </div>
            <footer class="drawer__foot">
                {move || address().map(|address| view! { <a class="button" href=address>"Open in playground"</a> })}
                <span class="grow"></span>
                <button class="button" data-kind="quiet" type="button" on:click=move |_| again()>
                    <Icon name="rotate-ccw" small=true/>
                    "Run again"
                    <kbd class="kbd keys-only" aria-hidden="true">"R"</kbd>
                </button>
            </footer>
        </aside>
    }
    .into_any()
}

#[component]
fn Turn(label: &'static str, icon: &'static str, on_press: Callback<()>) -> impl IntoView {
    view! {
        <button class="button" data-kind="quiet" data-shape="icon" data-size="sm" type="button" aria-label=label title=label on:click=move |_| on_press.run(())>
            <Icon name=icon small=true/>
        </button>
    }
    .into_any()
}

/// The answer; beside that of another column, what differs is marked.
#[component]
fn Answers(compare: Compare, column: Col, place: Place, run: RunState) -> impl IntoView {
    let (row, id, _) = place;
    let others = Memo::new(move |_| {
        let columns = compare.columns.get();
        columns.into_iter().map(|column| column.id).filter(|other| *other != id).collect::<Vec<_>>()
    });
    let with = RwSignal::new(others.with_untracked(|others| others.first().copied()));
    let other = read(compare, Memo::new(move |_| Some((row, with.get()?, 0))));
    let both = Memo::new(move |_| {
        let has_ended = |run: RunState| run.view.with(|view| view.status.is_end()) && !run.text.with(String::is_empty);
        has_ended(run) && has_ended(other)
    });
    let found = Memo::new(move |_| {
        both.get().then(|| {
            run.text.with(|own| {
                other.text.with(|other| {
                    let found = diff::differs(other, own, PIECES_MAX);
                    (pieces(other, &found.in_a), pieces(own, &found.in_b))
                })
            })
        })
    });
    let error = Memo::new(move |_| {
        let refused = run.refusal.get().map(|refusal| refusal.error);
        let failed = run.view.with(|view| view.error.clone());
        refused.or(failed).or_else(|| compare.book.get(place).and_then(|cell| cell.error))
    });
    let stat = move || {
        let (gone, new) = found.get()?;
        let words = |pieces: &[(String, bool)]| {
            let differ = pieces.iter().filter(|(_, differs)| *differs);
            differ.map(|(text, _)| text.split_whitespace().count()).sum::<usize>()
        };
        let (gone, new) = (words(&gone), words(&new));
        Some(view! {
            <span class="diff-stat">
                <b data-change="add">{format!("+{new}")}</b>
                " "
                <b data-change="del">{format!("−{gone}")}</b>
                " words"
            </span>
        })
    };
    view! {
        <div class="drawer__section">
            <div class="cell-diff__head">
                <h3 id="cell-answer-h">"Answer"</h3>
                <Show when=move || others.with(|others| !others.is_empty())>
                    <With compare others with/>
                </Show>
                {stat}
            </div>
            <div class="cell-diff" role="group" aria-labelledby="cell-answer-h" aria-busy=move || run.is_running().then_some("true")>
                {move || match found.get() {
                    Some((gone, new)) => {
                        let of = with.get().unwrap_or_default();
                        view! {
                            <Side compare id=of pieces=gone new=false/>
                            <Side compare id pieces=new new=true/>
                        }
                            .into_any()
                    }
                    None => view! { <Alone compare column run/> }.into_any(),
                }}
            </div>
            {move || error.get().map(|error| view! { <Failure error/> })}
        </div>
    }
    .into_any()
}

/// Which column it is compared with.
#[component]
fn With(compare: Compare, others: Memo<Vec<u32>>, with: RwSignal<Option<u32>>) -> impl IntoView {
    let option = move |id: u32| {
        let name = move || {
            let model = compare.column(id).map(|column| column.column.with(|column| column.content.model.clone()));
            format!("{} {}", compare.letter(id), model.unwrap_or_default())
        };
        view! { <option value=id.to_string() selected=with.get_untracked() == Some(id)>{name}</option> }
    };
    view! {
        <label class="cell-diff__with">
            "beside"
            <select class="input" aria-label="Diff with" on:change=move |event| with.set(event_target_value(&event).parse().ok())>
                {move || others.get().into_iter().map(option).collect_view()}
            </select>
        </label>
    }
    .into_any()
}

/// One of two answers.
#[component]
fn Side(compare: Compare, id: u32, pieces: Vec<(String, bool)>, new: bool) -> impl IntoView {
    let pieces = pieces.into_iter().map(|(text, differs)| match (differs, new) {
        (false, _) => text.into_any(),
        (true, true) => view! { <ins>{text}</ins> }.into_any(),
        (true, false) => view! { <del>{text}</del> }.into_any(),
    });
    view! {
        <div class="cell-diff__side">
            <span class="letter" data-variant=move || tone(compare.place(id))>{move || compare.letter(id).to_string()}</span>
            <p>{pieces.collect_view()}</p>
        </div>
    }
    .into_any()
}

/// The answer alone, also while it comes.
#[component]
fn Alone(compare: Compare, column: Col, run: RunState) -> impl IntoView {
    view! {
        <div class="cell-diff__side">
            <span class="letter" data-variant=move || tone(compare.place(column.id))>{move || compare.letter(column.id).to_string()}</span>
            <div class="cell-diff__text">
                <Growing text=run.text epoch=run.epoch/>
                <Show when=move || run.is_running()>
                    <span class="caret"></span>
                </Show>
                <p class="faint" hidden=move || !run.text.with(String::is_empty) || run.is_running()>"No text."</p>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn InputsOf(compare: Compare, row: u32) -> impl IntoView {
    let inputs = move || {
        let rows = compare.rows.get();
        let inputs = rows.get(row as usize).cloned().unwrap_or_default();
        let one = |(name, value): (String, String)| {
            view! {
                <div>
                    <dt class="inputs__name">{name}</dt>
                    <dd>{value}</dd>
                </div>
            }
        };
        inputs.into_iter().map(one).collect_view()
    };
    view! {
        <div class="drawer__section" role="group" aria-labelledby="cell-inputs-h">
            <h3 id="cell-inputs-h">"Inputs"</h3>
            <dl class="cell-inputs">{inputs}</dl>
        </div>
    }
    .into_any()
}

/// The run of the cell, and its repetitions.
#[component]
fn About(compare: Compare, column: Col, place: Place, run: RunState) -> impl IntoView {
    let (row, id, repetition) = place;
    let count = compare.repetitions.get_untracked();
    let same = move || {
        let cells = compare.book.repetitions(row, id, count);
        let done = cells.iter().filter(|cell| cell.status == CellStatus::Done);
        let own = cells.iter().find(|cell| cell.repetition == repetition)?.answer.clone();
        let (all, same) = done.fold((0, 0), |(all, same), cell| (all + 1, same + usize::from(cell.answer == own)));
        Some(format!("{same} of {all} repetitions"))
    };
    let options = (0..count).map(|n| {
        view! { <option value=n.to_string() selected=n == repetition>{format!("{} of {count}", n + 1)}</option> }
    });
    let choose = move |event| {
        let chosen = event_target_value(&event).parse().unwrap_or_default();
        compare.looked_at.set(Some((row, id, chosen)));
    };
    let repeats = (count > 1).then(|| {
        view! {
            <dt>"Repetition"</dt>
            <dd>
                <select class="input" aria-label="Repetition" on:change=choose>{options.collect_view()}</select>
            </dd>
            <dt>"Same answer in"</dt>
            <dd>{same}</dd>
        }
    });
    view! {
        <div class="drawer__section">
            <h3>"Run"</h3>
            <dl class="facts">
                <dt>"Model"</dt>
                <dd>{move || column.column.with(|column| column.content.model.clone())}</dd>
                <dt>"Run"</dt>
                <dd>
                    {move || match run.id.get() {
                        Some(id) => view! { <a class="inline-link" href=format!("/runs/{id}")><code>{id.to_string()}</code></a> }.into_any(),
                        None => "none yet".into_any(),
                    }}
                </dd>
                {repeats}
            </dl>
        </div>
    }
    .into_any()
}
