//! What known models cost and how much they take in: a table of public prices, part of the program.
//!
//! The table (`prices/prices.json`) is made by `cargo xtask prices`; where it is from and under which licence stands
//! beside it. A price that `etude.toml` gives is better knowledge: this one is for models that were only named.

use std::sync::LazyLock;

use domain::Price;
use serde::Deserialize;

static TABLE: LazyLock<Vec<Provider>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../prices/prices.json")).expect("the embedded table is read by a test")
});

/// What the table says about a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// Prompt and answer together; some vendors publish the prompt alone, and then it is that.
    pub context_tokens: Option<u32>,
    /// Dollars per million tokens, for text.
    pub price: Option<Price>,
}

/// Finds what is known of a model; `None` where nothing is.
///
/// `provider` is the table's id: `openai`, `anthropic`, `google`, `mistral`, `deepseek`, `x-ai`, `cohere`,
/// `moonshotai`, `zai`, `minimax`, or one who resells: `groq`, `cerebras`, `together`, `fireworks`, `openrouter`,
/// `azure`; any other provider is not in the table. `model` is the name by which the provider lists it. `at_micros`, microseconds since 1970, UTC, says which of the prices over time is meant.
#[must_use]
pub fn find(provider: &str, model: &str, at_micros: i64) -> Option<Known> {
    let model = model.to_lowercase();
    // Google's own way to list its models.
    let model = model.strip_prefix("models/").unwrap_or(&model);
    let entry = of_id(provider)?.entry_or_fallback(model)?;
    let price = entry.price_at(&Moment::of(at_micros));
    (entry.context_tokens.is_some() || price.is_some()).then_some(Known { context_tokens: entry.context_tokens, price })
}

fn of_id(id: &str) -> Option<&'static Provider> {
    TABLE.iter().find(|provider| provider.id == id)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Provider {
    id: String,
    /// Providers whose models and prices it has too.
    #[serde(default)]
    fallback: Vec<String>,
    models: Vec<Entry>,
}

impl Provider {
    /// The first that fits counts: an entry of which nothing is known keeps its names from later, wider ones.
    fn entry(&self, model: &str) -> Option<&Entry> {
        self.models.iter().find(|entry| entry.fits(model))
    }

    fn entry_or_fallback(&'static self, model: &str) -> Option<&'static Entry> {
        let fallback = || self.fallback.iter().find_map(|id| of_id(id)?.entry(model));
        self.entry(model).or_else(fallback)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    /// Patterns for its names; the id alone where absent.
    #[serde(rename = "match")]
    names: Option<Vec<String>>,
    context_tokens: Option<u32>,
    price: Option<Price>,
    /// What replaces `price`, and when; the last one that holds counts.
    #[serde(default)]
    later: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    /// The first day, `2026-03-13`, UTC.
    since: Option<String>,
    /// The hours of each day, `01:00` to `04:00`, UTC, the end not included; may go over midnight.
    daily: Option<[String; 2]>,
    price: Option<Price>,
}

impl Entry {
    /// `model` is in lower case.
    fn fits(&self, model: &str) -> bool {
        let Some(names) = &self.names else { return self.id.eq_ignore_ascii_case(model) };
        // What is given away has an entry of its own; a wide pattern is about what is sold.
        if model.ends_with(":free") {
            return names.iter().any(|name| name == model);
        }
        let (but_not, names): (Vec<_>, Vec<_>) = names.iter().partition(|name| name.starts_with('!'));
        names.into_iter().any(|name| pattern_fits(name.as_bytes(), model.as_bytes()))
            && !but_not.into_iter().any(|name| pattern_fits(&name.as_bytes()[1..], model.as_bytes()))
    }

    fn price_at(&self, moment: &Moment) -> Option<Price> {
        let later = self.later.iter().rev().find(|change| change.holds_at(moment));
        later.map_or(self.price, |change| change.price)
    }
}

impl Change {
    fn holds_at(&self, moment: &Moment) -> bool {
        let since = self.since.as_ref().is_none_or(|since| *since <= moment.date);
        let daily = self.daily.as_ref().is_none_or(|[from, to]| {
            let (begun, not_over) = (*from <= moment.time, moment.time < *to);
            if from <= to { begun && not_over } else { begun || not_over }
        });
        since && daily
    }
}

/// Whether a name is as the pattern says, where `*` is any text and `#` a digit.
fn pattern_fits(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', pattern @ ..], _) => (0..=name.len()).any(|at| pattern_fits(pattern, &name[at..])),
        ([b'#', pattern @ ..], [digit, name @ ..]) => digit.is_ascii_digit() && pattern_fits(pattern, name),
        ([letter, pattern @ ..], [first, name @ ..]) => letter == first && pattern_fits(pattern, name),
        _ => false,
    }
}

/// A point in time as the table writes it: such texts sort by time.
struct Moment {
    date: String,
    time: String,
}

impl Moment {
    fn of(micros: i64) -> Self {
        const MINUTE: i64 = 60_000_000;
        const DAY: i64 = 24 * 60 * MINUTE;
        let (year, month, day) = civil(micros.div_euclid(DAY));
        let minutes = micros.rem_euclid(DAY) / MINUTE;
        Self {
            date: format!("{year:04}-{month:02}-{day:02}"),
            time: format!("{:02}:{:02}", minutes / 60, minutes % 60),
        }
    }
}

/// Year, month and day of a day counted from 1970-01-01.
///
/// `civil_from_days` of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, so that
/// a leap day is a year's last day.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;
    const DAY: i64 = 24 * HOUR;
    /// 2026-01-01, 00:00 UTC.
    const IN_2026: i64 = 20_454 * DAY;

    fn price(provider: &str, model: &str, at_micros: i64) -> Price {
        find(provider, model, at_micros).unwrap().price.unwrap()
    }

    #[test]
    fn knows_openais_and_anthropics_models() {
        let known = find("openai", "gpt-4o-2024-08-06", IN_2026).unwrap();
        assert_eq!(known.context_tokens, Some(128_000));
        assert_eq!(known.price, Some(Price { input: 2.5, output: 10.0, cached_input: Some(1.25), long: None }));

        let haiku = Price { input: 1.0, output: 5.0, cached_input: Some(0.1), long: None };
        let known = Known { context_tokens: Some(200_000), price: Some(haiku) };
        assert_eq!(find("anthropic", "claude-haiku-4-5-20251001", IN_2026), Some(known));
    }

    #[test]
    fn goes_by_the_date() {
        // 2025-06-10, the day on which OpenAI took o3 from 10 dollars to 2.
        let change = IN_2026 - (21 + 184) * DAY;
        assert_eq!(Moment::of(change).date, "2025-06-10");
        assert_eq!(price("openai", "o3", change - 1).input, 10.0);
        assert_eq!(price("openai", "o3", change).input, 2.0);
    }

    #[test]
    fn goes_by_the_time_of_day() {
        let at = |hour: i64| price("deepseek", "deepseek-flash", IN_2026 + hour * HOUR).input;
        assert_eq!([0, 1, 3, 4, 6, 9, 10].map(at), [0.15, 0.3, 0.3, 0.15, 0.3, 0.3, 0.15]);
    }

    #[test]
    fn knows_what_long_prompts_cost() {
        let long = price("anthropic", "claude-sonnet-4-5-20250929", IN_2026).long.unwrap();
        assert_eq!((long.over_tokens, long.input, long.output, long.cached_input), (200_000, 6.0, 22.5, Some(0.6)));
    }

    #[test]
    fn does_not_guess() {
        for (provider, model) in [
            ("openai", "gpt-4o-of-my-own"),
            ("", ""),
            ("openai", "claude-haiku-4-5"),
            ("my-vllm", "gpt-4o"),
            ("openai", "text-embedding-3-small"),
            ("google", "gemini-2.5-pro-preview-tts"),
        ] {
            assert_eq!(find(provider, model, IN_2026), None, "{model} of {provider}");
        }
    }

    #[test]
    fn finds_a_model_through_those_who_resell_it() {
        let vendors = find("openai", "gpt-4o", IN_2026).unwrap();
        assert_eq!(find("openrouter", "openai/gpt-4o", IN_2026).unwrap().price.unwrap().output, 10.0);
        assert_eq!(find("azure", "gpt-4o", IN_2026), Some(vendors));
        assert_eq!(find("google", "models/gemini-2.5-pro", IN_2026), find("google", "Gemini-2.5-Pro", IN_2026));
    }

    #[test]
    fn what_is_given_away_is_free() {
        assert_eq!(price("openrouter", "openai/gpt-oss-20b:free", IN_2026), Price::FREE);
        assert_eq!(price("openrouter", "google/gemini-2.0-flash-exp:free", IN_2026), Price::FREE);
        assert_eq!(find("google", "gemini-2.0-flash-exp:free", IN_2026), None);
    }

    #[test]
    fn patterns_fit() {
        let fits = |pattern: &str, name: &str| pattern_fits(pattern.as_bytes(), name.as_bytes());
        assert!(fits("a-####", "a-2026") && fits("a*", "a") && fits("*b*", "abc") && fits("*c", "abc"));
        assert!(!fits("a-####", "a-202x") && !fits("a-####", "a-20261") && !fits("a", "ab") && !fits("*b", "abc"));
    }

    #[test]
    fn counts_days_as_the_calendar_does() {
        let date = |days: i64| Moment::of(days * DAY).date;
        assert_eq!(
            [0, -1, 59, 11_016, 20_454].map(date),
            ["1970-01-01", "1969-12-31", "1970-03-01", "2000-02-29", "2026-01-01"]
        );
        assert_eq!(Moment::of(-1).time, "23:59");
    }
}
