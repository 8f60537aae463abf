//! Cells in a real database.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::comparison::{CellCounts, Column};
use domain::{CellScope, ChatMessage, Code, Comparison, ComparisonSpec, PromptContent, Role};

use super::*;
use crate::principal::Principal;
use crate::store::comparisons::{Held, Saving};

const ID: ComparisonId = ComparisonId::from_bytes([1; 16]);

fn spec(columns: u32, rows: usize, repetitions: u32) -> ComparisonSpec {
    let column = |id| Column {
        id,
        prompt: None,
        version: None,
        edited: false,
        content: PromptContent {
            model: "m".into(),
            messages: vec![ChatMessage::text(Role::User, "About {{topic}}")],
            ..PromptContent::default()
        },
    };
    let row = |n: usize| BTreeMap::from([("topic".to_owned(), n.to_string())]);
    ComparisonSpec {
        columns: (1..=columns).map(column).collect(),
        rows: (0..rows).map(row).collect(),
        repetitions,
        ..ComparisonSpec::default()
    }
}

async fn kept(spec: ComparisonSpec) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("etude.db")).await.expect("opens");
    let new = Comparison {
        id: ID,
        name: "Tone".into(),
        revision: 1,
        spec,
        counts: CellCounts::default(),
        cost_micros: 0,
        held: None,
        created_at: 1,
        updated_at: 1,
    };
    store.create_comparison(&Principal::built_in(), &new).await.expect("kept");
    (folder, store)
}

/// How the cells stand; what is counted along the way must be what there is.
async fn stand(store: &Store) -> [u64; 5] {
    let row = store.comparison_row(Principal::built_in().workspace, ID).await.expect("answers").expect("it is there");
    let CellCounts { waiting, running, done, failed, stopped } = row.standing.counts;
    let cells = store.cells(ID, 0..u32::MAX).await.expect("answers");
    let count = |status| cells.iter().filter(|cell| cell.status == status).count() as u64;
    let counts = [waiting, running, done, failed, stopped];
    assert_eq!(counts, CellStatus::ALL.map(count));
    counts
}

fn begun(cell: WaitingCell, run: Result<RunId, ApiError>) -> Begun {
    Begun { cell, run, content: [0; 16], inputs: [0; 16] }
}

fn answer(place: Place, run: RunId) -> EndedCell {
    let outcome = Outcome {
        status: CellStatus::Done,
        text: "They flow".into(),
        answer: Some("a".into()),
        cost_micros: Some(7),
        ..Outcome::lost(ApiError::new(Code::Internal, "x"))
    };
    EndedCell { place, run, outcome: Outcome { error: None, ..outcome } }
}

fn run(n: u8) -> RunId {
    RunId::from_bytes([n; 16])
}

#[tokio::test]
async fn a5_counts_follow_every_change_and_what_was_changed_before_stays() {
    let (_folder, store) = kept(spec(2, 3, 2)).await;
    let all = CellScope::default();
    assert_eq!(store.put_cells(ID, &all, None, 1).await.expect("put"), 12);
    assert_eq!(stand(&store).await, [12, 0, 0, 0, 0]);
    assert_eq!(store.put_cells(ID, &all, None, 1).await.expect("put"), 0, "they wait already");

    let waiting = store.waiting_cells(ID, 4).await.expect("answers");
    assert!(waiting.iter().all(|cell| cell.place.row == 0 && cell.round == 1));
    let refused = ApiError::new(Code::UnfilledVariable, "`topic` has no value.");
    let some = [begun(waiting[0], Ok(run(1))), begun(waiting[1], Ok(run(2))), begun(waiting[2], Err(refused))];
    let cells = store.note_begun(ID, &some, 2).await.expect("noted");
    assert_eq!((cells.len(), cells[0].run), (3, Some(run(1))));
    assert_eq!(stand(&store).await, [9, 2, 0, 1, 0]);

    let first = CellScope { row: Some(0), column: Some(waiting[3].place.column), missing: false };
    let going = store.stop_cells(ID, &first, 3).await.expect("stopped");
    assert!(going.iter().all(|run| [self::run(1), self::run(2)].contains(run)));
    assert!(store.note_begun(ID, &[begun(waiting[3], Ok(run(4)))], 4).await.expect("noted").is_empty(), "too late");

    let cells = store.note_ended(ID, &[answer(waiting[0].place, run(1))], 5).await.expect("noted");
    assert_eq!((cells[0].text.as_str(), cells[0].cost_micros), ("They flow", Some(7)));
    assert!(store.note_ended(ID, &[answer(waiting[3].place, run(4))], 5).await.expect("noted").is_empty());
    let row = store.comparison_row(Principal::built_in().workspace, ID).await.expect("answers").expect("there");
    assert_eq!(row.standing.spent_micros, 14, "what was spent on a run that no cell has was spent all the same");

    // Again: all but the one that runs and the one that has an answer.
    let missing = CellScope { missing: true, ..CellScope::default() };
    store.put_cells(ID, &missing, None, 6).await.expect("put");
    assert_eq!(stand(&store).await, [10, 1, 1, 0, 0]);
    let rounds: Vec<_> = store.waiting_cells(ID, 99).await.expect("answers").iter().map(|cell| cell.round).collect();
    assert!(rounds.contains(&1) && rounds.contains(&3), "what has waited all along keeps its round: {rounds:?}");
}

#[tokio::test]
async fn a5_saving_takes_away_what_is_no_more_and_marks_what_is_outdated() {
    let (_folder, store) = kept(spec(2, 3, 1)).await;
    store.put_cells(ID, &CellScope::default(), None, 1).await.expect("put");
    let waiting = store.waiting_cells(ID, 9).await.expect("answers");
    let digests = store.comparison_columns(ID).await.expect("answers");
    for (n, cell) in (1..).zip(&waiting) {
        let inputs = store.comparison_inputs(ID, cell.place.row, 1, 1).await.expect("answers");
        let one = Begun { cell: *cell, run: Ok(run(n)), content: digests[0].digest, inputs: inputs[0].1.digest };
        store.note_begun(ID, &[one], 2).await.expect("noted");
    }
    assert!(store.cells(ID, 0..3).await.expect("answers").iter().all(|cell| !cell.outdated));

    let mut changed = spec(2, 2, 1);
    changed.columns[1].content.model = "other".into();
    changed.rows[1].insert("topic".into(), "seas".into());
    let of = Principal::built_in().workspace;
    let save = async |revision| store.save_comparison(of, ID, revision, "Tone", &changed, 3).await.expect("answers");
    assert!(matches!(save(9).await, Saving::Behind));
    let Saving::Saved { dropped } = save(1).await else { panic!("it is saved") };
    assert_eq!(dropped.len(), 2, "the third row's runs are nobody's");
    assert_eq!(stand(&store).await, [0, 4, 0, 0, 0]);
    let cells = store.cells(ID, 0..3).await.expect("answers");
    let outdated: Vec<_> = cells.iter().map(|cell| (cell.row, cell.column, cell.outdated)).collect();
    assert_eq!(outdated, [(0, 1, false), (0, 2, true), (1, 1, true), (1, 2, true)]);
    let kept = store.comparison(of, ID).await.expect("answers").expect("it is there");
    assert_eq!((kept.revision, &kept.spec), (2, &changed));

    assert!(store.hold_comparison(of, ID, Some(Held::Cap)).await.expect("held"));
    let Saving::Saved { .. } = save(2).await else { panic!("it is saved") };
    let row = store.comparison_row(of, ID).await.expect("answers").expect("it is there");
    assert_eq!(row.standing.held, None, "the cap may be another now");
    assert!(store.delete_comparison(of, ID, 5).await.expect("deleted"));
    assert_eq!(store.comparison(of, ID).await.expect("answers"), None);
    assert!(!store.delete_comparison(of, ID, 6).await.expect("answers"), "once is enough");
    store.purge_comparisons(4).await.expect("purged");
    assert!(store.restore_comparison(of, ID).await.expect("restored"));
    assert_eq!(store.comparison(of, ID).await.expect("answers").map(|kept| kept.spec), Some(changed.clone()));
    assert!(store.delete_comparison(of, ID, 7).await.expect("deleted"));
    store.purge_comparisons(7).await.expect("purged");
    assert!(!store.restore_comparison(of, ID).await.expect("answers"), "it is gone for good");
    assert!(store.cells(ID, 0..3).await.expect("answers").is_empty());
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "what is measured here is real time")]
async fn a_full_grid_is_put_at_once_and_read_in_pages() {
    let (_folder, store) = kept(spec(8, 10_000, 1)).await;
    let began = Instant::now();
    assert_eq!(store.put_cells(ID, &CellScope::default(), None, 1).await.expect("put"), 80_000);
    let put = began.elapsed();
    let (mut page, mut all, mut next) = (Duration::MAX, Duration::MAX, Duration::MAX);
    for _ in 0..5 {
        let began = Instant::now();
        assert_eq!(store.cells(ID, 5_000..5_050).await.expect("answers").len(), 400);
        page = page.min(began.elapsed());
        let began = Instant::now();
        store.comparison_row(Principal::built_in().workspace, ID).await.expect("answers");
        all = all.min(began.elapsed());
        let began = Instant::now();
        assert_eq!(store.waiting_cells(ID, 15).await.expect("answers").len(), 15);
        next = next.min(began.elapsed());
    }
    let took = format!("put {put:?}, page {page:?}, counts {all:?}, next {next:?}");
    assert!(put < Duration::from_secs(20), "{took}");
    let quick = Duration::from_millis(20);
    assert!(page < quick && all < quick && next < quick, "{took}");
}
