//! Times as people read them. On the server nobody's time zone is known, so what is written out is UTC.

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// A moment for programs: `2026-11-26T02:04:19Z`.
#[must_use]
pub fn iso(micros: i64) -> String {
    let (date, time) = parts(micros);
    format!("{date}T{time}Z")
}

/// A moment for people: `2026-11-26 02:04:19 UTC`.
#[must_use]
pub fn utc(micros: i64) -> String {
    let (date, time) = parts(micros);
    format!("{date} {time} UTC")
}

/// How long ago that was, in the largest unit that fits; a date once days say little.
#[must_use]
pub fn age(micros: i64, now: i64) -> String {
    let seconds = now.saturating_sub(micros).max(0) / SECOND;
    match seconds {
        0..10 => "now".into(),
        10..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        86_400..2_592_000 => format!("{} d ago", seconds / 86_400),
        _ => parts(micros).0,
    }
}

/// How far ahead that is, in the largest unit that fits, to the nearest.
#[must_use]
pub fn ahead(micros: i64, now: i64) -> String {
    let seconds = micros.saturating_sub(now).max(0) / SECOND;
    let nearest = |unit: i64| (seconds + unit / 2) / unit;
    match seconds {
        0..60 => format!("in {seconds} s"),
        60..3_570 => format!("in {} min", nearest(60)),
        3_570..84_600 => format!("in {} h", nearest(3_600)),
        _ => format!("in {} d", nearest(86_400)),
    }
}

/// Date and time of day, UTC.
fn parts(micros: i64) -> (String, String) {
    let seconds = micros.div_euclid(SECOND);
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(day);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    (format!("{year:04}-{month:02}-{day:02}"), format!("{hour:02}:{minute:02}:{second:02}"))
}

/// Year, month and day of a day counted from 1970-01-01 (Howard Hinnant, “chrono-Compatible Low-Level Date
/// Algorithms”, `civil_from_days`: years begin in March, so that the leap day is the last).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(iso(0), "1970-01-01T00:00:00Z");
        assert_eq!(iso(951_782_399 * SECOND), "2000-02-28T23:59:59Z");
        assert_eq!(iso(951_782_400 * SECOND), "2000-02-29T00:00:00Z");
        assert_eq!(utc(1_795_658_659_999_999), "2026-11-26 02:04:19 UTC");
        assert_eq!(iso(-1), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn an_age_has_one_unit() {
        let now = 1_795_658_659 * SECOND;
        let ages = [-5, 9, 59, 60, 7_199, 90_000, 2_592_000].map(|seconds| age(now - seconds * SECOND, now));
        assert_eq!(ages, ["now", "now", "59 s ago", "1 min ago", "1 h ago", "1 d ago", "2026-10-27"]);
        let ends = [-5, 59, 60, 3_599, 7_199, 86_399, 604_799].map(|seconds| ahead(now + seconds * SECOND, now));
        assert_eq!(ends, ["in 0 s", "in 59 s", "in 1 min", "in 1 h", "in 2 h", "in 1 d", "in 7 d"]);
    }
}
