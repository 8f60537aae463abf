//! What has one value in each version, as a table.

use domain::change::Fact;
use leptos::prelude::*;

use super::super::icon::Icon;

/// The table; nothing where neither version says anything.
#[component]
pub fn FactsTable(
    /// Its heading; empty, it has none.
    title: &'static str,
    /// What the first column holds.
    label: &'static str,
    facts: Vec<Fact>,
    old: u32,
    new: u32,
) -> impl IntoView {
    if facts.is_empty() {
        return ().into_any();
    }
    let changed = facts.iter().filter(|fact| fact.changed).count();
    let all = facts.len();
    let head = (!title.is_empty()).then(|| {
        view! {
            <header class="diff-section__head">
                <h3>{title}</h3>
                <span class="diff-stat faint">{format!("{changed} of {all} changed")}</span>
            </header>
        }
    });
    let table = view! {
        <table class="table param-diff">
            <thead>
                <tr>
                    <th scope="col">{label}</th>
                    <th scope="col">{format!("v{old}")}</th>
                    <td></td>
                    <th scope="col">{format!("v{new}")}</th>
                </tr>
            </thead>
            <tbody>{facts.into_iter().map(row).collect_view()}</tbody>
        </table>
    };
    if title.is_empty() {
        return table.into_any();
    }
    view! {
        <section class="diff-section">
            {head}
            {table}
        </section>
    }
    .into_any()
}

fn row(fact: Fact) -> impl IntoView {
    let said = |value: Option<String>| value.unwrap_or_else(|| "not there".into());
    let (old, new) = (said(fact.old), said(fact.new));
    let values = if fact.changed {
        view! {
            <td class="param-diff__value">
                <del>{old}</del>
            </td>
            <td>
                <Icon name="arrow-right" small=true/>
            </td>
            <td class="param-diff__value">
                <ins>{new}</ins>
            </td>
        }
        .into_any()
    } else {
        view! {
            <td class="param-diff__value faint">{old}</td>
            <td></td>
            <td class="faint">"same"</td>
        }
        .into_any()
    };
    view! {
        <tr>
            <th scope="row">{fact.name}</th>
            {values}
        </tr>
    }
}
