//! The element that shows two versions of a text (`islands/src/diff.ts`).

#[cfg(feature = "hydrate")]
use js_sys::{Function, Object, Reflect};
#[cfg(feature = "hydrate")]
use leptos::prelude::*;
#[cfg(feature = "hydrate")]
use wasm_bindgen::{JsCast, JsValue};

/// Gives the element both texts, and what differs as JSON.
#[cfg_attr(not(feature = "hydrate"), expect(unused_variables, reason = "only a browser has elements"))]
pub fn show_diff(element: &web_sys::HtmlElement, old: &str, new: &str, diff: &str) {
    #[cfg(feature = "hydrate")]
    {
        let content = Object::new();
        for (name, text) in [("old", old), ("new", new), ("diff", diff)] {
            _ = Reflect::set(&content, &name.into(), &text.into());
        }
        _ = Reflect::set(element, &"content".into(), &content);
    }
}

/// Goes to the next difference of the page, or the one before.
#[cfg_attr(not(feature = "hydrate"), expect(unused_variables, reason = "only a browser has elements"))]
pub fn step_diff(forward: bool) {
    #[cfg(feature = "hydrate")]
    {
        let element = document().query_selector("etude-diff").ok().flatten();
        let name = JsValue::from(if forward { "next" } else { "previous" });
        if let Some(element) = element
            && let Some(step) = Reflect::get(&element, &name).ok().and_then(|step| step.dyn_into::<Function>().ok())
        {
            _ = step.call0(&element);
        }
    }
}
