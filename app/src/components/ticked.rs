//! Sentences that name something as it is written in a request or a file.

use leptos::prelude::*;

/// Shows a text with what stands between backticks as code.
#[must_use]
pub fn ticked(text: &str) -> Vec<AnyView> {
    let piece = |(place, piece): (usize, &str)| {
        let piece = piece.to_owned();
        if place % 2 == 1 { view! { <code>{piece}</code> }.into_any() } else { piece.into_any() }
    };
    text.split('`').enumerate().map(piece).collect()
}
