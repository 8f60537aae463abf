//! Lists of prompts: a page of what the index finds, with the words marked.

use domain::limits::{PROMPT_QUERY_BYTES_MAX, PROMPTS_PAGE_MAX};
use domain::prompt::{PromptFilter, PromptPage};
use domain::{ApiError, Code, PromptId, PromptSummary};

use super::Library;
use super::examples::Example;
use super::fold::words;
use super::index::{After, Wanted};
use crate::error::Error;
use crate::principal::Principal;

/// How much of a text stands before the first word that was found, in characters.
const BEFORE_CHARS: usize = 40;
/// Longest excerpt, in characters.
const EXCERPT_CHARS: usize = 200;

impl Library<'_> {
    /// A page of the prompts that the filter admits.
    ///
    /// # Errors
    /// `invalid_request` where the query is too long or the cursor is none; when the database does not answer.
    pub async fn list(
        self,
        principal: &Principal,
        filter: &PromptFilter,
        after: Option<&str>,
        limit: u32,
    ) -> Result<PromptPage, Error> {
        if filter.query.len() > PROMPT_QUERY_BYTES_MAX {
            let why = format!("The words to look for have more than {PROMPT_QUERY_BYTES_MAX} bytes.");
            return Err(ApiError::new(Code::InvalidRequest, why).hint("Look for fewer.").param("query").into());
        }
        let after = after.map(parse).transpose()?;
        let limit = limit.clamp(1, PROMPTS_PAGE_MAX) as usize;
        let (mut places, total) =
            self.0.library.ask(principal.workspace, |index| index.list(filter, after, limit + 1)).await;
        let next = (places.len() > limit).then(|| places[limit - 1]);
        places.truncate(limit);
        let wanted = Wanted::all(&filter.query);
        let mut data = Vec::with_capacity(places.len());
        for (.., id) in places {
            data.extend(self.summary(principal, id, &wanted).await?);
        }
        Ok(PromptPage { data, next: next.map(print), total: total as u64 })
    }

    async fn summary(
        self,
        principal: &Principal,
        id: PromptId,
        wanted: &[Wanted],
    ) -> Result<Option<PromptSummary>, Error> {
        let (mut summary, text) = match self.0.store.prompt(principal.workspace, id).await? {
            Some(row) => {
                let text = if wanted.is_empty() { String::new() } else { self.0.store.prompt_text(id).await? };
                let summary = PromptSummary {
                    id,
                    name: row.name,
                    version: row.head,
                    tags: row.tags,
                    updated_at: row.updated_at,
                    snippet: row.snippet,
                    favourite: row.favourite,
                    labels: row.labels,
                    model: row.model,
                    example: false,
                    archived: row.archived_at.is_some(),
                    name_marks: Vec::new(),
                    snippet_marks: Vec::new(),
                };
                (summary, text)
            }
            None => {
                let Some(example) = Example::of(id) else { return Ok(None) };
                let content = example.content(&self.model());
                let summary = PromptSummary {
                    id,
                    name: example.name.to_owned(),
                    version: 1,
                    tags: example.tags(),
                    updated_at: 0,
                    snippet: content.snippet(),
                    favourite: false,
                    labels: std::collections::BTreeMap::new(),
                    model: content.model.clone(),
                    example: true,
                    archived: false,
                    name_marks: Vec::new(),
                    snippet_marks: Vec::new(),
                };
                (summary, content.texts().collect::<Vec<_>>().join("\n"))
            }
        };
        if !wanted.is_empty() {
            summary.name_marks = marks(&summary.name, wanted);
            let shown = marks(&summary.snippet, wanted);
            if shown.is_empty()
                && let Some(excerpt) = excerpt(&text, wanted)
            {
                summary.snippet = excerpt;
            }
            summary.snippet_marks = marks(&summary.snippet, wanted);
        }
        Ok(Some(summary))
    }
}

/// Where the words stand, in characters.
fn marks(text: &str, wanted: &[Wanted]) -> Vec<(u32, u32)> {
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let found = words(text).filter_map(|word| {
        let (from, to) = wanted.iter().find_map(|wanted| wanted.marks(&word.folded))?;
        Some((number(word.from + from), number((word.from + to).min(word.to))))
    });
    found.collect()
}

/// The text around the first word that fits.
fn excerpt(text: &str, wanted: &[Wanted]) -> Option<String> {
    let first = words(text).find(|word| wanted.iter().any(|wanted| wanted.marks(&word.folded).is_some()))?;
    let from = first.from.saturating_sub(BEFORE_CHARS);
    let around: String = text.chars().skip(from).take(EXCERPT_CHARS).collect();
    let around = around.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(if from > 0 { format!("…{around}") } else { around })
}

/// A cursor: how well the last prompt of a page fits, when it was changed, and which it is.
fn print((score, updated_at, id): After) -> String {
    format!("{score}.{updated_at}.{id}")
}

fn parse(text: &str) -> Result<After, ApiError> {
    let read = || {
        let (score, rest) = text.split_once('.')?;
        let (updated_at, id) = rest.split_once('.')?;
        Some((score.parse().ok()?, updated_at.parse().ok()?, id.parse().ok()?))
    };
    read().ok_or_else(|| ApiError::new(Code::InvalidRequest, "`after` is no `next` of an earlier page.").param("after"))
}
