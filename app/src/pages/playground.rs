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
use crate::components::nav::Place;
use crate::components::workbench::Workbench;
use crate::drafts;
use crate::live::Live;
use crate::state::compose::Refusal;
use crate::state::desk::Desk;
use crate::state::draft::Draft;
use crate::state::overlays::Overlays;
use crate::state::run::RunState;

/// The page at `/`.
#[component]
pub fn PlaygroundPage() -> impl IntoView {
    let query = use_query_map();
    let opened = Memo::new(move |_| query.with(|query| query.get("run")?.parse::<RunId>().ok()));
    // From the page of a run that broke off.
    let go_on = Memo::new(move |_| query.with(|query| query.get("continue").is_some()));
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
                    Ok(models) => view! { <Playground models kept=kept.await go_on=go_on.get_untracked()/> }.into_any(),
                    Err(PageError(error)) => view! { <Broken refusal=error.into()/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// The playground, once everything it begins with is there.
#[component]
fn Playground(models: Vec<ModelInfo>, kept: Result<Option<Run>, PageError>, go_on: bool) -> impl IntoView {
    let live = expect_context::<Live>();
    let example = models.first().map(Draft::example).unwrap_or_default();
    let (draft, run) = match &kept {
        Ok(Some(kept)) => {
            let draft = Draft::of_run(kept).unwrap_or_else(|| Draft { run: Some(kept.id), ..example.clone() });
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
    let overlays = expect_context::<Overlays>();
    Effect::new(move || overlays.desk.set(Some(desk)));
    drafts::keep(desk, opened);
    Effect::new(move || {
        let Some(opened) = opened.filter(|_| go_on) else { return };
        // A reload must not do it again.
        browser::replace_address(&format!("/?run={opened}"));
        if desk.run.id.get_untracked() == Some(opened) && untrack(|| desk.can_continue()) {
            desk.continue_answer();
        }
    });
    on_cleanup(move || {
        overlays.desk.set(None);
        live.release(run);
    });
    let workbench = view! { <Workbench desk/> };
    browser::say_alive();
    workbench
}

/// What is shown where no model can be picked.
#[component]
fn NoModels() -> impl IntoView {
    browser::say_alive();
    view! {
        <div class="shell">
            <PlainHeader title="Playground" here=Place::Playground/>
            <main class="shell__main" id="main">
                <div class="page__state">
                    <div class="empty">
                        <h1>"No model to run on."</h1>
                        <p>"The embedded model is not there, and no provider lists another one. The history works without one."</p>
                        <div class="button-group">
                            <a class="button" href="/settings/models">"Add provider"</a>
                            <a class="button" data-kind="quiet" href="/runs">"Open the runs"</a>
                        </div>
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
            <PlainHeader title="Playground" here=Place::Playground/>
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
