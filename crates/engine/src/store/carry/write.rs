//! What comes from another server, written in one transaction.

use domain::comparison::{Cell, CellCounts};
use domain::prompt::About;
use domain::{Comparison, ComparisonId, ImportId, PromptContent, PromptId};
use sqlx::{Row, Sqlite, SqliteConnection, Transaction};

use super::super::comparisons::insert_comparison;
use super::super::deletion::CONTENT;
use super::super::ended::{Ended, keep};
use super::super::prompts::{NewRow, head_is};
use super::super::runs::bytes;
use super::super::versions::insert_version;
use super::undo::{Former, Kind};
use super::{Here, digests};
use crate::carry::format::{CellEntry, ComparisonHead, OtherName, PromptHead, VersionEntry};
use crate::error::Error;
use crate::principal::Principal;

/// What came of writing something that may be there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It was not there.
    Created,
    /// It was there, and older.
    Updated,
    /// It was there.
    Unchanged,
}

/// What comes from another server, being written: all of it with [`Carried::commit`], or nothing.
pub struct Carried {
    db: Transaction<'static, Sqlite>,
    of: Principal,
    id: ImportId,
    has_written: bool,
}

impl Carried {
    pub(super) fn new(db: Transaction<'static, Sqlite>, of: Principal, id: ImportId) -> Self {
        Self { db, of, id, has_written: false }
    }

    /// Notes that a prompt was written, with so many versions and itself; `former` is what was there before.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn note_prompt(&mut self, prompt: PromptId, things: u64, former: Option<&Former>) -> Result<(), Error> {
        self.note(Kind::Prompt, prompt.as_bytes(), things, former).await
    }

    /// Notes what was written, as it looks now. Of what is written twice, what was there before the first time counts.
    async fn note(&mut self, kind: Kind, item: &[u8; 16], things: u64, former: Option<&Former>) -> Result<(), Error> {
        let former = former.map(serde_json::to_string).transpose();
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "insert into import_items (import, kind, item, things, stamp, before) values ($1, $2, $3, $4, {}, $5) \
             on conflict (import, kind, item) do update set things = things + excluded.things, stamp = excluded.stamp",
            kind.stamp("$3")
        )))
        .bind(&self.id.as_bytes()[..])
        .bind(kind.as_str())
        .bind(&item[..])
        .bind(i64::try_from(things).unwrap_or(i64::MAX))
        .bind(former.map_err(|error| Error::Corrupt(error.to_string()))?)
        .execute(&mut *self.db)
        .await?;
        self.has_written = true;
        Ok(())
    }

    /// The digests of the versions that a prompt has, by their numbers.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn digests(&mut self, prompt: PromptId) -> Result<Vec<[u8; 32]>, Error> {
        digests(&mut self.db, prompt).await
    }

    /// Writes a version.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn version(&mut self, prompt: PromptId, version: &VersionEntry, row: &NewRow) -> Result<(), Error> {
        let about = About { merged: version.merged, note: version.note.clone(), ..About::default() };
        insert_version(&mut self.db, self.of.workspace, prompt, version.version, version.parent, &about, row).await
    }

    /// Writes a prompt whose versions are there already: `newest` where that is one of them. Of a prompt that was there
    /// before, what is said about it stays where it is as new as the file. Says whether anything was changed.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn prompt(&mut self, prompt: &PromptHead, newest: Option<(u32, NewRow)>) -> Result<bool, Error> {
        let id = &prompt.id.as_bytes()[..];
        let tags = serde_json::to_string(&prompt.tags).map_err(|error| Error::Corrupt(error.to_string()))?;
        let created = sqlx::query(
            "insert into prompts (id, workspace, user, name, description, tags, favourite, head, model, snippet, \
             created_at, updated_at, archived_at) values ($1, $2, $3, '', '', '[]', 0, 0, '', '', $4, $5, null) \
             on conflict (id) do nothing",
        )
        .bind(id)
        .bind(&self.of.workspace.as_bytes()[..])
        .bind(&self.of.user.as_bytes()[..])
        .bind(prompt.created_at)
        // Older than the file, so that what follows takes it.
        .bind(prompt.updated_at - 1)
        .execute(&mut *self.db)
        .await?
        .rows_affected();
        let mut changed = created > 0;
        if let Some((number, row)) = newest {
            head_is(&mut self.db, prompt.id, number, &row).await?;
            changed = true;
        }
        let newer = sqlx::query(
            "update prompts set name = $2, description = $3, tags = $4, favourite = $5, updated_at = $6, \
             archived_at = $7 where id = $1 and updated_at < $6",
        )
        .bind(id)
        .bind(&prompt.name)
        .bind(&prompt.description)
        .bind(tags)
        .bind(prompt.favourite)
        .bind(prompt.updated_at)
        .bind(prompt.archived_at)
        .execute(&mut *self.db)
        .await?
        .rows_affected();
        if newer > 0 {
            self.labels(prompt).await?;
            changed = true;
        }
        for name in &prompt.names {
            changed |= self.name(prompt.id, name).await?;
        }
        Ok(changed)
    }

    async fn labels(&mut self, prompt: &PromptHead) -> Result<(), Error> {
        sqlx::query("delete from labels where prompt = $1")
            .bind(&prompt.id.as_bytes()[..])
            .execute(&mut *self.db)
            .await?;
        for (label, number) in &prompt.labels {
            self.label(prompt.id, label, *number, prompt.updated_at).await?;
        }
        Ok(())
    }

    /// What another system knows by a name: its word for the version, the prompt here, the number here.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn named(&mut self, name: &str) -> Result<Vec<(String, PromptId, u32)>, Error> {
        let rows = sqlx::query("select version, prompt, number from prompt_names where workspace = $1 and name = $2")
            .bind(&self.of.workspace.as_bytes()[..])
            .bind(name)
            .fetch_all(&mut *self.db)
            .await?;
        rows.iter()
            .map(|row| {
                Ok((row.try_get("version")?, PromptId::from_bytes(bytes(row, "prompt")?), row.try_get("number")?))
            })
            .collect()
    }

    /// Notes how another system calls a version; says whether that is new.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn name(&mut self, prompt: PromptId, name: &OtherName) -> Result<bool, Error> {
        let written = sqlx::query(
            "insert into prompt_names (workspace, name, version, prompt, number) values ($1, $2, $3, $4, $5) \
             on conflict (workspace, name, version) do update set number = excluded.number \
             where prompt = excluded.prompt and number <> excluded.number",
        )
        .bind(&self.of.workspace.as_bytes()[..])
        .bind(&name.name)
        .bind(&name.version)
        .bind(&prompt.as_bytes()[..])
        .bind(name.number)
        .execute(&mut *self.db)
        .await?;
        Ok(written.rows_affected() > 0)
    }

    /// Notes that a prompt has changed, and its newest version, where that is a new one.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn grow(&mut self, prompt: PromptId, newest: Option<(u32, NewRow)>, now: i64) -> Result<(), Error> {
        if let Some((number, row)) = newest {
            head_is(&mut self.db, prompt, number, &row).await?;
        }
        sqlx::query("update prompts set updated_at = max($2, updated_at + 1) where id = $1")
            .bind(&prompt.as_bytes()[..])
            .bind(now)
            .execute(&mut *self.db)
            .await?;
        Ok(())
    }

    /// Moves a label.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn label(&mut self, prompt: PromptId, label: &str, number: u32, now: i64) -> Result<(), Error> {
        sqlx::query(
            "insert into labels (prompt, name, number, moved_at) values ($1, $2, $3, $4) \
             on conflict (prompt, name) do update set number = excluded.number, moved_at = excluded.moved_at",
        )
        .bind(&prompt.as_bytes()[..])
        .bind(label)
        .bind(number)
        .bind(now)
        .execute(&mut *self.db)
        .await?;
        Ok(())
    }

    /// Writes a run, unless it is there; says whether it was not. One that was deleted is there again.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn run(&mut self, run: &Ended) -> Result<bool, Error> {
        let id = &run.opened.run.as_bytes()[..];
        let here: Option<Option<i64>> = sqlx::query_scalar("select deleted_at from runs where id = $1")
            .bind(id)
            .fetch_optional(&mut *self.db)
            .await?;
        match here {
            None => {}
            Some(None) => return Ok(false),
            Some(Some(_)) => {
                for statement in CONTENT {
                    sqlx::query(statement).bind(id).execute(&mut *self.db).await?;
                }
                sqlx::query("delete from runs where id = $1").bind(id).execute(&mut *self.db).await?;
            }
        }
        keep(&mut self.db, std::slice::from_ref(run)).await?;
        let former = here.flatten().map(Former::Run);
        self.note(Kind::Run, run.opened.run.as_bytes(), 1, former.as_ref()).await?;
        Ok(true)
    }

    /// Writes a comparison with its cells: where there is none, or an older one that nothing goes on in, which is `former`.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn comparison(
        &mut self,
        head: ComparisonHead,
        cells: Vec<CellEntry>,
        former: Option<Former>,
    ) -> Result<Written, Error> {
        let id = head.id;
        let here = match self.comparison_here(id).await? {
            Some((Here::Deleted, ..)) | None => None,
            Some((Here::Busy, ..)) => return Ok(Written::Unchanged),
            Some((Here::Quiet, updated_at, ended)) => Some((updated_at, ended)),
        };
        let there = i64::try_from(cells.len()).unwrap_or(i64::MAX);
        if here.is_some_and(|here| (head.updated_at, there) <= here) {
            return Ok(Written::Unchanged);
        }
        sqlx::query("delete from comparisons where id = $1 and workspace = $2")
            .bind(&id.as_bytes()[..])
            .bind(&self.of.workspace.as_bytes()[..])
            .execute(&mut *self.db)
            .await?;
        put_comparison(&mut self.db, &self.of, head, cells).await?;
        self.note(Kind::Comparison, id.as_bytes(), 1, former.filter(|_| here.is_some()).as_ref()).await?;
        Ok(if here.is_none() { Written::Created } else { Written::Updated })
    }

    /// How a comparison stands that is there, when it was changed, and how many of its cells have ended.
    async fn comparison_here(&mut self, id: ComparisonId) -> Result<Option<(Here, i64, i64)>, Error> {
        let row = sqlx::query(
            "select updated_at, done + failed + stopped as ended, waiting + running > 0 as busy, \
             deleted_at is not null as gone from comparisons where id = $1",
        )
        .bind(&id.as_bytes()[..])
        .fetch_optional(&mut *self.db)
        .await?;
        row.map(|row| Ok((Here::of(&row)?, row.try_get("updated_at")?, row.try_get("ended")?))).transpose()
    }

    /// Makes all of it true; says whether there was anything, so that it can be taken back.
    ///
    /// # Errors
    /// When the database does not take it; then nothing has changed.
    pub async fn commit(mut self, now: i64) -> Result<bool, Error> {
        if self.has_written {
            sqlx::query("insert into imports (id, workspace, user, created_at) values ($1, $2, $3, $4)")
                .bind(&self.id.as_bytes()[..])
                .bind(&self.of.workspace.as_bytes()[..])
                .bind(&self.of.user.as_bytes()[..])
                .bind(now)
                .execute(&mut *self.db)
                .await?;
        }
        self.db.commit().await?;
        Ok(self.has_written)
    }
}

/// Writes a comparison with its cells where there is none.
pub(super) async fn put_comparison(
    db: &mut SqliteConnection,
    of: &Principal,
    head: ComparisonHead,
    cells: Vec<CellEntry>,
) -> Result<(), Error> {
    let (id, round) = (head.id, head.round);
    let new = Comparison {
        id,
        name: head.name,
        revision: head.revision,
        spec: head.spec,
        counts: CellCounts::default(),
        cost_micros: head.cost_micros,
        held: None,
        created_at: head.created_at,
        updated_at: head.updated_at,
    };
    let cells: Vec<Cell> = cells.into_iter().map(Cell::from).collect();
    insert_comparison(db, of, &new, &cells).await?;
    // Runs of the next round must not be taken for those that came along.
    sqlx::query("update comparisons set round = $2 where id = $1")
        .bind(&id.as_bytes()[..])
        .bind(round)
        .execute(db)
        .await?;
    Ok(())
}

/// A version as a row: what it holds is read from its text.
///
/// # Errors
/// When that cannot be read.
pub fn row_of(version: &VersionEntry, digest: [u8; 32]) -> Result<NewRow, Error> {
    let canonical = version.content.as_str().to_owned();
    let content: PromptContent = serde_json::from_str(&canonical).map_err(|error| Error::Corrupt(error.to_string()))?;
    Ok(NewRow { id: version.id, digest, content, canonical, author: version.author.clone(), now: version.created_at })
}
