//! What is carried away and brought back is the same, and what is wrong with a file is said before anything is written.

mod any;
mod bad;
mod schema;
mod undo;

use domain::carry::Imported;
use domain::comparison::Column;
use domain::event::{Delta, Ending, Finished, Started, Usage};
use domain::prompt::About;
use domain::{
    ApiError, CellScope, CellStatus, Code, ComparisonId, ComparisonSpec, Event, FinishReason, ImportId, Params,
    PromptContent, PromptId, RunEvent, RunId, VersionId, Wire, WireRequest,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::export::{Out, Source};
use super::format::{CellEntry, ComparisonHead};
use super::spool::Spool;
use super::{How, Of, import, json as json_form, markdown};
use crate::clock::Clock;
use crate::error::Error;
use crate::log::Opened;
use crate::principal::Principal;
use crate::store::carry::Written;
use crate::store::prompts::NewRow;
use crate::store::{Ended, Store};
use crate::tape::Tape;
use crate::wire;

/// A server's data.
struct Shelf {
    store: Store,
    folder: TempDir,
    /// How many imports it has seen, so that each has an id of its own.
    imports: std::sync::atomic::AtomicU8,
}

impl Shelf {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("etude.db")).await.expect("opens");
        Self { store, folder, imports: 100.into() }
    }

    async fn export_of(&self, of: Of, runs: bool, is_markdown: bool) -> String {
        let (to, mut pieces) = mpsc::channel(4);
        let store = self.store.clone();
        tokio::spawn(async move {
            let principal = Principal::built_in();
            let source = Source { store: &store, principal: &principal };
            let mut out = Out::new(to);
            let written = if is_markdown {
                markdown::write(source, of, runs, &mut out).await
            } else {
                json_form::write(source, of, runs, &mut out).await
            };
            assert!(written.is_ok(), "it is written");
            assert!(out.hand_over().await.is_ok(), "it is taken");
        });
        let mut text = String::new();
        while let Some(piece) = pieces.recv().await {
            text += std::str::from_utf8(&piece.expect("a piece")).expect("text");
        }
        text
    }

    async fn export(&self) -> String {
        self.export_of(Of::All, false, false).await
    }

    /// Imports with everything that is told, under an id that is made of `n`.
    async fn import_how(&self, principal: Principal, file: &str, how: How, n: u8) -> Result<Imported, ApiError> {
        let mut spool = Spool::open(&self.folder.path().join("tmp"), &Clock::system()).expect("opens");
        for piece in file.as_bytes().chunks(7_000) {
            spool.write(piece).await.expect("is taken");
        }
        let file = spool.finish().await.expect("is whole");
        let (store, handle) = (self.store.clone(), Handle::current());
        let work = tokio::task::spawn_blocking(move || {
            let id = (ImportId::from_bytes([n; 16]), i64::from(n));
            import::import(&store, &principal, &|_| false, &file, how, id, &handle).map(|(imported, _)| imported)
        });
        work.await.expect("ends").map_err(|error: Error| error.public())
    }

    async fn import_as(&self, principal: Principal, file: &str, dry_run: bool) -> Result<Imported, ApiError> {
        let id = self.imports.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let how = How { dry_run, ..How::default() };
        self.import_how(principal, file, how, id).await.map(|told| Imported { id: None, ..told })
    }

    async fn import(&self, file: &str) -> Result<Imported, ApiError> {
        self.import_as(Principal::built_in(), file, false).await
    }

    async fn refusals(&self, file: &str) -> Vec<(String, String)> {
        let told = self.import_as(Principal::built_in(), file, true).await.expect("it can be read");
        let refused = told.refused.expect("of a dry run");
        refused.into_iter().map(|refused| (refused.path, refused.why)).collect()
    }

    /// Saves a prompt with these versions, as the library does.
    async fn prompt(&self, n: u8, about: &About, contents: &[PromptContent]) -> PromptId {
        let id = PromptId::from_bytes([n; 16]);
        let principal = Principal::built_in();
        for (at, content) in contents.iter().enumerate() {
            let canonical = content.canonical();
            let mut version = [n; 16];
            version[15] = u8::try_from(at).expect("few");
            let row = NewRow {
                id: VersionId::from_bytes(version),
                digest: *blake3::hash(canonical.as_bytes()).as_bytes(),
                content: content.clone(),
                canonical,
                author: "You".into(),
                now: 1_000_000 + i64::try_from(at).expect("few"),
            };
            if at == 0 {
                self.store.create_prompt(&principal, id, about, &row).await.expect("saved");
            } else {
                let about = About { note: format!("change {at}\nand more"), ..About::default() };
                self.store.save_version(&principal, id, &about, &row).await.expect("saved");
            }
        }
        id
    }
}

fn content(text: &str) -> PromptContent {
    let json = json!({"model": "m", "messages": [{"role": "user", "content": text}], "params": {"temperature": 0.1}});
    serde_json::from_value(json).expect("content")
}

fn about(name: &str) -> About {
    About {
        name: Some(name.into()),
        tags: Some(vec!["eu".into(), "few shot".into()]),
        description: Some("What it is for.\n\nAnd more.".into()),
        ..About::default()
    }
}

fn finished() -> RunEvent {
    RunEvent::Finished(Finished {
        finish_reason: FinishReason::Stop,
        usage: Usage { input_tokens: 3, output_tokens: 2, ..Usage::default() },
        cost_micros: Some(7),
        queue_ms: 1,
        ttft_ms: Some(2),
        total_ms: 3,
        cancel_ms: None,
        ending: Ending::default(),
    })
}

/// A run that asked `request` and was answered by these pieces.
fn run(n: u8, request: &str, pieces: &[String], of: Option<(PromptId, u32)>) -> Ended {
    let id = RunId::from_bytes([n; 16]);
    let started = RunEvent::Started(Started {
        run: id,
        model: "m".into(),
        resolved_model: "m-1".into(),
        provider: "lab".into(),
        endpoint: "http://127.0.0.1:1".into(),
        cached: false,
        started_at: 5,
        params: Params { temperature: Some(0.1), ..Params::default() },
        input_tokens: None,
    });
    let deltas = pieces.iter().map(|text| RunEvent::Delta(Delta { text: text.clone(), ..Delta::default() }));
    let mut tape = Tape::default();
    for (seq, body) in (0..).zip(std::iter::once(started).chain(deltas).chain([finished()])) {
        let event = Event { seq, at_ms: seq, body };
        tape.push(event.body.kind(), &event.data());
    }
    let sent = WireRequest {
        method: "POST".into(),
        url: "http://127.0.0.1:1/v1".into(),
        headers: [("authorization".to_owned(), "•••".to_owned())].into(),
        body: format!("{{\"sent\":{request}}}").into(),
    };
    let opened = Opened {
        run: id,
        workspace: Principal::built_in().workspace,
        user: Principal::built_in().user,
        request: request.into(),
        model: "m".into(),
        request_id: n.is_multiple_of(2).then(|| format!("once-{n}")),
        parent: (n > 1).then(|| RunId::from_bytes([n - 1; 16])),
        prompt: of,
        group: None,
        wire: None,
        client_digest: None,
        created_at: 1_000_000 * i64::from(n),
    };
    let part = Wire { client: None, request: Some(sent), response: None };
    Ended::new(opened, tape, vec![wire::pack(&part).expect("packs")]).expect("a run")
}

fn request(text: &str) -> String {
    json!({"model": "m", "messages": [{"role": "user", "content": text}], "params": {}}).to_string()
}

/// A shelf with two prompts and two runs.
async fn filled() -> Shelf {
    let shelf = Shelf::new().await;
    let first = shelf.prompt(1, &about("Clause review"), &[content("a"), content("b"), content("c")]).await;
    shelf.prompt(2, &about("שלום Größe 👋🏽"), &[content("d")]).await;
    let labels = [("production".to_owned(), Some(2)), ("eu.west-1".to_owned(), Some(1))].into();
    shelf
        .store
        .describe_prompt(Principal::built_in().workspace, first, &About { labels, ..About::default() }, 9_000_000)
        .await
        .expect("described");
    shelf.store.name_prompt(Principal::built_in().workspace, "pmpt_123", "2", first, 2).await.expect("named");
    let runs = [
        run(1, &request("Hi"), &["He".into(), "llo".into()], Some((first, 2))),
        run(2, &request("Hi again"), &["Yes".into()], None),
    ];
    shelf.store.keep_runs(&runs).await.expect("kept");
    shelf
}

/// The same with a comparison: one cell ended, one failed, one still waits.
async fn filled_with_comparison() -> Shelf {
    let shelf = filled().await;
    let cell = |column: u32, status: CellStatus| CellEntry {
        row: 0,
        column,
        repetition: 0,
        status,
        run: Some(RunId::from_bytes([1; 16])),
        text: "Hello".into(),
        answer: (status == CellStatus::Done).then(|| "00ff".into()),
        usage: Usage { input_tokens: 3, output_tokens: 2, ..Usage::default() },
        ttft_ms: Some(2),
        total_ms: Some(3),
        cost_micros: Some(7),
        error: (status == CellStatus::Failed).then(|| ApiError::new(Code::UpstreamError, "The teapot was short.")),
        outdated: column == 2,
    };
    let column = |id: u32, text: &str| Column {
        id,
        prompt: Some(PromptId::from_bytes([1; 16])),
        version: Some(2),
        edited: id == 2,
        content: content(text),
    };
    let head = ComparisonHead {
        id: ComparisonId::from_bytes([5; 16]),
        name: "Side by side".into(),
        revision: 4,
        round: 0,
        spec: ComparisonSpec {
            columns: vec![column(1, "a"), column(2, "b"), column(3, "c")],
            rows: vec![[("topic".to_owned(), "rivers".to_owned())].into()],
            repetitions: 1,
            data_name: Some("topics.csv".into()),
            cap_micros: Some(1_000),
        },
        cost_micros: 14,
        created_at: 1_000_000,
        updated_at: 2_000_000,
    };
    let (id, cells) = (head.id, vec![cell(1, CellStatus::Done), cell(2, CellStatus::Failed)]);
    let mut db =
        shelf.store.write_carried(&Principal::built_in(), ImportId::from_bytes([99; 16])).await.expect("begins");
    assert_eq!(db.comparison(head, cells, None).await.expect("written"), Written::Created);
    db.commit(0).await.expect("kept");
    let missing = CellScope { missing: true, column: Some(3), row: None };
    shelf.store.put_cells(id, &missing, None, 2_000_001).await.expect("waits");
    shelf
}

#[tokio::test]
async fn e2_a_comparison_goes_with_its_cells_and_nothing_begins_by_itself() {
    let here = filled_with_comparison().await;
    let id = ComparisonId::from_bytes([5; 16]);
    let file = here.export().await;
    let there = Shelf::new().await;
    assert_eq!(there.import(&file).await, Ok(Imported { created: 9, ..Imported::default() }));
    assert_eq!(there.export().await, file);
    assert_eq!(there.import(&file).await, Ok(Imported { unchanged: 9, ..Imported::default() }));
    assert!(there.store.unfinished_comparisons().await.expect("answers").is_empty());
    let refused = here.import(&file).await.expect_err("it is being run here");
    assert_eq!((refused.code, refused.param.as_deref()), (Code::Conflict, Some("comparisons[0]")));
    // Its next round has another number than the one whose runs came along.
    let row = there.store.comparison_row(Principal::built_in().workspace, id).await.expect("answers").expect("there");
    assert_eq!((row.round, row.standing.counts.done, row.standing.counts.failed), (1, 1, 1));
    // The later one stays.
    here.store.stop_cells(id, &CellScope::default(), 3_000_000).await.expect("stopped");
    let later = here.export().await;
    assert_eq!(there.import(&later).await.expect("imports").updated, 1);
    assert_eq!(there.export().await, later);
    assert_eq!(there.import(&file).await.expect("imports").unchanged, 9, "the older one changes nothing");
    for (from, to, path, said) in [
        ("\"row\":0,\"column\":1", "\"row\":9,\"column\":1", "comparisons[0].cells[0]", "no row, column or repetition"),
        ("\"column\":2", "\"column\":1", "comparisons[0].cells[1]", "twice"),
        ("\"status\":\"done\"", "\"status\":\"running\"", "comparisons[0].cells[0]", "has not ended"),
        ("\"repetitions\":1", "\"repetitions\":0", "comparisons[0].spec.repetitions", "1 to 20"),
        ("\"repetition\":0", "\"repetitoin\":0", "comparisons[0].cells[0].repetitoin", "`repetition` is"),
    ] {
        let refused = Shelf::new().await.refusals(&file.replacen(from, to, 1)).await;
        assert!(refused.iter().any(|(at, why)| at == path && why.contains(said)), "{from}: {refused:?}");
    }
    let text = here.export_of(Of::Comparison(id), false, true).await;
    assert!(text.contains("# Side by side\n") && text.contains("### A: done\n\n```text\nHello\n```"), "{text}");
}

#[tokio::test]
async fn e2_an_empty_server_exports_what_it_imported() {
    let here = filled().await;
    let file = here.export().await;
    let there = Shelf::new().await;
    let told = there.import_as(Principal::built_in(), &file, true).await.expect("dry");
    assert_eq!(told, Imported { created: 8, refused: Some(Vec::new()), ..Imported::default() });
    assert_eq!(
        there.export().await,
        "{\"format\":\"etude\",\"version\":1,\"prompts\":[],\"runs\":[],\"comparisons\":[]}\n"
    );
    assert_eq!(there.import(&file).await, Ok(Imported { created: 8, ..Imported::default() }));
    assert_eq!(there.export().await, file);
    assert_eq!(there.import(&file).await, Ok(Imported { unchanged: 8, ..Imported::default() }));
    assert_eq!(here.import(&file).await, Ok(Imported { unchanged: 8, ..Imported::default() }));
    assert_eq!((there.export().await, here.export().await), (file.clone(), file));
    let page = there.store.runs(Principal::built_in().workspace, &domain::RunFilter::default(), None, 9).await;
    assert_eq!(page.expect("a list").data.len(), 2);
}

#[tokio::test]
async fn e2_a_prompt_goes_with_its_history_and_with_its_runs_where_asked() {
    let here = filled().await;
    let of = Of::Prompt(PromptId::from_bytes([1; 16]));
    let count = |file: &str| {
        let file: Value = serde_json::from_str(file).expect("JSON");
        (file["prompts"][0]["versions"].as_array().map(Vec::len), file["runs"].as_array().map(Vec::len))
    };
    assert_eq!(count(&here.export_of(of, false, false).await), (Some(3), Some(0)));
    assert_eq!(count(&here.export_of(of, true, false).await), (Some(3), Some(1)));
    let run = here.export_of(Of::Run(RunId::from_bytes([2; 16])), false, false).await;
    let run: Value = serde_json::from_str(&run).expect("JSON");
    assert_eq!((&run["runs"][0]["output"]["text"], &run["prompts"]), (&json!("Yes"), &json!([])));
}

#[tokio::test]
async fn e2_an_older_copy_gets_what_it_lacks_and_keeps_what_is_newer() {
    let here = filled().await;
    let older = here.export_of(Of::Prompt(PromptId::from_bytes([2; 16])), false, false).await;
    let there = Shelf::new().await;
    there.import(&older).await.expect("imports");
    // A version more here, another name there, later.
    let id = PromptId::from_bytes([2; 16]);
    let canonical = content("e").canonical();
    let row = NewRow {
        id: VersionId::from_bytes([9; 16]),
        digest: *blake3::hash(canonical.as_bytes()).as_bytes(),
        content: content("e"),
        canonical,
        author: "You".into(),
        now: 50,
    };
    let principal = Principal::built_in();
    here.store.save_version(&principal, id, &About::default(), &row).await.expect("saved");
    let name = About { name: Some("Renamed".into()), ..About::default() };
    there.store.describe_prompt(principal.workspace, id, &name, 99_000_000).await.expect("described");
    let newer = here.export_of(Of::Prompt(id), false, false).await;
    let told = there.import(&newer).await.expect("imports");
    assert_eq!(told, Imported { created: 1, unchanged: 1, updated: 1, ..Imported::default() });
    let row = there.store.prompt(principal.workspace, id).await.expect("answers").expect("is there");
    assert_eq!((row.name.as_str(), row.head, row.snippet.as_str()), ("Renamed", 2, "e"));
    assert_eq!(there.import(&newer).await.expect("imports").unchanged, 3);
    // The other way round the later name wins.
    let back = there.export_of(Of::Prompt(id), false, false).await;
    assert_eq!(here.import(&back).await.expect("imports").updated, 1);
    assert_eq!(here.export_of(Of::Prompt(id), false, false).await, back);
}

#[tokio::test]
async fn e2_another_version_of_that_number_is_a_conflict_and_nothing_is_written() {
    let (here, there) = (Shelf::new().await, Shelf::new().await);
    here.prompt(3, &about("Ours"), &[content("a"), content("b")]).await;
    here.prompt(4, &about("New"), &[content("a")]).await;
    there.prompt(3, &about("Theirs"), &[content("a"), content("x")]).await;
    let before = there.export().await;
    let refused = there.import(&here.export().await).await.expect_err("refused");
    assert_eq!((refused.code, refused.param.as_deref()), (Code::Conflict, Some("prompts[0].versions[1]")));
    assert_eq!(there.export().await, before);
    // Another workspace's is only said to be taken.
    let stranger = Principal { workspace: domain::WorkspaceId::from_bytes([7; 16]), ..Principal::built_in() };
    let refused = there.import_as(stranger, &before, false).await.expect_err("refused");
    assert_eq!((refused.code, refused.param.as_deref()), (Code::Conflict, Some("prompts[0].id")));
    assert!(refused.message.contains("is taken"), "{refused}");
}

#[tokio::test]
async fn e2_a_run_that_was_deleted_comes_back_and_another_under_its_id_does_not() {
    let here = filled().await;
    let file = here.export().await;
    let workspace = Principal::built_in().workspace;
    assert!(here.store.delete_run(workspace, RunId::from_bytes([1; 16]), 5).await.expect("deleted"));
    assert_eq!(here.store.purge_runs(6).await.expect("purged"), 1);
    assert!(!here.export().await.contains("Hello"));
    let told = here.import(&file).await.expect("imports");
    assert_eq!((told.created, told.unchanged), (1, 7));
    assert_eq!(here.export().await, file);
    let other = file.replace("Hi again", "Hi at last");
    let refused = here.import(&other).await.expect_err("refused");
    assert_eq!((refused.code, refused.param.as_deref()), (Code::Conflict, Some("runs[1]")));
}
