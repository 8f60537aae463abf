//! Which version came of which, as lines beside a list of them: the newest on top, the first lane for the way down to
//! the first version, others for what was saved beside it.

use std::fmt::Write;

/// Height of a row's drawing.
pub const HEIGHT: u32 = 48;
/// Its width.
pub const WIDTH: u32 = 28;
/// Where the first lane stands, and where the last one does.
const FIRST_X: f64 = 8.0;
const LAST_X: f64 = 20.0;
/// Where the dot stands.
const MIDDLE: u32 = HEIGHT / 2;
/// Most lanes that are told apart.
const LANES_MAX: usize = 6;

/// A version as the lanes know it: its number, what it was made of, and what it took in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Its number.
    pub version: u32,
    /// What it was made of.
    pub parent: Option<u32>,
    /// What else it took in.
    pub merged: Option<u32>,
}

/// The drawing of one row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lane {
    /// The lines, as an SVG path.
    pub path: String,
    /// Where the dot stands, from the left.
    pub x: String,
}

/// What meets in a row, by lane.
#[derive(Default)]
struct Meeting {
    dot: usize,
    from_above: bool,
    goes_on: bool,
    through: Vec<usize>,
    joins: Vec<usize>,
    takes_in: Option<usize>,
}

/// The drawings of versions, the newest first.
#[must_use]
pub fn lanes(steps: &[Step]) -> Vec<Lane> {
    let mut waiting: Vec<Option<u32>> = Vec::new();
    let rows: Vec<Meeting> = steps.iter().map(|step| meet(&mut waiting, *step)).collect();
    let count = waiting.len().clamp(2, LANES_MAX);
    let x = |lane: usize| FIRST_X + (LAST_X - FIRST_X) * lane.min(count - 1) as f64 / (count - 1) as f64;
    rows.iter().map(|row| draw(row, x)).collect()
}

/// Takes one step down. `waiting` has, for each lane, the version that it leads to.
fn meet(waiting: &mut Vec<Option<u32>>, step: Step) -> Meeting {
    let leads_here: Vec<usize> = (0..waiting.len()).filter(|lane| waiting[*lane] == Some(step.version)).collect();
    let dot = leads_here.first().copied().unwrap_or_else(|| free(waiting));
    let mut row = Meeting { dot, from_above: !leads_here.is_empty(), ..Meeting::default() };
    row.joins = leads_here.into_iter().skip(1).collect();
    for lane in &row.joins {
        waiting[*lane] = None;
    }
    waiting[dot] = None;
    row.through = (0..waiting.len()).filter(|lane| waiting[*lane].is_some()).collect();
    waiting[dot] = step.parent;
    row.goes_on = step.parent.is_some();
    if let Some(merged) = step.merged {
        let known = waiting.iter().position(|target| *target == Some(merged));
        let lane = known.unwrap_or_else(|| free(waiting));
        waiting[lane] = Some(merged);
        row.takes_in = Some(lane).filter(|lane| *lane != dot);
    }
    row
}

/// The first lane that leads nowhere.
fn free(waiting: &mut Vec<Option<u32>>) -> usize {
    let lane = waiting.iter().position(Option::is_none).unwrap_or(waiting.len());
    if lane == waiting.len() {
        waiting.push(None);
    }
    lane
}

fn draw(row: &Meeting, x: impl Fn(usize) -> f64) -> Lane {
    let at = x(row.dot);
    let mut path = String::new();
    let mut line = |text: std::fmt::Arguments<'_>| _ = path.write_fmt(text);
    for lane in &row.through {
        line(format_args!("M{} 0V{HEIGHT}", x(*lane)));
    }
    if row.from_above {
        line(format_args!("M{at} 0V{MIDDLE}"));
    }
    if row.goes_on {
        line(format_args!("M{at} {MIDDLE}V{HEIGHT}"));
    }
    for lane in &row.joins {
        let from = x(*lane);
        line(format_args!("M{from} 0C{from} {} {at} {} {at} {MIDDLE}", MIDDLE - 6, MIDDLE - 12));
    }
    if let Some(lane) = row.takes_in {
        let to = x(lane);
        line(format_args!("M{at} {MIDDLE}C{at} {} {to} {} {to} {HEIGHT}", MIDDLE + 12, MIDDLE + 6));
    }
    Lane { path, x: at.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn step(version: u32, parent: u32, merged: u32) -> Step {
        const fn some(number: u32) -> Option<u32> {
            if number == 0 { None } else { Some(number) }
        }
        Step { version, parent: some(parent), merged: some(merged) }
    }

    #[test]
    fn a4_one_line_leads_from_the_newest_to_the_first() {
        let drawn = lanes(&[step(3, 2, 0), step(2, 1, 0), step(1, 0, 0)]);
        let paths: Vec<&str> = drawn.iter().map(|lane| lane.path.as_str()).collect();
        assert_eq!(paths, ["M8 24V48", "M8 0V24M8 24V48", "M8 0V24"]);
        assert!(drawn.iter().all(|lane| lane.x == "8"));
    }

    #[test]
    fn a4_what_was_saved_beside_and_merged_again_has_a_lane_of_its_own() {
        let drawn = lanes(&[step(14, 13, 12), step(13, 11, 0), step(12, 11, 0), step(11, 10, 0), step(10, 0, 0)]);
        assert_eq!(drawn.iter().map(|lane| lane.x.as_str()).collect::<Vec<_>>(), ["8", "8", "20", "8", "8"]);
        assert_eq!(drawn[0].path, "M8 24V48M8 24C8 36 20 30 20 48");
        assert_eq!(drawn[1].path, "M20 0V48M8 0V24M8 24V48");
        assert_eq!(drawn[2].path, "M8 0V48M20 0V24M20 24V48");
        assert_eq!(drawn[3].path, "M8 0V24M8 24V48M20 0C20 18 8 12 8 24");
    }

    #[test]
    fn a4_many_lanes_stay_within_the_drawing() {
        let steps: Vec<Step> = (2..40).rev().map(|version| step(version, 1, 0)).chain([step(1, 0, 0)]).collect();
        for lane in lanes(&steps) {
            let x: f64 = lane.x.parse().expect("a number");
            assert!((FIRST_X..=LAST_X).contains(&x), "{x}");
        }
    }
}
