//! The figures of two runs beside each other, with the difference.

use domain::Run;

use super::figures::{dollars, seconds, thousands};

/// What is not known, or not known yet.
const UNKNOWN: &str = "–";

/// A figure of both runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureRow {
    /// What it counts.
    pub name: &'static str,
    /// The left run's.
    pub old: String,
    /// The right run's.
    pub new: String,
    /// By how much the right one is more, or `same`; empty where there is nothing to say.
    pub difference: String,
}

/// The figures, always in the same order; those that neither run has are left out, but for the ones that every run has.
#[must_use]
pub fn figure_rows(old: &Run, new: &Run) -> Vec<FigureRow> {
    let counted = |read: fn(&Run) -> u64| {
        // No prompt has 0 tokens: who was cut off, or goes on, has not said.
        move |run: &Run| Some(read(run)).filter(|_| run.usage.input_tokens > 0)
    };
    let answer = |run: &Run| Some(run.usage.output_tokens).filter(|count| *count > 0 || run.status.is_end());
    let (cached, thoughts) = (|run: &Run| run.usage.cached_input_tokens, |run: &Run| run.usage.reasoning_tokens);
    let ms = |ms: u64| format!("{} ms", thousands(ms));
    let s = |ms: u64| format!("{} s", seconds(ms));
    let cost = |run: &Run| run.cost_micros.and_then(|micros| u64::try_from(micros).ok());
    let cents = |micros: u64| dollars(i64::try_from(micros).unwrap_or(i64::MAX));
    let number = |name, read: &dyn Fn(&Run) -> Option<u64>, show: &dyn Fn(u64) -> String| {
        numbers(name, read(old), read(new), show)
    };
    let word = |name, read: &dyn Fn(&Run) -> Option<String>| words(name, read(old), read(new));
    let has = |read: fn(&Run) -> u64| read(old) + read(new) > 0;
    let rows = [
        Some(word("Status", &|run| Some(run.status.as_str().to_owned()))),
        Some(word("Finish reason", &|run| run.finish_reason.map(|reason| reason.as_str().to_owned()))),
        Some(number("Tokens in", &counted(|run| run.usage.input_tokens), &thousands)),
        has(cached).then(|| number("From a cache", &counted(cached), &thousands)),
        Some(number("Tokens out", &answer, &thousands)),
        has(thoughts).then(|| number("Of them thoughts", &counted(thoughts), &thousands)),
        Some(number("First token", &|run| run.ttft_ms, &ms)),
        Some(number("Latency", &|run| run.total_ms, &s)),
        Some(number("Cost", &cost, &cents)),
        Some(word("Answered by", &|run| run.resolved_model.clone())),
        Some(word("Provider", &|run| run.provider.clone())),
        Some(word("Asked over", &|run| run.wire.map(|wire| wire.name().to_owned()))),
        Some(word("Version", &|run| run.version.map(|version| format!("v{version}")))),
    ];
    let always = ["Finish reason", "Tokens in", "Tokens out", "First token", "Latency", "Cost"];
    let said = |row: &FigureRow| always.contains(&row.name) || row.old != UNKNOWN || row.new != UNKNOWN;
    rows.into_iter().flatten().filter(said).collect()
}

fn words(name: &'static str, old: Option<String>, new: Option<String>) -> FigureRow {
    let difference = if old.is_some() && old == new { "same" } else { "" }.to_owned();
    let shown = |word: Option<String>| word.unwrap_or_else(|| UNKNOWN.to_owned());
    FigureRow { name, old: shown(old), new: shown(new), difference }
}

fn numbers(name: &'static str, old: Option<u64>, new: Option<u64>, show: &dyn Fn(u64) -> String) -> FigureRow {
    let difference = match (old, new) {
        (Some(old), Some(new)) if old == new => "same".to_owned(),
        (Some(old), Some(new)) => {
            let sign = if new > old { '+' } else { '−' };
            format!("{sign}{}{}", show(new.abs_diff(old)), share(sign, old, new))
        }
        _ => String::new(),
    };
    let shown = |number: Option<u64>| number.map_or_else(|| UNKNOWN.to_owned(), show);
    FigureRow { name, old: shown(old), new: shown(new), difference }
}

/// The difference in parts of the left one, where that says anything.
fn share(sign: char, old: u64, new: u64) -> String {
    if old == 0 {
        return String::new();
    }
    let percent = new.abs_diff(old) as f64 * 100.0 / old as f64;
    match percent {
        ..0.5 => String::new(),
        ..1000.0 => format!(", {sign}{percent:.0} %"),
        _ => format!(", {:.0} times", new as f64 / old as f64),
    }
}

#[cfg(test)]
mod tests {
    use domain::RunStatus;

    use super::*;

    fn run(fields: &str) -> Run {
        let json = r#"{"id":"run_01010101010101010101010101010101","status":"finished","model":"m","resolved_model":null,
            "provider":"lab","endpoint":null,"request":{},"params":{},"output":{"text":""},"finish_reason":"stop",
            "usage":{"input_tokens":100,"output_tokens":40},"cost_micros":700,"queue_ms":0,"ttft_ms":200,
            "total_ms":1500,"error":null,"parent":null,"request_id":null,"created_at":0}"#;
        let mut run: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).expect("JSON");
        run.extend(serde_json::from_str::<serde_json::Map<_, _>>(fields).expect("JSON"));
        serde_json::from_str(&serde_json::Value::Object(run).to_string()).expect("a run")
    }

    fn told(old: &Run, new: &Run) -> Vec<String> {
        let line = |row: FigureRow| format!("{}: {} | {} | {}", row.name, row.old, row.new, row.difference);
        figure_rows(old, new).into_iter().map(line).collect()
    }

    #[test]
    fn a7_figures_stand_beside_each_other_with_their_difference() {
        let new = run(
            r#"{"usage":{"input_tokens":100,"output_tokens":60,"reasoning_tokens":9},"cost_micros":1400,"ttft_ms":150,
            "total_ms":33000,"finish_reason":"length","version":3}"#,
        );
        assert_eq!(
            told(&run("{}"), &new),
            [
                "Status: finished | finished | same",
                "Finish reason: stop | length | ",
                "Tokens in: 100 | 100 | same",
                "Tokens out: 40 | 60 | +20, +50 %",
                "Of them thoughts: 0 | 9 | +9",
                "First token: 200 ms | 150 ms | −50 ms, −25 %",
                "Latency: 1.5 s | 33.0 s | +31.5 s, 22 times",
                "Cost: $0.0007 | $0.0014 | +$0.0007, +100 %",
                "Provider: lab | lab | same",
                "Version: – | v3 | ",
            ]
        );
    }

    #[test]
    fn what_a_run_has_not_said_yet_has_no_difference() {
        let new =
            run(r#"{"status":"running","usage":{"input_tokens":0,"output_tokens":0},"cost_micros":null,"ttft_ms":null,
            "total_ms":null,"finish_reason":null}"#);
        assert_eq!(new.status, RunStatus::Running);
        let told = told(&run("{}"), &new);
        assert!(told.contains(&"Tokens out: 40 | – | ".to_owned()), "{told:?}");
        assert!(told.contains(&"Latency: 1.5 s | – | ".to_owned()), "{told:?}");
    }
}
