//! Migrations, run on a copy: the database is replaced only by one that has migrated whole, and the old
//! one is kept beside it.

use std::fs;
use std::path::{Path, PathBuf};

use sqlx::migrate::{Migrate, Migrator};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::error::Error;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");

/// Brings the database to this version's schema.
///
/// # Errors
/// When a migration fails (the database is then as it was), or the schema is a newer version's.
pub async fn run(file: &Path) -> Result<(), Error> {
    if !file.exists() {
        let fresh = beside(file, "migrating");
        let _ = fs::remove_file(&fresh);
        migrate(&fresh).await?;
        return replace(&fresh, file);
    }
    let mut db = super::options(file).connect().await?;
    let applied = applied(&mut db).await?;
    let known = known();
    let current = applied.iter().copied().max().unwrap_or_default();
    if current > known {
        return Err(Error::Schema(format!(
            "The database {} has schema {current}; this etude knows up to {known}. It was written by a newer version: start that one, or restore a backup.",
            file.display()
        )));
    }
    if current == known {
        return close(db).await;
    }
    let copy = beside(file, "migrating");
    let _ = fs::remove_file(&copy);
    let kept = beside(file, &format!("schema-{current}"));
    sqlx::query("vacuum into $1").bind(copy.to_string_lossy().into_owned()).execute(&mut db).await?;
    close(db).await?;
    migrate(&copy).await?;
    let _ = fs::remove_file(&kept);
    // A second name, not a move: at every moment there is a database under the first.
    fs::hard_link(file, &kept)
        .or_else(|_| fs::copy(file, &kept).map(drop))
        .map_err(Error::disk("the old database cannot be kept"))?;
    tracing::info!(from = current, to = known, kept = %kept.display(), "the database was migrated");
    replace(&copy, file)
}

/// The newest schema that this version knows.
pub fn known() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// The versions that a database has. A read-only look: nothing is created.
pub async fn applied(db: &mut SqliteConnection) -> Result<Vec<i64>, Error> {
    let exists: Option<i64> =
        sqlx::query_scalar("select 1 from sqlite_master where type = 'table' and name = '_sqlx_migrations'")
            .fetch_optional(&mut *db)
            .await?;
    if exists.is_none() {
        return Ok(Vec::new());
    }
    let list = db.list_applied_migrations(&MIGRATIONS.table_name).await.map_err(failed)?;
    Ok(list.into_iter().map(|migration| migration.version).collect())
}

async fn migrate(file: &Path) -> Result<(), Error> {
    let mut db = super::options(file).connect().await?;
    MIGRATIONS.run(&mut db).await.map_err(failed)?;
    close(db).await
}

async fn close(mut db: SqliteConnection) -> Result<(), Error> {
    sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut db).await?;
    Ok(db.close().await?)
}

fn failed(error: sqlx::migrate::MigrateError) -> Error {
    Error::Schema(format!("The database could not be migrated; it is as it was. {error}"))
}

fn replace(new: &Path, file: &Path) -> Result<(), Error> {
    for suffix in ["-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        let _ = fs::remove_file(PathBuf::from(name));
    }
    fs::rename(new, file).map_err(Error::disk("the migrated database cannot be put in place"))
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_newer_schema_is_refused_with_the_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("etude.db");
        run(&file).await.expect("fresh");
        run(&file).await.expect("nothing to do");
        let mut db = super::super::options(&file).connect().await.expect("opens");
        sqlx::query("insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', 1, x'00', 0)")
            .execute(&mut db).await.expect("a later schema");
        close(db).await.expect("closes");
        let refused = run(&file).await.expect_err("newer").to_string();
        assert!(refused.contains("newer version") && refused.contains("9999"), "{refused}");
    }

    #[tokio::test]
    async fn an_older_database_is_migrated_on_a_copy_and_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("etude.db");
        let mut db = super::super::options(&file).connect().await.expect("opens");
        sqlx::query("create table before (x integer)").execute(&mut db).await.expect("an old table");
        close(db).await.expect("closes");
        run(&file).await.expect("migrates");
        assert!(beside(&file, "schema-0").exists(), "the old database is kept");
        let mut db = super::super::options(&file).connect().await.expect("opens");
        let tables: i64 = sqlx::query_scalar("select count(*) from sqlite_master where name in ('before', 'runs')")
            .fetch_one(&mut db)
            .await
            .expect("counts");
        assert_eq!(tables, 2);
    }

    #[tokio::test]
    async fn a7_runs_of_an_older_version_are_found_by_their_words() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("etude.db");
        let mut db = super::super::options(&file).connect().await.expect("opens");
        MIGRATIONS.run_to(2, &mut db).await.expect("the schema before the search");
        let request = r#"{"model":"m","messages":[{"role":"user","content":"first"},{"role":"assistant","content":"so"},
            {"role":"user","content":[{"type":"text","text":"About {{topic}}"}]}],"inputs":{"topic":"rivers"},
            "tools":[{"name":"t","parameters":{"content":{"type":"string"},"title":"unseen"}}]}"#;
        for (id, request) in [(1_u8, Some(request)), (2, None)] {
            sqlx::query(
                "insert into runs (id, workspace, user, status, model, request, params, input_tokens, output_tokens, \
                 cached_input_tokens, reasoning_tokens, snippet, created_at, deleted_at) \
                 values ($1, zeroblob(16), zeroblob(16), 'finished', 'm', $2, '{}', 1, 1, 0, 0, '', 1, $3)",
            )
            .bind(&[id; 16][..])
            .bind(request)
            .bind(request.is_none().then_some(1))
            .execute(&mut db)
            .await
            .expect("a run");
        }
        sqlx::query("insert into run_outputs (run, output) values ($1, '{\"text\":\"they flow\"}')")
            .bind(&[1_u8; 16][..])
            .execute(&mut db)
            .await
            .expect("its answer");
        close(db).await.expect("closes");
        run(&file).await.expect("migrates");

        let mut db = super::super::options(&file).connect().await.expect("opens");
        let (text, prompt): (String, String) =
            sqlx::query_as("select t.text, r.prompt from run_texts t join runs r on r.id = t.run")
                .fetch_one(&mut db)
                .await
                .expect("one text: what was deleted has none");
        assert_eq!(text, format!("run_{} first so About {{{{topic}}}} rivers they flow", "01".repeat(16)));
        assert_eq!(prompt, "About {{topic}}");
        for (words, found) in [("\"riv\"*", 1), ("\"flow\"*", 1), ("\"unseen\"*", 0)] {
            let count: i64 = sqlx::query_scalar("select count(*) from run_search where run_search match $1")
                .bind(words)
                .fetch_one(&mut db)
                .await
                .expect("searches");
            assert_eq!(count, found, "{words}");
        }
    }
}
