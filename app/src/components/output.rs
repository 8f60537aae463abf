//! The pane "Output": what came back, what is happening, what it took.

use domain::{ModelInfo, Price};
use leptos::html::Div;
use leptos::prelude::*;

use super::announcer::Announcer;
use super::answer::Answer;
use super::figures::Figures;
use super::icon::Icon;
use super::reader::{Reader, watch_flow};
use crate::state::draft::Fix;
use crate::state::run::RunState;

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
