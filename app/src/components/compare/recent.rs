//! `/compare` without an id: the comparisons that there are, and the way to a new one.

mod rows;

use domain::comparison::{Column, ComparisonSummary};
use domain::{ApiError, ComparisonId, ComparisonSpec, ModelInfo, PromptContent};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::comparisons::create_comparison;
use crate::api::drafts::get_draft;
use crate::api::error::PageError;
use crate::browser;
use crate::components::banner::Banner;
use crate::components::failure::Failure;
use crate::components::header::PlainHeader;
use crate::components::icon::Icon;
use crate::components::nav::Place;
use crate::drafts;
use crate::state::compare::Inputs;
use crate::state::draft::Draft;
use rows::List;

/// A column of the draft's prompt, and the values of its variables.
fn first_column(draft: &Draft) -> Result<(Column, Inputs), ApiError> {
    let content = draft.content().map_err(|refusal| refusal.error)?;
    let variables = content.variables();
    let inputs = draft.inputs.iter().filter(|(name, _)| variables.contains(name));
    let inputs = inputs.map(|(name, value)| (name.clone(), value.clone())).collect();
    let content = PromptContent { inputs: Inputs::new(), ..content };
    let (prompt, version) = (draft.prompt, draft.version);
    // Whether it is still what that version holds, nobody can tell here: it counts as edited.
    Ok((Column { id: 1, prompt, version, edited: prompt.is_some(), content }, inputs))
}

/// Two columns that differ by nothing yet.
fn beginning(column: Column, inputs: Inputs) -> ComparisonSpec {
    let second = Column { id: 2, ..column.clone() };
    ComparisonSpec { columns: vec![column, second], rows: vec![inputs], repetitions: 1, ..ComparisonSpec::default() }
}

/// The comparisons that are shown, and what there is to say about them.
#[derive(Clone, Copy)]
struct Listing {
    rows: RwSignal<Vec<ComparisonSummary>>,
    /// The one whose name is being typed.
    renaming: RwSignal<Option<ComparisonId>>,
    /// What is typed as its name.
    typed: RwSignal<String>,
    /// Whether something is being done that must not be done twice.
    busy: RwSignal<bool>,
    /// What was not done, and why.
    failed: RwSignal<Option<(&'static str, ApiError)>>,
    /// The browser knows what time it is; the server says a date that holds for everyone.
    now: RwSignal<Option<i64>>,
}

/// The list of comparisons.
#[component]
pub fn Recent(
    /// What there is, the last changed first.
    listed: Vec<ComparisonSummary>,
    /// Every model there is; the first is the default.
    models: Vec<ModelInfo>,
) -> impl IntoView {
    let listing = Listing {
        rows: RwSignal::new(listed),
        renaming: RwSignal::new(None),
        typed: RwSignal::new(String::new()),
        busy: RwSignal::new(false),
        failed: RwSignal::new(None),
        now: RwSignal::new(None),
    };
    Effect::new(move || listing.now.set(Some(browser::panes::now_micros())));
    let busy = RwSignal::new(false);
    let example = StoredValue::new(models.first().map(Draft::example));
    let begin = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = new_comparison(example.try_get_value().flatten()).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(address) => browser::leave_for(&address),
                Err(PageError(error)) => listing.failed.set(Some(("No comparison was begun", error))),
            }
        });
    };
    browser::say_alive();
    let is_empty = Memo::new(move |_| listing.rows.with(Vec::is_empty));
    view! {
        <div class="shell">
            <PlainHeader title="Compare" here=Place::Playground>
                <button class="button live-only" data-kind="primary" type="button" aria-busy=move || busy.get().then_some("true") on:click=begin>
                    <Icon name="plus" small=true/>
                    "New comparison"
                </button>
            </PlainHeader>
            <Banner/>
            <main class="shell__main" id="main">
                <section class="comparisons" aria-labelledby="comparisons-h">
                    <h1 class="sr-only" id="comparisons-h">"Comparisons"</h1>
                    {move || {
                        listing
                            .failed
                            .get()
                            .map(|(what, error)| {
                                view! {
                                    <h2 class="sr-only">{what}</h2>
                                    <Failure error>
                                        <button class="button" type="button" on:click=move |_| listing.failed.set(None)>"Close"</button>
                                    </Failure>
                                }
                            })
                    }}
                    {move || if is_empty.get() { view! { <NoComparisons/> }.into_any() } else { view! { <List listing/> }.into_any() }}
                </section>
            </main>
        </div>
    }
    .into_any()
}

/// Begins a comparison of what stands in this tab, or of the example.
async fn new_comparison(example: Option<Draft>) -> Result<String, PageError> {
    let kept = match drafts::current() {
        Some(id) => get_draft(id).await.ok().flatten().map(|kept| kept.draft),
        None => None,
    };
    let draft = kept.or(example).unwrap_or_default();
    let (column, inputs) = first_column(&draft)?;
    let kept = create_comparison(String::new(), beginning(column, inputs)).await?;
    Ok(format!("/compare?id={}", kept.id))
}

#[component]
fn NoComparisons() -> impl IntoView {
    view! {
        <div class="page__state">
            <div class="empty">
                <h2>"Every comparison will be here."</h2>
                <p>"Two to eight columns, each a version, a model or a set of parameters, over the same inputs. A new one begins with what stands in the playground."</p>
                <a class="button" href="/">"Open the playground"</a>
            </div>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_comparison_begins_with_the_draft_twice() {
        let mut draft = Draft::example(&ModelInfo::named("tiny", "embedded"));
        draft.messages[0].text = "About {{topic}}".into();
        draft.inputs = [("topic".to_owned(), "rivers".to_owned()), ("gone".to_owned(), "x".to_owned())].into();
        let (column, inputs) = first_column(&draft).expect("it can be read");
        assert_eq!(inputs, Inputs::from([("topic".to_owned(), "rivers".to_owned())]));
        assert!(column.content.inputs.is_empty() && !column.edited);
        let spec = beginning(column, inputs);
        assert_eq!(spec.check(), Ok(()));
        assert_eq!(spec.columns.iter().map(|column| column.id).collect::<Vec<_>>(), [1, 2]);
    }
}
