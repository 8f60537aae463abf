//! The eight figures under an output, as text.

use domain::{FinishReason, RunStatus, RunView};

/// One figure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figure {
    /// What it counts.
    pub label: &'static str,
    /// The number, or a dash.
    pub value: String,
    /// What the number counts in.
    pub unit: &'static str,
    /// Whether it is not known yet.
    pub pending: bool,
    /// The mark beside it, for a state that has one.
    pub status: Option<&'static str>,
}

/// How far the run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing was sent.
    NotRun,
    /// Sent, and not answered yet.
    Starting,
    /// The server has it.
    Known,
}

/// The figures of a run, always the same eight in the same order.
///
/// `elapsed_ms` counts while it runs; `free` says that the model's price is 0.
#[must_use]
pub fn figures(view: &RunView, stage: Stage, elapsed_ms: Option<u64>, free: bool) -> [Figure; 8] {
    let ended = view.status.is_end();
    // No prompt has 0 tokens: a provider that was cut off has not said.
    let counted = view.usage.input_tokens > 0;
    let out = if ended { Some(view.usage.output_tokens) } else { Some(view.deltas).filter(|n| *n > 0) };
    let first = view.ttft_ms.or(view.first_delta_ms);
    [
        figure("First token", first.map(thousands), "ms"),
        figure("Speed", view.speed().map(|speed| format!("{speed:.1}")), "tok/s"),
        figure("In", counted.then(|| thousands(view.usage.input_tokens)), ""),
        figure("Cached", counted.then(|| thousands(view.usage.cached_input_tokens)), ""),
        figure("Out", out.map(thousands), ""),
        figure("Cost", cost(view, free, stage == Stage::Known), ""),
        figure("Elapsed", view.total_ms.or(elapsed_ms).map(seconds), "s"),
        finish(view, stage),
    ]
}

fn figure(label: &'static str, value: Option<String>, unit: &'static str) -> Figure {
    match value {
        Some(value) => Figure { label, value, unit, ..Figure::default() },
        None => Figure { label, value: "–".into(), pending: true, ..Figure::default() },
    }
}

fn finish(view: &RunView, stage: Stage) -> Figure {
    let (value, status) = match (stage, view.status) {
        (Stage::NotRun, _) => {
            return Figure { label: "Finish", value: "not run".into(), pending: true, ..Figure::default() };
        }
        (Stage::Starting, _) => ("starting", Some("queued")),
        (Stage::Known, RunStatus::Queued) => ("queued", Some("queued")),
        (Stage::Known, RunStatus::Running) => ("streaming", Some("running")),
        (Stage::Known, RunStatus::Cancelled) => ("stopped", Some("cancelled")),
        (Stage::Known, RunStatus::Interrupted) => ("interrupted", Some("failed")),
        (Stage::Known, RunStatus::Failed) => ("failed", Some("failed")),
        (Stage::Known, RunStatus::Finished) => match view.finish_reason {
            Some(FinishReason::Length) => ("length", Some("blocked")),
            Some(FinishReason::Filtered) => ("filtered", Some("blocked")),
            Some(reason) => (reason.as_str(), None),
            None => ("finished", None),
        },
    };
    Figure { label: "Finish", value: value.into(), status, ..Figure::default() }
}

fn cost(view: &RunView, free: bool, known: bool) -> Option<String> {
    match view.cost_micros {
        Some(0) if free || view.usage.output_tokens > 0 => Some("free".into()),
        Some(micros) => Some(dollars(micros)),
        None => (free && known && !view.status.is_end()).then(|| "free".into()),
    }
}

/// Micro-dollars as dollars: four digits after the point, more where that would read 0.
#[must_use]
pub fn dollars(micros: i64) -> String {
    if micros != 0 && micros.abs() < 50 {
        format!("${:.6}", micros as f64 / 1e6)
    } else {
        format!("${:.4}", micros as f64 / 1e6)
    }
}

/// A whole number with commas.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Milliseconds as seconds with one digit.
#[must_use]
pub fn seconds(ms: u64) -> String {
    format!("{:.1}", ms as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use domain::Usage;

    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 12, 7_100, 1_234_567].map(dollars), ["$0.0000", "$0.000012", "$0.0071", "$1.2346"]);
        assert_eq!(seconds(5_249), "5.2");
    }

    #[test]
    fn a3_eight_figures_in_one_order_from_before_to_after() {
        let labels = ["First token", "Speed", "In", "Cached", "Out", "Cost", "Elapsed", "Finish"];
        let before = figures(&RunView::default(), Stage::NotRun, None, true);
        assert_eq!(before.clone().map(|figure| figure.label), labels);
        assert!(before.iter().all(|figure| figure.pending));
        assert_eq!(before[7].value, "not run");

        let view = RunView {
            status: RunStatus::Finished,
            finish_reason: Some(FinishReason::Stop),
            usage: Usage { input_tokens: 1_238, output_tokens: 11, ..Usage::default() },
            first_delta_ms: Some(500),
            ttft_ms: Some(500),
            total_ms: Some(1_500),
            cost_micros: Some(0),
            ..RunView::default()
        };
        let after = figures(&view, Stage::Known, None, true).map(|figure| figure.value);
        assert_eq!(after, ["500", "10.0", "1,238", "0", "11", "free", "1.5", "stop"]);
    }
}
