//! The pane "Output": what came back, what is happening, what it took.

use std::time::Duration;

use domain::{FinishReason, ModelInfo, Price, RunStatus};
use leptos::html::Div;
use leptos::prelude::*;

use super::failure::Failure;
use super::figures::Figures;
use super::growing::Growing;
use super::icon::Icon;
use crate::state::draft::{Fix, Refusal};
use crate::state::figures::{seconds, thousands};
use crate::state::run::RunState;

/// How far from the end one may be and still be taken to read along, in pixels.
const AT_END_PX: i32 = 32;
/// How often a running answer is announced.
const ANNOUNCE_EVERY: Duration = Duration::from_secs(5);
/// After this much rest the caret blinks.
const REST: Duration = Duration::from_millis(400);

/// The pane "Output".
#[component]
pub fn Output(
    /// What is shown.
    run: RunState,
    /// The model that was asked, if it is still there.
    #[prop(into)]
    model: Signal<Option<ModelInfo>>,
    /// Whether the pane has a head of its own.
    heading: bool,
    /// What stands here before the first run.
    #[prop(optional, into)]
    welcome: ViewFnOnce,
    /// Runs the same again.
    #[prop(optional)]
    on_retry: Option<Callback<()>>,
    /// Mends what one click can mend.
    #[prop(optional)]
    on_fix: Option<Callback<Fix>>,
) -> impl IntoView {
    let running = Memo::new(move |_| run.is_running());
    let free = Signal::derive(move || model.with(|model| model.as_ref().is_some_and(|m| m.price == Some(Price::FREE))));
    let body = NodeRef::<Div>::new();
    let reader = Reader::new(body);
    let moving = RwSignal::new(false);
    watch_flow(run, moving);
    let pane = view! {
        <section
            class="pane playground__output"
            role="region"
            aria-label="Output"
            aria-busy=move || running.get().then_some("true")
            data-flow=move || moving.get().then_some("moving")
        >
            {heading.then(|| view! { <Head run/> })}
            <div class="pane__body" tabindex="0" role="group" aria-label="Answer" node_ref=body on:scroll=move |_| reader.scrolled()>
                <Answer run model welcome on_retry on_fix/>
            </div>
            <footer class="pane__foot">
                <Show when=move || reader.behind.get() && running.get()>
                    <button class="button follow" data-size="sm" type="button" on:click=move |_| reader.to_end()>
                        <Icon name="arrow-down" small=true/>
                        "New text"
                    </button>
                </Show>
                <Figures run free/>
            </footer>
            <Announcer run/>
        </section>
    }
    .into_any();
    reader.follow(run);
    pane
}

/// The pane's head: its name, and where the run is kept.
#[component]
fn Head(run: RunState) -> impl IntoView {
    let link = move || {
        run.id.get().map(|id| view! { <a class="output__link" href=format!("/runs/{id}")>"Link to this run"</a> })
    };
    view! {
        <header class="pane__head">
            <h2>"Output"</h2>
            <span class="grow"></span>
            {link}
        </header>
    }
    .into_any()
}

/// Everything in the pane's body, in the order of the answer.
#[component]
fn Answer(
    run: RunState,
    model: Signal<Option<ModelInfo>>,
    welcome: ViewFnOnce,
    on_retry: Option<Callback<()>>,
    on_fix: Option<Callback<Fix>>,
) -> impl IntoView {
    let running = Memo::new(move |_| run.is_running());
    let blank =
        Memo::new(move |_| !run.starting.get() && run.id.with(Option::is_none) && run.refusal.with(Option::is_none));
    let silent = Memo::new(move |_| run.text.with(String::is_empty) && run.reasoning.with(String::is_empty));
    let thought = Memo::new(move |_| run.reasoning.with(|text| !text.is_empty()));
    let notices = Memo::new(move |_| run.view.with(|view| view.notices.clone()));
    view! {
        <div hidden=move || !blank.get()>{welcome.run()}</div>
        <div class="output" hidden=move || blank.get()>
            <For each=move || notices.get() key=String::clone let:notice>
                <p class="output__notice" data-tone="warn">
                    <Icon name="info" small=true/>
                    <span>{notice}</span>
                </p>
            </For>
            <Show when=move || running.get() && silent.get()>
                <Waiting run/>
            </Show>
            <details class="output__reasoning" hidden=move || !thought.get()>
                <summary>
                    <Icon name="chevron-right" small=true/>
                    "Reasoning"
                </summary>
                <div class="output__thought">
                    <Growing text=run.reasoning epoch=run.epoch/>
                </div>
            </details>
            <div class="output__text" hidden=move || run.text.with(String::is_empty)>
                <Growing text=run.text epoch=run.epoch/>
                <Show when=move || running.get() && !silent.get()>
                    <span class="caret"></span>
                </Show>
            </div>
            <Trouble run on_retry on_fix/>
            <End run model/>
        </div>
    }
    .into_any()
}

/// Before the first token: why it waits, in the place where the text will be.
#[component]
fn Waiting(run: RunState) -> impl IntoView {
    let said = Memo::new(move |_| {
        if run.starting.get() {
            return ("queued", "Sent".to_owned(), "The server has not taken it yet.".to_owned());
        }
        run.view.with(|view| match (&view.queued, &view.started) {
            (Some(queued), _) => {
                let wait = queued.estimate_ms.map(|ms| format!(", about {} s", ms.div_ceil(1000))).unwrap_or_default();
                let place = format!("Number {} in the queue{wait}.", queued.position);
                ("queued", queued.reason.clone(), format!("{place} It starts by itself, here or with the tab closed."))
            }
            (None, Some(started)) => ("running", format!("{} reads the prompt", started.resolved_model), String::new()),
            (None, None) => ("queued", "Waiting".into(), String::new()),
        })
    });
    view! {
        <div class="output__waiting">
            <span class="status" data-status=move || said.get().0>{move || said.get().1}</span>
            <p>{move || said.get().2}</p>
        </div>
    }
}

/// Why it failed, or was not taken, and what to do about it.
#[component]
fn Trouble(run: RunState, on_retry: Option<Callback<()>>, on_fix: Option<Callback<Fix>>) -> impl IntoView {
    let trouble = Memo::new(move |_| {
        let failed = run.view.with(|view| view.error.clone()).map(Refusal::from);
        run.refusal.get().or(failed)
    });
    move || {
        let refusal = trouble.get()?;
        let fix = refusal.fix.clone().zip(on_fix).map(|(fix, mend)| {
            let label = match &fix {
                Fix::Fill(name) => format!("Fill in {name}"),
                Fix::Omit(param) => format!("Omit {} and run", param.label().to_lowercase()),
            };
            view! { <button class="button live-only" type="button" on:click=move |_| mend.run(fix.clone())>{label}</button> }
        });
        let retry = on_retry.filter(|_| refusal.error.retryable).map(|retry| {
            view! {
                <button class="button live-only" type="button" on:click=move |_| retry.run(())>
                    <Icon name="rotate-ccw" small=true/>
                    "Retry"
                </button>
            }
        });
        let words = run.text.with_untracked(|text| text.split_whitespace().count());
        let kept = (words > 0).then(|| format!("{} words", thousands(words as u64)));
        let id = run.id.get_untracked();
        Some(view! {
            <Failure error=refusal.error request_id=refusal.request_id run=id kept>
                {fix}
                {retry}
            </Failure>
        })
    }
}

/// What happened to an answer that did not end by itself, and what to think of the model.
#[component]
fn End(run: RunState, model: Signal<Option<ModelInfo>>) -> impl IntoView {
    let said = Memo::new(move |_| {
        run.view.with(|view| {
            let tokens = thousands(view.usage.output_tokens);
            match (view.status, view.finish_reason) {
                (RunStatus::Cancelled, _) => {
                    let took = view.cancel_ms.map(|ms| format!(", in {ms} ms")).unwrap_or_default();
                    Some(("cancelled", format!("Stopped after {tokens} tokens{took}")))
                }
                (_, Some(FinishReason::Length)) => {
                    Some(("blocked", format!("Cut at {tokens} tokens: the maximum, or the end of the context")))
                }
                (_, Some(FinishReason::Filtered)) => Some(("blocked", "Ended by a filter".to_owned())),
                _ => None,
            }
        })
    });
    let note = move || {
        let ended = run.view.with(|view| view.status == RunStatus::Finished);
        model.with(|model| model.as_ref().and_then(|model| model.note.clone())).filter(|_| ended)
    };
    move || {
        let (said, note) = (said.get(), note());
        (said.is_some() || note.is_some()).then(|| {
            view! {
                <div class="output__end">
                    {said.map(|(status, text)| view! { <span class="status" data-status=status>{text}</span> })}
                    {note.map(|note| view! { <span class="faint">{note}</span> })}
                </div>
            }
        })
    }
}

/// Says in one polite voice how the run goes, never the tokens themselves.
#[component]
fn Announcer(run: RunState) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let running = Memo::new(move |_| run.is_running());
    Effect::new(move |was: Option<bool>| {
        let now = running.get();
        if now && was != Some(true) {
            said.set("Started".into());
            let count = move || {
                let tokens = run.view.with_untracked(|view| view.deltas);
                if tokens > 0 {
                    said.set(format!("{} tokens", thousands(tokens)));
                }
            };
            let timer = set_interval_with_handle(count, ANNOUNCE_EVERY).ok();
            on_cleanup(move || timer.iter().for_each(|timer| timer.clear()));
        } else if !now && was == Some(true) {
            said.set(run.view.with_untracked(|view| {
                let word = match view.status {
                    RunStatus::Finished => "Finished",
                    RunStatus::Cancelled => "Stopped",
                    // The alert says the rest.
                    _ => return String::new(),
                };
                let tokens = thousands(view.usage.output_tokens);
                format!("{word}: {tokens} tokens in {} s", seconds(view.total_ms.unwrap_or_default()))
            }));
        }
        now
    });
    view! { <p class="sr-only" role="status">{move || said.get()}</p> }.into_any()
}

/// Where the reader is, against the end of the text.
#[derive(Clone, Copy)]
struct Reader {
    body: NodeRef<Div>,
    /// Whether to scroll along.
    along: StoredValue<bool>,
    last_top: StoredValue<i32>,
    /// Whether text came that is below the fold.
    behind: RwSignal<bool>,
}

impl Reader {
    fn new(body: NodeRef<Div>) -> Self {
        Self { body, along: StoredValue::new(true), last_top: StoredValue::new(0), behind: RwSignal::new(false) }
    }

    /// Scrolling up leaves the end; coming back to it follows again.
    fn scrolled(self) {
        let Some(body) = self.body.get_untracked() else { return };
        let top = body.scroll_top();
        if body.scroll_height() - top - body.client_height() < AT_END_PX {
            self.along.set_value(true);
            self.behind.set(false);
        } else if top < self.last_top.get_value() {
            self.along.set_value(false);
        }
        self.last_top.set_value(top);
    }

    fn to_end(self) {
        self.along.set_value(true);
        self.behind.set(false);
        if let Some(body) = self.body.get_untracked() {
            body.set_scroll_top(body.scroll_height());
        }
    }

    /// Follows what comes into `run`. To be called after the text's own effect is made: it must have run by then.
    fn follow(self, run: RunState) {
        Effect::new(move || {
            run.epoch.track();
            self.along.set_value(true);
            self.behind.set(false);
        });
        Effect::new(move |before: Option<()>| {
            run.text.track();
            run.reasoning.track();
            if before.is_none() || !untrack(|| run.is_running()) {
                return;
            }
            if self.along.get_value() {
                self.to_end();
            } else {
                self.behind.set(true);
            }
        });
    }
}

/// Says whether text is moving.
fn watch_flow(run: RunState, moving: RwSignal<bool>) {
    let timer = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |before: Option<()>| {
        run.text.track();
        if before.is_none() {
            return;
        }
        moving.set(true);
        timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
            *timer = set_timeout_with_handle(move || moving.set(false), REST).ok();
        });
    });
}
