//! Lists of runs: filtered, searched, by family.

use domain::run::RunPage;
use domain::{RunFilter, RunId, RunSummary, WorkspaceId};
use sqlx::Row;

use super::Store;
use super::runs::{Kept, read_summary};
use crate::error::Error;
use crate::search;

/// How many of the newest runs are looked through for the names of models.
const MODELS_OF_RUNS: i64 = 2_000;

/// A statement that reads what a list shows of runs.
macro_rules! summaries {
    ($rest:literal) => {
        concat!(
            "select id, status, model, resolved_model, wire, finish_reason, input_tokens, output_tokens, \
             cached_input_tokens, reasoning_tokens, cost_micros, ttft_ms, total_ms, prompt, snippet, created_at \
             from runs ",
            $rest
        )
    };
}

impl Store {
    /// A page of the runs that the filter admits, newest first: those before `after`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn runs(
        &self,
        workspace: WorkspaceId,
        filter: &RunFilter,
        after: Option<RunId>,
        limit: u32,
    ) -> Result<RunPage, Error> {
        let before = after.unwrap_or(RunId::from_bytes([0xff; 16]));
        // `,failed,interrupted,`: one statement for every set.
        let statuses = filter.status.iter().map(|status| format!("{},", status.as_str()));
        let statuses = statuses
            .fold(String::new(), |list, status| if list.is_empty() { format!(",{status}") } else { list + &status });
        // The words are asked for their numbers only: the texts behind them are large and stay unread.
        let rows = sqlx::query(summaries!(
            "where workspace = $1 and id < $2 and deleted_at is null \
             and ($3 = '' or instr($3, ',' || status || ',') > 0) \
             and ($4 is null or model = $4 or resolved_model = $4) \
             and created_at >= $5 and created_at < $6 \
             and ($7 is null or (select t.id from run_texts t where t.run = runs.id) in \
               (select rowid from run_search where run_search match $7)) \
             and ($8 is null or prompt_id = $8) and ($9 is null or comparison = $9) \
             and ($10 is null or cost_micros >= $10) \
             order by id desc limit $11"
        ))
        .bind(&workspace.as_bytes()[..])
        .bind(&before.as_bytes()[..])
        .bind(statuses)
        .bind(&filter.model)
        .bind(filter.from.unwrap_or(i64::MIN))
        .bind(filter.to.unwrap_or(i64::MAX))
        .bind(filter.query.as_deref().map(search::expression))
        .bind(filter.prompt.map(|prompt| prompt.as_bytes().to_vec()))
        .bind(filter.group.map(|group| group.as_bytes().to_vec()))
        .bind(filter.cost_from)
        .bind(i64::from(limit) + 1)
        .fetch_all(&self.readers)
        .await?;
        let mut data = rows.iter().map(read_summary).collect::<Result<Vec<_>, _>>()?;
        let more = data.len() > limit as usize;
        data.truncate(limit as usize);
        let next = if more { data.last().map(|run| run.id) } else { None };
        Ok(RunPage { data, next })
    }

    /// What a list shows of one run, where it is there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn listed(&self, workspace: WorkspaceId, run: RunId) -> Result<Option<RunSummary>, Error> {
        let row = sqlx::query(summaries!("where id = $1 and workspace = $2 and deleted_at is null"))
            .bind(&run.as_bytes()[..])
            .bind(&workspace.as_bytes()[..])
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(read_summary).transpose()
    }

    /// The run that a run continues or retries.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn parent(&self, workspace: WorkspaceId, run: RunId) -> Result<Kept<Option<RunId>>, Error> {
        let row = sqlx::query("select parent, deleted_at from runs where id = $1 and workspace = $2")
            .bind(&run.as_bytes()[..])
            .bind(&workspace.as_bytes()[..])
            .fetch_optional(&self.readers)
            .await?;
        let Some(row) = row else { return Ok(Kept::Absent) };
        if row.try_get::<Option<i64>, _>("deleted_at")?.is_some() {
            return Ok(Kept::Deleted);
        }
        let parent: Option<Vec<u8>> = row.try_get("parent")?;
        Ok(Kept::Here(parent.and_then(|bytes| Some(RunId::from_bytes(bytes.try_into().ok()?)))))
    }

    /// The runs that continue or retry a run, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn children(&self, workspace: WorkspaceId, run: RunId, limit: u32) -> Result<Vec<RunSummary>, Error> {
        let rows =
            sqlx::query(summaries!("where parent = $1 and workspace = $2 and deleted_at is null order by id limit $3"))
                .bind(&run.as_bytes()[..])
                .bind(&workspace.as_bytes()[..])
                .bind(i64::from(limit))
                .fetch_all(&self.readers)
                .await?;
        rows.iter().map(read_summary).collect()
    }

    /// The models that the newest runs asked for, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn models_of_runs(&self, workspace: WorkspaceId) -> Result<Vec<String>, Error> {
        Ok(sqlx::query_scalar(
            "select distinct model from \
               (select model from runs where workspace = $1 and deleted_at is null order by id desc limit $2) \
             order by model",
        )
        .bind(&workspace.as_bytes()[..])
        .bind(MODELS_OF_RUNS)
        .fetch_all(&self.readers)
        .await?)
    }
}
