//! A comparison: its columns side by side, or a grid of the beginnings of their answers.

use std::collections::BTreeMap;

use app::state::figures::{dollars, seconds, thousands};
use domain::{Cell, CellStatus};
use engine::shares::{Compared, Line, Page};

use super::parts::{escape, facts, prose, until};
use super::prompt;

/// What stands on the page, and what comes in its place while some is still to come: what has changed is found by its id
/// (`data-part`).
pub fn main(token: &str, page: &Page, shown: &Compared) -> String {
    let answers = if shown.rows_total == 1 { columns(shown) } else { grid(shown) };
    let token = escape(token);
    let (live, going) = if shown.is_going_on {
        let again = format!("/s/{token}?again=1");
        let going = format!(
            r#"<span class="status" data-status="running">Some are still to come.</span><a class="form-only" href="{again}">Load again</a>"#
        );
        (format!(r#" data-live="/s/{token}/live" data-again="{again}""#), going)
    } else {
        Default::default()
    };
    let inputs = shown.rows.first().filter(|_| shown.rows_total == 1).map(inputs).unwrap_or_default();
    let rows = [
        ("Ends", Some(until(page.expires_at, page.now))),
        ("Signed", Some("yes, can be revoked".into())),
        ("Repetitions", (shown.repetitions > 1).then(|| shown.repetitions.to_string())),
    ];
    format!(
        r#"<div class="share__column" data-wide{live}><p class="share__going" id="going" role="status" data-part>{going}</p>{answers}{}{inputs}<section class="share__block" aria-labelledby="columns"><h2 id="columns">Columns</h2>{}</section><section class="share__block" aria-labelledby="link"><h2 id="link">This link</h2>{}{}</section></div>"#,
        figures(shown),
        shown.columns.iter().enumerate().map(|(place, line)| asked(place, line)).collect::<String>(),
        facts(&rows),
        prompt::download(&token, page),
    )
}

/// A column's letter: A, B, C.
fn letter(place: usize) -> char {
    u8::try_from(place).ok().and_then(|place| b'A'.checked_add(place)).map_or('?', char::from)
}

fn name(place: usize, line: &Line) -> String {
    let version = line.version.map(|version| format!(", v{version}")).unwrap_or_default();
    format!("{}: {}{version}", letter(place), escape(&line.content.model))
}

fn columns(shown: &Compared) -> String {
    let columns = shown.columns.iter().enumerate().map(|(place, line)| {
        let cell = shown.cells.iter().filter(|cell| cell.column == line.id).min_by_key(|cell| cell.repetition);
        let status = cell.map(|cell| cell.status);
        let going = match status {
            Some(CellStatus::Waiting) => r#"<p class="status" data-status="queued">waiting</p>"#,
            Some(CellStatus::Running) => r#"<p class="status" data-status="running">running</p>"#,
            _ => "",
        };
        let body = match &line.answer {
            None if going.is_empty() => r#"<p class="faint">It was not run.</p>"#.to_owned(),
            None => String::new(),
            Some(view) => {
                let error = view.error.as_ref().map(|error| {
                    format!(r#"<p class="status" data-status="failed">{}</p>"#, escape(error.code.title()))
                });
                let prose = prose(&view.output.text, view.status.is_end());
                format!(r#"<div class="prose">{prose}</div>{}"#, error.unwrap_or_default())
            }
        };
        let busy = if status == Some(CellStatus::Running) { r#" aria-busy="true""# } else { "" };
        format!(
            r#"<section class="share__card share__answer" id="answer-{id}" aria-label="{name}" data-part{busy}><h3>{name}</h3><div class="output">{body}{going}</div></section>"#,
            id = line.id,
            name = name(place, line)
        )
    });
    format!(
        r#"<section class="share__block" aria-labelledby="outputs"><h2 id="outputs">Outputs</h2><div class="share__columns">{}</div></section>"#,
        columns.collect::<String>()
    )
}

fn grid(shown: &Compared) -> String {
    let heads: String = shown
        .columns
        .iter()
        .enumerate()
        .map(|(place, line)| format!(r#"<th scope="col" id="head-{}" data-part>{}</th>"#, line.id, name(place, line)))
        .collect();
    let first: BTreeMap<(u32, u32), &Cell> =
        shown.cells.iter().filter(|cell| cell.repetition == 0).map(|cell| ((cell.row, cell.column), cell)).collect();
    let rows: String = (0_u32..)
        .zip(&shown.rows)
        .map(|(row, inputs)| {
            let given: String = inputs
                .iter()
                .map(|(name, value)| {
                    format!(r#"<div><dt class="inputs__name">{}</dt><dd>{}</dd></div>"#, escape(name), escape(value))
                })
                .collect();
            let cells: String = shown
                .columns
                .iter()
                .map(|line| {
                    let (own, text) = cell(first.get(&(row, line.id)).copied());
                    format!(r#"<td id="cell-{row}-{}" data-part{own}>{text}</td>"#, line.id)
                })
                .collect();
            format!(r#"<tr><th scope="row" id="row-{row}" data-part><dl class="share__inputs">{given}</dl></th>{cells}</tr>"#)
        })
        .collect();
    let more = match shown.rows_total - shown.rows.len() {
        0 => String::new(),
        more => format!(r#"<p class="faint">And {more} more rows, which are not shown here.</p>"#),
    };
    format!(
        r#"<section class="share__block"><h2>Outputs</h2><div class="share__card table-scroll" tabindex="0" role="region" aria-label="Outputs"><table class="table share__grid"><thead><tr><th scope="col">Inputs</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{more}</section>"#
    )
}

/// A cell's own attributes, and what stands in it.
fn cell(cell: Option<&Cell>) -> (&'static str, String) {
    let text = escape(cell.map_or("", |cell| &cell.text));
    let (status, word) = match cell.map(|cell| cell.status) {
        None => return (r#" class="faint""#, "not run".into()),
        Some(CellStatus::Done) => return ("", text),
        Some(CellStatus::Waiting) => ("queued", "waiting"),
        Some(CellStatus::Running) => ("running", "running"),
        Some(CellStatus::Failed) => ("failed", "failed"),
        Some(CellStatus::Stopped) => ("cancelled", "stopped"),
    };
    ("", format!(r#"<span class="status" data-status="{status}">{word}</span> {text}"#))
}

/// One table for all: what the columns took.
fn figures(shown: &Compared) -> String {
    let rows: String = shown
        .columns
        .iter()
        .enumerate()
        .map(|(place, line)| {
            let cells: Vec<&Cell> = shown.cells.iter().filter(|cell| cell.column == line.id).collect();
            let mean = |figure: &dyn Fn(&Cell) -> Option<u64>| {
                let known: Vec<u64> = cells.iter().filter_map(|cell| figure(cell)).collect();
                (!known.is_empty()).then(|| known.iter().sum::<u64>() / known.len() as u64)
            };
            let done = |figure: fn(&Cell) -> u64| move |cell: &Cell| (cell.status == CellStatus::Done).then(|| figure(cell));
            let cost: Vec<i64> = cells.iter().filter_map(|cell| cell.cost_micros).collect();
            let shown = |value: Option<String>| value.unwrap_or_else(|| "–".into());
            format!(
                r#"<tr><th scope="row">{}</th><td data-num>{}</td><td data-num>{}</td><td data-num>{}</td><td data-num>{}</td><td data-num>{}</td></tr>"#,
                name(place, line),
                shown(mean(&|cell| cell.ttft_ms).map(|ms| format!("{} ms", thousands(ms)))),
                shown(mean(&|cell| cell.total_ms).map(|ms| format!("{} s", seconds(ms)))),
                shown(mean(&done(|cell| cell.usage.input_tokens)).map(thousands)),
                shown(mean(&done(|cell| cell.usage.output_tokens)).map(thousands)),
                shown((!cost.is_empty()).then(|| dollars(cost.iter().sum()))),
            )
        })
        .collect();
    format!(
        r#"<section class="share__block" id="figures" data-part><h2>Figures</h2><div class="share__card table-scroll" tabindex="0" role="region" aria-label="Figures"><table class="table"><thead><tr><th scope="col">Column</th><th scope="col" data-num>First token</th><th scope="col" data-num>Elapsed</th><th scope="col" data-num>In</th><th scope="col" data-num>Out</th><th scope="col" data-num>Cost</th></tr></thead><tbody>{rows}</tbody></table></div></section>"#
    )
}

fn inputs(row: &BTreeMap<String, String>) -> String {
    if row.is_empty() {
        return String::new();
    }
    let rows: String = row
        .iter()
        .map(|(name, value)| {
            format!(r#"<div><dt class="inputs__name">{}</dt><dd>{}</dd></div>"#, escape(name), escape(value))
        })
        .collect();
    format!(
        r#"<section class="share__block" id="given" aria-labelledby="inputs" data-part><h2 id="inputs">Inputs</h2><dl class="share__inputs">{rows}</dl></section>"#
    )
}

fn asked(place: usize, line: &Line) -> String {
    format!(
        r#"<details class="share__card share__asked" id="asked-{}" data-part><summary>{}</summary>{}</details>"#,
        line.id,
        name(place, line),
        prompt::content(&line.content)
    )
}
