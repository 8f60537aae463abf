//! The browser's half: makes the page that the server rendered come alive.

/// Hydrates the page.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() {
    console_error_panic_hook::set_once();
    let path = leptos::prelude::location().pathname().unwrap_or_default();
    // Without its code the page stays what the server has rendered: links and forms work.
    if app::parts::bring_page(&path).await.is_ok() {
        leptos::mount::hydrate_body(app::App);
    }
}
