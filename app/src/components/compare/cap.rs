//! What a comparison may cost, asked before it begins.

use std::sync::Arc;

use domain::CellScope;
use domain::comparison::ComparisonForecast;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::modal::Modal;
use crate::browser;
use crate::components::icon::Icon;
use crate::state::compare::{Compare, dollars_asked, money, suggested_cap, tone};
use crate::state::figures::thousands;

/// Rows of a sample; fewer rows need none.
const SAMPLE_ROWS: u32 = 20;
/// Width of the bar, in its own units.
const BAR: f64 = 440.0;

/// Which rows are begun with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rows {
    All,
    AtRandom,
    First,
}

/// The dialog: the forecast, the cap, and whether a sample comes first.
#[component]
pub(super) fn CapDialog(
    compare: Compare,
    /// What is to be run; nothing where the cap is raised.
    scope: Option<CellScope>,
    forecast: Arc<ComparisonForecast>,
) -> impl IntoView {
    let spent = compare.standing.with_untracked(|standing| standing.cost_micros);
    let suggested = suggested_cap(&forecast, spent);
    let cap = RwSignal::new(money(suggested));
    let asked = Memo::new(move |_| dollars_asked(&cap.get()));
    let rows = RwSignal::new(Rows::All);
    let count = u32::try_from(compare.rows.with_untracked(|rows| rows.len())).unwrap_or(u32::MAX);
    let samples = count > SAMPLE_ROWS && scope.as_ref().is_some_and(|scope| scope.row.is_none());
    let title =
        if scope.is_some() { format!("Run {} cells", thousands(forecast.cells)) } else { "Raise the cap".into() };
    let raises = scope.is_none();
    let go = {
        let scope = StoredValue::new(scope);
        move |event: leptos::ev::SubmitEvent| {
            event.prevent_default();
            let Some(micros) = asked.get_untracked() else { return browser::focus("cap") };
            let (chosen, scope) = (rows.get_untracked(), scope.get_value());
            browser::close_dialogs();
            spawn_local(async move {
                match (scope, chosen) {
                    (None, _) => compare.raise_cap(micros),
                    (Some(scope), Rows::All) => compare.begin(scope, Some(micros)).await,
                    (Some(scope), Rows::First) => {
                        compare.begin_rows((0..SAMPLE_ROWS).collect(), scope, Some(micros)).await
                    }
                    (Some(scope), Rows::AtRandom) => {
                        compare.begin_rows(browser::panes::some_of(count, SAMPLE_ROWS), scope, Some(micros)).await;
                    }
                }
            });
        }
    };
    let intro = intro(compare, &forecast, raises);
    let deed = move || match asked.get() {
        Some(micros) if raises => format!("Go on up to {}", money(micros)),
        Some(micros) => format!("Run up to {}", money(micros)),
        None => "Run".to_owned(),
    };
    view! {
        <Modal title=Signal::stored(title) size="sm" on_close=Callback::new(move |()| compare.over.set(None))>
            <form class="dialog__body dialog__stack" id="cap-form" novalidate=true on:submit=go>
                <p>{intro}</p>
                <Forecast compare forecast spent asked/>
                <div class="cap__fields">
                    <div class="field">
                        <label class="field__label" for="cap">"Stop at"</label>
                        <input
                            class="input"
                            id="cap"
                            inputmode="decimal"
                            autocomplete="off"
                            autofocus=true
                            aria-describedby="cap-hint"
                            aria-invalid=move || asked.get().is_none().then_some("true")
                            prop:value=move || cap.get()
                            on:input=move |event| cap.set(event_target_value(&event))
                        />
                    </div>
                    {samples.then(|| view! { <Sample rows count/> })}
                </div>
                <Show when=move || asked.get().is_none()>
                    <p class="field__error" role="alert">
                        <Icon name="circle-alert" small=true/>
                        "A number of dollars, such as 10 or 2.50."
                    </p>
                </Show>
                <p class="field__hint" id="cap-hint">
                    "Near the cap running cells finish, and waiting ones stay queued. Raise it, and they go on."
                </p>
            </form>
            <footer class="dialog__foot">
                <button class="button" data-kind="quiet" type="button" on:click=move |_| browser::close_dialogs()>"Cancel"</button>
                <span class="grow"></span>
                <button class="button" data-kind="primary" type="submit" form="cap-form">{deed}</button>
            </footer>
        </Modal>
    }
    .into_any()
}

fn intro(compare: Compare, forecast: &ComparisonForecast, raises: bool) -> String {
    if raises {
        let waiting = compare.standing.with_untracked(|standing| standing.counts.waiting);
        return format!("{} cells wait. What runs already is paid for.", thousands(waiting));
    }
    let (rows, columns) = (compare.rows.with_untracked(|rows| rows.len()), compare.columns.with_untracked(Vec::len));
    let times = compare.repetitions.get_untracked();
    let plural =
        |count: usize, word: &str| format!("{} {word}{}", thousands(count as u64), if count == 1 { "" } else { "s" });
    let times = if times > 1 { format!(", {times} times each") } else { String::new() };
    format!(
        "{} × {}{times}. The forecast is above {}, so it needs a cap first.",
        plural(rows, "row"),
        plural(columns, "column"),
        money(forecast.threshold_micros)
    )
}

#[component]
fn Sample(rows: RwSignal<Rows>, count: u32) -> impl IntoView {
    let choices = [
        (Rows::All, "all", format!("all {} rows", thousands(count.into()))),
        (Rows::AtRandom, "random", format!("{SAMPLE_ROWS} rows, at random")),
        (Rows::First, "first", format!("the first {SAMPLE_ROWS}")),
    ];
    let choose = move |event| {
        rows.set(match event_target_value(&event).as_str() {
            "random" => Rows::AtRandom,
            "first" => Rows::First,
            _ => Rows::All,
        });
    };
    let options = choices.map(|(_, word, said)| view! { <option value=word>{said}</option> });
    view! {
        <div class="field">
            <label class="field__label" for="cap-rows">"Or first on a sample of"</label>
            <select class="input" id="cap-rows" on:change=choose>{options.into_iter().collect_view()}</select>
        </div>
    }
    .into_any()
}

/// The forecast as a band, and by column.
#[component]
fn Forecast(
    compare: Compare,
    forecast: Arc<ComparisonForecast>,
    spent: i64,
    asked: Memo<Option<i64>>,
) -> impl IntoView {
    let (least, most) = (forecast.least_micros + spent, forecast.most_micros + spent);
    let basis = match forecast.runs {
        0 => "Forecast: what the longest answers allow".to_owned(),
        1 => "Forecast, from the last run".to_owned(),
        runs => format!("Forecast, P10–P90 of the last {} runs", thousands(runs)),
    };
    let end = Memo::new(move |_| (most.max(asked.get().unwrap_or_default()).max(1)) as f64 * 1.04);
    let x = move |micros: i64| (micros as f64 / end.get() * BAR).clamp(0.0, BAR);
    let said = move || {
        let cap = asked.get().map(|micros| format!(", cap at {}", money(micros))).unwrap_or_default();
        format!("Forecast {}{cap}", band(least, most))
    };
    let rows = forecast.columns.iter().map(|(id, cost)| {
        let (place, letter) = untrack(|| (compare.place(*id), compare.letter(*id)));
        let model = untrack(|| compare.column(*id))
            .map(|column| column.column.with_untracked(|column| column.content.model.clone()));
        let cost = match cost {
            None => "price not known".to_owned(),
            Some((0, 0)) => "free".to_owned(),
            Some((least, most)) => band(*least, *most),
        };
        view! {
            <tr>
                <th scope="row">
                    <span class="compare__name">
                        <span class="letter" data-variant=tone(place)>{letter.to_string()}</span>
                        <span class="truncate">{model}</span>
                    </span>
                </th>
                <td>{cost}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <section>
            <h3>{basis}</h3>
            <svg class="forecast-card__bar" viewBox="0 0 440 14" preserveAspectRatio="none" role="img" aria-label=said>
                <rect class="forecast-card__track" y="5" width="440" height="4"></rect>
                <rect class="forecast-card__band" x=move || x(least) y="5" width=move || (x(most) - x(least)).max(2.0) height="4"></rect>
                <rect class="forecast-card__spent" y="5" width=move || x(spent) height="4"></rect>
                <rect class="forecast-card__cap" x=move || asked.get().map_or(-9.0, |micros| x(micros) - 1.0) y="1" width="2" height="12"></rect>
            </svg>
            <p class="forecast-card__ends">
                <span>{band(least, most)}</span>
                <b>{move || asked.get().map(|micros| format!("cap {}", money(micros)))}</b>
            </p>
            <table class="cap__columns">
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any()
}

/// Two amounts as one range.
fn band(least: i64, most: i64) -> String {
    if least == most { money(most) } else { format!("{}–{}", money(least), money(most).trim_start_matches('$')) }
}
