//! The rest is imported without what is refused, and an import is taken back.

use domain::Undone;

use super::*;

const SKIP: How = How { dry_run: false, skip_refused: true };

async fn take_back(shelf: &Shelf, n: u8) -> Option<Undone> {
    let id = ImportId::from_bytes([n; 16]);
    shelf.store.take_back(&Principal::built_in(), id, 0, &[]).await.expect("answers").map(|back| back.undone)
}

fn told(taken_back: u64, kept: u64) -> Option<Undone> {
    Some(Undone { taken_back, kept })
}

fn json_of(file: &str) -> Value {
    serde_json::from_str(file).expect("JSON")
}

#[tokio::test]
async fn e2_what_is_refused_is_left_out_and_the_rest_is_taken_whole() {
    let file = filled_with_comparison().await.export().await;
    let mut broken = json_of(&file);
    broken["surprise"] = json!(1);
    broken["prompts"][0]["versions"][1]["note"] = json!(7);
    broken["runs"][1]["status"] = json!("failed");
    let there = Shelf::new().await;
    let built_in = Principal::built_in;
    let dry = How { dry_run: true, ..How::default() };
    let before = there.import_how(built_in(), &broken.to_string(), dry, 1).await.expect("is looked at");
    let done = there.import_how(built_in(), &broken.to_string(), SKIP, 2).await.expect("imports");
    assert_eq!(done.id, Some(ImportId::from_bytes([2; 16])));
    assert_eq!(Imported { id: None, ..done.clone() }, before, "as the dry run has said");
    let paths: Vec<_> = done.refused.iter().flatten().map(|refused| refused.path.as_str()).collect();
    assert_eq!(paths, ["prompts[0].versions[1].note", "runs[1].status", "surprise"]);
    assert_eq!((done.left_out, done.refused_more, done.unchanged), (2, 0, 0));

    // What is there is what the file has without the entries that were named.
    let mut rest = json_of(&file);
    rest["prompts"].as_array_mut().expect("a list").remove(0);
    rest["runs"].as_array_mut().expect("a list").remove(1);
    assert_eq!(json_of(&there.export().await), rest);
    let again = there.import_how(built_in(), &broken.to_string(), SKIP, 3).await.expect("imports");
    assert_eq!((again.id, again.created, again.unchanged), (None, 0, done.created), "twice changes nothing");
    assert_eq!(take_back(&there, 3).await, None, "what has written nothing cannot be taken back");
    // A file that cannot be read to its end is refused whole.
    let cut = &file[..file.len() - 2];
    assert!(Shelf::new().await.import_how(built_in(), cut, SKIP, 4).await.is_err());
}

#[tokio::test]
async fn e2_of_two_under_one_id_the_first_is_taken() {
    let file = filled().await.export().await;
    let mut twice = json_of(&file);
    let mut copy = twice["prompts"][0].clone();
    copy["name"] = json!("Another");
    twice["prompts"].as_array_mut().expect("a list").push(copy);
    let there = Shelf::new().await;
    let done = there.import_how(Principal::built_in(), &twice.to_string(), SKIP, 1).await.expect("imports");
    assert_eq!(done.left_out, 1);
    assert_eq!(there.export().await, file);
}

#[tokio::test]
async fn e2_what_names_a_version_that_is_another_here_is_left_out_with_it() {
    let file = filled_with_comparison().await.export().await;
    let there = Shelf::new().await;
    there.prompt(1, &about("Ours"), &[content("a"), content("ours")]).await;
    let before = there.export().await;
    let built_in = Principal::built_in;
    let dry = How { dry_run: true, ..How::default() };
    let would = there.import_how(built_in(), &file, dry, 1).await.expect("is looked at");
    let done = there.import_how(built_in(), &file, SKIP, 2).await.expect("imports");
    assert_eq!(Imported { id: None, ..done.clone() }, would, "as the dry run has said");
    let paths: Vec<_> = done.refused.iter().flatten().map(|refused| refused.path.as_str()).collect();
    assert_eq!(paths, ["prompts[0].versions[1]", "runs[0]", "comparisons[0]"]);
    assert_eq!(done.left_out, 3);
    let now = json_of(&there.export().await);
    assert_eq!(now["runs"].as_array().map(Vec::len), Some(1), "the one that names no prompt");
    assert_eq!(now["prompts"][0], json_of(&before)["prompts"][0]);
}

#[tokio::test]
async fn e2_an_import_is_taken_back_and_nothing_else() {
    let file = filled_with_comparison().await.export().await;
    let there = Shelf::new().await;
    there.prompt(9, &about("Here before"), &[content("mine")]).await;
    let before = there.export().await;
    let done = there.import_how(Principal::built_in(), &file, How::default(), 1).await.expect("imports");
    assert_ne!(there.export().await, before);
    let stranger = Principal { workspace: domain::WorkspaceId::from_bytes([7; 16]), ..Principal::built_in() };
    let id = done.id.expect("something was written");
    assert_eq!(there.store.take_back(&stranger, id, 0, &[]).await.expect("answers"), None, "another's is none");
    let late = there.store.take_back(&Principal::built_in(), id, i64::MAX, &[]).await.expect("answers");
    assert_eq!(late, None, "it is too long ago");
    assert_eq!(take_back(&there, 1).await, told(done.created, 0));
    assert_eq!(there.export().await, before);
    assert_eq!(take_back(&there, 1).await, None, "once");
    assert_eq!(there.import(&file).await.map(|again| again.created), Ok(done.created), "and it can be had again");
}

#[tokio::test]
async fn e2_what_an_import_has_replaced_is_there_again() {
    let there = filled_with_comparison().await;
    there.store.stop_cells(ComparisonId::from_bytes([5; 16]), &CellScope::default(), 2_000_002).await.expect("stops");
    assert!(
        there.store.delete_run(Principal::built_in().workspace, RunId::from_bytes([1; 16]), 5).await.expect("deleted")
    );
    assert_eq!(there.store.purge_runs(6).await.expect("purged"), 1);
    let before = there.export().await;
    let mut newer = json_of(&filled_with_comparison().await.export().await);
    newer["prompts"][0]["name"] = json!("Newer");
    newer["prompts"][0]["labels"] = json!({});
    newer["prompts"][0]["updated_at"] = json!(9_500_000);
    newer["comparisons"][0]["name"] = json!("Newer");
    newer["comparisons"][0]["updated_at"] = json!(9_500_000);
    let done = there.import_how(Principal::built_in(), &newer.to_string(), How::default(), 1).await.expect("imports");
    assert_eq!((done.updated, done.created), (2, 1), "{done:?}");
    assert_eq!(take_back(&there, 1).await, told(3, 0));
    assert_eq!(there.export().await, before);
    let deleted = there.store.owner_of_run(RunId::from_bytes([1; 16])).await.expect("answers");
    assert!(deleted.is_some_and(|(_, deleted)| deleted), "what was deleted is deleted again");
}

#[tokio::test]
async fn e2_what_was_changed_since_stays() {
    let file = filled_with_comparison().await.export().await;
    let there = Shelf::new().await;
    let (workspace, comparison) = (Principal::built_in().workspace, ComparisonId::from_bytes([5; 16]));
    let done = there.import_how(Principal::built_in(), &file, How::default(), 1).await.expect("imports");
    let prompts = json_of(&file)["prompts"].as_array().expect("a list").clone();
    let first: PromptId = prompts[0]["id"].as_str().expect("an id").parse().expect("an id");
    let changed = About { description: Some("Changed here".into()), ..About::default() };
    there.store.describe_prompt(workspace, first, &changed, 9_000_000).await.expect("described");
    there.store.put_cells(comparison, &CellScope::default(), None, 9_000_000).await.expect("begun again");
    let kept = 1 + prompts[0]["versions"].as_array().expect("a list").len() as u64 + 1;
    assert_eq!(take_back(&there, 1).await, told(done.created - kept, kept));
    let left = json_of(&there.export().await);
    assert_eq!((&left["prompts"][0]["description"], &left["prompts"][1]), (&json!("Changed here"), &Value::Null));
    assert!(there.store.comparison(workspace, comparison).await.expect("answers").is_some());
}

#[tokio::test]
async fn e2_versions_that_were_added_go_unless_they_were_run() {
    for is_run in [false, true] {
        let (here, there) = (Shelf::new().await, Shelf::new().await);
        here.prompt(3, &about("Ours"), &[content("a"), content("b")]).await;
        let id = there.prompt(3, &about("Ours"), &[content("a")]).await;
        let before = there.export().await;
        let file = here.export().await;
        let done = there.import_how(Principal::built_in(), &file, How::default(), 1).await.expect("imports");
        assert_eq!((done.created, done.updated), (1, 1));
        if is_run {
            there.store.keep_runs(&[run(1, &request("b"), &["x".into()], Some((id, 2)))]).await.expect("kept");
            assert_eq!(take_back(&there, 1).await, told(0, 2));
        } else {
            assert_eq!(take_back(&there, 1).await, told(2, 0));
            assert_eq!(there.export().await, before);
        }
    }
}
