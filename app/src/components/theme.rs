//! The theme: that of the system, light, dark.

use leptos::prelude::*;

use super::icon::Icon;
use crate::state::overlays::Overlays;

/// Goes from the system's theme to light, to dark, and back; the browser remembers it.
#[component]
pub fn ThemeButton() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let theme = overlays.theme;
    let icon = Signal::derive(move || match theme.get() {
        "light" => "sun",
        "dark" => "moon",
        _ => "monitor",
    });
    let next = move |_| {
        overlays.set_theme(match theme.get() {
            "system" => "light",
            "light" => "dark",
            _ => "system",
        });
    };
    let label = move || format!("Theme: {}", theme.get());
    view! {
        <button
            class="button live-only"
            data-kind="quiet"
            data-shape="icon"
            type="button"
            aria-label=label
            title=label
            on:click=next
        >
            <Icon name=icon/>
        </button>
    }
}
