//! Fields and the values behind them, kept alike without ever overwriting what a hand has typed.
//!
//! `prop:value` would: hydration writes every property, and what was typed before the page came
//! alive would be gone. So fields are plain, and an effect keeps both sides alike: on its first run
//! the field wins where it differs from what the server sent, after that the value wins.

use leptos::html;
use leptos::prelude::*;

use crate::browser::editors::editor_of;

/// A field that holds text.
pub trait TextField: 'static {
    /// What stands in it.
    fn text(&self) -> String;
    /// What the server sent in it.
    fn sent(&self) -> String;
    /// Puts text into it.
    fn put(&self, text: &str);
}

impl TextField for web_sys::HtmlTextAreaElement {
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

/// Keeps a field and the value behind it alike.
pub fn keep_alike<E>(node: NodeRef<E>, get: impl Fn() -> String + 'static, set: impl Fn(String) + 'static)
where
    E: html::ElementType,
    E::Output: TextField + wasm_bindgen::JsCast + Clone,
{
    keep_told_alike(node, move || Some(get()), set);
}

/// The same for a value that may be what the field has just told: `get` answers with nothing then, and neither is read.
pub fn keep_told_alike<E>(node: NodeRef<E>, get: impl Fn() -> Option<String> + 'static, set: impl Fn(String) + 'static)
where
    E: html::ElementType,
    E::Output: TextField + wasm_bindgen::JsCast + Clone,
{
    Effect::new(move |before: Option<()>| {
        let wanted = get();
        let Some((field, wanted)) = node.get().zip(wanted) else { return };
        let text = field.text();
        // What the tab had before wins over what was typed into what the server sent in its place.
        let is_restored = wanted != field.sent();
        if before.is_none() && text != field.sent() && !is_restored {
            set(text);
        } else if text != wanted {
            field.put(&wanted);
        }
    });
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
