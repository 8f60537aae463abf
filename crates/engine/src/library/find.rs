//! Lists of prompts: a page of what the index finds, with the words marked.

use std::collections::BTreeMap;

use domain::limits::{PROMPT_QUERY_BYTES_MAX, PROMPTS_PAGE_MAX};
use domain::prompt::{PromptFilter, PromptPage};
use domain::{ApiError, Code, PromptId, PromptSummary};

use super::Library;
use super::best::After;
use super::examples::Example;
use super::fold::Reader;
use super::wanted::Wanted;
use crate::error::Error;
use crate::principal::Principal;
use crate::store::prompts::PromptRow;

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
        let ids: Vec<PromptId> = places.iter().map(|(.., id)| *id).collect();
        let mut rows = self.0.store.prompts(principal.workspace, &ids).await?;
        let summaries = ids.iter().filter_map(|id| rows.remove(id).map(of_row).or_else(|| self.of_example(*id)));
        let mut data: Vec<PromptSummary> = summaries.collect();
        let wanted = Wanted::all(&filter.query);
        if !wanted.is_empty() {
            self.mark(&mut data, &wanted).await?;
        }
        Ok(PromptPage { data, next: next.map(print), total: total as u64 })
    }

    /// Marks the words; where none of them stands in the beginning of a text, shows the place where one does.
    async fn mark(self, data: &mut [PromptSummary], wanted: &[Wanted]) -> Result<(), Error> {
        for summary in &mut *data {
            summary.name_marks = marks(&summary.name, wanted);
            summary.snippet_marks = marks(&summary.snippet, wanted);
        }
        let elsewhere = |summary: &&mut PromptSummary| summary.snippet_marks.is_empty();
        let ids: Vec<PromptId> = data.iter_mut().filter(elsewhere).map(|summary| summary.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let texts = self.0.store.prompt_texts(&ids).await?;
        for summary in data.iter_mut().filter(elsewhere) {
            let example = || Some(Example::of(summary.id)?.content("").texts().collect::<Vec<_>>().join("\n"));
            let found = match texts.get(&summary.id) {
                Some(text) => excerpt(text, wanted),
                None => example().and_then(|text| excerpt(&text, wanted)),
            };
            if let Some(excerpt) = found {
                summary.snippet_marks = marks(&excerpt, wanted);
                summary.snippet = excerpt;
            }
        }
        Ok(())
    }

    fn of_example(self, id: PromptId) -> Option<PromptSummary> {
        let example = Example::of(id)?;
        let content = example.content(&self.model());
        Some(PromptSummary {
            id,
            name: example.name.to_owned(),
            version: 1,
            tags: example.tags(),
            updated_at: 0,
            snippet: content.snippet(),
            favourite: false,
            labels: BTreeMap::new(),
            model: content.model,
            example: true,
            archived: false,
            name_marks: Vec::new(),
            snippet_marks: Vec::new(),
        })
    }
}

fn of_row(row: PromptRow) -> PromptSummary {
    PromptSummary {
        id: row.id,
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
    }
}

/// Where the words stand, in characters.
fn marks(text: &str, wanted: &[Wanted]) -> Vec<(u32, u32)> {
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let (mut reader, mut marks) = (Reader::new(text), Vec::new());
    while let Some((begin, end)) = reader.read() {
        if let Some((from, to)) = wanted.iter().find_map(|wanted| wanted.marks(&reader.word)) {
            marks.push((number(begin + from), number((begin + to).min(end))));
        }
    }
    marks
}

/// The text around a place where one of the words stands.
fn excerpt(text: &str, wanted: &[Wanted]) -> Option<String> {
    let from = as_typed(text, wanted).or_else(|| fitting(text, wanted))?.saturating_sub(BEFORE_CHARS);
    let around: String = text.chars().skip(from).take(EXCERPT_CHARS).collect();
    let around = around.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(if from > 0 { format!("…{around}") } else { around })
}

/// The first place that has one of the words as it was typed, in characters. Most texts have one, and a long one is not
/// read word by word for it.
fn as_typed(text: &str, wanted: &[Wanted]) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    let at = wanted.iter().filter_map(|wanted| wanted.stands_in(&lower)).min()?;
    Some(text[..at].chars().count())
}

/// Where the first word stands that fits, in characters.
fn fitting(text: &str, wanted: &[Wanted]) -> Option<usize> {
    let mut reader = Reader::new(text);
    loop {
        let (from, _) = reader.read()?;
        if wanted.iter().any(|wanted| wanted.marks(&reader.word).is_some()) {
            return Some(from);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What the marks mark.
    fn marked(text: &str, query: &str) -> Vec<String> {
        let part = |(from, to): (u32, u32)| text.chars().skip(from as usize).take((to - from) as usize).collect();
        marks(text, &Wanted::all(query)).into_iter().map(part).collect()
    }

    #[test]
    fn a8_marks_stand_at_what_was_found() {
        assert_eq!(marked("Die Größe der Étude", "grosse etud"), ["Größe", "Étud"]);
        assert_eq!(marked("Contract clauses, reclaused", "caluse lause"), ["clauses", "lause"]);
        assert!(marked("Contract", "zzz").is_empty());
    }

    #[test]
    fn a8_an_excerpt_shows_where_the_word_stands() {
        let text = format!("{}\n\nThe Größe of it. {}", "so ".repeat(200), "and on ".repeat(200));
        let excerpt = excerpt(&text, &Wanted::all("grosse")).expect("it stands there");
        assert!(excerpt.starts_with('…') && excerpt.contains(" The Größe of it. "), "{excerpt}");
        assert!(excerpt.chars().count() <= EXCERPT_CHARS + 1);
        assert_eq!(marked(&excerpt, "grosse"), ["Größe"]);
        assert_eq!(super::excerpt(&text, &Wanted::all("zzz")), None);
    }

    #[test]
    fn a8_what_was_typed_goes_before_what_is_like_it() {
        let text = format!("ünder {}UNDERTAKEN, then undo", "wonder ".repeat(60));
        let shown = |query: &str| excerpt(&text, &Wanted::all(query)).expect("it stands there");
        assert!(shown("undertaken").ends_with("UNDERTAKEN, then undo"));
        assert!(shown("un").contains("UNDERTAKEN"), "a short word begins a word");
        assert!(shown("undre").starts_with("ünder"), "nothing has it as it was typed");
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let place = (960, -5, PromptId::from_bytes([7; 16]));
        assert_eq!(parse(&print(place)).expect("a cursor"), place);
        for other in ["", "960", "960.5", "960.5.prompt", "-1.5.x"] {
            assert!(parse(other).is_err(), "{other}");
        }
    }
}
