//! The dialog "Import": what a file would bring is shown before anything is written.

use domain::carry::Refused;
use domain::limits::IMPORT_BYTES_MAX;
use domain::live::Problem;
use domain::{ApiError, Code, Imported};
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

/// How far an import is.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    /// No file is chosen.
    Choose,
    /// It is on its way, or being looked at.
    Sending,
    /// What would come of it.
    Found(Imported),
    /// What came of it.
    Done(Imported),
    /// Why nothing did.
    Failed(ApiError),
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
        self.send(true);
    }

    fn send(self, dry_run: bool) {
        let Some(file) = self.file.get_value() else { return };
        self.sent.set(0.0);
        self.step.set(Step::Sending);
        let address = if dry_run { "/v1/import?dry_run=true" } else { "/v1/import" };
        let sent = move |bytes| _ = self.sent.try_set(bytes);
        let done = move |status: u16, body: String| {
            let next = match read(status, &body) {
                Ok(imported) if dry_run => Step::Found(imported),
                Ok(imported) => Step::Done(imported),
                Err(error) => Step::Failed(error),
            };
            self.step.try_set(next);
        };
        match send_file(address, &file, sent, done) {
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
        Step::Sending => view! { <Sending importing/> }.into_any(),
        Step::Found(found) => view! { <Found importing found/> }.into_any(),
        Step::Done(done) => view! { <Done done/> }.into_any(),
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
fn Sending(importing: Importing) -> impl IntoView {
    let size = move || importing.about.with(|(_, size)| *size);
    let said = move || {
        let sent = importing.sent.get();
        if sent < size() {
            format!("{} of {} sent", megabytes(sent), megabytes(size()))
        } else {
            "Looking at it.".to_owned()
        }
    };
    view! {
        <div class="dialog__body dialog__stack">
            <progress class="upload__bar" aria-label="Sent" max=move || size().to_string() prop:value=move || importing.sent.get()></progress>
            <p class="soft num">{said}</p>
        </div>
        <footer class="dialog__foot">
            <span class="grow"></span>
            <Cancel/>
        </footer>
    }
    .into_any()
}

/// Numbers under their words, large.
#[component]
fn Tally(#[prop(into)] items: Vec<(&'static str, u64)>) -> impl IntoView {
    let item = |(name, count): (&'static str, u64)| {
        let bad = (name == "Refused" && count > 0).then_some("bad");
        view! {
            <div data-tone=bad>
                <dt>{name}</dt>
                <dd>{thousands(count)}</dd>
            </div>
        }
    };
    view! { <dl class="tally">{items.into_iter().map(item).collect_view()}</dl> }.into_any()
}

#[component]
fn Found(importing: Importing, found: Imported) -> impl IntoView {
    let Imported { created, unchanged, updated, refused, refused_more } = found;
    let refused = refused.unwrap_or_default();
    let count = refused.len() as u64 + refused_more;
    let mut items = vec![("To create", created), ("Unchanged", unchanged)];
    if updated > 0 {
        items.insert(1, ("To update", updated));
    }
    items.push(("Refused", count));
    let news = created + updated;
    let said = match (count, news) {
        (1.., _) => {
            "Nothing is written. Import takes all or nothing: repair the file, or take the refused entries out, and try again."
        }
        (0, 0) => "All of it is here already. There is nothing to import.",
        (0, _) => "Nothing is written yet. Import takes all or nothing, and doing it twice changes nothing.",
    };
    let can = count == 0 && news > 0;
    browser::focus_soon((if can { "import-go" } else { "import-other" }).into());
    view! {
        <div class="dialog__body dialog__stack">
            <Tally items/>
            {(count > 0).then(|| view! { <RefusedEntries refused more=refused_more/> })}
            <div class="note">
                <Icon name="info"/>
                <p class="note__text" role="status">{said}</p>
            </div>
        </div>
        <footer class="dialog__foot">
            <Other importing/>
            <span class="grow"></span>
            <Cancel/>
            <button class="button" data-kind="primary" type="button" id="import-go" disabled=!can on:click=move |_| importing.send(false)>
                "Import"
            </button>
        </footer>
    }
    .into_any()
}

#[component]
fn RefusedEntries(refused: Vec<Refused>, more: u64) -> impl IntoView {
    let row = |Refused { path, why }: Refused| {
        view! {
            <tr>
                <th scope="row">
                    <code>{path}</code>
                </th>
                <td>{why}</td>
            </tr>
        }
    };
    view! {
        <section>
            <h3 id="import-refused">"Refused"</h3>
            <div class="table-scroll" tabindex="0" role="region" aria-labelledby="import-refused">
                <table class="table upload__refused">
                    <thead>
                        <tr>
                            <th scope="col">"Entry"</th>
                            <th scope="col">"Why"</th>
                        </tr>
                    </thead>
                    <tbody>{refused.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
            {(more > 0).then(|| view! { <p class="soft">{format!("and {} more", thousands(more))}</p> })}
        </section>
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
fn Done(done: Imported) -> impl IntoView {
    let mut items = vec![("Created", done.created), ("Unchanged", done.unchanged)];
    if done.updated > 0 {
        items.insert(1, ("Updated", done.updated));
    }
    browser::focus_soon("import-show".into());
    view! {
        <div class="dialog__body dialog__stack">
            <p class="upload__done" role="status">
                <Icon name="check"/>
                "Imported."
            </p>
            <Tally items/>
        </div>
        <footer class="dialog__foot">
            <span class="grow"></span>
            <button class="button" data-kind="quiet" type="button" on:click=move |_| browser::close_dialogs()>"Close"</button>
            // Loaded anew: the library that may lie behind does not know of it yet.
            <a class="button" data-kind="primary" id="import-show" href="/library" rel="external">"Show in the library"</a>
        </footer>
    }
    .into_any()
}

#[component]
fn Failed(importing: Importing, error: ApiError) -> impl IntoView {
    let again = error.retryable.then(|| {
        view! { <button class="button" type="button" on:click=move |_| importing.send(true)>"Try again"</button> }
    });
    browser::focus_soon("import-other".into());
    view! {
        <div class="dialog__body">
            <Failure error kept=Some("nothing was imported".to_owned())>{again}</Failure>
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
