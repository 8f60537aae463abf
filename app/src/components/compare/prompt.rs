//! The dialog "Prompt of B": the messages of a column, or of all.

use domain::{ChatMessage, Content, Part, Role};
use leptos::prelude::*;

use super::modal::Modal;
use crate::browser;
use crate::components::editor::{Editor, Kind};
use crate::components::icon::Icon;
use crate::state::compare::{Col, Compare};

/// Who can speak in a message after the system prompt, with the word for it.
const ROLES: [(Role, &str); 4] =
    [(Role::User, "User"), (Role::Assistant, "Assistant"), (Role::System, "System"), (Role::Tool, "Tool")];

/// What the dialog works with.
#[derive(Clone, Copy)]
struct Editing {
    compare: Compare,
    column: Col,
    /// Whether what is typed goes into all columns.
    in_all: RwSignal<bool>,
}

impl Editing {
    fn change(self, change: impl FnOnce(&mut Vec<ChatMessage>)) {
        let mut messages = self.column.column.with_untracked(|column| column.content.messages.clone());
        change(&mut messages);
        self.compare.set_messages(self.column, &messages, self.in_all.get_untracked());
    }

    fn has_system(self) -> bool {
        self.column.column.with(|column| column.content.messages.first().is_some_and(is_system))
    }

    fn system(self) -> String {
        self.column.column.with(|column| {
            let first = column.content.messages.first().filter(|message| is_system(message));
            first.map(|message| message.content.text()).unwrap_or_default()
        })
    }

    /// An empty system prompt is none.
    fn set_system(self, text: String) {
        self.change(|messages| {
            let has = messages.first().is_some_and(is_system);
            match (has, text.is_empty()) {
                (true, true) => _ = messages.remove(0),
                (true, false) => messages[0].content = Content::Text(text),
                (false, true) => {}
                (false, false) => messages.insert(0, ChatMessage::text(Role::System, text)),
            }
        });
    }

    /// The place of a turn among the messages.
    fn at(self, turn: usize) -> usize {
        turn + usize::from(untrack(|| self.has_system()))
    }

    fn turns(self) -> usize {
        let all = self.column.column.with(|column| column.content.messages.len());
        all - usize::from(self.has_system())
    }

    fn turn<T>(self, turn: usize, read: impl FnOnce(&ChatMessage) -> T) -> Option<T> {
        let at = turn + usize::from(self.has_system());
        self.column.column.with(|column| column.content.messages.get(at).map(read))
    }

    fn set_text(self, turn: usize, text: String) {
        let at = self.at(turn);
        self.change(|messages| {
            if let Some(message) = messages.get_mut(at) {
                put_text(&mut message.content, text);
            }
        });
    }
}

/// A system prompt that a field can hold: one text and nothing else.
fn is_system(message: &ChatMessage) -> bool {
    message.role == Role::System && matches!(message.content, Content::Text(_))
}

/// Puts a text in the place of the text of a message; what else it has stays.
fn put_text(content: &mut Content, text: String) {
    let Content::Parts(parts) = content else {
        *content = Content::Text(text);
        return;
    };
    let mut text = Some(text);
    parts.retain_mut(|part| match part {
        Part::Text { text: own } => text.take().map(|text| *own = text).is_some(),
        Part::Image(_) | Part::Native { .. } => true,
    });
    if let Some(text) = text {
        parts.insert(0, Part::Text { text });
    }
}

/// The dialog.
#[component]
pub(super) fn PromptDialog(compare: Compare, id: u32) -> impl IntoView {
    let Some(column) = untrack(|| compare.column(id)) else {
        compare.over.set(None);
        return ().into_any();
    };
    let several = compare.columns.with_untracked(|columns| columns.len() > 1);
    let editing = Editing { compare, column, in_all: RwSignal::new(several && untrack(|| compare.has_one_prompt())) };
    let letter = untrack(|| compare.letter(id));
    let title =
        Signal::derive(move || if editing.in_all.get() { "Prompt".to_owned() } else { format!("Prompt of {letter}") });
    let text = Signal::derive(move || editing.system());
    let turns = Memo::new(move |_| editing.turns());
    let add = move |_| {
        let last =
            untrack(|| editing.turns().checked_sub(1).and_then(|last| editing.turn(last, |message| message.role)));
        let role = if last == Some(Role::User) { Role::Assistant } else { Role::User };
        editing.change(|messages| messages.push(ChatMessage::text(role, "")));
        browser::focus_soon(field_id(turns.get_untracked().saturating_sub(1)));
    };
    view! {
        <Modal title size="lg" on_close=Callback::new(move |()| compare.over.set(None))>
            <div class="dialog__body compare__prompt">
                <article class="message">
                    <header class="message__head">
                        <span class="message__role">"System"</span>
                    </header>
                    <Editor
                        id="compare-system".to_owned()
                        name="system".to_owned()
                        kind=Kind::Text
                        label="System prompt"
                        text
                        on_input=move |text: String| {
                            if untrack(|| editing.system()) != text {
                                editing.set_system(text);
                            }
                        }
                    />
                </article>
                <For each=move || 0..turns.get() key=|turn| *turn let:turn>
                    <Turn editing turn/>
                </For>
                <div class="message-add">
                    <button class="button" data-kind="quiet" data-size="sm" type="button" on:click=add>
                        <Icon name="plus" small=true/>
                        "Message"
                    </button>
                </div>
            </div>
            <footer class="dialog__foot">
                {several
                    .then(|| {
                        view! {
                            <label class="toggle">
                                <input
                                    class="switch"
                                    type="checkbox"
                                    role="switch"
                                    prop:checked=move || editing.in_all.get()
                                    on:change=move |event| {
                                        editing.in_all.set(event_target_checked(&event));
                                        editing.change(|_| {});
                                    }
                                />
                                "The same in all columns"
                            </label>
                        }
                    })}
                <span class="grow"></span>
                <button class="button" data-kind="primary" type="button" on:click=move |_| browser::close_dialogs()>"Done"</button>
            </footer>
        </Modal>
    }
    .into_any()
}

fn field_id(turn: usize) -> String {
    format!("compare-message-{turn}")
}

/// One turn: who speaks, and what is said.
#[component]
fn Turn(editing: Editing, turn: usize) -> impl IntoView {
    let label = format!("Message {}", turn + 1);
    let role = Memo::new(move |_| editing.turn(turn, |message| message.role).unwrap_or(Role::User));
    let text = Signal::derive(move || editing.turn(turn, |message| message.content.text()).unwrap_or_default());
    let others = move || {
        let count = editing.turn(turn, |message| message.content.images().count() + message.content.natives().count());
        count.filter(|count| *count > 0)
    };
    let options = ROLES.map(|(own, word)| {
        view! { <option value=own.as_str() selected=own == role.get_untracked()>{word}</option> }
    });
    let choose = move |event| {
        let typed = event_target_value(&event);
        let chosen = ROLES.into_iter().find(|(role, _)| role.as_str() == typed);
        if let Some((chosen, _)) = chosen {
            let at = editing.at(turn);
            editing.change(|messages| messages[at].role = chosen);
        }
    };
    let remove = move |_| {
        let at = editing.at(turn);
        editing.change(|messages| _ = messages.remove(at));
    };
    let can_remove = move || editing.turns() > 1;
    let name = label.to_lowercase();
    view! {
        <article class="message">
            <header class="message__head">
                <select
                    class="message__role"
                    aria-label=format!("Role of {name}")
                    autocomplete="off"
                    prop:value=move || role.get().as_str()
                    on:change=choose
                >
                    {options.into_iter().collect_view()}
                </select>
                <span class="grow"></span>
                {move || others().map(|count| view! { <span class="faint num">{format!("and {count} more parts, which stay")}</span> })}
                <button
                    class="button"
                    data-kind="quiet"
                    data-shape="icon"
                    data-size="sm"
                    type="button"
                    aria-label=format!("Remove {name}")
                    title=format!("Remove {name}")
                    disabled=move || !can_remove()
                    on:click=remove
                >
                    <Icon name="trash-2" small=true/>
                </button>
            </header>
            <Editor
                id=field_id(turn)
                name=format!("messages[{turn}]")
                kind=Kind::Text
                label=label.clone()
                text
                on_input=move |typed: String| {
                    if text.get_untracked() != typed {
                        editing.set_text(turn, typed);
                    }
                }
            />
        </article>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_exchanged_and_what_else_there_is_stays() {
        let picture = || Part::Image(domain::Image::default());
        let text = |text: &str| Part::Text { text: text.into() };
        let changed = |parts: Vec<Part>| {
            let mut content = Content::Parts(parts);
            put_text(&mut content, "new".into());
            content
        };
        assert_eq!(changed(vec![picture(), text("old")]), Content::Parts(vec![picture(), text("new")]));
        assert_eq!(changed(vec![text("a"), picture(), text("b")]), Content::Parts(vec![text("new"), picture()]));
        assert_eq!(changed(vec![picture()]), Content::Parts(vec![text("new"), picture()]));
        let mut plain = Content::Text("old".into());
        put_text(&mut plain, "new".into());
        assert_eq!(plain, Content::Text("new".into()));
    }
}
