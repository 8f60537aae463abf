//! `/p/{prompt}/diff/{a}..{b}`: two versions of a prompt side by side.

use std::sync::Arc;

use domain::prompt::VersionPage;
use domain::{ApiError, Code, Preset, PromptId};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::versions::{Missing, be_about};
use crate::api::error::PageError;
use crate::api::prompts::list_versions;
use crate::api::versions::{Known, Sides, known_prompt, version_diff};
use crate::browser;
use crate::components::banner::Banner;
use crate::components::header::{PlainHeader, PromptHeader};
use crate::components::nav::Place;
use crate::components::version_diff::VersionDiffView;
use crate::state::versions::Opened;

/// What was found under an address.
type Found = Result<(Known, VersionPage, Sides), PageError>;

/// What the address asks for: `12..14`.
fn range(text: &str) -> Option<(u32, u32)> {
    let (old, new) = text.split_once("..")?;
    Some((old.parse().ok()?, new.parse().ok()?))
}

async fn read(asked: Option<(PromptId, (u32, u32))>) -> Found {
    let (id, (old, new)) = asked.ok_or_else(|| ApiError::new(Code::NotFound, "Those are no two versions."))?;
    let sides = version_diff(id, old, new).await?;
    Ok((known_prompt(id).await?, list_versions(id, None).await?, sides))
}

/// The page at `/p/{prompt}/diff/{a}..{b}`.
#[component]
pub fn VersionDiffPage() -> impl IntoView {
    let params = use_params_map();
    let asked = Memo::new(move |_| {
        params.with(|params| {
            let id = params.get("prompt")?.parse::<PromptId>().ok()?;
            Some((id, range(&params.get("range")?)?))
        })
    });
    let found = Resource::new(move || asked.get(), read);
    view! {
        <Transition fallback=Comparing>
            {move || Suspend::new(async move {
                match found.await {
                    Ok((known, page, sides)) => view! { <Two known page sides/> }.into_any(),
                    Err(PageError(error)) => view! { <Missing error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Two(known: Known, page: VersionPage, sides: Sides) -> impl IntoView {
    let Known { prompt, now } = known;
    let title = format!("v{} and v{}: {} · Etude", sides.old.version, sides.new.version, prompt.name);
    let opened: Opened = RwSignal::new(Some(Arc::new(Preset { version: prompt.head, ..prompt })));
    be_about(opened);
    let page = view! {
        <Title text=title/>
        <div class="shell">
            <PromptHeader opened/>
            <Banner/>
            <VersionDiffView sides page now opened/>
        </div>
    };
    browser::say_alive();
    page
}

/// What is shown until both are compared.
#[component]
fn Comparing() -> impl IntoView {
    view! {
        <div class="shell">
            <PlainHeader title="Diff" here=Place::Library above=("Library", "/library")/>
            <main class="shell__main" id="main">
                <p class="page__state faint" role="status">"Comparing the versions."</p>
            </main>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a4_an_address_names_two_versions() {
        assert_eq!(range("12..14"), Some((12, 14)));
        for bad in ["12", "12..", "..", "a..b", "1...2", "-1..2", "1..99999999999"] {
            assert_eq!(range(bad), None, "{bad}");
        }
    }
}
