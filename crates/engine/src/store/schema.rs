//! A look at a database that changes nothing.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::migrate;
use crate::error::Error;

/// The schema that a database has, and the newest that this version knows.
///
/// # Errors
/// When it cannot be opened or is damaged.
pub async fn look(file: &Path) -> Result<(Option<i64>, i64), Error> {
    let mut db = SqliteConnectOptions::new().filename(file).read_only(true).connect().await?;
    let sound: String = sqlx::query_scalar("pragma quick_check(1)").fetch_one(&mut db).await?;
    if sound != "ok" {
        return Err(Error::Corrupt(sound));
    }
    let applied = migrate::applied(&mut db).await?;
    db.close().await?;
    Ok((applied.into_iter().max(), migrate::known()))
}
