//! The views of one run: as it reads, as it came, as it was asked for, as it was sent.

use domain::{ModelInfo, Price, RunId, ToolCall, Wire};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::code::Code;
use super::failure::Failure;
use super::figures::Figures;
use super::growing::Growing;
use super::output::Output;
use super::wire::WireView;
use crate::api::error::PageError;
use crate::browser;
use crate::state::figures::thousands;
use crate::state::pretty::pretty;
use crate::state::run::RunState;

/// A view of a run. Its word stands in the address: `?view=wire`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    /// The output as it reads.
    #[default]
    Rendered,
    /// The output as it came.
    Raw,
    /// What was asked for.
    Request,
    /// What was sent to the provider.
    Wire,
}

impl View {
    /// All of them, as the tabs stand.
    const ALL: [Self; 4] = [Self::Rendered, Self::Raw, Self::Request, Self::Wire];

    /// The view with that word; the first where there is none.
    #[must_use]
    pub fn named(word: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|view| Some(view.word()) == word).unwrap_or_default()
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Rendered => "rendered",
            Self::Raw => "raw",
            Self::Request => "request",
            Self::Wire => "wire",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Rendered => "Rendered",
            Self::Raw => "Raw",
            Self::Request => "Request",
            Self::Wire => "Wire",
        }
    }
}

/// The exchange with the provider, once somebody has asked for it.
pub type LoadedWire = Resource<Option<Result<Wire, PageError>>>;

/// The tabs and what stands under the chosen one.
#[component]
pub fn Views(
    /// The run.
    run: RunState,
    /// Its id.
    id: RunId,
    /// The model that was asked, if it is still there.
    model: Option<ModelInfo>,
    /// Exactly what was asked for.
    request: String,
    /// The view that the address names.
    chosen: Memo<View>,
    /// What was sent, where it has been asked for.
    wire: LoadedWire,
) -> impl IntoView {
    let free = model.as_ref().is_some_and(|model| model.price == Some(Price::FREE));
    let request = StoredValue::new(request);
    let is = move |view: View| move || chosen.get() == view;
    view! {
        <div class="run__views">
            <Tabs id chosen/>
            <div
                class="run__view"
                role="tabpanel"
                id="view-rendered"
                aria-labelledby="tab-rendered"
                hidden=move || chosen.get() != View::Rendered
            >
                <Output run model=Signal::stored(model) heading=false/>
            </div>
            <div class="pane run__view" hidden=move || chosen.get() == View::Rendered>
                <div class="pane__body" tabindex="0" role="tabpanel" id="view-other" aria-labelledby=move || tab_id(chosen.get())>
                    <div class="output run__code">
                        <Show when=is(View::Raw)>
                            <Raw run/>
                        </Show>
                        <Show when=is(View::Request)>
                            <Request text=request.get_value()/>
                        </Show>
                        <Show when=is(View::Wire)>
                            <Exchange wire/>
                        </Show>
                    </div>
                </div>
                <footer class="pane__foot">
                    <Figures run free/>
                </footer>
            </div>
        </div>
    }
    .into_any()
}

fn tab_id(view: View) -> String {
    format!("tab-{}", view.word())
}

/// Links that are tabs: without JavaScript they load the page with the other view.
#[component]
fn Tabs(id: RunId, chosen: Memo<View>) -> impl IntoView {
    // Without JavaScript there are no arrow keys: every tab is a stop of its own until the page is live.
    let alive = RwSignal::new(false);
    Effect::new(move || alive.set(true));
    let turn = move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowRight" => 1,
            "ArrowLeft" => View::ALL.len() - 1,
            _ => return,
        };
        event.prevent_default();
        let here = View::ALL.iter().position(|view| *view == chosen.get_untracked()).unwrap_or_default();
        let next = tab_id(View::ALL[(here + step) % View::ALL.len()]);
        browser::focus(&next);
        browser::press(&next);
    };
    let tab = move |view: View| {
        let selected = move || chosen.get() == view;
        let panel = if view == View::Rendered { "view-rendered" } else { "view-other" };
        view! {
            <a
                class="tab"
                role="tab"
                id=tab_id(view)
                href=format!("/runs/{id}?view={}", view.word())
                data-noscroll=""
                aria-selected=move || if selected() { "true" } else { "false" }
                aria-controls=panel
                tabindex=move || (alive.get() && !selected()).then_some("-1")
            >
                {view.label()}
            </a>
        }
    };
    view! {
        <div class="run__tabs">
            <div class="tabs" role="tablist" aria-label="Views of this run" on:keydown=turn>
                {View::ALL.map(tab).collect_view()}
            </div>
        </div>
    }
    .into_any()
}

/// The output letter by letter, as it came.
#[component]
fn Raw(run: RunState) -> impl IntoView {
    let calls = Memo::new(move |_| run.view.with(|view| view.output.tool_calls.clone()));
    let others = Memo::new(move |_| run.view.with(|view| view.output.choices.clone()));
    let call = |call: ToolCall| {
        view! {
            <section class="raw">
                <h2>{format!("Tool call {}", call.name)}</h2>
                <pre class="run__text">{call.arguments}</pre>
            </section>
        }
    };
    view! {
        <section class="raw" hidden=move || run.reasoning.with(String::is_empty)>
            <h2>"Reasoning"</h2>
            <div class="run__text">
                <Growing text=run.reasoning epoch=run.epoch/>
            </div>
        </section>
        <section class="raw" hidden=move || run.text.with(String::is_empty)>
            <h2>"Answer"</h2>
            <div class="run__text">
                <Growing text=run.text epoch=run.epoch/>
            </div>
        </section>
        {move || calls.get().into_iter().map(call).collect_view()}
        {move || {
            let others = others.get().into_iter().filter(|choice| choice.index > 0);
            others
                .map(|choice| {
                    view! {
                        <section class="raw">
                            <h2>{format!("Answer {}", choice.index + 1)}</h2>
                            <pre class="run__text">{choice.text}</pre>
                        </section>
                    }
                })
                .collect_view()
        }}
        <p class="faint" hidden=move || !run.text.with(String::is_empty) || calls.with(|calls| !calls.is_empty())>
            "No text has come."
        </p>
    }
    .into_any()
}

/// What was asked for, to the letter.
#[component]
fn Request(text: String) -> impl IntoView {
    let note = format!("{} bytes", thousands(text.len() as u64));
    view! {
        <Code name="json" note label="Exact request" copy="Copy the request" text=pretty(&text)/>
        <p class="faint">
            "As it was asked for, before its variables were filled. Sent to POST /v1/runs without its request_id, it asks for the same again."
        </p>
    }
    .into_any()
}

/// What was sent, once it is there.
#[component]
fn Exchange(wire: LoadedWire) -> impl IntoView {
    view! {
        <Transition fallback=|| view! { <p class="faint" role="status">"Reading what was sent."</p> }>
            {move || Suspend::new(async move {
                match wire.await {
                    Some(Ok(wire)) => view! { <WireView wire/> }.into_any(),
                    Some(Err(PageError(error))) => view! { <Failure error/> }.into_any(),
                    None => ().into_any(),
                }
            })}
        </Transition>
    }
    .into_any()
}
