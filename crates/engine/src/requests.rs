//! `request_id`: one submission, one run, for 24 hours (D2).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::limits::REQUEST_ID_TTL_MICROS;
use domain::{ApiError, ClientWire, Code, RunId, WorkspaceId};
use tokio::sync::watch;

/// Which run answers to which `request_id`. In memory, so that no run waits for the database; filled from
/// the database and the run log at the start.
#[derive(Clone, Default)]
pub struct Requests(Arc<Mutex<HashMap<[u8; 32], Slot>>>);

enum Slot {
    /// Someone is starting it; whoever holds the sender decides.
    Claimed(watch::Receiver<()>),
    Run {
        run: RunId,
        body: [u8; 32],
        created_at: i64,
    },
}

/// What is known of a `request_id`.
pub enum Lookup {
    /// Nothing: who asked may start the run, and then says so.
    New(Claim),
    /// The same submission came before.
    Same(RunId),
}

/// The right to start the run of a `request_id`; dropped unused, another may.
pub struct Claim {
    requests: Requests,
    key: [u8; 32],
    body: [u8; 32],
    used: bool,
    _waiting: watch::Sender<()>,
}

/// The digest under which a submission is known.
#[must_use]
pub fn digest(request: &str) -> [u8; 32] {
    *blake3::hash(request.as_bytes()).as_bytes()
}

/// The digest of what a client sent over a wire, under which its submission is known.
#[must_use]
pub fn client_digest(wire: ClientWire, body: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(wire.as_str().as_bytes());
    hasher.update(&[0]);
    hasher.update(body.as_bytes());
    *hasher.finalize().as_bytes()
}

impl Requests {
    /// Looks a `request_id` up, waiting while another is starting the same.
    ///
    /// # Errors
    /// `request_id_reused` when it belongs to another body.
    pub async fn look_up(
        &self,
        workspace: WorkspaceId,
        request_id: &str,
        body: [u8; 32],
        now: i64,
    ) -> Result<Lookup, ApiError> {
        let key = key(workspace, request_id);
        loop {
            let mut waiting = {
                let mut slots = self.lock();
                match slots.get(&key) {
                    Some(Slot::Run { run, body: known, created_at }) if *created_at + REQUEST_ID_TTL_MICROS > now => {
                        return if *known == body { Ok(Lookup::Same(*run)) } else { Err(reused(*run)) };
                    }
                    Some(Slot::Claimed(waiting)) => waiting.clone(),
                    _ => {
                        let (sender, receiver) = watch::channel(());
                        slots.insert(key, Slot::Claimed(receiver));
                        return Ok(Lookup::New(Claim {
                            requests: self.clone(),
                            key,
                            body,
                            used: false,
                            _waiting: sender,
                        }));
                    }
                }
            };
            // Ends, with an error, when the claim is gone: then the slot says what became of it.
            let _ = waiting.changed().await;
        }
    }

    /// Notes a run that was started before this process.
    pub fn remember(&self, workspace: WorkspaceId, request_id: &str, body: [u8; 32], run: RunId, created_at: i64) {
        self.lock().insert(key(workspace, request_id), Slot::Run { run, body, created_at });
    }

    /// Forgets a `request_id`, where it is this run's.
    pub fn forget(&self, workspace: WorkspaceId, request_id: &str, run: RunId) {
        let key = key(workspace, request_id);
        let mut slots = self.lock();
        if matches!(slots.get(&key), Some(Slot::Run { run: known, .. }) if *known == run) {
            slots.remove(&key);
        }
    }

    /// Forgets what is older than 24 hours.
    pub fn forget_old(&self, now: i64) {
        self.lock().retain(|_, slot| match slot {
            Slot::Claimed(_) => true,
            Slot::Run { created_at, .. } => *created_at + REQUEST_ID_TTL_MICROS > now,
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claim {
    /// Says which run it became.
    pub fn fulfil(mut self, run: RunId, created_at: i64) {
        self.used = true;
        self.requests.lock().insert(self.key, Slot::Run { run, body: self.body, created_at });
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.used {
            self.requests.lock().remove(&self.key);
        }
    }
}

fn key(workspace: WorkspaceId, request_id: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(workspace.as_bytes());
    hasher.update(request_id.as_bytes());
    *hasher.finalize().as_bytes()
}

fn reused(run: RunId) -> ApiError {
    ApiError::new(
        Code::RequestIdReused,
        format!(
            "This `request_id` was used for another request less than 24 hours ago (run {run}). Nothing was started."
        ),
    )
    .hint("Give every new request a request_id of its own.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([0; 16]);
    const RUN: RunId = RunId::from_bytes([1; 16]);

    async fn claim(requests: &Requests, body: &str, now: i64) -> Claim {
        match requests.look_up(WORKSPACE, "a", digest(body), now).await {
            Ok(Lookup::New(claim)) => claim,
            _ => panic!("it is new"),
        }
    }

    #[tokio::test]
    async fn d2_same_body_same_run_other_body_conflict_and_a_day_later_new() {
        let requests = Requests::default();
        claim(&requests, "x", 0).await.fulfil(RUN, 0);
        let again = requests.look_up(WORKSPACE, "a", digest("x"), 5).await;
        assert!(matches!(again, Ok(Lookup::Same(run)) if run == RUN));
        let other = requests.look_up(WORKSPACE, "a", digest("y"), 5).await.err().expect("another body");
        assert_eq!(other.code, Code::RequestIdReused);
        drop(claim(&requests, "y", REQUEST_ID_TTL_MICROS).await);
        requests.remember(WORKSPACE, "a", digest("x"), RUN, 0);
        requests.forget_old(REQUEST_ID_TTL_MICROS + 1);
        drop(claim(&requests, "y", 5).await);
    }

    #[tokio::test]
    async fn d2_of_two_at_once_one_starts_and_the_other_gets_its_run() {
        let requests = Requests::default();
        let first = claim(&requests, "x", 0).await;
        let second = tokio::spawn({
            let requests = requests.clone();
            async move { requests.look_up(WORKSPACE, "a", digest("x"), 0).await }
        });
        tokio::task::yield_now().await;
        first.fulfil(RUN, 0);
        assert!(matches!(second.await.expect("ends"), Ok(Lookup::Same(run)) if run == RUN));
        // A refusal is not remembered.
        requests.lock().clear();
        let refused = claim(&requests, "x", 0).await;
        drop(refused);
        drop(claim(&requests, "x", 0).await);
    }
}
