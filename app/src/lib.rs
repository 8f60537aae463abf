//! The pages, for both sides: the server renders them, the browser makes them live.
//!
//! | module | what stands there |
//! |---|---|
//! | [`api`] | server functions: what the page asks the server for |
//! | [`browser`] | the few things that the page asks of the browser |
//! | [`components`] | what is shown, one file for each thing |
//! | [`drafts`] | what stands in the fields of a tab, kept |
//! | [`live`] | the tab's one connection |
//! | [`markdown`] | a model's answer as blocks of HTML, while it grows |
//! | [`pages`] | one file for each place that has a URL |
//! | [`state`] | what a page knows, apart from how it looks |

#![recursion_limit = "256"]

pub mod api;
pub mod browser;
pub mod components;
#[cfg(feature = "ssr")]
mod csp;
mod document;
pub mod drafts;
pub mod live;
pub mod markdown;
pub mod pages;
pub mod state;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

use components::overlays::OverThePage;
#[cfg(feature = "ssr")]
pub(crate) use document::refused_document;
pub use document::shell;
use live::Live;
use pages::models::ModelsPage;
use pages::not_found::NotFoundPage;
use pages::playground::PlaygroundPage;
use pages::run::RunPage;
use pages::runs::RunsPage;
use pages::settings::{AppearancePage, KeyboardPage, SettingsPage};
use state::overlays::Overlays;

/// Every page there is.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let live = Live::default();
    provide_context(live);
    provide_context(Overlays::default());
    Effect::new(move || live.open());
    view! {
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/") view=PlaygroundPage ssr=SsrMode::Async/>
                <Route path=path!("/runs") view=RunsPage ssr=SsrMode::Async/>
                <Route path=path!("/runs/:id") view=RunPage ssr=SsrMode::Async/>
                <Route path=path!("/settings") view=SettingsPage ssr=SsrMode::Async/>
                <Route path=path!("/settings/models") view=ModelsPage ssr=SsrMode::Async/>
                <Route path=path!("/settings/appearance") view=AppearancePage ssr=SsrMode::Async/>
                <Route path=path!("/settings/keyboard") view=KeyboardPage ssr=SsrMode::Async/>
            </Routes>
            <OverThePage/>
        </Router>
    }
}
