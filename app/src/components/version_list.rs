//! The versions of a prompt: a row for each, two of which can be picked to be compared, and a drawer beside them.

mod drawer;
mod keys;
mod labels;
mod picked;
mod row;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::prompt::VersionPage;
use domain::{ApiError, PromptId, VersionInfo};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::failure::Failure;
use super::icon::Icon;
use super::prompt_menu::Archived;
use crate::api::error::PageError;
use crate::api::prompts::{list_versions, restore_version};
use crate::api::versions::{Known, known_prompt};
use crate::drafts;
use crate::state::history::fits;
use crate::state::lanes::{Lane, Step, lanes};
use crate::state::versions::Opened;
use drawer::Drawer;
use picked::Picked;
use row::{DraftRow, Row};

/// Rows that are shown at first, and how many more each time that someone asks: a thousand take the server a sixth of a
/// second to write, and few people read that far.
const ROWS: usize = 200;
/// The list's id, for the keys that walk it.
const LIST_ID: &str = "versions";
/// The id of the search.
const SEARCH_ID: &str = "search-versions";
/// The id of the way to compare what is picked.
const COMPARE_ID: &str = "compare-picked";

/// A version that was restored, and how to go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Restored {
    /// Whose content it has.
    of: u32,
    /// Its own number.
    version: u32,
    /// What was the newest before.
    before: u32,
}

/// The versions of a prompt on the page. Copied freely.
#[derive(Clone, Copy)]
struct History {
    id: PromptId,
    opened: Opened,
    versions: RwSignal<Arc<Vec<VersionInfo>>>,
    /// Give it for older ones.
    next: RwSignal<Option<u32>>,
    /// The server's time, in microseconds since 1970, UTC.
    now: RwSignal<i64>,
    words: RwSignal<String>,
    author: RwSignal<String>,
    picked: RwSignal<Vec<u32>>,
    /// The version in the drawer.
    open: Memo<Option<u32>>,
    /// The version that this tab has an unsaved draft of.
    draft: RwSignal<Option<u32>>,
    restored: RwSignal<Option<Restored>>,
    failed: RwSignal<Option<ApiError>>,
    busy: RwSignal<bool>,
}

impl History {
    fn version(self, number: u32) -> Option<VersionInfo> {
        self.versions.with(|versions| versions.iter().find(|version| version.version == number).cloned())
    }

    /// The labels that a version has.
    fn labels(self, version: u32) -> Vec<String> {
        self.opened.with(|opened| {
            let labels = opened.iter().flat_map(|base| base.labels.iter());
            labels.filter(|(_, of)| **of == version).map(|(label, _)| label.clone()).collect()
        })
    }

    fn head(self) -> u32 {
        self.opened.with(|opened| opened.as_ref().map_or(0, |base| base.head))
    }

    /// The address of the list with a version in the drawer, or without.
    fn address(self, version: Option<u32>) -> String {
        let open = version.map(|version| format!("?v={version}")).unwrap_or_default();
        format!("/p/{}/history{open}", self.id)
    }

    /// Reads the list again, from the newest.
    fn renew(self) {
        let id = self.id;
        spawn_local(async move {
            let (known, page) = (known_prompt(id).await, list_versions(id, None).await);
            if let (Ok(Known { prompt, now }), Ok(page)) = (known, page) {
                self.opened.try_set(Some(Arc::new(prompt)));
                self.now.try_set(now);
                self.next.try_set(page.next);
                self.versions.try_set(Arc::new(page.data));
            }
        });
    }

    fn more(self) {
        let Some(after) = self.next.get_untracked().filter(|_| !self.busy.get_untracked()) else { return };
        self.busy.set(true);
        spawn_local(async move {
            let answer = list_versions(self.id, Some(after)).await;
            self.busy.try_set(false);
            match answer {
                Ok(VersionPage { data, next }) => {
                    self.next.try_set(next);
                    self.versions.try_update(|versions| Arc::make_mut(versions).extend(data));
                }
                Err(PageError(error)) => _ = self.failed.try_set(Some(error)),
            }
        });
    }

    /// Makes a new version with the content of an older one. It can be undone in the same way.
    fn restore(self, version: u32) {
        if self.busy.get_untracked() {
            return;
        }
        let before = untrack(|| self.head());
        self.busy.set(true);
        self.failed.set(None);
        spawn_local(async move {
            let answer = restore_version(self.id, version).await;
            self.busy.try_set(false);
            match answer {
                Ok(saved) => {
                    self.restored.try_set(Some(Restored { of: version, version: saved.version, before }));
                    self.renew();
                }
                Err(PageError(error)) => _ = self.failed.try_set(Some(error)),
            }
        });
    }
}

/// The list, its search, its drawer.
#[component]
pub fn VersionList(
    /// The prompt, without the content of its version.
    known: Known,
    /// Its versions, the newest first.
    page: VersionPage,
    /// The prompt, for the page's header.
    opened: Opened,
    /// The version that the address names.
    open: Memo<Option<u32>>,
) -> impl IntoView {
    let history = History {
        id: known.prompt.id,
        opened,
        versions: RwSignal::new(Arc::new(page.data)),
        next: RwSignal::new(page.next),
        now: RwSignal::new(known.now),
        words: RwSignal::new(String::new()),
        author: RwSignal::new(String::new()),
        picked: RwSignal::new(Vec::new()),
        open,
        draft: RwSignal::new(None),
        restored: RwSignal::new(None),
        failed: RwSignal::new(None),
        busy: RwSignal::new(false),
    };
    // Only the browser knows what the tab has.
    Effect::new(move || history.draft.set(drafts::unsaved_of(history.id)));
    keys::listen(history);
    let shown = move || history.open.get().map(|number| view! { <Drawer history number/> });
    view! {
        <main class="shell__main history" id="main" data-drawer=move || history.open.get().map(|_| "open")>
            <section class="history__main" aria-labelledby="versions-h">
                <Head history/>
                <div class="history__body">
                    <Archived opened/>
                    <Said history/>
                    <Rows history/>
                </div>
                <Picked history/>
            </section>
            {shown}
        </main>
    }
    .into_any()
}

/// How many there are, and the search.
#[component]
fn Head(history: History) -> impl IntoView {
    let count = move || history.opened.with(|opened| opened.as_ref().map(|base| base.head));
    let authors = Memo::new(move |_| {
        let mut all: Vec<String> =
            history.versions.with(|versions| versions.iter().map(|version| version.author.clone()).collect());
        all.sort_unstable();
        all.dedup();
        all
    });
    let choice = move || {
        let all = authors.get();
        (all.len() > 1).then(|| {
            let options = all.into_iter().map(|author| view! { <option value=author.clone()>{author.clone()}</option> });
            view! {
                <select class="input history__author" aria-label="Author" on:change=move |event| history.author.set(event_target_value(&event))>
                    <option value="">"Anyone"</option>
                    {options.collect_view()}
                </select>
            }
        })
    };
    view! {
        <header class="page__head history__head">
            <h2 id="versions-h">"Versions"</h2>
            <span class="page__note num">{count}</span>
            <span class="grow"></span>
            <div class="search live-only" role="search">
                <Icon name="search"/>
                <input
                    class="input"
                    id=SEARCH_ID
                    type="search"
                    aria-label="Search versions"
                    placeholder="Note, label or digest"
                    autocomplete="off"
                    prop:value=move || history.words.get()
                    on:input=move |event| history.words.set(event_target_value(&event))
                />
                <kbd class="kbd" aria-hidden="true">"/"</kbd>
            </div>
            {choice}
        </header>
    }
    .into_any()
}

/// What was done, with the way back, and what was not done.
#[component]
fn Said(history: History) -> impl IntoView {
    view! {
        <div class="history__said" role="status">
            {move || {
                history.restored.get().map(|Restored { of, version, before }| {
                    let undo = move |_| history.restore(before);
                    view! {
                        <div class="undo">
                            <Icon name="rotate-ccw"/>
                            <p class="grow">
                                <b>{format!("v{of} is restored as v{version}.")}</b>
                                {format!(" It says what v{of} says; v{before} stays as it is.")}
                            </p>
                            <button class="button" data-size="sm" type="button" on:click=undo>"Undo"</button>
                        </div>
                    }
                })
            }}
        </div>
        {move || {
            history.failed.get().map(|error| {
                view! {
                    <div class="trouble">
                        <h3 class="sr-only">"It was not done"</h3>
                        <Failure error>
                            <button class="button" type="button" on:click=move |_| history.failed.set(None)>"Close"</button>
                        </Failure>
                    </div>
                }
            })
        }}
    }
    .into_any()
}

#[component]
fn Rows(history: History) -> impl IntoView {
    let narrow = Memo::new(move |_| {
        !history.words.with(|words| words.trim().is_empty()) || !history.author.with(String::is_empty)
    });
    let found = Memo::new(move |_| {
        let (words, author) = (history.words.get(), history.author.get());
        history.versions.with(|versions| {
            let theirs = versions.iter().filter(|version| author.is_empty() || version.author == author);
            let found = theirs
                .filter(|version| words.trim().is_empty() || fits(version, &history.labels(version.version), &words));
            found.map(|version| version.version).collect::<Vec<_>>()
        })
    });
    let rows = RwSignal::new(ROWS);
    let numbers = Memo::new(move |_| found.with(|found| found.iter().copied().take(rows.get()).collect::<Vec<_>>()));
    let more = move |_| {
        rows.update(|rows| *rows += ROWS);
        if found.with_untracked(Vec::len) < rows.get_untracked() {
            history.more();
        }
    };
    let has_more = Memo::new(move |_| found.with(Vec::len) > rows.get() || history.next.get().is_some());
    let drawings = Memo::new(move |_| {
        let draft = history.draft.get().map(|version| Step { version: u32::MAX, parent: Some(version), merged: None });
        history.versions.with(|versions| {
            let steps = versions.iter().map(|version| Step {
                version: version.version,
                parent: version.parent,
                merged: version.merged,
            });
            let steps: Vec<Step> = draft.into_iter().chain(steps).collect();
            let numbers = steps.iter().map(|step| step.version).collect::<Vec<_>>();
            numbers.into_iter().zip(lanes(&steps)).collect::<BTreeMap<u32, Lane>>()
        })
    });
    let drawing = move |number: u32| {
        Signal::derive(move || drawings.with(|drawings| drawings.get(&number).cloned().unwrap_or_default()))
    };
    let draft = move || {
        let version = history.draft.get().filter(|_| !narrow.get())?;
        Some(view! { <DraftRow history version lane=drawing(u32::MAX)/> })
    };
    let empty = Memo::new(move |_| numbers.with(Vec::is_empty));
    view! {
        <div class="history__scroll" tabindex="0" role="region" aria-label="All versions">
            <div class="history__heads" aria-hidden="true">
                <span></span>
                <span></span>
                <span>"Version"</span>
                <span>"Note"</span>
                <span>"Author"</span>
                <span>"Saved"</span>
                <span>"Digest"</span>
                <span>"Runs"</span>
                <span>"Cost"</span>
            </div>
            <ol class="history__list" id=LIST_ID role="list" aria-label="Versions" reversed data-narrow=move || narrow.get().then_some("")>
                {draft}
                <For each=move || numbers.get() key=|number| *number let:number>
                    <Row history number lane=drawing(number)/>
                </For>
            </ol>
            <Show when=move || empty.get()>
                <p class="history__none" role="status">"No version has that in its note, its labels or its digest."</p>
            </Show>
            <Show when=move || has_more.get()>
                <p class="history__more">
                    <button class="button" type="button" aria-busy=move || history.busy.get().then_some("true") on:click=more>
                        "Load more"
                    </button>
                </p>
            </Show>
        </div>
    }
    .into_any()
}
