//! Prompts: rows, what is said about them, and how a version comes to be.

use std::collections::{BTreeMap, HashMap};

use domain::prompt::About;
use domain::{ApiError, Code, PromptContent, PromptId, VersionId, WorkspaceId};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::Store;
use super::runs::bytes;
use super::versions::insert_version;
use crate::error::Error;
use crate::principal::Principal;

/// A prompt, without its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptRow {
    /// Its id.
    pub id: PromptId,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Free words.
    pub tags: Vec<String>,
    /// Whether it is a favourite.
    pub favourite: bool,
    /// The number of its newest version.
    pub head: u32,
    /// The model of that version.
    pub model: String,
    /// The beginning of what it asks.
    pub snippet: String,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// Microseconds since 1970, UTC.
    pub updated_at: i64,
    /// When it was put away.
    pub archived_at: Option<i64>,
    /// Labels, with the number of their version.
    pub labels: BTreeMap<String, u32>,
}

/// A version to be saved.
#[derive(Debug, Clone)]
pub struct NewRow {
    /// Its id.
    pub id: VersionId,
    /// The digest of its content.
    pub digest: [u8; 32],
    /// What it holds.
    pub content: PromptContent,
    /// Its canonical JSON.
    pub canonical: String,
    /// Who saves it.
    pub author: String,
    /// Microseconds since 1970, UTC.
    pub now: i64,
}

/// What came of saving a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SavedRow {
    /// The number of the version that has the content.
    pub number: u32,
    /// Its id.
    pub id: VersionId,
    /// Whether it was made.
    pub created: bool,
    /// The newest version before, where the parent was an older one.
    pub behind: Option<u32>,
}

impl Store {
    /// A prompt.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn prompt(&self, workspace: WorkspaceId, id: PromptId) -> Result<Option<PromptRow>, Error> {
        let mut reader = self.readers.acquire().await?;
        read(&mut reader, workspace, id).await
    }

    /// The text that a prompt is found by.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn prompt_text(&self, id: PromptId) -> Result<String, Error> {
        let text = sqlx::query_scalar("select text from prompt_texts where prompt = $1")
            .bind(&id.as_bytes()[..])
            .fetch_optional(&self.readers)
            .await?;
        Ok(text.unwrap_or_default())
    }

    /// Those prompts of a workspace that are there, by their ids.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn prompts(&self, of: WorkspaceId, ids: &[PromptId]) -> Result<HashMap<PromptId, PromptRow>, Error> {
        let mut query = QueryBuilder::new(
            "select p.*, (select json_group_object(l.name, l.number) from labels l where l.prompt = p.id) labels \
             from prompts p where p.workspace = ",
        );
        query.push_bind(&of.as_bytes()[..]);
        among(&mut query, "p.id", ids);
        let rows = query.build().fetch_all(&self.readers).await?;
        let prompts = rows.iter().map(|row| {
            let labels: String = row.try_get("labels")?;
            let labels = serde_json::from_str(&labels).map_err(|error| Error::Corrupt(error.to_string()))?;
            of_row(row, labels).map(|prompt| (prompt.id, prompt))
        });
        prompts.collect()
    }

    /// The texts that those prompts are found by.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn prompt_texts(&self, ids: &[PromptId]) -> Result<HashMap<PromptId, String>, Error> {
        let mut query = QueryBuilder::new("select prompt, text from prompt_texts where true");
        among(&mut query, "prompt", ids);
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok((PromptId::from_bytes(bytes(row, "prompt")?), row.try_get("text")?))).collect()
    }

    /// Gives every prompt of every workspace, with the text that it is found by.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn every_prompt(&self, mut each: impl FnMut(WorkspaceId, PromptRow, String)) -> Result<(), Error> {
        use futures::TryStreamExt;
        let mut labels: BTreeMap<Vec<u8>, BTreeMap<String, u32>> = BTreeMap::new();
        for row in sqlx::query("select prompt, name, number from labels").fetch_all(&self.readers).await? {
            labels.entry(row.try_get("prompt")?).or_default().insert(row.try_get("name")?, row.try_get("number")?);
        }
        let mut rows = sqlx::query("select p.*, t.text from prompts p left join prompt_texts t on t.prompt = p.id")
            .fetch(&self.readers);
        while let Some(row) = rows.try_next().await? {
            let id: Vec<u8> = row.try_get("id")?;
            let text: Option<String> = row.try_get("text")?;
            let prompt = of_row(&row, labels.remove(&id).unwrap_or_default())?;
            each(WorkspaceId::from_bytes(bytes(&row, "workspace")?), prompt, text.unwrap_or_default());
        }
        Ok(())
    }

    /// Saves a new prompt with its first version.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn create_prompt(
        &self,
        of: &Principal,
        id: PromptId,
        about: &About,
        first: &NewRow,
    ) -> Result<PromptRow, Error> {
        let mut transaction = self.writer.begin().await?;
        insert(&mut transaction, of, id, about, first).await?;
        insert_version(&mut transaction, of.workspace, id, 1, None, about, first).await?;
        put_labels(&mut transaction, id, about, 1, 1, first.now).await?;
        let row = read(&mut transaction, of.workspace, id).await?;
        transaction.commit().await?;
        row.ok_or_else(|| Error::Corrupt(format!("{id} was saved and is not there")))
    }

    /// Saves another version of a prompt, unless its content is the newest's or its parent's, and what is said about it.
    ///
    /// # Errors
    /// `not_found`; `invalid_request` where parent or label do not exist.
    pub async fn save_version(
        &self,
        of: &Principal,
        id: PromptId,
        about: &About,
        new: &NewRow,
    ) -> Result<(SavedRow, PromptRow), Error> {
        let mut transaction = self.writer.begin().await?;
        let db = &mut *transaction;
        let Some(prompt) = read(db, of.workspace, id).await? else { return Err(absent(id).into()) };
        let parent = about.parent.unwrap_or(prompt.head);
        let Some((parent_id, parent_digest)) = known(db, id, parent).await? else {
            return Err(no_version("parent", parent, prompt.head).into());
        };
        if let Some(merged) = about.merged
            && known(db, id, merged).await?.is_none()
        {
            return Err(no_version("merged", merged, prompt.head).into());
        }
        let head = known(db, id, prompt.head).await?;
        let behind = (parent < prompt.head).then_some(prompt.head);
        let same = match head {
            Some((head_id, digest)) if digest == new.digest => Some((prompt.head, head_id)),
            _ if parent_digest == new.digest => Some((parent, parent_id)),
            _ => None,
        };
        let saved = match same {
            Some((number, id)) => SavedRow { number, id, created: false, behind },
            None => {
                let number = prompt.head + 1;
                insert_version(db, of.workspace, id, number, Some(parent), about, new).await?;
                head_is(db, id, number, new).await?;
                SavedRow { number, id: new.id, created: true, behind }
            }
        };
        let told = describe(db, of.workspace, id, about, saved.number, new.now).await?;
        if saved.created || told {
            touch(db, id, new.now).await?;
        }
        let row = read(db, of.workspace, id).await?.ok_or_else(|| absent(id))?;
        transaction.commit().await?;
        Ok((saved, row))
    }

    /// Changes what is said about a prompt.
    ///
    /// # Errors
    /// `not_found`; `invalid_request` where a label's version does not exist.
    pub async fn describe_prompt(
        &self,
        workspace: WorkspaceId,
        id: PromptId,
        about: &About,
        now: i64,
    ) -> Result<PromptRow, Error> {
        let mut transaction = self.writer.begin().await?;
        let Some(prompt) = read(&mut transaction, workspace, id).await? else { return Err(absent(id).into()) };
        if describe(&mut transaction, workspace, id, about, prompt.head, now).await? {
            touch(&mut transaction, id, now).await?;
        }
        let row = read(&mut transaction, workspace, id).await?.ok_or_else(|| absent(id))?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Puts a prompt away (`Some`: when), or brings it back.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn archive_prompt(
        &self,
        workspace: WorkspaceId,
        id: PromptId,
        archived_at: Option<i64>,
    ) -> Result<PromptRow, Error> {
        sqlx::query("update prompts set archived_at = $3 where id = $1 and workspace = $2")
            .bind(&id.as_bytes()[..])
            .bind(&workspace.as_bytes()[..])
            .bind(archived_at)
            .execute(&self.writer)
            .await?;
        self.prompt(workspace, id).await?.ok_or_else(|| absent(id).into())
    }
}

/// Narrows a query to rows that have one of the ids.
fn among(query: &mut QueryBuilder<Sqlite>, column: &str, ids: &[PromptId]) {
    query.push(" and ").push(column).push(" in (");
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(id.as_bytes().to_vec());
    }
    query.push(")");
}

pub(super) async fn insert(
    db: &mut SqliteConnection,
    of: &Principal,
    id: PromptId,
    about: &About,
    first: &NewRow,
) -> Result<(), Error> {
    sqlx::query(
        "insert into prompts (id, workspace, user, name, description, tags, favourite, head, model, snippet, created_at, updated_at) \
         values ($1, $2, $3, $4, $5, $6, $7, 1, '', '', $8, $8)",
    )
    .bind(&id.as_bytes()[..])
    .bind(&of.workspace.as_bytes()[..])
    .bind(&of.user.as_bytes()[..])
    .bind(about.name.as_deref().unwrap_or_default())
    .bind(about.description.as_deref().unwrap_or_default())
    .bind(json(about.tags.as_deref().unwrap_or_default()))
    .bind(about.favourite.unwrap_or_default())
    .bind(first.now)
    .execute(&mut *db)
    .await?;
    head_is(db, id, 1, first).await
}

/// Notes which version is the newest, and what can be said of it in a list.
pub(super) async fn head_is(db: &mut SqliteConnection, id: PromptId, number: u32, new: &NewRow) -> Result<(), Error> {
    sqlx::query("update prompts set head = $2, model = $3, snippet = $4 where id = $1")
        .bind(&id.as_bytes()[..])
        .bind(number)
        .bind(&new.content.model)
        .bind(new.content.snippet())
        .execute(&mut *db)
        .await?;
    sqlx::query("insert into prompt_texts (prompt, text) values ($1, $2) on conflict (prompt) do update set text = $2")
        .bind(&id.as_bytes()[..])
        .bind(search_text(&new.content))
        .execute(&mut *db)
        .await?;
    Ok(())
}

/// The texts of a prompt, one after another, up to the bound.
fn search_text(content: &PromptContent) -> String {
    let mut out = String::new();
    for text in content.texts().filter(|text| !text.trim().is_empty()) {
        let room = domain::limits::PROMPT_TEXT_BYTES_MAX.saturating_sub(out.len());
        out.push_str(&text[..text.floor_char_boundary(room)]);
        out.push('\n');
    }
    out
}

async fn touch(db: &mut SqliteConnection, id: PromptId, now: i64) -> Result<(), Error> {
    sqlx::query("update prompts set updated_at = max($2, updated_at + 1) where id = $1")
        .bind(&id.as_bytes()[..])
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Says whether anything was changed. Labels with the number 0 go to `number`.
async fn describe(
    db: &mut SqliteConnection,
    workspace: WorkspaceId,
    id: PromptId,
    about: &About,
    number: u32,
    now: i64,
) -> Result<bool, Error> {
    let Some(before) = read(db, workspace, id).await? else { return Err(absent(id).into()) };
    put_labels(db, id, about, number, before.head, now).await?;
    sqlx::query(
        "update prompts set name = coalesce($2, name), description = coalesce($3, description), \
         tags = coalesce($4, tags), favourite = coalesce($5, favourite) where id = $1",
    )
    .bind(&id.as_bytes()[..])
    .bind(&about.name)
    .bind(&about.description)
    .bind(about.tags.as_deref().map(json))
    .bind(about.favourite)
    .execute(&mut *db)
    .await?;
    Ok(read(db, workspace, id).await?.as_ref() != Some(&before))
}

async fn put_labels(
    db: &mut SqliteConnection,
    id: PromptId,
    about: &About,
    number: u32,
    head: u32,
    now: i64,
) -> Result<(), Error> {
    for (label, to) in &about.labels {
        let Some(to) = to.map(|to| if to == 0 { number } else { to }) else {
            sqlx::query("delete from labels where prompt = $1 and name = $2")
                .bind(&id.as_bytes()[..])
                .bind(label)
                .execute(&mut *db)
                .await?;
            continue;
        };
        if known(db, id, to).await?.is_none() {
            return Err(no_version("labels", to, head).into());
        }
        sqlx::query(
            "insert into labels (prompt, name, number, moved_at) values ($1, $2, $3, $4) \
             on conflict (prompt, name) do update set number = $3, moved_at = $4 where number <> $3",
        )
        .bind(&id.as_bytes()[..])
        .bind(label)
        .bind(to)
        .bind(now)
        .execute(&mut *db)
        .await?;
    }
    let count: i64 = sqlx::query_scalar("select count(*) from labels where prompt = $1")
        .bind(&id.as_bytes()[..])
        .fetch_one(&mut *db)
        .await?;
    let most = domain::limits::LABELS_MAX;
    if usize::try_from(count).is_ok_and(|count| count > most) {
        let message = format!("A prompt has up to {most} labels. Nothing was saved.");
        return Err(ApiError::new(Code::InvalidRequest, message).param("labels").into());
    }
    Ok(())
}

/// The id and the digest of a version, where there is one.
async fn known(db: &mut SqliteConnection, id: PromptId, number: u32) -> Result<Option<(VersionId, [u8; 32])>, Error> {
    let row = sqlx::query("select id, digest from versions where prompt = $1 and number = $2")
        .bind(&id.as_bytes()[..])
        .bind(number)
        .fetch_optional(db)
        .await?;
    row.map(|row| Ok((VersionId::from_bytes(bytes(&row, "id")?), bytes(&row, "digest")?))).transpose()
}

pub(super) async fn read(
    db: &mut SqliteConnection,
    workspace: WorkspaceId,
    id: PromptId,
) -> Result<Option<PromptRow>, Error> {
    let row = sqlx::query("select * from prompts where id = $1 and workspace = $2")
        .bind(&id.as_bytes()[..])
        .bind(&workspace.as_bytes()[..])
        .fetch_optional(&mut *db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let labels =
        sqlx::query("select name, number from labels where prompt = $1").bind(&id.as_bytes()[..]).fetch_all(db).await?;
    let labels = labels.iter().map(|row| Ok((row.try_get("name")?, row.try_get("number")?)));
    of_row(&row, labels.collect::<Result<_, sqlx::Error>>()?).map(Some)
}

fn of_row(row: &SqliteRow, labels: BTreeMap<String, u32>) -> Result<PromptRow, Error> {
    let tags: String = row.try_get("tags")?;
    Ok(PromptRow {
        id: PromptId::from_bytes(bytes(row, "id")?),
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        tags: serde_json::from_str(&tags).map_err(|error| Error::Corrupt(error.to_string()))?,
        favourite: row.try_get("favourite")?,
        head: row.try_get("head")?,
        model: row.try_get("model")?,
        snippet: row.try_get("snippet")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        archived_at: row.try_get("archived_at")?,
        labels,
    })
}

fn json(tags: &[String]) -> String {
    serde_json::to_string(tags).expect("strings make JSON")
}

/// There is no such prompt, for this workspace.
pub(crate) fn absent(id: PromptId) -> ApiError {
    ApiError::new(Code::NotFound, format!("There is no {id}."))
        .hint("Check the id; the list of prompts is at GET /v1/presets.")
}

/// There is no version with that number.
pub(crate) fn no_version(param: &str, number: u32, head: u32) -> ApiError {
    let message = format!("`{param}` is version {number}; there are versions 1 to {head}. Nothing was done.");
    ApiError::new(Code::InvalidRequest, message).param(param)
}
