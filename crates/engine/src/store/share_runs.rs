//! Runs that are started through links: what is reserved for them, and what they came to.

use domain::{RunId, ShareId, UserId, WorkspaceId};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Store;
use super::runs::bytes;
use crate::error::Error;
use crate::principal::Principal;

/// What is reserved for a run before it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Its id.
    pub id: [u8; 16],
    /// The link.
    pub share: ShareId,
    /// The `request_id` of the run.
    pub request_id: String,
    /// The most that it may cost, in micro-dollars.
    pub micros: i64,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
}

/// What came of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// It stands.
    Yes,
    /// As many runs of the link are going on as may.
    Busy,
    /// The budget does not have it: so much is left, of which so much is reserved, in micro-dollars.
    Short(i64, i64),
    /// The link has gone meanwhile.
    Gone,
}

/// A reservation that is not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    /// What was reserved.
    pub reservation: Reservation,
    /// The run, where it was noted.
    pub run: Option<RunId>,
    /// Whose run it is.
    pub principal: Principal,
}

impl Store {
    /// Reserves what a run may cost, unless the budget does not have it or `running_max` runs of the link are going on.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn reserve_share_run(&self, new: &Reservation, running_max: i64) -> Result<Reserved, Error> {
        let mut transaction = self.writer.begin().await?;
        let share = sqlx::query(
            "select budget_micros, spent_micros, reserved_micros, \
             (select count(*) from share_runs r where r.share = shares.id and r.cost_micros is null) running \
             from shares where id = $1 and revoked_at is null and expires_at > $2",
        )
        .bind(&new.share.as_bytes()[..])
        .bind(new.created_at)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(share) = share else { return Ok(Reserved::Gone) };
        if share.try_get::<i64, _>("running")? >= running_max {
            return Ok(Reserved::Busy);
        }
        let budget = share.try_get::<Option<i64>, _>("budget_micros")?.unwrap_or_default();
        let left = budget.saturating_sub(share.try_get("spent_micros")?);
        let reserved: i64 = share.try_get("reserved_micros")?;
        if new.micros > left.saturating_sub(reserved) {
            return Ok(Reserved::Short(left, reserved));
        }
        sqlx::query("update shares set reserved_micros = reserved_micros + $2 where id = $1")
            .bind(&new.share.as_bytes()[..])
            .bind(new.micros)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "insert into share_runs (id, share, request_id, reserved_micros, created_at) values ($1, $2, $3, $4, $5)",
        )
        .bind(&new.id[..])
        .bind(&new.share.as_bytes()[..])
        .bind(&new.request_id)
        .bind(new.micros)
        .bind(new.created_at)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Reserved::Yes)
    }

    /// Notes which run a reservation is for.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn note_share_run(&self, reservation: [u8; 16], run: RunId) -> Result<(), Error> {
        sqlx::query("update share_runs set run = $2 where id = $1")
            .bind(&reservation[..])
            .bind(&run.as_bytes()[..])
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Settles a reservation: what the run has cost, or nothing where none was started. A second time changes nothing.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn settle_share_run(&self, reservation: [u8; 16], cost_micros: Option<i64>) -> Result<(), Error> {
        let mut transaction = self.writer.begin().await?;
        let settled = sqlx::query(
            "update share_runs set cost_micros = $2 where id = $1 and cost_micros is null \
             returning share, reserved_micros",
        )
        .bind(&reservation[..])
        .bind(cost_micros.unwrap_or_default())
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(settled) = settled else { return Ok(()) };
        sqlx::query(
            "update shares set spent_micros = spent_micros + $2, reserved_micros = max(reserved_micros - $3, 0) \
             where id = $1",
        )
        .bind(settled.try_get::<Vec<u8>, _>("share")?)
        .bind(cost_micros.unwrap_or_default())
        .bind(settled.try_get::<i64, _>("reserved_micros")?)
        .execute(&mut *transaction)
        .await?;
        if cost_micros.is_none() {
            sqlx::query("delete from share_runs where id = $1")
                .bind(&reservation[..])
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// The reservations that are not settled.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unsettled_share_runs(&self) -> Result<Vec<Unsettled>, Error> {
        let rows = sqlx::query(
            "select r.id, r.share, r.request_id, r.run, r.reserved_micros, r.created_at, s.workspace, s.user \
             from share_runs r join shares s on s.id = r.share where r.cost_micros is null",
        )
        .fetch_all(&self.readers)
        .await?;
        let read = |row: &SqliteRow| {
            let run: Option<Vec<u8>> = row.try_get("run")?;
            Ok(Unsettled {
                reservation: Reservation {
                    id: bytes(row, "id")?,
                    share: ShareId::from_bytes(bytes(row, "share")?),
                    request_id: row.try_get("request_id")?,
                    micros: row.try_get("reserved_micros")?,
                    created_at: row.try_get("created_at")?,
                },
                run: run.and_then(|run| Some(RunId::from_bytes(run.try_into().ok()?))),
                principal: Principal {
                    workspace: WorkspaceId::from_bytes(bytes(row, "workspace")?),
                    user: UserId::from_bytes(bytes(row, "user")?),
                },
            })
        };
        rows.iter().map(read).collect()
    }

    /// Whether a run was started through a link.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_share_run(&self, share: ShareId, run: RunId) -> Result<bool, Error> {
        let found: Option<i64> = sqlx::query_scalar("select 1 from share_runs where share = $1 and run = $2")
            .bind(&share.as_bytes()[..])
            .bind(&run.as_bytes()[..])
            .fetch_optional(&self.readers)
            .await?;
        Ok(found.is_some())
    }

    /// The run with that `request_id`, of those since a time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_of_request(
        &self,
        workspace: WorkspaceId,
        request_id: &str,
        since: i64,
    ) -> Result<Option<RunId>, Error> {
        let row = sqlx::query(
            "select id from runs where request_id = $1 and workspace = $2 and created_at >= $3 \
             and request_id is not null",
        )
        .bind(request_id)
        .bind(&workspace.as_bytes()[..])
        .bind(since)
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| Ok(RunId::from_bytes(bytes(&row, "id")?))).transpose()
    }

    /// What a kept run has cost, also one that was deleted, and whether a model was at work; nothing where it is no row.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_cost(&self, run: RunId) -> Result<Option<(Option<i64>, bool)>, Error> {
        let row = sqlx::query("select cost_micros, resolved_model is not null began from runs where id = $1")
            .bind(&run.as_bytes()[..])
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| Ok((row.try_get("cost_micros")?, row.try_get("began")?))).transpose()
    }
}
