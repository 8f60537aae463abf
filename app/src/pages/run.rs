//! `/runs/{id}`: one run, live while it runs, and without JavaScript.

use std::sync::Arc;

use domain::error::Code;
use domain::{ApiError, Lineage, PromptId, Run, RunId, Shared};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::api::error::PageError;
use crate::api::history::{DeleteRun, RestoreRun, run_lineage, run_wire, undo_left};
use crate::api::models::list_models;
use crate::api::runs::get_run;
use crate::browser;
use crate::components::about::About;
use crate::components::banner::Banner;
use crate::components::failure::Failure;
use crate::components::header::PlainHeader;
use crate::components::icon::Icon;
use crate::components::nav::Place;
use crate::components::replay::ReplayBar;
use crate::components::status::Status;
use crate::components::undo::Undo;
use crate::components::views::{LoadedWire, View, Views};
use crate::components::waterfall::Waterfall;
use crate::live::Live;
use crate::pages::not_found::NothingHere;
use crate::state::commands;
use crate::state::desk::find;
use crate::state::filters::Filters;
use crate::state::overlays::{Overlay, Overlays};
use crate::state::run::RunState;
use crate::state::spent::Session;
use crate::state::when;

/// Without JavaScript the page is loaded again until the run has ended. As text, because a browser with
/// JavaScript does not look inside, and hydration would miss the element.
const REFRESH: &str = r#"<meta http-equiv="refresh" content="2">"#;

/// What can be done with the run of the page, and where the focus belongs once it is done.
#[derive(Clone, Copy)]
struct Deeds {
    delete: ServerAction<DeleteRun>,
    restore: ServerAction<RestoreRun>,
    /// Whether a button of these was pressed and has gone with the press.
    done: StoredValue<bool>,
}

impl Deeds {
    fn new() -> Self {
        let (delete, restore) = (ServerAction::<DeleteRun>::new(), ServerAction::<RestoreRun>::new());
        let done = StoredValue::new(false);
        Effect::new(move || {
            if delete.pending().get() || restore.pending().get() {
                done.set_value(true);
            }
        });
        Self { delete, restore, done }
    }

    /// Gives the focus of the button that has gone to the one in its place.
    fn focus(self, id: &'static str) {
        Effect::new(move || {
            if self.done.get_value() {
                self.done.set_value(false);
                // What is made here is in the document from the next frame on.
                request_animation_frame(move || browser::focus(id));
            }
        });
    }
}

/// What was found under an address.
type Found = Result<(Run, Lineage), (PageError, Option<u64>)>;

/// Reads a run and its family; where it was deleted, for how long that can be undone.
async fn read(id: Option<RunId>) -> Found {
    let Some(id) = id else {
        return Err((ApiError::new(Code::NotFound, "That is no id of a run.").into(), None));
    };
    match get_run(id).await {
        Ok(run) => Ok((run, run_lineage(id).await.unwrap_or_default())),
        Err(error) if error.0.code == Code::Gone => Err((error, undo_left(id).await.ok().flatten())),
        Err(error) => Err((error, None)),
    }
}

/// The page at `/runs/{id}`.
#[component]
pub fn RunPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let id = Memo::new(move |_| params.with(|params| params.get("id")?.parse::<RunId>().ok()));
    let chosen = Memo::new(move |_| query.with(|query| View::named(query.get_str("view"))));
    let deeds = Deeds::new();
    let run = Resource::new(
        move || (id.get(), deeds.delete.version().get(), deeds.restore.version().get()),
        |(id, ..)| read(id),
    );
    // What became of one run is nothing to say about the next.
    Effect::new(move |before: Option<Option<RunId>>| {
        let now = id.get();
        if before.is_some_and(|before| before != now) {
            deeds.delete.clear();
            deeds.restore.clear();
        }
        now
    });
    let models = Resource::new(|| (), |()| list_models());
    // Asked for once, it stays.
    let wanted = Memo::new(move |before| before == Some(&true) || chosen.get() == View::Wire);
    let wire = Resource::new(
        move || id.get().filter(|_| wanted.get()),
        |id| async move {
            match id {
                Some(id) => Some(run_wire(id).await),
                None => None,
            }
        },
    );
    view! {
        <Title text="Run · Etude"/>
        <div class="shell">
            <PlainHeader title="Run" here=Place::Runs above=("Runs", "/runs")/>
            <Banner/>
            <main class="shell__main" id="main">
                <Transition>
                    {move || Suspend::new(async move {
                        let models = models.await.unwrap_or_default();
                        match run.await {
                            Ok((run, lineage)) => {
                                let model = find(&models, &run.model).cloned();
                                view! { <KeptRun run lineage model chosen wire deeds/> }.into_any()
                            }
                            Err((PageError(error), left)) => {
                                let id = id.get_untracked();
                                view! { <Missing error id left deeds/> }.into_any()
                            }
                        }
                    })}
                </Transition>
            </main>
        </div>
    }
}

/// A run that is there.
#[component]
fn KeptRun(
    run: Run,
    lineage: Lineage,
    model: Option<domain::ModelInfo>,
    chosen: Memo<View>,
    wire: LoadedWire,
    deeds: Deeds,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let state = RunState::kept(&run);
    // What is shown of the output, which a replay begins anew; how the run stands is not its business.
    let shown = RunState::kept(&run);
    let (id, ended) = (run.id, run.status.is_end());
    Effect::new(move || {
        if !ended {
            live.tail(state, id);
            live.tail(shown, id);
        }
    });
    on_cleanup(move || {
        live.release(state);
        live.release(shown);
    });
    let over = Memo::new(move |_| state.view.with(|view| view.status.is_end()));
    // What was sent, and whether an answer came, is known to the end only at the end.
    Effect::new(move |before: Option<bool>| {
        let over = over.get();
        if over && before == Some(false) {
            wire.refetch();
        }
        over
    });
    // One that this tab has started, and whose end it sees here.
    expect_context::<Session>().count(state);
    deeds.focus("delete");
    let overlays = expect_context::<Overlays>();
    let asked = StoredValue::new(run.request.clone());
    Effect::new(move || overlays.asked.set(Some(asked.get_value())));
    on_cleanup(move || overlays.asked.set(None));
    let prefill = model.as_ref().is_some_and(|model| !model.refuses("prefill"));
    let page = view! {
        {(!ended).then(|| view! { <noscript inner_html=REFRESH></noscript> })}
        <div class="page">
            <Head state id prompt=run.prompt created_at=run.created_at over prefill deeds/>
            <div class="run">
                <div class="run__main">
                    <Waterfall run=state/>
                    <Views run=shown id model request=run.request.as_str().to_owned() chosen wire/>
                    <Show when=move || over.get()>
                        <ReplayBar run=shown id/>
                    </Show>
                </div>
                <About run lineage/>
            </div>
        </div>
    };
    browser::say_alive();
    page
}

/// What is shared from here, in words.
const THIS: &str = "this run";

/// How the run stands, and what can be done with it.
#[component]
fn Head(
    state: RunState,
    id: RunId,
    prompt: Option<PromptId>,
    created_at: i64,
    over: Memo<bool>,
    prefill: bool,
    deeds: Deeds,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let stop = move |_| {
        state.stopping.set(true);
        live.cancel(state);
    };
    let refused = move || deeds.delete.value().get().and_then(Result::err);
    let overlays = expect_context::<Overlays>();
    // The runs of the same prompt are the likeliest.
    let of = prompt.map(|prompt| prompt.to_string()).unwrap_or_default();
    let others = Filters { prompt: of, ..Filters::default() }.picking(id).address();
    let place = others.clone();
    Effect::new(move || {
        let place = place.clone();
        let all = move || vec![commands::share(overlays, Shared::Run(id), THIS), commands::compare_run(&place)];
        overlays.here.set(Some(Arc::new(all)));
    });
    on_cleanup(move || overlays.here.set(None));
    view! {
        <header class="page__head run__head">
            <h1>"Run"</h1>
            <Status run=state/>
            <time class="faint run__when" datetime=when::iso(created_at)>{when::utc(created_at)}</time>
            <span class="run__space"></span>
            <Show when=move || state.is_running() && state.view.with(|view| view.next_seq > 0)>
                <button class="button" type="button" on:click=stop>"Stop"</button>
            </Show>
            <button
                class="button live-only"
                data-kind="quiet"
                type="button"
                aria-haspopup="dialog"
                on:click=move |_| overlays.share(Shared::Run(id), THIS)
            >
                <Icon name="share-2" small=true/>
                "Share"
            </button>
            <button
                class="button live-only"
                data-kind="quiet"
                type="button"
                aria-haspopup="dialog"
                aria-keyshortcuts="Control+Shift+E"
                on:click=move |_| overlays.show(Overlay::Code)
            >
                <Icon name="code" small=true/>
                "Code"
            </button>
            <a class="button" data-kind="quiet" href=others>
                <Icon name="git-compare" small=true/>
                // Read as a whole, and short where it is seen.
                <span>"Compare with"<span class="sr-only">" another run"</span><span aria-hidden="true">"…"</span></span>
            </a>
            <Show when=move || over.get()>
                <ActionForm action=deeds.delete>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <button class="button" data-kind="quiet" id="delete" type="submit">
                        <Icon name="trash-2" small=true/>
                        "Delete"
                    </button>
                </ActionForm>
            </Show>
            <Show when=move || prefill && state.broke_off()>
                <form action="/" method="get" class="live-only">
                    <input type="hidden" name="run" value=id.to_string()/>
                    <input type="hidden" name="continue" value="1"/>
                    <button class="button" type="submit">
                        <Icon name="arrow-right" small=true/>
                        "Continue from here"
                    </button>
                </form>
            </Show>
            <a class="button" data-kind="primary" href=format!("/?run={id}")>"Open in playground"</a>
            {move || {
                refused()
                    .map(|PageError(error)| {
                        view! {
                            <h2 class="sr-only">"The run is not deleted"</h2>
                            <Failure error/>
                        }
                    })
            }}
        </header>
    }
    .into_any()
}

/// What is shown where there is no run, or it cannot be read.
#[component]
fn Missing(error: ApiError, id: Option<RunId>, left: Option<u64>, deeds: Deeds) -> impl IntoView {
    browser::say_alive();
    if let (Some(run), Some(left_ms)) = (id, left) {
        deeds.focus("undo");
        return view! {
            <div class="page__state run__deleted">
                <h1 class="sr-only">"Run"</h1>
                <Undo run left_ms restore=deeds.restore/>
                <a class="button" data-kind="quiet" href="/runs">"All runs"</a>
            </div>
        }
        .into_any();
    }
    if matches!(error.code, Code::NotFound | Code::Gone) {
        return view! { <NothingHere/> }.into_any();
    }
    view! {
        <div class="page__state">
            <h1 class="sr-only">"Run"</h1>
            <h2 class="sr-only">"It cannot be shown"</h2>
            <Failure error>
                <a class="button" href="/runs">"All runs"</a>
            </Failure>
        </div>
    }
    .into_any()
}
