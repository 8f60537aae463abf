//! The dialog "Code": the run as a program that sends the same request.

use domain::{ApiError, NewRun, Vendor};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Segments;
use crate::api::code::{Snippet, write_code};
use crate::api::error::PageError;
use crate::browser;
use crate::browser::editors::settle_editors;
use crate::components::control::escape;
use crate::components::copy::CopyButton;
use crate::components::dialog::{Dialog, DialogHead};
use crate::components::failure::Failure;
use crate::components::icon::Icon;
use crate::state::compose::{Fix, Refusal};
use crate::state::content::NOT_SENT;
use crate::state::desk::Desk;
use crate::state::figures::thousands;
use crate::state::overlays::{Overlay, Overlays};

/// Under which name the browser keeps what was chosen last.
const CHOICE_KEY: &str = "etude.code";
/// Most of a program that is shown, in bytes: what is copied is all of it.
const SHOWN_BYTES_MAX: usize = 100 * 1024;

/// What programs are written in: the word on the wire, the name, what colours it.
const LANGUAGES: [(&str, &str, &str); 4] = [
    ("curl", "curl", "bash"),
    ("python", "Python", "python"),
    ("typescript", "TypeScript", "typescript"),
    ("rust", "Rust", "rust"),
];
const VENDORS: [Vendor; 2] = [Vendor::Openai, Vendor::Anthropic];

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Choice {
    language: usize,
    vendor: usize,
    /// To the provider itself, where it speaks the vendor's wire.
    direct: bool,
    stream: bool,
}

impl Choice {
    /// What was chosen last: four words.
    fn read(text: &str) -> Self {
        let words: Vec<&str> = text.split(' ').collect();
        let is = |place: usize, word: &str| words.get(place) == Some(&word);
        Self {
            language: LANGUAGES.iter().position(|(language, ..)| is(0, language)).unwrap_or_default(),
            vendor: usize::from(is(1, "anthropic")),
            direct: is(2, "provider"),
            stream: !is(3, "whole"),
        }
    }

    fn keep(self) {
        let vendor = if self.vendor == 1 { "anthropic" } else { "openai" };
        let at = if self.direct { "provider" } else { "etude" };
        let how = if self.stream { "stream" } else { "whole" };
        browser::keep(CHOICE_KEY, &format!("{} {vendor} {at} {how}", LANGUAGES[self.language].0));
    }
}

/// The dialog.
#[component]
pub(super) fn CodeDialog() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    view! {
        <Dialog overlay=Overlay::Code class="dialog" size="lg" label="Code">
            {move || match (overlays.desk.get_untracked(), of_kept(overlays)) {
                (Some(desk), _) => view! { <OfDesk desk/> }.into_any(),
                (None, Some(run)) => view! {
                    <DialogHead title="Code" note="what this run asked"/>
                    <Program coding=Coding::of(run)/>
                }
                .into_any(),
                (None, None) => view! { <DialogHead title="Code"/> <div class="dialog__body"><p>"Open a prompt first."</p></div> }.into_any(),
            }}
        </Dialog>
    }
}

/// What was asked in the run that the page shows. All of it is in there, whatever has become of its prompt since.
fn of_kept(overlays: Overlays) -> Option<NewRun> {
    let run: NewRun = overlays.asked.with_untracked(|asked| serde_json::from_str(asked.as_ref()?.as_str()).ok())?;
    Some(NewRun { prompt: None, version: None, label: None, preset_id: None, ..run })
}

/// What the dialog knows.
#[derive(Clone, Copy)]
struct Coding {
    run: StoredValue<NewRun>,
    choice: RwSignal<Choice>,
    /// The newest program; it stays until the next one is there.
    snippet: RwSignal<Option<Snippet>>,
    refused: RwSignal<Option<ApiError>>,
    busy: RwSignal<bool>,
    asked: StoredValue<u32>,
    /// Whether the model's provider can be asked in a vendor's words, once that is known.
    speaks: RwSignal<[Option<bool>; 2]>,
}

impl Coding {
    /// Asks for a program of a run, as it was chosen last.
    fn of(run: NewRun) -> Self {
        let coding = Self {
            run: StoredValue::new(NewRun { parent: None, request_id: None, ..run }),
            choice: RwSignal::new(Choice::read(&browser::kept(CHOICE_KEY).unwrap_or_default())),
            snippet: RwSignal::new(None),
            refused: RwSignal::new(None),
            busy: RwSignal::new(false),
            asked: StoredValue::new(0),
            speaks: RwSignal::new([None; 2]),
        };
        coding.ask();
        coding
    }

    fn ask(self) {
        self.asked.update_value(|asked| *asked += 1);
        let own = self.asked.get_value();
        self.busy.set(true);
        spawn_local(async move {
            let answer = self.write().await;
            if self.asked.try_get_value() != Some(own) {
                return;
            }
            self.busy.set(false);
            match answer {
                Ok(snippet) => {
                    self.refused.set(None);
                    self.snippet.set(Some(snippet));
                }
                Err(PageError(error)) => self.refused.set(Some(plain(error))),
            }
        });
    }

    async fn write(self) -> Result<Snippet, PageError> {
        let Choice { language, vendor, direct, stream } = self.choice.get_untracked();
        let text = |direct| {
            let (run, base) = (self.run.get_value(), browser::origin());
            write_code(run, LANGUAGES[language].0.to_owned(), VENDORS[vendor], direct, stream, base)
        };
        // Whether its provider speaks those words is told with every program: the first one goes to Etude.
        let known = self.speaks.with_untracked(|speaks| speaks[vendor]);
        if direct && known == Some(true) {
            return text(true).await;
        }
        let snippet = text(false).await?;
        let speaks = snippet.provider.is_some();
        self.speaks.try_update(|known| known[vendor] = Some(speaks));
        if direct && speaks { text(true).await } else { Ok(snippet) }
    }

    fn choose(self, change: impl FnOnce(&mut Choice)) {
        self.choice.update(change);
        self.choice.get_untracked().keep();
        self.ask();
    }

    /// Whether it goes to the provider itself.
    fn is_direct(self) -> bool {
        let Choice { vendor, direct, .. } = self.choice.get();
        direct && self.speaks.with(|speaks| speaks[vendor] == Some(true))
    }
}

/// An error without what is true of runs alone.
fn plain(mut error: ApiError) -> ApiError {
    error.message = error.message.trim_end_matches(NOT_SENT).trim_end().to_owned();
    error
}

#[component]
fn OfDesk(desk: Desk) -> impl IntoView {
    settle_editors();
    let draft = desk.draft.get_untracked();
    let composed = draft.compose(&desk.model_named(&draft.model));
    let note = untrack(|| {
        let version = desk.base().map(|base| format!("v{} with these inputs", base.version));
        let version = version.unwrap_or_else(|| "what stands in the fields".to_owned());
        if desk.differs() == Some(true) { format!("{version}, edited") } else { version }
    });
    let body = match composed {
        Ok(run) => view! { <Program coding=Coding::of(run)/> }.into_any(),
        Err(refusal) => view! { <Refused desk refusal/> }.into_any(),
    };
    view! {
        <DialogHead title="Code" note/>
        {body}
    }
}

/// Why there is no program, and what one click would mend.
#[component]
fn Refused(desk: Desk, refusal: Refusal) -> impl IntoView {
    let Refusal { error, fix, .. } = refusal;
    let fix = fix.map(|fix| {
        let label = match &fix {
            Fix::Fill(name) => format!("Fill in {name}"),
            Fix::Omit(param) => format!("Do not send {}", param.label().to_lowercase()),
            Fix::Edit(_) => "Go to it".to_owned(),
        };
        let mend = move |_| {
            browser::close_dialogs();
            match &fix {
                // To run is not what was asked for here.
                Fix::Omit(param) => desk.change_setting(*param, |setting| setting.send = false),
                // Once the dialog has given the focus back.
                Fix::Fill(_) | Fix::Edit(_) => {
                    let fix = fix.clone();
                    browser::on_frame(move || desk.mend(&fix));
                }
            }
        };
        view! { <button class="button" type="button" autofocus=true on:click=mend>{label}</button> }
    });
    view! {
        <div class="dialog__body">
            <Failure error=plain(error)>{fix}</Failure>
        </div>
    }
    .into_any()
}

#[component]
fn Program(coding: Coding) -> impl IntoView {
    let copied = move |()| {
        let text = coding.snippet.with_untracked(|snippet| snippet.as_ref().map(|snippet| snippet.text.clone()));
        text.unwrap_or_default()
    };
    view! {
        <Bar coding/>
        <div
            class="dialog__body dialog__stack"
            id="code-panel"
            role="tabpanel"
            aria-labelledby=move || tab_id(coding.choice.get().language)
            aria-busy=move || coding.busy.get().then_some("true")
        >
            {move || coding.refused.get().map(|error| view! { <Failure error/> })}
            <div hidden=move || coding.refused.with(Option::is_some)>
                <Text coding/>
            </div>
            <Where coding/>
        </div>
        <footer class="dialog__foot">
            <p>"Sends the same request as Run."</p>
            <span class="grow"></span>
            <CopyButton label="Copy the code" text=copied primary=true/>
        </footer>
    }
    .into_any()
}

fn tab_id(language: usize) -> String {
    format!("code-{}", LANGUAGES[language].0)
}

/// What is asked for.
#[component]
fn Bar(coding: Coding) -> impl IntoView {
    let choice = coding.choice;
    let turn = move |event: KeyboardEvent| {
        let count = LANGUAGES.len();
        let here = choice.get_untracked().language;
        let next = match event.key().as_str() {
            "ArrowRight" => (here + 1) % count,
            "ArrowLeft" => (here + count - 1) % count,
            "Home" => 0,
            "End" => count - 1,
            _ => return,
        };
        event.prevent_default();
        coding.choose(|choice| choice.language = next);
        browser::focus(&tab_id(next));
    };
    let tab = move |(place, (_, name, _)): (usize, (&'static str, &'static str, &'static str))| {
        let selected = move || choice.get().language == place;
        view! {
            <button
                class="tab"
                role="tab"
                type="button"
                id=tab_id(place)
                aria-controls="code-panel"
                aria-selected=move || if selected() { "true" } else { "false" }
                tabindex=move || if selected() { "0" } else { "-1" }
                on:click=move |_| coding.choose(|choice| choice.language = place)
            >
                {name}
            </button>
        }
    };
    let barred =
        Signal::derive(move || coding.speaks.with(|speaks| speaks[choice.get().vendor] == Some(false)).then_some(1));
    view! {
        <div class="program__bar">
            <div class="tabs" role="tablist" aria-label="Language" on:keydown=turn>
                {LANGUAGES.into_iter().enumerate().map(tab).collect_view()}
            </div>
            <span class="grow"></span>
            <div class="program__choices">
                <Segments
                    label="SDK"
                    name="code-vendor"
                    items=VENDORS.map(|vendor| vendor.name().to_owned())
                    chosen=Signal::derive(move || choice.get().vendor)
                    on_choose=move |place| coding.choose(|choice| choice.vendor = place)
                />
                <Segments
                    label="Against"
                    name="code-at"
                    items=["Etude", "Provider"].map(str::to_owned)
                    chosen=Signal::derive(move || usize::from(coding.is_direct()))
                    barred
                    on_choose=move |place| coding.choose(|choice| choice.direct = place == 1)
                />
                <label class="program__stream">
                    <input
                        class="switch"
                        type="checkbox"
                        role="switch"
                        prop:checked=move || choice.get().stream
                        on:change=move |event| coding.choose(|choice| choice.stream = event_target_checked(&event))
                    />
                    "Stream"
                </label>
            </div>
        </div>
    }
    .into_any()
}

/// The text, coloured by what colours code elsewhere.
#[component]
fn Text(coding: Coding) -> impl IntoView {
    let shown = Memo::new(move |_| coding.snippet.with(|snippet| snippet.as_ref().map(|snippet| snippet.text.clone())));
    // Made anew for each text: what colours it changes what is in it.
    let html = move || {
        let Some(text) = shown.get() else { return String::new() };
        let (_, name, colour) = LANGUAGES[coding.choice.get_untracked().language];
        let end = text.floor_char_boundary(SHOWN_BYTES_MAX);
        // The button to copy stands below; an empty one here says that there is one.
        format!(
            "<etude-code language=\"{colour}\" closed dir=\"ltr\"><pre tabindex=\"0\" role=\"group\" aria-label=\"{name}\">\
             <code>{}</code></pre><span class=\"code__copy\" hidden></span></etude-code>",
            &escape(&text[..end])[1..],
        )
    };
    let cut = move || shown.with(|text| text.as_ref().map_or(0, String::len)).saturating_sub(SHOWN_BYTES_MAX);
    view! {
        <p class="soft" role="status" hidden=move || shown.with(Option::is_some)>"Writing it."</p>
        <div class="program" inner_html=html></div>
        <p class="field__hint" hidden=move || cut() == 0>
            {move || format!("{} more bytes are not shown. Copy takes all of it.", thousands(cut() as u64))}
        </p>
    }
    .into_any()
}

/// Where it goes, and which key it needs.
#[component]
fn Where(coding: Coding) -> impl IntoView {
    move || {
        let Snippet { provider, key_env, url, .. } = coding.snippet.get()?;
        let direct = coding.is_direct();
        let key = if key_env.is_empty() {
            view! { " This provider wants none." }.into_any()
        } else if direct {
            let provider = provider.unwrap_or_default();
            view! { " " <code>{key_env}</code> {format!(" holds the key of {provider}.")} }.into_any()
        } else {
            view! { " " <code>"ETUDE_URL"</code> " is " <code class="program__url">{url}</code> " here; " <code>"ETUDE_KEY"</code> " may be unset while Etude has no accounts." }
                .into_any()
        };
        Some(view! {
            <div class="note">
                <Icon name="info"/>
                <p class="note__text">"Keys are read from the environment, never written into the code." {key}</p>
            </div>
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_is_read_back_and_anything_else_is_the_first() {
        let first = Choice { language: 0, vendor: 0, direct: false, stream: true };
        assert_eq!(Choice::read(""), first);
        assert_eq!(Choice::read("cobol ibm moon never"), first);
        let other = Choice { language: 2, vendor: 1, direct: true, stream: false };
        assert_eq!(Choice::read("typescript anthropic provider whole"), other);
    }
}
