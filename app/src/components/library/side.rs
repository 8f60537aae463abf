//! The library's side: where prompts stand, and what they are tagged with.

use leptos::prelude::*;

use super::Library;
use crate::components::icon::Icon;
use crate::state::figures::thousands;
use crate::state::library::Shelf;

/// Places and tags, as links: each keeps the words that are searched for.
#[component]
pub(super) fn Side(library: Library) -> impl IntoView {
    let place = move |shelf: Shelf| {
        let current =
            move || library.asked.with(|asked| asked.shelf == shelf && asked.tag.is_empty()).then_some("page");
        view! {
            <li>
                <a class="nav__link" href=move || library.asked.with(|asked| asked.on(shelf).address(None)) aria-current=current>
                    <Icon name=shelf.icon()/>
                    {shelf.name()}
                    <span class="tab__count">{move || thousands(library.shelves.with(|shelves| shelf.count(shelves)))}</span>
                </a>
            </li>
        }
    };
    let tags = Memo::new(move |_| library.shelves.with(|shelves| shelves.tags.clone()));
    let tag = move |(tag, count): (String, u64)| {
        let (named, asked_for) = (tag.clone(), tag.clone());
        let href = move || library.asked.with(|asked| asked.tagged(&asked_for).address(None));
        let current = {
            let tag = tag.clone();
            move || library.asked.with(|asked| asked.tag == tag).then_some("true")
        };
        view! {
            <li>
                <a class="nav__link" href=href title=named aria-current=current>
                    <Icon name="tag" small=true/>
                    <bdi class="truncate">{tag}</bdi>
                    <span class="tab__count">{thousands(count)}</span>
                </a>
            </li>
        }
    };
    view! {
        <div class="library__side">
            <nav aria-label="Places">
                <h2>"Places"</h2>
                <ul role="list">{Shelf::ALL.map(place).collect_view()}</ul>
            </nav>
            <Show when=move || tags.with(|tags| !tags.is_empty())>
                <nav aria-label="Tags">
                    <h2>"Tags"</h2>
                    <ul role="list">
                        <For each=move || tags.get() key=|entry| entry.clone() children=tag/>
                    </ul>
                </nav>
            </Show>
        </div>
    }
    .into_any()
}
