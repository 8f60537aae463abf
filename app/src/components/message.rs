//! The messages of the prompt: the system prompt, and the turns after it.

use domain::{Role, ToolCall};
use leptos::ev::KeyboardEvent;
use leptos::html::Select;
use leptos::prelude::*;
use reactive_stores::Field;

use super::control::keep_alike;
use super::editor::{Editor, Kind};
use super::icon::Icon;
use super::pictures::{Natives, Pictures, take_pictures};
use crate::state::desk::{Desk, UNDO_REMOVE, message_field};
use crate::state::draft::{DraftMessage, DraftMessageStoreFields, DraftStoreFields};
use crate::state::figures::thousands;
use crate::state::forecast::estimate;

/// Who can speak in a message, with the word for it.
const ROLES: [(Role, &str); 4] =
    [(Role::User, "User"), (Role::Assistant, "Assistant"), (Role::System, "System"), (Role::Tool, "Tool")];

/// The system prompt and all messages, with what adds another.
#[component]
pub fn Messages(
    /// Whose messages.
    desk: Desk,
) -> impl IntoView {
    let draft = desk.draft;
    let known = filled(desk);
    view! {
        <div class="messages">
            <article class="message">
                <header class="message__head">
                    <span class="message__role">"System"</span>
                    <span class="grow"></span>
                    <Count text=Signal::derive(move || draft.system().get())/>
                </header>
                <Editor
                    id="system".to_owned()
                    name="system".to_owned()
                    kind=Kind::Text
                    label="System prompt"
                    text=Signal::derive(move || draft.system().get())
                    on_input=move |text| draft.system().set(text)
                    known
                />
            </article>
            <For
                each=move || draft.messages()
                key=|row| row.read_untracked().id
                // The field is made here, so that it lives as long as its row and not until the list changes.
                children=move |row| view! { <Turn desk row=Field::from(row) known/> }
            />
            <Removed desk/>
            <div class="message-add live-only">
                <button class="button" data-kind="quiet" data-size="sm" type="button" on:click=move |_| desk.add_message()>
                    <Icon name="plus" small=true/>
                    "Message"
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// About how many tokens a text has.
#[component]
fn Count(text: Signal<String>) -> impl IntoView {
    let tokens = Memo::new(move |_| text.with(|text| estimate(text)));
    view! {
        <span class="message__count" hidden=move || tokens.get() == 0>
            {move || format!("≈ {}", thousands(tokens.get()))}
            <span class="sr-only">" tokens"</span>
        </span>
    }
}

/// The names of the variables that have a value, as JSON.
fn filled(desk: Desk) -> Signal<Option<String>> {
    let names = Memo::new(move |_| {
        let inputs = desk.draft.inputs();
        let inputs = inputs.read();
        let names: Vec<&str> =
            inputs.iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name.as_str()).collect();
        serde_json::to_string(&names).ok()
    });
    names.into()
}

/// One turn: its role, its text, what goes with it, and what can be done with it.
#[component]
fn Turn(desk: Desk, row: Field<DraftMessage>, known: Signal<Option<String>>) -> impl IntoView {
    let id = row.read_untracked().id;
    let place = Memo::new(move |_| {
        let messages = desk.draft.messages();
        let messages = messages.read();
        messages.iter().position(|message| message.id == id).unwrap_or_default()
    });
    let first = place.get_untracked();
    let label = Signal::derive(move || format!("Message {}", place.get() + 1));
    let text = row.text();
    let keys = move |event: KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowUp" => -1,
            "ArrowDown" => 1,
            _ => return,
        };
        if event.alt_key() && !event.ctrl_key() && !event.meta_key() && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            desk.move_message(id, by);
        }
    };
    // The editor takes files by itself; these are for the field before there is one.
    let paste = move |event: leptos::ev::ClipboardEvent| {
        let files = event.clipboard_data().and_then(|data| data.files());
        if !event.default_prevented() && files.is_some_and(|files| take_pictures(desk, row, &files)) {
            event.prevent_default();
        }
    };
    let drop = move |event: leptos::ev::DragEvent| {
        let files = event.data_transfer().and_then(|data| data.files());
        if !event.default_prevented() && files.is_some_and(|files| take_pictures(desk, row, &files)) {
            event.prevent_default();
        }
    };
    view! {
        <article class="message" on:keydown=keys on:paste=paste on:drop=drop>
            <header class="message__head">
                <RolePicker row label name=format!("messages[{first}][role]")/>
                <Tools desk id label/>
                <Count text=Signal::derive(move || text.try_get().unwrap_or_default())/>
            </header>
            <Editor
                id=message_field(id)
                name=format!("messages[{first}][text]")
                kind=Kind::Text
                label=Signal::derive(move || Some(label.get()))
                text=Signal::derive(move || text.try_get().unwrap_or_default())
                on_input=move |typed| text.set(typed)
                on_files=move |files| _ = take_pictures(desk, row, &files)
                known
            />
            <Pictures row label/>
            <Natives row label/>
            <Calls row/>
            <Show when=move || row.role().try_get() == Some(Role::Tool)>
                <Answers row/>
            </Show>
        </article>
    }
    .into_any()
}

#[component]
fn RolePicker(row: Field<DraftMessage>, label: Signal<String>, name: String) -> impl IntoView {
    let node = NodeRef::<Select>::new();
    let role = row.role();
    let set = move |typed: String| {
        if let Some((chosen, _)) = ROLES.iter().find(|(role, _)| role.as_str() == typed) {
            role.set(*chosen);
        }
    };
    keep_alike(node, move || role.try_get().unwrap_or(Role::User).as_str().to_owned(), set);
    let chosen = role.get_untracked();
    let options =
        ROLES.map(|(role, word)| view! { <option value=role.as_str() selected=role == chosen>{word}</option> });
    view! {
        <select
            class="message__role"
            name=name
            aria-label=move || format!("Role of {}", label.get().to_lowercase())
            autocomplete="off"
            node_ref=node
            on:change=move |event| set(event_target_value(&event))
        >
            {options.into_iter().collect_view()}
        </select>
    }
    .into_any()
}

/// What can be done with a message, shown while it is pointed at or has the focus.
#[component]
fn Tools(desk: Desk, id: u32, label: Signal<String>) -> impl IntoView {
    let button = move |what: &'static str, icon: &'static str, act: Callback<()>| {
        let name = move || format!("{what} {}", label.get().to_lowercase());
        view! {
            <button
                class="button"
                data-kind="quiet"
                data-shape="icon"
                data-size="sm"
                type="button"
                aria-label=name
                title=name
                on:click=move |_| act.run(())
            >
                <Icon name=icon small=true/>
            </button>
        }
    };
    view! {
        <span class="message__tools live-only">
            {button("Move up", "arrow-up", Callback::new(move |()| desk.move_message(id, -1)))}
            {button("Move down", "arrow-down", Callback::new(move |()| desk.move_message(id, 1)))}
            {button("Duplicate", "copy", Callback::new(move |()| desk.duplicate_message(id)))}
            {button("Remove", "trash-2", Callback::new(move |()| desk.remove_message(id)))}
        </span>
    }
    .into_any()
}

/// What is left of a removed message: the way back.
#[component]
fn Removed(desk: Desk) -> impl IntoView {
    let place = move || desk.removed.with(|removed| removed.as_ref().map(|(at, _)| at + 1));
    move || {
        place().map(|number| {
            view! {
                <div class="undo" role="status">
                    <span>{format!("Message {number} removed")}</span>
                    <button class="button" data-size="sm" type="button" id=UNDO_REMOVE on:click=move |_| desk.restore_message()>
                        <Icon name="undo-2" small=true/>
                        "Undo"
                    </button>
                </div>
            }
        })
    }
}

/// The tools that an assistant's message called.
#[component]
fn Calls(row: Field<DraftMessage>) -> impl IntoView {
    let calls = row.tool_calls();
    let chip = move |call: ToolCall| {
        let (name, arguments, id) = (call.name.clone(), call.arguments.clone(), call.id);
        let remove = move |_| calls.write().retain(|call| call.id != id);
        view! {
            <li class="message__call">
                <code class="truncate">{format!("{name}({arguments})")}</code>
                <button
                    class="button live-only"
                    data-kind="quiet"
                    data-shape="icon"
                    data-size="sm"
                    type="button"
                    aria-label=format!("Remove the call of {name}")
                    on:click=remove
                >
                    <Icon name="x" small=true/>
                </button>
            </li>
        }
    };
    move || {
        let all = calls.try_get().unwrap_or_default();
        (!all.is_empty()).then(|| view! { <ul class="message__calls" role="list" aria-label="Tool calls">{all.into_iter().map(chip).collect_view()}</ul> })
    }
}

/// Which call a tool's message answers.
#[component]
fn Answers(row: Field<DraftMessage>) -> impl IntoView {
    let id = format!("call-of-{}", row.read_untracked().id);
    let call = row.tool_call_id();
    view! {
        <div class="message__answers">
            <label for=id.clone()>"Answers the call"</label>
            <input
                class="input"
                id=id
                autocomplete="off"
                spellcheck="false"
                prop:value=move || call.try_get().unwrap_or_default()
                on:input=move |event| call.set(event_target_value(&event))
            />
        </div>
    }
}
