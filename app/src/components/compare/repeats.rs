//! The repetitions of a column: how many answered the same, and which one is shown.

use std::collections::HashMap;

use domain::{Cell, CellStatus};
use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::state::compare::{Col, Compare};

/// Repetitions that gave one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    /// Their numbers, from 0.
    numbers: Vec<u32>,
    /// What they said, or how they stand.
    said: String,
    /// Whether that is an answer.
    is_answer: bool,
}

/// The repetitions by their answers, the most frequent first; what has no answer stands alone, after them.
fn groups(cells: &[Cell]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for cell in cells {
        let answer = cell.answer.as_deref().filter(|_| cell.status == CellStatus::Done);
        let said = match cell.status {
            CellStatus::Done => cell.text.clone(),
            CellStatus::Failed => cell.error.as_ref().map_or_else(|| "failed".into(), |error| error.message.clone()),
            status => status.as_str().to_owned(),
        };
        let new = Group { numbers: Vec::new(), said, is_answer: answer.is_some() };
        let at = match answer {
            Some(answer) => *known.entry(answer).or_insert(groups.len()),
            None => groups.len(),
        };
        if at == groups.len() {
            groups.push(new);
        }
        groups[at].numbers.push(cell.repetition);
    }
    groups.sort_by_key(|group| (!group.is_answer, std::cmp::Reverse(group.numbers.len()), group.numbers[0]));
    groups
}

/// The groups of a column's repetitions, where it is run more than once.
#[component]
pub(super) fn Repeats(compare: Compare, column: Col) -> impl IntoView {
    let cells = Memo::new(move |_| {
        let count = compare.repetitions.get();
        if count > 1 { compare.book.repetitions(0, column.id, count) } else { Vec::new() }
    });
    let groups = Memo::new(move |_| cells.with(|cells| groups(cells)));
    let any = Memo::new(move |_| groups.with(|groups| !groups.is_empty()));
    let said = move || {
        groups.with(|groups| {
            let done: usize = groups.iter().filter(|group| group.is_answer).map(|group| group.numbers.len()).sum();
            let most = groups.first().filter(|group| group.is_answer).map_or(0, |group| group.numbers.len());
            match (done, most) {
                (0, _) => format!("No answer of {} yet", cells.with(Vec::len)),
                (done, 1) => format!("{done} answers, all different"),
                (done, most) => format!("{most} of {done} the same"),
            }
        })
    };
    view! {
        <Show when=move || any.get()>
            <details class="repeats">
                <summary>
                    <Icon name="chevron-right" small=true/>
                    <span>{said}</span>
                    <span class="repeats__shown num">{move || format!("{} shown", column.shown.get() + 1)}</span>
                </summary>
                <ul class="repeats__list" role="list" aria-label=move || format!("Repetitions of {}", compare.letter(column.id))>
                    {move || groups.get().into_iter().map(|group| view! { <Row compare column group/> }).collect_view()}
                </ul>
            </details>
        </Show>
    }
    .into_any()
}

#[component]
fn Row(compare: Compare, column: Col, group: Group) -> impl IntoView {
    let first = group.numbers[0];
    let numbers: Vec<String> = group.numbers.iter().map(|number| (number + 1).to_string()).collect();
    let own = group.numbers;
    let is_shown = Memo::new(move |_| own.contains(&column.shown.get()));
    let times = if numbers.len() == 1 { String::new() } else { format!("{} × ", numbers.len()) };
    view! {
        <li>
            <button
                class="repeats__row"
                type="button"
                aria-pressed=move || if is_shown.get() { "true" } else { "false" }
                on:click=move |_| compare.show_repetition(column, first)
            >
                <span class="repeats__numbers num">{format!("{times}{}", numbers.join(", "))}</span>
                <span class="truncate">{group.said}</span>
            </button>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(repetition: u32, status: &str, answer: &str) -> Cell {
        let json = format!(
            r#"{{"row":0,"column":1,"repetition":{repetition},"status":"{status}","run":null,"text":"{answer}","answer":"{answer}"}}"#
        );
        serde_json::from_str(&json).expect("a cell")
    }

    #[test]
    fn a5_identical_answers_are_one_group_and_the_largest_stands_first() {
        let cells = [
            cell(0, "done", "x"),
            cell(1, "failed", ""),
            cell(2, "done", "y"),
            cell(3, "done", "y"),
            cell(4, "running", ""),
        ];
        let numbers: Vec<Vec<u32>> = groups(&cells).into_iter().map(|group| group.numbers).collect();
        assert_eq!(numbers, [vec![2, 3], vec![0], vec![1], vec![4]]);
        assert!(groups(&[]).is_empty());
    }
}
