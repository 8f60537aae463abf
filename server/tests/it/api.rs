//! The data plane's contract.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Etude, Mock, ask, text, words};

const FAST: &str = "mock-ttft1-rate0-n20";
const SLOW: &str = "mock-ttft1-rate50-n500";

async fn refusal(etude: &Etude, body: &Value) -> (StatusCode, Value) {
    let response = etude.post("/v1/runs").json(body).send().await.expect("answers");
    let status = response.status();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert!(response.headers().contains_key("x-request-id"));
    (status, response.json().await.expect("json"))
}

#[tokio::test]
async fn a7_a_run_streams_and_is_kept_with_everything() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST]).await;
    let mut body = ask(FAST, "About {{topic}}", json!({"temperature": 0, "max_tokens": 10}));
    body["inputs"] = json!({"topic": "rivers"});
    let mut stream = etude.stream(&body).await;
    let events = stream.rest().await;
    let seqs: Vec<_> = events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (0..events.len() as u64).collect::<Vec<_>>());
    assert_eq!(events[0].kind, "run.started");
    assert_eq!(events[0].data["resolved_model"], FAST);
    assert!(events.iter().all(|event| event.data["at_ms"].is_u64()));
    let last = events.last().expect("an end");
    assert_eq!((last.kind.as_str(), &last.data["finish_reason"]), ("run.finished", &json!("length")));
    assert_eq!(text(&events), words(10));

    let run = etude.run(&stream.run).await;
    assert_eq!(run["status"], "finished");
    assert_eq!(run["output"]["text"], words(10));
    assert_eq!(run["request"]["inputs"], json!({"topic": "rivers"}));
    assert_eq!(run["usage"]["output_tokens"], 10);
    let input = run["usage"]["input_tokens"].as_i64().expect("a number");
    assert_eq!(run["cost_micros"], input + 20);
    assert!(run["ttft_ms"].is_u64() && run["total_ms"].is_u64() && run["error"].is_null());

    let list: Value = etude.get("/v1/runs").send().await.expect("answers").json().await.expect("json");
    assert_eq!(list["data"][0]["id"], stream.run.as_str());
}

#[tokio::test]
async fn json_is_answered_where_it_is_asked_for() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST]).await;
    let response = etude
        .post("/v1/runs")
        .header("accept", "application/json")
        .json(&ask(FAST, "Hi", json!({})))
        .send()
        .await
        .expect("answers");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["x-ratelimit-limit-concurrency"], "16");
    let run: Value = response.json().await.expect("json");
    assert_eq!((&run["status"], &run["output"]["text"]), (&json!("finished"), &json!(words(20))));
}

#[tokio::test]
async fn d2_a_request_id_is_one_run_also_after_a_kill() {
    let mock = Mock::start();
    let mut etude = Etude::start(Some(&mock), &[SLOW]).await;
    let mut body = ask(SLOW, "Hi", json!({}));
    body["request_id"] = json!("only-once");
    let mut first = etude.stream(&body).await;
    let seen = [first.next().await, first.next().await];
    let again = etude.stream(&body).await;
    assert_eq!(again.run, first.run, "while it runs");
    let mut other = body.clone();
    other["params"] = json!({"temperature": 1});
    assert_eq!(refusal(&etude, &other).await.0, 409);

    etude.restart();
    let mut after = etude.stream(&body).await;
    assert_eq!(after.run, first.run, "after a kill");
    let events = after.rest().await;
    assert_eq!(seen, [Some(events[0].clone()), Some(events[1].clone())]);
    assert_eq!(events.last().expect("an end").data["error"]["code"], "interrupted");
    let (status, problem) = refusal(&etude, &other).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("request_id_reused")));
    assert!(etude.stop().await, "it leaves in good order");
    etude.restart();
    assert_eq!(etude.stream(&body).await.run, first.run, "from the database");
}

#[tokio::test]
async fn b4_cancel_reaches_the_upstream_and_is_acknowledged() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[SLOW]).await;
    let mut stream = etude.stream(&ask(SLOW, "Hi", json!({}))).await;
    for _ in 0..4 {
        stream.next().await.expect("it runs");
    }
    let deleted = etude.client.delete(format!("{}/v1/runs/{}", etude.url, stream.run)).send().await.expect("answers");
    assert_eq!(deleted.status(), 409, "a running one cannot be deleted");
    let path = format!("/v1/runs/{}/cancel", stream.run);
    let asked = Instant::now();
    assert_eq!(etude.post(&path).send().await.expect("answers").status(), 202);
    let events = stream.rest().await;
    assert!(asked.elapsed() < Duration::from_secs(2));
    let last = events.last().expect("an end");
    assert_eq!(last.data["finish_reason"], "cancelled");
    assert!(last.data["cancel_ms"].is_u64() && last.data["usage"]["output_tokens"].as_u64() > Some(0));
    let again = etude.post(&path).send().await.expect("answers");
    assert_eq!(again.status(), 200);
    assert_eq!(again.json::<Value>().await.expect("json")["status"], "cancelled");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(mock.open().await, 0, "the upstream's socket is closed");
}

#[tokio::test]
async fn b6_a_tail_after_the_end_and_a_deleted_run() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST]).await;
    let mut stream = etude.stream(&ask(FAST, "Hi", json!({}))).await;
    let events = stream.rest().await;
    let last = events.last().expect("an end").seq;
    assert_eq!(etude.tail(&stream.run, None).await.rest().await, events);
    assert_eq!(etude.tail(&stream.run, Some(last - 1)).await.rest().await, events[last as usize..]);
    assert_eq!(etude.tail(&stream.run, Some(last)).await.status, 204);
    let path = format!("/v1/runs/{}", stream.run);
    let deleted = etude.client.delete(format!("{}{path}", etude.url)).send().await.expect("answers");
    assert_eq!(deleted.status(), 204);
    assert_eq!(etude.get(&path).send().await.expect("answers").status(), 410);
    assert_eq!(etude.tail(&stream.run, None).await.status, 410);
    let list: Value = etude.get("/v1/runs").send().await.expect("answers").json().await.expect("json");
    assert_eq!(list["data"], json!([]));
}

#[tokio::test]
async fn b4_without_readers_a_run_goes_on_unless_it_is_not_to_be_kept() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &["mock-ttft1-rate40-n280"]).await;
    let body = ask("mock-ttft1-rate40-n280", "Hi", json!({}));
    let kept = etude.stream(&body).await.run;
    let mut dropped_body = body;
    dropped_body["keep"] = json!(false);
    let dropped = etude.stream(&dropped_body).await.run;
    let dropped = etude.ended(&dropped).await;
    assert_eq!(dropped["status"], "cancelled");
    let total = dropped["total_ms"].as_u64().expect("a number");
    assert!((5_000..6_500).contains(&total), "after a grace of 5 s, not {total} ms");
    assert_eq!(etude.ended(&kept).await["status"], "finished");
}

#[tokio::test]
async fn f2_over_the_limit_is_429_with_the_limit_named() {
    let mock = Mock::start();
    let tier = "[[tier]]\nname = \"default\"\nconcurrent_runs = 2\n";
    let etude = Etude::start_with(Some(&mock), &[SLOW], tier).await;
    let first = etude.stream(&ask(SLOW, "1", json!({}))).await;
    let _second = etude.stream(&ask(SLOW, "2", json!({}))).await;
    let response = etude.post("/v1/runs").json(&ask(SLOW, "3", json!({}))).send().await.expect("answers");
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["x-ratelimit-limit"], "2");
    assert_eq!(response.headers()["x-ratelimit-remaining"], "0");
    assert!(response.headers().contains_key("retry-after"));
    let problem: Value = response.json().await.expect("json");
    assert_eq!(
        (&problem["code"], &problem["limit"]),
        (&json!("concurrent_generations_limit_exceeded"), &json!("concurrency"))
    );
    etude.post(&format!("/v1/runs/{}/cancel", first.run)).send().await.expect("answers");
    etude.ended(&first.run).await;
    assert!(!etude.stream(&ask(SLOW, "3", json!({}))).await.run.is_empty());
}

#[tokio::test]
async fn m2_bad_input_is_named_and_nothing_is_started() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST]).await;
    let message = json!([{"role": "user", "content": "Hi"}]);
    for (body, status, code, part) in [
        (json!({"model": FAST, "messages": message, "params": {"temprature": 1}}), 400, "unknown_field", "temprature"),
        (
            json!({"model": FAST, "messages": message, "params": {"temperature": 9}}),
            400,
            "parameter_out_of_range",
            "0 to 2",
        ),
        (json!({"model": FAST, "messages": []}), 400, "invalid_request", "messages"),
        (json!({"model": FAST, "messages": [{"role": "user", "content": " "}]}), 400, "invalid_request", "empty"),
        (json!({"model": FAST, "messages": [{"role": "user", "content": "{{x}}"}]}), 400, "unfilled_variable", "{{x}}"),
        (
            json!({"model": FAST, "messages": [{"role": "boss", "content": "x"}]}),
            400,
            "invalid_request",
            "messages[0].role",
        ),
        (json!({"model": "none", "messages": message}), 404, "model_not_found", "none"),
        (
            json!({"model": "smollm2-135m-instruct", "messages": [{"role": "user", "content": "word ".repeat(9_000)}]}),
            400,
            "context_length_exceeded",
            "8192",
        ),
        (
            json!({"model": "smollm2-135m-instruct", "messages": message, "response_format": {"type": "json_schema", "schema": {"type": "nonsense"}}}),
            400,
            "invalid_response_format",
            "",
        ),
    ] {
        let (got, problem) = refusal(&etude, &body).await;
        assert_eq!((got.as_u16(), problem["code"].as_str()), (status, Some(code)), "{problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(part)), "{problem}");
    }
    let raw = etude
        .post("/v1/runs")
        .header("content-type", "application/json")
        .body("{\"model\":")
        .send()
        .await
        .expect("answers");
    assert_eq!(raw.status(), 400);
    let typed = etude.post("/v1/runs").header("content-type", "text/plain").body("{}").send().await.expect("answers");
    assert_eq!(typed.status(), 415);
    let list: Value = etude.get("/v1/runs").send().await.expect("answers").json().await.expect("json");
    assert_eq!(list["data"], json!([]), "nothing was started");
}

#[tokio::test]
async fn statuses_of_what_is_not_there() {
    let etude = Etude::start(None, &[]).await;
    let missing = format!("/v1/runs/run_{}", "0".repeat(32));
    for (method, path, status) in [
        ("GET", missing.as_str(), 404),
        ("GET", "/v1/runs/nonsense", 404),
        ("GET", "/v1/nothing", 404),
        ("PUT", "/v1/runs", 405),
        ("GET", "/v1/runs?limit=0", 400),
        ("GET", "/v1/runs?nope=1", 400),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/pkg/test/etude.js", 200),
        ("GET", "/pkg/other/etude.js", 404),
    ] {
        let method = method.parse::<reqwest::Method>().expect("a method");
        let response =
            etude.client.request(method.clone(), format!("{}{path}", etude.url)).send().await.expect("answers");
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
    }
    let large =
        etude.post("/v1/runs").header("content-type", "application/json").body(vec![b' '; 20 << 20]).send().await;
    // The server may close before it has read it all; where it answers, it says why.
    if let Ok(large) = large {
        assert_eq!(large.status(), 413);
    }
}

#[tokio::test]
async fn b5_a_cut_upstream_ends_the_log_with_all_that_had_arrived() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &["mock-ttft1-rate200-n50-cut12"]).await;
    let mut stream = etude.stream(&ask("mock-ttft1-rate200-n50-cut12", "Hi", json!({}))).await;
    let events = stream.rest().await;
    let last = events.last().expect("an end");
    assert_eq!((last.kind.as_str(), &last.data["error"]["code"]), ("run.failed", &json!("upstream_cut")));
    assert_eq!(text(&events), words(12));
    let run = etude.run(&stream.run).await;
    assert_eq!((&run["status"], &run["output"]["text"]), (&json!("failed"), &json!(words(12))));
    drop(mock);
    let mut stream = etude.stream(&ask("mock-ttft1-rate200-n50-cut12", "Hi", json!({}))).await;
    let events = stream.rest().await;
    assert_eq!(events.last().expect("an end").data["error"]["code"], "upstream_unreachable");
}
