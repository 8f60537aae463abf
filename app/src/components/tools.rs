//! Tools and what else is written as JSON: fields that say what is wrong with it, as it is typed.

use std::collections::BTreeMap;

use domain::chat::Tool;
use leptos::html::Input;
use leptos::prelude::*;
use serde::de::IgnoredAny;

use super::control::{keep_alike, keep_switch_alike};
use super::editor::{Editor, Kind};
use super::icon::Icon;
use crate::state::desk::Desk;
use crate::state::draft::{DraftStoreFields, FormatDraftStoreFields};

/// The fold "Tools", under the messages.
#[component]
pub fn ToolsFold(
    /// Whose tools.
    desk: Desk,
) -> impl IntoView {
    let (tools, choice) = (desk.draft.tools(), desk.draft.tool_choice());
    let node = NodeRef::<Input>::new();
    keep_alike(node, move || choice.get(), move |typed| choice.set(typed));
    let (one_call, one) = (desk.draft.one_call(), NodeRef::<Input>::new());
    keep_switch_alike(one, move || one_call.get(), move |on| one_call.set(on));
    let takes = Memo::new(move |_| desk.model().tools);
    let count = move || {
        let list = tools.with(|text| serde_json::from_str::<Vec<Tool>>(text).ok());
        list.filter(|list| !list.is_empty()).map(|list| view! { <span class="tab__count">{list.len()}</span> })
    };
    let given = tools.with_untracked(|text| !text.is_empty());
    view! {
        <details class="fold" open=given>
            <summary class="fold__head">
                <Icon name="chevron-right" small=true/>
                <h2>"Tools"</h2>
                {count}
                <Show when=move || !takes.get() && tools.with(|text| !text.is_empty())>
                    <span class="faint">{move || format!("{} does not call tools: not sent", desk.model().name)}</span>
                </Show>
            </summary>
            <div class="fold__body">
                <JsonField
                    id="tools"
                    label="Tools"
                    placeholder="[{\"name\": \"look_up\", \"description\": \"…\", \"parameters\": {\"type\": \"object\"}}]"
                    text=Signal::derive(move || tools.get())
                    on_input=move |text| tools.set(text)
                    check=tools_problem
                />
                <div class="field">
                    <label class="field__label" for="tool_choice">"Tool choice"</label>
                    <input
                        class="input"
                        id="tool_choice"
                        name="tool_choice"
                        list="tool-choices"
                        placeholder="auto"
                        autocomplete="off"
                        spellcheck="false"
                        value=choice.get_untracked()
                        node_ref=node
                        on:input=move |event| choice.set(event_target_value(&event))
                    />
                    <datalist id="tool-choices">
                        <option value="auto"></option>
                        <option value="none"></option>
                        <option value="required"></option>
                    </datalist>
                </div>
                <label class="field__row">
                    <input
                        class="checkbox"
                        type="checkbox"
                        name="one_call"
                        checked=one_call.get_untracked()
                        node_ref=one
                        on:change=move |event| one_call.set(event_target_checked(&event))
                    />
                    "One call at a time"
                </label>
            </div>
        </details>
    }
    .into_any()
}

/// The form of the answer.
#[component]
pub fn FormatRow(
    /// Whose.
    desk: Desk,
) -> impl IntoView {
    let format = desk.draft.format();
    let (send, kind, schema) = (format.send(), desk.draft.format().kind(), desk.draft.format().schema());
    let toggle = NodeRef::<Input>::new();
    keep_switch_alike(toggle, move || send.get(), move |on| send.set(on));
    let takes = Memo::new(move |_| !desk.model().refuses("response_format"));
    let on = move || if send.get() && takes.get() { "yes" } else { "no" };
    let chosen = move || kind.with(|kind| if kind.is_empty() { "text".to_owned() } else { kind.clone() });
    let kinds = [("text", "Text"), ("json_object", "JSON"), ("json_schema", "Schema")].map(|(value, word)| {
        view! {
            <label class="segmented__item">
                <input
                    type="radio"
                    name="format"
                    value=value
                    checked=untrack(chosen) == value
                    prop:checked=move || chosen() == value
                    on:change=move |_| kind.set(value.into())
                />
                {word}
            </label>
        }
    });
    view! {
        <div class="param" data-send=on>
            <input
                class="switch"
                type="checkbox"
                role="switch"
                name="send_format"
                aria-label="Send response format"
                checked=send.get_untracked()
                disabled=move || !takes.get()
                node_ref=toggle
                on:change=move |event| send.set(event_target_checked(&event))
            />
            <span class="param__name truncate">"Response format"</span>
            <span class="param__omitted">{move || if takes.get() { "not sent" } else { "not supported" }}</span>
            <div class="param__body">
                <div class="segmented" role="radiogroup" aria-label="Response format">
                    {kinds.into_iter().collect_view()}
                </div>
                <div class="param__more" hidden=move || chosen() != "json_schema">
                    <JsonField
                        id="schema"
                        label="Schema"
                        placeholder="{\"type\": \"object\", \"properties\": {…}}"
                        text=Signal::derive(move || schema.get())
                        on_input=move |text| schema.set(text)
                        check=json_problem
                    />
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// What goes to the provider as it is.
#[component]
pub fn OptionsField(
    /// Whose.
    desk: Desk,
) -> impl IntoView {
    let options = desk.draft.options();
    let given = options.with_untracked(|text| !text.is_empty());
    view! {
        <details class="fold fold--rail" open=given>
            <summary class="fold__head">
                <Icon name="chevron-right" small=true/>
                "Provider options"
            </summary>
            <JsonField
                id="options"
                label="Provider options"
                placeholder="{\"service_tier\": \"flex\"}"
                text=Signal::derive(move || options.get())
                on_input=move |text| options.set(text)
                check=object_problem
            />
        </details>
    }
    .into_any()
}

fn tools_problem(text: &str) -> Option<String> {
    serde_json::from_str::<Vec<Tool>>(text).err().map(|error| error.to_string())
}

fn json_problem(text: &str) -> Option<String> {
    serde_json::from_str::<IgnoredAny>(text).err().map(|error| error.to_string())
}

fn object_problem(text: &str) -> Option<String> {
    serde_json::from_str::<BTreeMap<String, IgnoredAny>>(text).err().map(|error| error.to_string())
}

/// A field of JSON. Empty is right; anything else is checked while it is typed.
#[component]
fn JsonField(
    id: &'static str,
    label: &'static str,
    placeholder: &'static str,
    text: Signal<String>,
    #[prop(into)] on_input: Callback<String>,
    check: fn(&str) -> Option<String>,
) -> impl IntoView {
    let problem = Memo::new(move |_| text.with(|text| check(text).filter(|_| !text.trim().is_empty())));
    let error_id = format!("{id}-error");
    let described = error_id.clone();
    // What is no JSON at all, the editor shows in its place.
    let what = move || text.with(|text| if json_problem(text).is_some() { "syntax" } else { "meaning" });
    view! {
        <div class="field">
            <Editor
                id=id.to_owned()
                name=id.to_owned()
                kind=Kind::Json
                lines=4
                label
                placeholder
                text
                on_input
                error=Signal::derive(move || problem.with(|problem| problem.is_some().then(|| described.clone())))
            />
            <Show when=move || problem.with(Option::is_some)>
                <p class="field__error" data-problem=what id=error_id.clone()>
                    <Icon name="circle-alert" small=true/>
                    {move || problem.get()}
                </p>
            </Show>
        </div>
    }
    .into_any()
}
