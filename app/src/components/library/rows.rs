//! The rows of the library: a prompt each, and what can be done with it.

use domain::PromptId;
use domain::prompt::PromptSummary;
use leptos::ev::MouseEvent;
use leptos::prelude::*;

use super::search::SEARCH_ID;
use super::{BODY_ID, LIST_ID, Library, row_id, undo_id};
use crate::browser;
use crate::components::failure::Failure;
use crate::components::icon::Icon;
use crate::state::library::{Asked, Shelf, pieces};
use crate::state::preset::PRODUCTION;
use crate::state::when;

/// Most labels, and most tags, of a row; the others are counted.
const BADGES_MAX: usize = 3;

/// The list "Prompts", and what there is to say in its place.
#[component]
pub(super) fn RowList(library: Library) -> impl IntoView {
    let ids = Memo::new(move |_| library.listed.with(|listed| listed.ids().to_vec()));
    let is_empty = Memo::new(move |_| ids.with(Vec::is_empty));
    let later = move || {
        let address =
            library.asked.with(|asked| (!asked.after.is_empty()).then(|| asked.beginning_at("").address(None)));
        address.map(|address| view! { <p class="library__more"><a class="button" data-kind="quiet" href=address>"From the beginning"</a></p> })
    };
    view! {
        <div class="pane__body library__body" id=BODY_ID>
            <Troubles library/>
            {later}
            <Show when=move || !is_empty.get() fallback=move || view! { <NoPrompts library/> }>
                <ul class="library__list" id=LIST_ID role="list" aria-label="Prompts">
                    <For each=move || ids.get() key=|id| *id let:id>
                        <Row library id/>
                    </For>
                </ul>
            </Show>
            <More library/>
        </div>
    }
    .into_any()
}

/// Why the list is not what was asked for, and why the last deed was not done. The rows stay.
#[component]
fn Troubles(library: Library) -> impl IntoView {
    let unread = move || {
        library.unread.get().map(|error| {
            view! {
                <div class="library__trouble">
                    <Failure error>
                        <button class="button" type="button" on:click=move |_| {
                            library.renew();
                            browser::focus(SEARCH_ID);
                        }>"Try again"</button>
                    </Failure>
                </div>
            }
        })
    };
    let undone = move || {
        library.undone.get().map(|error| {
            view! {
                <div class="library__trouble">
                    <Failure error>
                        <button class="button" type="button" on:click=move |_| library.undone.set(None)>"Close"</button>
                    </Failure>
                </div>
            }
        })
    };
    view! {
        {unread}
        {undone}
    }
}

/// One prompt.
#[component]
fn Row(library: Library, id: PromptId) -> impl IntoView {
    let row = Memo::new(move |before: Option<&Option<PromptSummary>>| {
        // A row on its way out keeps what it had.
        let now = library.listed.with(|listed| listed.get(id).cloned());
        now.or_else(|| before.cloned().flatten())
    });
    let moved = Memo::new(move |_| library.moved.with(|moved| moved.contains(&id)));
    let content = move || {
        let row = row.get()?;
        Some(if moved.get() {
            view! { <Moved library row/> }.into_any()
        } else {
            view! { <Prompt library row/> }.into_any()
        })
    };
    view! {
        <li
            class="preset"
            data-prompt=id.to_string()
            data-moved=move || moved.get().then_some("")
            aria-current=move || (library.open.get() == Some(id)).then_some("true")
        >
            {content}
        </li>
    }
    .into_any()
}

#[component]
fn Prompt(library: Library, row: PromptSummary) -> impl IntoView {
    let id = row.id;
    // A key follows the link; a hand has the form beside the list, and the list stays.
    let click = move |event: MouseEvent| {
        let plain = !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key());
        if event.detail() > 0 && event.button() == 0 && plain {
            event.prevent_default();
            library.run_with_input(id);
        }
    };
    let updated = row.updated_at;
    // An example was never changed.
    let changed = (updated > 0).then(|| {
        view! {
            <span aria-hidden="true">"·"</span>
            <time class="nowrap" datetime=when::iso(updated) title=when::utc(updated)>
                {move || when::age(updated, library.now.get())}
            </time>
        }
    });
    let says_example = row.tags.iter().any(|tag| tag == "example");
    view! {
        <div class="preset__title">
            <h3 class="truncate">
                <a class="preset__link" id=row_id(id) href=format!("/p/{id}") title=row.name.clone() on:click=click>
                    <bdi>{marked(&row.name, &row.name_marks)}</bdi>
                </a>
            </h3>
            <span class="badge num">{format!("v{}", row.version)}</span>
            {labels(&row)}
            {(row.example && !says_example).then(|| view! { <span class="badge" data-tone="plain">"example"</span> })}
        </div>
        <div class="preset__tags wide-only">{tags(&row.tags)}</div>
        <p class="preset__excerpt truncate">{marked(&row.snippet, &row.snippet_marks)}</p>
        <p class="preset__meta">
            <span class="truncate">{row.model.clone()}</span>
            {changed}
        </p>
        <Tools library id favourite=row.favourite/>
    }
    .into_any()
}

/// What can be done with a prompt. All but the star is shown to the hand that is there; the drawer has it, too.
#[component]
fn Tools(library: Library, id: PromptId, favourite: bool) -> impl IntoView {
    let archived = move || library.asked.with(|asked| asked.shelf == Shelf::Archived);
    let tool = move |name: &'static str, icon: &'static str, act: fn(Library, PromptId)| {
        view! {
            <button class="button" data-kind="quiet" data-shape="icon" data-size="sm" type="button" aria-label=name title=name on:click=move |_| act(library, id)>
                <Icon name=icon small=true/>
            </button>
        }
    };
    let away = move || {
        if archived() {
            tool("Bring back", "undo-2", |library, id| library.put_away(id, false))
        } else {
            tool("Archive", "archive", |library, id| library.put_away(id, false))
        }
    };
    view! {
        <div class="preset__tools live-only">
            <span class="preset__deeds">
                {tool("Run with input", "play", Library::run_with_input)}
                {tool("Fork", "git-fork", Library::fork)}
                <a
                    class="button"
                    data-kind="quiet"
                    data-shape="icon"
                    data-size="sm"
                    href=export(id)
                    rel="external"
                    download=""
                    aria-label="Export JSON"
                    title="Export JSON"
                >
                    <Icon name="download" small=true/>
                </a>
                {away}
            </span>
            <button
                class="button preset__star"
                data-kind="quiet"
                data-shape="icon"
                data-size="sm"
                type="button"
                aria-label="Favourite"
                title="Favourite"
                aria-pressed=if favourite { "true" } else { "false" }
                on:click=move |_| library.turn_favourite(id)
            >
                <Icon name="star" small=true fill=favourite/>
            </button>
        </div>
    }
    .into_any()
}

/// Where a prompt is had as JSON, with its history.
pub(super) fn export(id: PromptId) -> String {
    format!("/v1/export?of={id}")
}

/// What is left in the place of a prompt that was put away or brought back: the way back.
#[component]
fn Moved(library: Library, row: PromptSummary) -> impl IntoView {
    let id = row.id;
    let archived = library.asked.with_untracked(|asked| asked.shelf == Shelf::Archived);
    view! {
        <div class="undo preset__undo">
            <Icon name="archive"/>
            <p class="truncate" role="status">
                <b>
                    <a href=format!("/p/{id}")>
                        <bdi>{row.name}</bdi>
                    </a>
                </b>
                {if archived { " is back in the library." } else { " is archived." }}
            </p>
            <button class="button" id=undo_id(id) type="button" on:click=move |_| library.put_away(id, true)>"Undo"</button>
        </div>
    }
    .into_any()
}

/// A text with what was searched for marked.
fn marked(text: &str, marks: &[(u32, u32)]) -> impl IntoView + use<> {
    let piece = |(piece, is_marked): (String, bool)| {
        if is_marked { view! { <mark>{piece}</mark> }.into_any() } else { piece.into_any() }
    };
    pieces(text, marks).into_iter().map(piece).collect_view()
}

/// Labels: the one in production first, each with its version where that is not the newest.
fn labels(row: &PromptSummary) -> impl IntoView + use<> {
    let mut labels: Vec<(&String, &u32)> = row.labels.iter().collect();
    labels.sort_by_key(|(label, _)| *label != PRODUCTION);
    let more = labels.len().saturating_sub(BADGES_MAX);
    let one = |(label, number): (&String, &u32)| {
        let tone = if label == PRODUCTION { "ok" } else { "accent" };
        let text = if *number == row.version { label.clone() } else { format!("{label} v{number}") };
        view! { <span class="badge preset__label" data-tone=tone>{text}</span> }
    };
    let shown = labels.into_iter().take(BADGES_MAX).map(one).collect_view();
    view! {
        {shown}
        {(more > 0).then(|| view! { <span class="badge" data-tone="plain">{format!("+{more}")}</span> })}
    }
}

fn tags(tags: &[String]) -> impl IntoView + use<> {
    let more = tags.len().saturating_sub(BADGES_MAX);
    let one = |tag: &String| view! { <span class="badge preset__tag"><bdi class="truncate">{tag.clone()}</bdi></span> };
    let shown = tags.iter().take(BADGES_MAX).map(one).collect_view();
    view! {
        {shown}
        {(more > 0).then(|| view! { <span class="badge" data-tone="plain">{format!("+{more}")}</span> })}
    }
}

/// The way to more rows; a link where there is no JavaScript.
#[component]
fn More(library: Library) -> impl IntoView {
    let next = Memo::new(move |_| library.listed.with(|listed| listed.next.clone()));
    let href = move || {
        let next = next.get()?;
        Some(library.asked.with(|asked| asked.beginning_at(&next).address(None)))
    };
    let more = move |event: MouseEvent| {
        event.prevent_default();
        library.more();
    };
    view! {
        <Show when=move || next.with(Option::is_some)>
            <p class="library__more">
                <a class="button" href=href aria-busy=move || library.loading.get().then_some("true") on:click=more>
                    "Load more"
                </a>
            </p>
        </Show>
    }
    .into_any()
}

/// No row: because nothing matches, or because nothing was put there yet.
#[component]
fn NoPrompts(library: Library) -> impl IntoView {
    let state = Memo::new(move |_| library.asked.with(|asked| (asked.is_narrow(), asked.shelf)));
    move || {
        let (narrow, shelf) = state.get();
        let (title, text) = match (narrow, shelf) {
            (true, _) => (
                "No prompt matches.",
                "Words are looked for in the name, the tags and the text; a typing mistake or another order is forgiven.",
            ),
            (_, Shelf::Favourites) => {
                ("Favourites will be here.", "The star at the end of a row puts a prompt among them.")
            }
            (_, Shelf::Archived) => ("What you archive will be here.", "It stays as it is, and can be brought back."),
            (_, Shelf::Examples) => ("No example is left as it was.", "Those that you changed are among your prompts."),
            (_, Shelf::All) => {
                ("Saved prompts will be here.", "With every version, found by their name, their tags and their text.")
            }
        };
        let way = if narrow {
            let href = Asked { shelf, ..Asked::default() }.address(None);
            view! { <a class="button" href=href on:click=move |_| browser::focus_soon(SEARCH_ID.into())>"Clear the search"</a> }.into_any()
        } else if shelf == Shelf::All {
            view! { <a class="button" href="/">"Open the playground"</a> }.into_any()
        } else {
            view! { <a class="button" href="/library">"All prompts"</a> }.into_any()
        };
        view! {
            <div class="page__state">
                <div class="empty">
                    <h3>{title}</h3>
                    <p>{text}</p>
                    {way}
                </div>
            </div>
        }
    }
}
