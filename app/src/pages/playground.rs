//! The playground: at `/` with the tab's draft, at `/p/{prompt}` and `/p/{prompt}/v/{n}` with a version of a prompt.
//! `/?run={id}` opens a kept run in it.

use std::sync::Arc;

use domain::{ApiError, Code, ModelInfo, Preset, PromptId, Run, RunId};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::api::error::PageError;
use crate::api::models::list_models;
use crate::api::prompts::get_prompt;
use crate::api::runs::get_run;
use crate::browser;
use crate::components::failure::Failure;
use crate::components::header::PlainHeader;
use crate::components::nav::Place;
use crate::components::page_title::PageTitle;
use crate::components::workbench::Workbench;
use crate::drafts::{self, Named};
use crate::live::Live;
use crate::pages::versions::Missing;
use crate::state::compose::Refusal;
use crate::state::desk::Desk;
use crate::state::draft::Draft;
use crate::state::overlays::Overlays;
use crate::state::run::RunState;

/// What the address asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Draft,
    Run(RunId),
    Prompt(PromptId, Option<u32>),
    /// Something that cannot be.
    Nothing,
}

/// What was found there.
type Found = Result<(Option<Run>, Option<Preset>), PageError>;

/// The page at `/`, `/p/{prompt}` and `/p/{prompt}/v/{n}`.
#[component]
pub fn PlaygroundPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let asked = Memo::new(move |_| {
        let run = query.with(|query| query.get("run")?.parse().ok());
        params.with(|params| match (params.get("prompt"), params.get("version")) {
            (None, _) => run.map_or(Asked::Draft, Asked::Run),
            (Some(prompt), version) => match (prompt.parse(), version.map(|number| number.parse())) {
                (Ok(prompt), None) => Asked::Prompt(prompt, None),
                (Ok(prompt), Some(Ok(number))) => Asked::Prompt(prompt, Some(number)),
                _ => Asked::Nothing,
            },
        })
    });
    // From the page of a run that broke off.
    let go_on = Memo::new(move |_| query.with(|query| query.get("continue").is_some()));
    let models = Resource::new(|| (), |()| list_models());
    let found = Resource::new(move || asked.get(), read);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let (models, found) = (models.await, found.await);
                let asked = asked.get_untracked();
                match (models, found) {
                    (Ok(models), _) if models.is_empty() => view! { <NoModels/> }.into_any(),
                    (_, Err(PageError(error))) if is_prompt(asked) => view! { <Missing error/> }.into_any(),
                    (Ok(models), found) => view! { <Playground models asked found go_on=go_on.get_untracked()/> }.into_any(),
                    (Err(PageError(error)), _) => view! { <Broken refusal=error.into()/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

fn is_prompt(asked: Asked) -> bool {
    matches!(asked, Asked::Prompt(..) | Asked::Nothing)
}

/// Reads the run or the version; of a run, also the version that was run.
async fn read(asked: Asked) -> Found {
    match asked {
        Asked::Draft => Ok((None, None)),
        Asked::Nothing => Err(ApiError::new(Code::NotFound, "That is no id of a prompt.").into()),
        Asked::Prompt(prompt, version) => Ok((None, Some(get_prompt(prompt, version).await?))),
        Asked::Run(run) => {
            let run = get_run(run).await?;
            let of = Draft::of_run(&run).and_then(|draft| draft.prompt.zip(draft.version));
            let preset = match of {
                Some((prompt, version)) => get_prompt(prompt, Some(version)).await.ok(),
                None => None,
            };
            Ok((Some(run), preset))
        }
    }
}

/// The playground, once everything it begins with is there.
#[component]
fn Playground(models: Vec<ModelInfo>, asked: Asked, found: Found, go_on: bool) -> impl IntoView {
    let live = expect_context::<Live>();
    let example = models.first().map(Draft::example).unwrap_or_default();
    let (mut draft, run) = match &found {
        Ok((Some(kept), _)) => {
            let draft = Draft::of_run(kept).unwrap_or_else(|| Draft { run: Some(kept.id), ..example.clone() });
            (draft, RunState::kept(kept))
        }
        Ok((None, Some(preset))) => (Draft::of_preset(preset), RunState::default()),
        Ok((None, None)) => (example, RunState::default()),
        Err(PageError(error)) => {
            let run = RunState::default();
            run.refuse(error.clone().into());
            (example, run)
        }
    };
    draft.know_model(&models);
    if let Ok((_, Some(preset))) = &found
        && draft.prompt == Some(preset.id)
    {
        // Whoever goes on from an old run knows that there are newer versions.
        draft.head = Some(preset.head);
    }
    let desk = Desk::new(models, draft, run, live);
    let (kept, preset) = found.unwrap_or_default();
    let opened = kept.map(|run| run.id);
    let named = match (asked, &preset) {
        (Asked::Prompt(id, number), Some(preset)) => {
            Named::Prompt { id, version: preset.version, by_number: number.is_some() }
        }
        _ => opened.map_or(Named::Nothing, Named::Run),
    };
    desk.opened.set(preset.map(Arc::new));
    let overlays = expect_context::<Overlays>();
    Effect::new(move || {
        overlays.desk.set(Some(desk));
        overlays.prompt.set(Some(desk.opened));
    });
    drafts::keep(desk, named);
    desk.follow_version();
    follow_address(desk, asked);
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
        overlays.prompt.set(None);
        overlays.trouble.set(None);
        live.release(run);
    });
    let title = move || match desk.opened.get() {
        Some(base) => format!("{} · Etude", base.name),
        None => "Playground · Etude".to_owned(),
    };
    let workbench = view! {
        <PageTitle text=title/>
        <Workbench desk/>
    };
    browser::say_alive();
    workbench
}

/// The tab's draft may be of a prompt: then the address says so.
fn follow_address(desk: Desk, asked: Asked) {
    Effect::new(move || {
        let Some(base) = desk.opened.get().filter(|_| asked == Asked::Draft) else { return };
        browser::replace_address(&format!("/p/{}", base.id));
    });
}

/// What is shown where no model can be picked.
#[component]
fn NoModels() -> impl IntoView {
    browser::say_alive();
    view! {
        <Title text="Playground · Etude"/>
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
        <Title text="Playground · Etude"/>
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
