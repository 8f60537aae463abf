//! `/p/{prompt}/diff/{a}..{b}`: two versions of a prompt side by side; `draft` in the place of a number is what stands in
//! the playground of this tab.

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
use crate::components::version_diff::{DraftDiffView, VersionDiffView};
use crate::state::versions::{Opened, Side};

/// What was found under an address.
type Found = Result<(Known, VersionPage, Sides), PageError>;

/// What the address asks for: `12..14`, `14..draft`.
fn range(text: &str) -> Option<(Side, Side)> {
    let (old, new) = text.split_once("..")?;
    let both: (Side, Side) = (old.parse().ok()?, new.parse().ok()?);
    (both != (Side::Draft, Side::Draft)).then_some(both)
}

/// Reads both versions; of a version and a draft, the version.
async fn read(asked: Option<(PromptId, (Side, Side))>) -> Found {
    let none = || ApiError::new(Code::NotFound, "Those are no two versions.");
    let (id, (old, new)) = asked.ok_or_else(none)?;
    let old_number = old.version().or(new.version()).ok_or_else(none)?;
    let sides = version_diff(id, old_number, new.version().unwrap_or(old_number)).await?;
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
                    Ok((known, page, sides)) => {
                        let asked = asked.get_untracked().map(|(_, both)| both);
                        let both = (Side::Version(sides.old.version), Side::Version(sides.new.version));
                        view! { <Two known page sides both=asked.unwrap_or(both)/> }.into_any()
                    }
                    Err(PageError(error)) => view! { <Missing error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Two(known: Known, page: VersionPage, sides: Sides, both: (Side, Side)) -> impl IntoView {
    let Known { prompt, now } = known;
    let ((old, new), id, found) = (both, sides.new.id, sides.diff);
    let title = format!("{} and {}: {} · Etude", old.name(), new.name(), prompt.name);
    let opened: Opened = RwSignal::new(Some(Arc::new(Preset { version: prompt.head, ..prompt })));
    be_about(opened);
    let page = view! {
        <Title text=title/>
        <div class="shell">
            <PromptHeader opened/>
            <Banner/>
            {match (old.version(), new.version()) {
                (Some(version), None) | (None, Some(version)) => {
                    view! { <DraftDiffView id version turned=new.version().is_some() page now opened/> }.into_any()
                }
                _ => view! { <VersionDiffView id old new found page now opened/> }.into_any(),
            }}
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
    fn a4_an_address_names_two_versions_or_one_and_the_draft() {
        use Side::{Draft, Version};
        assert_eq!(range("12..14"), Some((Version(12), Version(14))));
        assert_eq!(range("12..draft"), Some((Version(12), Draft)));
        assert_eq!(range("draft..3"), Some((Draft, Version(3))));
        for bad in ["12", "12..", "..", "a..b", "1...2", "-1..2", "1..99999999999", "draft..draft", "draft", "1..Draft"]
        {
            assert_eq!(range(bad), None, "{bad}");
        }
        for both in ["12..14", "12..draft"] {
            let (old, new) = range(both).expect("a range");
            assert_eq!(format!("{old}..{new}"), both);
        }
    }
}
