//! One table of figures for all columns; the best of each is marked.

use domain::{CellStatus, Price};
use leptos::prelude::*;

use crate::components::figures::elapsed_ms;
use crate::components::status::stage;
use crate::state::compare::{Col, Compare, money, tone};
use crate::state::figures::figures;

/// The figures in the order of the table, by their place among the eight.
const ORDER: [(usize, &str); 8] = [
    (0, "First token"),
    (1, "tok/s"),
    (2, "In"),
    (3, "Cached"),
    (4, "Out"),
    (6, "Latency"),
    (5, "Cost"),
    (7, "Finish"),
];

/// Which column is best at something.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Best {
    first: Option<u32>,
    speed: Option<u32>,
    cost: Option<u32>,
}

/// The column with the least value; nobody is best alone.
fn least(values: &[(u32, Option<f64>)]) -> Option<u32> {
    let known: Vec<(u32, f64)> = values.iter().filter_map(|(id, value)| Some((*id, (*value)?))).collect();
    let best = known.iter().copied().min_by(|one, other| one.1.total_cmp(&other.1))?;
    let is_alone = known.iter().filter(|(_, value)| *value == best.1).count() == 1;
    (known.len() > 1 && is_alone).then_some(best.0)
}

fn best(columns: &[Col]) -> Best {
    let all = |read: fn(&domain::RunView) -> Option<f64>| {
        columns.iter().map(|column| (column.id, column.run.view.with(read))).collect::<Vec<_>>()
    };
    Best {
        first: least(&all(|view| view.ttft_ms.or(view.first_delta_ms).map(|ms| ms as f64))),
        speed: least(&all(|view| view.speed().map(|speed| -speed))),
        cost: least(&all(|view| view.cost_micros.filter(|_| view.status.is_end()).map(|micros| micros as f64))),
    }
}

/// The table under the columns.
#[component]
pub(super) fn Foot(compare: Compare) -> impl IntoView {
    let best = Memo::new(move |_| best(&compare.columns.get()));
    let heads = ORDER.map(|(_, head)| view! { <th scope="col" data-num="">{head}</th> });
    let total = move || {
        let spent = compare.standing.with(|standing| standing.cost_micros);
        (spent > 0).then(|| money(spent))
    };
    view! {
        <section class="compare__foot" aria-label="Figures" tabindex="0">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"Column"</th>
                        {heads.into_iter().collect_view()}
                    </tr>
                </thead>
                <tbody>
                    <For each=move || compare.columns.get() key=|column| column.id let:column>
                        <Row compare column best/>
                    </For>
                </tbody>
            </table>
            <p class="compare__total num" hidden=move || total().is_none()>
                "All runs of this comparison: "
                <b>{total}</b>
            </p>
        </section>
    }
    .into_any()
}

#[component]
fn Row(compare: Compare, column: Col, best: Memo<Best>) -> impl IntoView {
    let id = column.id;
    let elapsed = elapsed_ms(column.run);
    let free = Memo::new(move |_| compare.model(column).price == Some(Price::FREE));
    let all =
        Memo::new(move |_| column.run.view.with(|view| figures(view, stage(column.run), elapsed.get(), free.get())));
    // Until its run is read, and where there is none, the cell says how it stands.
    let early = Memo::new(move |_| {
        let is_read = column.run.view.with(|view| view.status.is_end());
        match compare.book.get((0, id, column.shown.get()))?.status {
            CellStatus::Waiting => Some(("waiting", "queued")),
            CellStatus::Failed if !is_read => Some(("failed", "failed")),
            _ => None,
        }
    });
    let cell = move |place: usize| {
        let early = move || early.get().filter(|_| place == 7);
        let figure = Memo::new(move |_| all.with(|all| all[place].clone()));
        let is_best = move || {
            let best = best.get();
            let who = match place {
                0 => best.first,
                1 => best.speed,
                5 => best.cost,
                _ => None,
            };
            who == Some(id)
        };
        let text = move || {
            if let Some((word, _)) = early() {
                return word.to_owned();
            }
            figure.with(|figure| match figure.unit {
                // The head says it.
                "tok/s" | "" => figure.value.clone(),
                _ if figure.pending => figure.value.clone(),
                unit => format!("{} {unit}", figure.value),
            })
        };
        let status = move || early().map(|(_, mark)| mark).or_else(|| figure.with(|figure| figure.status));
        view! {
            <td data-num="">
                <span class:status=move || status().is_some() class:best=is_best data-status=status>{text}</span>
                {move || is_best().then(|| view! { <span class="sr-only">" best"</span> })}
            </td>
        }
    };
    view! {
        <tr>
            <th scope="row">
                <span class="compare__name">
                    <span class="letter" data-variant=move || tone(compare.place(id))>{move || compare.letter(id).to_string()}</span>
                    <span class="truncate">{move || column.column.with(|column| column.content.model.clone())}</span>
                </span>
            </th>
            {ORDER.map(|(place, _)| cell(place)).into_iter().collect_view()}
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_best_alone_or_beside_an_equal() {
        assert_eq!(least(&[(1, Some(3.0)), (2, Some(2.0)), (3, None)]), Some(2));
        assert_eq!(least(&[(1, Some(2.0)), (2, Some(2.0))]), None);
        assert_eq!(least(&[(1, Some(2.0)), (2, None)]), None);
        assert_eq!(least(&[]), None);
    }
}
