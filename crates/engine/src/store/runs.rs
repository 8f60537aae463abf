//! Rows of runs, with their outputs and tapes.

use domain::chat::Verbatim;
use domain::event::Usage;
use domain::{
    ClientWire, ComparisonId, Output, Params, PromptId, Run, RunId, RunStatus, RunSummary, RunView, Wire, WorkspaceId,
};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Store;
use crate::error::Error;
use crate::log::Opened;
use crate::search;
use crate::tape::Tape;
use crate::wire;

/// Longest snippet of a prompt or an answer in a list, in characters.
const SNIPPET_CHARS: usize = 160;

/// What the database has under a run's id.
#[derive(Debug)]
pub enum Kept<T> {
    /// The thing.
    Here(T),
    /// It was deleted.
    Deleted,
    /// There never was one, or it is another workspace's.
    Absent,
}

/// A submission that the last 24 hours remember.
#[derive(Debug, Clone)]
pub struct RememberedRequest {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The client's name for it.
    pub request_id: String,
    /// The digest of what was asked for.
    pub body: [u8; 32],
    /// The run.
    pub run: RunId,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
}

/// A run as the API shows it, from how it began and what it has become.
///
/// # Errors
/// When what was kept cannot be read.
pub fn assemble(opened: &Opened, view: RunView) -> Result<Run, Error> {
    let started = view.started;
    let mut output = view.output;
    output.complete_choices();
    Ok(Run {
        id: opened.run,
        status: view.status,
        model: opened.model.clone(),
        wire: opened.wire,
        resolved_model: started.as_ref().map(|started| started.resolved_model.clone()),
        provider: started.as_ref().map(|started| started.provider.clone()),
        endpoint: started.as_ref().map(|started| started.endpoint.clone()),
        prompt: opened.prompt.map(|(prompt, _)| prompt),
        version: opened.prompt.map(|(_, version)| version),
        group: opened.group,
        request: verbatim(opened.request.clone())?,
        params: started.map(|started| started.params).unwrap_or_default(),
        output,
        finish_reason: view.finish_reason,
        usage: view.usage,
        cost_micros: view.cost_micros,
        queue_ms: view.queue_ms,
        ttft_ms: view.ttft_ms,
        total_ms: view.total_ms,
        error: view.error,
        parent: opened.parent,
        request_id: opened.request_id.clone(),
        created_at: opened.created_at,
    })
}

/// What a list shows of a run.
#[must_use]
pub fn summary(run: &Run) -> RunSummary {
    RunSummary {
        id: run.id,
        status: run.status,
        model: run.model.clone(),
        resolved_model: run.resolved_model.clone(),
        wire: run.wire,
        finish_reason: run.finish_reason,
        usage: run.usage,
        cost_micros: run.cost_micros,
        ttft_ms: run.ttft_ms,
        total_ms: run.total_ms,
        prompt: search::prompt(run).chars().take(SNIPPET_CHARS).collect(),
        snippet: run.output.text.chars().take(SNIPPET_CHARS).collect(),
        created_at: run.created_at,
    }
}

impl Store {
    /// A run.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run(&self, workspace: WorkspaceId, run: RunId) -> Result<Kept<Run>, Error> {
        let row = sqlx::query(
            "select r.*, o.output from runs r left join run_outputs o on o.run = r.id \
             where r.id = $1 and r.workspace = $2",
        )
        .bind(&run.as_bytes()[..])
        .bind(&workspace.as_bytes()[..])
        .fetch_optional(&self.readers)
        .await?;
        Ok(match row {
            None => Kept::Absent,
            Some(row) if row.try_get::<Option<i64>, _>("deleted_at")?.is_some() => Kept::Deleted,
            Some(row) => {
                let mut kept = read_run(&row)?;
                let request = kept.request.as_str().to_owned();
                kept.request = verbatim(self.put_in(run, request).await?)?;
                Kept::Here(kept)
            }
        })
    }

    /// A run's events.
    ///
    /// # Errors
    /// When the database does not answer, or the tape is damaged.
    pub async fn tape(&self, workspace: WorkspaceId, run: RunId) -> Result<Kept<Tape>, Error> {
        let row = sqlx::query(
            "select r.deleted_at, t.tape from runs r left join run_tapes t on t.run = r.id \
             where r.id = $1 and r.workspace = $2",
        )
        .bind(&run.as_bytes()[..])
        .bind(&workspace.as_bytes()[..])
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(Kept::Absent) };
        if row.try_get::<Option<i64>, _>("deleted_at")?.is_some() {
            return Ok(Kept::Deleted);
        }
        let packed: Option<Vec<u8>> = row.try_get("tape")?;
        let packed = packed.ok_or_else(|| Error::Corrupt(format!("{run} has no tape")))?;
        Ok(Kept::Here(Tape::unpack(&packed)?))
    }

    /// What was sent for a run, and the head of the answer.
    ///
    /// # Errors
    /// When the database does not answer, or what is kept is damaged.
    pub async fn wire(&self, workspace: WorkspaceId, run: RunId) -> Result<Kept<Wire>, Error> {
        let rows = sqlx::query(
            "select r.deleted_at, w.wire from runs r left join run_wires w on w.run = r.id \
             where r.id = $1 and r.workspace = $2 order by w.part",
        )
        .bind(&run.as_bytes()[..])
        .bind(&workspace.as_bytes()[..])
        .fetch_all(&self.readers)
        .await?;
        let Some(first) = rows.first() else { return Ok(Kept::Absent) };
        if first.try_get::<Option<i64>, _>("deleted_at")?.is_some() {
            return Ok(Kept::Deleted);
        }
        let parts = rows.iter().map(|row| row.try_get::<Option<Vec<u8>>, _>("wire"));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        let mut whole = wire::unpack(parts.iter().filter_map(Option::as_deref))?;
        for request in whole.client.iter_mut().chain(&mut whole.request) {
            request.body = self.put_in(run, request.body.to_string()).await?.into();
        }
        Ok(Kept::Here(whole))
    }

    /// Which of these runs have a row.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn known(&self, runs: &[RunId]) -> Result<Vec<RunId>, Error> {
        let mut known = Vec::new();
        let mut reader = self.readers.acquire().await?;
        for run in runs {
            let found: Option<i64> = sqlx::query_scalar("select 1 from runs where id = $1")
                .bind(&run.as_bytes()[..])
                .fetch_optional(&mut *reader)
                .await?;
            known.extend(found.map(|_| *run));
        }
        Ok(known)
    }

    /// The submissions since a time that gave a `request_id`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remembered_requests(&self, since: i64) -> Result<Vec<RememberedRequest>, Error> {
        let rows = sqlx::query(
            "select workspace, request_id, request_digest, id, created_at from runs \
             where request_id is not null and created_at >= $1",
        )
        .bind(since)
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(RememberedRequest {
                    workspace: WorkspaceId::from_bytes(bytes(row, "workspace")?),
                    request_id: row.try_get("request_id")?,
                    body: bytes(row, "request_digest")?,
                    run: RunId::from_bytes(bytes(row, "id")?),
                    created_at: row.try_get("created_at")?,
                })
            })
            .collect()
    }
}

fn read_run(row: &SqliteRow) -> Result<Run, Error> {
    let summary = read_summary(row)?;
    Ok(Run {
        id: summary.id,
        status: summary.status,
        model: summary.model,
        resolved_model: summary.resolved_model,
        wire: summary.wire,
        provider: row.try_get("provider")?,
        endpoint: row.try_get("endpoint")?,
        prompt: id(row, "prompt_id")?.map(PromptId::from_bytes),
        version: row.try_get("version")?,
        group: id(row, "comparison")?.map(ComparisonId::from_bytes),
        request: verbatim(row.try_get("request")?)?,
        params: parse::<Params>(row.try_get("params")?)?,
        output: row.try_get::<Option<String>, _>("output")?.map(parse::<Output>).transpose()?.unwrap_or_default(),
        finish_reason: summary.finish_reason,
        usage: summary.usage,
        cost_micros: summary.cost_micros,
        queue_ms: optional(row, "queue_ms")?,
        ttft_ms: summary.ttft_ms,
        total_ms: summary.total_ms,
        error: row.try_get::<Option<String>, _>("error")?.map(parse).transpose()?,
        parent: id(row, "parent")?.map(RunId::from_bytes),
        request_id: row.try_get("request_id")?,
        created_at: summary.created_at,
    })
}

pub(super) fn read_summary(row: &SqliteRow) -> Result<RunSummary, Error> {
    let status: String = row.try_get("status")?;
    let finish: Option<String> = row.try_get("finish_reason")?;
    let wire: Option<String> = row.try_get("wire")?;
    Ok(RunSummary {
        id: RunId::from_bytes(bytes(row, "id")?),
        status: RunStatus::from_word(&status).ok_or_else(|| Error::Corrupt(format!("status `{status}`")))?,
        model: row.try_get("model")?,
        resolved_model: row.try_get("resolved_model")?,
        wire: wire.and_then(|wire| ClientWire::from_word(&wire)),
        finish_reason: finish.map(|word| parse(format!("\"{word}\""))).transpose()?,
        usage: Usage {
            input_tokens: unsigned(row, "input_tokens")?,
            output_tokens: unsigned(row, "output_tokens")?,
            cached_input_tokens: unsigned(row, "cached_input_tokens")?,
            reasoning_tokens: unsigned(row, "reasoning_tokens")?,
            // Only the events have it.
            cache_write_tokens: 0,
        },
        cost_micros: row.try_get("cost_micros")?,
        ttft_ms: optional(row, "ttft_ms")?,
        total_ms: optional(row, "total_ms")?,
        prompt: row.try_get("prompt")?,
        snippet: row.try_get("snippet")?,
        created_at: row.try_get("created_at")?,
    })
}

pub(super) fn bytes<const N: usize>(row: &SqliteRow, column: &'static str) -> Result<[u8; N], Error> {
    let bytes: Vec<u8> = row.try_get(column)?;
    bytes.try_into().map_err(|_| Error::Corrupt(format!("column `{column}` does not have {N} bytes")))
}

pub(super) fn id(row: &SqliteRow, column: &'static str) -> Result<Option<[u8; 16]>, Error> {
    let bytes: Option<Vec<u8>> = row.try_get(column)?;
    Ok(bytes.and_then(|bytes| bytes.try_into().ok()))
}

pub(super) fn unsigned(row: &SqliteRow, column: &'static str) -> Result<u64, Error> {
    Ok(row.try_get::<i64, _>(column)?.try_into().unwrap_or_default())
}

pub(super) fn optional(row: &SqliteRow, column: &'static str) -> Result<Option<u64>, Error> {
    Ok(row.try_get::<Option<i64>, _>(column)?.and_then(|number| number.try_into().ok()))
}

/// SQLite's integers are signed.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Corrupt(error.to_string()))
}

pub(super) fn parse<T: DeserializeOwned>(text: String) -> Result<T, Error> {
    serde_json::from_str(&text).map_err(|error| Error::Corrupt(error.to_string()))
}

fn verbatim(text: String) -> Result<Verbatim, Error> {
    RawValue::from_string(text).map(Verbatim).map_err(|error| Error::Corrupt(error.to_string()))
}
