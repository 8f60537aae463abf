//! What has one value on each side, as a table.

use domain::change::Fact;
use leptos::prelude::*;

use super::super::icon::Icon;
use super::TwoSides;
use crate::state::line_ends;

/// The table; nothing where neither side says anything.
#[component]
pub fn FactsTable(
    /// What is compared.
    sides: TwoSides,
    /// Its heading; empty, it has none.
    title: &'static str,
    /// What the first column holds.
    label: &'static str,
    /// What is in it.
    facts: Vec<Fact>,
) -> impl IntoView {
    if facts.is_empty() {
        return ().into_any();
    }
    let changed = facts.iter().filter(|fact| fact.changed).count();
    let all = facts.len();
    let [old, new] = sides.names();
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
                    <th scope="col">{old}</th>
                    <td></td>
                    <th scope="col">{new}</th>
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
    // Nothing is struck out or put in where there is nothing.
    let absent = || view! { <span class="faint">"not there"</span> }.into_any();
    let values = if fact.changed {
        // Line ends are not seen in a table.
        let ends = fact.old.as_deref().zip(fact.new.as_deref()).and_then(|(old, new)| line_ends::said(old, new));
        let old = fact.old.map_or_else(absent, |old| view! { <del>{old}</del> }.into_any());
        let new = fact.new.map_or_else(absent, |new| view! { <ins>{new}</ins> }.into_any());
        view! {
            <td class="param-diff__value">{old}</td>
            <td>
                <Icon name="arrow-right" small=true/>
            </td>
            <td class="param-diff__value">
                {new}
                {ends.map(|ends| view! { <small class="faint param-diff__ends">{ends}</small> })}
            </td>
        }
        .into_any()
    } else {
        view! {
            <td class="param-diff__value faint">{fact.old.unwrap_or_else(|| "not there".into())}</td>
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
