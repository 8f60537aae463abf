//! `/settings/…`: how the page looks, and its keys. What concerns models stands in [`super::models`].

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;

use crate::browser;
use crate::components::banner::Banner;
use crate::components::header::PlainHeader;
use crate::components::icon::Icon;
use crate::components::keys::{AllKeys, SingleKeys};
use crate::components::nav::Place;
use crate::state::overlays::Overlays;

/// One of the settings' pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Models and providers.
    Models,
    /// Theme.
    Appearance,
    /// Keys.
    Keyboard,
}

impl Section {
    const ALL: [Self; 3] = [Self::Models, Self::Appearance, Self::Keyboard];

    const fn name(self) -> &'static str {
        match self {
            Self::Models => "Models",
            Self::Appearance => "Appearance",
            Self::Keyboard => "Keyboard",
        }
    }

    const fn address(self) -> &'static str {
        match self {
            Self::Models => "/settings/models",
            Self::Appearance => "/settings/appearance",
            Self::Keyboard => "/settings/keyboard",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Models => "cpu",
            Self::Appearance => "sun",
            Self::Keyboard => "keyboard",
        }
    }
}

/// A page of the settings: header, the other pages, and what stands on this one.
#[component]
pub fn SettingsShell(
    /// Which one.
    section: Section,
    /// Whether something lies beside it.
    #[prop(optional, into)]
    drawer: Signal<bool>,
    /// What stands on it.
    children: Children,
) -> impl IntoView {
    let link = |other: Section| {
        let current = (other == section).then_some("page");
        view! {
            <li>
                <a class="nav__link" href=other.address() aria-current=current>
                    <Icon name=other.icon()/>
                    {other.name()}
                </a>
            </li>
        }
    };
    browser::say_alive();
    view! {
        <Title text=format!("{} · Etude", section.name())/>
        <div class="shell">
            <PlainHeader title=section.name() here=Place::Settings above=("Settings", "/settings/models")/>
            <Banner/>
            <main class="shell__main settings" id="main" data-drawer=move || drawer.get().then_some("open")>
                <nav class="settings__nav" aria-label="Settings">
                    <ul role="list">
                        {Section::ALL.map(link).collect_view()}
                        <li>
                            <a class="nav__link" rel="external" href="/docs">
                                <Icon name="braces"/>
                                "API"
                            </a>
                        </li>
                    </ul>
                </nav>
                {children()}
            </main>
        </div>
    }
    .into_any()
}

/// `/settings`: the first of its pages.
#[component]
pub fn SettingsPage() -> impl IntoView {
    view! { <Redirect path=Section::Models.address()/> }
}

/// `/settings/appearance`.
#[component]
pub fn AppearancePage() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let choice = move |(word, name, about): (&'static str, &'static str, &'static str)| {
        view! {
            <label class="choice">
                <input
                    class="radio"
                    type="radio"
                    name="theme"
                    value=word
                    prop:checked=move || overlays.theme.get() == word
                    on:change=move |_| overlays.set_theme(word)
                />
                <b>{name}</b>
                <p>{about}</p>
            </label>
        }
    };
    let themes = [
        ("system", "As the system", "Light by day and dark by night, where the system does so."),
        ("light", "Light", "Always."),
        ("dark", "Dark", "Always."),
    ];
    view! {
        <SettingsShell section=Section::Appearance>
            <section class="page" aria-labelledby="appearance-h">
                <header class="page__head">
                    <h1 id="appearance-h">"Appearance"</h1>
                </header>
                <div class="settings__body">
                    <div class="choices" role="radiogroup" aria-label="Theme">{themes.map(choice).collect_view()}</div>
                    <p class="soft">
                        "Text size, contrast and motion follow the browser and the system. The theme is remembered in this browser."
                    </p>
                </div>
            </section>
        </SettingsShell>
    }
}

/// `/settings/keyboard`.
#[component]
pub fn KeyboardPage() -> impl IntoView {
    view! {
        <SettingsShell section=Section::Keyboard>
            <section class="page" aria-labelledby="keyboard-h">
                <header class="page__head">
                    <h1 id="keyboard-h">"Keyboard"</h1>
                    <SingleKeys/>
                </header>
                <div class="settings__body" tabindex="0" role="region" aria-label="All keys">
                    <h2 class="sr-only">"All keys"</h2>
                    <p class="soft">
                        "Keys of one letter work outside of fields, and never while an input method is composing. Who speaks to the machine or has a restless hand can switch them off. Everything is in the commands, too."
                    </p>
                    <AllKeys/>
                </div>
            </section>
        </SettingsShell>
    }
}
