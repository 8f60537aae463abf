//! The header: where one is, and what can be done here.

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::prelude::*;

use super::icon::{Icon, Mark};
use super::keys::Keys;
use super::nav::{Nav, Place};
use super::theme::ThemeButton;
use crate::browser;
use crate::state::desk::Desk;
use crate::state::draft::DraftStoreFields;
use crate::state::overlays::{Overlay, Overlays};

#[component]
fn Brand() -> impl IntoView {
    view! {
        <a class="header__brand" href="/" aria-label="Etude, home">
            <Mark/>
            <span>"Etude"</span>
        </a>
        <svg class="header__slash" viewBox="0 0 8 20" aria-hidden="true">
            <path d="M7 1 1 19"></path>
        </svg>
    }
}

/// The header of a page with a title and nothing to run.
#[component]
pub fn PlainHeader(
    /// Where one is.
    title: &'static str,
    /// The place that it belongs to.
    here: Place,
    /// The page above it: its name and its address.
    #[prop(optional)]
    above: Option<(&'static str, &'static str)>,
) -> impl IntoView {
    let above = above.map(|(name, address)| {
        view! {
            <a class="header__name header__above" href=address>{name}</a>
            <svg class="header__slash" viewBox="0 0 8 20" aria-hidden="true">
                <path d="M7 1 1 19"></path>
            </svg>
        }
    });
    view! {
        <a class="skip-link" href="#main">"Skip to content"</a>
        <header class="header">
            <Brand/>
            <div class="header__subject">
                {above}
                <span class="header__name">{title}</span>
            </div>
            <div class="header__actions">
                <CommandsButton/>
                <ThemeButton/>
            </div>
        </header>
        <Nav here/>
    }
    .into_any()
}

/// The header of the playground.
#[component]
pub fn WorkHeader(
    /// What the buttons act on.
    desk: Desk,
) -> impl IntoView {
    let open = move || if desk.rail.get() { "true" } else { "false" };
    // The focus goes into the parameters as they open, and is not left in them as they close.
    Effect::new(move |was: Option<bool>| {
        let open = desk.rail.get();
        match was {
            Some(false) if open => request_animation_frame(|| browser::focus("model")),
            Some(true) if !open && browser::has_focus("params") => browser::focus("params-button"),
            _ => {}
        }
        open
    });
    view! {
        <a class="skip-link" href="#main">"Skip to content"</a>
        <header class="header">
            <Brand/>
            <div class="header__subject">
                <h1 class="header__name">"Playground"</h1>
            </div>
            <div class="header__actions">
                <button
                    class="chip header__params live-only"
                    id="params-button"
                    data-size="md"
                    type="button"
                    aria-label="Parameters"
                    title="Parameters"
                    aria-expanded=open
                    aria-controls="params"
                    on:click=move |_| desk.rail.update(|open| *open = !*open)
                >
                    <Icon name="sliders-horizontal" small=true/>
                    <span class="truncate">{move || desk.draft.model().get()}</span>
                </button>
                <CommandsButton/>
                <ThemeButton/>
                <RunButton desk/>
            </div>
        </header>
        <Nav here=Place::Playground/>
    }
    .into_any()
}

/// Opens the commands.
#[component]
fn CommandsButton() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    view! {
        <button
            class="button header__commands live-only"
            data-kind="quiet"
            type="button"
            aria-label="Commands"
            title="Commands"
            aria-keyshortcuts="Control+K"
            aria-haspopup="dialog"
            on:click=move |_| overlays.show(Overlay::Commands)
        >
            <Icon name="search"/>
            <span class="keys-only" aria-hidden="true">
                <Keys keys=&["Mod", "K"]/>
            </span>
        </button>
    }
}

/// Run, which becomes Stop in its place. Before the page is live it submits the form.
#[component]
fn RunButton(desk: Desk) -> impl IntoView {
    let running = Memo::new(move |_| desk.run.is_running());
    let either = move |run: &'static str, stop: &'static str| move || if running.get() { stop } else { run };
    let icon = Signal::derive(either("play", "square"));
    let click = move |event: MouseEvent| {
        if running.get_untracked() {
            event.prevent_default();
            // The second click of a double click was meant for Run.
            if event.detail() < 2 {
                desk.stop();
            }
        }
    };
    // A key held down would start and stop by turns.
    let hold = move |event: KeyboardEvent| {
        if event.repeat() {
            event.prevent_default();
        }
    };
    view! {
        <button
            class="button button-run"
            id="run"
            form="playground"
            type=either("submit", "button")
            data-kind=either("primary", "stop")
            aria-keyshortcuts=either("Control+Enter", "Escape")
            aria-busy=move || desk.run.stopping.get().then_some("true")
            autofocus=true
            on:click=click
            on:keydown=hold
        >
            <Icon name=icon small=true fill=true/>
            <span class="grow">{either("Run", "Stop")}</span>
            <span class="kbd-set" aria-hidden="true">
                <Show when=move || running.get() fallback=|| view! { <Keys keys=&["Mod", "↵"]/> }>
                    <kbd class="kbd">"Esc"</kbd>
                </Show>
            </span>
        </button>
    }
    .into_any()
}
