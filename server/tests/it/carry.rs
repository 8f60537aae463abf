//! What one server exports, another imports: over HTTP and from the command line.

use std::path::Path;
use std::process::Output;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Etude, Mock, ask, binary, furnish};

const FAST: &str = "mock-ttft1-rate0-n20";

async fn save(etude: &Etude, method: &str, path: &str, body: &Value) -> Value {
    let request = if method == "POST" { etude.post(path) } else { etude.client.put(format!("{}{path}", etude.url)) };
    let response = request.json(body).send().await.expect("answers");
    assert!(response.status().is_success(), "{}", response.text().await.unwrap_or_default());
    response.json().await.expect("json")
}

/// A server with a prompt of two versions, a run of it, and another run.
async fn filled(mock: &Mock) -> (Etude, String, String) {
    let etude = Etude::start(Some(mock), &[FAST]).await;
    let mut preset = json!({
        "name": "Größe / ../../etc", "model": FAST, "tags": ["eu"], "description": "Two\nlines",
        "messages": [{"role": "user", "content": "About {{topic}} 👋🏽"}],
        "params": {"temperature": 0.1}, "inputs": {"topic": "rivers"},
    });
    let saved = save(&etude, "POST", "/v1/presets", &preset).await;
    let id = saved["id"].as_str().expect("an id").to_owned();
    preset["messages"][0]["content"] = json!("About {{topic}}, at length");
    preset["parent"] = json!(1);
    preset["note"] = json!("longer");
    save(&etude, "PUT", &format!("/v1/presets/{id}"), &preset).await;
    let mut run = etude.stream(&json!({"prompt": id, "version": 1, "inputs": {"topic": "seas"}})).await;
    run.rest().await;
    let first = run.run.clone();
    etude.stream(&ask(FAST, "Hi", json!({}))).await.rest().await;
    (etude, id, first)
}

async fn export(etude: &Etude, query: &str) -> (String, String) {
    let response = etude.get(&format!("/v1/export?{query}")).send().await.expect("answers");
    assert_eq!(response.status(), 200, "{query}");
    let name = response.headers()["content-disposition"].to_str().expect("text").to_owned();
    (name, response.text().await.expect("whole"))
}

async fn import(etude: &Etude, query: &str, file: String) -> (StatusCode, Value) {
    let request = etude.post(&format!("/v1/import{query}")).header("content-type", "application/json");
    let response = request.body(file).send().await.expect("answers");
    (response.status(), response.json().await.expect("json"))
}

/// What an import came to, without its id.
async fn counted(etude: &Etude, file: &str) -> Value {
    let mut told = import(etude, "", file.to_owned()).await.1;
    let has_id = told.as_object_mut().expect("an object").remove("id").is_some();
    assert_eq!(has_id, told["created"] != 0, "what has written something can be taken back: {told}");
    told
}

/// Runs the binary against a server.
fn etude(server: &Etude, folder: &Path, args: &[&str]) -> Output {
    let mut command = binary();
    furnish(&mut command, folder);
    command.args(args).args(["--url", &server.url]).output().expect("the binary starts")
}

#[tokio::test]
async fn e2_one_server_carries_to_another_and_back_to_the_byte() {
    let mock = Mock::start();
    let (here, prompt, run) = filled(&mock).await;
    let (name, file) = export(&here, "").await;
    assert_eq!(name, "attachment; filename=\"etude-export.json\"");
    let there = Etude::start(Some(&mock), &[FAST]).await;
    let (status, told) = import(&there, "?dry_run=true", file.clone()).await;
    assert_eq!((status, &told), (StatusCode::OK, &json!({"created": 5, "unchanged": 0, "refused": []})));
    assert_eq!(export(&there, "of=all").await.1.matches("prm_").count(), 0);
    assert_eq!(counted(&there, &file).await, json!({"created": 5, "unchanged": 0}));
    assert_eq!(export(&there, "of=all&format=json").await.1, file);
    assert_eq!(counted(&there, &file).await, json!({"created": 0, "unchanged": 5}));
    assert_eq!(counted(&here, &file).await, json!({"created": 0, "unchanged": 5}));

    // It is there as if it had been made there: in the library, in the history, event by event.
    let found: Value = there.get("/v1/presets?query=grosse").send().await.expect("answers").json().await.expect("json");
    assert_eq!(found["data"][0]["id"], prompt.as_str());
    let listed: Value = there.get("/v1/runs?query=seas").send().await.expect("answers").json().await.expect("json");
    assert_eq!(listed["data"][0]["id"], run.as_str());
    assert_eq!(there.tail(&run, None).await.rest().await, here.tail(&run, None).await.rest().await);
    assert_eq!(there.run(&run).await, here.run(&run).await);
    let wire = |etude: &Etude| etude.get(&format!("/v1/runs/{run}/wire")).send();
    let (ours, theirs) = (wire(&here).await.expect("answers"), wire(&there).await.expect("answers"));
    assert_eq!(ours.text().await.expect("text"), theirs.text().await.expect("text"));
    // And it is run there.
    let mut again = there.stream(&json!({"preset_id": prompt, "label": "latest"})).await;
    assert!(again.rest().await.last().is_some_and(|event| event.kind == "run.finished"));
}

#[tokio::test]
async fn e2_parts_are_carried_alone_and_names_are_safe() {
    let mock = Mock::start();
    let (here, prompt, run) = filled(&mock).await;
    let (name, file) = export(&here, &format!("of={prompt}&runs=true")).await;
    assert_eq!(name, "attachment; filename=\"etude-gr-e-etc.json\"");
    let file: Value = serde_json::from_str(&file).expect("JSON");
    assert_eq!(file["runs"].as_array().map(Vec::len), Some(1));
    let (_, alone) = export(&here, &format!("of={run}")).await;
    assert!(alone.contains(&run) && alone.contains("\"prompts\":[]"));
    let (name, text) = export(&here, &format!("of={prompt}&format=md")).await;
    assert!(
        name.ends_with(".md\"") && text.contains("## Version 2") && text.contains("About {{topic}}, at length"),
        "{text}"
    );
    for (query, status) in [
        ("of=ver_00", 400),
        ("of=nothing", 400),
        ("format=pdf", 400),
        ("off=all", 400),
        ("of=prm_00000000000000000000000000000001", 404),
        ("of=run_00000000000000000000000000000001", 404),
        ("of=cmp_00000000000000000000000000000001", 404),
    ] {
        let response = here.get(&format!("/v1/export?{query}")).send().await.expect("answers");
        assert_eq!(response.status(), status, "{query}");
    }
    here.client.delete(format!("{}/v1/runs/{run}", here.url)).send().await.expect("answers");
    assert_eq!(here.get(&format!("/v1/export?of={run}")).send().await.expect("answers").status(), 410);
    assert!(!export(&here, "").await.1.contains(&run));
}

#[tokio::test]
async fn a_bad_file_is_refused_with_its_place() {
    let mock = Mock::start();
    let (here, ..) = filled(&mock).await;
    let (_, file) = export(&here, "").await;
    let there = Etude::start(None, &[]).await;
    let (status, problem) = import(&there, "", file[..file.len() / 2].to_owned()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let detail = problem["detail"].as_str().expect("a text");
    assert!(detail.contains(&format!("ends at byte {}", file.len() / 2)), "{detail}");
    let (status, problem) = import(&there, "", file.replacen("longer", "l\\u0000ger", 1)).await;
    assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_request")));
    assert!(problem["detail"].as_str().expect("a text").contains("prompts[0].versions[1].note"), "{problem}");
    let text = there.post("/v1/import").header("content-type", "text/plain").body(file.clone());
    assert_eq!(text.send().await.expect("answers").status(), 415);
    let foreign =
        there.post("/v1/import").header("content-type", "application/json").header("origin", "http://evil.example");
    assert_eq!(foreign.body(file).send().await.expect("answers").status(), 403);
    assert!(export(&there, "").await.1.contains("\"prompts\":[],\"runs\":[]"));
    let spooled = std::fs::read_dir(there.folder().join("data/tmp")).expect("a folder").count();
    assert_eq!(spooled, 0, "no file is left behind");
}

#[tokio::test]
async fn e2_the_rest_is_imported_and_taken_back() {
    let mock = Mock::start();
    let (here, prompt, _) = filled(&mock).await;
    let (_, file) = export(&here, "").await;
    let broken = file.replacen("longer", "l\\u0000ger", 1);
    let there = Etude::start(None, &[]).await;
    let (_, empty) = export(&there, "").await;
    let (status, would) = import(&there, "?dry_run=true&skip_refused=true", broken.clone()).await;
    assert_eq!((status, &would["left_out"], would.get("id")), (StatusCode::OK, &json!(1), None), "{would}");
    let (status, done) = import(&there, "?skip_refused=true", broken).await;
    assert_eq!((status, &done["created"], &done["left_out"]), (StatusCode::OK, &json!(2), &json!(1)), "{done}");
    assert_eq!(done["refused"][0]["path"], "prompts[0].versions[1].note");
    assert!(export(&there, "").await.1.contains("\"prompts\":[],"));

    let back = async |id: &str| -> (StatusCode, Value) {
        let request = there.client.delete(format!("{}/v1/import/{id}", there.url));
        let answer = request.send().await.expect("answers");
        (answer.status(), answer.json().await.expect("json"))
    };
    // Each takes back what it has brought itself; what is gone is found no more.
    let (_, whole) = import(&there, "", file).await;
    let ids = [&whole, &done].map(|told| told["id"].as_str().expect("an id").to_owned());
    let is_found = async || {
        let found = there.get("/v1/presets?query=grosse").send().await.expect("answers");
        found.text().await.expect("text").contains(&prompt)
    };
    assert!(is_found().await);
    assert_eq!(back(&ids[0]).await, (StatusCode::OK, json!({"taken_back": 3, "kept": 0})));
    assert!(!is_found().await);
    assert_eq!(back(&ids[1]).await, (StatusCode::OK, json!({"taken_back": 2, "kept": 0})));
    assert_eq!(export(&there, "").await.1, empty);
    for gone in [&ids[1], &format!("imp_{}", "0".repeat(32)), "nonsense"] {
        let (status, problem) = back(gone).await;
        assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &json!("not_found")), "{gone}");
    }
}

#[tokio::test]
async fn e2_what_is_imported_beside_something_refused_is_found() {
    let here = Etude::start(None, &[]).await;
    for name in ["Unreadable", "Readable"] {
        let body = json!({"name": name, "model": "m", "messages": [{"role": "user", "content": name}]});
        assert_eq!(here.post("/v1/presets").json(&body).send().await.expect("answers").status(), StatusCode::CREATED);
    }
    let mut file: Value = serde_json::from_str(&export(&here, "").await.1).expect("JSON");
    let prompts = file["prompts"].as_array_mut().expect("a list");
    prompts.sort_by_key(|prompt| prompt["name"] != "Unreadable");
    prompts[0]["name"] = json!(7);
    let again = prompts[1].clone();
    prompts.push(again);
    let there = Etude::start(None, &[]).await;
    let (status, done) = import(&there, "?skip_refused=true", file.to_string()).await;
    assert_eq!((status, &done["left_out"]), (StatusCode::OK, &json!(2)), "{done}");
    let found = there.get("/v1/presets?query=readable").send().await.expect("answers").text().await.expect("text");
    assert!(found.contains("\"Readable\""), "{found}");
}

#[tokio::test]
async fn the_command_line_exports_and_imports() {
    let mock = Mock::start();
    let (here, ..) = filled(&mock).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("all.json");
    let path = file.to_str().expect("text");
    let done = etude(&here, folder.path(), &["export", "--out", path]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(std::fs::read_to_string(&file).expect("reads"), export(&here, "").await.1);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing beside it");
    let printed = etude(&here, folder.path(), &["export", "--of", "all", "--format", "md"]);
    assert_eq!(String::from_utf8(printed.stdout).expect("text"), export(&here, "format=md").await.1);

    let there = Etude::start(None, &[]).await;
    let dry = etude(&there, folder.path(), &["import", path, "--dry-run"]);
    assert_eq!(String::from_utf8_lossy(&dry.stdout), "5 would be created, 0 unchanged\n");
    let done = etude(&there, folder.path(), &["import", path]);
    assert_eq!(String::from_utf8_lossy(&done.stdout), "5 created, 0 unchanged\n");
    assert_eq!(export(&there, "").await.1, export(&here, "").await.1);

    let whole = std::fs::read_to_string(&file).expect("reads");
    std::fs::write(&file, whole.replacen("\"Größe", "\"\\u202eGröße", 1).replacen("\"eu\"", "\"e,u\"", 1))
        .expect("written");
    for args in [&["import", path][..], &["import", path, "--dry-run"]] {
        let refused = etude(&there, folder.path(), args);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains("prompts[0].name") && said.contains("prompts[0].tags"), "{said}");
    }
    let rest = etude(&there, folder.path(), &["import", path, "--skip-refused"]);
    let said = String::from_utf8_lossy(&rest.stdout).into_owned();
    assert!(rest.status.success() && said.starts_with("0 created, 2 unchanged, 1 left out\n"), "{said}");
    assert!(said.contains("prompts[0].name") && said.contains("prompts[0].tags"), "{said}");
    let nobody = binary().args(["import", path, "--url", "http://127.0.0.1:1"]).output().expect("starts");
    let said = String::from_utf8_lossy(&nobody.stderr).into_owned();
    assert!(nobody.status.code() == Some(1) && said.contains("No server answers at http://127.0.0.1:1"), "{said}");
    let none = etude(&here, folder.path(), &["export", "--of", "prm_00000000000000000000000000000001", "--out", path]);
    assert!(!none.status.success() && String::from_utf8_lossy(&none.stderr).contains("There is no prm_"));
}

#[tokio::test]
async fn prompts_of_openai_come_along_and_answer_to_their_ids() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST]).await;
    let prompt = |versions: Value| json!({"openai_prompt_id": "pmpt_68a1", "name": "support", "production_version": "1", "versions": versions});
    let version = |number: &str, text: &str| json!({"version": number, "messages": [{"role": "user", "content": text}], "config": {"model": FAST, "store": true}});
    let file = prompt(json!([version("1", "For {{customer}}"), version("2", "Dear {{customer}}")])).to_string();
    let dry = import(&etude, "?dry_run=true", file.clone()).await.1;
    assert_eq!(dry, json!({"created": 3, "unchanged": 0, "refused": []}));
    assert_eq!(counted(&etude, &file).await, json!({"created": 3, "unchanged": 0}));
    assert_eq!(counted(&etude, &file).await, json!({"created": 0, "unchanged": 3}));
    let kept: Value = serde_json::from_str(&export(&etude, "").await.1).expect("JSON");
    let kept = &kept["prompts"][0];
    assert_eq!((&kept["name"], &kept["labels"]), (&json!("support"), &json!({"production": 1})));
    assert_eq!(kept["versions"][0]["note"], "Not taken: `store`");
    let found: Value = etude.get("/v1/presets?query=dear").send().await.expect("answers").json().await.expect("json");
    assert_eq!(found["data"][0]["id"], kept["id"]);
    for (version, said) in [(json!("2"), "Dear Ann"), (json!("1"), "For Ann"), (Value::Null, "For Ann")] {
        let body =
            json!({"model": FAST, "prompt": {"id": "pmpt_68a1", "version": version, "variables": {"customer": "Ann"}}});
        let response = etude.post("/v1/responses").json(&body).send().await.expect("answers");
        let answer: Value = response.json().await.expect("json");
        assert_eq!(answer["status"], "completed", "{answer}");
        let runs: Value = etude.get("/v1/runs?limit=1").send().await.expect("answers").json().await.expect("json");
        let run = runs["data"][0]["id"].as_str().expect("an id").to_owned();
        let wire =
            etude.get(&format!("/v1/runs/{run}/wire")).send().await.expect("answers").text().await.expect("text");
        assert!(wire.contains(said), "{wire}");
    }
    // One version more is added; what is only named is refused.
    let more =
        prompt(json!([version("1", "For {{customer}}"), version("2", "Dear {{customer}}"), version("3", "Hello")]));
    assert_eq!(counted(&etude, &more.to_string()).await, json!({"created": 1, "unchanged": 2, "updated": 1}));
    let (status, problem) = import(&etude, "", json!({"id": "pmpt_9", "name": "x"}).to_string()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(problem["detail"].as_str().expect("a text").contains("only named"), "{problem}");
    let (status, problem) = import(&etude, "", "{\"model\":\"m\"}".into()).await;
    assert_eq!((status, &problem["param"]), (StatusCode::BAD_REQUEST, &json!("format")));
}
