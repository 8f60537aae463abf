//! Where a run's time went, as lanes on one scale.

use domain::RunView;

use super::figures::{seconds, thousands};

/// One stretch of a run's time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// What happened in it.
    pub name: &'static str,
    /// What the style calls it.
    pub kind: &'static str,
    /// From creation to its beginning, in milliseconds.
    pub from_ms: u64,
    /// From creation to its end, in milliseconds.
    pub to_ms: u64,
    /// What else is known of it.
    pub note: String,
}

impl Phase {
    /// How long it took, in milliseconds.
    #[must_use]
    pub const fn took_ms(&self) -> u64 {
        self.to_ms.saturating_sub(self.from_ms)
    }
}

/// The stretches that a run has gone through so far: queued, up to the first token, streaming. Each begins where the
/// one before it ends.
#[must_use]
pub fn phases(view: &RunView) -> Vec<Phase> {
    let end = view.total_ms.unwrap_or(view.at_ms);
    let queued = view.queue_ms.unwrap_or(end).min(end);
    let reason = view.queued.as_ref().map(|queued| queued.reason.clone()).unwrap_or_default();
    let mut phases = vec![Phase { name: "Queued", kind: "queue", from_ms: 0, to_ms: queued, note: reason }];
    if view.queue_ms.is_none() {
        return phases;
    }
    let first = view.ttft_ms.or(view.first_delta_ms).map(|first| first.clamp(queued, end));
    let note = match first {
        Some(first) => format!("{} ms after it was asked for", thousands(first)),
        None if view.status.is_end() => "none came".into(),
        None => "awaited".into(),
    };
    phases.push(Phase { name: "First token", kind: "ttft", from_ms: queued, to_ms: first.unwrap_or(end), note });
    if let Some(first) = first {
        let tokens = if view.status.is_end() { view.usage.output_tokens } else { view.deltas };
        let speed = view.speed().map(|speed| format!(", {speed:.1} tok/s")).unwrap_or_default();
        let note = format!("{} tokens{speed}", thousands(tokens));
        phases.push(Phase { name: "Streaming", kind: "stream", from_ms: first, to_ms: end, note });
    }
    phases
}

/// Where a phase stands on a lane: its beginning and its length, both in the lane's units. What took hardly any time
/// is still seen.
#[must_use]
pub fn geometry(phase: &Phase, total_ms: u64, lane: f64, least: f64) -> (f64, f64) {
    if total_ms == 0 {
        return (0.0, least);
    }
    let scale = lane / total_ms as f64;
    let length = (phase.took_ms() as f64 * scale).max(least);
    let start = (phase.from_ms as f64 * scale).min(lane - length).max(0.0);
    (tenths(start), tenths(length))
}

/// Below this, times are said in milliseconds.
const SECOND_MS: u64 = 1_000;
/// Below this, the marks of an axis need a second digit to differ.
const COARSE_MS: u64 = 10_000;

/// A length of time for people: `180 ms`, `6.4 s`.
#[must_use]
pub fn span(ms: u64) -> String {
    if ms < SECOND_MS { format!("{ms} ms") } else { format!("{} s", seconds(ms)) }
}

/// The marks of a scale that ends at `total_ms`, evenly apart; the last one has the unit.
#[must_use]
pub fn axis<const MARKS: usize>(total_ms: u64) -> [String; MARKS] {
    std::array::from_fn(|n| {
        let last = MARKS.saturating_sub(1).max(1);
        let ms = total_ms * n as u64 / last as u64;
        let unit = |unit| if n == last { unit } else { "" };
        match total_ms {
            _ if n == 0 => "0".into(),
            0..SECOND_MS => format!("{ms}{}", unit(" ms")),
            SECOND_MS..COARSE_MS => format!("{:.2}{}", ms as f64 / 1000.0, unit(" s")),
            _ => format!("{}{}", seconds(ms), unit(" s")),
        }
    })
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use domain::{RunStatus, Usage};

    use super::*;

    fn ended(queue_ms: u64, ttft_ms: Option<u64>, total_ms: u64) -> RunView {
        RunView {
            status: RunStatus::Finished,
            queue_ms: Some(queue_ms),
            ttft_ms,
            first_delta_ms: ttft_ms,
            total_ms: Some(total_ms),
            usage: Usage { output_tokens: 11, ..Usage::default() },
            ..RunView::default()
        }
    }

    #[test]
    fn a7_phases_join_without_gap_and_end_with_the_run() {
        let phases = phases(&ended(12, Some(310), 1_310));
        let spans: Vec<_> = phases.iter().map(|phase| (phase.name, phase.from_ms, phase.to_ms)).collect();
        assert_eq!(spans, [("Queued", 0, 12), ("First token", 12, 310), ("Streaming", 310, 1_310)]);
        assert_eq!(phases[2].note, "11 tokens, 10.0 tok/s");
    }

    #[test]
    fn what_did_not_happen_has_no_lane() {
        let names = |view: &RunView| phases(view).iter().map(|phase| phase.name).collect::<Vec<_>>();
        assert_eq!(names(&RunView::default()), ["Queued"]);
        let silent = ended(5, None, 30_000);
        assert_eq!(names(&silent), ["Queued", "First token"]);
        assert_eq!(phases(&silent)[1].note, "none came");
    }

    #[test]
    fn marks_differ_and_the_last_one_has_the_unit() {
        assert_eq!(axis::<5>(180), ["0", "45", "90", "135", "180 ms"]);
        assert_eq!(axis::<5>(1_320), ["0", "0.33", "0.66", "0.99", "1.32 s"]);
        assert_eq!(axis::<5>(64_000), ["0", "16.0", "32.0", "48.0", "64.0 s"]);
        assert_eq!([span(180), span(6_400)], ["180 ms", "6.4 s"]);
    }

    #[test]
    fn a_bar_never_leaves_its_lane_and_is_never_invisible() {
        let phase = |from_ms, to_ms| Phase { name: "", kind: "", from_ms, to_ms, note: String::new() };
        assert_eq!(geometry(&phase(0, 500), 1_000, 640.0, 1.5), (0.0, 320.0));
        assert_eq!(geometry(&phase(1_000, 1_000), 1_000, 640.0, 1.5), (638.5, 1.5));
        assert_eq!(geometry(&phase(0, 0), 0, 640.0, 1.5), (0.0, 1.5));
    }
}
