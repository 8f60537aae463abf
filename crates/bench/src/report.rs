//! What a benchmark has measured: figures beside their targets, and curves. Kept as JSON in `docs/bench`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::stats::Rounds;

/// Everything that one benchmark has to say.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// The benchmark's name.
    pub name: String,
    /// What it measures, in one line.
    pub title: String,
    /// What the figures stand beside.
    pub compared_with: String,
    /// How it was measured, a sentence or two each.
    pub method: Vec<String>,
    /// On what, and when.
    pub machine: Machine,
    /// What came out.
    pub figures: Vec<Figure>,
    /// What is plotted.
    pub curves: Vec<Curve>,
}

/// One number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figure {
    /// What it is.
    pub name: String,
    /// What it is counted in.
    pub unit: String,
    /// What it must reach; of a figure to compare with, nothing.
    pub target: Option<Target>,
    /// The median of its rounds.
    pub median: f64,
    /// The least and the most of its rounds.
    pub spread: [f64; 2],
    /// Whether the median reaches the target.
    pub reached: Option<bool>,
    /// What is particular about it.
    #[serde(default)]
    pub note: String,
}

/// What a figure must reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// No more than that.
    AtMost(f64),
    /// No less than that.
    AtLeast(f64),
}

impl Target {
    fn is_reached(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
        }
    }
}

/// A plot of one or more lines.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Curve {
    /// The file's name, without `.svg`.
    pub name: String,
    /// What stands above it.
    pub title: String,
    /// What the axes are.
    pub x: String,
    /// See `x`.
    pub y: String,
    /// The lines.
    pub lines: Vec<Line>,
}

/// A line of a plot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Line {
    /// What it is.
    pub name: String,
    /// From left to right.
    pub points: Vec<[f64; 2]>,
}

impl Report {
    /// Begins a report.
    pub fn new(name: &str, title: &str, compared_with: &str) -> Self {
        println!("== {name}: {title}. Compared with {compared_with}.");
        Self {
            name: name.into(),
            title: title.into(),
            compared_with: compared_with.into(),
            method: Vec::new(),
            machine: Machine::this(),
            figures: Vec::new(),
            curves: Vec::new(),
        }
    }

    /// Says how something was measured.
    pub fn method(&mut self, sentence: impl Into<String>) {
        self.method.push(sentence.into());
    }

    /// Adds a figure, and prints it.
    pub fn figure(&mut self, name: impl Into<String>, unit: &str, rounds: Rounds, target: Option<Target>) {
        self.noted(name, unit, rounds, target, "");
    }

    /// Adds a figure with something to be said of it, and prints it.
    pub fn noted(&mut self, name: impl Into<String>, unit: &str, rounds: Rounds, target: Option<Target>, note: &str) {
        let figure = Figure {
            name: name.into(),
            unit: unit.into(),
            target,
            median: rounds.median,
            spread: [rounds.min, rounds.max],
            reached: target.map(|target| target.is_reached(rounds.median)),
            note: note.into(),
        };
        println!("{}", figure.line());
        self.figures.push(figure);
    }

    /// Keeps it in a folder.
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        let place = folder.join(format!("{}.json", self.name));
        let text = serde_json::to_string_pretty(self).context("a report is numbers and texts")?;
        fs::write(&place, text + "\n").with_context(|| format!("writing {}", place.display()))
    }

    /// Reads a kept one; none where it has not been measured.
    pub fn read(folder: &Path, name: &str) -> Result<Option<Self>> {
        let place = folder.join(format!("{name}.json"));
        let Ok(text) = fs::read_to_string(&place) else { return Ok(None) };
        Ok(Some(serde_json::from_str(&text).with_context(|| format!("reading {}", place.display()))?))
    }
}

impl Figure {
    /// The target, as people read it.
    pub fn wanted(&self) -> String {
        match self.target {
            Some(Target::AtMost(most)) => format!("≤ {}", number(most)),
            Some(Target::AtLeast(least)) => format!("≥ {}", number(least)),
            None => String::new(),
        }
    }

    /// Whether it is reached, in a word.
    pub fn verdict(&self) -> &'static str {
        match self.reached {
            Some(true) => "reached",
            Some(false) => "**short**",
            None => "",
        }
    }

    fn line(&self) -> String {
        let [min, max] = self.spread.map(number);
        let median = number(self.median);
        let wanted = match self.target {
            Some(_) => format!("  {} {}", self.wanted(), self.verdict().trim_matches('*')),
            None => String::new(),
        };
        format!("   {:<58} {median:>9} {:<12} {min} – {max}{wanted}", self.name, self.unit)
    }
}

/// A number with as many digits as say something.
pub fn number(value: f64) -> String {
    let digits = match value.abs() {
        0.0 => 0,
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.01 => 3,
        _ => 5,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.0, 1.0, 0.12345, 12.34, 1234.5, -2.5].map(number), ["0", "1", "0.123", "12.3", "1234", "-2.5"]);
    }

    #[test]
    fn targets_judge() {
        assert!(Target::AtMost(5.0).is_reached(5.0) && !Target::AtMost(5.0).is_reached(5.1));
        assert!(Target::AtLeast(5.0).is_reached(5.0) && !Target::AtLeast(5.0).is_reached(f64::NAN));
    }
}
