//! The dialog "Share": a link to what the page shows.

mod fields;

use domain::limits::SHARE_TTL_S_DEFAULT;
use domain::{ApiError, NewShare, Share, ShareScope, Shared};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use self::fields::{Fields, Scopes, WhoReaches};
use super::Segments;
use crate::api::error::PageError;
use crate::api::shares::{Reach, create_share, share_reach};
use crate::browser;
use crate::components::copy::CopyButton;
use crate::components::dialog::{Dialog, DialogHead};
use crate::components::failure::Failure;
use crate::components::icon::Icon;
use crate::state::overlays::{Overlay, Overlays};
use crate::state::shares::{allows, micros};
use crate::state::when;

/// What runs through a link may cost, before anybody has typed something else.
const BUDGET_USUAL: &str = "2.00";

/// Something that can be shared from here.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Thing {
    what: Shared,
    /// Its word where there is a choice.
    word: String,
    /// What it is, in a few words.
    about: String,
}

/// What the page has to share, the likeliest first, and whether a version must be saved before it can be.
fn things(overlays: Overlays) -> (Vec<Thing>, bool) {
    // Taken: the next time it may be about something else.
    if let Some((what, title)) = overlays.sharing.try_update(Option::take).flatten() {
        return (vec![Thing { what, word: title.clone(), about: title }], false);
    }
    let Some(desk) = overlays.desk.get_untracked() else { return (Vec::new(), false) };
    untrack(|| {
        let mut things = Vec::new();
        if let Some(run) = desk.run.id.get() {
            let about = if desk.run.is_running() { "this run, watched live" } else { "this run, as it is now" };
            things.push(Thing { what: Shared::Run(run), word: "This run".into(), about: about.into() });
        }
        let base = desk.base().filter(|_| desk.differs() == Some(false));
        let unsaved = base.is_none();
        if let Some(base) = base {
            let word = format!("Version {}", base.version);
            let about = format!("{} v{}", base.name, base.version);
            things.push(Thing { what: Shared::Version(base.version_id), word, about });
        }
        (things, unsaved)
    })
}

/// The dialog.
#[component]
pub(super) fn ShareDialog() -> impl IntoView {
    view! {
        <Dialog overlay=Overlay::Share class="dialog" label="Share">
            <Sharing/>
        </Dialog>
    }
}

/// What is asked for, and what came of it.
#[derive(Clone, Copy)]
struct Form {
    things: StoredValue<Vec<Thing>>,
    thing: RwSignal<usize>,
    scope: RwSignal<ShareScope>,
    ends: RwSignal<u64>,
    views: RwSignal<u32>,
    passphrase: RwSignal<String>,
    budget: RwSignal<String>,
    reach: RwSignal<Option<Reach>>,
    busy: RwSignal<bool>,
    refused: RwSignal<Option<ApiError>>,
    /// What is wrong with the amount that is typed.
    wrong: RwSignal<Option<&'static str>>,
    made: RwSignal<Option<Share>>,
}

impl Form {
    fn new(things: Vec<Thing>) -> Self {
        Self {
            things: StoredValue::new(things),
            thing: RwSignal::new(0),
            scope: RwSignal::new(ShareScope::Fork),
            ends: RwSignal::new(SHARE_TTL_S_DEFAULT),
            views: RwSignal::new(0),
            passphrase: RwSignal::new(String::new()),
            budget: RwSignal::new(BUDGET_USUAL.to_owned()),
            reach: RwSignal::new(None),
            busy: RwSignal::new(false),
            refused: RwSignal::new(None),
            wrong: RwSignal::new(None),
            made: RwSignal::new(None),
        }
    }

    fn chosen(self) -> Option<Thing> {
        self.things.with_value(|things| things.get(self.thing.get()).cloned())
    }

    /// Whether what is shared is run by those who open it.
    fn can_run(self) -> bool {
        !matches!(self.chosen(), Some(Thing { what: Shared::Comparison(_), .. }))
    }

    fn ask(self) -> Option<NewShare> {
        let Thing { what: resource, .. } = untrack(|| self.chosen())?;
        let scope = self.scope.get_untracked();
        let budget_micros = match (scope, micros(&self.budget.get_untracked())) {
            (ShareScope::Run, Ok(budget)) => Some(budget),
            (ShareScope::Run, Err(wrong)) => {
                self.wrong.set(Some(wrong));
                browser::focus(BUDGET);
                return None;
            }
            _ => None,
        };
        Some(NewShare {
            resource,
            scope,
            expires_in_s: Some(self.ends.get_untracked()),
            passphrase: Some(self.passphrase.get_untracked()).filter(|passphrase| !passphrase.is_empty()),
            views_max: Some(self.views.get_untracked()).filter(|views| *views > 0),
            budget_micros,
        })
    }

    fn make(self) {
        if self.busy.get_untracked() {
            return;
        }
        self.wrong.set(None);
        let Some(share) = self.ask() else { return };
        self.busy.set(true);
        self.refused.set(None);
        spawn_local(async move {
            let answer = create_share(share).await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(share) => {
                    self.made.set(Some(share));
                    request_animation_frame(|| browser::select_all(LINK));
                }
                Err(PageError(error)) => self.refused.set(Some(error)),
            }
        });
    }
}

const BUDGET: &str = "share-budget";
const LINK: &str = "share-link";

#[component]
fn Sharing() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let (things, unsaved) = things(overlays);
    let any = !things.is_empty();
    let form = Form::new(things);
    spawn_local(async move {
        if let Ok(reach) = share_reach().await {
            form.reach.try_set(Some(reach));
        }
    });
    let note = Signal::derive(move || form.chosen().map(|thing| thing.about).unwrap_or_default());
    let body = move || match (any, form.made.get()) {
        (false, _) => view! { <Nothing/> }.into_any(),
        (true, Some(share)) => view! { <Made form share/> }.into_any(),
        (true, None) => view! { <Ask form unsaved/> }.into_any(),
    };
    view! {
        <DialogHead title="Share" note/>
        {body}
    }
}

/// What is shown where the page has nothing to share.
#[component]
fn Nothing() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let has_desk = overlays.desk.get_untracked().is_some();
    let save = has_desk.then(|| {
        view! {
            <button class="button" data-kind="primary" type="button" on:click=move |_| overlays.show(Overlay::Save)>
                "Save a version first"
            </button>
        }
    });
    view! {
        <div class="dialog__body">
            <div class="empty">
                <h3>"There is nothing to share yet."</h3>
                <p>"A link shows a run, a version or a comparison. Run the prompt, or save it."</p>
            </div>
        </div>
        <footer class="dialog__foot">
            <LinksButton/>
            <span class="grow"></span>
            {save}
        </footer>
    }
    .into_any()
}

#[component]
fn LinksButton() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    view! {
        <button class="button" data-kind="quiet" type="button" on:click=move |_| overlays.show(Overlay::Links)>
            <Icon name="link" small=true/>
            "My links"
        </button>
    }
}

/// The form.
#[component]
fn Ask(form: Form, unsaved: bool) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        form.make();
    };
    let words: Vec<String> = form.things.with_value(|things| things.iter().map(|thing| thing.word.clone()).collect());
    let choice = (words.len() > 1).then(|| {
        view! {
            <Segments
                label="What to share"
                name="share-thing"
                items=words
                chosen=form.thing
                on_choose=move |place| form.thing.set(place)
            />
        }
    });
    view! {
        <form class="dialog__body dialog__stack" id="share-form" novalidate=true on:submit=submit>
            {choice}
            {unsaved.then(|| view! { <SaveFirst/> })}
            <Scopes form/>
            <Fields form/>
            <WhoReaches form/>
            {move || form.refused.get().map(|error| view! { <Failure error/> })}
        </form>
        <footer class="dialog__foot">
            <LinksButton/>
            <span class="grow"></span>
            <button class="button" data-kind="quiet" type="button" on:click=move |_| browser::close_dialogs()>"Cancel"</button>
            <button
                class="button"
                data-kind="primary"
                type="submit"
                form="share-form"
                aria-busy=move || form.busy.get().then_some("true")
            >
                "Make the link"
            </button>
        </footer>
    }
    .into_any()
}

/// Says that the prompt itself can be shared once it is saved.
#[component]
fn SaveFirst() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    view! {
        <p class="sharing__save">
            <span class="soft">"To share the prompt itself, save it."</span>
            <button class="button" data-kind="quiet" data-size="sm" type="button" on:click=move |_| overlays.show(Overlay::Save)>
                "Save a version first"
            </button>
        </p>
    }
}

/// The link.
#[component]
fn Made(form: Form, share: Share) -> impl IntoView {
    let (url, text) = (share.url.clone(), share.url.clone());
    let mut about = vec![allows(&share), format!("until {}", when::utc(share.expires_at))];
    if share.passphrase {
        about.push("with the passphrase".to_owned());
    }
    view! {
        <div class="dialog__body dialog__stack">
            <div class="field">
                <label class="field__label" for=LINK>"Link"</label>
                <div class="field__row">
                    <input class="input" data-font="mono" id=LINK readonly=true aria-describedby="share-about" value=url.clone()/>
                    <CopyButton label="Copy the link" text=move |()| text.clone()/>
                    <a class="button" href=url target="_blank" rel="noopener external">"Open"</a>
                </div>
                <p class="field__hint" id="share-about" role="status">{format!("The link is made: {}.", about.join(", "))}</p>
            </div>
            <WhoReaches form/>
        </div>
        <footer class="dialog__foot">
            <LinksButton/>
            <span class="grow"></span>
            <button class="button" data-kind="quiet" type="button" on:click=move |_| form.made.set(None)>"Another link"</button>
            <button class="button" type="button" on:click=move |_| browser::close_dialogs()>"Close"</button>
        </footer>
    }
    .into_any()
}
