//! The bar under an ended run that plays its recorded events again.

use domain::{Event, RunId};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::failure::Failure;
use super::icon::Icon;
use crate::api::error::PageError;
use crate::api::runs::run_events;
use crate::browser;
use crate::state::replay::{Pace, Replay};
use crate::state::run::RunState;

/// How finely the slider moves, in milliseconds.
const STEP_MS: f64 = 1.0;

/// The bar.
#[component]
pub fn ReplayBar(
    /// The run, as it is shown.
    run: RunState,
    /// Its id.
    id: RunId,
) -> impl IntoView {
    let replay = Replay::new(run);
    let (loading, failed) = (RwSignal::new(false), RwSignal::new(None::<domain::ApiError>));
    // Once the events are there.
    let with_events = move |then: fn(Replay, f64), value: f64| {
        if replay.is_loaded() {
            return then(replay, value);
        }
        loading.set(true);
        failed.set(None);
        spawn_local(async move {
            let answer = run_events(id).await;
            loading.try_set(false);
            match answer {
                Ok(events) => {
                    let events = events.iter().filter_map(|(seq, kind, data)| Event::read(*seq, *kind, data).ok());
                    replay.load(events.collect());
                    then(replay, value);
                }
                Err(PageError(error)) => _ = failed.try_set(Some(error)),
            }
        });
    };
    let press = move |_| {
        if replay.plays.get_untracked() {
            replay.plays.set(false);
        } else {
            with_events(|replay, _| play(replay), 0.0);
        }
    };
    let slide = move |event: leptos::ev::Event| {
        replay.plays.set(false);
        if let Ok(at_ms) = event_target_value(&event).parse() {
            with_events(Replay::seek, at_ms);
        }
    };
    let label = move || if replay.plays.get() { "Pause" } else { "Replay" };
    let seconds = |ms: f64| format!("{:.1}", ms.max(0.0) / 1_000.0);
    let said = move || {
        let (at_ms, all_ms) = (replay.at_ms.get(), replay.all_ms.get());
        let end = if at_ms >= all_ms { ", at the end" } else { "" };
        format!("{} s{end}", seconds(at_ms))
    };
    view! {
        <div class="replay live-only" role="group" aria-label="Replay">
            <button
                class="button"
                data-kind="quiet"
                data-shape="icon"
                data-size="sm"
                type="button"
                aria-label=label
                title=label
                aria-busy=move || loading.get().then_some("true")
                on:click=press
            >
                {move || if replay.plays.get() { view! { <Icon name="pause"/> } } else { view! { <Icon name="play"/> } }}
            </button>
            <span class="replay__time">
                <b>{move || seconds(replay.at_ms.get())}</b>
                " "
                <span>{move || format!("of {} s", seconds(replay.all_ms.get()))}</span>
            </span>
            <input
                class="slider"
                type="range"
                min="0"
                max=move || replay.all_ms.get()
                step=STEP_MS
                aria-label="Time in the run"
                aria-valuetext=said
                prop:value=move || replay.at_ms.get().max(0.0)
                on:input=slide
            />
            <div class="segmented" role="radiogroup" aria-label="Replay speed">
                {Pace::ALL
                    .map(|pace| {
                        view! {
                            <label class="segmented__item">
                                <input
                                    type="radio"
                                    name="replay-speed"
                                    prop:checked=move || replay.pace.get() == pace
                                    on:change=move |_| replay.pace.set(pace)
                                />
                                {pace.label()}
                            </label>
                        }
                    })
                    .collect_view()}
            </div>
        </div>
        {move || failed.get().map(|error| view! { <Failure error/> })}
    }
    .into_any()
}

/// Plays on, frame by frame, until it is told to stop or comes to the end.
fn play(replay: Replay) {
    replay.play();
    next_frame(replay, browser::now_ms());
}

fn next_frame(replay: Replay, before: f64) {
    browser::on_frame(move || {
        if replay.plays.try_get_untracked() == Some(true) {
            let now = browser::now_ms();
            replay.pass(now - before);
            next_frame(replay, now);
        }
    });
}
