//! The ways to the other places.

use leptos::prelude::*;

use super::icon::Icon;
use super::keys::Keys;
use crate::browser;

/// A place with an entry of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `/`
    Playground,
    /// `/library`
    Library,
    /// `/runs`, and each run.
    Runs,
    /// `/settings/…`
    Settings,
    /// None of them.
    Elsewhere,
}

/// The ways to the other places: a column, on a phone a bar at the bottom.
#[component]
pub fn Nav(
    /// Where one is.
    here: Place,
) -> impl IntoView {
    let link = move |place: Place, name: &'static str, icon: &'static str, address: &'static str| {
        let current = (place == here).then_some("page");
        view! {
            <li>
                <a class="nav__link" href=address title=name aria-current=current>
                    <Icon name=icon/>
                    <span class="nav__label">{name}</span>
                </a>
            </li>
        }
    };
    view! {
        <nav class="nav" aria-label="Main">
            <ul class="nav__list" role="list">
                {link(Place::Playground, "Playground", "terminal", "/")}
                {link(Place::Library, "Library", "library", "/library")}
                {link(Place::Runs, "Runs", "history", "/runs")}
                {link(Place::Settings, "Settings", "settings", "/settings/models")}
            </ul>
            <div class="nav__foot live-only">
                <button class="nav__link nav__toggle" type="button" title="Show or hide names" aria-label="Show or hide the names of the places" on:click=move |_| browser::turn_nav()>
                    <Icon name="panel-left"/>
                    <span class="nav__label">"Collapse"</span>
                    <Keys keys=&["Mod", "B"]/>
                </button>
            </div>
        </nav>
    }
    .into_any()
}
