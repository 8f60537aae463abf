//! What stands in the output: why it waits, the text, why it failed, how it ended.

use domain::{FinishReason, ModelInfo, RunStatus, ToolCall};
use leptos::prelude::*;

use super::failure::Failure;
use super::growing::Growing;
use super::icon::Icon;
use super::rendered::Rendered;
use super::retry::Retry;
use super::ticked::ticked;
use super::tokens::Tokens;
use crate::state::compose::{Fix, Refusal};
use crate::state::desk::Desk;
use crate::state::figures::thousands;
use crate::state::run::RunState;

/// How an answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// As Markdown.
    Rendered,
    /// As it came.
    Raw,
    /// Token by token, where their probabilities are known.
    Tokens,
    /// With what differs from another answer marked.
    Marked,
}

/// Everything in the pane's body, in the order of the answer.
#[component]
pub(super) fn Answer(
    run: RunState,
    model: Signal<Option<ModelInfo>>,
    welcome: ViewFnOnce,
    on_retry: Option<Callback<()>>,
    on_fix: Option<Callback<Fix>>,
    desk: Option<Desk>,
    look: RwSignal<Look>,
    #[prop(optional, into)] marked: Option<ViewFn>,
) -> impl IntoView {
    let running = Memo::new(move |_| run.is_running());
    let chosen = Memo::new(move |_| look.get());
    let blank =
        Memo::new(move |_| !run.starting.get() && run.id.with(Option::is_none) && run.refusal.with(Option::is_none));
    let silent = Memo::new(move |_| run.text.with(String::is_empty) && run.reasoning.with(String::is_empty));
    let thought = Memo::new(move |_| run.reasoning.with(|text| !text.is_empty()));
    let ended = Memo::new(move |_| run.view.with(|view| view.status.is_end()));
    let (reveal, invisible) = (RwSignal::new(false), RwSignal::new(0));
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
                <Waiting run desk/>
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
            <Show when=move || (invisible.get() > 0) && look.get() == Look::Rendered>
                <p class="output__notice" data-tone="warn">
                    <Icon name="info" small=true/>
                    <span>{move || format!("The answer has {} characters that one does not see.", thousands(invisible.get() as u64))}</span>
                    <button class="button live-only" data-size="sm" type="button" on:click=move |_| reveal.update(|on| *on = !*on)>
                        {move || if reveal.get() { "Hide them" } else { "Show them" }}
                    </button>
                </p>
            </Show>
            <div
                class="output__text"
                data-look=move || match look.get() {
                    Look::Raw => "raw",
                    Look::Marked => "marked",
                    Look::Rendered | Look::Tokens => "rendered",
                }
                hidden=move || look.get() == Look::Tokens || run.text.with(String::is_empty)
            >
                {move || match (chosen.get(), &marked) {
                    (Look::Raw, _) => view! { <Growing text=run.text epoch=run.epoch/> }.into_any(),
                    (Look::Marked, Some(marked)) => marked.run(),
                    _ => view! { <Rendered text=run.text epoch=run.epoch ended reveal invisible/> }.into_any(),
                }}
                <Show when=move || running.get() && !silent.get()>
                    <span class="caret"></span>
                </Show>
            </div>
            <Show when=move || look.get() == Look::Tokens>
                <Tokens run/>
            </Show>
            <Called run/>
            <Trouble run on_retry on_fix desk/>
            <End run model/>
            {desk.map(|desk| view! { <Next desk/> })}
        </div>
    }
    .into_any()
}

/// The tools that were called.
#[component]
fn Called(run: RunState) -> impl IntoView {
    let calls = Memo::new(move |_| run.view.with(|view| view.output.tool_calls.clone()));
    let one = |call: ToolCall| {
        view! {
            <details class="tool">
                <summary class="tool__head">
                    <Icon name="chevron-right" small=true/>
                    <code>{call.name}</code>
                    <span class="faint">"tool call"</span>
                </summary>
                <pre class="tool__body" tabindex="0">{call.arguments}</pre>
            </details>
        }
    };
    move || calls.get().into_iter().map(one).collect_view()
}

/// Before the first token: why it waits, in the place where the text will be.
#[component]
fn Waiting(run: RunState, desk: Option<Desk>) -> impl IntoView {
    let said = Memo::new(move |_| {
        if run.starting.get() {
            return ("queued", "Sent".to_owned(), "The server has not taken it yet.".to_owned());
        }
        run.view.with(|view| match (&view.queued, &view.started) {
            (Some(queued), _) => {
                let wait = queued.estimate_ms.map(|ms| format!(", about {} s", ms.div_ceil(1000))).unwrap_or_default();
                let place = format!("Number {} in the queue{wait}.", queued.position);
                let status = if queued.reason.contains("restarted") { "blocked" } else { "queued" };
                (status, queued.reason.clone(), format!("{place} It starts by itself, here or with the tab closed."))
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
        {desk.map(|desk| view! { <Instead desk stuck=Signal::derive(move || said.get().0 == "blocked")/> })}
    }
}

/// What can be done while the model's process is being restarted.
#[component]
fn Instead(desk: Desk, stuck: Signal<bool>) -> impl IntoView {
    let other = Memo::new(move |_| desk.other_model());
    view! {
        <Show when=move || stuck.get()>
            <div class="output__next">
                {move || {
                    other.get().map(|model| {
                        let label = format!("Run on {model} instead");
                        view! { <button class="button" data-size="sm" type="button" on:click=move |_| desk.run_instead(&model)>{label}</button> }
                    })
                }}
                <button class="button" data-kind="quiet" data-size="sm" type="button" on:click=move |_| desk.stop()>"Stop waiting"</button>
            </div>
        </Show>
    }
}

/// Why it failed, or was not taken, and what to do about it.
#[component]
fn Trouble(
    run: RunState,
    on_retry: Option<Callback<()>>,
    on_fix: Option<Callback<Fix>>,
    desk: Option<Desk>,
) -> impl IntoView {
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
                Fix::Edit(_) => "Go to it".to_owned(),
            };
            view! { <button class="button live-only" type="button" on:click=move |_| mend.run(fix.clone())>{label}</button> }
        });
        let retry = on_retry.filter(|_| refusal.error.retryable).map(|on_retry| {
            let is_blank = run.text.with_untracked(String::is_empty) && run.reasoning.with_untracked(String::is_empty);
            let by_itself = desk.filter(|desk| is_blank && desk.started_here.get_untracked());
            view! { <Retry on_retry after_ms=refusal.error.retry_after_ms by_itself/> }
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

/// What can be done with an answer that has ended.
#[component]
fn Next(desk: Desk) -> impl IntoView {
    let run = desk.run;
    let ended = Memo::new(move |_| run.id.with(Option::is_some) && run.view.with(|view| view.status.is_end()));
    let has_answer = Memo::new(move |_| {
        run.text.with(|text| !text.is_empty()) || run.view.with(|view| !view.output.tool_calls.is_empty())
    });
    let can_continue = Memo::new(move |_| ended.get() && desk.can_continue());
    view! {
        <Show when=move || ended.get() && has_answer.get()>
            <div class="output__next live-only">
                <Show when=move || can_continue.get()>
                    <button class="button" data-size="sm" type="button" on:click=move |_| desk.continue_answer()>
                        <Icon name="arrow-right" small=true/>
                        "Continue from here"
                    </button>
                </Show>
                <button class="button" data-kind="quiet" data-size="sm" type="button" aria-keyshortcuts="Alt+Enter" on:click=move |_| desk.take_answer()>
                    <Icon name="message-square" small=true/>
                    "Add to messages"
                </button>
            </div>
        </Show>
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
                    {note.map(|note| view! { <span class="faint">{ticked(&note)}</span> })}
                </div>
            }
        })
    }
}
