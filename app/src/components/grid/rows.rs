//! The dialog "Rows of inputs": a pasted or opened table, looked at before it is taken.

use std::sync::Arc;

use leptos::prelude::*;

use crate::browser;
use crate::components::compare::Modal;
use crate::components::icon::Icon;
use crate::state::compare::{Compare, Inputs};
use crate::state::csv::{self, Problem, ROWS_BYTES_MAX, Table};
use crate::state::figures::thousands;

/// Rows that are shown before they are taken.
const PREVIEW_ROWS: usize = 5;
/// Longest text that stands in the field, in bytes; a longer one is taken and not shown.
const FIELD_BYTES_MAX: usize = 64 * 1024;

/// What the dialog works with.
#[derive(Clone, Copy)]
struct Taking {
    compare: Compare,
    /// What stands in the field.
    typed: RwSignal<String>,
    /// What the rows are read from.
    name: RwSignal<String>,
    table: RwSignal<Option<Result<Arc<Table>, Problem>>>,
    /// The variable of each field.
    names: RwSignal<Vec<Option<String>>>,
}

impl Taking {
    /// Reads a text.
    fn read(self, text: &str, name: String) {
        self.name.set(name);
        let read = csv::read(text).map(Arc::new);
        if let Ok(table) = &read {
            self.names.set(csv::guess(table, &self.compare.variables.get_untracked()));
        }
        self.table.set(Some(read));
    }

    fn type_in(self, text: String) {
        if text.trim().is_empty() {
            self.table.set(None);
        } else {
            self.read(&text, "Pasted rows".to_owned());
        }
        self.typed.set(text);
    }

    /// Takes a text that may be too long to stand in a field.
    fn take(self, text: &str, name: String) {
        let fits = text.len() <= FIELD_BYTES_MAX;
        self.typed.set(if fits { text.to_owned() } else { String::new() });
        self.read(text, name);
    }

    /// The rows that would be taken. A variable that no field has keeps its present value in every row.
    fn rows(self) -> Option<Result<Vec<Inputs>, String>> {
        let table = self.table.get_untracked()?.ok()?;
        let names = self.names.get_untracked();
        Some(csv::inputs(&table, &names).map(|mut rows| {
            let usual = self.compare.rows.with_untracked(|rows| rows.first().cloned()).unwrap_or_default();
            let missing = self.missing().into_iter().filter_map(|name| Some((usual.get(&name)?.clone(), name)));
            for (value, name) in missing {
                rows.iter_mut().for_each(|row| _ = row.insert(name.clone(), value.clone()));
            }
            rows
        }))
    }

    /// Variables that no field is the value of.
    fn missing(self) -> Vec<String> {
        let names = self.names.get();
        let variables = self.compare.variables.get();
        variables.into_iter().filter(|name| !names.contains(&Some(name.clone()))).collect()
    }
}

/// The dialog.
#[component]
pub(in crate::components) fn RowsDialog(compare: Compare) -> impl IntoView {
    let taking = Taking {
        compare,
        typed: RwSignal::new(String::new()),
        name: RwSignal::new(String::new()),
        table: RwSignal::new(None),
        names: RwSignal::new(Vec::new()),
    };
    let wrong = RwSignal::new(None::<String>);
    let use_rows = move |_| match taking.rows() {
        Some(Ok(rows)) => {
            compare.use_rows(rows, taking.name.get_untracked());
            browser::close_dialogs();
        }
        Some(Err(why)) => wrong.set(Some(why)),
        None => browser::focus("rows-text"),
    };
    Effect::new(move || {
        taking.names.track();
        wrong.set(None);
    });
    let is_grid = untrack(|| compare.is_grid());
    let count = Memo::new(move |_| taking.table.with(|table| Some(table.as_ref()?.as_ref().ok()?.rows.len() as u64)));
    let deed = move || match count.get() {
        Some(1) => "Use 1 row".to_owned(),
        Some(count) => format!("Use {} rows", thousands(count)),
        None => "Use rows".to_owned(),
    };
    let has_answers = compare.standing.with_untracked(|standing| standing.counts.done > 0);
    view! {
        <Modal title=Signal::stored("Rows of inputs".to_owned()) size="lg" on_close=Callback::new(move |()| compare.over.set(None))>
            <div class="dialog__body dialog__stack">
                <Source taking/>
                {move || match taking.table.get() {
                    Some(Ok(table)) => view! { <Preview taking table/> }.into_any(),
                    Some(Err(problem)) => {
                        view! {
                            <p class="field__error" role="alert" id="rows-error">
                                <Icon name="circle-alert" small=true/>
                                {problem.to_string()}
                            </p>
                        }
                            .into_any()
                    }
                    None => ().into_any(),
                }}
                {move || {
                    wrong
                        .get()
                        .map(|why| {
                            view! {
                                <p class="field__error" role="alert">
                                    <Icon name="circle-alert" small=true/>
                                    {why}
                                </p>
                            }
                        })
                }}
            </div>
            <footer class="dialog__foot">
                {is_grid
                    .then(|| {
                        view! {
                            <button
                                class="button"
                                data-kind="quiet"
                                type="button"
                                on:click=move |_| {
                                    compare.use_one_row();
                                    browser::close_dialogs();
                                }
                            >
                                "Back to one row"
                            </button>
                        }
                    })}
                {has_answers.then(|| view! { <p>"Answers to the present rows stay among the runs."</p> })}
                <span class="grow"></span>
                <button class="button" type="button" on:click=move |_| browser::close_dialogs()>"Cancel"</button>
                <button class="button" data-kind="primary" type="button" disabled=move || count.get().is_none() on:click=use_rows>{deed}</button>
            </footer>
        </Modal>
    }
    .into_any()
}

/// Where the rows come from: a field to paste into, or a file.
#[component]
fn Source(taking: Taking) -> impl IntoView {
    let paste = move |event: leptos::ev::ClipboardEvent| {
        let text = event.clipboard_data().and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default();
        // A field with megabytes in it would hold the page up.
        if text.len() > FIELD_BYTES_MAX {
            event.prevent_default();
            taking.take(&text, "Pasted rows".to_owned());
        }
    };
    let open = move |file: &web_sys::File| {
        if file.size() > ROWS_BYTES_MAX as f64 {
            let what =
                format!("{} has more than {} MB, the most that is taken.", file.name(), ROWS_BYTES_MAX / 1_000_000);
            taking.typed.set(String::new());
            taking.table.set(Some(Err(Problem { place: None, what })));
            return;
        }
        let name = file.name();
        browser::panes::read_text(file, move |text| taking.take(&text, name));
    };
    let chosen = move |event: leptos::ev::Event| {
        if let Some(file) = event_target::<web_sys::HtmlInputElement>(&event).files().and_then(|files| files.get(0)) {
            open(&file);
        }
    };
    let drop = move |event: leptos::ev::DragEvent| {
        if let Some(file) = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0)) {
            event.prevent_default();
            open(&file);
        }
    };
    let is_wrong = move || taking.table.with(|table| matches!(table, Some(Err(_))));
    view! {
        <div class="field">
            <label class="field__label" for="rows-text">"Paste CSV or JSONL, the names of the variables in the first line"</label>
            <textarea
                class="input rows__text"
                data-font="mono"
                id="rows-text"
                rows="6"
                spellcheck="false"
                autocomplete="off"
                autofocus=true
                placeholder="mail,topics"
                aria-invalid=move || is_wrong().then_some("true")
                aria-describedby=move || is_wrong().then_some("rows-error")
                prop:value=move || taking.typed.get()
                on:input=move |event| taking.type_in(event_target_value(&event))
                on:paste=paste
                on:drop=drop
            ></textarea>
            <div class="rows__source">
                <label class="button rows__file">
                    <Icon name="upload" small=true/>
                    "Open a file"
                    <input class="sr-only" type="file" accept=".csv,.tsv,.txt,.jsonl,.ndjson,text/csv,application/jsonl" on:change=chosen/>
                </label>
                <p class="field__hint">{format!("Up to {} rows and {} MB.", thousands(domain::limits::ROWS_MAX as u64), ROWS_BYTES_MAX / 1_000_000)}</p>
            </div>
        </div>
    }
    .into_any()
}

/// The first rows, and which field is the value of which variable.
#[component]
fn Preview(taking: Taking, table: Arc<Table>) -> impl IntoView {
    let rows = table.rows.len() as u64;
    let said = format!("{}: {} rows, {} fields each", table.form.name(), thousands(rows), table.names.len());
    let heads = (0..table.names.len()).map(|place| {
        let own = table.names[place].clone();
        view! { <th scope="col"><Target taking place own/></th> }
    });
    let line = |row: &Vec<String>| {
        let fields = row.iter().map(|field| view! { <td><span class="rows__field">{field.clone()}</span></td> });
        view! { <tr>{fields.collect_view()}</tr> }
    };
    let lines = table.rows.iter().take(PREVIEW_ROWS).map(line).collect_view();
    let missing = move || {
        let names = taking.missing();
        let usual = taking.compare.rows.with(|rows| rows.first().cloned().unwrap_or_default());
        names
            .into_iter()
            .map(|name| {
                let has = usual.get(&name).is_some_and(|value| !value.is_empty());
                let said = if has {
                    "has no field: it has its present value in every row."
                } else {
                    "has no field and no value."
                };
                view! {
                    <p class="rows__missing">
                        <span class="inputs__name">{name}</span>
                        " "
                        {said}
                    </p>
                }
            })
            .collect_view()
    };
    view! {
        <section aria-label="Preview">
            <h3>{said}</h3>
            <div class="table-scroll rows__preview" tabindex="0" role="region" aria-label="First rows">
                <table class="table">
                    <thead>
                        <tr>{heads.collect_view()}</tr>
                    </thead>
                    <tbody>{lines}</tbody>
                </table>
            </div>
            {missing}
        </section>
    }
    .into_any()
}

/// Which variable a field is the value of.
#[component]
fn Target(taking: Taking, place: usize, own: String) -> impl IntoView {
    let label = if own.is_empty() { format!("Field {}", place + 1) } else { own.clone() };
    let chosen = Memo::new(move |_| taking.names.with(|names| names.get(place).cloned().flatten()));
    let guessed = chosen.get_untracked();
    let mut choices = taking.compare.variables.get_untracked();
    // Kept under its own name, for a prompt that will ask for it.
    choices.extend(guessed.clone().filter(|name| !choices.contains(name)));
    let set = move |event| {
        let name = Some(event_target_value(&event)).filter(|name| !name.is_empty());
        taking.names.update(|names| {
            if let Some(target) = names.get_mut(place) {
                *target = name;
            }
        });
    };
    let options = choices.into_iter().map(|name| {
        let is_chosen = guessed.as_ref() == Some(&name);
        view! { <option value=name.clone() selected=is_chosen>{format!("{{{{{name}}}}}")}</option> }
    });
    view! {
        <span class="rows__name truncate">{label.clone()}</span>
        <select class="input" aria-label=format!("Variable of {label}") on:change=set>
            <option value="" selected=guessed.is_none()>"left out"</option>
            {options.collect_view()}
        </select>
    }
    .into_any()
}
