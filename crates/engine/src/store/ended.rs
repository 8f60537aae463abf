//! How a run that has ended becomes rows.

use std::collections::HashSet;

use domain::event::FinishReason;
use domain::{ClientWire, Run, RunId};
use sqlx::{QueryBuilder, SqliteConnection};

use super::runs::{assemble, bytes, json, signed, summary};
use super::{Store, blobs};
use crate::error::Error;
use crate::log::Opened;
use crate::search;
use crate::tape::Tape;
use crate::wire;

/// Most rows that one statement writes; SQLite takes 32,766 values with one, and a run has 30.
const STATEMENT_ROWS: usize = 64;

/// A run that has ended, as it becomes a row.
#[derive(Debug, Clone)]
pub struct Ended {
    pub(crate) opened: Opened,
    tape: Tape,
    wire: Vec<Vec<u8>>,
    run: Run,
}

impl Ended {
    /// A run with these events, and what was sent for it in packed parts.
    ///
    /// # Errors
    /// When an event cannot be read.
    pub fn new(opened: Opened, tape: Tape, wire: Vec<Vec<u8>>) -> Result<Self, Error> {
        let run = assemble(&opened, tape.view()?)?;
        Ok(Self { opened, tape, wire, run })
    }
}

impl Store {
    /// Keeps ended runs, all or none. A run that is there already, or was deleted, stays as it is.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn keep_runs(&self, runs: &[Ended]) -> Result<(), Error> {
        let mut transaction = self.writer.begin().await?;
        for runs in runs.chunks(STATEMENT_ROWS) {
            keep(&mut transaction, runs).await?;
        }
        Ok(transaction.commit().await?)
    }
}

/// Writes runs, those that are not there yet. Each table takes all of them with one statement: the way to the
/// database's thread and back costs more than a row.
pub(super) async fn keep(db: &mut SqliteConnection, runs: &[Ended]) -> Result<(), Error> {
    let mut new = insert(db, runs).await?;
    let runs: Vec<_> = runs.iter().filter(|ended| new.remove(&ended.run.id)).collect();
    if runs.is_empty() {
        return Ok(());
    }
    let mut outputs = QueryBuilder::new("insert into run_outputs (run, output) ");
    let mut tapes = QueryBuilder::new("insert into run_tapes (run, events, tape) ");
    let mut texts = QueryBuilder::new("insert into run_texts (run, text) ");
    let mut wires = QueryBuilder::new("insert into run_wires (run, part, wire) ");
    outputs.push_values(
        runs.iter()
            .map(|ended| json(&ended.run.output).map(|output| (ended, output)))
            .collect::<Result<Vec<_>, _>>()?,
        |mut row, (ended, output)| {
            row.push_bind(&ended.run.id.as_bytes()[..]).push_bind(output);
        },
    );
    tapes.push_values(
        runs.iter().map(|ended| ended.tape.pack().map(|tape| (ended, tape))).collect::<Result<Vec<_>, _>>()?,
        |mut row, (ended, tape)| {
            row.push_bind(&ended.run.id.as_bytes()[..]).push_bind(signed(ended.tape.len())).push_bind(tape);
        },
    );
    texts.push_values(&runs, |mut row, ended| {
        row.push_bind(&ended.run.id.as_bytes()[..]).push_bind(search::text(&ended.run));
    });
    let mut parts = Vec::new();
    for ended in &runs {
        let (_, pictures) = blobs::take_out(&ended.opened.request);
        blobs::keep(db, ended.run.id, &pictures).await?;
        for (part, packed) in (0_i64..).zip(&ended.wire) {
            let packed = if pictures.is_empty() { packed.clone() } else { without(packed, &pictures)? };
            parts.push((ended.run.id, part, packed));
        }
    }
    let no_parts = parts.is_empty();
    wires.push_values(parts, |mut row, (run, part, packed)| {
        row.push_bind(run.as_bytes().to_vec()).push_bind(part).push_bind(packed);
    });
    for mut statement in [outputs, tapes, texts].into_iter().chain((!no_parts).then_some(wires)) {
        statement.build().persistent(false).execute(&mut *db).await?;
    }
    Ok(())
}

/// Writes the runs' own rows; says which were not there.
async fn insert(db: &mut SqliteConnection, runs: &[Ended]) -> Result<HashSet<RunId>, Error> {
    if runs.is_empty() {
        return Ok(HashSet::new());
    }
    let mut query = QueryBuilder::new(
        "insert into runs (id, workspace, user, parent, status, model, resolved_model, provider, endpoint, request, \
         request_id, params, finish_reason, input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, \
         cost_micros, queue_ms, ttft_ms, total_ms, error, snippet, created_at, request_digest, prompt, wire, \
         prompt_id, version, comparison) ",
    );
    let written = runs.iter().map(|ended| {
        let error = ended.run.error.as_ref().map(json).transpose()?;
        Ok((ended, json(&ended.run.params)?, error))
    });
    query.push_values(written.collect::<Result<Vec<_>, Error>>()?, |mut row, (ended, params, error)| {
        let Ended { opened, run, .. } = ended;
        let listed = summary(run);
        row.push_bind(&run.id.as_bytes()[..])
            .push_bind(&opened.workspace.as_bytes()[..])
            .push_bind(&opened.user.as_bytes()[..])
            .push_bind(run.parent.map(|parent| parent.as_bytes().to_vec()))
            .push_bind(run.status.as_str())
            .push_bind(&run.model)
            .push_bind(&run.resolved_model)
            .push_bind(&run.provider)
            .push_bind(&run.endpoint)
            .push_bind(blobs::take_out(&opened.request).0)
            .push_bind(&run.request_id)
            .push_bind(params)
            .push_bind(run.finish_reason.map(FinishReason::as_str))
            .push_bind(signed(run.usage.input_tokens))
            .push_bind(signed(run.usage.output_tokens))
            .push_bind(signed(run.usage.cached_input_tokens))
            .push_bind(signed(run.usage.reasoning_tokens))
            .push_bind(run.cost_micros)
            .push_bind(run.queue_ms.map(signed))
            .push_bind(run.ttft_ms.map(signed))
            .push_bind(run.total_ms.map(signed))
            .push_bind(error)
            .push_bind(listed.snippet)
            .push_bind(run.created_at)
            .push_bind(run.request_id.as_ref().map(|_| opened.digest().to_vec()))
            .push_bind(listed.prompt)
            .push_bind(run.wire.map(ClientWire::as_str))
            .push_bind(opened.prompt.map(|(prompt, _)| prompt.as_bytes().to_vec()))
            .push_bind(opened.prompt.map(|(_, version)| version))
            .push_bind(opened.group.map(|group| group.as_bytes().to_vec()));
    });
    query.push(" on conflict (id) do nothing returning id");
    let rows = query.build().persistent(false).fetch_all(&mut *db).await?;
    rows.iter().map(|row| Ok(RunId::from_bytes(bytes(row, "id")?))).collect()
}

/// A part of an exchange, without the pictures of the request.
fn without(packed: &[u8], pictures: &[blobs::Blob]) -> Result<Vec<u8>, Error> {
    let mut wire = wire::unpack([packed])?;
    for request in wire.client.iter_mut().chain(&mut wire.request) {
        request.body = blobs::name_in(request.body.to_string(), pictures).into();
    }
    wire::pack(&wire)
}
