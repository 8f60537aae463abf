//! What is carried to another server, read entry by entry, and whose is what comes from one.

mod undo;
mod write;

use domain::{ClientWire, ComparisonId, ImportId, PromptId, RunId, UserId, VersionId, Wire, WorkspaceId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::Store;
use super::runs::bytes;
use crate::carry::format::OtherName;
use crate::error::Error;
use crate::log::Opened;
use crate::principal::Principal;
use crate::tape::Tape;
use crate::wire;
pub use undo::Former;
pub use write::{Carried, Written, row_of};

/// Which runs are carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunsOf {
    /// All of a workspace.
    All,
    /// Those of a prompt.
    Prompt(PromptId),
    /// Those of a comparison.
    Comparison(ComparisonId),
}

/// How a comparison stands that is here already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Here {
    /// It was deleted, and could still be brought back.
    Deleted,
    /// Cells of it wait or run.
    Busy,
    /// Nothing goes on in it.
    Quiet,
}

impl Here {
    fn of(row: &SqliteRow) -> Result<Self, Error> {
        Ok(match (row.try_get("gone")?, row.try_get("busy")?) {
            (true, _) => Self::Deleted,
            (false, true) => Self::Busy,
            (false, false) => Self::Quiet,
        })
    }
}

/// A run with everything that is known of it.
#[derive(Debug)]
pub struct WholeRun {
    /// How it began.
    pub opened: Opened,
    /// Its events.
    pub tape: Tape,
    /// What was sent for it, in parts.
    pub wires: Vec<Wire>,
}

impl Store {
    /// Ids of prompts after `after`, in their order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn prompt_ids(
        &self,
        of: WorkspaceId,
        after: Option<PromptId>,
        limit: u32,
    ) -> Result<Vec<PromptId>, Error> {
        let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
        let rows = sqlx::query("select id from prompts where workspace = $1 and id > $2 order by id limit $3")
            .bind(&of.as_bytes()[..])
            .bind(after)
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(|row| Ok(PromptId::from_bytes(bytes(row, "id")?))).collect()
    }

    /// Ids of runs after `after`, in their order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_ids(
        &self,
        of: WorkspaceId,
        which: RunsOf,
        after: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<RunId>, Error> {
        // Three statements, because each has an index of its own.
        let (statement, key) = match which {
            RunsOf::All => (
                "select id from runs where workspace = $1 and id > $2 and deleted_at is null and $4 = x'' \
                 order by id limit $3",
                Vec::new(),
            ),
            RunsOf::Prompt(prompt) => (
                "select id from runs where prompt_id = $4 and workspace = $1 and id > $2 and deleted_at is null \
                 order by id limit $3",
                prompt.as_bytes().to_vec(),
            ),
            RunsOf::Comparison(comparison) => (
                "select id from runs where comparison = $4 and workspace = $1 and id > $2 and deleted_at is null \
                 order by id limit $3",
                comparison.as_bytes().to_vec(),
            ),
        };
        let rows = sqlx::query(statement)
            .bind(&of.as_bytes()[..])
            .bind(after.map_or_else(Vec::new, |id| id.as_bytes().to_vec()))
            .bind(limit)
            .bind(key)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(|row| Ok(RunId::from_bytes(bytes(row, "id")?))).collect()
    }

    /// The ids under which other systems know a prompt.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn names_of(&self, prompt: PromptId) -> Result<Vec<OtherName>, Error> {
        let rows =
            sqlx::query("select name, version, number from prompt_names where prompt = $1 order by name, version")
                .bind(&prompt.as_bytes()[..])
                .fetch_all(&self.readers)
                .await?;
        rows.iter()
            .map(|row| {
                Ok(OtherName {
                    name: row.try_get("name")?,
                    version: row.try_get("version")?,
                    number: row.try_get("number")?,
                })
            })
            .collect()
    }

    /// A run with everything that is known of it; none where it was deleted or is another workspace's.
    ///
    /// # Errors
    /// When the database does not answer, or what is kept is damaged.
    pub async fn whole_run(&self, of: WorkspaceId, run: RunId) -> Result<Option<WholeRun>, Error> {
        let row = sqlx::query(
            "select r.*, t.tape from runs r join run_tapes t on t.run = r.id \
             where r.id = $1 and r.workspace = $2 and r.deleted_at is null",
        )
        .bind(&run.as_bytes()[..])
        .bind(&of.as_bytes()[..])
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let tape: Vec<u8> = row.try_get("tape")?;
        let mut opened = read_opened(&row)?;
        opened.request = self.put_in(run, opened.request).await?;
        let parts = sqlx::query("select wire from run_wires where run = $1 order by part")
            .bind(&run.as_bytes()[..])
            .fetch_all(&self.readers)
            .await?;
        let mut wires = Vec::with_capacity(parts.len());
        for part in parts {
            let packed: Vec<u8> = part.try_get("wire")?;
            let mut part = wire::unpack([packed.as_slice()])?;
            for request in part.client.iter_mut().chain(&mut part.request) {
                request.body = self.put_in(run, request.body.to_string()).await?.into();
            }
            wires.push(part);
        }
        Ok(Some(WholeRun { opened, tape: Tape::unpack(&tape)?, wires }))
    }

    /// Whose a prompt is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn owner_of_prompt(&self, id: PromptId) -> Result<Option<WorkspaceId>, Error> {
        let row = sqlx::query("select workspace from prompts where id = $1")
            .bind(&id.as_bytes()[..])
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| Ok(WorkspaceId::from_bytes(bytes(&row, "workspace")?))).transpose()
    }

    /// Whose a run is, and whether it was deleted.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn owner_of_run(&self, id: RunId) -> Result<Option<(WorkspaceId, bool)>, Error> {
        let row = sqlx::query("select workspace, deleted_at from runs where id = $1")
            .bind(&id.as_bytes()[..])
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| {
            let deleted = row.try_get::<Option<i64>, _>("deleted_at")?.is_some();
            Ok((WorkspaceId::from_bytes(bytes(&row, "workspace")?), deleted))
        })
        .transpose()
    }

    /// The prompt of any workspace that has a version of that id, and its number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn owner_of_version(&self, id: VersionId) -> Result<Option<(PromptId, u32)>, Error> {
        let row = sqlx::query("select prompt, number from versions where id = $1")
            .bind(&id.as_bytes()[..])
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| Ok((PromptId::from_bytes(bytes(&row, "prompt")?), row.try_get("number")?))).transpose()
    }

    /// The prompt that another system knows under exactly that name and version.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn owner_of_name(
        &self,
        of: WorkspaceId,
        name: &str,
        version: &str,
    ) -> Result<Option<(PromptId, u32)>, Error> {
        let row =
            sqlx::query("select prompt, number from prompt_names where workspace = $1 and name = $2 and version = $3")
                .bind(&of.as_bytes()[..])
                .bind(name)
                .bind(version)
                .fetch_optional(&self.readers)
                .await?;
        row.map(|row| Ok((PromptId::from_bytes(bytes(&row, "prompt")?), row.try_get("number")?))).transpose()
    }

    /// The digests of a prompt's versions, by their numbers.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn digests(&self, prompt: PromptId) -> Result<Vec<[u8; 32]>, Error> {
        let mut reader = self.readers.acquire().await?;
        digests(&mut reader, prompt).await
    }

    /// Whose a comparison is, and how it stands.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn owner_of_comparison(&self, id: ComparisonId) -> Result<Option<(WorkspaceId, Here)>, Error> {
        let row = sqlx::query(
            "select workspace, waiting + running > 0 as busy, deleted_at is not null as gone from comparisons where id = $1",
        )
        .bind(&id.as_bytes()[..])
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| Ok((WorkspaceId::from_bytes(bytes(&row, "workspace")?), Here::of(&row)?))).transpose()
    }

    /// Begins to write what comes from another server; what is written is noted under the id, so that it can be taken back.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn write_carried(&self, of: &Principal, import: ImportId) -> Result<Carried, Error> {
        let mut db = self.writer.begin().await?;
        // A version comes before its prompt: what refers to what is looked at in the end.
        sqlx::query("pragma defer_foreign_keys = on").execute(&mut *db).await?;
        Ok(Carried::new(db, of.clone(), import))
    }
}

fn read_opened(row: &SqliteRow) -> Result<Opened, Error> {
    let wire: Option<String> = row.try_get("wire")?;
    Ok(Opened {
        run: RunId::from_bytes(bytes(row, "id")?),
        workspace: WorkspaceId::from_bytes(bytes(row, "workspace")?),
        user: UserId::from_bytes(bytes(row, "user")?),
        request: row.try_get("request")?,
        model: row.try_get("model")?,
        request_id: row.try_get("request_id")?,
        parent: optional_bytes(row, "parent")?.map(RunId::from_bytes),
        wire: wire.and_then(|wire| ClientWire::from_word(&wire)),
        client_digest: optional_bytes(row, "request_digest")?,
        prompt: optional_bytes(row, "prompt_id")?.map(PromptId::from_bytes).zip(row.try_get("version")?),
        group: optional_bytes(row, "comparison")?.map(ComparisonId::from_bytes),
        created_at: row.try_get("created_at")?,
    })
}

fn optional_bytes<const N: usize>(row: &SqliteRow, column: &'static str) -> Result<Option<[u8; N]>, Error> {
    Ok(row.try_get::<Option<Vec<u8>>, _>(column)?.and_then(|bytes| bytes.try_into().ok()))
}

async fn digests(db: &mut SqliteConnection, prompt: PromptId) -> Result<Vec<[u8; 32]>, Error> {
    let rows = sqlx::query("select digest from versions where prompt = $1 order by number")
        .bind(&prompt.as_bytes()[..])
        .fetch_all(db)
        .await?;
    rows.iter().map(|row| bytes(row, "digest")).collect()
}
