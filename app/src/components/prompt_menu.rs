//! The prompt's name, which opens everything that can be done with the prompt; its version; what is left of an archived one.

use domain::Shared;
use leptos::prelude::*;

use super::failure::Failure;
use super::icon::Icon;
use super::menu::{Menu, MenuItem, MenuLink, MenuRule};
use crate::api::error::PageError;
use crate::api::prompts::fork_prompt;
use crate::state::desk::Desk;
use crate::state::overlays::{Overlay, Overlays};
use crate::state::versions::{Opened, archive};
use crate::{browser, drafts};

/// The id of the menu.
const MENU_ID: &str = "menu-prompt";

/// The name of the prompt as the page's heading, with its menu.
#[component]
pub fn PromptName(
    /// The prompt.
    opened: Opened,
    /// The desk that has it in its fields, where there is one.
    #[prop(optional_no_strip)]
    desk: Option<Desk>,
) -> impl IntoView {
    let name = move || opened.with(|opened| opened.as_ref().map_or("Untitled".to_owned(), |base| base.name.clone()));
    view! {
        <h1 class="header__title">
            <button class="header__name" id="prompt-name" type="button" aria-haspopup="menu" popovertarget=MENU_ID title=name>
                <bdi class="truncate">{name}</bdi>
                <Icon name="chevron-down" small=true/>
            </button>
        </h1>
        <Items opened desk/>
    }
    .into_any()
}

#[component]
fn Items(opened: Opened, desk: Option<Desk>) -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let saved = Memo::new(move |_| opened.with(Option::is_some));
    let archived = Memo::new(move |_| opened.with(|opened| opened.as_ref().is_some_and(|base| base.archived)));
    let address = move |rest: &'static str| {
        Signal::derive(move || {
            opened.with(|opened| opened.as_ref().map(|base| format!("/p/{}{rest}", base.id)).unwrap_or_default())
        })
    };
    let export = move |form: &'static str| {
        Signal::derive(move || {
            opened.with(|opened| {
                opened.as_ref().map(|base| format!("/v1/export?of={}{form}", base.id)).unwrap_or_default()
            })
        })
    };
    let version =
        Signal::derive(move || opened.with(|opened| opened.as_ref().map(|base| format!("v{}", base.version))));
    let put_away = move |()| {
        let told = move |error| overlays.trouble.set(Some(error));
        archive(opened, !archived.get_untracked(), told);
    };
    let share = move |()| {
        // The fields may say something else by now: then the dialog says so.
        if desk.is_some() {
            return overlays.show(Overlay::Share);
        }
        if let Some(base) = opened.get_untracked() {
            overlays.share(Shared::Version(base.version_id), format!("{} v{}", base.name, base.version));
        }
    };
    view! {
        <Menu id=MENU_ID label="Prompt" place="prompt">
            <MenuLink icon="file-text" label="Open prompt" href="/library"/>
            <MenuItem icon="plus" label="New prompt" on_press=move |()| drafts::open_new()/>
            <MenuRule/>
            {desk
                .map(|_| {
                    view! {
                        <MenuItem icon="save" label="Save version" keys=&["Mod", "S"] on_press=move |()| overlays.show(Overlay::Save)/>
                    }
                })}
            {desk.map(|desk| view! { <Changes desk/> })}
            <Show when=move || saved.get()>
                <MenuItem icon="pencil" label="Name, tags, description" on_press=move |()| overlays.show(Overlay::Describe)/>
                <MenuLink icon="history" label="Version history" note=version href=address("/history")/>
                <Fork opened desk/>
                <MenuItem icon="share-2" label="Share" note="this version".to_owned() on_press=share/>
                <MenuRule/>
            </Show>
            <MenuItem icon="clipboard-paste" label="Paste code" on_press=move |()| overlays.show(Overlay::Paste)/>
            <MenuItem icon="undo-2" label="Find a lost draft" on_press=move |()| overlays.show(Overlay::Drafts)/>
            <MenuItem icon="upload" label="Import" on_press=move |()| overlays.show(Overlay::Import)/>
            <Show when=move || saved.get()>
                <MenuLink icon="download" label="Export" note="JSON".to_owned() href=export("") file=true/>
                <MenuLink icon="download" label="Export" note="Markdown".to_owned() href=export("&format=md") file=true/>
                <MenuRule/>
                <MenuItem
                    icon="archive"
                    label=Signal::derive(move || if archived.get() { "Bring back" } else { "Archive" }.to_owned())
                    on_press=put_away
                />
            </Show>
        </Menu>
    }
    .into_any()
}

/// What was changed since the version that the fields were made of.
#[component]
fn Changes(desk: Desk) -> impl IntoView {
    let since = Memo::new(move |_| {
        let base = desk.opened.with(|opened| opened.as_ref().map(|base| (base.id, base.version)));
        base.filter(|_| desk.edited.get())
    });
    move || {
        since.get().map(|(id, version)| {
            let label = format!("Changes since v{version}");
            view! { <MenuLink icon="git-compare" label href=format!("/p/{id}/diff/{version}..draft")/> }
        })
    }
}

#[component]
fn Fork(opened: Opened, desk: Option<Desk>) -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let fork = move |()| {
        if let Some(desk) = desk {
            return desk.fork();
        }
        let Some(base) = opened.get_untracked() else { return };
        leptos::task::spawn_local(async move {
            match fork_prompt(base.id, Some(base.version)).await {
                Ok(saved) => browser::go(&format!("/p/{}", saved.id)),
                Err(PageError(error)) => overlays.trouble.set(Some(error)),
            }
        });
    };
    view! { <MenuItem icon="git-fork" label="Fork" on_press=fork/> }
}

/// The version that is shown, as the way to all of them.
#[component]
pub fn VersionChip(
    /// The prompt.
    opened: Opened,
) -> impl IntoView {
    let about =
        Memo::new(move |_| opened.with(|opened| opened.as_ref().map(|base| (base.id, base.version, base.head))));
    let newer = move |id, version, head: u32| {
        (head > version).then(|| {
            let said = format!("v{head} is newer");
            view! { <a class="badge header__newer" data-tone="accent" href=format!("/p/{id}/diff/{version}..{head}")>{said}</a> }
        })
    };
    move || {
        about.get().map(|(id, version, head)| {
            view! {
                <a class="chip num" href=format!("/p/{id}/history") title="Version history">
                    {format!("v{version}")}
                    <span class="sr-only">", version history"</span>
                </a>
                {newer(id, version, head)}
            }
        })
    }
}

/// What is left of a prompt that was put away: that it was, and the way back.
#[component]
pub fn Archived(
    /// The prompt.
    opened: Opened,
) -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let name = Memo::new(move |_| {
        opened.with(|opened| opened.as_ref().filter(|base| base.archived).map(|base| base.name.clone()))
    });
    let back = move |_| archive(opened, false, move |error| overlays.trouble.set(Some(error)));
    view! {
        <div class="archived" role="status">
            {move || {
                name.get().map(|name| {
                    view! {
                        <div class="undo">
                            <Icon name="archive"/>
                            <p class="grow">
                                <b>
                                    <bdi>{name}</bdi>
                                </b>
                                " is archived. It is in no list, and runs as before."
                            </p>
                            <button class="button live-only" data-size="sm" type="button" on:click=back>"Undo"</button>
                        </div>
                    }
                })
            }}
        </div>
        <Trouble/>
    }
    .into_any()
}

/// Why something that was asked of the prompt was not done.
#[component]
pub fn Trouble() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    move || {
        overlays.trouble.get().map(|error| {
            view! {
                <div class="trouble">
                    <h2 class="sr-only">"It was not done"</h2>
                    <Failure error>
                        <button class="button" type="button" on:click=move |_| overlays.trouble.set(None)>"Close"</button>
                    </Failure>
                </div>
            }
        })
    }
}
