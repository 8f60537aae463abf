//! Small pieces of HTML. What comes from a model, a prompt or a visitor is escaped here.

use app::markdown::Document;
use app::state::figures::{Figure, Stage, figures};
use app::state::pretty::pretty;
use app::state::when;
use domain::{RunView, template};

pub use crate::http::docs::html::escape;

/// Blocks of an answer that the browser lays out as one.
const PART_BLOCKS: usize = 64;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// An icon.
pub fn icon(name: &str, is_small: bool) -> String {
    let size = if is_small { r#" data-size="sm""# } else { "" };
    let shapes = app::components::icon::shapes(name);
    format!(r#"<svg class="icon" viewBox="0 0 24 24"{size} aria-hidden="true">{shapes}</svg>"#)
}

/// A moment, such as `28 Nov, 14:02 UTC`; the script writes it in the reader's own time.
pub fn moment(micros: i64) -> String {
    let iso = when::iso(micros);
    let (_, month, day) = date(&iso);
    format!(r#"<time datetime="{iso}" data-local="moment">{day} {}, {} UTC</time>"#, &month[..3], &iso[11..16])
}

/// A day, such as `22 November 2026`.
pub fn day(micros: i64) -> String {
    let iso = when::iso(micros);
    let (year, month, day) = date(&iso);
    format!(r#"<time datetime="{iso}" data-local="day">{day} {month} {year}</time>"#)
}

/// Year, month by name and day of `2026-11-28T14:02:00Z`.
fn date(iso: &str) -> (&str, &'static str, &str) {
    let month = iso.get(5..7).and_then(|month| month.parse::<usize>().ok()).unwrap_or(1);
    (&iso[..4], MONTHS[(month.max(1) - 1).min(11)], iso[8..10].trim_start_matches('0'))
}

/// How long it is until then, in the largest unit that fits.
pub fn until(micros: i64, now: i64) -> String {
    let seconds = micros.saturating_sub(now).max(0) / 1_000_000;
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("in {count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// An answer as Markdown.
pub fn prose(text: &str, is_whole: bool) -> String {
    let mut document = Document::default();
    document.push(text);
    if is_whole {
        document.finish();
    }
    let parts = document.blocks().chunks(PART_BLOCKS).map(|blocks| {
        let html: String = blocks.iter().map(|block| block.html.as_str()).collect();
        format!(r#"<div class="prose__part">{html}</div>"#)
    });
    parts.collect()
}

/// A text with its variables marked.
pub fn marked(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for (place, piece) in template::scan(text) {
        let own = escape(&text[place]);
        match piece {
            template::Piece::Variable(_) => out += &format!(r#"<span class="share__variable">{own}</span>"#),
            template::Piece::Text(_) | template::Piece::Escape => out += &own,
        }
    }
    out
}

/// JSON as a block of code.
pub fn json(name: &str, json: &str) -> String {
    code(name, &pretty(json))
}

/// A block of code with a name.
pub fn code(name: &str, text: &str) -> String {
    format!(
        r#"<figure class="code"><figcaption class="code__head">{name}</figcaption><pre tabindex="0" role="group" aria-label="{name}"><code>{}</code></pre></figure>"#,
        escape(text),
        name = escape(name),
    )
}

/// The list "Run figures".
pub fn run_figures(view: &RunView, is_free: bool) -> String {
    let rows = figures(view, Stage::Known, None, is_free).map(|figure| row(&figure));
    format!(r#"<ul class="metrics" role="list" aria-label="Run figures">{}</ul>"#, rows.concat())
}

fn row(figure: &Figure) -> String {
    let pending = if figure.pending { r#" data-state="pending""# } else { "" };
    let value = value(figure);
    let unit = if figure.unit.is_empty() {
        String::new()
    } else {
        format!(r#"<span class="metric__unit"> {}</span>"#, escape(figure.unit))
    };
    format!(
        r#"<li class="metric"{pending}><span class="metric__label">{}</span> <span class="metric__value">{value}{unit}</span></li>"#,
        escape(figure.label)
    )
}

/// A figure's number, with the mark of a state that has one.
fn value(figure: &Figure) -> String {
    let value = escape(&figure.value);
    match figure.status {
        Some(status) => format!(r#"<span class="status" data-status="{status}">{value}</span>"#),
        None => value,
    }
}

/// Names and values; what has no value is left out.
pub fn facts(facts: &[(&str, Option<String>)]) -> String {
    let rows = facts
        .iter()
        .filter_map(|(name, value)| Some(format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(value.as_deref()?))));
    format!(r#"<dl class="facts">{}</dl>"#, rows.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-28T14:02:00Z.
    const THEN: i64 = 1_795_874_520_000_000;

    #[test]
    fn times_are_for_people_and_for_programs() {
        assert_eq!(
            moment(THEN),
            r#"<time datetime="2026-11-28T14:02:00Z" data-local="moment">28 Nov, 14:02 UTC</time>"#
        );
        assert!(day(THEN).contains(">28 November 2026<"));
        assert!(day(0).contains(">1 January 1970<"));
        let in_seconds = [0, 1, 90, 7_200, 86_400, 600_000].map(|seconds: i64| until(THEN + seconds * 1_000_000, THEN));
        assert_eq!(in_seconds, ["in 0 seconds", "in 1 second", "in 1 minute", "in 2 hours", "in 1 day", "in 6 days"]);
        assert_eq!(until(0, THEN), "in 0 seconds");
    }

    #[test]
    fn nothing_of_a_text_becomes_a_tag() {
        let hostile = r#"<script>alert("x")</script> {{na<b>me}} {{name}} <img onerror=x>"#;
        for html in [marked(hostile), prose(hostile, true), prose(hostile, false), code(hostile, hostile)] {
            let is_ours = |tag: &&str| ["script", "img", "b>"].iter().any(|bad| tag.starts_with(bad));
            assert!(!html.split('<').skip(1).any(|tag| is_ours(&tag)), "{html}");
        }
        assert!(marked("a {{b}} \\{{c}}").contains(r#"<span class="share__variable">{{b}}</span>"#));
    }
}
