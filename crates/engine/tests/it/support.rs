//! What the tests share.

use std::path::Path;
use std::sync::Arc;

use domain::event::{Delta, Ending, Finished, Usage};
use domain::{FinishReason, RunEvent, RunId, UserId, WorkspaceId};
use engine::Clock;
use engine::log::{HotRun, Log, Opened, recover};
use tokio::sync::mpsc;

pub const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([0; 16]);

/// A run's beginning.
pub fn opened(run: RunId) -> Opened {
    Opened {
        run,
        workspace: WORKSPACE,
        user: UserId::from_bytes([0; 16]),
        request: r#"{"model":"m","messages":[{"role":"user","content":"Hi"}],"params":{}}"#.into(),
        model: "m".into(),
        request_id: None,
        parent: None,
        prompt: None,
        group: None,
        wire: None,
        client_digest: None,
        created_at: 1_000_000,
    }
}

pub fn delta(n: usize) -> RunEvent {
    RunEvent::Delta(Delta { text: format!("w{n} "), ..Delta::default() })
}

pub fn finished() -> RunEvent {
    RunEvent::Finished(Finished {
        finish_reason: FinishReason::Stop,
        usage: Usage::default(),
        cost_micros: Some(7),
        queue_ms: 1,
        ttft_ms: Some(2),
        total_ms: 3,
        cancel_ms: None,
        ending: Ending::default(),
    })
}

/// A log over a folder, as a start of the server opens it.
pub fn open(folder: &Path, clock: &Clock) -> (Arc<Log>, recover::Recovered, mpsc::UnboundedReceiver<Arc<HotRun>>) {
    let recovered = recover::read(folder).expect("the segments can be read");
    let (ended, to_keep) = mpsc::unbounded_channel();
    let log = Log::open(folder, clock.clone(), &recovered, ended).expect("the log opens");
    (Arc::new(log), recovered, to_keep)
}
