//! Tags of a prompt: chips with a way to take each off, and a field for another.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::icon::Icon;
use crate::browser;

/// The tags, and a field that takes another with Enter or a comma.
#[component]
pub fn Tags(
    /// The id of the field.
    id: &'static str,
    /// The tags.
    tags: RwSignal<Vec<String>>,
    /// What stands in the field and is no tag yet.
    typed: RwSignal<String>,
) -> impl IntoView {
    let take = move || {
        let tag = typed.get_untracked().trim().to_owned();
        typed.set(String::new());
        if !tag.is_empty() && !tags.with_untracked(|tags| tags.contains(&tag)) {
            tags.update(|tags| tags.push(tag));
        }
    };
    let press = move |event: KeyboardEvent| {
        let plain = !event.ctrl_key() && !event.meta_key() && !event.is_composing();
        let is_empty = typed.with_untracked(String::is_empty);
        match event.key().as_str() {
            "Enter" | "," if plain && !is_empty => {
                event.prevent_default();
                take();
            }
            "Backspace" if is_empty => _ = tags.try_update(Vec::pop),
            _ => {}
        }
    };
    let chip = move |tag: String| {
        let (own, label) = (tag.clone(), format!("Remove tag {tag}"));
        let remove = move |_| {
            tags.update(|tags| tags.retain(|other| *other != own));
            browser::focus(id);
        };
        view! {
            <span class="chip">
                <bdi class="truncate">{tag}</bdi>
                <button class="chip__remove" type="button" aria-label=label on:click=remove>
                    <Icon name="x" small=true/>
                </button>
            </span>
        }
    };
    view! {
        <div class="tags">
            {move || tags.get().into_iter().map(chip).collect_view()}
            <input
                id=id
                autocomplete="off"
                placeholder="Add"
                prop:value=move || typed.get()
                on:input=move |event| typed.set(event_target_value(&event))
                on:keydown=press
                on:blur=move |_| take()
            />
        </div>
    }
    .into_any()
}

/// The tags, with what was typed and not taken yet.
#[must_use]
pub fn all_tags(tags: RwSignal<Vec<String>>, typed: RwSignal<String>) -> Vec<String> {
    let mut all = tags.get_untracked();
    let last = typed.get_untracked().trim().to_owned();
    if !last.is_empty() && !all.contains(&last) {
        all.push(last);
    }
    all
}
