//! A version in the list.

use leptos::prelude::*;

use super::History;
use crate::state::figures::thousands;
use crate::state::history::{cost_in_row, digest_in_row, first_with, origin, pick};
use crate::state::lanes::{HEIGHT, Lane, WIDTH};
use crate::state::when;

/// The id of a version's link.
pub fn link_id(version: u32) -> String {
    format!("version-{version}")
}

/// The version's row.
#[component]
pub fn Row(history: History, number: u32, #[prop(into)] lane: Signal<Lane>) -> impl IntoView {
    let Some(version) = untrack(|| history.version(number)) else { return ().into_any() };
    let from = history.versions.with_untracked(|versions| origin(&version, &first_with(versions)));
    let picked = move || history.picked.with(|picked| picked.contains(&number));
    let open = move || (history.open.get() == Some(number)).then_some("true");
    let turn = move |_| history.picked.update(|picked| *picked = pick(std::mem::take(picked), number));
    let runs = move || history.version(number).map(|version| (thousands(version.runs), cost_in_row(&version)));
    let runs = Memo::new(move |_| runs().unwrap_or_default());
    let at = version.created_at;
    view! {
        <li class="history__row" aria-current=open data-row=number.to_string()>
            <input class="checkbox live-only" type="checkbox" aria-label=format!("Pick v{number}") prop:checked=picked on:change=turn/>
            <Drawing lane/>
            <span class="history__name">
                <a class="history__link" id=link_id(number) href=history.address(Some(number))>
                    <b class="num">{format!("v{number}")}</b>
                </a>
                <Badges history number/>
            </span>
            <p class="history__note">
                <span class="truncate">{said(&version.note)}</span>
                {from.map(|from| view! { <span class="history__from truncate">{from}</span> })}
            </p>
            <span class="history__by truncate">{version.author.clone()}</span>
            <time class="history__when num" datetime=when::iso(at) title=when::utc(at)>
                {move || when::age(at, history.now.get())}
            </time>
            <span class="history__digest mono">{digest_in_row(&version.digest).to_owned()}</span>
            <span class="history__runs num">{move || runs.get().0}</span>
            <span class="history__cost num">{move || runs.get().1}</span>
        </li>
    }
    .into_any()
}

/// A note, or that there is none.
pub fn said(note: &str) -> String {
    if note.trim().is_empty() { "No note".to_owned() } else { note.to_owned() }
}

/// The labels of a version, and whether it is the newest.
#[component]
pub fn Badges(history: History, number: u32) -> impl IntoView {
    let latest = move || (history.head() == number).then(|| view! { <span class="badge">"latest"</span> });
    let badge = |label: String| {
        let tone = match label.as_str() {
            "production" => Some("ok"),
            _ => Some("accent"),
        };
        view! { <span class="badge" data-tone=tone>{label}</span> }
    };
    view! {
        {move || history.labels(number).into_iter().map(badge).collect_view()}
        {latest}
    }
}

/// What this tab has in its fields and has not saved.
#[component]
pub fn DraftRow(history: History, version: u32, #[prop(into)] lane: Signal<Lane>) -> impl IntoView {
    view! {
        <li class="history__row" data-draft="">
            <span></span>
            <Drawing lane/>
            <span class="history__name">
                <a class="history__link" href=format!("/p/{}", history.id)>
                    <b>"Draft"</b>
                </a>
                <span class="dirty" aria-hidden="true"></span>
            </span>
            <p class="history__note">
                <span class="truncate">"Not saved yet"</span>
                <span class="history__from truncate">{format!("from v{version}, in this tab")}</span>
            </p>
            <span class="history__by">"you"</span>
            <span class="history__when">"now"</span>
            <span class="history__digest">"–"</span>
            <span class="history__runs">"–"</span>
            <span class="history__cost">"–"</span>
        </li>
    }
    .into_any()
}

#[component]
fn Drawing(lane: Signal<Lane>) -> impl IntoView {
    view! {
        <svg class="lane" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="xMidYMid slice" aria-hidden="true">
            <path class="lineage__line" d=move || lane.with(|lane| lane.path.clone())></path>
            <circle class="lineage__dot" cx=move || lane.with(|lane| lane.x.clone()) cy=(HEIGHT / 2).to_string() r="4"></circle>
        </svg>
    }
}
