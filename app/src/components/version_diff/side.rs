//! All versions, and the draft, beside the two that are compared: one press compares with another.

use domain::prompt::VersionPage;
use domain::{PromptId, VersionInfo};
use leptos::prelude::*;

use crate::drafts;
use crate::state::versions::{Opened, Side};
use crate::state::when;

/// The list.
#[component]
pub fn VersionsBeside(
    id: PromptId,
    old: Side,
    new: Side,
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
                    <Draft id old new/>
                    {rows.collect_view()}
                </ol>
            </div>
        </section>
    }
    .into_any()
}

/// The draft of this tab, where it has one of this prompt.
#[component]
fn Draft(id: PromptId, old: Side, new: Side) -> impl IntoView {
    let is_side = old == Side::Draft || new == Side::Draft;
    let unsaved = RwSignal::new(is_side);
    Effect::new(move || unsaved.set(is_side || drafts::unsaved_of(id).is_some()));
    let (left, right) = if old == Side::Draft { (old, new) } else { (old, Side::Draft) };
    let letter = move || is_side.then(|| view! { <Letter left=old == Side::Draft/> });
    move || {
        unsaved.get().then(|| {
            view! {
                <li class="version" data-side=is_side.then_some(if old == Side::Draft { "left" } else { "right" })>
                    <span class="version__pick">{letter()}</span>
                    <div class="version__title">
                        <a
                            class="version__link"
                            href=format!("/p/{id}/diff/{left}..{right}")
                            aria-current=is_side.then_some("true")
                            title=format!("Compare {} with {}", left.name(), right.name())
                        >
                            <b>"Draft"</b>
                        </a>
                    </div>
                    <p class="version__note">"Not saved yet"</p>
                    <p class="version__by">"In this tab"</p>
                </li>
            }
        })
    }
}

/// On which side something stands.
#[component]
fn Letter(left: bool) -> impl IntoView {
    let (letter, variant, said) = if left { ("L", "b", "on the left, ") } else { ("R", "a", "on the right, ") };
    view! {
        <span class="letter" data-variant=variant aria-hidden="true">{letter}</span>
        <span class="sr-only">{said}</span>
    }
}

#[component]
fn Row(id: PromptId, old: Side, new: Side, version: VersionInfo, now: i64, opened: Opened) -> impl IntoView {
    let number = version.version;
    let side = if Side::Version(number) == old {
        Some("left")
    } else if Side::Version(number) == new {
        Some("right")
    } else {
        None
    };
    // An older one goes to the left, a newer one to the right: what is compared stays in its order. The draft stays
    // where it is.
    let goes_left = old != Side::Draft && new.version().is_none_or(|new| number < new);
    let (left, right) = if goes_left { (Side::Version(number), new) } else { (old, Side::Version(number)) };
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
    let letter = side.map(|side| view! { <Letter left=side == "left"/> });
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
                    title=format!("Compare {} with {}", left.name(), right.name())
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
