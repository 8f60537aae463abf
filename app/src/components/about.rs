//! What a run is and what was asked for, beside its output.

use domain::{ChatMessage, Lineage, NewRun, Role, Run, template};
use leptos::prelude::*;

use super::lineage::Family;

/// The facts of a run, its family, its inputs, its messages.
#[component]
pub fn About(
    /// The run.
    run: Run,
    /// The runs around it.
    lineage: Lineage,
) -> impl IntoView {
    let asked = serde_json::from_str::<NewRun>(run.request.as_str()).ok();
    let (messages, inputs) = asked.map(|asked| (asked.messages, asked.inputs)).unwrap_or_default();
    let (parent, created_at) = (run.parent, run.created_at);
    // A client of an SDK's route writes no templates.
    let literal = run.wire.is_some();
    let inputs = (!inputs.is_empty()).then(|| {
        let inputs = inputs.into_iter().map(|(name, value)| {
            view! {
                <dt class="inputs__name">{name}</dt>
                <dd class="run__text">{value}</dd>
            }
        });
        view! {
            <section class="run__section">
                <h2>"Inputs"</h2>
                <dl class="run__inputs">{inputs.collect_view()}</dl>
            </section>
        }
    });
    view! {
        <aside class="run__side" aria-label="About this run" tabindex="0">
            <section class="run__section">
                <Facts run/>
            </section>
            <Family lineage parent created_at/>
            {inputs}
            {messages.into_iter().map(|message| view! { <Asked message literal/> }).collect_view()}
        </aside>
    }
    .into_any()
}

#[component]
fn Facts(run: Run) -> impl IntoView {
    let params = &run.params;
    let facts = [
        ("Model", Some(run.resolved_model.clone().unwrap_or_else(|| run.model.clone()))),
        ("Asked as", run.resolved_model.filter(|resolved| *resolved != run.model).map(|_| run.model.clone())),
        ("Provider", run.provider),
        ("Asked over", run.wire.map(|wire| wire.name().to_owned())),
        ("Temperature", params.temperature.map(|number| number.to_string())),
        ("Max tokens", params.max_tokens.map(|number| number.to_string())),
    ];
    let facts =
        facts.into_iter().filter_map(|(name, value)| value.map(|value| view! { <dt>{name}</dt><dd>{value}</dd> }));
    view! {
        <dl class="facts">
            <dt>"Run"</dt>
            <dd>
                <code>{run.id.to_string()}</code>
            </dd>
            {facts.collect_view()}
        </dl>
    }
    .into_any()
}

#[component]
fn Asked(message: ChatMessage, literal: bool) -> impl IntoView {
    let text = message.content.text();
    let text = if literal { template::unescape(&text) } else { text };
    view! {
        <section class="run__section">
            <h2>{role(message.role)}</h2>
            <div class="run__text">{text}</div>
        </section>
    }
    .into_any()
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "System",
        Role::User => "User",
        Role::Assistant => "Assistant",
        Role::Tool => "Tool",
    }
}
