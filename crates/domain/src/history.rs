//! Which runs to list: the filters of the history, the same for the API and the page.

use serde::{Deserialize, Serialize};

use crate::error::{ApiError, Code};
use crate::id::{ComparisonId, PromptId};
use crate::limits::{MODEL_NAME_BYTES_MAX, RUN_QUERY_BYTES_MAX, RUN_QUERY_WORDS_MAX};
use crate::run::{Run, RunStatus, RunSummary};

/// What a run must be to be listed. Nothing said, nothing asked: the default lists every run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// One of these; empty, any.
    pub status: Vec<RunStatus>,
    /// The model that was asked for, or the one that answered.
    pub model: Option<String>,
    /// Created then or later, in microseconds since 1970, UTC.
    pub from: Option<i64>,
    /// Created before then, in microseconds since 1970, UTC.
    pub to: Option<i64>,
    /// Of this kept prompt.
    pub prompt: Option<PromptId>,
    /// Of this comparison or grid.
    pub group: Option<ComparisonId>,
    /// Cost at least this, in micro-dollars.
    pub cost_from: Option<i64>,
    /// Words of which every one begins a word of the request, the answer, the error or the id.
    pub query: Option<String>,
}

impl RunFilter {
    /// Refuses what can match nothing, and what is larger than anybody needs.
    ///
    /// # Errors
    /// `invalid_request` that names the parameter.
    pub fn check(&self) -> Result<(), ApiError> {
        if let Some(model) = &self.model
            && (model.is_empty() || model.len() > MODEL_NAME_BYTES_MAX)
        {
            return refuse(format!("`model` is {} bytes long; 1 to {MODEL_NAME_BYTES_MAX} are taken.", model.len()));
        }
        if let (Some(from), Some(to)) = (self.from, self.to)
            && to <= from
        {
            return refuse(format!("`to` is {to}, which is not after `from`, {from}."));
        }
        let Some(query) = &self.query else { return Ok(()) };
        if query.len() > RUN_QUERY_BYTES_MAX {
            return refuse(format!("`query` is {} bytes long; at most {RUN_QUERY_BYTES_MAX} are taken.", query.len()));
        }
        match words(query).count() {
            0 => refuse("`query` has no letter and no digit, so there is nothing to look for.".into()),
            count if count > RUN_QUERY_WORDS_MAX => {
                refuse(format!("`query` has {count} words; at most {RUN_QUERY_WORDS_MAX} are taken."))
            }
            _ => Ok(()),
        }
    }

    /// Whether everything but the words is right. The words are looked for where the texts are.
    #[must_use]
    pub fn admits(&self, run: &Run) -> bool {
        let model = |wanted: &String| run.model == *wanted || run.resolved_model.as_ref() == Some(wanted);
        (self.status.is_empty() || self.status.contains(&run.status))
            && self.model.as_ref().is_none_or(model)
            && self.from.is_none_or(|from| run.created_at >= from)
            && self.to.is_none_or(|to| run.created_at < to)
            && (self.prompt.is_none() || run.prompt == self.prompt)
            && (self.group.is_none() || run.group == self.group)
            && self.cost_from.is_none_or(|from| run.cost_micros.is_some_and(|cost| cost >= from))
    }
}

/// The statuses of a list with commas between: `failed,interrupted`.
///
/// # Errors
/// `invalid_request` that names the word that is no status, and those that are.
pub fn parse_statuses(list: &str) -> Result<Vec<RunStatus>, ApiError> {
    list.split(',')
        .map(|word| {
            RunStatus::from_word(word.trim()).ok_or_else(|| {
                let known = RunStatus::ALL.map(RunStatus::as_str).join(", ");
                let given: String = word.chars().take(GIVEN_CHARS_MAX).collect();
                ApiError::new(
                    Code::InvalidRequest,
                    format!("`status` has `{given}`, which is none; there are {known}."),
                )
            })
        })
        .collect()
}

/// Longest part of a malformed status that an error repeats, in characters.
const GIVEN_CHARS_MAX: usize = 32;

/// The words of a text: runs of letters and digits, lower-case. What the search index calls a word.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

fn refuse(message: String) -> Result<(), ApiError> {
    Err(ApiError::new(Code::InvalidRequest, message))
}

/// Where a run comes from and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Lineage {
    /// The run that it continues or retries; absent where that was deleted.
    pub parent: Option<RunSummary>,
    /// The runs that continue or retry it, oldest first; at most [`crate::limits::CHILDREN_MAX`].
    pub children: Vec<RunSummary>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(filter: &RunFilter) -> String {
        filter.check().expect_err("refused").message
    }

    #[test]
    fn m2_a_filter_that_cannot_be_used_is_refused_by_name() {
        let query = |text: &str| RunFilter { query: Some(text.into()), ..RunFilter::default() };
        assert!(refused(&query("…!")).starts_with("`query` has no letter"));
        assert!(refused(&query(&"a".repeat(RUN_QUERY_BYTES_MAX + 1))).starts_with("`query` is"));
        assert!(refused(&query(&"a ".repeat(RUN_QUERY_WORDS_MAX + 1))).contains("words"));
        assert!(refused(&RunFilter { model: Some(String::new()), ..RunFilter::default() }).starts_with("`model`"));
        let range = RunFilter { from: Some(5), to: Some(5), ..RunFilter::default() };
        assert!(refused(&range).starts_with("`to` is 5"));
        assert_eq!(RunFilter::default().check(), Ok(()));
        assert_eq!(query("two words").check(), Ok(()));
    }

    #[test]
    fn statuses_are_a_list_and_a_wrong_one_is_named() {
        let both = parse_statuses("failed, interrupted").expect("both are there");
        assert_eq!(both, [RunStatus::Failed, RunStatus::Interrupted]);
        let refused = parse_statuses("failed,done").expect_err("done is none").message;
        assert!(refused.contains("`done`") && refused.contains("queued, running"), "{refused}");
        assert!(parse_statuses("").is_err());
    }

    #[test]
    fn words_are_letters_and_digits() {
        assert_eq!(words("Über run_01: don't!").collect::<Vec<_>>(), ["über", "run", "01", "don", "t"]);
    }
}
