//! Taking an import back: what it has written goes, and what it has replaced is there again. What was changed since stays.

use domain::{ComparisonId, ImportId, PromptContent, PromptId, Undone, VersionId};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::super::Store;
use super::super::prompts::{NewRow, head_is};
use super::super::runs::{bytes, json};
use super::write::put_comparison;
use crate::carry::format::{CellEntry, ComparisonHead, PromptHead};
use crate::error::Error;
use crate::principal::Principal;

/// The runs of an import that are there, and are nobody else's.
const RUNS: &str = "(select i.item from import_items i join runs r on r.id = i.item \
                    where i.import = $1 and i.kind = 'run' and r.deleted_at is null)";

/// What was there before an import wrote something under the same id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Former {
    /// A prompt, and how many versions it had.
    Prompt(Box<PromptHead>, u32),
    /// A run that had been deleted, and when, in microseconds since 1970, UTC.
    Run(i64),
    /// A comparison with its cells.
    Comparison(Box<ComparisonHead>, Vec<CellEntry>),
}

/// What an import writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Prompt,
    Run,
    Comparison,
}

impl Kind {
    /// The word in the database.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Run => "run",
            Self::Comparison => "comparison",
        }
    }

    /// How one is told from what it was when it was written, as SQL; nothing where there is none. A run never changes.
    pub(super) fn stamp(self, id: &str) -> String {
        match self {
            Self::Prompt => format!(
                "(select updated_at || ' ' || head || ' ' || coalesce(archived_at, '') from prompts where id = {id})"
            ),
            Self::Run => "''".to_owned(),
            Self::Comparison => format!(
                "(select updated_at || ' ' || revision || ' ' || round || ' ' || coalesce(deleted_at, '') \
                 from comparisons where id = {id})"
            ),
        }
    }
}

/// What came of taking an import back, and what must be read anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// How much it was.
    pub undone: Undone,
    /// Prompts that are gone or others now.
    pub prompts: Vec<PromptId>,
    /// Comparisons that are.
    pub comparisons: Vec<ComparisonId>,
}

/// A prompt or comparison that an import has written.
struct Item {
    id: [u8; 16],
    things: u64,
    /// Whether nobody has changed it.
    is_same: bool,
    /// Whether it was deleted.
    is_gone: bool,
    former: Option<Former>,
}

impl Store {
    /// Takes an import back that was made after `since`; nothing where there is none. Versions that a run asks for which is
    /// still going on, `in_use`, stay.
    ///
    /// # Errors
    /// When the database does not take it; then nothing has changed.
    pub async fn take_back(
        &self,
        of: &Principal,
        id: ImportId,
        since: i64,
        in_use: &[(PromptId, u32)],
    ) -> Result<Option<TakenBack>, Error> {
        let mut db = self.writer.begin().await?;
        sqlx::query("pragma defer_foreign_keys = on").execute(&mut *db).await?;
        let found = sqlx::query("select 1 from imports where id = $1 and workspace = $2 and created_at >= $3")
            .bind(&id.as_bytes()[..])
            .bind(&of.workspace.as_bytes()[..])
            .bind(since)
            .fetch_optional(&mut *db)
            .await?;
        if found.is_none() {
            return Ok(None);
        }
        let mut back = TakenBack::default();
        for item in items(&mut db, id, Kind::Comparison).await? {
            comparison(&mut db, of, id, item, &mut back).await?;
        }
        back.undone.taken_back += runs(&mut db, id).await?;
        for item in items(&mut db, id, Kind::Prompt).await? {
            prompt(&mut db, of, item, in_use, &mut back).await?;
        }
        sqlx::query(
            "delete from version_contents where workspace = $1 and digest not in (select digest from versions)",
        )
        .bind(&of.workspace.as_bytes()[..])
        .execute(&mut *db)
        .await?;
        sqlx::query("delete from imports where id = $1").bind(&id.as_bytes()[..]).execute(&mut *db).await?;
        db.commit().await?;
        Ok(Some(back))
    }

    /// Forgets what imports have written that were made before `until`: they cannot be taken back any more.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn purge_imports(&self, until: i64) -> Result<(), Error> {
        sqlx::query("delete from imports where created_at < $1").bind(until).execute(&self.writer).await?;
        Ok(())
    }
}

/// The prompts or comparisons of an import.
async fn items(db: &mut SqliteConnection, import: ImportId, kind: Kind) -> Result<Vec<Item>, Error> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "select item, things, before, coalesce(stamp = {}, 0) as same, \
         exists (select 1 from comparisons c where c.id = item and c.deleted_at is not null) \
         or kind = 'comparison' and not exists (select 1 from comparisons c where c.id = item) as gone \
         from import_items where import = $1 and kind = $2",
        kind.stamp("item")
    )))
    .bind(&import.as_bytes()[..])
    .bind(kind.as_str())
    .fetch_all(db)
    .await?;
    let item = |row: &SqliteRow| {
        let before: Option<String> = row.try_get("before")?;
        let former = before.map(|json| serde_json::from_str(&json)).transpose();
        Ok(Item {
            id: bytes(row, "item")?,
            things: row.try_get::<i64, _>("things")?.try_into().unwrap_or_default(),
            is_same: row.try_get("same")?,
            is_gone: row.try_get("gone")?,
            former: former.map_err(|error| Error::Corrupt(error.to_string()))?,
        })
    };
    rows.iter().map(item).collect()
}

/// Takes a comparison back. The runs of one that stays stay with it: its cells name them.
async fn comparison(
    db: &mut SqliteConnection,
    of: &Principal,
    import: ImportId,
    item: Item,
    back: &mut TakenBack,
) -> Result<(), Error> {
    if item.is_gone {
        // Brought back, it would be without its runs.
        sqlx::query("delete from comparisons where id = $1").bind(&item.id[..]).execute(db).await?;
        return Ok(());
    }
    if !item.is_same {
        let stays = "delete from import_items where import = $1 and kind = 'run' \
                     and item in (select id from runs where comparison = $2)";
        let stays = sqlx::query(stays).bind(&import.as_bytes()[..]).bind(&item.id[..]).execute(db).await?;
        back.undone.kept += item.things + stays.rows_affected();
        return Ok(());
    }
    sqlx::query("delete from comparisons where id = $1").bind(&item.id[..]).execute(&mut *db).await?;
    if let Some(Former::Comparison(head, cells)) = item.former {
        put_comparison(db, of, *head, cells).await?;
        // Of a run that is gone for good by now, nothing comes back.
        sqlx::query(
            "update comparison_cells set text = '', error = null where comparison = $1 \
             and run in (select id from runs where deleted_at is not null and request is null)",
        )
        .bind(&item.id[..])
        .execute(&mut *db)
        .await?;
    }
    back.undone.taken_back += item.things;
    back.comparisons.push(ComparisonId::from_bytes(item.id));
    Ok(())
}

/// Takes the runs of an import back, those that had been deleted into that state; says how many.
async fn runs(db: &mut SqliteConnection, import: ImportId) -> Result<u64, Error> {
    let all = |statement: &str| sqlx::AssertSqlSafe(format!("{statement} in {RUNS}"));
    for table in ["run_outputs", "run_tapes", "run_wires", "run_texts", "run_blobs"] {
        let statement = all(&format!("delete from {table} where run"));
        sqlx::query(statement).bind(&import.as_bytes()[..]).execute(&mut *db).await?;
    }
    let emptied = sqlx::query(all("update runs set request = null, error = null, snippet = '', prompt = '' where id"))
        .bind(&import.as_bytes()[..])
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "update runs set deleted_at = (select json_extract(i.before, '$.Run') from import_items i \
         where i.import = $1 and i.kind = 'run' and i.item = runs.id) \
         where id in (select item from import_items where import = $1 and kind = 'run' and before is not null) \
         and deleted_at is null",
    )
    .bind(&import.as_bytes()[..])
    .execute(&mut *db)
    .await?;
    sqlx::query(all("delete from runs where id")).bind(&import.as_bytes()[..]).execute(&mut *db).await?;
    sqlx::query("delete from blobs where not exists (select 1 from run_blobs r where r.digest = blobs.digest)")
        .execute(db)
        .await?;
    Ok(emptied.rows_affected())
}

/// Takes a prompt back, or the versions that were added to it and what was said anew. Where one of those versions is used,
/// they stay: the next one that is saved must not have its number.
async fn prompt(
    db: &mut SqliteConnection,
    of: &Principal,
    item: Item,
    in_use: &[(PromptId, u32)],
    back: &mut TakenBack,
) -> Result<(), Error> {
    let id = PromptId::from_bytes(item.id);
    let kept_to = match &item.former {
        Some(Former::Prompt(_, versions)) => *versions,
        _ => 0,
    };
    let is_run = in_use.iter().any(|(prompt, number)| *prompt == id && *number > kept_to);
    let is_used = is_run || kept_to > 0 && is_named(db, id, kept_to).await?;
    if !item.is_same || is_used {
        back.undone.kept += item.things;
        return Ok(());
    }
    for statement in ["delete from labels where prompt = $1", "delete from prompt_names where prompt = $1"] {
        sqlx::query(statement).bind(&item.id[..]).execute(&mut *db).await?;
    }
    sqlx::query("delete from versions where prompt = $1 and number > $2")
        .bind(&item.id[..])
        .bind(kept_to)
        .execute(&mut *db)
        .await?;
    if let Some(Former::Prompt(head, versions)) = item.former {
        restore(db, of, &head, versions).await?;
    } else {
        for statement in ["delete from prompt_texts where prompt = $1", "delete from prompts where id = $1"] {
            sqlx::query(statement).bind(&item.id[..]).execute(&mut *db).await?;
        }
    }
    back.undone.taken_back += item.things;
    back.prompts.push(id);
    Ok(())
}

/// Whether a run or a column of a comparison names a later version.
async fn is_named(db: &mut SqliteConnection, id: PromptId, number: u32) -> Result<bool, Error> {
    Ok(sqlx::query_scalar(
        "select exists (select 1 from runs where prompt_id = $1 and version > $2 and deleted_at is null) \
         or exists (select 1 from comparison_columns where prompt = $1 and version > $2)",
    )
    .bind(&id.as_bytes()[..])
    .bind(number)
    .fetch_one(db)
    .await?)
}

/// Says of a prompt what was said before.
async fn restore(db: &mut SqliteConnection, of: &Principal, head: &PromptHead, versions: u32) -> Result<(), Error> {
    let id = &head.id.as_bytes()[..];
    sqlx::query(
        "update prompts set name = $2, description = $3, tags = $4, favourite = $5, updated_at = $6, archived_at = $7 \
         where id = $1",
    )
    .bind(id)
    .bind(&head.name)
    .bind(&head.description)
    .bind(json(&head.tags)?)
    .bind(head.favourite)
    .bind(head.updated_at)
    .bind(head.archived_at)
    .execute(&mut *db)
    .await?;
    for (label, number) in &head.labels {
        sqlx::query("insert into labels (prompt, name, number, moved_at) values ($1, $2, $3, $4)")
            .bind(id)
            .bind(label)
            .bind(number)
            .bind(head.updated_at)
            .execute(&mut *db)
            .await?;
    }
    for name in &head.names {
        // Another prompt may have been given the name since.
        sqlx::query(
            "insert into prompt_names (workspace, name, version, prompt, number) values ($1, $2, $3, $4, $5) \
             on conflict do nothing",
        )
        .bind(&of.workspace.as_bytes()[..])
        .bind(&name.name)
        .bind(&name.version)
        .bind(id)
        .bind(name.number)
        .execute(&mut *db)
        .await?;
    }
    let newest = newest(db, of, head.id, versions).await?;
    head_is(db, head.id, versions, &newest).await
}

/// A version of a prompt, as it was saved.
async fn newest(db: &mut SqliteConnection, of: &Principal, id: PromptId, number: u32) -> Result<NewRow, Error> {
    let row = sqlx::query(
        "select v.id, v.digest, v.author, v.created_at, c.content from versions v \
         join version_contents c on c.workspace = $3 and c.digest = v.digest where v.prompt = $1 and v.number = $2",
    )
    .bind(&id.as_bytes()[..])
    .bind(number)
    .bind(&of.workspace.as_bytes()[..])
    .fetch_one(db)
    .await?;
    let canonical: String = row.try_get("content")?;
    let content: PromptContent = serde_json::from_str(&canonical).map_err(|error| Error::Corrupt(error.to_string()))?;
    Ok(NewRow {
        id: VersionId::from_bytes(bytes(&row, "id")?),
        digest: bytes(&row, "digest")?,
        content,
        canonical,
        author: row.try_get("author")?,
        now: row.try_get("created_at")?,
    })
}
