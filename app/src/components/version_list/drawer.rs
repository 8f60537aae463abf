//! One version beside the list: what it is, what changed in it, what its runs took, its labels, its family.

use domain::change::Changes;
use domain::prompt::PromptFigures;
use domain::{PromptId, VersionInfo};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::changes::ChangesTable;
use super::super::icon::Icon;
use super::super::lineage::Rail;
use super::super::save::short_digest;
use super::History;
use super::labels::Labels;
use super::row::{Badges, said};
use crate::api::error::PageError;
use crate::api::prompts::{figures_of_prompt, fork_prompt};
use crate::api::versions::version_changes;
use crate::browser;
use crate::state::figures::{dollars, thousands};
use crate::state::history::family;
use crate::state::when;

/// The drawer.
#[component]
pub fn Drawer(history: History, number: u32) -> impl IntoView {
    let version = Memo::new(move |_| history.version(number));
    let step = move |label: &'static str, key: &'static str, icon: &'static str, to: u32| {
        let exists = move || history.version(to).is_some();
        view! {
            <a
                class="button"
                data-kind="quiet"
                data-shape="icon"
                data-size="sm"
                role="link"
                href=move || exists().then(|| history.address(Some(to)))
                aria-label=label
                aria-disabled=move || (!exists()).then_some("true")
                title=format!("{label} ({key})")
            >
                <Icon name=icon small=true/>
            </a>
        }
    };
    let body = move || match version.get() {
        Some(version) => view! { <There history version/> }.into_any(),
        None => view! {
            <div class="drawer__body">
                <div class="drawer__section">
                    <p>{format!("There is no v{number} of this prompt.")}</p>
                </div>
            </div>
        }
        .into_any(),
    };
    view! {
        <aside class="drawer" aria-labelledby="version-h">
            <header class="drawer__head">
                <h2 id="version-h">{format!("v{number}")}</h2>
                <Badges history number/>
                <span class="grow"></span>
                {step("Newer", "K", "arrow-up", number.saturating_add(1))}
                {step("Older", "J", "arrow-down", number.saturating_sub(1))}
                <a class="button" data-kind="quiet" data-shape="icon" href=history.address(None) aria-label="Close" title="Close (Esc)">
                    <Icon name="x"/>
                </a>
            </header>
            {body}
        </aside>
    }
    .into_any()
}

#[component]
fn There(history: History, version: VersionInfo) -> impl IntoView {
    let (id, number) = (history.id, version.version);
    let at = version.created_at;
    let is_head = move || history.head() == number;
    let fork = move |_| {
        spawn_local(async move {
            match fork_prompt(id, Some(number)).await {
                Ok(saved) => browser::go(&format!("/p/{}", saved.id)),
                Err(PageError(error)) => _ = history.failed.try_set(Some(error)),
            }
        });
    };
    view! {
        <div class="drawer__body" tabindex="0" role="group" aria-label="About this version">
            <div class="drawer__section">
                <p>{said(&version.note)}</p>
                <dl class="facts">
                    <dt>"Author"</dt>
                    <dd>{version.author.clone()}</dd>
                    <dt>"Saved"</dt>
                    <dd>
                        <time datetime=when::iso(at)>{when::utc(at)}</time>
                    </dd>
                    <dt>"Digest"</dt>
                    <dd class="mono" title=version.digest.clone()>{short_digest(&version.digest)}</dd>
                    <dt>"Model"</dt>
                    <dd>{version.model.clone()}</dd>
                </dl>
            </div>
            {version.parent.map(|parent| view! { <Changed id number parent/> })}
            <Ran id number/>
            <Labels history number/>
            <Family history version=version.clone()/>
        </div>
        <footer class="drawer__foot">
            <Show when=move || !is_head()>
                <button
                    class="button live-only"
                    type="button"
                    aria-busy=move || history.busy.get().then_some("true")
                    on:click=move |_| history.restore(number)
                >
                    <Icon name="rotate-ccw" small=true/>
                    {format!("Restore v{number}")}
                </button>
            </Show>
            <button class="button live-only" data-kind="quiet" type="button" on:click=fork>
                <Icon name="git-fork" small=true/>
                "Fork"
            </button>
            <span class="grow"></span>
            <a class="button" data-kind="quiet" href=format!("/p/{id}/v/{number}")>"Open in playground"</a>
        </footer>
    }
    .into_any()
}

/// What is on its way, in its place.
#[component]
fn Coming() -> impl IntoView {
    view! {
        <span class="skeleton"></span>
        <span class="skeleton" data-width="short"></span>
    }
}

#[component]
fn Changed(id: PromptId, number: u32, parent: u32) -> impl IntoView {
    let found = RwSignal::new(None::<Result<Changes, ()>>);
    Effect::new(move || {
        spawn_local(async move {
            let answer = version_changes(id, parent, number).await;
            found.try_set(Some(answer.map_err(|_| ())));
        });
    });
    view! {
        <div class="drawer__section">
            <h3>{format!("Changed since v{parent}")}</h3>
            {move || match found.get() {
                None => view! { <Coming/> }.into_any(),
                Some(Ok(changes)) => view! { <ChangesTable changes/> }.into_any(),
                Some(Err(())) => view! { <p class="faint">"The server does not say just now."</p> }.into_any(),
            }}
            <p class="live-only">
                <a class="inline-link" href=format!("/p/{id}/diff/{parent}..{number}")>"Show the diff"</a>
            </p>
        </div>
    }
}

/// What the runs of the version took.
#[component]
fn Ran(id: PromptId, number: u32) -> impl IntoView {
    let found = RwSignal::new(None::<Result<PromptFigures, ()>>);
    Effect::new(move || {
        spawn_local(async move {
            let answer = figures_of_prompt(id, Some(number)).await;
            found.try_set(Some(answer.map_err(|_| ())));
        });
    });
    view! {
        <div class="drawer__section">
            <h3>"Runs"</h3>
            {move || match found.get() {
                None => view! { <Coming/> }.into_any(),
                Some(Ok(figures)) if figures.runs == 0 => view! { <p class="faint">"Not run yet."</p> }.into_any(),
                Some(Ok(figures)) => view! { <Figures id figures/> }.into_any(),
                Some(Err(())) => view! { <p class="faint">"The server does not say just now."</p> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn Figures(id: PromptId, figures: PromptFigures) -> impl IntoView {
    let failed = if figures.failed == 0 { String::new() } else { format!(", {} failed", thousands(figures.failed)) };
    let each = figures.cost_micros / i64::try_from(figures.runs.max(1)).unwrap_or(i64::MAX);
    let cost = match figures.cost_micros {
        0 => "free".to_owned(),
        all => format!("{}, {} each", dollars(all), dollars(each)),
    };
    let first =
        figures.ttft_ms.map(|ms| view! { <dt>"First token, p50"</dt> <dd>{format!("{} ms", thousands(ms))}</dd> });
    let out = figures.output_tokens.map(|(least, most)| {
        view! { <dt>"Out, P10–P90"</dt> <dd>{format!("{}–{} tokens", thousands(least), thousands(most))}</dd> }
    });
    view! {
        <dl class="facts">
            <dt>"Runs"</dt>
            <dd>
                <a class="inline-link" href=format!("/runs?prompt={id}")>{thousands(figures.runs)}</a>
                {failed}
            </dd>
            <dt>"Cost"</dt>
            <dd>{cost}</dd>
            {first}
            {out}
        </dl>
    }
}

/// What the version came of, and what came of it.
#[component]
fn Family(history: History, version: VersionInfo) -> impl IntoView {
    let number = version.version;
    let rows = move || {
        let (above, below) = history.versions.with(|versions| family(versions, &version));
        let all: Vec<(u32, bool)> = above
            .into_iter()
            .map(|number| (number, false))
            .chain([(number, true)])
            .chain(below.into_iter().map(|number| (number, false)))
            .collect();
        let last = all.len() - 1;
        let row = |(place, (own, now)): (usize, (u32, bool))| {
            let at = history.version(own).map(|version| version.created_at);
            let name = format!("v{own}");
            let name = if now {
                view! { <span>{name}</span> }.into_any()
            } else {
                view! { <span class="truncate"><a href=history.address(Some(own))>{name}</a></span> }.into_any()
            };
            view! {
                <li aria-current=now.then_some("true")>
                    <Rail above={place > 0} below={place < last} now/>
                    {name}
                    <span>{at.map(|at| when::age(at, history.now.get_untracked()))}</span>
                </li>
            }
        };
        (all.len() > 1).then(|| {
            let rows = all.into_iter().enumerate().map(row).collect_view();
            view! {
                <div class="drawer__section">
                    <h3>"Comes from, went into"</h3>
                    <ol class="lineage" role="list" aria-label=format!("Family of v{number}")>{rows}</ol>
                </div>
            }
        })
    };
    rows.into_any()
}
