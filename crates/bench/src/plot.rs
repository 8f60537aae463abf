//! Plots of lines as SVG, with both axes from 0.

use std::fmt::Write;

use crate::report::{Curve, number};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 360.0;
/// Room around the lines, in pixels.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = 48.0;
/// Lines across, about.
const TICKS: f64 = 5.0;
/// Told apart also by those who see few colours: Okabe and Ito's.
const COLOURS: [&str; 5] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9"];

/// Draws a curve.
pub fn svg(curve: &Curve) -> String {
    let points = || curve.lines.iter().flat_map(|line| &line.points);
    let most = |axis: usize| points().map(|point| point[axis]).fold(0.0, f64::max);
    let (x_step, y_step) = (step(most(0)), step(most(1)));
    let (x_max, y_max) = (end(most(0), x_step), end(most(1), y_step));
    let across = |x: f64| LEFT + x / x_max * (WIDTH - LEFT - RIGHT);
    let up = |y: f64| HEIGHT - BOTTOM - y / y_max * (HEIGHT - TOP - BOTTOM);

    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\" fill=\"#333\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"20\" font-size=\"14\" font-weight=\"bold\">{}</text>\n",
        escape(&curve.title)
    );
    for tick in ticks(y_max, y_step) {
        let y = up(tick);
        let _ = writeln!(
            out,
            "<path d=\"M{LEFT} {y:.1}H{}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            y + 4.0,
            number(tick)
        );
    }
    for tick in ticks(x_max, x_step) {
        let (x, y) = (across(tick), HEIGHT - BOTTOM + 18.0);
        let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{}</text>", number(tick));
    }
    let (middle, low) = (f64::midpoint(LEFT, WIDTH - RIGHT), HEIGHT - 10.0);
    let _ = writeln!(out, "<text x=\"{middle:.1}\" y=\"{low:.1}\" text-anchor=\"middle\">{}</text>", escape(&curve.x));
    let _ = writeln!(out, "<text x=\"{LEFT}\" y=\"42\" fill=\"#777\">{}</text>", escape(&curve.y));
    for (index, line) in curve.lines.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let path: Vec<_> = line.points.iter().map(|[x, y]| format!("{:.1} {:.1}", across(*x), up(*y))).collect();
        let _ = writeln!(out, "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>", path.join("L"));
        for [x, y] in &line.points {
            let _ = writeln!(out, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"/>", across(*x), up(*y));
        }
        let (x, y) = (WIDTH - RIGHT, 20.0 + 16.0 * index as f64);
        let name = escape(&line.name);
        let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"end\" fill=\"{colour}\">{name}</text>");
    }
    out + "</svg>\n"
}

/// A round distance between two ticks: 1, 2 or 5 times a power of ten.
fn step(most: f64) -> f64 {
    let raw = if most > 0.0 { most / TICKS } else { 1.0 };
    let power = 10_f64.powf(raw.log10().floor());
    let times = [1.0, 2.0, 5.0].into_iter().find(|times| times * power >= raw);
    times.unwrap_or(10.0) * power
}

/// The first tick that nothing is beyond.
fn end(most: f64, step: f64) -> f64 {
    (most / step).ceil().max(1.0) * step
}

fn ticks(end: f64, step: f64) -> impl Iterator<Item = f64> {
    (0..=(end / step).round() as u32).map(move |count| f64::from(count) * step)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Line;

    #[test]
    fn steps_are_round() {
        assert_eq!([9_500.0, 0.9, 48.0, 0.0].map(step), [2_000.0, 0.2, 10.0, 1.0]);
    }

    #[test]
    fn every_line_is_drawn() {
        let line = |name: &str| Line { name: name.into(), points: vec![[0.0, 1.0], [10.0, 5.0]] };
        let curve = Curve {
            name: "c".into(),
            title: "a < b".into(),
            x: "streams".into(),
            y: "ms".into(),
            lines: vec![line("one"), line("two")],
        };
        let svg = svg(&curve);
        assert!(svg.contains("a &lt; b"));
        assert_eq!(svg.matches("stroke-width").count(), 2);
    }
}
