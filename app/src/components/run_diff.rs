//! Two runs side by side: what each was asked, what came back, and the figures.

use domain::change::{RunDiff, What};
use domain::{Run, RunId};
use leptos::prelude::*;

use super::changes::Stat;
use super::diff::{FactsTable, LayoutSwitch, TextSection, TwoSides, step_keys};
use super::icon::Icon;
use super::status::Status;
use crate::api::run_diff::TwoRuns;
use crate::live::Live;
use crate::state::figures::thousands;
use crate::state::run::RunState;
use crate::state::run_figures::{FigureRow, figure_rows};
use crate::state::run_pick::{diff_address, short};
use crate::state::when;

/// Two runs, and what differs between them.
#[component]
pub fn RunDiffView(
    /// The runs.
    two: TwoRuns,
    /// Compares them again.
    on_again: Callback<()>,
) -> impl IntoView {
    let TwoRuns { old, new, diff } = two;
    step_keys();
    let sides = TwoSides::new(short(old.id), short(new.id), false);
    let figures = figure_rows(&old, &new);
    let going = [&old, &new].map(|run| !run.status.is_end());
    let runs = [RunState::kept(&old), RunState::kept(&new)];
    for ((state, going), id) in runs.into_iter().zip(going).zip([old.id, new.id]) {
        if going {
            compare_at_its_end(state, id, on_again);
        }
    }
    view! {
        <section class="pane run-diff" role="region" aria-label="Diff">
            <Bar sides old=old.id new=new.id diff=diff.clone()/>
            <div class="run-diff__sides">
                <Side run=old state=runs[0] letter="L"/>
                <Side run=new state=runs[1] letter="R"/>
            </div>
            <div class="pane__body" tabindex="0" role="group" aria-label="What differs">
                <GoingOn going on_again/>
                <Parts sides diff figures/>
            </div>
        </section>
    }
    .into_any()
}

/// Follows a run that goes on, and compares again when it has ended.
fn compare_at_its_end(state: RunState, id: RunId, on_again: Callback<()>) {
    let live = expect_context::<Live>();
    Effect::new(move || live.tail(state, id));
    let over = Memo::new(move |_| state.view.with(|view| view.status.is_end()));
    Effect::new(move || {
        if over.get() {
            on_again.run(());
        }
    });
    on_cleanup(move || live.release(state));
}

/// What is compared, how it is laid out, and what can be done.
#[component]
fn Bar(sides: TwoSides, old: RunId, new: RunId, diff: RunDiff) -> impl IntoView {
    let [left, right] = sides.names();
    let texts = diff.asked.sections.iter().chain(&diff.answered);
    let (added, removed) = texts.fold((0, 0), |(added, removed), section| {
        (added + section.diff.added_lines, removed + section.diff.removed_lines)
    });
    view! {
        <header class="versions__bar">
            <h1>
                {format!("Run {left}")}
                <Icon name="arrow-left-right" small=true/>
                <span class="sr-only">" compared with "</span>
                {format!("run {right}")}
            </h1>
            <span class="versions__stat faint">
                <Stat added removed/>
            </span>
            <div class="button-group">
                <LayoutSwitch sides/>
                <a class="button" data-kind="quiet" href=diff_address(new, old)>
                    <Icon name="arrow-left-right" small=true/>
                    "Swap"
                </a>
            </div>
        </header>
    }
    .into_any()
}

/// One of the two: which it is, when it was, and how it stands.
#[component]
fn Side(run: Run, state: RunState, letter: &'static str) -> impl IntoView {
    let (variant, said) = if letter == "L" { ("b", "On the left: ") } else { ("a", "On the right: ") };
    let at = run.created_at;
    view! {
        <div class="run-diff__side">
            <span class="letter" data-variant=variant aria-hidden="true">{letter}</span>
            <span class="sr-only">{said}</span>
            <a class="inline-link" href=format!("/runs/{}", run.id) title=run.id.to_string()>
                {format!("Run {}", short(run.id))}
            </a>
            <b class="truncate">{run.resolved_model.unwrap_or(run.model)}</b>
            <Status run=state/>
            <time class="faint num" datetime=when::iso(at)>{when::utc(at)}</time>
        </div>
    }
    .into_any()
}

/// Says that a run has not ended; nothing where both have.
#[component]
fn GoingOn(going: [bool; 2], on_again: Callback<()>) -> impl IntoView {
    let said = match going {
        [false, false] => return ().into_any(),
        [true, false] => "The run on the left is still going on.",
        [false, true] => "The run on the right is still going on.",
        [true, true] => "Both runs are still going on.",
    };
    let again = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        on_again.run(());
    };
    view! {
        <div class="undo run-diff__going" role="status">
            <Icon name="info"/>
            <p class="grow">
                <b>{said}</b>
                " What has come so far is compared, and all of it at the end."
            </p>
            // Without JavaScript it loads the page again.
            <a class="button" data-size="sm" href="" rel="external" on:click=again>"Compare again"</a>
        </div>
    }
    .into_any()
}

/// The three parts: what was asked, what came back, the figures.
#[component]
fn Parts(sides: TwoSides, diff: RunDiff, figures: Vec<FigureRow>) -> impl IntoView {
    let (same_question, same_answer) = (diff.is_asked_the_same(), diff.is_answered_the_same());
    let RunDiff { asked, answered } = diff;
    let silent = answered.is_empty();
    let alike = asked.sections.iter().filter(|section| section.what == What::Same).count();
    let first = asked.sections.len();
    let messages = asked.sections.into_iter().enumerate().filter(|(_, section)| section.what != What::Same);
    let messages = messages.map(|(place, section)| view! { <TextSection sides place section/> }).collect_view();
    let answers = (first..).zip(answered).map(|(place, section)| view! { <TextSection sides place section/> });
    let question = match (same_question, alike) {
        (true, _) => Some("Both were asked the same.".to_owned()),
        (false, 0) => None,
        (false, 1) => Some("1 message is the same.".to_owned()),
        (false, count) => Some(format!("{} messages are the same.", thousands(count as u64))),
    };
    let answer = match (silent, same_answer) {
        (true, _) => Some("Nothing has come back from either."),
        (false, true) => Some("Both answered the same."),
        (false, false) => None,
    };
    view! {
        <h2 class="run-diff__title">"What was asked"</h2>
        {question.map(|said| view! { <p class="versions__none">{said}</p> })}
        {messages}
        <FactsTable sides title="Model and parameters" label="Parameter" facts=asked.settings/>
        <FactsTable sides title="Tools" label="Tool" facts=asked.tools/>
        <FactsTable sides title="Inputs" label="Variable" facts=asked.inputs/>
        <h2 class="run-diff__title">"The answers"</h2>
        {answer.map(|said| view! { <p class="versions__none">{said}</p> })}
        {answers.collect_view()}
        <h2 class="run-diff__title" id="figures-h">"Figures"</h2>
        <Figures sides figures/>
    }
    .into_any()
}

#[component]
fn Figures(sides: TwoSides, figures: Vec<FigureRow>) -> impl IntoView {
    let [left, right] = sides.names();
    let row = |row: FigureRow| {
        view! {
            <tr>
                <th scope="row">{row.name}</th>
                <td data-num="">{row.old}</td>
                <td data-num="">{row.new}</td>
                <td data-num="" class="faint">{row.difference}</td>
            </tr>
        }
    };
    view! {
        <table class="table run-diff__figures" aria-labelledby="figures-h">
            <thead>
                <tr>
                    <th scope="col">"Figure"</th>
                    <th scope="col" data-num="">{left}</th>
                    <th scope="col" data-num="">{right}</th>
                    <th scope="col" data-num="">"Difference"</th>
                </tr>
            </thead>
            <tbody>{figures.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}
