//! All versions beside the two that are compared: one press compares with another.

use domain::prompt::VersionPage;
use domain::{PromptId, VersionInfo};
use leptos::prelude::*;

use crate::state::versions::Opened;
use crate::state::when;

/// The list.
#[component]
pub fn VersionsBeside(
    id: PromptId,
    old: u32,
    new: u32,
    page: VersionPage,
    /// The server's time, in microseconds since 1970, UTC.
    now: i64,
    opened: Opened,
) -> impl IntoView {
    let count = move || opened.with(|opened| opened.as_ref().map(|base| base.head));
    let rows = page.data.into_iter().map(|version| view! { <Row id old new version now opened/> });
    view! {
        <section class="pane" aria-labelledby="versions-h">
            <header class="pane__head">
                <h2 id="versions-h">"Versions"</h2>
                <span class="tab__count">{count}</span>
                <span class="grow"></span>
                <a class="inline-link versions__all" href=format!("/p/{id}/history")>"History"</a>
            </header>
            <div class="pane__body" tabindex="0" role="group" aria-label="All versions">
                <ol class="versions__list" role="list" aria-label="Versions" reversed>
                    {rows.collect_view()}
                </ol>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Row(id: PromptId, old: u32, new: u32, version: VersionInfo, now: i64, opened: Opened) -> impl IntoView {
    let number = version.version;
    let side = if number == old {
        Some("left")
    } else if number == new {
        Some("right")
    } else {
        None
    };
    // An older one goes to the left, a newer one to the right: what is compared stays in its order.
    let (left, right) = if number < new { (number, new) } else { (old, number) };
    let labels = move || {
        opened.with(|opened| {
            let all = opened.iter().flat_map(|base| base.labels.iter());
            all.filter(|(_, at)| **at == number).map(|(label, _)| label.clone()).collect::<Vec<_>>()
        })
    };
    let badge = |label: String| {
        let tone = if label == "production" { "ok" } else { "accent" };
        view! { <span class="badge" data-tone=tone>{label}</span> }
    };
    let latest = move || {
        let is_head = opened.with(|opened| opened.as_ref().is_some_and(|base| base.head == number));
        is_head.then(|| view! { <span class="badge">"latest"</span> })
    };
    let letter = side.map(|side| {
        let (letter, variant, said) =
            if side == "left" { ("L", "b", "on the left, ") } else { ("R", "a", "on the right, ") };
        view! {
            <span class="letter" data-variant=variant aria-hidden="true">{letter}</span>
            <span class="sr-only">{said}</span>
        }
    });
    let note = if version.note.trim().is_empty() { "No note".to_owned() } else { version.note };
    let at = version.created_at;
    view! {
        <li class="version" data-side=side>
            <span class="version__pick">{letter}</span>
            <div class="version__title">
                <a
                    class="version__link"
                    href=format!("/p/{id}/diff/{left}..{right}")
                    aria-current=side.map(|_| "true")
                    title=format!("Compare v{left} with v{right}")
                >
                    <b>{format!("v{number}")}</b>
                </a>
                {move || labels().into_iter().map(badge).collect_view()}
                {latest}
            </div>
            <time class="version__when num" datetime=when::iso(at) title=when::utc(at)>{when::age(at, now)}</time>
            <p class="version__note">{note}</p>
            <p class="version__by">{version.author}</p>
        </li>
    }
    .into_any()
}
