//! What the history is asked for: the query of its address, which is also the form's.

use domain::history::parse_statuses;
use domain::{ApiError, Code, RunFilter, RunId};
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

use super::address::with_query;

/// Microseconds in an hour.
const HOUR: i64 = 3_600_000_000;

/// The query of the history's address, as it stands there. What is empty asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filters {
    /// Statuses, with commas between.
    #[serde(default)]
    pub status: String,
    /// A model's name.
    #[serde(default)]
    pub model: String,
    /// How far back: one of [`SINCE`].
    #[serde(default)]
    pub since: String,
    /// A kept prompt's id.
    #[serde(default)]
    pub prompt: String,
    /// A comparison's id.
    #[serde(default)]
    pub group: String,
    /// How much it cost at least: one of [`COSTS`].
    #[serde(default)]
    pub cost: String,
    /// Words.
    #[serde(default)]
    pub query: String,
    /// The run before which the list begins.
    #[serde(default)]
    pub after: String,
    /// The run that another is picked for. Narrows nothing.
    #[serde(default)]
    pub with: String,
}

/// What can be asked for as a status, and its name for people.
pub const STATUSES: [(&str, &str); 5] = [
    ("", "Any status"),
    ("queued,running", "Going on"),
    ("finished", "Finished"),
    ("failed,interrupted", "Failed"),
    ("cancelled", "Stopped"),
];

/// What can be asked for as a time: the word, its name for people, how many hours it reaches back.
pub const SINCE: [(&str, &str, i64); 5] = [
    ("", "Any time", 0),
    ("1h", "Last hour", 1),
    ("24h", "Last 24 hours", 24),
    ("7d", "Last 7 days", 7 * 24),
    ("30d", "Last 30 days", 30 * 24),
];

/// What can be asked for as a cost: the word, its name for people, the least in micro-dollars.
pub const COSTS: [(&str, &str, i64); 4] = [
    ("", "Any cost", 0),
    ("0.001", "From $0.001", 1_000),
    ("0.01", "From $0.01", 10_000),
    ("0.1", "From $0.10", 100_000),
];

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(name: &str, id: &str) -> Result<T, ApiError> {
    id.parse().map_err(|error| ApiError::new(Code::InvalidRequest, format!("`{name}`: {error}.")))
}

impl Filters {
    /// What an address asks for.
    #[must_use]
    pub fn read(query: &ParamsMap) -> Self {
        let text = |name| query.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        Self {
            status: text("status"),
            model: text("model"),
            since: text("since"),
            prompt: text("prompt"),
            group: text("group"),
            cost: text("cost"),
            query: text("query"),
            after: text("after"),
            with: text("with"),
        }
    }

    /// Its fields by their names in the address.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, &str); 9] {
        [
            ("status", &self.status),
            ("model", &self.model),
            ("since", &self.since),
            ("prompt", &self.prompt),
            ("group", &self.group),
            ("cost", &self.cost),
            ("query", &self.query),
            ("after", &self.after),
            ("with", &self.with),
        ]
        .map(|(name, text)| (name, text.as_str()))
    }

    /// The address that asks for this.
    #[must_use]
    pub fn address(&self) -> String {
        with_query("/runs", &self.fields())
    }

    /// The same from another run on.
    #[must_use]
    pub fn after(&self, run: RunId) -> Self {
        Self { after: run.to_string(), ..self.clone() }
    }

    /// Nothing that narrows the list; what it is looked at for stays.
    #[must_use]
    pub fn cleared(&self) -> Self {
        Self { with: self.with.clone(), ..Self::default() }
    }

    /// The same history for somebody who picks a run to compare with this one.
    #[must_use]
    pub fn picking(&self, run: RunId) -> Self {
        Self { with: run.to_string(), after: String::new(), ..self.clone() }
    }

    /// The same history for somebody who picks nothing.
    #[must_use]
    pub fn looking(&self) -> Self {
        Self { with: String::new(), ..self.clone() }
    }

    /// Whether anything narrows the list.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        [&self.status, &self.model, &self.since, &self.prompt, &self.group, &self.cost, &self.query]
            .into_iter()
            .any(|text| !text.is_empty())
    }

    /// What that means at this time, in microseconds since 1970, UTC: the filter, and the run to begin after.
    ///
    /// # Errors
    /// `invalid_request` that names the word which means nothing.
    pub fn mean(&self, now: i64) -> Result<(RunFilter, Option<RunId>), ApiError> {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let since = SINCE.into_iter().find(|(word, ..)| *word == self.since).ok_or_else(|| {
            let known = SINCE.map(|(word, ..)| word)[1..].join(", ");
            ApiError::new(Code::InvalidRequest, format!("`since` is none of {known}."))
        })?;
        let cost = COSTS.into_iter().find(|(word, ..)| *word == self.cost).ok_or_else(|| {
            let known = COSTS.map(|(word, ..)| word)[1..].join(", ");
            ApiError::new(Code::InvalidRequest, format!("`cost` is none of {known}."))
        })?;
        let filter = RunFilter {
            status: some(&self.status).map(|list| parse_statuses(&list)).transpose()?.unwrap_or_default(),
            model: some(&self.model),
            from: Some(since.2).filter(|hours| *hours > 0).map(|hours| now.saturating_sub(hours * HOUR)),
            to: None,
            prompt: some(&self.prompt).map(|id| parsed("prompt", &id)).transpose()?,
            group: some(&self.group).map(|id| parsed("group", &id)).transpose()?,
            cost_from: Some(cost.2).filter(|from| *from > 0),
            query: some(&self.query),
        };
        let after = some(&self.after).map(|id| id.parse::<RunId>()).transpose();
        let after = after.map_err(|error| ApiError::new(Code::InvalidRequest, format!("`after`: {error}.")))?;
        Ok((filter, after))
    }
}

#[cfg(test)]
mod tests {
    use domain::RunStatus;

    use super::*;

    fn asked(fields: &[(&'static str, &str)]) -> Filters {
        let mut query = ParamsMap::new();
        for (name, text) in fields {
            query.insert(*name, (*text).to_owned());
        }
        Filters::read(&query)
    }

    #[test]
    fn an_address_says_what_was_asked_for_and_nothing_else() {
        assert_eq!(asked(&[("status", ""), ("query", " ")]).address(), "/runs");
        let filters = asked(&[("status", "failed,interrupted"), ("query", "a&b c")]);
        let address = filters.address();
        assert!(address.starts_with("/runs?") && address.contains("%26") && !address.contains("model"), "{address}");
        assert!(filters.is_narrow() && !asked(&[("after", "x")]).is_narrow());
    }

    #[test]
    fn a_run_that_another_is_picked_for_stays_while_filters_come_and_go() {
        let run = RunId::from_bytes([1; 16]);
        let picking = asked(&[("query", "a"), ("after", "x")]).picking(run);
        assert!(picking.address().contains(&format!("with={run}")) && picking.after.is_empty());
        assert_eq!(picking.cleared().address(), format!("/runs?with={run}"));
        assert!(!picking.cleared().is_narrow());
        assert_eq!(picking.looking().address(), "/runs?query=a");
    }

    #[test]
    fn a7_words_become_a_filter_or_are_refused_by_name() {
        let (filter, after) =
            asked(&[("status", "queued,running"), ("since", "1h")]).mean(2 * HOUR).expect("both are known");
        assert_eq!(
            (filter.status, filter.from, after),
            (vec![RunStatus::Queued, RunStatus::Running], Some(HOUR), None)
        );
        assert_eq!(Filters::default().mean(0).expect("nothing is asked for").0, RunFilter::default());
        for (name, text) in [("status", "done"), ("since", "2h"), ("after", "run_1")] {
            let refused = asked(&[(name, text)]).mean(0).expect_err("refused").message;
            assert!(refused.starts_with(&format!("`{name}`")), "{refused}");
        }
        for (word, ..) in SINCE {
            assert!(asked(&[("since", word)]).mean(0).is_ok());
        }
        for (word, _) in STATUSES {
            assert!(asked(&[("status", word)]).mean(0).is_ok());
        }
    }
}
