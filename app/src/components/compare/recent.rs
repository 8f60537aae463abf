//! `/compare` without an id: the comparisons that there are, and the way to a new one.

use domain::comparison::{Column, ComparisonSummary};
use domain::{ApiError, ComparisonSpec, ModelInfo, PromptContent};
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
use crate::state::figures::thousands;
use crate::state::when;

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

/// The list of comparisons.
#[component]
pub fn Recent(
    /// What there is, the last changed first.
    listed: Vec<ComparisonSummary>,
    /// Every model there is; the first is the default.
    models: Vec<ModelInfo>,
) -> impl IntoView {
    let (failed, busy) = (RwSignal::new(None::<ApiError>), RwSignal::new(false));
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
                Err(PageError(error)) => failed.set(Some(error)),
            }
        });
    };
    browser::say_alive();
    let is_empty = listed.is_empty();
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
                        failed
                            .get()
                            .map(|error| {
                                view! {
                                    <h2 class="sr-only">"No comparison was begun"</h2>
                                    <Failure error/>
                                }
                            })
                    }}
                    {if is_empty { view! { <NoComparisons/> }.into_any() } else { view! { <List listed/> }.into_any() }}
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

#[component]
fn List(listed: Vec<ComparisonSummary>) -> impl IntoView {
    // The browser knows what time it is; the server says a date that holds for everyone.
    let now = RwSignal::new(None::<i64>);
    Effect::new(move || now.set(Some(browser::panes::now_micros())));
    let row = move |one: ComparisonSummary| {
        let name = if one.name.trim().is_empty() { "Untitled".to_owned() } else { one.name.clone() };
        let count =
            |count: u32, word: &str| format!("{} {word}{}", thousands(count.into()), if count == 1 { "" } else { "s" });
        let what = format!("{} · {}", count(one.columns, "column"), count(one.rows, "row"));
        let changed = one.updated_at;
        let icon = if one.rows > 1 { "rows-3" } else { "columns-2" };
        view! {
            <li class="comparisons__row">
                <Icon name=icon/>
                <a class="comparisons__link truncate" href=format!("/compare?id={}", one.id) rel="external">{name}</a>
                <span class="comparisons__what num">{what}</span>
                <time class="comparisons__when num" datetime=when::iso(changed) title=when::utc(changed)>
                    {move || now.get().map_or_else(|| when::utc(changed)[..10].to_owned(), |now| when::age(changed, now))}
                </time>
            </li>
        }
    };
    view! { <ul class="comparisons__list" role="list" aria-label="Comparisons">{listed.into_iter().map(row).collect_view()}</ul> }.into_any()
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
