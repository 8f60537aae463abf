//! A run's recorded events once more, at their own times. Nothing is sent to a model.

use domain::Event;
use leptos::prelude::*;

use super::run::RunState;

/// How fast events come again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pace {
    /// As they came.
    Real,
    /// Ten times as fast.
    Tenfold,
    /// All at once.
    #[default]
    AtOnce,
}

impl Pace {
    /// All of them, as they stand in a row.
    pub const ALL: [Self; 3] = [Self::Real, Self::Tenfold, Self::AtOnce];

    /// The name, for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Real => "1×",
            Self::Tenfold => "10×",
            Self::AtOnce => "At once",
        }
    }

    /// How much of the run goes by in this time, in milliseconds.
    fn step(self, passed_ms: f64, all_ms: f64) -> f64 {
        match self {
            Self::Real => passed_ms,
            Self::Tenfold => passed_ms * 10.0,
            Self::AtOnce => all_ms,
        }
    }
}

/// A replay: where it is, and what it shows it in.
#[derive(Clone, Copy)]
pub struct Replay {
    /// Where the run is shown.
    run: RunState,
    /// The recorded events; none before they were asked for.
    events: StoredValue<Vec<Event>>,
    /// How many of them are shown.
    shown: StoredValue<usize>,
    /// How far it is, in milliseconds since the run's creation.
    pub at_ms: RwSignal<f64>,
    /// How long the run took, in milliseconds.
    pub all_ms: RwSignal<f64>,
    /// How fast it goes.
    pub pace: RwSignal<Pace>,
    /// Whether it goes on by itself.
    pub plays: RwSignal<bool>,
}

impl Replay {
    /// A replay of a run that has ended; it stands at the end.
    #[must_use]
    pub fn new(run: RunState) -> Self {
        let all_ms = run.view.with_untracked(|view| view.at_ms.max(view.total_ms.unwrap_or_default())) as f64;
        Self {
            run,
            events: StoredValue::default(),
            shown: StoredValue::new(0),
            at_ms: RwSignal::new(all_ms),
            all_ms: RwSignal::new(all_ms),
            pace: RwSignal::new(Pace::default()),
            plays: RwSignal::new(false),
        }
    }

    /// Whether the events are there.
    #[must_use]
    pub fn is_loaded(self) -> bool {
        self.events.with_value(|events| !events.is_empty())
    }

    /// Takes the events.
    pub fn load(self, events: Vec<Event>) {
        if let Some(last) = events.last() {
            self.all_ms.set(last.at_ms as f64);
            self.at_ms.set(last.at_ms as f64);
        }
        self.shown.set_value(events.len());
        self.events.set_value(events);
    }

    /// Shows the run as it was at that time.
    pub fn seek(self, at_ms: f64) {
        let (shown, wanted) = (self.shown.get_value(), self.until(at_ms));
        let id = self.run.id.get_untracked();
        if wanted < shown {
            self.run.clear();
            self.run.id.set(id);
        }
        let from = if wanted < shown { 0 } else { shown };
        self.events.with_value(|events| self.run.apply(&events[from..wanted], at_ms));
        self.shown.set_value(wanted);
        self.at_ms.set(at_ms);
    }

    /// Begins anew where it stands at the end, else goes on.
    pub fn play(self) {
        if self.at_ms.get_untracked() >= self.all_ms.get_untracked() {
            self.seek(-1.0);
        }
        self.plays.set(true);
    }

    /// Goes on by the time that has passed, in milliseconds.
    pub fn pass(self, passed_ms: f64) {
        let all_ms = self.all_ms.get_untracked();
        let at_ms = self.at_ms.get_untracked().max(0.0) + self.pace.get_untracked().step(passed_ms, all_ms);
        self.seek(at_ms.min(all_ms));
        if at_ms >= all_ms {
            self.plays.set(false);
        }
    }

    fn until(self, at_ms: f64) -> usize {
        self.events.with_value(|events| events.partition_point(|event| event.at_ms as f64 <= at_ms))
    }
}

#[cfg(test)]
mod tests {
    use domain::RunEvent;
    use domain::event::Delta;

    use super::*;

    #[test]
    fn a7_a_run_is_shown_as_it_was_at_any_time() {
        Owner::new().with(|| {
            let events = (0..10).map(|n| {
                let delta = Delta { text: n.to_string(), ..Delta::default() };
                Event { seq: n, at_ms: n * 100, body: RunEvent::Delta(delta) }
            });
            let run = RunState::default();
            let replay = Replay::new(run);
            replay.load(events.collect());
            replay.seek(450.0);
            assert_eq!(run.text.get_untracked(), "01234");
            replay.seek(120.0);
            assert_eq!(run.text.get_untracked(), "01");
            replay.pace.set(Pace::Tenfold);
            replay.play();
            replay.pass(20.0);
            assert_eq!(run.text.get_untracked(), "0123");
            replay.pace.set(Pace::AtOnce);
            replay.pass(1.0);
            assert_eq!((run.text.get_untracked().as_str(), replay.plays.get_untracked()), ("0123456789", false));
            replay.play();
            assert_eq!(run.text.get_untracked(), "");
        });
    }
}
