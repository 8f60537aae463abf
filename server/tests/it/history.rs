//! The history over HTTP: lists, filters, deletion and its undoing.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Etude, Mock, ask};

const FAST: &str = "mock-ttft1-rate0-n20";
const SLOW: &str = "mock-ttft1-rate50-n500";
const TORN: &str = "mock-ttft1-rate200-n50-cut12";

async fn list(etude: &Etude, query: &str) -> Value {
    let response = etude.get(&format!("/v1/runs?{query}")).send().await.expect("answers");
    assert_eq!(response.status(), 200, "{query}");
    response.json().await.expect("json")
}

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().expect("a list").iter().filter_map(|run| run["id"].as_str()).collect()
}

/// Runs to the end, and says which run it was.
async fn run(etude: &Etude, body: &Value) -> String {
    let mut stream = etude.stream(body).await;
    stream.rest().await;
    stream.run
}

/// Takes a deletion back, as the page does it.
async fn restore(etude: &Etude, run: &str) -> u16 {
    let form = etude.post("/api/restore-run").header("content-type", "application/x-www-form-urlencoded");
    form.body(format!("id={run}")).send().await.expect("answers").status().as_u16()
}

#[tokio::test]
async fn a7_a_list_is_filtered_those_that_are_going_on_included() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST, SLOW, TORN]).await;
    let mut rivers = ask(FAST, "About {{topic}}", json!({}));
    rivers["inputs"] = json!({"topic": "rivers"});
    let rivers = run(&etude, &rivers).await;
    let torn = run(&etude, &ask(TORN, "About seas", json!({}))).await;
    let mut stream = etude.stream(&ask(SLOW, "About mountains, at length", json!({}))).await;
    stream.next().await.expect("it runs");
    let going = stream.run.clone();

    assert_eq!(ids(&list(&etude, "").await), [going.as_str(), &torn, &rivers]);
    assert_eq!(ids(&list(&etude, "status=running").await), [going.as_str()]);
    assert_eq!(ids(&list(&etude, "status=failed,running").await), [going.as_str(), &torn]);
    assert_eq!(ids(&list(&etude, &format!("model={FAST}")).await), [rivers.as_str()]);
    assert_eq!(ids(&list(&etude, "query=RIVERS").await), [rivers.as_str()]);
    assert_eq!(ids(&list(&etude, "query=about+moun").await), [going.as_str()], "one that has no row yet");
    assert_eq!(ids(&list(&etude, "query=w3&status=finished").await), [rivers.as_str()], "by its answer");
    assert_eq!(ids(&list(&etude, "query=nowhere").await), Vec::<&str>::new());
    let first = list(&etude, "query=about&limit=2").await;
    assert_eq!(ids(&first), [going.as_str(), &torn]);
    assert_eq!(first["data"][1]["prompt"], "About seas");
    let next = format!("query=about&limit=2&after={}", first["next"].as_str().expect("there is more"));
    assert_eq!(ids(&list(&etude, &next).await), [rivers.as_str()]);

    let created = etude.run(&torn).await["created_at"].as_i64().expect("a time");
    assert_eq!(ids(&list(&etude, &format!("from={created}")).await), [going.as_str(), &torn]);
    assert_eq!(ids(&list(&etude, &format!("to={created}")).await), [rivers.as_str()]);
}

#[tokio::test]
async fn m2_a_filter_that_cannot_be_used_is_named() {
    let etude = Etude::start(None, &[]).await;
    for (query, part) in [
        ("status=done", "`status` has `done`"),
        ("status=", "`status`"),
        ("model=", "`model`"),
        ("from=yesterday", "from"),
        ("from=5&to=5", "`to`"),
        ("query=%20", "`query`"),
        ("after=run_1", "after"),
        ("limit=201", "`limit`"),
        ("staus=failed", "staus"),
    ] {
        let response = etude.get(&format!("/v1/runs?{query}")).send().await.expect("answers");
        assert_eq!(response.status(), 400, "{query}");
        let problem: Value = response.json().await.expect("json");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(part)), "{query}: {problem}");
    }
}

#[tokio::test]
async fn b6_a_deleted_run_is_gone_at_once_and_can_be_brought_back() {
    let mock = Mock::start();
    let mut etude = Etude::start(Some(&mock), &[FAST]).await;
    let first = run(&etude, &ask(FAST, "About rivers", json!({}))).await;
    let mut child = ask(FAST, "About rivers again", json!({}));
    child["parent"] = json!(first);
    let child = run(&etude, &child).await;
    let whole = etude.run(&first).await;
    let lineage = etude.get(&format!("/api/run-lineage?id={first}")).send().await.expect("answers");
    let lineage: Value = lineage.json().await.expect("json");
    assert_eq!(lineage["children"][0]["id"], child.as_str());

    let path = format!("/v1/runs/{first}");
    let deleted = etude.client.delete(format!("{}{path}", etude.url)).send().await.expect("answers");
    assert_eq!(deleted.status(), 204);
    let page = format!("/runs/{first}");
    for path in [path.clone(), format!("{path}/events"), format!("{path}/wire"), format!("/api/run?id={first}"), page] {
        let answer = etude.get(&path).send().await.expect("answers");
        assert_eq!(answer.status(), StatusCode::GONE, "{path}");
        assert_eq!(answer.headers()["cache-control"], "no-store", "{path}: a browser would keep it for ever");
    }
    assert_eq!(ids(&list(&etude, "query=rivers").await), [child.as_str()]);
    let page = etude.get(&format!("/runs/{first}")).send().await.expect("answers");
    assert!(page.text().await.expect("a page").contains("Undo"));

    // Also after a restart, as long as its time is not over.
    assert!(etude.stop().await);
    etude.restart();
    assert_eq!(restore(&etude, &first).await, 200);
    assert_eq!(etude.run(&first).await, whole);
    assert_eq!(ids(&list(&etude, "query=rivers").await), [child.as_str(), &first]);
    assert_eq!(restore(&etude, &format!("run_{}", "0".repeat(32))).await, 404);
}

#[tokio::test]
async fn m1_the_history_is_a_page_without_javascript() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST, TORN]).await;
    let page = async |query: &str| {
        let response = etude.get(&format!("/runs{query}")).send().await.expect("answers");
        (response.status().as_u16(), response.text().await.expect("a page"))
    };
    let (status, empty) = page("").await;
    assert!(status == 200 && empty.contains("Every run will be here."));
    let first = run(&etude, &ask(FAST, "About <rivers>", json!({}))).await;
    let torn = run(&etude, &ask(TORN, "About seas", json!({}))).await;
    let (_, all) = page("").await;
    assert!(all.contains(&format!("/runs/{first}")) && all.contains(&format!("/runs/{torn}")));
    assert!(all.contains("About &lt;rivers&gt;"), "what was asked is text");
    let (_, failed) = page("?status=failed,interrupted&query=seas").await;
    assert!(!failed.contains(&first) && failed.contains(&torn));
    assert!(failed.contains("value=\"seas\""), "the form keeps what was asked for");
    let (_, none) = page("?query=nowhere").await;
    assert!(none.contains("No run matches."));
    let (status, bad) = page("?status=done").await;
    assert!(status == 400 && bad.contains("`status` has `done`"));
    let (_, wire) = page(&format!("/{first}?view=wire")).await;
    assert!(wire.contains("chat/completions"), "what was sent is in the page");
}
