//! The library's search: words as they are typed, place, tag and time. A form whose address says it all.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;

use super::Library;
use crate::browser;
use crate::components::icon::Icon;
use crate::state::library::{Asked, SINCE, Shelf};

/// How long after a letter the list is searched.
const SETTLE: Duration = Duration::from_millis(80);

/// The search box's id, for the key that goes there.
pub(super) const SEARCH_ID: &str = "prompt-query";

/// What can be chosen: the word in the address, and its name for people.
type Options = Vec<(String, String)>;

/// The form above the list, and what there is to say about what it found.
#[component]
pub(super) fn SearchBar(library: Library) -> impl IntoView {
    let query = NodeRef::<html::Input>::new();
    let asked = library.asked;
    let search = move || {
        let Some(field) = query.try_get_untracked().flatten() else { return };
        let typed = field.value().trim().to_owned();
        library.ask_typed(Asked { query: typed, after: String::new(), ..asked.get_untracked() });
    };
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    let typed = move |_| {
        stop();
        timer.set_value(set_timeout_with_handle(search, SETTLE).ok());
    };
    on_cleanup(stop);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        stop();
        search();
    };
    // What a hand typed before the page was live is searched for; what it types now is left alone.
    Effect::new(move |before: Option<()>| {
        let words = asked.with(|asked| asked.query.clone());
        let Some(field) = query.get() else { return };
        if before.is_none() {
            search();
        } else if !browser::has_focus(SEARCH_ID) {
            field.set_value(&words);
        }
    });
    let choose = move |change: fn(&Asked, String) -> Asked| {
        Callback::new(move |word: String| {
            let wanted = asked.with_untracked(|asked| Asked { after: String::new(), ..change(asked, word) });
            library.leave.run((wanted.address(library.open.get_untracked()), false));
        })
    };
    let places = || Shelf::ALL.map(|shelf| (shelf.word().to_owned(), shelf.name().to_owned())).to_vec();
    let tags = move || {
        let any = (String::new(), "Any tag".to_owned());
        let tags = library.shelves.with(|shelves| shelves.tags.clone());
        [any].into_iter().chain(tags.into_iter().map(|(tag, _)| (tag.clone(), tag))).collect::<Options>()
    };
    let times = || SINCE.map(|(word, name, _)| (word.to_owned(), name.to_owned())).to_vec();
    let said = move || {
        let (total, took) = (library.listed.with(|listed| listed.total), library.took_micros.get());
        library.shelves.with(|shelves| asked.with(|asked| asked.said(total, shelves, took)))
    };
    view! {
        <form class="library__search" role="search" method="get" action="/library" on:submit=submit>
            <div class="search">
                <Icon name="search"/>
                <input
                    class="input"
                    id=SEARCH_ID
                    type="search"
                    name="query"
                    aria-label="Search prompts"
                    placeholder="Name, tag or text"
                    autocomplete="off"
                    spellcheck="false"
                    maxlength=domain::limits::PROMPT_QUERY_BYTES_MAX.to_string()
                    value=asked.with_untracked(|asked| asked.query.clone())
                    node_ref=query
                    on:input=typed
                />
                <kbd class="kbd live-only" aria-hidden="true">"/"</kbd>
            </div>
            <Choice
                name="place"
                label="Place"
                narrow=true
                options=Signal::derive(places)
                chosen=Signal::derive(move || asked.with(|asked| asked.shelf.word().to_owned()))
                on_choose=choose(|asked, word| Asked { shelf: shelf_of(&word), ..asked.clone() })
            />
            <Choice
                name="tag"
                label="Tag"
                narrow=true
                options=Signal::derive(tags)
                chosen=Signal::derive(move || asked.with(|asked| asked.tag.clone()))
                on_choose=choose(|asked, tag| Asked { tag, ..asked.clone() })
            />
            <Choice
                name="since"
                label="Changed"
                narrow=false
                options=Signal::derive(times)
                chosen=Signal::derive(move || asked.with(|asked| asked.since.clone()))
                on_choose=choose(|asked, since| Asked { since, ..asked.clone() })
            />
            <button class="button form-only" type="submit">"Search"</button>
            <span class="library__said faint num" role="status">{said}</span>
        </form>
    }
    .into_any()
}

fn shelf_of(word: &str) -> Shelf {
    Shelf::ALL.into_iter().find(|shelf| shelf.word() == word).unwrap_or_default()
}

/// One select; `narrow`, where the side has no room. What the address asks for is there, also where it is no choice.
#[component]
fn Choice(
    name: &'static str,
    label: &'static str,
    narrow: bool,
    options: Signal<Options>,
    chosen: Signal<String>,
    on_choose: Callback<String>,
) -> impl IntoView {
    let node = NodeRef::<html::Select>::new();
    let all = Memo::new(move |_| {
        let (mut options, chosen) = (options.get(), chosen.get());
        if !options.iter().any(|(word, _)| *word == chosen) {
            options.push((chosen.clone(), chosen));
        }
        options
    });
    // After the options have been put there.
    Effect::new(move || {
        all.track();
        let word = chosen.get();
        let Some(select) = node.get() else { return };
        request_animation_frame(move || select.set_value(&word));
    });
    let option = move |(word, name): (String, String)| {
        let selected = chosen.with_untracked(|chosen| *chosen == word);
        view! { <option value=word selected=selected>{name}</option> }
    };
    view! {
        <select
            class="input"
            data-narrow=narrow.then_some("")
            name=name
            aria-label=label
            autocomplete="off"
            node_ref=node
            on:change=move |event| on_choose.run(event_target_value(&event))
        >
            {move || all.get().into_iter().map(option).collect_view()}
        </select>
    }
    .into_any()
}
