//! What the figures were taken on: without it they say nothing.

use std::fs;
use std::sync::LazyLock;
use std::time::Instant;

use engine::Clock;
use serde::{Deserialize, Serialize};

const MICROS_DAY: i64 = 24 * 60 * 60 * 1_000_000;
/// How many numbers are sorted to see how fast a core is.
const SORTED: u64 = 1 << 22;

/// A machine, and the day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub cpu: String,
    /// How many processors this process may use.
    pub cores: usize,
    /// Memory, in gigabytes.
    pub ram_gb: f64,
    /// The kernel's version.
    pub kernel: String,
    /// How many million numbers one core sorts in a second. Rented processors of one name differ by a factor of three.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sorts: Option<f64>,
    /// `YYYY-MM-DD`, UTC.
    pub date: String,
}

impl Machine {
    /// Looks at this one.
    pub fn this() -> Self {
        let read = |place: &str| fs::read_to_string(place).unwrap_or_default();
        let (cpus, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
        let after = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
            line.split_once(':').map_or_else(String::new, |(_, value)| value.trim().to_owned())
        };
        let kilobytes: f64 = after(&memory, "MemTotal").trim_end_matches(" kB").parse().unwrap_or(f64::NAN);
        let kernel = read("/proc/sys/kernel/osrelease");
        Self {
            cpu: after(&cpus, "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            ram_gb: (kilobytes / 1e5).round() / 10.0,
            // What follows the numbers is the name of someone's build.
            kernel: kernel.trim().split('-').next().unwrap_or_default().to_owned(),
            sorts: Some(*SORTS),
            date: date(Clock::system().now_micros() / MICROS_DAY),
        }
    }
}

/// Once for all benchmarks of a run, so that they stand under one machine.
static SORTS: LazyLock<f64> = LazyLock::new(|| {
    // An odd factor spreads the numbers over all there are: 2^64 divided by the golden ratio.
    let mut numbers: Vec<_> = (0..SORTED).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    let began = Instant::now();
    std::hint::black_box(&mut numbers).sort_unstable();
    (SORTED as f64 / 1e5 / began.elapsed().as_secs_f64()).round() / 10.0
});

/// The day of the Gregorian calendar that is so many days after 1970-01-01. Howard Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn date(days: i64) -> String {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        assert_eq!([0, 59, 19_782, 20_783].map(date), ["1970-01-01", "1970-03-01", "2024-02-29", "2026-11-26"]);
    }
}
