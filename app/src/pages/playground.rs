//! `/`: the playground. `/?run={id}` opens a kept run in it.

use domain::{ModelInfo, Run, RunId};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::api::error::PageError;
use crate::api::models::list_models;
use crate::api::runs::get_run;
use crate::browser;
use crate::components::failure::Failure;
use crate::components::header::PlainHeader;
use crate::components::workbench::Workbench;
use crate::live::Live;
use crate::state::compose::Refusal;
use crate::state::desk::{Desk, find};
use crate::state::draft::{Draft, DraftStoreFields};
use crate::state::run::RunState;

/// How long after a change the tab's draft is kept, in milliseconds.
const KEEP_AFTER_MS: u64 = 200;

/// The page at `/`.
#[component]
pub fn PlaygroundPage() -> impl IntoView {
    let query = use_query_map();
    let opened = Memo::new(move |_| query.with(|query| query.get("run")?.parse::<RunId>().ok()));
    let models = Resource::new(|| (), |()| list_models());
    let kept = Resource::new(
        move || opened.get(),
        |id| async move {
            match id {
                Some(id) => get_run(id).await.map(Some),
                None => Ok(None),
            }
        },
    );
    view! {
        <Title text="Playground · Etude"/>
        <Suspense>
            {move || Suspend::new(async move {
                match models.await {
                    Ok(models) if models.is_empty() => view! { <NoModels/> }.into_any(),
                    Ok(models) => view! { <Playground models kept=kept.await/> }.into_any(),
                    Err(PageError(error)) => view! { <Broken refusal=error.into()/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// The playground, once everything it begins with is there.
#[component]
fn Playground(models: Vec<ModelInfo>, kept: Result<Option<Run>, PageError>) -> impl IntoView {
    let live = expect_context::<Live>();
    let example = models.first().map(Draft::example).unwrap_or_default();
    let (draft, run) = match &kept {
        Ok(Some(kept)) => {
            let mut draft = Draft::of_run(kept).unwrap_or_else(|| Draft { run: Some(kept.id), ..example.clone() });
            if find(&models, &draft.model).is_none() {
                draft.model = example.model;
            }
            (draft, RunState::kept(kept))
        }
        Ok(None) => (example, RunState::default()),
        Err(PageError(error)) => {
            let run = RunState::default();
            run.refuse(error.clone().into());
            (example, run)
        }
    };
    let desk = Desk::new(models, draft, run, live);
    let opened = kept.ok().flatten().map(|run| run.id);
    restore(desk, opened);
    keep(desk);
    on_cleanup(move || live.release(run));
    let workbench = view! { <Workbench desk/> };
    browser::say_alive();
    workbench
}

/// Brings back what the tab had, and goes on with its run.
fn restore(desk: Desk, opened: Option<RunId>) {
    Effect::new(move || {
        let kept = browser::kept_draft().and_then(|json| serde_json::from_str::<Draft>(&json).ok());
        // An address that names a run wins over another draft, not over what was made of that run.
        if let Some(mut draft) = kept.filter(|draft| opened.is_none() || draft.origin == opened) {
            draft.model = desk.model_named(&draft.model).name;
            desk.draft.set(draft);
        }
        let draft = desk.draft.read_untracked().clone();
        if let Some(starting) = draft.starting {
            desk.run.clear();
            desk.send(starting);
        } else if let Some(run) = draft.run {
            let shown = desk.run.id.get_untracked() == Some(run);
            if !shown {
                desk.run.clear();
            }
            if !(shown && desk.run.view.with_untracked(|view| view.status.is_end())) {
                desk.live.tail(desk.run, run);
            }
        }
    });
}

/// Keeps the draft for this tab whenever it has changed.
fn keep(desk: Desk) {
    // The run's id comes from the connection; with it, nothing has to be sent again.
    Effect::new(move |_| {
        if let Some(run) = desk.run.id.get() {
            desk.draft.starting().set(None);
            desk.draft.run().set(Some(run));
        }
    });
    Effect::new(move |_| {
        if desk.run.refusal.with(Option::is_some) {
            desk.draft.starting().set(None);
        }
    });
    let write = move || {
        if let Some(Ok(json)) = desk.draft.try_read_untracked().map(|draft| serde_json::to_string(&*draft)) {
            browser::keep_draft(&json);
        }
    };
    Effect::new(move || {
        let handle = window_event_listener(leptos::ev::pagehide, move |_| write());
        on_cleanup(move || {
            handle.remove();
            write();
        });
    });
    let timer = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |before: Option<()>| {
        desk.draft.track();
        if before.is_none() {
            return;
        }
        timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
            *timer = set_timeout_with_handle(write, std::time::Duration::from_millis(KEEP_AFTER_MS)).ok();
        });
    });
}

/// What is shown where no model can be picked.
#[component]
fn NoModels() -> impl IntoView {
    browser::say_alive();
    view! {
        <div class="shell">
            <PlainHeader title="Playground"/>
            <main class="shell__main" id="main">
                <div class="page__state">
                    <div class="empty">
                        <h1>"No model to run on."</h1>
                        <p>"The built-in model is switched off and no other is set in " <code>"etude.toml"</code> "."</p>
                    </div>
                </div>
            </main>
        </div>
    }
}

/// What is shown where the models cannot be listed.
#[component]
fn Broken(refusal: Refusal) -> impl IntoView {
    browser::say_alive();
    view! {
        <div class="shell">
            <PlainHeader title="Playground"/>
            <main class="shell__main" id="main">
                <div class="page__state">
                    <Failure error=refusal.error>
                        <a class="button" href="/" rel="external">"Load again"</a>
                    </Failure>
                </div>
            </main>
        </div>
    }
}
