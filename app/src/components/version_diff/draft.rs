//! A version and what stands in the playground of this tab. The draft is in the browser alone: the server sends the
//! page around, and what differs is found once the draft has been sent for it.

use domain::change::VersionDiff;
use domain::prompt::VersionPage;
use domain::{ApiError, PromptId};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::side::VersionsBeside;
use super::{Compared, Failure, Icon};
use crate::api::error::PageError;
use crate::api::versions::draft_diff;
use crate::drafts;
use crate::state::content::NOT_SAVED;
use crate::state::versions::{Opened, Side};

/// What stands there without JavaScript. As HTML: a browser that runs scripts has no elements in it.
const WITHOUT_SCRIPT: &str =
    r#"<p class="faint">The draft is in the browser alone, and comparing it takes JavaScript.</p>"#;

/// What became of the comparison.
#[derive(Debug, Clone)]
enum Found {
    /// It is under way.
    Soon,
    /// This tab has no draft of the prompt.
    Nothing,
    /// It could not be made.
    Failed(ApiError),
    /// It is there.
    Compared(VersionDiff),
}

/// Compares the draft of this tab with a version.
async fn compare(id: PromptId, version: u32, turned: bool) -> Found {
    let Some(draft) = drafts::of_prompt(id).await else { return Found::Nothing };
    match draft.content() {
        Ok(content) => match draft_diff(id, version, content, turned).await {
            Ok(diff) => Found::Compared(diff),
            Err(PageError(error)) => Found::Failed(error),
        },
        Err(refusal) => {
            let message = refusal.error.message.replace(NOT_SAVED, "It cannot be compared.");
            Found::Failed(ApiError { message, ..refusal.error })
        }
    }
}

/// The versions beside, and the draft compared with one of them.
#[component]
pub fn DraftDiffView(
    /// The prompt.
    id: PromptId,
    /// The number of the version.
    version: u32,
    /// Whether the draft stands on the left.
    turned: bool,
    /// All versions, the newest first.
    page: VersionPage,
    /// The server's time, in microseconds since 1970, UTC.
    now: i64,
    /// The prompt, for the page's header.
    opened: Opened,
) -> impl IntoView {
    let found = RwSignal::new(Found::Soon);
    Effect::new(move || {
        spawn_local(async move {
            let answer = compare(id, version, turned).await;
            found.try_set(answer);
        });
    });
    let (old, new) = if turned { (Side::Draft, Side::Version(version)) } else { (Side::Version(version), Side::Draft) };
    let found = move || {
        let said = match found.get() {
            Found::Compared(found) => return view! { <Compared id old new found opened/> }.into_any(),
            Found::Soon => view! {
                <div class="page__state">
                    <p class="faint live-only" role="status">"Comparing the draft."</p>
                    <noscript inner_html=WITHOUT_SCRIPT></noscript>
                </div>
            }
            .into_any(),
            Found::Nothing => view! {
                <div class="page__state">
                    <div class="empty">
                        <h3>"No draft of this prompt in this tab."</h3>
                        <p>"What is changed in the playground is compared here before it is saved."</p>
                        <a class="button" href=format!("/p/{id}")>"Open in playground"</a>
                    </div>
                </div>
            }
            .into_any(),
            Found::Failed(error) => view! {
                <div class="page__state">
                    <h3 class="sr-only">"The draft cannot be compared"</h3>
                    <Failure error>
                        <a class="button" href=format!("/p/{id}")>"Open in playground"</a>
                    </Failure>
                </div>
            }
            .into_any(),
        };
        view! {
            <section class="pane" role="region" aria-label="Diff">
                <header class="versions__bar">
                    <h2>{old.name()} <Icon name="arrow-right" small=true/> <span class="sr-only">" compared with "</span> {new.name()}</h2>
                </header>
                <div class="pane__body" tabindex="0" role="group" aria-label="What differs">
                    {said}
                </div>
            </section>
        }
        .into_any()
    };
    // What stands beside stays while the comparison is made: with it the focus, and the place to which one scrolled.
    view! {
        <main class="shell__main versions" id="main">
            <VersionsBeside id old new page now opened/>
            {found}
        </main>
    }
    .into_any()
}
