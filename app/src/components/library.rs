//! The library: places and tags, the search, the rows, and the drawer in which a preset is run.

mod deeds;
mod drawer;
mod kept;
mod keys;
mod overrides;
mod preset_run;
mod reading;
mod rows;
mod run_form;
mod search;
mod side;
mod with;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::prompt::Shelves;
use domain::{ApiError, ModelInfo, Preset, PromptId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};

use self::drawer::Drawer;
use self::keys::keys;
use self::preset_run::PresetRun;
pub use self::reading::{read_list, read_preset};
use self::rows::RowList;
use self::search::SearchBar;
use self::side::Side;
use super::keys::SingleKeys;
use crate::api::error::PageError;
use crate::api::prompts::{PromptList, prompt_shelves};
use crate::browser;
use crate::state::library::{Asked, Listed};
use crate::state::overlays::Overlays;

/// The list's id, for the keys that walk it.
const LIST_ID: &str = "prompts";
/// The id of what scrolls around the list.
const BODY_ID: &str = "library-body";
/// The id of the choice of a version.
const VERSION_ID: &str = "preset-version";
/// How long after a letter the address says what is searched for: browsers count how often it changes.
const ADDRESS_SETTLES: Duration = Duration::from_millis(300);

/// What there is of the prompt beside the list.
#[derive(Debug, Clone, PartialEq)]
enum Beside {
    Nothing,
    Coming(PromptId),
    There(Arc<Preset>),
    Missing(PromptId, ApiError),
}

impl Beside {
    fn of(preset: Result<Preset, PageError>, id: PromptId) -> Self {
        match preset {
            Ok(preset) => Self::There(Arc::new(preset)),
            Err(PageError(error)) => Self::Missing(id, error),
        }
    }

    fn id(&self) -> Option<PromptId> {
        match self {
            Self::Nothing => None,
            Self::Coming(id) | Self::Missing(id, _) => Some(*id),
            Self::There(preset) => Some(preset.id),
        }
    }
}

/// What the library shows, and what its buttons do. Copied freely.
#[derive(Clone, Copy)]
struct Library {
    /// What is asked for. The address follows, and leads when one goes back or takes a link.
    asked: RwSignal<Asked>,
    /// The prompt beside the list, as the address has it.
    open: Memo<Option<PromptId>>,
    listed: RwSignal<Listed>,
    shelves: RwSignal<Shelves>,
    models: StoredValue<Arc<[ModelInfo]>>,
    /// The server's time, in microseconds since 1970, UTC.
    now: RwSignal<i64>,
    took_micros: RwSignal<u64>,
    /// Whether a search is on its way.
    searching: RwSignal<bool>,
    /// Whether more rows are on their way.
    loading: RwSignal<bool>,
    /// Why the list is not what is asked for.
    unread: RwSignal<Option<ApiError>>,
    /// Why the last deed was not done.
    undone: RwSignal<Option<ApiError>>,
    /// Prompts of the list that were put away, or brought back, since it was read.
    moved: RwSignal<BTreeSet<PromptId>>,
    beside: RwSignal<Beside>,
    /// The form beside the list.
    runner: RwSignal<Option<PresetRun>>,
    /// Whether the form takes the focus when it is there.
    takes_focus: StoredValue<bool>,
    /// The number of the last search: an answer to an earlier one is none.
    search: StoredValue<u32>,
    /// Prompts about which the server is being told something.
    telling: StoredValue<BTreeSet<PromptId>>,
    settle: StoredValue<Option<TimeoutHandle>>,
    /// Whether the address is still this page's: the next page may be on its way.
    is_here: Signal<bool>,
    /// Goes to an address; in the place of this one, where that is said.
    leave: Callback<(String, bool)>,
}

/// The page below its header.
#[component]
pub fn LibraryView(
    /// The first rows.
    list: PromptList,
    /// How many prompts stand where.
    shelves: Shelves,
    /// Every model there is.
    models: Vec<ModelInfo>,
    /// The prompt that the address has open.
    preset: Option<(PromptId, Result<Preset, PageError>)>,
) -> impl IntoView {
    let (query, path) = (use_query_map(), use_location().pathname);
    // The address of the page to come is none of this one's.
    let is_here = move || path.with(|path| path.trim_end_matches('/') == "/library");
    let address = Memo::new(move |before: Option<&Asked>| match before {
        Some(before) if !is_here() => before.clone(),
        _ => query.with(Asked::read),
    });
    let open = Memo::new(move |before: Option<&Option<PromptId>>| match before {
        Some(before) if !is_here() => *before,
        _ => query.with(Asked::opened),
    });
    let navigate = use_navigate();
    let leave = Callback::new(move |(address, replace): (String, bool)| {
        navigate(&address, NavigateOptions { replace, scroll: false, ..NavigateOptions::default() });
    });
    let library = Library {
        asked: RwSignal::new(address.get_untracked()),
        open,
        listed: RwSignal::new(Listed::new(list.page)),
        shelves: RwSignal::new(shelves),
        models: StoredValue::new(models.into()),
        now: RwSignal::new(list.now),
        took_micros: RwSignal::new(list.took_micros),
        searching: RwSignal::new(false),
        loading: RwSignal::new(false),
        unread: RwSignal::new(None),
        undone: RwSignal::new(None),
        moved: RwSignal::new(BTreeSet::new()),
        beside: RwSignal::new(preset.map_or(Beside::Nothing, |(id, preset)| Beside::of(preset, id))),
        runner: RwSignal::new(None),
        takes_focus: StoredValue::new(false),
        search: StoredValue::new(0),
        telling: StoredValue::new(BTreeSet::new()),
        settle: StoredValue::new(None),
        is_here: Signal::derive(is_here),
        leave,
    };
    library.follow(address);
    library.keep_new();
    keys(library);
    let page = view! {
        <main
            class="shell__main library"
            id="main"
            data-drawer=move || open.get().map(|_| "open")
            aria-busy=move || library.searching.get().then_some("true")
        >
            <h1 class="sr-only">"Library"</h1>
            <Side library/>
            <section class="pane library__pane" aria-labelledby="library-h">
                <h2 class="sr-only" id="library-h">"Prompts"</h2>
                <SearchBar library/>
                <RowList library/>
                <Foot/>
            </section>
            <Show when=move || open.get().is_some()>
                <Drawer library/>
            </Show>
        </main>
    };
    browser::say_alive();
    page
}

/// The page's keys, and the switch that takes them away.
#[component]
fn Foot() -> impl IntoView {
    let on = expect_context::<Overlays>().single_keys;
    view! {
        <footer class="pane__foot library__foot live-only">
            <span hidden=move || !on.get() aria-hidden="true">
                <kbd class="kbd">"J"</kbd>
                <kbd class="kbd">"K"</kbd>
                " move "
                <kbd class="kbd">"↵"</kbd>
                " open "
                <kbd class="kbd">"R"</kbd>
                " run with input "
                <kbd class="kbd">"/"</kbd>
                " search"
            </span>
            <SingleKeys/>
        </footer>
    }
    .into_any()
}

impl Library {
    /// Asks for what the address says, when one goes back or takes a link, and reads the prompt that it has open.
    fn follow(self, address: Memo<Asked>) {
        Effect::new(move |before: Option<()>| {
            let wanted = address.get();
            if before.is_some() && wanted != self.asked.get_untracked() {
                self.ask(wanted);
            }
        });
        Effect::new(move || match self.open.get() {
            Some(id) if self.beside.with_untracked(Beside::id) != Some(id) => self.read(id, None),
            Some(_) => {}
            None => self.beside.set(Beside::Nothing),
        });
        on_cleanup(move || {
            if let Some(timer) = self.settle.try_update_value(Option::take).flatten() {
                timer.clear();
            }
        });
    }

    /// Searches for what was typed; the address follows when the keys rest.
    fn ask_typed(self, wanted: Asked) {
        if wanted == self.asked.get_untracked() {
            return;
        }
        self.ask(wanted);
        self.settle.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
            let follow = move || {
                if self.is_here.try_get_untracked() == Some(true) {
                    let asked = self.asked.get_untracked();
                    self.leave.run((asked.address(self.open.get_untracked()), true));
                }
            };
            *timer = set_timeout_with_handle(follow, ADDRESS_SETTLES).ok();
        });
    }

    fn ask(self, wanted: Asked) {
        self.asked.set(wanted);
        if let Some(body) = document().get_element_by_id(BODY_ID) {
            body.set_scroll_top(0);
        }
        self.renew();
    }

    /// Reads the list again.
    fn renew(self) {
        self.search.update_value(|search| *search += 1);
        let own = self.search.get_value();
        self.searching.set(true);
        let asked = self.asked.get_untracked();
        spawn_local(async move {
            let found = read_list(asked).await;
            // The answer to an earlier question is none to this one.
            if self.search.try_get_value() != Some(own) {
                return;
            }
            self.searching.set(false);
            match found {
                Ok(list) => self.show(list),
                Err(PageError(error)) => self.unread.set(Some(error)),
            }
        });
    }

    fn show(self, list: PromptList) {
        self.unread.set(None);
        self.moved.set(BTreeSet::new());
        self.now.set(list.now);
        self.took_micros.set(list.took_micros);
        self.listed.set(Listed::new(list.page));
    }

    /// Reads the list again when its tab comes back into sight, unless that would take something from under a hand.
    fn keep_new(self) {
        Effect::new(move || {
            let look = move |_| {
                let is_first_page = self.listed.with_untracked(|rows| rows.ids().len() as u64)
                    <= domain::limits::PROMPTS_PAGE_DEFAULT.into();
                if !document().hidden() && is_first_page && self.moved.with_untracked(BTreeSet::is_empty) {
                    self.renew();
                    self.count();
                }
            };
            let sight = window_event_listener_untyped("visibilitychange", look);
            on_cleanup(move || sight.remove());
        });
    }

    /// Brings the next rows.
    fn more(self) {
        let Some(next) = self.listed.with_untracked(|listed| listed.next.clone()) else { return };
        if self.loading.get_untracked() {
            return;
        }
        self.loading.set(true);
        let (asked, own) = (self.asked.get_untracked().beginning_at(&next), self.search.get_value());
        spawn_local(async move {
            let found = read_list(asked).await;
            self.loading.try_set(false);
            if self.search.try_get_value() != Some(own) {
                return;
            }
            match found {
                Ok(list) => {
                    let shown = self.listed.with_untracked(|listed| listed.ids().len());
                    self.unread.set(None);
                    self.listed.update(|listed| listed.append(list.page));
                    // The link that was pressed has moved down, or is gone.
                    request_animation_frame(move || browser::focus_row(LIST_ID, shown));
                }
                Err(PageError(error)) => self.unread.set(Some(error)),
            }
        });
    }

    /// Counts anew what stands where.
    fn count(self) {
        spawn_local(async move {
            if let Ok(shelves) = prompt_shelves().await {
                self.shelves.try_set(shelves);
            }
        });
    }

    /// Reads the prompt beside the list, in that version.
    fn read(self, id: PromptId, version: Option<u32>) {
        self.beside.set(Beside::Coming(id));
        spawn_local(async move {
            let preset = read_preset(id, version).await;
            if self.open.try_get_untracked().flatten() == Some(id) {
                self.beside.set(Beside::of(preset, id));
                // The choice that was changed has gone with what it changed.
                if version.is_some() {
                    browser::focus_soon(VERSION_ID.into());
                }
            }
        });
    }

    /// Opens a prompt beside the list, and goes into its first field.
    fn run_with_input(self, id: PromptId) {
        self.takes_focus.set_value(true);
        if self.open.get_untracked() == Some(id) {
            if let Some(runner) = self.runner.get_untracked() {
                runner.take_focus();
            }
            return;
        }
        let is_open = self.open.get_untracked().is_some();
        self.leave.run((self.asked.get_untracked().address(Some(id)), is_open));
    }

    /// Opens the next prompt, or the one before, in the place of the one beside the list.
    fn step(self, forward: bool) -> Option<PromptId> {
        let here = self.open.get_untracked()?;
        let next = self.listed.with_untracked(|listed| listed.beside(here, forward))?;
        self.leave.run((self.asked.get_untracked().address(Some(next)), true));
        Some(next)
    }

    /// Closes what lies beside the list.
    fn close(self) {
        let Some(id) = self.open.get_untracked() else { return };
        self.leave.run((self.asked.get_untracked().address(None), true));
        browser::focus_soon(row_id(id));
    }
}

/// The id of the link in a prompt's row.
fn row_id(id: PromptId) -> String {
    format!("row-{id}")
}

/// The id of the button that brings a prompt back.
fn undo_id(id: PromptId) -> String {
    format!("undo-{id}")
}
