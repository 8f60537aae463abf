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
//! | [`parts`] | those whose code comes in files of their own |
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
pub mod parts;
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
use pages::not_found::NotFoundPage;
use pages::playground::PlaygroundPage;
use state::overlays::Overlays;
use state::spent::Session;

/// Every page there is.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let live = Live::default();
    provide_context(live);
    provide_context(Overlays::default());
    provide_context(Session::of_tab());
    Effect::new(move || live.open());
    parts::bring_others();
    view! {
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/") view=PlaygroundPage ssr=SsrMode::Async/>
                <Route path=path!("/library") view=|| parts::page(parts::library) ssr=SsrMode::Async/>
                <Route path=path!("/compare") view=|| parts::page(parts::compare) ssr=SsrMode::Async/>
                <Route path=path!("/p/:prompt") view=PlaygroundPage ssr=SsrMode::Async/>
                <Route path=path!("/p/:prompt/v/:version") view=PlaygroundPage ssr=SsrMode::Async/>
                <Route path=path!("/p/:prompt/history") view=|| parts::page(parts::history) ssr=SsrMode::Async/>
                <Route path=path!("/p/:prompt/diff/:range") view=|| parts::page(parts::diff) ssr=SsrMode::Async/>
                <Route path=path!("/runs") view=|| parts::page(parts::runs) ssr=SsrMode::Async/>
                <Route path=path!("/runs/:id") view=parts::one_run_or_two ssr=SsrMode::Async/>
                <Route path=path!("/settings") view=|| parts::page(parts::settings) ssr=SsrMode::Async/>
                <Route path=path!("/settings/models") view=|| parts::page(parts::models) ssr=SsrMode::Async/>
                <Route path=path!("/settings/appearance") view=|| parts::page(parts::appearance) ssr=SsrMode::Async/>
                <Route path=path!("/settings/keyboard") view=|| parts::page(parts::keyboard) ssr=SsrMode::Async/>
            </Routes>
            <OverThePage/>
        </Router>
    }
}
