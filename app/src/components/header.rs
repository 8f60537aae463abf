//! The header: where one is, and what can be done here.

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::prelude::*;

use super::icon::{Icon, Mark};
use super::keys::Keys;
use super::menu::{Menu, MenuItem, MenuLink, MenuRule};
use super::nav::{Nav, Place};
use super::prompt_menu::{PromptName, VersionChip};
use super::theme::ThemeButton;
use crate::browser;
use crate::state::desk::Desk;
use crate::state::draft::DraftStoreFields;
use crate::state::overlays::{Overlay, Overlays};
use crate::state::versions::Opened;

/// The mark and the name: the way to the first page.
#[component]
pub(super) fn Brand() -> impl IntoView {
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
    /// What can be done here, apart from what can be done everywhere.
    #[prop(optional)]
    children: Option<Children>,
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
                {children.map(|children| children())}
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
    let overlays = expect_context::<Overlays>();
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
                <PromptName opened=desk.opened desk=Some(desk)/>
                <VersionChip opened=desk.opened/>
                <Unsaved desk/>
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
                <span class="header__rule wide-only live-only" aria-hidden="true"></span>
                <Deed label="Compare" icon="columns-2" busy=desk.comparing on_press=move |()| desk.compare(browser::go)/>
                <Deed label="Share" icon="share-2" on_press=move |()| overlays.show(Overlay::Share)/>
                <Deed label="Code" icon="code" on_press=move |()| overlays.show(Overlay::Code)/>
                <span class="wide-only header__group">
                    <CommandsButton/>
                    <ThemeButton/>
                </span>
                <button
                    class="button phone-only"
                    data-kind="quiet"
                    data-shape="icon"
                    type="button"
                    aria-haspopup="menu"
                    popovertarget=ACTIONS_ID
                    aria-label="Actions"
                    title="Actions"
                >
                    <Icon name="ellipsis"/>
                </button>
                <RunButton desk/>
            </div>
            <Actions desk/>
        </header>
        <Nav here=Place::Playground/>
    }
    .into_any()
}

/// The id of the menu that a phone has in the place of the buttons.
const ACTIONS_ID: &str = "menu-actions";

/// A button for something that is done with the whole prompt; its word is seen where there is room for it.
#[component]
fn Deed(
    label: &'static str,
    icon: &'static str,
    #[prop(optional, into)] busy: Signal<bool>,
    #[prop(into)] on_press: Callback<()>,
) -> impl IntoView {
    view! {
        <button
            class="button wide-only live-only"
            data-kind="quiet"
            type="button"
            title=label
            aria-busy=move || busy.get().then_some("true")
            on:click=move |_| on_press.run(())
        >
            <Icon name=icon/>
            <span class="header__text">{label}</span>
        </button>
    }
    .into_any()
}

/// Whether the fields say something else than the version, and the button that makes another version of them.
#[component]
fn Unsaved(desk: Desk) -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let since = Memo::new(move |_| {
        let base = desk.opened.with(|opened| opened.as_ref().map(|base| base.version));
        base.filter(|_| desk.edited.get())
    });
    view! {
        {move || {
            since.get().map(|version| {
                view! {
                    <span class="header__dirty">
                        <span class="dirty" aria-hidden="true"></span>
                        <span class="header__edited" aria-hidden="true">"Edited"</span>
                        <span class="sr-only">{format!("Unsaved changes since v{version}")}</span>
                    </span>
                }
            })
        }}
        <button
            class="button header__save wide-only live-only"
            id="save"
            data-kind="quiet"
            data-size="sm"
            type="button"
            aria-haspopup="dialog"
            aria-keyshortcuts="Control+S"
            title="Save version"
            on:click=move |_| overlays.show(Overlay::Save)
        >
            <Icon name="save" small=true/>
            <span class="header__text">"Save version"</span>
        </button>
        <span class="sr-only" role="status">{move || desk.told.get()}</span>
    }
    .into_any()
}

/// The menu that a phone has in the place of the buttons.
#[component]
fn Actions(desk: Desk) -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    view! {
        <Menu id=ACTIONS_ID label="Actions" place="header">
            <MenuItem icon="columns-2" label="Compare" on_press=move |()| desk.compare(browser::go)/>
            <MenuItem icon="share-2" label="Share" on_press=move |()| overlays.show(Overlay::Share)/>
            <MenuItem icon="code" label="Code" on_press=move |()| overlays.show(Overlay::Code)/>
            <MenuRule/>
            <MenuItem icon="save" label="Save version" on_press=move |()| overlays.show(Overlay::Save)/>
            <MenuLink icon="library" label="Open prompt" href="/library"/>
            <MenuRule/>
            <MenuItem icon="search" label="Commands" on_press=move |()| overlays.show(Overlay::Commands)/>
            <MenuItem icon="sun" label="Switch theme" on_press=move |()| overlays.next_theme()/>
        </Menu>
    }
    .into_any()
}

/// The header of a page about a prompt's versions.
#[component]
pub fn PromptHeader(
    /// The prompt.
    opened: Opened,
) -> impl IntoView {
    let address = move || opened.with(|opened| opened.as_ref().map(|base| format!("/p/{}", base.id)));
    view! {
        <a class="skip-link" href="#main">"Skip to content"</a>
        <header class="header">
            <Brand/>
            <div class="header__subject">
                <PromptName opened desk=None/>
                <VersionChip opened/>
            </div>
            <div class="header__actions">
                <span class="wide-only header__group">
                    <CommandsButton/>
                    <ThemeButton/>
                </span>
                <a class="button" href=address>
                    <Icon name="terminal" small=true/>
                    <span class="header__text">"Open in playground"</span>
                </a>
            </div>
        </header>
        <Nav here=Place::Library/>
    }
    .into_any()
}

/// Opens the commands.
#[component]
pub(super) fn CommandsButton() -> impl IntoView {
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
