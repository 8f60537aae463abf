//! The list of runs: a row for each, renewed by itself while somebody looks.

use std::time::Duration;

use domain::{RunId, RunSummary};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::failure::Failure;
use super::icon::Icon;
use crate::api::error::PageError;
use crate::api::history::{RunList, list_runs};
use crate::browser;
use crate::state::figures::{Figure, thousands};
use crate::state::filters::Filters;
use crate::state::rows::{Rows, row_figures};
use crate::state::run_pick::diff_address;
use crate::state::when;

/// How often the list is renewed while its tab is in sight.
const RENEW: Duration = Duration::from_secs(3);

/// The list's id, for the keys that walk it.
pub const LIST_ID: &str = "runs";

/// The id of a row's link, for the focus to go to.
#[must_use]
pub fn link_id(run: RunId) -> String {
    format!("to-{run}")
}

/// What is shown of the history, and what there is to say about it.
#[derive(Clone, Copy)]
struct Listing {
    filters: StoredValue<Filters>,
    /// The run that another is picked for.
    with: Option<RunId>,
    rows: RwSignal<Rows>,
    /// The server's time, in microseconds since 1970, UTC.
    now: RwSignal<i64>,
    /// Why the last renewal failed.
    stale: RwSignal<bool>,
    /// Whether older runs are on their way.
    loading: RwSignal<bool>,
    /// Why older runs did not come.
    failed: RwSignal<Option<domain::ApiError>>,
    /// Whether a renewal is on its way.
    renewing: StoredValue<bool>,
}

/// The rows of the history under these filters.
#[component]
pub fn RunRows(
    /// What the address asks for.
    filters: Filters,
    /// The run that another is picked for: a row then leads to both.
    with: Option<RunId>,
    /// What there was when the page was made.
    list: RunList,
) -> impl IntoView {
    let from_top = filters.after.is_empty();
    // Below the last run there is nothing either, and that does not mean that nothing has run.
    let narrow = filters.is_narrow() || !from_top;
    let address = Filters { after: String::new(), ..filters.clone() }.address();
    let cleared = StoredValue::new(filters.cleared().address());
    let listing = Listing {
        filters: StoredValue::new(filters),
        with,
        rows: RwSignal::new(Rows::new(list.page)),
        now: RwSignal::new(list.now),
        stale: RwSignal::new(false),
        loading: RwSignal::new(false),
        failed: RwSignal::new(None),
        renewing: StoredValue::new(false),
    };
    if from_top {
        listing.keep_new();
    }
    let ids = Memo::new(move |_| listing.rows.with(|rows| rows.ids().collect::<Vec<_>>()));
    let empty = Memo::new(move |_| listing.rows.with(Rows::is_empty));
    view! {
        <div class="runs__scroll" role="region" aria-label="Run list" tabindex="0">
            <Show when=move || !empty.get() fallback=move || view! { <NoRuns narrow cleared=cleared.get_value()/> }>
                <ul class="runs__list" id=LIST_ID role="list" aria-label="Runs">
                    <For each=move || ids.get() key=|id| *id let:id>
                        <Row listing id/>
                    </For>
                </ul>
            </Show>
            <More listing/>
        </div>
        <p class="runs__count" role="status">{move || listing.count()}</p>
        {(!from_top).then(|| view! { <a class="button runs__newest" href=address>"Back to the newest"</a> })}
    }
    .into_any()
}

impl Listing {
    /// Renews the list again and again, as long as it is shown and its tab is in sight.
    fn keep_new(self) {
        Effect::new(move || {
            let timer = set_interval_with_handle(move || self.renew(), RENEW).ok();
            let sight = window_event_listener_untyped("visibilitychange", move |_| self.renew());
            on_cleanup(move || {
                timer.iter().for_each(|timer| timer.clear());
                sight.remove();
            });
        });
    }

    fn renew(self) {
        if document().hidden() || self.renewing.try_get_value() != Some(false) {
            return;
        }
        self.renewing.set_value(true);
        let filters = self.filters.get_value();
        // As many as are shown, so that a run that still goes on further down moves, too.
        let shown = u32::try_from(self.rows.with_untracked(Rows::len)).unwrap_or(u32::MAX);
        let limit = shown.max(domain::limits::RUNS_PAGE_DEFAULT);
        spawn_local(async move {
            let answer = list_runs(filters, Some(limit)).await;
            self.renewing.try_set_value(false);
            match answer {
                Ok(RunList { page, now }) => {
                    self.now.try_set(now);
                    self.stale.try_set(false);
                    let changed = self.rows.try_with_untracked(|rows| {
                        let mut renewed = rows.clone();
                        renewed.renew(page);
                        (renewed != *rows).then_some(renewed)
                    });
                    if let Some(Some(rows)) = changed {
                        self.rows.try_set(rows);
                    }
                }
                Err(_) => _ = self.stale.try_set(true),
            }
        });
    }

    /// Brings the next, older runs.
    fn more(self) {
        let Some(next) = self.rows.with_untracked(|rows| rows.next) else { return };
        if self.loading.get_untracked() {
            return;
        }
        self.loading.set(true);
        self.failed.set(None);
        let filters = self.filters.get_value().after(next);
        spawn_local(async move {
            let answer = list_runs(filters, None).await;
            self.loading.try_set(false);
            match answer {
                Ok(list) => {
                    let shown = self.rows.try_with_untracked(Rows::len).unwrap_or_default();
                    self.rows.try_update(|rows| rows.append(list.page));
                    // The link that was pressed has moved down, or is gone.
                    request_animation_frame(move || browser::focus_row(LIST_ID, shown));
                }
                Err(PageError(error)) => _ = self.failed.try_set(Some(error)),
            }
        });
    }

    fn count(self) -> String {
        let (shown, more) = self.rows.with(|rows| (rows.len() as u64, rows.next.is_some()));
        let runs = if shown == 1 { "run" } else { "runs" };
        let more = if more { " shown, older ones below" } else { "" };
        let stale = if self.stale.get() { ". Not up to date: the server does not answer" } else { "" };
        format!("{} {runs}{more}{stale}", thousands(shown))
    }
}

/// One run: when, how it stands, what was asked and answered, by whom, and what it took. Where another run is picked,
/// it leads to both.
#[component]
fn Row(listing: Listing, id: RunId) -> impl IntoView {
    let run = Memo::new(move |before: Option<&Option<RunSummary>>| {
        // A row on its way out keeps what it had.
        let now = listing.rows.with(|rows| rows.get(id).cloned());
        now.or_else(|| before.cloned().flatten())
    });
    let created = run.with_untracked(|run| run.as_ref().map(|run| run.created_at).unwrap_or_default());
    let figures = Memo::new(move |_| run.with(|run| run.as_ref().map(|run| row_figures(run, listing.now.get()))));
    let figure = move |n: usize| figures.with(|figures| figures.as_ref().map(|all| all[n].clone()).unwrap_or_default());
    let part = move |read: fn(&RunSummary) -> &str| {
        run.with(|run| run.as_ref().map(read).unwrap_or_default().trim().to_owned())
    };
    let name = move || {
        let prompt = part(|run| &run.prompt);
        if prompt.is_empty() { id.to_string() } else { prompt }
    };
    let over = move || run.with(|run| run.as_ref().and_then(|run| run.wire));
    let status = move || figure(7).status.unwrap_or("finished");
    let other = listing.with.filter(|with| *with != id);
    let address = other.map_or_else(|| format!("/runs/{id}"), |with| diff_address(with, id));
    let picked_for = listing.with == Some(id);
    view! {
        <li class="runs__row" data-row=id.to_string() aria-current=picked_for.then_some("true")>
            <span class="status" data-status=status>{move || figure(7).value}</span>
            <a class="runs__link" id=link_id(id) href=address>
                {other.map(|_| view! { <span class="sr-only">"Compare with "</span> })}
                {name}
            </a>
            <span class="runs__answer">{move || part(|run| &run.snippet)}</span>
            <span class="runs__model">
                {move || part(|run| run.resolved_model.as_ref().unwrap_or(&run.model))}
                {move || over().map(|wire| view! { <span class="runs__wire" title=wire.name()>"API"</span> })}
            </span>
            <span class="runs__figure" data-figure="tokens">{move || tokens(&figure(2), &figure(4))}</span>
            <span class="runs__figure" data-figure="took">{move || measured(&figure(6))}</span>
            <span class="runs__figure" data-figure="cost">{move || figure(5).value}</span>
            <time class="runs__age" datetime=when::iso(created) title=when::utc(created)>
                {move || when::age(created, listing.now.get())}
            </time>
            <Deed listing id/>
        </li>
    }
    .into_any()
}

/// The end of a row: the way to compare the run with another, or what a press on the row does.
#[component]
fn Deed(listing: Listing, id: RunId) -> impl IntoView {
    match listing.with {
        None => {
            let address = listing.filters.with_value(|filters| filters.picking(id).address());
            view! {
                <a
                    class="button runs__deed"
                    data-kind="quiet"
                    data-size="sm"
                    data-shape="icon"
                    href=address
                    title="Compare with another run"
                    aria-label="Compare with another run"
                    aria-describedby=link_id(id)
                >
                    <Icon name="git-compare" small=true/>
                </a>
            }
            .into_any()
        }
        Some(with) if with == id => view! { <span class="runs__deed faint">"this run"</span> }.into_any(),
        Some(_) => view! { <span class="runs__deed" aria-hidden="true">"Compare"</span> }.into_any(),
    }
}

fn tokens(input: &Figure, output: &Figure) -> String {
    format!("{} in, {} out", input.value, output.value)
}

fn measured(figure: &Figure) -> String {
    format!("{} {}", figure.value, figure.unit).trim_end().to_owned()
}

/// The way to older runs; a link where there is no JavaScript.
#[component]
fn More(listing: Listing) -> impl IntoView {
    let next = Memo::new(move |_| listing.rows.with(|rows| rows.next));
    let more = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        listing.more();
    };
    let href = move || {
        let next = next.get()?;
        listing.filters.try_with_value(|filters| filters.after(next).address())
    };
    view! {
        <Show when=move || next.get().is_some()>
            <p class="runs__more">
                <a class="button" href=href aria-busy=move || listing.loading.get().then_some("true") on:click=more>
                    "Load more"
                </a>
            </p>
        </Show>
        {move || {
            listing
                .failed
                .get()
                .map(|error| {
                    view! {
                        <h2 class="sr-only">"Older runs did not come"</h2>
                        <Failure error/>
                    }
                })
        }}
    }
    .into_any()
}

/// No row: because nothing has run, or because nothing matches.
#[component]
fn NoRuns(narrow: bool, cleared: String) -> impl IntoView {
    if narrow {
        return view! {
            <div class="page__state">
                <div class="empty">
                    <h2>"No run matches."</h2>
                    <p>
                        "Words are looked for at their beginning, in the request, the answer, the error and the id of a run. Every filter must match."
                    </p>
                    <a class="button" href=cleared>"Clear filters"</a>
                </div>
            </div>
        }
        .into_any();
    }
    view! {
        <div class="page__state">
            <div class="empty">
                <h2>"Every run will be here."</h2>
                <p>"With its exact request, its output, its cost and its timing. Nothing has run yet."</p>
                <a class="button" href="/">"Open the playground"</a>
            </div>
        </div>
    }
    .into_any()
}
