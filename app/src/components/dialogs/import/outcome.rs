//! What would come of a file, what came of it, and the way back.

use domain::carry::Refused;
use domain::{ApiError, Imported, Undone};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Cancel, Importing, Other, Step, Way};
use crate::api::carry::undo_import;
use crate::api::error::PageError;
use crate::browser;
use crate::components::failure::Failure;
use crate::components::icon::Icon;
use crate::state::figures::thousands;

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

/// What is refused of a file.
struct Out {
    refused: Vec<Refused>,
    more: u64,
    /// How many prompts, runs and comparisons it is; of a field of the whole file none.
    entries: u64,
}

impl Out {
    fn of(imported: &Imported) -> Self {
        Self {
            refused: imported.refused.clone().unwrap_or_default(),
            more: imported.refused_more,
            entries: imported.left_out,
        }
    }

    const fn is_some(&self) -> bool {
        !self.refused.is_empty()
    }

    fn count(&self) -> u64 {
        if self.entries > 0 { self.entries } else { self.refused.len() as u64 + self.more }
    }
}

/// What would come of it.
#[component]
pub(super) fn Found(importing: Importing, found: Imported) -> impl IntoView {
    let out = Out::of(&found);
    let Imported { created, unchanged, updated, .. } = found;
    let mut items = vec![("To create", created), ("Unchanged", unchanged)];
    if updated > 0 {
        items.insert(1, ("To update", updated));
    }
    items.push(("Refused", out.count()));
    let news = created + updated;
    let said = match (out.is_some(), news) {
        (true, 0) => "Nothing is written. Nothing else in the file is new: repair it, and try again.",
        (true, _) => {
            "Nothing is written yet. Leave the refused ones out, and the rest is imported; or repair the file and try again."
        }
        (false, 0) => "All of it is here already. There is nothing to import.",
        (false, _) => "Nothing is written yet. Import takes all or nothing, and doing it twice changes nothing.",
    };
    let (way, label) = if out.is_some() && news > 0 {
        (Way::Rest, format!("Import without the {} refused", thousands(out.count())))
    } else {
        (Way::Whole, "Import".to_owned())
    };
    browser::focus_soon((if news > 0 { "import-go" } else { "import-other" }).into());
    view! {
        <div class="dialog__body dialog__stack">
            <Tally items/>
            <RefusedEntries out/>
            <div class="note">
                <Icon name="info"/>
                <p class="note__text" role="status">{said}</p>
            </div>
        </div>
        <footer class="dialog__foot">
            <Other importing/>
            <span class="grow"></span>
            <Cancel/>
            <button
                class="button"
                data-kind="primary"
                type="button"
                id="import-go"
                disabled=news == 0
                on:click=move |_| importing.send(way)
            >
                {label}
            </button>
        </footer>
    }
    .into_any()
}

/// The refused entries, each with its place and the reason; nothing where there are none.
#[component]
fn RefusedEntries(out: Out) -> impl IntoView {
    let is_some = out.is_some();
    let Out { refused, more, .. } = out;
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
    let list = view! {
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
    };
    is_some.then_some(list)
}

/// What came of it.
#[component]
pub(super) fn Done(importing: Importing, done: Imported) -> impl IntoView {
    let out = Out::of(&done);
    let mut items = vec![("Created", done.created), ("Unchanged", done.unchanged)];
    if done.updated > 0 {
        items.insert(1, ("Updated", done.updated));
    }
    if out.is_some() {
        items.push(("Refused", out.count()));
    }
    let said = if out.is_some() { "Imported, without what is refused." } else { "Imported." };
    let (busy, failed) = (RwSignal::new(false), RwSignal::new(None::<ApiError>));
    let back = move |id| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failed.set(None);
        spawn_local(async move {
            match undo_import(id).await {
                Ok(undone) => _ = importing.step.try_set(Step::TakenBack(undone)),
                Err(PageError(error)) => {
                    busy.try_set(false);
                    failed.try_set(Some(error));
                }
            }
        });
    };
    let undo = done.id.map(|id| {
        view! {
            <button
                class="button"
                data-kind="quiet"
                type="button"
                aria-busy=move || busy.get().then_some("true")
                on:click=move |_| back(id)
            >
                <Icon name="undo-2" small=true/>
                "Undo the import"
            </button>
        }
    });
    browser::focus_soon("import-show".into());
    view! {
        <div class="dialog__body dialog__stack">
            <p class="upload__done" role="status">
                <Icon name="check"/>
                {said}
            </p>
            <Tally items/>
            <RefusedEntries out/>
            {move || failed.get().map(|error| view! { <Failure error kept=Some("what was imported stays".to_owned())/> })}
        </div>
        <footer class="dialog__foot">
            {undo}
            <span class="grow"></span>
            <WaysOut/>
        </footer>
    }
    .into_any()
}

/// The ways out once it is over.
#[component]
fn WaysOut() -> impl IntoView {
    view! {
        <button class="button" data-kind="quiet" type="button" on:click=move |_| browser::close_dialogs()>"Close"</button>
        // Loaded anew: the library that may lie behind does not know of it yet.
        <a class="button" data-kind="primary" id="import-show" href="/library" rel="external">"Show in the library"</a>
    }
}

/// What came of taking it back.
#[component]
pub(super) fn TakenBack(undone: Undone) -> impl IntoView {
    let Undone { taken_back, kept } = undone;
    let mut items = vec![("Taken back", taken_back)];
    let stays = (kept > 0).then(|| {
        items.push(("Kept", kept));
        view! {
            <div class="note">
                <Icon name="info"/>
                <p class="note__text">"What was changed since the import stays as it is."</p>
            </div>
        }
    });
    browser::focus_soon("import-show".into());
    view! {
        <div class="dialog__body dialog__stack">
            <p class="upload__done" role="status">
                <Icon name="undo-2"/>
                "The import is taken back."
            </p>
            <Tally items/>
            {stays}
        </div>
        <footer class="dialog__foot">
            <span class="grow"></span>
            <WaysOut/>
        </footer>
    }
    .into_any()
}
