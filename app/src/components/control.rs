//! Fields and the values behind them, kept alike without ever overwriting what a hand has typed.
//!
//! `prop:value` would: hydration writes every property, and what was typed before the page came
//! alive would be gone. So fields are plain, and an effect keeps both sides alike: on its first run
//! the field wins where it differs from what the server sent, after that the value wins.
//!
//! A field does not show every text as it is: what it shows is compared with what it would show of the value, and what
//! it was given is kept ([`Given`]).

use std::borrow::Cow;

use leptos::html;
use leptos::prelude::*;

use crate::browser::editors::editor_of;
use crate::state::line_ends;

/// A field that holds text.
pub trait TextField: 'static {
    /// What it would show of a text.
    fn shown(text: &str) -> Cow<'_, str>;
    /// What stands in it.
    fn text(&self) -> String;
    /// What the server sent in it.
    fn sent(&self) -> String;
    /// Puts text into it.
    fn put(&self, text: &str);
}

impl TextField for web_sys::HtmlTextAreaElement {
    fn shown(text: &str) -> Cow<'_, str> {
        line_ends::shown(text)
    }
    fn text(&self) -> String {
        editor_of(self).map_or_else(|| self.value(), |editor| editor.text())
    }
    fn sent(&self) -> String {
        self.default_value().unwrap_or_default()
    }
    fn put(&self, text: &str) {
        match editor_of(self) {
            Some(editor) => editor.put(text),
            None => self.set_value(text),
        }
    }
}

impl TextField for web_sys::HtmlInputElement {
    // It has one line: a browser leaves line breaks out.
    fn shown(text: &str) -> Cow<'_, str> {
        if text.contains(['\r', '\n']) { text.replace(['\r', '\n'], "").into() } else { text.into() }
    }
    fn text(&self) -> String {
        self.value()
    }
    fn sent(&self) -> String {
        self.default_value()
    }
    fn put(&self, text: &str) {
        self.set_value(text);
    }
}

impl TextField for web_sys::HtmlSelectElement {
    fn shown(text: &str) -> Cow<'_, str> {
        text.into()
    }
    fn text(&self) -> String {
        self.value()
    }
    fn sent(&self) -> String {
        let option = self.query_selector("option[selected]").ok().flatten();
        option.and_then(|option| option.get_attribute("value")).unwrap_or_else(|| self.value())
    }
    fn put(&self, text: &str) {
        self.set_value(text);
    }
}

/// The text that a field was given, where it shows that without its line ends. Copied freely.
#[derive(Debug, Clone, Copy)]
pub struct Given(StoredValue<Option<String>>);

impl Given {
    /// What the field stands for where it shows this.
    #[must_use]
    pub fn exactly(self, typed: String) -> String {
        let exact = |given: &Option<String>| given.as_ref().map(|given| line_ends::restore(given, &typed));
        self.0.try_with_value(exact).flatten().unwrap_or(typed)
    }

    /// Takes note of a value, while the field shows this. One that the field has just told is not given to it: who
    /// undoes what was typed comes back to what was given before.
    fn note(self, value: &str, text: &str) {
        let is_told = self.0.with_value(|given| {
            given.as_ref().is_some_and(|given| value == given || value == line_ends::restore(given, text))
        });
        if !is_told {
            self.0.set_value(value.contains('\r').then(|| value.to_owned()));
        }
    }
}

/// Keeps a field and the value behind it alike.
pub fn keep_alike<E>(node: NodeRef<E>, get: impl Fn() -> String + 'static, set: impl Fn(String) + 'static) -> Given
where
    E: html::ElementType,
    E::Output: TextField + wasm_bindgen::JsCast + Clone,
{
    keep_told_alike(node, move || Some(get()), set)
}

/// The same for a value that may be what the field has just told: `get` answers with nothing then, and neither is read.
pub fn keep_told_alike<E>(
    node: NodeRef<E>,
    get: impl Fn() -> Option<String> + 'static,
    set: impl Fn(String) + 'static,
) -> Given
where
    E: html::ElementType,
    E::Output: TextField + wasm_bindgen::JsCast + Clone,
{
    let given = Given(StoredValue::new(None));
    Effect::new(move |before: Option<()>| {
        let wanted = get();
        let Some((field, wanted)) = node.get().zip(wanted) else { return };
        let (text, sent) = (field.text(), field.sent());
        given.note(&wanted, &text);
        // What the tab had before wins over what was typed into what the server sent in its place.
        let is_restored = wanted != sent;
        if before.is_none() && !is_restored && text != E::Output::shown(&sent) {
            set(given.exactly(text));
        } else if text != E::Output::shown(&wanted) {
            field.put(&wanted);
        }
    });
    given
}

/// The same for a switch.
pub fn keep_switch_alike(node: NodeRef<html::Input>, get: impl Fn() -> bool + 'static, set: impl Fn(bool) + 'static) {
    Effect::new(move |before: Option<()>| {
        let wanted = get();
        let Some(field) = node.get() else { return };
        if before.is_none() && field.checked() != field.default_checked() {
            set(field.checked());
        } else if field.checked() != wanted {
            field.set_checked(wanted);
        }
    });
}

/// Text as HTML that reads back as that text, inside an element that drops a leading line break.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 1);
    html.push('\n');
    for char in text.chars() {
        match char {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '\r' => html.push_str("&#13;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_element() {
        assert_eq!(escape("</textarea><b>&amp;\n"), "\n&lt;/textarea&gt;&lt;b&gt;&amp;amp;\n");
    }
}
