//! What happens at the start with what a crash left: every open run ends as interrupted, with all that was
//! delivered; an ended run without a row gets one.

use std::path::Path;
use std::sync::Arc;

use domain::event::Failed;
use domain::limits::REQUEST_ID_TTL_MICROS;
use domain::{ApiError, Code, RunEvent, RunId};
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::error::Error;
use crate::log::recover::{self, Found};
use crate::log::{HotRun, Log};
use crate::requests::Requests;
use crate::store::Store;

/// Opens the run log, ends what was open in it, and fills the memory of `request_id`s.
///
/// # Errors
/// When log or database cannot be read or written.
pub async fn recover(
    folder: &Path,
    store: &Store,
    requests: &Requests,
    clock: &Clock,
    ended: mpsc::UnboundedSender<Arc<HotRun>>,
) -> Result<Log, Error> {
    let now = clock.now_micros();
    for known in store.remembered_requests(now - REQUEST_ID_TTL_MICROS).await? {
        requests.remember(known.workspace, &known.request_id, known.body, known.run, known.created_at);
    }
    let mut recovered = recover::read(folder)?;
    let ids: Vec<RunId> = recovered.runs.keys().copied().collect();
    let rows = store.known(&ids).await?;
    for row in &rows {
        recovered.runs.remove(row);
    }
    let log = Log::open(folder, clock.clone(), &recovered, ended.clone())?;
    log.release(rows).await?;
    let mut interrupted = 0_u32;
    for (_, found) in recovered.runs {
        if let Some(request_id) = &found.opened.request_id {
            let body = found.opened.digest();
            requests.remember(found.opened.workspace, request_id, body, found.opened.run, found.opened.created_at);
        }
        interrupted += u32::from(!found.ended);
        let run = found.opened.run;
        if let Err(error) = end(&log, found, now, clock, &ended).await {
            tracing::error!(%error, %run, "a run that a crash left cannot be read; it stays in its segment");
        }
    }
    if interrupted > 0 {
        tracing::info!(runs = interrupted, "runs that were going on when the server ended are interrupted now");
    }
    Ok(log)
}

async fn end(
    log: &Log,
    found: Found,
    now: i64,
    clock: &Clock,
    ended: &mpsc::UnboundedSender<Arc<HotRun>>,
) -> Result<(), Error> {
    let view = found.tape.view()?;
    let created_at = found.opened.created_at;
    let mut writer = log.adopt(HotRun::with(found.opened, found.tape, found.wire, found.ended, clock.monotonic_ms()));
    if found.ended {
        let _ = ended.send(writer.log().clone());
        return Ok(());
    }
    let mut usage = view.usage;
    usage.output_tokens = usage.output_tokens.max(view.deltas);
    let failed = Failed {
        error: ApiError::new(Code::Interrupted, "The server was restarted while this run was going on.")
            .hint("What had arrived is kept. Run it again.")
            .retry(None),
        usage,
        cost_micros: None,
        queue_ms: view.queue_ms.unwrap_or_default(),
        ttft_ms: view.first_delta_ms,
        total_ms: view.at_ms,
    };
    let at_ms = u64::try_from((now - created_at) / 1_000).unwrap_or_default().max(view.at_ms);
    writer.append_at(at_ms, RunEvent::Failed(failed)).await
}
