//! The dialog "Import": what a file would bring is shown before anything is written.

mod outcome;

use domain::limits::IMPORT_BYTES_MAX;
use domain::live::Problem;
use domain::{ApiError, Code, Imported, Undone};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{File, XmlHttpRequest};

use crate::browser;
use crate::browser::upload::send_file;
use crate::components::dialog::{Dialog, DialogHead};
use crate::components::failure::Failure;
use crate::components::icon::Icon;
use crate::state::figures::thousands;
use crate::state::overlays::Overlay;
use outcome::{Done, Found, TakenBack};

/// How far an import is.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    /// No file is chosen.
    Choose,
    /// It is on its way, or being looked at or written.
    Sending(Way),
    /// What would come of it.
    Found(Imported),
    /// What came of it.
    Done(Imported),
    /// What came of taking it back.
    TakenBack(Undone),
    /// Why nothing did.
    Failed(ApiError),
}

/// What a file is sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// To be looked at.
    Look,
    /// To be imported, all of it.
    Whole,
    /// To be imported without what is refused.
    Rest,
}

impl Way {
    const fn address(self) -> &'static str {
        match self {
            Self::Look => "/v1/import?dry_run=true",
            Self::Whole => "/v1/import",
            Self::Rest => "/v1/import?skip_refused=true",
        }
    }

    /// What is done with it once it is there.
    const fn said(self) -> &'static str {
        match self {
            Self::Look => "Looking at it.",
            Self::Whole | Self::Rest => "Writing it.",
        }
    }
}

/// The dialog.
#[component]
pub(super) fn ImportDialog() -> impl IntoView {
    view! {
        <Dialog overlay=Overlay::Import class="dialog" label="Import">
            <Import/>
        </Dialog>
    }
}

#[derive(Clone, Copy)]
struct Importing {
    file: StoredValue<Option<File>, LocalStorage>,
    request: StoredValue<Option<XmlHttpRequest>, LocalStorage>,
    /// The file's name and size in bytes.
    about: RwSignal<(String, f64)>,
    /// Bytes that have gone out.
    sent: RwSignal<f64>,
    step: RwSignal<Step>,
}

impl Importing {
    fn choose(self, file: File) {
        let (name, size) = (file.name(), file.size());
        self.about.set((name.clone(), size));
        if size > IMPORT_BYTES_MAX as f64 {
            let message =
                format!("{name} has {}; at most {} are taken.", megabytes(size), megabytes(IMPORT_BYTES_MAX as f64));
            let error = ApiError::new(Code::BodyTooLarge, message).hint("Export fewer things at a time.");
            return self.step.set(Step::Failed(error));
        }
        self.file.set_value(Some(file));
        self.send(Way::Look);
    }

    fn send(self, way: Way) {
        let Some(file) = self.file.get_value() else { return };
        self.sent.set(0.0);
        self.step.set(Step::Sending(way));
        let sent = move |bytes| _ = self.sent.try_set(bytes);
        let done = move |status: u16, body: String| {
            let next = match read(status, &body) {
                Ok(imported) if way == Way::Look => Step::Found(imported),
                Ok(imported) => Step::Done(imported),
                Err(error) => Step::Failed(error),
            };
            self.step.try_set(next);
        };
        match send_file(way.address(), &file, sent, done) {
            Some(request) => self.request.set_value(Some(request)),
            None => self.step.set(Step::Failed(ApiError::new(Code::Internal, "The browser did not send the file."))),
        }
    }

    fn begin_again(self) {
        self.file.set_value(None);
        self.step.set(Step::Choose);
        browser::focus_soon(FILE.into());
    }
}

/// What the server answered.
fn read(status: u16, body: &str) -> Result<Imported, ApiError> {
    if status == 0 {
        let message = "The file did not reach the server, or its answer did not come back.";
        let error = ApiError::new(Code::Internal, message).retry(None);
        return Err(error.hint("Try again: what was imported already is not imported twice."));
    }
    match serde_json::from_str(body) {
        Ok(imported) if status == 200 => Ok(imported),
        _ => Err(serde_json::from_str::<Problem>(body).map(|problem| problem.error).unwrap_or_else(|_| {
            let message = format!("The server answered {status} with something that this page cannot read.");
            ApiError::new(Code::Internal, message).hint("Load the page again; it may be of an older build.")
        })),
    }
}

fn megabytes(bytes: f64) -> String {
    if bytes < 100_000.0 { format!("{} bytes", thousands(bytes as u64)) } else { format!("{:.1} MB", bytes / 1e6) }
}

const FILE: &str = "import-file";

#[component]
fn Import() -> impl IntoView {
    let importing = Importing {
        file: StoredValue::new_local(None),
        request: StoredValue::new_local(None),
        about: RwSignal::new((String::new(), 0.0)),
        sent: RwSignal::new(0.0),
        step: RwSignal::new(Step::Choose),
    };
    on_cleanup(move || {
        // A dry run is given up; what is being written is all or nothing, and stays that.
        if let Some(request) = importing.request.try_update_value(Option::take).flatten() {
            _ = request.abort();
        }
    });
    let note = Signal::derive(move || {
        let (name, size) = importing.about.get();
        if name.is_empty() { name } else { format!("{name}, {}", megabytes(size)) }
    });
    let body = move || match importing.step.get() {
        Step::Choose => view! { <Choose importing/> }.into_any(),
        Step::Sending(way) => view! { <Sending importing way/> }.into_any(),
        Step::Found(found) => view! { <Found importing found/> }.into_any(),
        Step::Done(done) => view! { <Done importing done/> }.into_any(),
        Step::TakenBack(undone) => view! { <TakenBack undone/> }.into_any(),
        Step::Failed(error) => view! { <Failed importing error/> }.into_any(),
    };
    view! {
        <DialogHead title="Import" note/>
        {body}
    }
}

#[component]
fn Cancel() -> impl IntoView {
    view! { <button class="button" data-kind="quiet" type="button" on:click=move |_| browser::close_dialogs()>"Cancel"</button> }
}

#[component]
fn Choose(importing: Importing) -> impl IntoView {
    let chosen = move |event: web_sys::Event| {
        let field = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
        if let Some(file) = field.and_then(|field| field.files()?.get(0)) {
            importing.choose(file);
        }
    };
    view! {
        <div class="dialog__body dialog__stack">
            // The field itself lies over all of it: a file that is dropped there is chosen.
            <label class="upload">
                <Icon name="upload"/>
                <b>"Choose a file"</b>
                <span class="soft">"or drop it here: what Etude has exported, as JSON"</span>
                <input type="file" id=FILE accept=".json,application/json" autofocus=true on:change=chosen/>
            </label>
            <p class="soft">"What it would bring is shown before anything is written. Doing it twice changes nothing."</p>
        </div>
        <footer class="dialog__foot">
            <span class="grow"></span>
            <Cancel/>
        </footer>
    }
    .into_any()
}

#[component]
fn Sending(importing: Importing, way: Way) -> impl IntoView {
    let size = move || importing.about.with(|(_, size)| *size);
    let said = move || {
        let sent = importing.sent.get();
        if sent < size() { format!("{} of {} sent", megabytes(sent), megabytes(size())) } else { way.said().to_owned() }
    };
    view! {
        <div class="dialog__body dialog__stack">
            <progress class="upload__bar" aria-label="Sent" max=move || size().to_string() prop:value=move || importing.sent.get()></progress>
            <p class="soft num" role="status">{said}</p>
        </div>
        <footer class="dialog__foot">
            <span class="grow"></span>
            <Cancel/>
        </footer>
    }
    .into_any()
}

/// Begins again with another file.
#[component]
fn Other(importing: Importing) -> impl IntoView {
    view! {
        <button class="button" data-kind="quiet" type="button" id="import-other" on:click=move |_| importing.begin_again()>
            "Choose another file"
        </button>
    }
}

#[component]
fn Failed(importing: Importing, error: ApiError) -> impl IntoView {
    let again = error.retryable.then(|| {
        view! { <button class="button" type="button" on:click=move |_| importing.send(Way::Look)>"Try again"</button> }
    });
    browser::focus_soon("import-other".into());
    // Of an answer that did not come nobody knows what it said.
    let kept = (!error.retryable).then(|| "nothing was imported".to_owned());
    view! {
        <div class="dialog__body">
            <Failure error kept>{again}</Failure>
        </div>
        <footer class="dialog__foot">
            <Other importing/>
            <span class="grow"></span>
            <Cancel/>
        </footer>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_read_whatever_it_is() {
        let ok = read(200, r#"{"created":2,"unchanged":1,"refused":[{"path":"runs[0]","why":"is cut."}]}"#);
        let ok = ok.expect("an answer");
        assert_eq!((ok.created, ok.unchanged, ok.refused.map(|refused| refused.len())), (2, 1, Some(1)));
        let problem = Problem::new(ApiError::new(Code::InvalidRequest, "It ends in the middle.").hint("Again."), None);
        let problem = serde_json::to_string(&problem).expect("json");
        let error = read(400, &problem).expect_err("a refusal");
        assert_eq!((error.code, error.hint.as_deref()), (Code::InvalidRequest, Some("Again.")));
        assert!(read(0, "").expect_err("no answer").retryable);
        assert!(read(502, "<html>").expect_err("a proxy").message.contains("502"));
    }
}
