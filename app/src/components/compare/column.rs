//! One column: what it runs, how that stands, and its answer.

use domain::{CellStatus, ModelInfo, ModelStatus, Price};
use leptos::html::{Div, Select};
use leptos::prelude::*;

use super::Leader;
use super::marked::Marked;
use super::menu::ColumnMenu;
use super::params::{ParamsChip, ParamsPop};
use super::repeats::Repeats;
use crate::browser;
use crate::components::answer::{Answer, Look};
use crate::components::control::keep_alike;
use crate::components::figures::{Figures, elapsed_ms};
use crate::components::icon::Icon;
use crate::components::reader::{Reader, watch_flow};
use crate::components::status::Status;
use crate::state::compare::{Col, Compare, Over, column_id, tone};
use crate::state::figures::seconds;
use crate::state::models::place;

/// A column.
#[component]
pub(super) fn ColumnPane(compare: Compare, column: Col, leader: Leader) -> impl IntoView {
    let id = column.id;
    let at = Memo::new(move |_| compare.place(id));
    let letter = Memo::new(move |_| compare.letter(id));
    let cell = Memo::new(move |_| compare.book.get((0, id, column.shown.get())).map(|cell| cell.status));
    let running = Memo::new(move |_| matches!(cell.get(), Some(CellStatus::Waiting | CellStatus::Running)));
    let moving = RwSignal::new(false);
    watch_flow(column.run, moving);
    let model = Signal::derive(move || Some(compare.model(column)));
    let free = Signal::derive(move || {
        model.with(|model| model.as_ref().is_some_and(|model| model.price == Some(Price::FREE)))
    });
    let lead = move || leader.0.set_value(Some(id));
    let open = Memo::new(move |_| compare.params_of.get() == Some(id));
    view! {
        <section
            class="pane column"
            id=column_id(id)
            role="region"
            aria-label=move || format!("Output {}", letter.get())
            aria-busy=move || running.get().then_some("true")
            data-variant=move || tone(at.get())
            data-flow=move || moving.get().then_some("moving")
            data-focused=move || (compare.focused.get() == id).then_some("")
            on:focusin=move |_| {
                if compare.focused.get_untracked() != id {
                    compare.focused.set(id);
                }
                lead();
            }
            on:pointerenter=move |_| lead()
            on:touchstart=move |_| lead()
        >
            <header class="column__head">
                <span class="letter" aria-hidden="true">{move || letter.get().to_string()}</span>
                <h2 class="sr-only">{move || format!("Column {}", letter.get())}</h2>
                <span class="column__chips">
                    <ModelSelect compare column/>
                    <ParamsChip compare column/>
                    <PromptButton compare column/>
                </span>
                <span class="column__deeds">
                    <RunColumn compare column/>
                    <ColumnMenu compare column/>
                </span>
                <ColumnStatus compare column cell/>
                <Show when=move || open.get()>
                    <ParamsPop compare column/>
                </Show>
            </header>
            <Repeats compare column/>
            <Body compare column leader model cell/>
            <footer class="pane__foot">
                <Figures run=column.run free/>
            </footer>
        </section>
    }
    .into_any()
}

/// The answer, scrolled with the others or alone.
#[component]
fn Body(
    compare: Compare,
    column: Col,
    leader: Leader,
    model: Signal<Option<ModelInfo>>,
    cell: Memo<Option<CellStatus>>,
) -> impl IntoView {
    let (id, run) = (column.id, column.run);
    let body = NodeRef::<Div>::new();
    let reader = Reader::new(body);
    let look = RwSignal::new(Look::Rendered);
    Effect::new(move || {
        let is_marked = compare.differ.is_on.get() && compare.columns.with(|columns| columns.len() > 1);
        look.set(if is_marked { Look::Marked } else { Look::Rendered });
    });
    let scrolled = move |_| {
        reader.scrolled();
        if compare.together.get_untracked() && leader.0.get_value() == Some(id) {
            browser::panes::scroll_alike(&column_id(id), ".compare__columns .pane__body");
        }
    };
    let marked = move || view! { <Marked column/> }.into_any();
    let pane = view! {
        <div class="pane__body" tabindex="0" role="group" aria-label=move || format!("Answer {}", compare.letter(id)) node_ref=body on:scroll=scrolled>
            <Answer
                run
                model
                welcome=(move || view! { <NotRun compare cell/> }).into()
                on_retry=Some(Callback::new(move |()| {
                    compare.run_column(id);
                    // The button that was pressed goes away with its message.
                    browser::focus(&format!("{}-run", column_id(id)));
                }))
                on_fix=Some(Callback::new(move |fix| compare.mend(id, &fix)))
                desk=None
                look
                marked
            />
        </div>
        <div class="column__follow">
            <Show when=move || reader.behind.get() && run.is_running()>
                <button class="button follow" data-size="sm" type="button" on:click=move |_| reader.to_end()>
                    <Icon name="arrow-down" small=true/>
                    "New text"
                </button>
            </Show>
        </div>
    }
    .into_any();
    reader.follow(run);
    pane
}

/// What stands there before the first run, while a cell waits, and until its answer is read.
#[component]
fn NotRun(compare: Compare, cell: Memo<Option<CellStatus>>) -> impl IntoView {
    let held = Memo::new(move |_| compare.standing.with(|standing| standing.held.clone()));
    let why = move || match held.get().as_deref() {
        Some("paused") => "It begins when the comparison goes on.",
        Some(_) => "It begins when the cap is raised.",
        None => "It starts by itself, here or with the tab closed.",
    };
    let said = move || match cell.get() {
        None => "Not run yet.",
        Some(CellStatus::Stopped) => "Stopped before it began.",
        Some(_) => "Reading the answer.",
    };
    view! {
        <div class="output">
            <Show when=move || cell.get() == Some(CellStatus::Waiting) fallback=move || view! { <p class="faint">{said}</p> }>
                <div class="output__waiting">
                    <span class="status" data-status="queued">"Waiting"</span>
                    <p>{why}</p>
                </div>
            </Show>
        </div>
    }
    .into_any()
}

/// The model of a column.
#[component]
pub(in crate::components) fn ModelSelect(compare: Compare, column: Col) -> impl IntoView {
    let node = NodeRef::<Select>::new();
    let name = Memo::new(move |_| column.column.with(|column| column.content.model.clone()));
    let set = move |chosen: String| {
        if name.get_untracked() != chosen {
            compare.choose_model(column, chosen);
        }
    };
    keep_alike(node, move || name.get(), set);
    let chosen = name.get_untracked();
    let options = compare.models.with_value(|models| {
        // The providers in the order of their first models, the default's first.
        let mut providers: Vec<&str> = Vec::new();
        for model in models.iter() {
            if !providers.contains(&model.provider.as_str()) {
                providers.push(&model.provider);
            }
        }
        let option = |model: &ModelInfo| {
            let gone = model.status == ModelStatus::Gone;
            let is_chosen = model.name == chosen;
            view! { <option value=model.name.clone() selected=is_chosen disabled=gone && !is_chosen>{model.name.clone()}</option> }
        };
        let group = |provider: &&str| {
            let theirs = models.iter().filter(|model| model.provider == **provider);
            view! { <optgroup label=place(provider)>{theirs.map(option).collect_view()}</optgroup> }
        };
        providers.iter().map(group).collect_view()
    });
    // One that is not there just now stays chosen; so does one that is chosen by another name.
    let missing = move || {
        let name = name.get();
        let known = compare.models.with_value(|models| models.iter().any(|model| model.name == name));
        (!known && !name.is_empty()).then(|| view! { <option value=name.clone() selected=true>{name.clone()}</option> })
    };
    view! {
        <select
            class="input column__model"
            id=format!("{}-model", column_id(column.id))
            aria-label=move || format!("Model of {}", compare.letter(column.id))
            autocomplete="off"
            node_ref=node
            on:change=move |event| set(event_target_value(&event))
        >
            {options}
            {missing}
        </select>
    }
    .into_any()
}

#[component]
fn PromptButton(compare: Compare, column: Col) -> impl IntoView {
    let label = move || format!("Edit prompt of {}", compare.letter(column.id));
    view! {
        <button
            class="button live-only"
            data-kind="quiet"
            data-shape="icon"
            data-size="sm"
            type="button"
            aria-label=label
            title=label
            aria-haspopup="dialog"
            on:click=move |_| compare.over.set(Some(Over::Prompt(column.id)))
        >
            <Icon name="pencil" small=true/>
        </button>
    }
    .into_any()
}

/// Runs the column, or stops it.
#[component]
fn RunColumn(compare: Compare, column: Col) -> impl IntoView {
    let id = column.id;
    let busy = Memo::new(move |_| compare.is_running(id));
    let deed = move || if busy.get() { "Stop" } else { "Run" };
    let label = move || format!("{} {}", deed(), compare.letter(id));
    let icon = Signal::derive(move || if busy.get() { "square" } else { "play" });
    let click = move |event: leptos::ev::MouseEvent| {
        if !busy.get_untracked() {
            compare.run_column(id);
        } else if event.detail() < 2 {
            compare.stop(domain::CellScope { column: Some(id), ..domain::CellScope::default() });
        }
    };
    view! {
        <button
            class="button live-only"
            data-size="sm"
            type="button"
            id=format!("{}-run", column_id(id))
            aria-label=label
            aria-busy=move || column.run.stopping.get().then_some("true")
            on:click=click
        >
            <Icon name=icon small=true fill=true/>
            {deed}
        </button>
    }
    .into_any()
}

/// How the shown answer stands, since when, and of which version it is.
#[component]
fn ColumnStatus(compare: Compare, column: Col, cell: Memo<Option<CellStatus>>) -> impl IntoView {
    let elapsed = elapsed_ms(column.run);
    let took = move || {
        let total = column.run.view.with(|view| view.total_ms);
        total.or(elapsed.get()).map(|ms| format!("{} s", seconds(ms)))
    };
    let outdated =
        Memo::new(move |_| compare.book.get((0, column.id, column.shown.get())).is_some_and(|cell| cell.outdated));
    let version = move || {
        column.column.with(|column| {
            let number = column.version.filter(|_| column.prompt.is_some())?;
            Some(if column.edited { format!("v{number}, edited") } else { format!("v{number}") })
        })
    };
    // Until the answer is read, its cell says how it ended; where it could not be started, there is none to read.
    let early = Memo::new(move |_| {
        let is_read = column.run.view.with(|view| view.status.is_end());
        let is_refused = column.run.refusal.with(Option::is_some);
        match cell.get() {
            Some(CellStatus::Waiting) => Some(("queued", "waiting")),
            Some(CellStatus::Failed) if !is_read => Some(("failed", "failed")),
            Some(CellStatus::Done) if !is_read && !is_refused => Some(("finished", "done")),
            Some(CellStatus::Stopped) if !is_read && !is_refused => Some(("cancelled", "stopped")),
            _ => None,
        }
    });
    view! {
        <div class="column__status">
            {move || match early.get() {
                Some((status, word)) => view! { <span class="status" data-status=status>{word}</span> }.into_any(),
                None => view! { <Status run=column.run/> }.into_any(),
            }}
            <Show when=move || outdated.get()>
                <span class="badge" data-tone="warn" title="What is compared has changed since this was run">"before the change"</span>
            </Show>
            {move || version().map(|version| view! { <span class="badge num">{version}</span> })}
            <span class="column__took">{took}</span>
        </div>
    }
    .into_any()
}
