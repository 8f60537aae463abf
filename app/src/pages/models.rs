//! `/settings/models`: who serves models, and which; adding, changing, trying and removing them.

use std::time::Duration;

use domain::ProviderId;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::error::PageError;
use crate::api::providers::{ModelsPage as Listed, ask_provider, list_providers};
use crate::browser;
use crate::components::icon::Icon;
use crate::components::provider_form::ProviderForm;
use crate::components::providers::ProviderTable;
use crate::components::unreadable::Unreadable;
use crate::pages::settings::{Section, SettingsShell};

/// How often the list is renewed while its tab is in sight.
const RENEW: Duration = Duration::from_secs(5);

/// What lies beside the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// A new provider.
    New,
    /// One that is there.
    Change(ProviderId),
}

/// What the page knows and does.
#[derive(Clone, Copy)]
pub struct Models {
    /// Providers and models.
    pub listed: RwSignal<Listed>,
    /// What lies beside the list.
    pub beside: RwSignal<Option<Beside>>,
    /// The provider that was removed last, and its name: it can be brought back.
    pub removed: RwSignal<Option<(ProviderId, String)>>,
    /// The provider that is being asked; empty: all of them.
    pub asking: RwSignal<Option<String>>,
    /// Why the last deed failed.
    pub failed: RwSignal<Option<domain::ApiError>>,
}

impl Models {
    /// Reads the list again.
    pub async fn renew(self) {
        if let Ok(listed) = list_providers().await
            && self.listed.try_with_untracked(|known| *known != listed) == Some(true)
        {
            self.listed.set(listed);
        }
    }

    /// Asks a provider, or all of them, for their models now.
    pub fn ask(self, name: Option<String>) {
        self.asking.set(Some(name.clone().unwrap_or_default()));
        spawn_local(async move {
            if let Err(PageError(error)) = ask_provider(name).await {
                self.failed.try_set(Some(error));
            }
            self.renew().await;
            self.asking.try_set(None);
        });
    }

    /// Closes what lies beside the list.
    pub fn close(self) {
        self.beside.set(None);
        browser::focus_soon(ADD_ID.into());
    }
}

/// The id of the button that opens the form.
const ADD_ID: &str = "add-provider";

/// The page.
#[component]
pub fn ModelsPage() -> impl IntoView {
    let listed = Resource::new(|| (), |()| list_providers());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match listed.await {
                    Ok(listed) => view! { <Known listed/> }.into_any(),
                    Err(PageError(error)) => {
                        view! {
                            <SettingsShell section=Section::Models>
                                <Unreadable error on_retry=Callback::new(move |()| listed.refetch()) all="/settings/models"/>
                            </SettingsShell>
                        }
                            .into_any()
                    }
                }
            })}
        </Suspense>
    }
}

#[component]
fn Known(listed: Listed) -> impl IntoView {
    let models = Models {
        listed: RwSignal::new(listed),
        beside: RwSignal::new(None),
        removed: RwSignal::new(None),
        asking: RwSignal::new(None),
        failed: RwSignal::new(None),
    };
    Effect::new(move || {
        let look = move || {
            if !document().hidden() {
                spawn_local(models.renew());
            }
        };
        let timer = set_interval_with_handle(look, RENEW).ok();
        on_cleanup(move || timer.iter().for_each(|timer| timer.clear()));
    });
    let counts = move || {
        models.listed.with(|listed| {
            let plural =
                |count: usize, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
            let answering = listed
                .providers
                .iter()
                .filter(|provider| provider.models.is_some() || provider.endpoint == "this machine")
                .count();
            (plural(listed.models.len(), "model"), format!("from {}", plural(answering, "provider")))
        })
    };
    // Asked for once more, what lies there stays as it is.
    let beside = Memo::new(move |_| models.beside.get());
    let is_open = Signal::derive(move || models.beside.get().is_some());
    let is_asking = move || models.asking.get().is_some();
    view! {
        <SettingsShell section=Section::Models drawer=is_open>
            <section class="page settings__page" aria-labelledby="models-h">
                <header class="page__head">
                    <h1 id="models-h">{move || counts().0} " " <span class="page__note wide-only">{move || counts().1}</span></h1>
                    <span class="grow"></span>
                    <button
                        class="button live-only"
                        data-kind="quiet"
                        data-shape="icon"
                        type="button"
                        aria-label="Test all"
                        title="Test all"
                        aria-busy=move || is_asking().then_some("true")
                        on:click=move |_| models.ask(None)
                    >
                        <Icon name="refresh-cw"/>
                    </button>
                    <button
                        class="button live-only"
                        id=ADD_ID
                        type="button"
                        aria-expanded=move || if models.beside.get() == Some(Beside::New) { "true" } else { "false" }
                        on:click=move |_| models.beside.set(Some(Beside::New))
                    >
                        <Icon name="plus" small=true/>
                        "Add provider"
                    </button>
                </header>
                <ProviderTable models/>
                <footer class="can-legend wide-only" aria-hidden="true">
                    {[("image", "images"), ("wrench", "tools"), ("braces", "schema"), ("scale", "logprobs"), ("fingerprint", "seed")]
                        .map(|(icon, word)| view! { <span><Icon name=icon small=true/>{word}</span> })
                        .collect_view()}
                </footer>
            </section>
            {move || beside.get().map(|beside| view! { <ProviderForm models beside/> })}
        </SettingsShell>
    }
    .into_any()
}
