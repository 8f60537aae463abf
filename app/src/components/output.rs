//! The pane "Output": what came back, what is happening, what it took.

use domain::{ModelInfo, Price};
use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;

use super::announcer::Announcer;
use super::answer::{Answer, Look};
use super::copy::CopyButton;
use super::figures::Figures;
use super::icon::Icon;
use super::reader::{Reader, watch_flow};
use crate::browser;
use crate::state::compose::Fix;
use crate::state::desk::Desk;
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
    /// The desk that an answer can be taken to, where there is one.
    #[prop(optional)]
    desk: Option<Desk>,
) -> impl IntoView {
    let running = Memo::new(move |_| run.is_running());
    let free = Signal::derive(move || model.with(|model| model.as_ref().is_some_and(|m| m.price == Some(Price::FREE))));
    let body = NodeRef::<Div>::new();
    let reader = Reader::new(body);
    let look = RwSignal::new(Look::Rendered);
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
            {heading.then(|| view! { <Head run look/> })}
            <div class="pane__body" id="answer" tabindex="0" role=if heading { "tabpanel" } else { "group" } aria-label="Answer" node_ref=body on:scroll=move |_| reader.scrolled()>
                <Answer run model welcome on_retry on_fix desk look/>
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

/// The pane's head: how the answer is shown, a copy of it, and where the run is kept.
#[component]
fn Head(run: RunState, look: RwSignal<Look>) -> impl IntoView {
    const LOOKS: [(Look, &str, &str); 3] = [
        (Look::Rendered, "Rendered", "look-rendered"),
        (Look::Raw, "Raw", "look-raw"),
        (Look::Tokens, "Tokens", "look-tokens"),
    ];
    let has_tokens = Memo::new(move |_| run.view.with(|view| !view.output.logprobs.is_empty()));
    let count = move || if has_tokens.get_untracked() { 3 } else { 2 };
    // What is not there any more is not looked at.
    Effect::new(move || {
        if !has_tokens.get() && look.get_untracked() == Look::Tokens {
            look.set(Look::Rendered);
        }
    });
    let link = move || {
        run.id.get().map(|id| view! { <a class="output__link" href=format!("/runs/{id}")>"Link to this run"</a> })
    };
    let walk = move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowRight" => 1,
            "ArrowLeft" => count() - 1,
            _ => return,
        };
        event.prevent_default();
        let here = LOOKS.iter().position(|(own, ..)| *own == look.get_untracked()).unwrap_or_default();
        let (next, _, id) = LOOKS[(here + step) % count()];
        look.set(next);
        browser::focus(id);
    };
    let tabs = LOOKS.map(|(own, word, id)| {
        let chosen = move || look.get() == own;
        view! {
            <button
                class="tab"
                role="tab"
                type="button"
                id=id
                aria-controls="answer"
                aria-selected=move || if chosen() { "true" } else { "false" }
                tabindex=move || if chosen() { "0" } else { "-1" }
                hidden=move || own == Look::Tokens && !has_tokens.get()
                on:click=move |_| look.set(own)
            >
                {word}
            </button>
        }
    });
    view! {
        <header class="pane__head">
            <h2 class="sr-only">"Output"</h2>
            <div class="tabs live-only" role="tablist" aria-label="Output as" on:keydown=walk>
                {tabs.into_iter().collect_view()}
            </div>
            <span class="grow"></span>
            {link}
            <Show when=move || run.text.with(|text| !text.is_empty())>
                <CopyButton label="Copy output" text=Callback::new(move |()| run.text.get_untracked())/>
            </Show>
        </header>
    }
    .into_any()
}
