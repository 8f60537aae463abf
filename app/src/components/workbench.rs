//! The playground's page, from header to rail.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::banner::Banner;
use super::forecast::PromptFoot;
use super::header::WorkHeader;
use super::inputs::Inputs;
use super::message::Messages;
use super::output::Output;
use super::params::Params;
use super::prompt_menu::Archived;
use super::tools::ToolsFold;
use super::welcome::Welcome;
use crate::browser;
use crate::state::desk::{Desk, Pane};
use crate::state::overlays::{Overlay, Overlays};

/// The playground: prompt, output, parameters.
#[component]
pub fn Workbench(
    /// Everything on it.
    desk: Desk,
) -> impl IntoView {
    keys(desk);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        desk.start();
    };
    let model = Signal::derive(move || Some(desk.model()));
    view! {
        <div class="shell">
            <WorkHeader desk/>
            <Banner/>
            <main class="shell__main" id="main">
                <form
                    class="playground"
                    id="playground"
                    method="post"
                    action="/api/start"
                    novalidate=true
                    data-rail=move || if desk.rail.get() { "open" } else { "closed" }
                    on:submit=submit
                >
                    <Views desk/>
                    <section class="pane playground__prompt" aria-labelledby="prompt-h">
                        <header class="pane__head">
                            <h2 id="prompt-h">"Prompt"</h2>
                        </header>
                        <div class="pane__body">
                            <Archived opened=desk.opened/>
                            <Messages desk/>
                            <ToolsFold desk/>
                            <Inputs desk/>
                        </div>
                        <PromptFoot desk/>
                    </section>
                    <Output
                        run=desk.run
                        model
                        heading=true
                        welcome=move || view! { <Welcome desk/> }
                        on_retry=Callback::new(move |()| {
                            desk.start();
                            // The button that was pressed goes away with its message.
                            browser::focus("run");
                        })
                        on_fix=Callback::new(move |fix| desk.mend(&fix))
                        desk
                    />
                    <Params desk/>
                </form>
            </main>
        </div>
    }
    .into_any()
}

/// Which pane a phone shows. Radios of no form: they are not part of the prompt.
#[component]
fn Views(desk: Desk) -> impl IntoView {
    let items = [("Prompt", Pane::Prompt), ("Output", Pane::Output), ("Params", Pane::Params)];
    let items = items.map(|(label, pane)| {
        view! {
            <label class="segmented__item">
                <input
                    type="radio"
                    name="view"
                    form="views"
                    value=label.to_lowercase()
                    checked=desk.pane.get_untracked() == pane
                    prop:checked=move || desk.pane.get() == pane
                    on:change=move |_| desk.pane.set(pane)
                />
                {label}
            </label>
        }
    });
    view! {
        <div class="playground__views">
            <div class="segmented" role="radiogroup" aria-label="Show">{items.collect_view()}</div>
        </div>
    }
    .into_any()
}

/// The page's keys. None acts while an input method is composing.
fn keys(desk: Desk) {
    let overlays = expect_context::<Overlays>();
    let press = move |event: KeyboardEvent| {
        // What lies over the page has keys of its own.
        if event.is_composing() || event.key_code() == 229 || event.default_prevented() || browser::has_dialog() {
            return;
        }
        let main = (event.ctrl_key() || event.meta_key()) && !event.alt_key();
        match event.key().as_str() {
            // With Shift, all panes: there is one.
            "Enter" if main => {
                event.prevent_default();
                if !event.repeat() {
                    desk.start();
                }
            }
            "Enter" if event.alt_key() && !event.ctrl_key() && !event.meta_key() && !event.shift_key() => {
                event.prevent_default();
                desk.take_answer();
            }
            "ArrowRight" if main && event.shift_key() && !browser::is_typing() && untrack(|| desk.can_continue()) => {
                event.prevent_default();
                desk.continue_answer();
            }
            // Never the browser's: what it would save is the page without the texts.
            "s" | "S" if main && !event.shift_key() => {
                event.prevent_default();
                if !event.repeat() {
                    overlays.show(Overlay::Save);
                }
            }
            "." if main => {
                event.prevent_default();
                if desk.rail.get_untracked() { desk.rail.set(false) } else { desk.show_rail() }
            }
            "Escape" if desk.rail.get_untracked() => desk.rail.set(false),
            "Escape" => desk.stop(),
            _ => {}
        }
    };
    Effect::new(move || {
        let handle = window_event_listener(leptos::ev::keydown, press);
        on_cleanup(move || handle.remove());
    });
}
