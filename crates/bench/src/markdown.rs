//! `docs/BENCHMARKS.md`, made anew from what is kept in `docs/bench`.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::machine::Machine;
use crate::plot;
use crate::report::{Figure, Report, number};

const HEAD: &str = "\
# Benchmarks

Made by `cargo xtask bench`; do not edit it by hand. `cargo xtask bench latency streams` runs some of them, `--quick`
tries whether they work and keeps nothing.

Each figure is the median of its rounds, with the least and the most beside it. What is compared is measured in turns on
the same machine, by the same client. A target is what the product wants to reach; **short** means that it does not yet.
";

/// Writes the page and its plots.
pub fn write(root: &Path, names: &[&str]) -> Result<()> {
    let folder = root.join("docs/bench");
    let mut page = HEAD.to_owned();
    let mut machine = None;
    for name in names {
        let Some(report) = Report::read(&folder, name)? else { continue };
        if machine.as_ref() != Some(&report.machine) {
            let Machine { cpu, cores, ram_gb, kernel, sorts, date } = &report.machine;
            let ram = number(*ram_gb);
            let _ = write!(page, "\nMeasured on {date}: {cpu}, {cores} cores, {ram} GB, Linux {kernel}");
            if let Some(sorts) = sorts {
                let _ = write!(page, "; a core sorts {} million numbers a second", number(*sorts));
            }
            page.push_str(".\n");
        }
        machine = Some(report.machine.clone());
        section(&mut page, &report);
        for curve in &report.curves {
            let place = folder.join(format!("{}.svg", curve.name));
            fs::write(&place, plot::svg(curve)).with_context(|| format!("writing {}", place.display()))?;
        }
    }
    let place = root.join("docs/BENCHMARKS.md");
    fs::write(&place, page).with_context(|| format!("writing {}", place.display()))
}

fn section(page: &mut String, report: &Report) {
    let Report { name, title, compared_with, .. } = report;
    let _ = write!(page, "\n## {name}: {title}\n\nCompared with {compared_with}.\n\n");
    for sentence in &report.method {
        let _ = writeln!(page, "- {sentence}");
    }
    page.push_str("\n| | median | min – max | target | |\n|---|---:|---:|---:|---|\n");
    for figure in &report.figures {
        row(page, figure);
    }
    let noted: Vec<_> = report.figures.iter().filter(|figure| !figure.note.is_empty()).collect();
    if !noted.is_empty() {
        page.push('\n');
    }
    for figure in noted {
        let _ = writeln!(page, "- {}: {}", figure.name, figure.note);
    }
    for curve in &report.curves {
        let _ = write!(page, "\n![{}](bench/{}.svg)\n", curve.title, curve.name);
    }
}

fn row(page: &mut String, figure: &Figure) {
    let [min, max] = figure.spread.map(number);
    let (median, unit) = (number(figure.median), &figure.unit);
    let spread = if min == max { String::new() } else { format!("{min} – {max}") };
    let _ =
        writeln!(page, "| {} | {median} {unit} | {spread} | {} | {} |", figure.name, figure.wanted(), figure.verdict());
}
