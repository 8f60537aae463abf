//! Above the grid: its rows, what is shown of them, how far it is and what it costs.

use leptos::prelude::*;

use super::Wanted;
use crate::components::compare::{AddColumn, Repetitions};
use crate::components::icon::Icon;
use crate::state::compare::{Book, Compare, Over, money};
use crate::state::figures::thousands;

/// The bar.
#[component]
pub(super) fn GridBar(compare: Compare, show: RwSignal<Wanted>) -> impl IntoView {
    let name = move || compare.data_name.get().filter(|name| !name.is_empty()).unwrap_or_else(|| "Rows".to_owned());
    let count = move || {
        let count = compare.rows.with(|rows| rows.len() as u64);
        if count == 1 { "1 row".to_owned() } else { format!("{} rows", thousands(count)) }
    };
    view! {
        <div class="grid__bar" role="group" aria-label="Grid">
            <button class="chip live-only" data-size="md" type="button" aria-haspopup="dialog" title="Rows of inputs" on:click=move |_| compare.over.set(Some(Over::Rows))>
                <Icon name="rows-3" small=true/>
                <span class="truncate">{name}</span>
                <span class="chip__note num">{count}</span>
            </button>
            <Filter compare show/>
            <label class="toggle grid__diff live-only">
                <input
                    class="switch"
                    type="checkbox"
                    role="switch"
                    aria-keyshortcuts="Control+Shift+D"
                    prop:checked=move || compare.differ.is_on.get()
                    on:change=move |event| compare.differ.is_on.set(event_target_checked(&event))
                />
                "Word diff with A"
            </label>
            <span class="grow"></span>
            <Repetitions compare/>
            <AddColumn compare/>
            <Pause compare/>
        </div>
    }
    .into_any()
}

/// Which rows are shown.
#[component]
fn Filter(compare: Compare, show: RwSignal<Wanted>) -> impl IntoView {
    let (differ, failed) = (
        Memo::new(move |_| compare.book.totals.with(|totals| totals.differ.len() as u64)),
        Memo::new(move |_| compare.book.totals.with(|totals| totals.failed.len() as u64)),
    );
    // Of so many cells not all are read: nobody knows which rows differ.
    let knows = Memo::new(move |_| Book::reads_all(compare.cells()));
    let item = move |own: Wanted, word: &'static str, count: Option<Memo<u64>>| {
        let label = move || match count {
            Some(count) if knows.get() => format!("{word} {}", thousands(count.get())),
            _ => word.to_owned(),
        };
        view! {
            <label class="segmented__item num">
                <input
                    type="radio"
                    name="show"
                    disabled=move || own != Wanted::All && !knows.get()
                    prop:checked=move || show.get() == own
                    on:change=move |_| show.set(own)
                />
                {label}
            </label>
        }
    };
    view! {
        <div class="segmented live-only" role="radiogroup" aria-label="Show rows">
            {item(Wanted::All, "All", None)}
            {item(Wanted::Differ, "Differ", Some(differ))}
            {item(Wanted::Failed, "Failed", Some(failed))}
        </div>
    }
    .into_any()
}

/// Pause, which becomes Go on in its place.
#[component]
fn Pause(compare: Compare) -> impl IntoView {
    let paused = Memo::new(move |_| compare.standing.with(|standing| standing.held.as_deref() == Some("paused")));
    let waits = Memo::new(move |_| compare.standing.with(|standing| standing.counts.waiting > 0));
    let icon = Signal::derive(move || if paused.get() { "play" } else { "pause" });
    view! {
        <Show when=move || paused.get() || waits.get()>
            <button class="button live-only" data-size="sm" type="button" on:click=move |_| compare.pause(!paused.get_untracked())>
                <Icon name=icon small=true/>
                {move || if paused.get() { "Go on" } else { "Pause" }}
            </button>
        </Show>
    }
    .into_any()
}

/// How many cells are done, and what they cost.
#[component]
pub(super) fn Progress(compare: Compare) -> impl IntoView {
    let standing = compare.standing;
    let ended = Memo::new(move |_| {
        standing.with(|standing| standing.counts.done + standing.counts.failed + standing.counts.stopped)
    });
    let all = Memo::new(move |_| compare.cells());
    let more = move || {
        let said = standing.with(|standing| {
            let (counts, held) = (standing.counts, standing.held.as_deref());
            let running = (counts.running > 0).then(|| format!("{} running", thousands(counts.running)));
            let waiting = (counts.waiting > 0).then(|| format!("{} waiting", thousands(counts.waiting)));
            let failed = (counts.failed > 0).then(|| format!("{} failed", thousands(counts.failed)));
            let held = held.map(|held| if held == "paused" { "paused" } else { "at the cap" }.to_owned());
            [running, waiting, failed, held].into_iter().flatten().collect::<Vec<_>>()
        });
        let left = left(compare);
        said.into_iter().chain(left).map(|said| format!(" · {said}")).collect::<String>()
    };
    view! {
        <div class="grid__progress">
            <div class="grid__done">
                <progress class="progress" max=move || all.get().max(1).to_string() value=move || ended.get().min(all.get()).to_string() aria-label="Cells done"></progress>
                <p class="num">
                    <b>{move || thousands(ended.get())}</b>
                    {move || format!(" of {} cells", thousands(all.get()))}
                    <span class="wide-only">{more}</span>
                </p>
            </div>
            <Meter compare/>
        </div>
    }
    .into_any()
}

/// About how long it takes still: what waits, at the pace of what has ended, eight at a time.
fn left(compare: Compare) -> Option<String> {
    let waiting = compare.standing.with(|standing| {
        let is_held = standing.held.is_some();
        (standing.counts.waiting + standing.counts.running) * u64::from(!is_held)
    });
    let totals = compare.book.totals.get();
    let times: Vec<u64> = totals.columns.values().filter_map(|total| total.median_ms).collect();
    if waiting == 0 || times.is_empty() {
        return None;
    }
    let usual = times.iter().sum::<u64>() / times.len() as u64;
    let seconds = (waiting * usual).div_ceil(domain::limits::COLUMNS_MAX as u64 * 1_000);
    Some(match seconds {
        0..60 => format!("about {} s", seconds.max(1)),
        60..3_600 => format!("about {} min", seconds.div_ceil(60)),
        _ => format!("about {} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    })
}

/// What has been spent, against what may be.
#[component]
fn Meter(compare: Compare) -> impl IntoView {
    const WIDTH: f64 = 440.0;
    let spent = Memo::new(move |_| compare.standing.with(|standing| standing.cost_micros));
    let cap = compare.cap_micros;
    let end = Memo::new(move |_| cap.get().unwrap_or_default().max(spent.get()).max(1) as f64 * 1.01);
    let x = move |micros: i64| (micros as f64 / end.get() * WIDTH).clamp(0.0, WIDTH);
    let said = move || match cap.get() {
        Some(cap) => format!("{} spent of a cap of {}", money(spent.get()), money(cap)),
        None => format!("{} spent", money(spent.get())),
    };
    let stops = move || cap.get().map(|cap| format!(" · stops at {}", money(cap)));
    view! {
        <div class="grid__cost">
            <svg class="forecast-card__bar grid__meter" viewBox="0 0 440 14" preserveAspectRatio="none" role="img" aria-label=said>
                <rect class="forecast-card__track" y="5" width="440" height="4"></rect>
                <rect class="forecast-card__spent" y="5" width=move || if cap.get().is_some() { x(spent.get()) } else { 0.0 } height="4"></rect>
                <rect class="forecast-card__cap" x=move || cap.get().map_or(-9.0, |cap| x(cap) - 2.0) y="1" width="2" height="12"></rect>
            </svg>
            <p class="num">
                <b>{move || money(spent.get())}</b>
                " so far"
                {stops}
            </p>
        </div>
    }
    .into_any()
}
