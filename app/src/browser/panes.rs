//! What the page of a comparison asks of the browser: panes that scroll, files that are read, chance.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Sends text to an address of ours; the browser does so also after the page is gone.
pub fn send_behind(address: &str, text: &str) {
    _ = window().navigator().send_beacon_with_opt_str(address, Some(text));
}

/// Goes to the next of the elements that fit the selector, after the one that has the attribute; the first follows the
/// last.
pub fn next_of(selector: &str, attribute: &str) {
    let Ok(found) = document().query_selector_all(selector) else { return };
    let all: Vec<web_sys::Element> = (0..found.length()).filter_map(|n| found.item(n)?.dyn_into().ok()).collect();
    let here = all.iter().position(|element| element.has_attribute(attribute));
    if let Some(element) = here.and_then(|here| all.get(here)) {
        _ = element.remove_attribute(attribute);
    }
    let next = here.map_or(0, |here| here + 1) % all.len().max(1);
    if let Some(element) = all.get(next) {
        _ = element.set_attribute(attribute, "");
        to_the_middle(element);
    }
}

/// Scrolls the element with that id to the middle of its pane.
pub fn bring_to_the_middle(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        to_the_middle(&element);
    }
}

fn to_the_middle(element: &web_sys::Element) {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Center);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Scrolls the elements that fit the selector as far as the one that lies in the element with that id.
pub fn scroll_alike(id: &str, selector: &str) {
    let Ok(found) = document().query_selector_all(selector) else { return };
    let all = (0..found.length()).filter_map(|n| found.item(n)?.dyn_into::<web_sys::Element>().ok());
    let (own, others): (Vec<_>, Vec<_>) =
        all.partition(|element| element.closest(&format!("#{id}")).ok().flatten().is_some());
    let room = |element: &web_sys::Element| f64::from(element.scroll_height() - element.client_height());
    let Some(share) = own.first().map(|own| f64::from(own.scroll_top()) / room(own).max(1.0)) else { return };
    for other in others {
        other.set_scroll_top((share * room(&other)).round() as i32);
    }
}

/// The time, in microseconds since 1970, UTC, as far as this machine knows.
#[must_use]
pub fn now_micros() -> i64 {
    #[cfg(feature = "hydrate")]
    return (js_sys::Date::now() * 1_000.0) as i64;
    #[cfg(not(feature = "hydrate"))]
    unreachable!("only the browser asks it this way")
}

/// Some of the numbers below `count`, by chance and in order.
#[must_use]
pub fn some_of(count: u32, some: u32) -> Vec<u32> {
    #[cfg(feature = "hydrate")]
    {
        // Each number is taken with the chance that leaves as many as are wanted.
        let mut left = some.min(count);
        let is_taken = |number: &u32| {
            let taken = js_sys::Math::random() * f64::from(count - number) < f64::from(left);
            left -= u32::from(taken);
            taken
        };
        (0..count).filter(is_taken).collect()
    }
    #[cfg(not(feature = "hydrate"))]
    {
        _ = (count, some);
        unreachable!("only the browser asks it this way")
    }
}

/// The height of the first element that fits the selector, in pixels.
#[must_use]
pub fn height_of(selector: &str) -> Option<f64> {
    let element = document().query_selector(selector).ok().flatten()?.dyn_into::<web_sys::HtmlElement>().ok()?;
    Some(f64::from(element.offset_height())).filter(|height| *height > 0.0)
}

/// Reads a file as text, and calls back with it.
pub fn read_text(file: &web_sys::File, then: impl FnOnce(String) + 'static) {
    let Ok(reader) = web_sys::FileReader::new() else { return };
    let done = {
        let reader = reader.clone();
        wasm_bindgen::prelude::Closure::once_into_js(move || {
            then(reader.result().ok().and_then(|result| result.as_string()).unwrap_or_default());
        })
    };
    reader.set_onload(Some(done.unchecked_ref()));
    _ = reader.read_as_text(file);
}
