//! Versions of prompts, which never change, and what their runs took.

use std::collections::HashMap;

use domain::prompt::{About, VersionPage};
use domain::{PromptId, VersionId, VersionInfo, WorkspaceId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::Store;
use super::prompts::NewRow;
use super::runs::bytes;
use crate::error::Error;

/// How many of the newest runs say what a version's runs took.
const FIGURES_OF_RUNS: i64 = 10_000;

/// A version, with what it holds.
#[derive(Debug, Clone)]
pub struct VersionRow {
    /// Its id.
    pub id: VersionId,
    /// Its prompt.
    pub prompt: PromptId,
    /// Its number.
    pub number: u32,
    /// The digest of its content.
    pub digest: [u8; 32],
    /// The version that it was made from.
    pub parent: Option<u32>,
    /// Another one that it took in.
    pub merged: Option<u32>,
    /// What was changed.
    pub note: String,
    /// Who saved it.
    pub author: String,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// What it holds: canonical JSON.
    pub content: String,
}

/// What an ended run took.
#[derive(Debug, Clone, Copy)]
pub struct RunFigures {
    /// Whether it ended with an answer that nothing broke off: a filter did not, a limit may have.
    pub whole: bool,
    /// Whether a limit cut it short.
    pub cut: bool,
    /// Whether it failed or was interrupted.
    pub failed: bool,
    /// Tokens of the answer.
    pub output_tokens: u64,
    /// Micro-dollars.
    pub cost_micros: Option<i64>,
    /// Milliseconds.
    pub ttft_ms: Option<u64>,
}

impl Store {
    /// A version by its number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn version(&self, of: WorkspaceId, prompt: PromptId, number: u32) -> Result<Option<VersionRow>, Error> {
        let row = sqlx::query(
            "select v.*, c.content from versions v join prompts p on p.id = v.prompt \
             join version_contents c on c.workspace = p.workspace and c.digest = v.digest \
             where v.prompt = $1 and v.number = $2 and p.workspace = $3",
        )
        .bind(&prompt.as_bytes()[..])
        .bind(number)
        .bind(&of.as_bytes()[..])
        .fetch_optional(&self.readers)
        .await?;
        row.as_ref().map(of_row).transpose()
    }

    /// The prompt and the number of a version.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn version_of(&self, of: WorkspaceId, version: VersionId) -> Result<Option<(PromptId, u32)>, Error> {
        let row = sqlx::query(
            "select v.prompt, v.number from versions v join prompts p on p.id = v.prompt where v.id = $1 and p.workspace = $2",
        )
        .bind(&version.as_bytes()[..])
        .bind(&of.as_bytes()[..])
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| Ok((PromptId::from_bytes(bytes(&row, "prompt")?), row.try_get("number")?))).transpose()
    }

    /// The versions of a prompt before `after`, the newest first, with how many runs each had.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn versions(&self, prompt: PromptId, after: Option<u32>, limit: u32) -> Result<VersionPage, Error> {
        let rows =
            sqlx::query("select * from versions where prompt = $1 and number < $2 order by number desc limit $3")
                .bind(&prompt.as_bytes()[..])
                .bind(after.map_or(i64::MAX, i64::from))
                .bind(i64::from(limit) + 1)
                .fetch_all(&self.readers)
                .await?;
        let mut labels: HashMap<u32, Vec<String>> = HashMap::new();
        let rows_of_labels = sqlx::query("select name, number from labels where prompt = $1 order by name")
            .bind(&prompt.as_bytes()[..])
            .fetch_all(&self.readers)
            .await?;
        for row in rows_of_labels {
            labels.entry(row.try_get("number")?).or_default().push(row.try_get("name")?);
        }
        let runs = self.runs_by_version(prompt).await?;
        let mut data = Vec::with_capacity(rows.len());
        for row in rows.iter().take(limit as usize) {
            let number: u32 = row.try_get("number")?;
            let digest: [u8; 32] = bytes(row, "digest")?;
            let (runs, cost_micros) = runs.get(&number).copied().unwrap_or_default();
            data.push(VersionInfo {
                id: VersionId::from_bytes(bytes(row, "id")?),
                version: number,
                digest: hex(&digest),
                parent: row.try_get("parent")?,
                merged: row.try_get("merged")?,
                note: row.try_get("note")?,
                author: row.try_get("author")?,
                labels: labels.remove(&number).unwrap_or_default(),
                model: row.try_get("model")?,
                runs,
                cost_micros,
                created_at: row.try_get("created_at")?,
            });
        }
        let next = if rows.len() > limit as usize { data.last().map(|version| version.version) } else { None };
        Ok(VersionPage { data, next })
    }

    async fn runs_by_version(&self, prompt: PromptId) -> Result<HashMap<u32, (u64, i64)>, Error> {
        let rows = sqlx::query(
            "select version, count(*) runs, coalesce(sum(cost_micros), 0) cost from runs \
             where prompt_id = $1 and version is not null and deleted_at is null group by version",
        )
        .bind(&prompt.as_bytes()[..])
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let runs: i64 = row.try_get("runs")?;
                Ok((row.try_get("version")?, (runs.unsigned_abs(), row.try_get("cost")?)))
            })
            .collect()
    }

    /// What the newest runs of a prompt took, the newest first; of one version or one model alone where that is given.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn figures_of_runs(
        &self,
        prompt: PromptId,
        version: Option<u32>,
        model: Option<&str>,
    ) -> Result<Vec<RunFigures>, Error> {
        let rows = sqlx::query(
            "select status, finish_reason, output_tokens, cost_micros, ttft_ms from runs \
             where prompt_id = $1 and deleted_at is null and ($2 is null or version = $2) \
             and ($3 is null or model = $3 or resolved_model = $3) order by id desc limit $4",
        )
        .bind(&prompt.as_bytes()[..])
        .bind(version)
        .bind(model)
        .bind(FIGURES_OF_RUNS)
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let status: String = row.try_get("status")?;
                let finish: Option<String> = row.try_get("finish_reason")?;
                let tokens: i64 = row.try_get("output_tokens")?;
                let ttft: Option<i64> = row.try_get("ttft_ms")?;
                Ok(RunFigures {
                    whole: status == "finished" && finish.as_deref() != Some("filtered"),
                    cut: finish.as_deref() == Some("length"),
                    failed: matches!(status.as_str(), "failed" | "interrupted"),
                    output_tokens: tokens.unsigned_abs(),
                    cost_micros: row.try_get("cost_micros")?,
                    ttft_ms: ttft.map(i64::unsigned_abs),
                })
            })
            .collect()
    }

    /// The prompt and version that another system knows by that name; `version` empty means the one that is in use there,
    /// or the newest where that is not known.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn prompt_named(
        &self,
        of: WorkspaceId,
        name: &str,
        version: &str,
    ) -> Result<Option<(PromptId, u32)>, Error> {
        let row = sqlx::query(
            "select prompt, number from prompt_names where workspace = $1 and name = $2 and ($3 = '' or version = $3) \
             order by version = $3 desc, number desc limit 1",
        )
        .bind(&of.as_bytes()[..])
        .bind(name)
        .bind(version)
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| Ok((PromptId::from_bytes(bytes(&row, "prompt")?), row.try_get("number")?))).transpose()
    }

    /// Notes how another system calls a version.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn name_prompt(
        &self,
        of: WorkspaceId,
        name: &str,
        version: &str,
        prompt: PromptId,
        number: u32,
    ) -> Result<(), Error> {
        sqlx::query(
            "insert into prompt_names (workspace, name, version, prompt, number) values ($1, $2, $3, $4, $5) \
             on conflict (workspace, name, version) do update set prompt = $4, number = $5",
        )
        .bind(&of.as_bytes()[..])
        .bind(name)
        .bind(version)
        .bind(&prompt.as_bytes()[..])
        .bind(number)
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}

pub(super) async fn insert_version(
    db: &mut SqliteConnection,
    of: WorkspaceId,
    prompt: PromptId,
    number: u32,
    parent: Option<u32>,
    about: &About,
    new: &NewRow,
) -> Result<(), Error> {
    sqlx::query("insert into version_contents (workspace, digest, content) values ($1, $2, $3) on conflict do nothing")
        .bind(&of.as_bytes()[..])
        .bind(&new.digest[..])
        .bind(&new.canonical)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "insert into versions (id, prompt, number, digest, parent, merged, note, author, model, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&new.id.as_bytes()[..])
    .bind(&prompt.as_bytes()[..])
    .bind(number)
    .bind(&new.digest[..])
    .bind(parent)
    .bind(about.merged)
    .bind(&about.note)
    .bind(&new.author)
    .bind(&new.content.model)
    .bind(new.now)
    .execute(db)
    .await?;
    Ok(())
}

fn of_row(row: &SqliteRow) -> Result<VersionRow, Error> {
    Ok(VersionRow {
        id: VersionId::from_bytes(bytes(row, "id")?),
        prompt: PromptId::from_bytes(bytes(row, "prompt")?),
        number: row.try_get("number")?,
        digest: bytes(row, "digest")?,
        parent: row.try_get("parent")?,
        merged: row.try_get("merged")?,
        note: row.try_get("note")?,
        author: row.try_get("author")?,
        created_at: row.try_get("created_at")?,
        content: row.try_get("content")?,
    })
}

/// A digest as people and programs see it.
pub(crate) fn hex(digest: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*digest).to_hex().to_string()
}
