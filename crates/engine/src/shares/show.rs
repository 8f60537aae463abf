//! What a link shows, without what its scope does not name.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use domain::chat::Verbatim;
use domain::{
    ApiError, Cell, Code, ComparisonId, NewRun, Part, PromptContent, RunId, RunView, ShareScope, Shared as Thing,
    template,
};

use super::guest::{Admitted, Counts, Guest, Visit, Visitor};
use super::token::Done;
use super::{Shares, blank, of_version};
use crate::Shared;
use crate::error::Error;
use crate::library::Library;
use crate::principal::Principal;
use crate::runs::Runs;
use crate::tape::Entry;

/// Most rows of a grid that a page shows.
const ROWS_SHOWN_MAX: usize = 100;

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// What it is called.
    pub title: String,
    /// What the link allows.
    pub scope: ShareScope,
    /// When the link was made, in microseconds since 1970, UTC.
    pub shared_at: i64,
    /// When it ends.
    pub expires_at: i64,
    /// The time now.
    pub now: i64,
    /// Of a link that runs: what is left of its budget, in micro-dollars.
    pub left_micros: Option<i64>,
    /// What it shows.
    pub shown: Shown,
}

/// What is shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// A run, or a version and perhaps a run of it.
    Prompt(Box<Prompted>),
    /// A comparison.
    Comparison(Box<Compared>),
}

/// A prompt as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompted {
    /// What is asked. The texts of a client that writes no templates are as it wrote them.
    pub content: PromptContent,
    /// Pictures and other parts that are not text, which are not shown.
    pub attachments: usize,
    /// Whether its texts are no templates.
    pub is_literal: bool,
    /// The number of the version, where it is one.
    pub version: Option<u32>,
    /// Whether the model costs nothing.
    pub is_free: bool,
    /// The model that answered, where that is another name.
    pub resolved_model: Option<String>,
    /// What came back.
    pub answer: Option<Answered>,
}

/// An answer as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The run.
    pub run: RunId,
    /// Whether a visitor started it.
    pub is_visitors: bool,
    /// What it has become.
    pub view: RunView,
}

/// A comparison as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// What is compared, in columns.
    pub columns: Vec<Line>,
    /// The inputs, a row each, as many as are shown.
    pub rows: Vec<BTreeMap<String, String>>,
    /// How many rows there are in all.
    pub rows_total: usize,
    /// How often each cell was run.
    pub repetitions: u32,
    /// The cells of the rows that are shown. Their runs have no ids here.
    pub cells: Vec<Cell>,
    /// Whether some are still to come.
    pub is_going_on: bool,
}

/// A column of a comparison, and its answer where there is one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What the cells name it by.
    pub id: u32,
    /// The number of the version that it is.
    pub version: Option<u32>,
    /// What is asked.
    pub content: PromptContent,
    /// The first answer, whole, where there is one row.
    pub answer: Option<RunView>,
}

impl Shares<'_> {
    /// The page of a link; with `run`, the one of a run that was started through it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn page(
        self,
        token: &str,
        visitor: &Visitor,
        counts: Counts,
        run: Option<RunId>,
    ) -> Result<Visit<Page>, Error> {
        let guest = match self.admit(token, visitor).await? {
            Admitted::Guest(guest) => guest,
            Admitted::Locked => return Ok(Visit::Locked),
            Admitted::NotThere => return Ok(Visit::NotThere),
        };
        // What cannot be shown is not counted.
        match self.show(&guest, run).await? {
            Some(page) => self.let_have(&guest, "page", counts, page).await,
            None => Ok(Visit::NotThere),
        }
    }

    /// What the page of a comparison shows, as it stands now: it belongs to the opening of that page, which lasts as long as
    /// someone follows.
    ///
    /// # Errors
    /// `conflict` where nothing proves an opening; when the database does not answer.
    pub async fn follow(self, token: &str, visitor: &Visitor) -> Result<Visit<Page>, Error> {
        let guest = match self.admit(token, visitor).await? {
            Admitted::Guest(guest) if matches!(guest.row.resource, Thing::Comparison(_)) => guest,
            Admitted::Locked => return Ok(Visit::Locked),
            Admitted::Guest(_) | Admitted::NotThere => return Ok(Visit::NotThere),
        };
        if !guest.has_opened {
            let message = "This opening of the link is over, or the browser keeps no cookies.";
            return Err(ApiError::new(Code::Conflict, message).hint("Load the page again.").into());
        }
        let opened = self.proof(Done::Opened, &guest.grant);
        let page = self.show(&guest, None).await?;
        Ok(page.map_or(Visit::NotThere, |thing| Visit::Here { thing, opened }))
    }

    async fn show(self, guest: &Guest, run: Option<RunId>) -> Result<Option<Page>, Error> {
        let row = &guest.row;
        let shown = match row.resource {
            Thing::Comparison(id) => {
                there(compared(self.0, &row.principal(), id).await)?.map(Box::new).map(Shown::Comparison)
            }
            Thing::Run(_) | Thing::Version(_) => self.prompted(guest, run).await?.map(Box::new).map(Shown::Prompt),
        };
        let left = row.budget_micros.map(|budget| (budget - row.spent_micros - row.reserved_micros).max(0));
        Ok(shown.map(|shown| Page {
            title: row.title.clone(),
            scope: row.scope,
            shared_at: row.created_at,
            expires_at: row.expires_at,
            now: self.0.clock.now_micros(),
            left_micros: left.filter(|_| row.scope == ShareScope::Run),
            shown,
        }))
    }

    async fn prompted(self, guest: &Guest, run: Option<RunId>) -> Result<Option<Prompted>, Error> {
        let Some(asked) = self.asked(guest).await? else { return Ok(None) };
        let shown = match (run, guest.row.resource) {
            (Some(run), _) if self.0.store.is_share_run(guest.row.id, run).await? => Some((run, true)),
            (Some(_), _) => return Ok(None),
            (None, Thing::Run(run)) => Some((run, false)),
            (None, _) => None,
        };
        let mut prompted = Prompted {
            attachments: attachments(&asked.content),
            is_literal: asked.is_literal,
            is_free: self.0.registry.is_free(&asked.content.model),
            content: asked.content,
            version: asked.version,
            resolved_model: None,
            answer: None,
        };
        if let Some((run, is_visitors)) = shown {
            let Some((view, inputs)) = self.answered(&guest.row.principal(), run).await? else { return Ok(None) };
            let resolved = view.started.as_ref().map(|started| started.resolved_model.clone());
            prompted.resolved_model = resolved.filter(|resolved| *resolved != prompted.content.model);
            prompted.content.inputs = inputs;
            prompted.answer = Some(Answered { run, is_visitors, view });
        }
        Ok(Some(prompted))
    }

    /// What has become of a run so far, and its inputs.
    async fn answered(
        self,
        principal: &Principal,
        run: RunId,
    ) -> Result<Option<(RunView, BTreeMap<String, String>)>, Error> {
        let Some(kept) = there(Runs(self.0).get(principal, run).await)? else { return Ok(None) };
        let Some(entries) = there(Runs(self.0).so_far(principal, run).await)? else { return Ok(None) };
        let inputs = read(&kept.request).map(|new| new.inputs).unwrap_or_default();
        Ok(Some((blank::view(folded(&entries)?), inputs)))
    }

    /// What a link's run or version asks; none where it is gone.
    pub(super) async fn asked(self, guest: &Guest) -> Result<Option<Asked>, Error> {
        let principal = guest.row.principal();
        match guest.row.resource {
            Thing::Run(id) => {
                let Some(run) = there(Runs(self.0).get(&principal, id).await)? else { return Ok(None) };
                let new = read(&run.request)?;
                let of = of_version(&new);
                let mut content = PromptContent::of_run(new);
                if run.wire.is_some() {
                    unescape(&mut content);
                }
                let is_literal = run.wire.is_some();
                Ok(Some(Asked { content, is_literal, version: of.map(|(_, number)| number), of, parent: Some(id) }))
            }
            Thing::Version(id) => {
                let Some(preset) = there(Library(self.0).version(&principal, id).await)? else { return Ok(None) };
                let of = (!preset.archived).then_some((preset.id, preset.version));
                let version = Some(preset.version);
                Ok(Some(Asked { content: preset.content, is_literal: false, version, of, parent: None }))
            }
            Thing::Comparison(_) => Ok(None),
        }
    }
}

/// What a link's run or version asks.
pub(super) struct Asked {
    pub content: PromptContent,
    /// Whether its texts are no templates.
    pub is_literal: bool,
    /// The number of its version.
    pub version: Option<u32>,
    /// The prompt and version that it is of.
    pub of: Option<(domain::PromptId, u32)>,
    /// The run that it is.
    pub parent: Option<RunId>,
}

/// What was found; nothing where it is not there any more.
pub(super) fn there<T>(found: Result<T, Error>) -> Result<Option<T>, Error> {
    match found {
        Ok(thing) => Ok(Some(thing)),
        Err(Error::Refused(ApiError { code: Code::NotFound | Code::Gone, .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn read(request: &Verbatim) -> Result<NewRun, Error> {
    serde_json::from_str(request.as_str()).map_err(|error| Error::Corrupt(format!("a run's request: {error}")))
}

pub(super) fn folded(entries: &[Entry]) -> Result<RunView, Error> {
    let mut view = RunView::default();
    for entry in entries {
        view.apply(&entry.event()?);
    }
    Ok(view)
}

/// A client of an SDK's route writes no templates: what it wrote is kept with its braces escaped.
fn unescape(content: &mut PromptContent) {
    for message in &mut content.messages {
        let plain = |text: &str| Ok::<_, Infallible>(template::unescape(text));
        let Ok(unescaped) = message.content.try_map(plain);
        message.content = unescaped;
    }
}

fn attachments(content: &PromptContent) -> usize {
    let parts = content.messages.iter().map(|message| match &message.content {
        domain::Content::Text(_) => 0,
        domain::Content::Parts(parts) => parts.iter().filter(|part| !matches!(part, Part::Text { .. })).count(),
    });
    parts.sum()
}

/// What a comparison is called.
pub(super) async fn comparison_title(
    shared: &Arc<Shared>,
    principal: &Principal,
    id: ComparisonId,
) -> Result<String, Error> {
    let comparison = crate::comparisons::Comparisons(shared).get(principal, id).await?;
    Ok(if comparison.name.is_empty() { "Comparison".into() } else { comparison.name })
}

async fn compared(shared: &Arc<Shared>, principal: &Principal, id: ComparisonId) -> Result<Compared, Error> {
    let comparisons = crate::comparisons::Comparisons(shared);
    let comparison = comparisons.get(principal, id).await?;
    let shown = comparison.spec.rows.len().min(ROWS_SHOWN_MAX);
    let mut cells = comparisons.cells(principal, id, 0..u32::try_from(shown).unwrap_or(u32::MAX)).await?;
    let mut columns = Vec::new();
    for column in comparison.spec.columns {
        let first =
            cells.iter().filter(|cell| cell.column == column.id && cell.row == 0).min_by_key(|cell| cell.repetition);
        let answer = match first.and_then(|cell| cell.run).filter(|_| comparison.spec.rows.len() == 1) {
            Some(run) => {
                there(Runs(shared).so_far(principal, run).await)?.map(|entries| folded(&entries)).transpose()?
            }
            None => None,
        };
        let answer = answer.map(blank::view);
        columns.push(Line { id: column.id, version: column.version, content: column.content, answer });
    }
    for cell in &mut cells {
        cell.run = None;
        cell.error = cell.error.take().map(blank::error);
    }
    Ok(Compared {
        columns,
        rows_total: comparison.spec.rows.len(),
        rows: comparison.spec.rows.into_iter().take(shown).collect(),
        repetitions: comparison.spec.repetitions,
        cells,
        is_going_on: comparison.counts.waiting + comparison.counts.running > 0,
    })
}
