//! The database: SQLite, one connection that writes, several that read.

mod blobs;
pub(crate) mod carry;
pub(crate) mod cells;
pub(crate) mod comparisons;
mod deletion;
mod drafts;
mod ended;
mod history;
mod migrate;
pub(crate) mod prompts;
mod providers;
mod runs;
pub mod schema;
mod share_runs;
mod shares;
pub(crate) mod versions;

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::error::Error;
pub use ended::Ended;
pub use providers::ProviderRow;
pub use runs::{Kept, RememberedRequest, assemble, summary};
pub use share_runs::{Reservation, Reserved, Unsettled};
pub use shares::{ShareRow, SigningKeyRow};

/// Connections that read.
const READERS: u32 = 4;
/// How long a statement waits for another process's lock, in seconds.
const BUSY_S: u64 = 5;

/// Rows.
#[derive(Clone)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Store {
    /// Opens the database, migrated to this version's schema.
    ///
    /// # Errors
    /// When it cannot be opened, or was written by a newer version.
    pub async fn open(file: &Path) -> Result<Self, Error> {
        migrate::run(file).await?;
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options(file)).await?;
        let readers =
            SqlitePoolOptions::new().max_connections(READERS).connect_with(options(file).read_only(true)).await?;
        Ok(Self { writer, readers })
    }

    /// Closes all connections; what was committed is in the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit is synced: a log segment is deleted on its strength.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(BUSY_S))
}
