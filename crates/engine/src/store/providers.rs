//! Providers that were added on the page.

use domain::{ProviderId, Speaks, WorkspaceId};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Store;
use super::runs::bytes;
use crate::error::Error;

/// A provider as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRow {
    /// Its id.
    pub id: ProviderId,
    /// What models name it by.
    pub name: String,
    /// What it speaks.
    pub speaks: Speaks,
    /// Its address, as it was typed.
    pub base_url: String,
    /// Its key, sealed.
    pub sealed_key: Option<Vec<u8>>,
    /// The models that are shown; all where absent.
    pub models: Option<Vec<String>>,
}

impl Store {
    /// The providers of a workspace, in the order in which they were added.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn providers(&self, workspace: WorkspaceId) -> Result<Vec<ProviderRow>, Error> {
        let rows = sqlx::query(
            "select id, name, speaks, base_url, sealed_key, models from providers \
             where workspace = $1 and deleted_at is null order by id",
        )
        .bind(&workspace.as_bytes()[..])
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read).collect()
    }

    /// A provider, also one that can still be brought back.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn provider(&self, workspace: WorkspaceId, id: ProviderId) -> Result<Option<ProviderRow>, Error> {
        let row = sqlx::query(
            "select id, name, speaks, base_url, sealed_key, models from providers where id = $1 and workspace = $2",
        )
        .bind(&id.as_bytes()[..])
        .bind(&workspace.as_bytes()[..])
        .fetch_optional(&self.readers)
        .await?;
        row.as_ref().map(read).transpose()
    }

    /// Keeps a provider, new or changed.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn save_provider(&self, workspace: WorkspaceId, row: &ProviderRow, now: i64) -> Result<(), Error> {
        let models = row.models.as_ref().map(|models| serde_json::to_string(models).expect("a list of texts"));
        sqlx::query(
            "insert into providers (id, workspace, name, speaks, base_url, sealed_key, models, created_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do update set name = excluded.name, \
             speaks = excluded.speaks, base_url = excluded.base_url, sealed_key = excluded.sealed_key, \
             models = excluded.models, deleted_at = null where providers.workspace = excluded.workspace",
        )
        .bind(&row.id.as_bytes()[..])
        .bind(&workspace.as_bytes()[..])
        .bind(&row.name)
        .bind(row.speaks.as_str())
        .bind(&row.base_url)
        .bind(&row.sealed_key)
        .bind(models)
        .bind(now)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Takes a provider away (`Some`: when), or brings it back. Says whether there was one.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn mark_provider(
        &self,
        workspace: WorkspaceId,
        id: ProviderId,
        deleted_at: Option<i64>,
    ) -> Result<bool, Error> {
        let changed = sqlx::query("update providers set deleted_at = $3 where id = $1 and workspace = $2")
            .bind(&id.as_bytes()[..])
            .bind(&workspace.as_bytes()[..])
            .bind(deleted_at)
            .execute(&self.writer)
            .await?
            .rows_affected();
        Ok(changed > 0)
    }

    /// Takes away providers that were deleted at `until` or before, with their keys.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn purge_providers(&self, until: i64) -> Result<(), Error> {
        sqlx::query("delete from providers where deleted_at <= $1").bind(until).execute(&self.writer).await?;
        Ok(())
    }
}

fn read(row: &SqliteRow) -> Result<ProviderRow, Error> {
    let speaks: String = row.try_get("speaks")?;
    let models: Option<String> = row.try_get("models")?;
    let corrupt = |what: &str| Error::Corrupt(format!("a provider's {what}"));
    Ok(ProviderRow {
        id: ProviderId::from_bytes(bytes(row, "id")?),
        name: row.try_get("name")?,
        speaks: Speaks::from_word(&speaks).ok_or_else(|| corrupt("kind"))?,
        base_url: row.try_get("base_url")?,
        sealed_key: row.try_get("sealed_key")?,
        models: models.map(|json| serde_json::from_str(&json)).transpose().map_err(|_| corrupt("models"))?,
    })
}
