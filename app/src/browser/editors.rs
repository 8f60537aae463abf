//! `<etude-editor>`, the custom element of `islands/`: what it tells, and what it is told.

use std::cell::RefCell;
use std::collections::BTreeSet;

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

/// The element's name.
const EDITOR: &str = "etude-editor";

/// The editor around a textarea, once its script has made it one.
#[must_use]
pub fn editor_of(textarea: &web_sys::HtmlTextAreaElement) -> Option<Editor> {
    let element = textarea.parent_element().filter(|parent| parent.local_name() == EDITOR)?;
    Editor::of(element)
}

/// All editors of the page, with the ids of their textareas.
#[must_use]
pub fn editors() -> Vec<(String, Editor)> {
    let Ok(fields) = document().query_selector_all(&format!("{EDITOR} > textarea")) else { return Vec::new() };
    let fields = (0..fields.length()).filter_map(|place| fields.item(place)?.dyn_into().ok());
    fields.filter_map(|field: web_sys::HtmlTextAreaElement| Some((field.id(), editor_of(&field)?))).collect()
}

/// The ids of the textareas of all editors, those that are none yet included.
#[must_use]
pub fn editor_fields() -> Vec<String> {
    let Ok(fields) = document().query_selector_all(&format!("{EDITOR} > textarea")) else { return Vec::new() };
    let fields = (0..fields.length()).filter_map(|place| fields.item(place)?.dyn_into::<web_sys::Element>().ok());
    fields.map(|field| field.id()).collect()
}

thread_local! {
    /// The fields that were edited since it was last asked.
    static EDITED: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// Notes that the text of the textarea with that id was edited.
pub fn note_edit(field: &str) {
    EDITED.with_borrow_mut(|edited| _ = edited.insert(field.to_owned()));
}

thread_local! {
    /// The fields whose text has not been told yet.
    static BEHIND: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// Notes whether the text of a field is still to be told.
pub fn note_behind(field: &str, is_behind: bool) {
    BEHIND.with_borrow_mut(|behind| if is_behind { behind.insert(field.to_owned()) } else { behind.remove(field) });
}

/// Whether something was typed that has not been told yet.
#[must_use]
pub fn is_behind() -> bool {
    BEHIND.with_borrow(|behind| !behind.is_empty())
}

/// The fields that were edited since this was last called.
#[must_use]
pub fn take_edited() -> BTreeSet<String> {
    EDITED.take()
}

/// Until the script of the editors has come.
#[cfg(feature = "hydrate")]
pub async fn defined() {
    let elements = window().custom_elements();
    if let Ok(defined) = elements.when_defined(EDITOR) {
        _ = wasm_bindgen_futures::JsFuture::from(defined).await;
    }
}

/// What can be undone in a field, as JSON of the editor's own.
#[must_use]
pub fn history_of(field: &str) -> Option<String> {
    editor_of(document().get_element_by_id(field)?.dyn_ref()?)?.history()
}

/// Has every editor say now what it has not said yet: a long text is told only while its keys rest.
pub fn settle_editors() {
    for (_, Editor(element)) in editors() {
        if let Ok(rest) = web_sys::Event::new("edit-idle") {
            _ = element.dispatch_event(&rest);
        }
    }
}

/// An editor.
#[derive(Debug, Clone)]
pub struct Editor(web_sys::Element);

impl Editor {
    /// The editor that an event came from.
    #[must_use]
    pub fn from_event(event: &web_sys::Event) -> Option<Self> {
        Self::of(event.current_target()?.dyn_into().ok()?)
    }

    /// A plain element has no `length`: its script has not loaded yet.
    fn of(element: web_sys::Element) -> Option<Self> {
        get(&element, "length").is_some_and(|length| length.as_f64().is_some()).then_some(Self(element))
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        get(&self.0, "value").and_then(|value| value.as_string()).unwrap_or_default()
    }

    /// Its length, in UTF-16 units.
    #[must_use]
    pub fn length(&self) -> usize {
        get(&self.0, "length").and_then(|length| length.as_f64()).unwrap_or_default() as usize
    }

    /// Replaces the text; that can be undone.
    pub fn put(&self, text: &str) {
        #[cfg(feature = "hydrate")]
        if let Some(put) = get(&self.0, "setValue").and_then(|put| put.dyn_into::<js_sys::Function>().ok()) {
            _ = put.call1(&self.0, &text.into());
        }
        #[cfg(not(feature = "hydrate"))]
        {
            _ = text;
        }
    }

    /// What can be undone, as JSON of its own.
    #[must_use]
    pub fn history(&self) -> Option<String> {
        #[cfg(feature = "hydrate")]
        {
            let history = get(&self.0, "history").filter(JsValue::is_object)?;
            js_sys::JSON::stringify(&history).ok()?.as_string()
        }
        #[cfg(not(feature = "hydrate"))]
        None
    }
}

/// Gives the editor around that textarea what could be undone in it; nothing, without JSON. It may come alive later.
pub fn put_history(textarea: &str, json: Option<&str>) {
    #[cfg(feature = "hydrate")]
    {
        let json = json.unwrap_or(r#"{"done":[],"undone":[]}"#);
        let element = document().get_element_by_id(textarea).and_then(|field| field.parent_element());
        if let Some((element, history)) = element.zip(js_sys::JSON::parse(json).ok()) {
            _ = js_sys::Reflect::set(&element, &"history".into(), &history);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    {
        _ = (textarea, json);
    }
}

/// The files that an event of the editor hands over.
#[must_use]
pub fn files_of(event: &web_sys::CustomEvent) -> Option<web_sys::FileList> {
    event.detail().dyn_into().ok()
}

#[cfg_attr(not(feature = "hydrate"), expect(unused_variables, reason = "the server has no elements"))]
fn get(of: &web_sys::Element, name: &str) -> Option<JsValue> {
    #[cfg(feature = "hydrate")]
    return js_sys::Reflect::get(of, &name.into()).ok();
    #[cfg(not(feature = "hydrate"))]
    None
}
