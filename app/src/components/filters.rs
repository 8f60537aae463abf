//! What narrows the history: words, status, model, time. A form whose address says it all.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::icon::Icon;
use crate::state::filters::{COSTS, Filters, SINCE, STATUSES};

/// How long after a letter the list is searched.
const SETTLE: Duration = Duration::from_millis(300);

/// The search box's id, for the key that goes there.
pub const SEARCH_ID: &str = "run-query";

/// The form above the list.
#[component]
pub fn FilterBar(
    /// What the address asks for.
    filters: Memo<Filters>,
    /// The models that can be asked for.
    models: Vec<String>,
) -> impl IntoView {
    let (query, status) = (NodeRef::<html::Input>::new(), NodeRef::<html::Select>::new());
    let (model, since) = (NodeRef::<html::Select>::new(), NodeRef::<html::Select>::new());
    let cost = NodeRef::<html::Select>::new();
    let navigate = use_navigate();
    let read = move || {
        Some(Filters {
            status: status.get_untracked()?.value(),
            model: model.get_untracked()?.value(),
            since: since.get_untracked()?.value(),
            cost: cost.get_untracked()?.value(),
            query: query.get_untracked()?.value().trim().to_owned(),
            after: String::new(),
            // What a link asks for stays until the filters are cleared.
            ..filters.get_untracked()
        })
    };
    let apply = Callback::new(move |replace: bool| {
        let Some(wanted) = read() else { return };
        let now = filters.get_untracked();
        if wanted != (Filters { after: String::new(), ..now }) {
            navigate(&wanted.address(), NavigateOptions { replace, scroll: false, ..NavigateOptions::default() });
        }
    });
    follow_address(filters, query, [status, model, since, cost], apply);
    let settle = StoredValue::new(None::<TimeoutHandle>);
    let typed = move |_| {
        settle.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
            *timer = set_timeout_with_handle(move || apply.run(true), SETTLE).ok();
        });
    };
    on_cleanup(move || {
        if let Some(timer) = settle.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        apply.run(false);
    };
    let first = filters.get_untracked();
    let statuses = STATUSES.map(|(word, name)| (word.to_owned(), name.to_owned()));
    let models = models.into_iter().map(|model| (model.clone(), model));
    let models = [(String::new(), "Any model".to_owned())].into_iter().chain(models);
    let times = SINCE.map(|(word, name, _)| (word.to_owned(), name.to_owned()));
    let costs = COSTS.map(|(word, name, _)| (word.to_owned(), name.to_owned()));
    let of = [("prompt", first.prompt), ("group", first.group), ("with", first.with)];
    let of = of.map(|(name, id)| (!id.is_empty()).then(|| view! { <input type="hidden" name=name value=id/> }));
    let cleared = move || filters.with(|filters| filters.cleared().address());
    view! {
        <form class="filters" role="search" method="get" action="/runs" on:submit=submit>
            <div class="search">
                <Icon name="search"/>
                <input
                    class="input"
                    id=SEARCH_ID
                    type="search"
                    name="query"
                    aria-label="Search runs"
                    placeholder="Text, id or error"
                    autocomplete="off"
                    value=first.query
                    node_ref=query
                    on:input=typed
                />
                <kbd class="kbd live-only" aria-hidden="true">"/"</kbd>
            </div>
            <Choice node=status name="status" label="Status" chosen=first.status options=statuses.to_vec() apply/>
            <Choice node=model name="model" label="Model" chosen=first.model options=models.collect() apply/>
            <Choice node=since name="since" label="Since" chosen=first.since options=times.to_vec() apply/>
            <Choice node=cost name="cost" label="Cost" chosen=first.cost options=costs.to_vec() apply/>
            {of.into_iter().flatten().collect_view()}
            <button class="button form-only" type="submit">"Filter"</button>
            <Show when=move || filters.with(Filters::is_narrow)>
                <a class="button" data-kind="quiet" href=cleared>"Clear filters"</a>
            </Show>
        </form>
    }
    .into_any()
}

/// One select. What the address asks for is there, also where it is no choice of ours.
#[component]
fn Choice(
    node: NodeRef<html::Select>,
    name: &'static str,
    label: &'static str,
    chosen: String,
    mut options: Vec<(String, String)>,
    apply: Callback<bool>,
) -> impl IntoView {
    if !options.iter().any(|(word, _)| *word == chosen) {
        options.push((chosen.clone(), chosen.clone()));
    }
    let options = options.into_iter().map(|(word, name)| {
        let selected = word == chosen;
        view! { <option value=word selected=selected>{name}</option> }
    });
    view! {
        <select class="input" name=name aria-label=label node_ref=node on:change=move |_| apply.run(false)>
            {options.collect_view()}
        </select>
    }
    .into_any()
}

/// Keeps the fields as the address says, when one goes back or follows a link. What a hand typed before the page was
/// live is asked for at once; what it types now is left alone.
fn follow_address(
    filters: Memo<Filters>,
    query: NodeRef<html::Input>,
    choices: [NodeRef<html::Select>; 4],
    apply: Callback<bool>,
) {
    Effect::new(move |before: Option<()>| {
        let wanted = filters.get();
        if before.is_none() {
            apply.run(true);
            return;
        }
        if let Some(field) = query.get_untracked()
            && !crate::browser::has_focus(SEARCH_ID)
        {
            field.set_value(&wanted.query);
        }
        for (choice, word) in choices.into_iter().zip([wanted.status, wanted.model, wanted.since, wanted.cost]) {
            if let Some(choice) = choice.get_untracked() {
                choice.set_value(&word);
            }
        }
    });
}
