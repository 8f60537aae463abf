//! The header: where one is, and what can be done here.

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::prelude::*;

use super::icon::{Icon, Mark};
use super::theme::ThemeButton;
use crate::browser;
use crate::state::desk::Desk;
use crate::state::draft::DraftStoreFields;

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

/// The ways to the other pages. Until there are more of them, they have room in the header.
#[component]
fn Nav(
    /// Whether this page is that one, or below it: its `aria-current`.
    #[prop(optional_no_strip)]
    runs: Option<&'static str>,
) -> impl IntoView {
    view! {
        <nav class="header__nav" aria-label="Main">
            <a class="button" data-kind="quiet" href="/runs" title="Runs" aria-current=runs>
                <Icon name="history"/>
                <span class="header__word">"Runs"</span>
            </a>
        </nav>
    }
}

/// The header of a page with a title and nothing to run.
#[component]
pub fn PlainHeader(
    /// Where one is.
    title: &'static str,
    /// The page above it: its name and its address.
    #[prop(optional)]
    above: Option<(&'static str, &'static str)>,
) -> impl IntoView {
    let runs = match (title, above) {
        ("Runs", _) => Some("page"),
        (_, Some(("Runs", _))) => Some("true"),
        _ => None,
    };
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
                <Nav runs/>
                <ThemeButton/>
            </div>
        </header>
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
                <Nav/>
                <ThemeButton/>
                <RunButton desk/>
            </div>
        </header>
    }
    .into_any()
}

/// Run, which becomes Stop in its place. Before the page is live it submits the form.
#[component]
fn RunButton(desk: Desk) -> impl IntoView {
    let running = Memo::new(move |_| desk.run.is_running());
    let apple = RwSignal::new(false);
    Effect::new(move || apple.set(browser::is_apple()));
    let either = move |run: &'static str, stop: &'static str| move || if running.get() { stop } else { run };
    let icon = Signal::derive(either("play", "square"));
    let modifier = move || if apple.get() { "⌘" } else { "Ctrl" };
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
                <Show
                    when=move || running.get()
                    fallback=move || view! { <kbd class="kbd">{modifier}</kbd><kbd class="kbd">"↵"</kbd> }
                >
                    <kbd class="kbd">"Esc"</kbd>
                </Show>
            </span>
        </button>
    }
    .into_any()
}
