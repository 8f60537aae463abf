//! The few things that the page asks of the browser. Called from effects and handlers alone: the server runs neither.

#[cfg(feature = "hydrate")]
pub mod database;
pub mod diffs;
pub mod editors;
pub mod menus;
pub mod panes;
pub mod upload;

use std::cell::Cell;

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Under which name the tab's storage has the draft. The script in the shell looks whether it is there.
pub const DRAFT_KEY: &str = "etude.draft";
/// Under which name the browser keeps the theme. The script in the shell reads it, too.
pub const THEME_KEY: &str = "etude.theme";

/// How long the editor may take to come before the page says without it that it is live, in milliseconds.
#[cfg(feature = "hydrate")]
const EDITOR_MS: u64 = 3_000;

/// Says that the page is live: tests and styles wait for `<html data-hydrated>`. The fields are editors by then: whoever
/// has waited for the word must not have one change under their hand.
pub fn say_alive() {
    Effect::new(|| {
        let say = || {
            if let Some(root) = document().document_element() {
                _ = root.set_attribute("data-hydrated", "");
                _ = root.remove_attribute("data-restoring");
            }
        };
        #[cfg(feature = "hydrate")]
        if editors::editor_fields().len() > editors::editors().len() {
            leptos::task::spawn_local(async move {
                let (ring, rung) = futures::channel::oneshot::channel::<()>();
                set_timeout(move || _ = ring.send(()), std::time::Duration::from_millis(EDITOR_MS));
                let defined = editors::defined();
                futures::pin_mut!(defined);
                futures::future::select(defined, rung).await;
                say();
            });
            return;
        }
        say();
    });
}

/// Milliseconds since the page was opened; never goes back.
#[must_use]
pub fn now_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// A name that no other submission has.
#[must_use]
pub fn random_id() -> String {
    #[cfg(feature = "hydrate")]
    {
        // `crypto.randomUUID` is missing on pages that come over plain HTTP from another machine.
        let random = || (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
        format!("page-{:x}-{:08x}{:08x}{:08x}", js_sys::Date::now() as u64, random(), random(), random())
    }
    #[cfg(not(feature = "hydrate"))]
    unreachable!("only the browser starts a run this way")
}

/// Remembers the theme and applies it; `system` follows the system.
pub fn set_theme(theme: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        _ = storage.set_item(THEME_KEY, theme);
    }
    if let Some(root) = document().document_element() {
        _ = if theme == "system" {
            root.remove_attribute("data-theme")
        } else {
            root.set_attribute("data-theme", theme)
        };
    }
}

/// The theme in force.
#[must_use]
pub fn theme() -> Option<String> {
    document().document_element()?.get_attribute("data-theme")
}

/// Focuses the element with that id, or the editor that has taken its place.
pub fn focus(id: &str) {
    let Some(element) = document().get_element_by_id(id) else { return };
    let editor = element.parent_element().filter(|_| element.has_attribute("hidden"));
    if let Ok(element) = editor.unwrap_or(element).dyn_into::<web_sys::HtmlElement>() {
        _ = element.focus();
    }
}

/// Focuses the element with that id once the next frame has it.
pub fn focus_soon(id: String) {
    #[cfg(feature = "hydrate")]
    request_animation_frame(move || focus(&id));
    #[cfg(not(feature = "hydrate"))]
    drop(id);
}

/// Opens the fold that the element with that id lies in.
pub fn open_around(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(fold) = element.and_then(|element| element.closest("details").ok().flatten()) {
        _ = fold.set_attribute("open", "");
    }
}

/// The build of this page: it stands in the address of its style sheet.
#[must_use]
pub fn own_build() -> Option<String> {
    let address = document().get_element_by_id("leptos")?.get_attribute("href")?;
    let build = address.strip_prefix("/pkg/")?.split_once('/')?.0;
    Some(build.to_owned())
}

/// Puts another address in the place of the page's, which stays.
pub fn replace_address(address: &str) {
    if let Ok(history) = window().history() {
        _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(address));
    }
}

/// Goes to another page of ours, as a link to it does: without loading the document again.
pub fn go(address: &str) {
    let link = document().create_element("a").ok().and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok());
    let Some((link, body)) = link.zip(document().body()) else { return leave_for(address) };
    // The router hears of clicks inside the document alone.
    if link.set_attribute("href", address).is_ok() && body.append_child(&link).is_ok() {
        link.click();
        link.remove();
    }
}

/// Loads the page again.
pub fn reload() {
    _ = window().location().reload();
}

/// Whether the focus is inside the element with that id.
#[must_use]
pub fn has_focus(id: &str) -> bool {
    document().active_element().and_then(|active| active.closest(&format!("#{id}")).ok().flatten()).is_some()
}

/// Whether the main key for commands is ⌘.
#[must_use]
pub fn is_apple() -> bool {
    window().navigator().platform().is_ok_and(|platform| platform.starts_with("Mac") || platform.starts_with("iP"))
}

/// Least time between two updates of the text where motion is not wanted, or nobody looks, in milliseconds.
const CALM_MS: u64 = 250;

/// Calls back when the next frame is painted: later where motion is not wanted or the tab is hidden.
pub fn on_frame(callback: impl FnOnce() + 'static) {
    let calm = document().hidden() || reduced_motion();
    if calm {
        set_timeout(callback, std::time::Duration::from_millis(CALM_MS));
    } else {
        request_animation_frame(callback);
    }
}

fn reduced_motion() -> bool {
    thread_local!(static REDUCED: Cell<Option<bool>> = const { Cell::new(None) });
    REDUCED.get().unwrap_or_else(|| {
        let query = window().match_media("(prefers-reduced-motion: reduce)").ok().flatten();
        let reduced = query.is_some_and(|query| query.matches());
        REDUCED.set(Some(reduced));
        reduced
    })
}

/// Leaves for a page that the server alone has.
pub fn leave_for(address: &str) {
    _ = window().location().assign(address);
}

/// Under which name the browser keeps that single keys are switched off.
const KEYS_KEY: &str = "etude.single-keys";

/// Whether keys without Ctrl or ⌘ do something (WCAG 2.1.4).
#[must_use]
pub fn single_keys() -> bool {
    window().local_storage().ok().flatten().and_then(|storage| storage.get_item(KEYS_KEY).ok()?).as_deref()
        != Some("off")
}

/// Switches them on or off, and remembers it.
pub fn set_single_keys(on: bool) {
    if let Ok(Some(storage)) = window().local_storage() {
        _ = if on { storage.remove_item(KEYS_KEY) } else { storage.set_item(KEYS_KEY, "off") };
    }
}

/// Under which name the browser keeps whether the places' names are shown. The script in the shell reads it, too.
pub const NAV_KEY: &str = "etude.nav";

/// Shows the names of the places, or hides them, and remembers it.
pub fn turn_nav() {
    let Some(root) = document().document_element() else { return };
    let open = root.get_attribute("data-nav").as_deref() != Some("open");
    _ = root.set_attribute("data-nav", if open { "open" } else { "closed" });
    if let Ok(Some(storage)) = window().local_storage() {
        _ = storage.set_item(NAV_KEY, if open { "open" } else { "closed" });
    }
}

/// Closes what lies over the page; the focus goes back to where it was.
pub fn close_dialogs() {
    let Ok(open) = document().query_selector_all("dialog[open]") else { return };
    for place in 0..open.length() {
        if let Some(dialog) = open.item(place).and_then(|node| node.dyn_into::<web_sys::HtmlDialogElement>().ok()) {
            dialog.close();
        }
    }
}

/// Whether something lies over the page.
#[must_use]
pub fn has_dialog() -> bool {
    document().query_selector("dialog[open]").ok().flatten().is_some()
}

/// Scrolls as little as is needed for the element with that id to be seen.
pub fn bring_into_sight(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Whether a key that is pressed now goes into a field.
#[must_use]
pub fn is_typing() -> bool {
    document().active_element().is_some_and(|active| {
        matches!(active.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            || active.closest("[contenteditable]").ok().flatten().is_some()
    })
}

/// Moves the focus to the link of the next row of the list with that id, or the one before; to the first one where no
/// row has it.
pub fn walk(list: &str, forward: bool) {
    let row = document().active_element().and_then(|active| active.closest(&format!("#{list} > li")).ok().flatten());
    let link = match row {
        Some(row) => {
            let next = if forward { row.next_element_sibling() } else { row.previous_element_sibling() };
            next.and_then(|row| row.query_selector("a").ok().flatten())
        }
        None => document().query_selector(&format!("#{list} > li a")).ok().flatten(),
    };
    if let Some(link) = link.and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok()) {
        _ = link.focus();
    }
}

/// What the row says of itself (`data-row`) that has the focus in the list with that id.
#[must_use]
pub fn row_in_focus(list: &str) -> Option<String> {
    let active = document().active_element()?;
    active.closest(&format!("#{list} > li")).ok()??.get_attribute("data-row")
}

/// Moves the focus to the link of a row of the list with that id, counted from 0.
pub fn focus_row(list: &str, place: usize) {
    let link = document().query_selector(&format!("#{list} > li:nth-child({}) a", place + 1)).ok().flatten();
    if let Some(link) = link.and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok()) {
        _ = link.focus();
    }
}

/// Copies a text; says whether the browser took it. It does so only on pages that came over HTTPS or from this machine.
pub async fn copy(text: &str) -> bool {
    #[cfg(feature = "hydrate")]
    {
        let get = |of: &wasm_bindgen::JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).ok();
        let clipboard = get(window().navigator().as_ref(), "clipboard").filter(|clipboard| clipboard.is_object());
        let Some(clipboard) = clipboard else { return false };
        let write = get(&clipboard, "writeText").and_then(|write| write.dyn_into::<js_sys::Function>().ok());
        let written = write.and_then(|write| write.call1(&clipboard, &text.into()).ok());
        match written.and_then(|written| written.dyn_into::<js_sys::Promise>().ok()) {
            Some(promise) => wasm_bindgen_futures::JsFuture::from(promise).await.is_ok(),
            None => false,
        }
    }
    #[cfg(not(feature = "hydrate"))]
    {
        _ = text;
        false
    }
}

/// Does what a click on the element with that id does.
pub fn press(id: &str) {
    let element = document().get_element_by_id(id).and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = element {
        element.click();
    }
}

/// What this tab remembers under a name.
#[must_use]
pub fn remembered(name: &str) -> Option<String> {
    window().session_storage().ok()??.get_item(name).ok()?
}

/// Has this tab remember a text under a name; says whether there was room.
pub fn remember(name: &str, text: &str) -> bool {
    window().session_storage().ok().flatten().is_some_and(|storage| storage.set_item(name, text).is_ok())
}

/// What this browser keeps under a name, whatever the tab.
#[must_use]
pub fn kept(name: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(name).ok()?
}

/// Has this browser keep a text under a name.
pub fn keep(name: &str, text: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        _ = storage.set_item(name, text);
    }
}

/// Where this page comes from, such as `http://127.0.0.1:3000`.
#[must_use]
pub fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// The browser's time, in microseconds since 1970, UTC.
#[must_use]
pub fn time_micros() -> i64 {
    #[cfg(feature = "hydrate")]
    return js_sys::Date::now() as i64 * 1_000;
    #[cfg(not(feature = "hydrate"))]
    0
}

/// Saves what is at an address of ours as a file; the page stays.
pub fn download(address: &str) {
    let link = document().create_element("a").ok().and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok());
    // Outside the document, so that the router does not hear of it.
    if let Some(link) = link.filter(|link| link.set_attribute("download", "").is_ok()) {
        _ = link.set_attribute("href", address);
        link.click();
    }
}

/// Marks the whole text of the field with that id.
pub fn select_all(id: &str) {
    let field = document().get_element_by_id(id);
    if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlInputElement>().ok()) {
        _ = field.focus();
        field.select();
    }
}
