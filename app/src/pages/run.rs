//! `/runs/{id}`: one run, live while it runs, and without JavaScript.

use domain::error::Code;
use domain::{NewRun, Run, RunId};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::api::error::PageError;
use crate::api::models::list_models;
use crate::api::runs::get_run;
use crate::browser;
use crate::components::banner::Banner;
use crate::components::failure::Failure;
use crate::components::header::PlainHeader;
use crate::components::output::Output;
use crate::components::status::Status;
use crate::live::Live;
use crate::pages::not_found::NothingHere;
use crate::state::desk::find;
use crate::state::run::RunState;

/// Without JavaScript the page is loaded again until the run has ended. As text, because a browser with
/// JavaScript does not look inside, and hydration would miss the element.
const REFRESH: &str = r#"<meta http-equiv="refresh" content="2">"#;

/// The page at `/runs/{id}`.
#[component]
pub fn RunPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")?.parse::<RunId>().ok()));
    let run = Resource::new(
        move || id.get(),
        |id| async move {
            match id {
                Some(id) => get_run(id).await,
                None => Err(domain::ApiError::new(Code::NotFound, "That is no id of a run.").into()),
            }
        },
    );
    let models = Resource::new(|| (), |()| list_models());
    view! {
        <Title text="Run · Etude"/>
        <div class="shell">
            <PlainHeader title="Run"/>
            <Banner/>
            <main class="shell__main" id="main">
                <Suspense>
                    {move || Suspend::new(async move {
                        let models = models.await.unwrap_or_default();
                        match run.await {
                            Ok(run) => {
                                let model = find(&models, &run.model).cloned();
                                view! { <KeptRun run model/> }.into_any()
                            }
                            Err(PageError(error)) => view! { <Missing error/> }.into_any(),
                        }
                    })}
                </Suspense>
            </main>
        </div>
    }
}

/// A run that is there.
#[component]
fn KeptRun(run: Run, model: Option<domain::ModelInfo>) -> impl IntoView {
    let live = expect_context::<Live>();
    let state = RunState::kept(&run);
    let (id, ended) = (run.id, run.status.is_end());
    Effect::new(move || {
        if !ended {
            live.tail(state, id);
        }
    });
    on_cleanup(move || live.release(state));
    let stop = move |_| {
        state.stopping.set(true);
        live.cancel(state);
    };
    let page = view! {
        {(!ended).then(|| view! { <noscript inner_html=REFRESH></noscript> })}
        <div class="page">
            <header class="page__head run__head">
                <h1>"Run"</h1>
                <Status run=state/>
                <span class="run__space"></span>
                <Show when=move || state.is_running() && state.view.with(|view| view.next_seq > 0)>
                    <button class="button" type="button" on:click=stop>"Stop"</button>
                </Show>
                <a class="button" data-kind="primary" href=format!("/?run={id}")>"Open in playground"</a>
            </header>
            <div class="run">
                <Output run=state model=Signal::stored(model) heading=false/>
                <About run/>
            </div>
        </div>
    };
    browser::say_alive();
    page
}

/// What was asked for.
#[component]
fn About(run: Run) -> impl IntoView {
    let asked = serde_json::from_str::<NewRun>(run.request.as_str()).ok();
    let messages = asked.map(|asked| asked.messages).unwrap_or_default();
    let params = &run.params;
    let facts = [
        ("Model", Some(run.resolved_model.clone().unwrap_or_else(|| run.model.clone()))),
        ("Asked as", run.resolved_model.filter(|resolved| *resolved != run.model).map(|_| run.model.clone())),
        ("Provider", run.provider),
        ("Temperature", params.temperature.map(|number| number.to_string())),
        ("Max tokens", params.max_tokens.map(|number| number.to_string())),
    ];
    let facts =
        facts.into_iter().filter_map(|(name, value)| value.map(|value| view! { <dt>{name}</dt><dd>{value}</dd> }));
    let messages = messages.into_iter().map(|message| {
        view! {
            <section class="run__section">
                <h2>{role(message.role)}</h2>
                <div class="run__text">{message.content.text()}</div>
            </section>
        }
    });
    view! {
        <aside class="run__side" aria-label="About this run" tabindex="0">
            <section class="run__section"><dl class="facts">
                    <dt>"Run"</dt>
                    <dd><code>{run.id.to_string()}</code></dd>
                    {facts.collect_view()}
                </dl></section>
            {messages.collect_view()}
        </aside>
    }
    .into_any()
}

fn role(role: domain::Role) -> &'static str {
    match role {
        domain::Role::System => "System",
        domain::Role::User => "User",
        domain::Role::Assistant => "Assistant",
        domain::Role::Tool => "Tool",
    }
}

/// What is shown where there is no run, or it cannot be read.
#[component]
fn Missing(error: domain::ApiError) -> impl IntoView {
    browser::say_alive();
    if matches!(error.code, Code::NotFound | Code::Gone) {
        return view! { <NothingHere/> }.into_any();
    }
    view! {
        <div class="page__state">
            <h1 class="sr-only">"Run"</h1>
            <Failure error><a class="button" href="/">"Open the playground"</a></Failure>
        </div>
    }
    .into_any()
}
