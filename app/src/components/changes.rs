//! What differs between two versions, in a few lines: a name, and from what to what.

use domain::change::{Changes, Fact, Row, What};
use leptos::prelude::*;

use super::icon::Icon;
use crate::state::line_ends;

/// Longest value in a line, in characters.
const VALUE_CHARS_MAX: usize = 20;

/// A line for each thing that differs.
#[component]
pub fn ChangesTable(
    /// What differs.
    changes: Changes,
) -> impl IntoView {
    if changes.rows.is_empty() {
        return view! { <p class="faint">"Nothing differs."</p> }.into_any();
    }
    let line = |row: Row| match row {
        Row::Text(name, what, added, removed) => view! {
            <tr>
                <th scope="row">{name}</th>
                <td>
                    {said(what)}
                    <Stat added removed/>
                </td>
            </tr>
        }
        .into_any(),
        Row::Value(fact) => view! {
            <tr>
                <th scope="row">{fact.name.clone()}</th>
                <td>
                    <FromTo fact/>
                </td>
            </tr>
        }
        .into_any(),
    };
    view! {
        <table class="changes">
            <tbody>{changes.rows.into_iter().map(line).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn said(what: What) -> Option<String> {
    match what {
        What::Same | What::Changed => None,
        What::Added => Some("new, ".into()),
        What::Gone => Some("removed, ".into()),
        What::Moved(from) => Some(format!("moved, was number {from}")),
    }
}

/// How many lines are new, and how many are gone.
#[component]
pub fn Stat(
    /// Lines that are new.
    added: usize,
    /// Lines that are gone.
    removed: usize,
) -> impl IntoView {
    let any = added + removed > 0;
    any.then(|| {
        view! {
            <span class="diff-stat">
                {(added > 0).then(|| view! { <b data-change="add">{format!("+{added}")}</b> })}
                " "
                {(removed > 0).then(|| view! { <b data-change="del">{format!("−{removed}")}</b> })}
                {if added + removed == 1 { " line" } else { " lines" }}
            </span>
        }
    })
}

/// A value and the one that came in its place.
#[component]
pub fn FromTo(
    /// The value.
    fact: Fact,
) -> impl IntoView {
    let side = |value: &Option<String>| value.as_deref().map_or("nothing".to_owned(), short);
    let (old, new) = (side(&fact.old), side(&fact.new));
    if let (Some(was), Some(is)) = (&fact.old, &fact.new)
        && old == new
        && was != is
    {
        return unseen(was, is, old).into_any();
    }
    view! {
        <del>{old}</del>
        <Icon name="arrow-right" small=true/>
        <ins>{new}</ins>
    }
    .into_any()
}

/// Two values that look the same in a line: it says in what they differ.
fn unseen(old: &str, new: &str, both: String) -> impl IntoView {
    let how = if line_ends::shown(old) == line_ends::shown(new) {
        "only line ends differ"
    } else if old.split_whitespace().eq(new.split_whitespace()) {
        "only blanks differ"
    } else {
        "differs further on"
    };
    view! {
        {both}
        <span class="faint">{format!(": {how}")}</span>
    }
}

fn short(value: &str) -> String {
    let line = value.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
