//! The contract of the store's lists and deletions.

use domain::event::{Delta, Ending, Failed, Finished, Started, Usage};
use domain::{ApiError, Code, FinishReason, Params, RunEvent, RunFilter, RunId, RunStatus};
use engine::log::Opened;
use engine::store::{Ended, Kept, Store};
use engine::tape::Tape;

use crate::support::{WORKSPACE, opened};

async fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("etude.db")).await.expect("opens");
    (folder, store)
}

fn id(n: u8) -> RunId {
    RunId::from_bytes([n; 16])
}

/// A run that asked `asked`, was answered `answer` by `resolved` and ended with `end`.
fn run(n: u8, asked: &str, answer: &str, end: RunEvent) -> Ended {
    child(n, None, asked, answer, end)
}

fn child(n: u8, parent: Option<RunId>, asked: &str, answer: &str, end: RunEvent) -> Ended {
    let request = serde_json::json!({
        "model": "alias", "params": {},
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": asked}],
        "inputs": {"topic": "glaciers"},
    });
    let started = RunEvent::Started(Started {
        run: id(n),
        model: "alias".into(),
        resolved_model: format!("model-{}", n % 2),
        provider: "lab".into(),
        endpoint: "http://127.0.0.1:1".into(),
        cached: false,
        started_at: 0,
        params: Params::default(),
        input_tokens: None,
    });
    let mut tape = Tape::default();
    for (seq, body) in (0..).zip([started, RunEvent::Delta(Delta { text: answer.into(), ..Delta::default() }), end]) {
        let event = domain::Event { seq, at_ms: seq, body };
        tape.push(event.body.kind(), &event.data());
    }
    let opened = Opened {
        request: request.to_string(),
        model: "alias".into(),
        created_at: i64::from(n) * 1_000_000,
        parent,
        ..opened(id(n))
    };
    Ended::new(opened, tape, Vec::new()).expect("a run")
}

fn stop() -> RunEvent {
    RunEvent::Finished(Finished {
        finish_reason: FinishReason::Stop,
        usage: Usage::default(),
        cost_micros: None,
        queue_ms: 0,
        ttft_ms: Some(1),
        total_ms: 2,
        cancel_ms: None,
        ending: Ending::default(),
    })
}

fn failed(message: &str) -> RunEvent {
    RunEvent::Failed(Failed {
        error: ApiError::new(Code::UpstreamError, message),
        usage: Usage::default(),
        cost_micros: None,
        queue_ms: 0,
        ttft_ms: None,
        total_ms: 2,
    })
}

/// Three runs: about rivers, about seas, and one that failed.
async fn three() -> (tempfile::TempDir, Store) {
    let (folder, store) = store().await;
    let runs = [
        run(1, "Rivers, and {{topic}}?", "They flow to the Baltic.", stop()),
        run(2, "Describe a sea", "Salt; the Baltic is brackish. Größe: 377.", stop()),
        run(3, "Count", "one two", failed("The teapot was short and stout.")),
    ];
    store.keep_runs(&runs).await.expect("kept");
    (folder, store)
}

async fn found(store: &Store, filter: &RunFilter) -> Vec<RunId> {
    let page = store.runs(WORKSPACE, filter, None, 10).await.expect("answers");
    page.data.iter().map(|run| run.id).collect()
}

fn query(words: &str) -> RunFilter {
    RunFilter { query: Some(words.into()), ..RunFilter::default() }
}

#[tokio::test]
async fn a7_runs_are_found_by_the_words_of_request_answer_error_and_id() {
    let (_folder, store) = three().await;
    for (words, ids) in [
        ("rivers", vec![1]),
        ("RIV", vec![1]),
        ("baltic", vec![2, 1]),
        ("baltic salt", vec![2]),
        ("größe", vec![2]),
        ("grosse", vec![]),
        ("brief", vec![3, 2, 1]),
        ("glaciers", vec![3, 2, 1]),
        ("teapot", vec![3]),
        ("ivers", vec![]),
        ("baltic NOT salt", vec![]),
        ("run_0202", vec![2]),
    ] {
        assert_eq!(found(&store, &query(words)).await, ids.into_iter().map(id).collect::<Vec<_>>(), "{words}");
    }
}

#[tokio::test]
async fn a7_filters_narrow_and_page_together() {
    let (_folder, store) = three().await;
    let status = |status: &[RunStatus]| RunFilter { status: status.to_vec(), ..RunFilter::default() };
    assert_eq!(found(&store, &status(&[RunStatus::Failed, RunStatus::Interrupted])).await, [id(3)]);
    assert_eq!(found(&store, &status(&[RunStatus::Finished])).await, [id(2), id(1)]);
    assert!(found(&store, &status(&[RunStatus::Queued])).await.is_empty());
    let model = |model: &str| RunFilter { model: Some(model.into()), ..RunFilter::default() };
    assert_eq!(found(&store, &model("alias")).await.len(), 3, "as it was asked for");
    assert_eq!(found(&store, &model("model-1")).await, [id(3), id(1)], "as it was resolved");
    let time = RunFilter { from: Some(2_000_000), to: Some(3_000_000), ..RunFilter::default() };
    assert_eq!(found(&store, &time).await, [id(2)]);
    let both = RunFilter { query: Some("baltic".into()), ..status(&[RunStatus::Finished]) };
    let first = store.runs(WORKSPACE, &both, None, 1).await.expect("answers");
    assert_eq!((first.data[0].id, first.next), (id(2), Some(id(2))));
    let second = store.runs(WORKSPACE, &both, first.next, 1).await.expect("answers");
    assert_eq!((second.data[0].id, second.next), (id(1), None));
    assert_eq!(second.data[0].prompt, "Rivers, and {{topic}}?");
    assert_eq!(store.models_of_runs(WORKSPACE).await.expect("answers"), ["alias"]);
}

#[tokio::test]
async fn d2_children_are_found_by_their_parent() {
    let (_folder, store) = store().await;
    let child = child(2, Some(id(1)), "again", "yes", stop());
    store.keep_runs(&[run(1, "first", "no", stop()), child]).await.expect("kept");
    let children = store.children(WORKSPACE, id(1), 10).await.expect("answers");
    assert_eq!(children.iter().map(|run| run.id).collect::<Vec<_>>(), [id(2)]);
    assert!(matches!(store.parent(WORKSPACE, id(2)).await, Ok(Kept::Here(Some(parent))) if parent == id(1)));
    assert!(store.delete_run(WORKSPACE, id(2), 1).await.expect("deleted"));
    assert!(store.children(WORKSPACE, id(1), 10).await.expect("answers").is_empty());
}

#[tokio::test]
async fn a_deletion_hides_at_once_and_can_be_undone_until_it_is_purged() {
    let (_folder, store) = three().await;
    assert!(store.delete_run(WORKSPACE, id(1), 50).await.expect("deleted"));
    assert!(matches!(store.run(WORKSPACE, id(1)).await, Ok(Kept::Deleted)));
    assert!(matches!(store.tape(WORKSPACE, id(1)).await, Ok(Kept::Deleted)));
    assert!(found(&store, &query("rivers")).await.is_empty());
    assert_eq!(store.deleted_at(WORKSPACE, id(1)).await.expect("answers"), Some(50));

    assert_eq!(store.purge_runs(49).await.expect("nothing to do"), 0);
    assert!(store.restore_run(WORKSPACE, id(1)).await.expect("restored"));
    assert!(!store.restore_run(WORKSPACE, id(1)).await.expect("it is there"));
    assert_eq!(found(&store, &query("rivers")).await, [id(1)]);
    let Kept::Here(run) = store.run(WORKSPACE, id(1)).await.expect("answers") else { panic!("it is back") };
    assert_eq!(run.output.text, "They flow to the Baltic.");

    assert!(store.delete_run(WORKSPACE, id(1), 60).await.expect("deleted"));
    assert_eq!(store.purge_runs(60).await.expect("purged"), 1);
    assert_eq!(store.purge_runs(60).await.expect("nothing left"), 0);
    assert_eq!(store.deleted_at(WORKSPACE, id(1)).await.expect("answers"), None);
    assert!(!store.restore_run(WORKSPACE, id(1)).await.expect("answers"));
    assert!(matches!(store.run(WORKSPACE, id(1)).await, Ok(Kept::Deleted)));
    assert_eq!(found(&store, &query("baltic")).await, [id(2)], "the others are still found");
}

#[tokio::test]
async fn what_is_purged_is_not_in_the_file_any_more() {
    let (folder, store) = three().await;
    assert!(store.delete_run(WORKSPACE, id(1), 1).await.expect("deleted"));
    assert_eq!(store.purge_runs(1).await.expect("purged"), 1);
    store.close().await;
    let left = folder.path().join("left.db");
    let mut db = sqlite(&folder.path().join("etude.db")).await;
    sqlx::query("vacuum into $1").bind(left.to_string_lossy().into_owned()).execute(&mut db).await.expect("copied");
    let bytes = std::fs::read(left).expect("reads");
    let holds = |word: &str| bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()));
    assert!(!holds("rivers") && holds("teapot"));
}

async fn sqlite(file: &std::path::Path) -> sqlx::SqliteConnection {
    use sqlx::ConnectOptions;
    sqlx::sqlite::SqliteConnectOptions::new().filename(file).connect().await.expect("opens")
}
