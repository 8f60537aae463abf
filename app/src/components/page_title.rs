//! The document's title where it follows what the page shows.

use leptos::prelude::*;
use leptos_meta::Title;

/// A title that follows the signals it is made of.
///
/// On the server it is read at once: `leptos_axum` writes the title when the page is made, on whichever thread comes to
/// it, and there the page's signals cannot be read.
#[component]
pub fn PageTitle<F>(
    /// Makes the title.
    text: F,
) -> impl IntoView
where
    F: Fn() -> String + Send + Sync + 'static,
{
    #[cfg(feature = "ssr")]
    let text = untrack(text);
    view! { <Title text/> }
}
