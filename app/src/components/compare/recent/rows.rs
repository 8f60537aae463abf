//! The rows of the list of comparisons, and what can be done with each.

use domain::ComparisonId;
use domain::comparison::{ComparisonSummary, UNTITLED};
use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Listing;
use crate::api::comparisons::{delete_comparison, duplicate_comparison, rename_comparison, restore_comparison};
use crate::api::error::PageError;
use crate::browser;
use crate::components::icon::Icon;
use crate::components::undo::seconds_left;
use crate::state::figures::thousands;
use crate::state::when;

/// What stands above the reason why something was not done.
const NOT_DONE: &str = "It was not done";

impl Listing {
    fn change(self, id: ComparisonId, change: impl FnOnce(&mut ComparisonSummary)) {
        self.rows.try_update(|rows| rows.iter_mut().find(|row| row.id == id).map(change));
    }

    /// Does something on the server, once at a time, and then here; where it is refused, the reason is shown.
    fn tell<T: 'static>(
        self,
        deed: impl Future<Output = Result<T, PageError>> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failed.set(None);
        spawn_local(async move {
            let answer = deed.await;
            self.busy.try_set(false);
            match answer {
                Ok(done) => then(done),
                Err(PageError(error)) => _ = self.failed.try_set(Some((NOT_DONE, error))),
            }
        });
    }

    fn delete(self, id: ComparisonId) {
        self.tell(delete_comparison(id), move |()| {
            self.change(id, |row| row.undo_ms = Some(domain::limits::UNDO_MS));
            browser::focus_soon(undo_id(id));
        });
    }

    fn restore(self, id: ComparisonId) {
        self.tell(restore_comparison(id), move |()| {
            self.change(id, |row| row.undo_ms = None);
            browser::focus_soon(link_id(id));
        });
    }

    fn duplicate(self, id: ComparisonId) {
        self.tell(duplicate_comparison(id), move |copy| {
            let count = |many: usize| u32::try_from(many).unwrap_or(u32::MAX);
            let row = ComparisonSummary {
                id: copy.id,
                name: copy.name,
                columns: count(copy.spec.columns.len()),
                rows: count(copy.spec.rows.len()),
                updated_at: copy.updated_at,
                undo_ms: None,
            };
            self.rows.try_update(|rows| rows.insert(0, row));
            browser::focus_soon(link_id(copy.id));
        });
    }

    fn begin_rename(self, id: ComparisonId) {
        let name = self.rows.with_untracked(|rows| rows.iter().find(|row| row.id == id).map(|row| row.name.clone()));
        self.typed.set(name.unwrap_or_default());
        self.renaming.set(Some(id));
    }

    fn rename(self, id: ComparisonId) {
        self.renaming.set(None);
        let name = self.typed.with_untracked(|typed| typed.trim().to_owned());
        if self.rows.with_untracked(|rows| rows.iter().any(|row| row.id == id && row.name == name)) {
            return;
        }
        self.failed.set(None);
        spawn_local(async move {
            match rename_comparison(id, name.clone()).await {
                Ok(()) => {
                    // The row is made anew.
                    let has_focus = browser::has_focus(&link_id(id));
                    self.change(id, |row| row.name = name);
                    if has_focus {
                        browser::focus_soon(link_id(id));
                    }
                }
                Err(PageError(error)) => {
                    self.failed.try_set(Some((NOT_DONE, error)));
                    // What was typed is there again, unless another name is being typed by now.
                    if self.renaming.try_get_untracked() == Some(None) {
                        self.typed.set(name);
                        self.renaming.set(Some(id));
                    }
                }
            }
        });
    }
}

fn undo_id(id: ComparisonId) -> String {
    format!("undo-{id}")
}

fn link_id(id: ComparisonId) -> String {
    format!("link-{id}")
}

fn field_id(id: ComparisonId) -> String {
    format!("name-{id}")
}

fn called(row: &ComparisonSummary) -> String {
    if row.name.trim().is_empty() { UNTITLED.to_owned() } else { row.name.clone() }
}

/// The list.
#[component]
pub(super) fn List(listing: Listing) -> impl IntoView {
    let ids = Memo::new(move |_| listing.rows.with(|rows| rows.iter().map(|row| row.id).collect::<Vec<_>>()));
    view! {
        <ul class="comparisons__list" role="list" aria-label="Comparisons">
            <For each=move || ids.get() key=|id| *id let:id>
                <Row listing id/>
            </For>
        </ul>
    }
    .into_any()
}

#[component]
fn Row(listing: Listing, id: ComparisonId) -> impl IntoView {
    let row = Memo::new(move |before: Option<&Option<ComparisonSummary>>| {
        // A row on its way out keeps what it had.
        let now = listing.rows.with(|rows| rows.iter().find(|row| row.id == id).cloned());
        now.or_else(|| before.cloned().flatten())
    });
    let is_renamed = Memo::new(move |_| listing.renaming.get() == Some(id));
    let content = move || {
        let row = row.get()?;
        Some(match row.undo_ms {
            Some(left_ms) => view! { <Deleted listing row left_ms/> }.into_any(),
            None => view! { <Comparison listing row is_renamed/> }.into_any(),
        })
    };
    view! { <li class="comparisons__row" data-deleted=move || row.with(|row| row.as_ref().and_then(|row| row.undo_ms).map(|_| ""))>{content}</li> }
        .into_any()
}

#[component]
fn Comparison(listing: Listing, row: ComparisonSummary, is_renamed: Memo<bool>) -> impl IntoView {
    let (id, name) = (row.id, called(&row));
    let count =
        |count: u32, word: &str| format!("{} {word}{}", thousands(count.into()), if count == 1 { "" } else { "s" });
    let what = format!("{} · {}", count(row.columns, "column"), count(row.rows, "row"));
    let icon = if row.rows > 1 { "rows-3" } else { "columns-2" };
    let changed = row.updated_at;
    let now = listing.now;
    let title = {
        let name = name.clone();
        move || {
            let name = name.clone();
            if is_renamed.get() {
                view! { <NameField listing id/> }.into_any()
            } else {
                view! {
                    <a class="comparisons__link truncate" id=link_id(id) href=format!("/compare?id={id}") rel="external">
                        <bdi>{name}</bdi>
                    </a>
                }
                .into_any()
            }
        }
    };
    view! {
        <Icon name=icon/>
        {title}
        <span class="comparisons__what num">{what}</span>
        <time class="comparisons__when num" datetime=when::iso(changed) title=when::utc(changed)>
            {move || now.get().map_or_else(|| when::utc(changed)[..10].to_owned(), |now| when::age(changed, now))}
        </time>
        <Tools listing id name/>
    }
    .into_any()
}

/// The name, being typed.
#[component]
fn NameField(listing: Listing, id: ComparisonId) -> impl IntoView {
    browser::focus_soon(field_id(id));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        listing.rename(id);
        browser::focus_soon(link_id(id));
    };
    let keys = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.is_composing() && event.key_code() != 229 {
            event.prevent_default();
            listing.renaming.set(None);
            browser::focus_soon(link_id(id));
        }
    };
    // Whoever goes elsewhere has finished.
    let leave = move |_| {
        if listing.renaming.try_get_untracked().flatten() == Some(id) {
            listing.rename(id);
        }
    };
    view! {
        <form class="comparisons__form" on:submit=submit>
            <input
                class="input"
                id=field_id(id)
                aria-label="Name of the comparison"
                placeholder=UNTITLED
                maxlength=domain::limits::NAME_CHARS_MAX.to_string()
                autocomplete="off"
                spellcheck="false"
                value=listing.typed.get_untracked()
                on:input=move |event| listing.typed.set(event_target_value(&event))
                on:keydown=keys
                on:blur=leave
            />
        </form>
    }
    .into_any()
}

/// What can be done with a comparison, shown to the hand that is there; its own page has it, too.
#[component]
fn Tools(listing: Listing, id: ComparisonId, name: String) -> impl IntoView {
    let tool = |label: &'static str, icon: &'static str, act: fn(Listing, ComparisonId)| {
        view! {
            <button
                class="button"
                data-kind="quiet"
                data-shape="icon"
                data-size="sm"
                type="button"
                aria-label=format!("{label} {name}")
                title=label
                on:click=move |_| act(listing, id)
            >
                <Icon name=icon small=true/>
            </button>
        }
    };
    let file = |label: &'static str, icon: &'static str, form: &'static str| {
        view! {
            <a
                class="button"
                data-kind="quiet"
                data-shape="icon"
                data-size="sm"
                href=format!("/v1/export?of={id}&format={form}")
                rel="external"
                download=""
                aria-label=format!("{label} {name}")
                title=label
            >
                <Icon name=icon small=true/>
            </a>
        }
    };
    view! {
        <span class="comparisons__tools live-only">
            {tool("Rename", "pencil", Listing::begin_rename)}
            {tool("Duplicate", "copy", Listing::duplicate)}
            {file("Export as JSON:", "download", "json")}
            {file("Export as Markdown:", "file-text", "md")}
            {tool("Delete", "trash-2", Listing::delete)}
        </span>
    }
    .into_any()
}

/// What is left in the place of a deleted comparison: the way back, while there is one.
#[component]
fn Deleted(listing: Listing, row: ComparisonSummary, left_ms: u64) -> impl IntoView {
    let (id, name) = (row.id, called(&row));
    let left_s = seconds_left(left_ms);
    let over = Memo::new(move |_| left_s.get() == 0);
    view! {
        <div class="undo">
            <Icon name="trash-2"/>
            <p class="grow" role="status">
                <b>
                    <bdi>{name}</bdi>
                </b>
                {move || if over.get() { " is gone for good." } else { " is deleted. Its runs stay." }}
            </p>
            <span class="num" hidden=move || over.get()>
                {move || format!("for good in {}:{:02}", left_s.get() / 60, left_s.get() % 60)}
            </span>
            <button class="button live-only" id=undo_id(id) type="button" hidden=move || over.get() on:click=move |_| listing.restore(id)>
                "Undo"
            </button>
        </div>
    }
    .into_any()
}
