//! The dialog "Paste code": a request as others write it down, read back into a playground.

use std::sync::Arc;
use std::time::Duration;

use domain::{ApiError, Code, Role};
use leptos::ev::{ClipboardEvent, KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::code::{Pasted, paste_code};
use crate::api::error::PageError;
use crate::api::models::list_models;
use crate::components::dialog::{Dialog, DialogHead};
use crate::components::failure::Failure;
use crate::components::icon::Icon;
use crate::components::keys::Keys;
use crate::components::ticked::ticked;
use crate::state::draft::{Draft, DraftMessage};
use crate::state::figures::thousands;
use crate::state::overlays::{Overlay, Overlays};
use crate::state::pasted::facts;
use crate::{browser, drafts};

/// How long after a letter the server is asked.
const SETTLE: Duration = Duration::from_millis(300);
/// What is pasted at once and larger than this does not go into the field, in bytes: the browser would lay all of it out.
const FIELD_BYTES_MAX: usize = 256 * 1024;

/// What is pasted, and what was made of it. It outlives the dialog: what was typed is there when it is opened again.
#[derive(Clone, Copy)]
struct Pasting {
    /// What stands in the field.
    typed: RwSignal<String>,
    /// What is too large for it.
    held: RwSignal<Option<Arc<str>>>,
    answer: RwSignal<Option<Result<Arc<Pasted>, ApiError>>>,
    /// Whether the answer to what stands there now is still to come.
    pending: RwSignal<bool>,
    /// Whether it is to be opened as soon as it has come.
    eager: StoredValue<bool>,
    asked: StoredValue<u32>,
    timer: StoredValue<Option<TimeoutHandle>>,
    /// Why it was not opened.
    failed: RwSignal<Option<ApiError>>,
}

impl Pasting {
    fn new() -> Self {
        Self {
            typed: RwSignal::new(String::new()),
            held: RwSignal::new(None),
            answer: RwSignal::new(None),
            pending: RwSignal::new(false),
            eager: StoredValue::new(false),
            asked: StoredValue::new(0),
            timer: StoredValue::new(None),
            failed: RwSignal::new(None),
        }
    }

    fn text(self) -> Arc<str> {
        self.held.get_untracked().unwrap_or_else(|| self.typed.with_untracked(|text| Arc::from(text.as_str())))
    }

    /// Something else stands there now.
    fn changed(self, pause: Duration) {
        self.asked.update_value(|asked| *asked += 1);
        self.failed.set(None);
        self.eager.set_value(false);
        self.timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
        });
        if self.text().trim().is_empty() {
            self.pending.set(false);
            self.answer.set(None);
            return;
        }
        self.pending.set(true);
        let timer = set_timeout_with_handle(move || self.ask(), pause).ok();
        self.timer.set_value(timer);
    }

    fn ask(self) {
        let own = self.asked.get_value();
        let text = self.text().to_string();
        spawn_local(async move {
            let answer = paste_code(text).await;
            // The answer to what stood there before is none to what stands there now.
            if self.asked.get_value() != own {
                return;
            }
            self.pending.set(false);
            self.answer.set(Some(answer.map(Arc::new).map_err(|PageError(error)| error)));
            if self.eager.get_value() {
                self.open();
            }
        });
    }

    fn hold(self, text: String) {
        self.typed.set(String::new());
        self.held.set(Some(text.into()));
        self.changed(Duration::ZERO);
        browser::focus_soon(LET_GO.into());
    }

    fn let_go(self) {
        self.held.set(None);
        self.changed(Duration::ZERO);
        browser::focus_soon(FIELD.into());
    }

    /// Opens what was understood, as a draft of its own.
    fn open(self) {
        if self.pending.get_untracked() {
            return self.eager.set_value(true);
        }
        let Some(Ok(pasted)) = self.answer.get_untracked() else { return };
        self.take(Draft::of_content(pasted.content.clone()));
    }

    /// Takes the text as it is, as what a user says.
    fn open_as_message(self, overlays: Overlays) {
        let now = overlays.desk.get_untracked().map(|desk| desk.draft.get_untracked()).unwrap_or_default();
        let message = DraftMessage::new(1, Role::User, &*self.text());
        self.take(Draft { messages: vec![message], model: now.model, settings: now.settings, ..Draft::default() });
    }

    fn take(self, mut draft: Draft) {
        spawn_local(async move {
            if draft.model.is_empty() {
                let models = list_models().await.unwrap_or_default();
                draft.model = models.into_iter().next().map(|model| model.name).unwrap_or_default();
            }
            if !drafts::open_with(draft).await {
                let message = "This browser keeps nothing for this page, so there is no place for another draft.";
                let error = ApiError::new(Code::StorageUnavailable, message);
                self.failed.set(Some(error.hint("Allow this page to store data, and try again.")));
            }
        });
    }
}

const FIELD: &str = "paste-text";
const LET_GO: &str = "paste-let-go";

/// The dialog.
#[component]
pub(super) fn PasteDialog() -> impl IntoView {
    let pasting = Pasting::new();
    view! {
        <Dialog overlay=Overlay::Paste class="dialog" label="Paste code">
            <Paste pasting/>
        </Dialog>
    }
}

#[component]
fn Paste(pasting: Pasting) -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let found = Memo::new(move |_| {
        pasting.answer.with(|answer| answer.as_ref().is_some_and(Result::is_ok)) || pasting.pending.get()
    });
    let refused = Memo::new(move |_| {
        let error = pasting.answer.with(|answer| answer.as_ref().and_then(|answer| answer.as_ref().err().cloned()));
        error.filter(|_| !pasting.pending.get())
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        pasting.open();
    };
    let press = move |event: KeyboardEvent| {
        let main = (event.ctrl_key() || event.meta_key()) && !event.alt_key() && !event.shift_key();
        if main && event.key() == "Enter" && !event.is_composing() {
            event.prevent_default();
            pasting.open();
        }
    };
    view! {
        <DialogHead title="Paste code"/>
        <form class="dialog__body dialog__stack" id="paste-form" on:submit=submit on:keydown=press>
            <Source pasting refused/>
            <Understood pasting/>
            {move || pasting.failed.get().map(|error| view! { <Failure error/> })}
        </form>
        <footer class="dialog__foot">
            <p>"It becomes a draft of its own. What is on this page is kept."</p>
            <Show when=move || refused.with(Option::is_some)>
                <button class="button" data-kind="quiet" type="button" on:click=move |_| pasting.open_as_message(overlays)>
                    "Use it as message 1"
                </button>
            </Show>
            <span class="grow"></span>
            <button class="button" data-kind="quiet" type="button" on:click=move |_| browser::close_dialogs()>"Cancel"</button>
            <button
                class="button"
                data-kind="primary"
                type="submit"
                form="paste-form"
                disabled=move || !found.get()
                aria-keyshortcuts="Control+Enter"
                aria-busy=move || pasting.pending.get().then_some("true")
            >
                "Open in playground"
                <span class="keys-only" aria-hidden="true">
                    <Keys keys=&["Mod", "↵"]/>
                </span>
            </button>
        </footer>
    }
    .into_any()
}

/// What is pasted: a field, or that something too large for one is there.
#[component]
fn Source(pasting: Pasting, refused: Memo<Option<ApiError>>) -> impl IntoView {
    let take = move |event: ClipboardEvent| {
        let data = event.clipboard_data().and_then(|data| data.get_data("text/plain").ok());
        if let Some(text) = data.filter(|text| text.len() > FIELD_BYTES_MAX) {
            event.prevent_default();
            pasting.hold(text);
        }
    };
    let size = move || pasting.held.with(|held| held.as_ref().map_or(0, |text| text.len()));
    let field = move || {
        view! {
            <textarea
                class="input"
                data-font="mono"
                id=FIELD
                rows="8"
                spellcheck="false"
                autocomplete="off"
                autofocus=true
                aria-invalid=move || refused.with(Option::is_some).then_some("true")
                aria-describedby="paste-said"
                prop:value=pasting.typed.get_untracked()
                on:paste=take
                on:input=move |event| {
                    pasting.typed.set(event_target_value(&event));
                    pasting.changed(SETTLE);
                }
            ></textarea>
        }
    };
    let held = move || {
        view! {
            <div class="attachment">
                <Icon name="clipboard-paste"/>
                <span class="attachment__name">{move || format!("{} bytes of pasted text", thousands(size() as u64))}</span>
                <button class="button" data-size="sm" type="button" id=LET_GO on:click=move |_| pasting.let_go()>"Remove"</button>
            </div>
        }
    };
    view! {
        <div class="field pasted__source">
            <label class="field__label" for=FIELD>"A curl command, an SDK call, or an exported prompt"</label>
            <Show when=move || pasting.held.with(Option::is_some) fallback=field>
                {held()}
            </Show>
            <div id="paste-said" role="status">
                {move || {
                    refused.get().map(|error| {
                        view! {
                            <p class="field__error">
                                <Icon name="circle-alert" small=true/>
                                <span>{error.message}</span>
                            </p>
                            {error.hint.map(|hint| view! { <p class="field__hint">{hint}</p> })}
                        }
                    })
                }}
            </div>
        </div>
    }
    .into_any()
}

/// What was understood, and what does not come along.
#[component]
fn Understood(pasting: Pasting) -> impl IntoView {
    move || {
        let pasted = pasting.answer.get()?.ok()?;
        let rows = facts(&pasted.content).into_iter().map(|(name, value)| {
            view! {
                <dt>{name}</dt>
                <dd>
                    <bdi>{value}</bdi>
                </dd>
            }
        });
        let left = pasted.left_out.iter().cloned().map(|(what, why)| {
            view! {
                <li>
                    <Icon name="x" small=true/>
                    <span>
                        {if what.contains('`') { ticked(&what).into_any() } else { view! { <code>{what}</code> }.into_any() }}
                        ": "
                        {ticked(&why)}
                    </span>
                </li>
            }
        });
        let named = pasted.name.clone().map(|name| view! { <bdi class="soft truncate">{name}</bdi> });
        let any_left = !pasted.left_out.is_empty();
        Some(view! {
            <section aria-labelledby="paste-understood">
                <h3 class="pasted__head" id="paste-understood">
                    "Understood"
                    <span class="badge" data-tone="ok">{pasted.kind.clone()}</span>
                    {named}
                </h3>
                <dl class="facts pasted__facts">{rows.collect_view()}</dl>
            </section>
            {any_left
                .then(|| {
                    view! {
                        <section aria-labelledby="paste-left">
                            <h3 id="paste-left">"Not taken over"</h3>
                            <ul class="pasted__left" role="list">{left.collect_view()}</ul>
                        </section>
                    }
                })}
        })
    }
}
