//! Parts of the page whose code comes in files of their own: the playground is ready to type in with less.
//!
//! `cargo xtask site` splits the WASM at the functions with `wasm_split`. A function here is asynchronous to those who
//! call it: the first call fetches the file. On the server nothing is split, and nothing is waited for.

#![expect(missing_docs, reason = "the macro adds a function for each file that is fetched")]

use domain::ApiError;
use domain::error::Code;
use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use leptos_router::hooks::use_params_map;

use crate::components::dialogs::Carrying;
use crate::components::failure::Failure;
use crate::components::overlays::Dialogs;
use crate::components::prose::{Prepared, Prose, Shown};
use crate::pages::compare::ComparePage;
use crate::pages::library::LibraryPage;
use crate::pages::models::ModelsPage;
use crate::pages::run::RunPage;
use crate::pages::run_diff::RunDiffPage;
use crate::pages::runs::RunsPage;
use crate::pages::settings::{AppearancePage, KeyboardPage, SettingsPage};
use crate::pages::version_diff::VersionDiffPage;
use crate::pages::versions::HistoryPage;

/// The file of a part did not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing;

impl From<SplitLoaderError> for Missing {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

/// What a part builds, or why it is not there.
pub type Part<T> = Result<T, Missing>;

/// The page at `/library`.
#[wasm_split(library, wasm_split_path = leptos::wasm_split, fallible, preload(bring_library))]
pub fn library() -> Part<AnyView> {
    Ok(LibraryPage().into_any())
}

/// The page at `/compare`.
#[wasm_split(compare, wasm_split_path = leptos::wasm_split, fallible, preload(bring_compare))]
pub fn compare() -> Part<AnyView> {
    Ok(ComparePage().into_any())
}

/// The page at `/runs`.
#[wasm_split(history, wasm_split_path = leptos::wasm_split, fallible, preload(bring_runs))]
pub fn runs() -> Part<AnyView> {
    Ok(RunsPage().into_any())
}

/// The page at `/runs/{id}`.
#[wasm_split(history, wasm_split_path = leptos::wasm_split, fallible, preload(bring_run))]
pub fn run() -> Part<AnyView> {
    Ok(RunPage().into_any())
}

/// The page at `/p/{prompt}/history`.
#[wasm_split(versions, wasm_split_path = leptos::wasm_split, fallible, preload(bring_history))]
pub fn history() -> Part<AnyView> {
    Ok(HistoryPage().into_any())
}

/// The page at `/p/{prompt}/diff/{a}..{b}`.
#[wasm_split(versions, wasm_split_path = leptos::wasm_split, fallible, preload(bring_diff))]
pub fn diff() -> Part<AnyView> {
    Ok(VersionDiffPage().into_any())
}

/// The page at `/runs/{a}..{b}`.
#[wasm_split(versions, wasm_split_path = leptos::wasm_split, fallible, preload(bring_run_diff))]
pub fn run_diff() -> Part<AnyView> {
    Ok(RunDiffPage().into_any())
}

/// The page at `/settings`.
#[wasm_split(settings, wasm_split_path = leptos::wasm_split, fallible, preload(bring_settings))]
pub fn settings() -> Part<AnyView> {
    Ok(SettingsPage().into_any())
}

/// The page at `/settings/models`.
#[wasm_split(settings, wasm_split_path = leptos::wasm_split, fallible, preload(bring_models))]
pub fn models() -> Part<AnyView> {
    Ok(ModelsPage().into_any())
}

/// The page at `/settings/appearance`.
#[wasm_split(settings, wasm_split_path = leptos::wasm_split, fallible, preload(bring_appearance))]
pub fn appearance() -> Part<AnyView> {
    Ok(AppearancePage().into_any())
}

/// The page at `/settings/keyboard`.
#[wasm_split(settings, wasm_split_path = leptos::wasm_split, fallible, preload(bring_keyboard))]
pub fn keyboard() -> Part<AnyView> {
    Ok(KeyboardPage().into_any())
}

/// What can lie over a page.
#[wasm_split(dialogs, wasm_split_path = leptos::wasm_split, fallible, preload(bring_dialogs))]
pub fn dialogs() -> Part<AnyView> {
    Ok(Dialogs().into_any())
}

/// What lies over a page where something leaves Etude or comes in.
#[wasm_split(carrying, wasm_split_path = leptos::wasm_split, fallible, preload(bring_carrying))]
pub fn carrying() -> Part<AnyView> {
    Ok(Carrying().into_any())
}

/// Markdown, as it grows.
#[wasm_split(prose, wasm_split_path = leptos::wasm_split, fallible, preload(bring_prose))]
pub fn prose(prepared: Prepared) -> Part<Box<dyn Shown>> {
    Ok(Box::new(Prose::of(prepared)))
}

/// Fetches what the page at an address is made of. Called before it comes alive: what the server has rendered must find
/// its code there.
///
/// # Errors
/// When a file does not come.
pub async fn bring_page(path: &str) -> Part<()> {
    match path.trim_end_matches('/') {
        "/library" => bring_library().await?,
        "/compare" => bring_compare().await?,
        "/runs" => bring_runs().await?,
        "/settings" => bring_settings().await?,
        "/settings/models" => bring_models().await?,
        "/settings/appearance" => bring_appearance().await?,
        "/settings/keyboard" => bring_keyboard().await?,
        page if page.starts_with("/p/") && page.ends_with("/history") => bring_history().await?,
        page if page.starts_with("/p/") && page.contains("/diff/") => bring_diff().await?,
        runs if runs.starts_with("/runs/") && is_two(runs) => bring_run_diff().await?,
        run if run.starts_with("/runs/") => bring_run().await?,
        _ => {}
    }
    Ok(())
}

/// How long after a page has come alive the other parts are fetched, in milliseconds: what no one has asked for must not
/// delay the editor and the first run.
const LATER_MS: u64 = 500;

/// Calls back when the page has had time to come alive.
pub fn later(then: impl FnOnce() + 'static) {
    set_timeout(then, std::time::Duration::from_millis(LATER_MS));
}

/// Fetches what is not there, once the page has had time to come alive. What does not come is asked for again when it is
/// needed.
pub fn bring_others() {
    Effect::new(|| {
        later(|| {
            leptos::task::spawn_local(async {
                _ = bring_prose().await;
                _ = bring_library().await;
                _ = bring_runs().await;
                _ = bring_history().await;
                _ = bring_compare().await;
                _ = bring_settings().await;
            });
        });
    });
}

/// A page of a part; in its place, an offer to load it as a document where its code did not come.
pub fn page<F>(part: fn() -> F) -> impl IntoView
where
    F: Future<Output = Part<AnyView>> + Send + 'static,
{
    Suspend::new(async move { part().await.unwrap_or_else(|Missing| view! { <NotThere/> }.into_any()) })
}

/// Whether an address below `/runs/` names two runs.
fn is_two(runs: &str) -> bool {
    runs.contains("..")
}

/// The page of one run, or of two: the router's patterns cannot tell them apart.
pub fn one_run_or_two() -> impl IntoView {
    let params = use_params_map();
    let two = Memo::new(move |_| params.with(|params| params.get("id").is_some_and(|id| is_two(&id))));
    move || if two.get() { page(run_diff).into_any() } else { page(run).into_any() }
}

/// What stands in the place of a page whose code did not come: the server is away, or of another build by now.
#[component]
fn NotThere() -> impl IntoView {
    let error =
        ApiError::new(Code::Internal, "The code of this page did not come: the server is away, or was updated.")
            .hint("Load the page when the server is there. What you typed is kept.");
    view! {
        <main class="shell__main" id="main">
            <div class="page__state">
                <Failure error>
                    <a class="button" href="" rel="external">"Load again"</a>
                </Failure>
            </div>
        </main>
    }
}
