//! The contract of the store.

use domain::{RunFilter, RunId, RunStatus, WorkspaceId};
use engine::log::Opened;
use engine::store::{Ended, Kept, Store};
use engine::tape::Tape;

use crate::support::{WORKSPACE, delta, finished, opened};

async fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("etude.db")).await.expect("opens");
    (folder, store)
}

fn tape() -> Tape {
    let mut tape = Tape::default();
    for (seq, body) in [delta(0), delta(1), finished()].into_iter().enumerate() {
        let event = domain::Event { seq: seq as u64, at_ms: seq as u64, body };
        tape.push(event.body.kind(), &event.data());
    }
    tape
}

fn ended(opened: Opened) -> Ended {
    Ended::new(opened, tape(), Vec::new()).expect("a run")
}

fn id(n: u8) -> RunId {
    RunId::from_bytes([n; 16])
}

#[tokio::test]
async fn a7_a_kept_run_has_everything() {
    let (_folder, store) = store().await;
    store.keep_runs(&[ended(opened(id(1)))]).await.expect("kept");
    let Kept::Here(run) = store.run(WORKSPACE, id(1)).await.expect("answers") else { panic!("it is there") };
    assert_eq!(run.status, RunStatus::Finished);
    assert_eq!(run.output.text, "w0 w1 ");
    assert_eq!((run.cost_micros, run.queue_ms, run.ttft_ms, run.total_ms), (Some(7), Some(1), Some(2), Some(3)));
    assert_eq!(run.request.as_str(), opened(id(1)).request);
    let Kept::Here(kept) = store.tape(WORKSPACE, id(1)).await.expect("answers") else { panic!("it is there") };
    assert_eq!(kept, tape());
}

#[tokio::test]
async fn another_workspace_sees_nothing() {
    let (_folder, store) = store().await;
    store.keep_runs(&[ended(opened(id(1)))]).await.expect("kept");
    let other = WorkspaceId::from_bytes([9; 16]);
    assert!(matches!(store.run(other, id(1)).await, Ok(Kept::Absent)));
    assert!(matches!(store.tape(other, id(1)).await, Ok(Kept::Absent)));
    assert!(!store.delete_run(other, id(1), 1).await.expect("answers"));
    assert!(store.runs(other, &RunFilter::default(), None, 10).await.expect("answers").data.is_empty());
}

#[tokio::test]
async fn keeping_twice_changes_nothing_and_does_not_bring_back_what_was_deleted() {
    let (_folder, store) = store().await;
    let run = [ended(opened(id(1)))];
    store.keep_runs(&run).await.expect("kept");
    store.keep_runs(&run).await.expect("kept again");
    assert!(store.delete_run(WORKSPACE, id(1), 1).await.expect("deleted"));
    assert!(!store.delete_run(WORKSPACE, id(1), 2).await.expect("nothing left"));
    store.keep_runs(&run).await.expect("ignored");
    assert!(matches!(store.run(WORKSPACE, id(1)).await, Ok(Kept::Deleted)));
    assert!(matches!(store.tape(WORKSPACE, id(1)).await, Ok(Kept::Deleted)));
    assert_eq!(store.known(&[id(1), id(2)]).await.expect("answers"), [id(1)]);
}

#[tokio::test]
async fn pages_are_newest_first_and_meet_without_gap_or_overlap() {
    let (_folder, store) = store().await;
    let rows: Vec<_> = (1..=7).map(|n| ended(opened(id(n)))).collect();
    store.keep_runs(&rows).await.expect("kept");
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = store.runs(WORKSPACE, &RunFilter::default(), after, 3).await.expect("answers");
        seen.extend(page.data.iter().map(|run| run.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=7).rev().map(id).collect::<Vec<_>>());
}

#[tokio::test]
async fn d2_submissions_are_remembered() {
    let (_folder, store) = store().await;
    let mut with_id = opened(id(1));
    with_id.request_id = Some("once".into());
    store.keep_runs(&[ended(with_id), ended(opened(id(2)))]).await.expect("kept");
    let remembered = store.remembered_requests(0).await.expect("answers");
    assert_eq!(remembered.len(), 1);
    assert_eq!((remembered[0].run, remembered[0].request_id.as_str()), (id(1), "once"));
    assert!(store.remembered_requests(2_000_000).await.expect("answers").is_empty());
}
