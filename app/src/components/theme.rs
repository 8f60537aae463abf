//! The theme: that of the system, light, dark.

use leptos::prelude::*;

use super::icon::Icon;
use crate::browser;

/// Goes from the system's theme to light, to dark, and back; the browser remembers it.
#[component]
pub fn ThemeButton() -> impl IntoView {
    let theme = RwSignal::new("system");
    Effect::new(move || {
        theme.set(match browser::theme().as_deref() {
            Some("light") => "light",
            Some("dark") => "dark",
            _ => "system",
        });
    });
    let icon = Signal::derive(move || match theme.get() {
        "light" => "sun",
        "dark" => "moon",
        _ => "monitor",
    });
    let next = move |_| {
        let next = match theme.get() {
            "system" => "light",
            "light" => "dark",
            _ => "system",
        };
        browser::set_theme(next);
        theme.set(next);
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
