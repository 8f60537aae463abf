//! Nothing stands under this address. The address is not repeated back.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::browser;
use crate::components::header::PlainHeader;
use crate::components::nav::Place;

/// The page of an address that has none.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    browser::say_alive();
    view! {
        <Title text="Not found · Etude"/>
        <div class="shell">
            <PlainHeader title="Not found" here=Place::Elsewhere/>
            <main class="shell__main" id="main">
                <NothingHere/>
            </main>
        </div>
    }
}

/// Says that nothing is here, and where something is.
#[component]
pub fn NothingHere() -> impl IntoView {
    view! {
        <div class="page__state">
            <div class="empty">
                <h1>"Nothing is here."</h1>
                <p>"What was here has been deleted or never existed."</p>
                <a class="button" href="/">"Open the playground"</a>
            </div>
        </div>
    }
}
