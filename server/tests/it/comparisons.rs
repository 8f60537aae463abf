//! Comparisons and grids over HTTP: the backlog, its lease and its cap, what a restart leaves, and the live frames.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Etude, Mock, PATIENCE, ask, words};
use crate::live::{connect, hear, say};
use crate::page::{call, read, submit};

const FAST: &str = "mock-ttft1-rate0-n20";
/// 0.6 s.
const BRISK: &str = "mock-ttft1-rate100-n60";
/// 20 s.
const SLOW: &str = "mock-ttft1-rate50-n1000";
const BROKEN: &str = "mock-status500";
const ECHO: &str = "mock-ttft1-rate0-echo";

fn column(id: u32, model: &str, text: &str) -> Value {
    json!({"id": id, "content": {"model": model, "messages": [{"role": "user", "content": text}], "params": {}}})
}

fn spec(columns: &[Value], rows: &[Value]) -> Value {
    json!({"columns": columns, "rows": rows, "repetitions": 1})
}

/// Rows whose `topic` is their number.
fn topics(count: usize) -> Vec<Value> {
    (0..count).map(|n| json!({"topic": n.to_string()})).collect()
}

async fn create(etude: &Etude, spec: &Value) -> String {
    let (status, comparison) = call(etude, "create-comparison", json!({"name": "", "spec": spec})).await;
    assert_eq!(status, 200, "{comparison}");
    comparison["id"].as_str().expect("an id").to_owned()
}

async fn run(etude: &Etude, id: &str, scope: Value) -> Value {
    let (status, comparison) = call(etude, "run-cells", json!({"id": id, "scope": scope, "cap_micros": null})).await;
    assert_eq!(status, 200, "{comparison}");
    comparison
}

async fn get(etude: &Etude, id: &str) -> Value {
    read(etude, &format!("/api/comparison?id={id}")).await
}

async fn cells(etude: &Etude, id: &str) -> Vec<Value> {
    let cells = read(etude, &format!("/api/cells?id={id}&from=0&to=10000")).await;
    cells.as_array().expect("a list").clone()
}

/// Waits until the comparison is so, and gives it.
async fn until(etude: &Etude, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let comparison = get(etude, id).await;
        if is_so(&comparison) {
            return comparison;
        }
        assert!(Instant::now() < deadline, "it does not become so: {}", comparison["counts"]);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn is_idle(comparison: &Value) -> bool {
    comparison["counts"]["waiting"] == 0 && comparison["counts"]["running"] == 0
}

fn counts(comparison: &Value) -> [u64; 5] {
    ["waiting", "running", "done", "failed", "stopped"]
        .map(|status| comparison["counts"][status].as_u64().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a5_f2_eight_columns_stream_at_once_and_never_more() {
    let mock = Mock::start();
    // The user's own runs are another matter.
    let etude = Etude::start_with(Some(&mock), &[BRISK], "[[tier]]\nname = \"default\"\nconcurrent_runs = 1\n").await;
    let columns: Vec<_> = (1..=8).map(|id| column(id, BRISK, "About {{topic}}")).collect();
    let id = create(&etude, &spec(&columns, &topics(5))).await;
    let began = run(&etude, &id, json!({})).await;
    assert_eq!(counts(&began).iter().sum::<u64>(), 40);
    let (mut most, mut at_once) = (0, 0);
    let ended = loop {
        let open = mock.open().await;
        most = most.max(open);
        at_once += u32::from(open == 8);
        let comparison = get(&etude, &id).await;
        if is_idle(&comparison) {
            break comparison;
        }
    };
    assert_eq!(most, 8, "as many as the lease, and no more");
    assert!(at_once > 5, "the lease is used");
    assert_eq!(counts(&ended), [0, 0, 40, 0, 0]);
    assert_eq!(mock.count("calls").await, 40);
    let cells = cells(&etude, &id).await;
    assert!(cells.iter().all(|cell| cell["text"] == words(60) && cell["answer"] == cells[0]["answer"]));
    let cost: i64 = cells.iter().map(|cell| cell["cost_micros"].as_i64().expect("a cost")).sum();
    assert_eq!(ended["cost_micros"], cost);
    // The runs are in the history, and know where they belong.
    let one = etude.run(cells[0]["run"].as_str().expect("a run")).await;
    assert_eq!((&one["request"]["group"], &one["request"]["inputs"]["topic"]), (&json!(id), &json!("0")));
}

#[tokio::test]
async fn a5_a_failing_column_fails_alone_and_is_run_again_alone() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST, BROKEN]).await;
    let columns =
        [column(1, FAST, "Hi"), column(2, BROKEN, "Hi"), column(3, "no-such-model", "Hi"), column(4, FAST, "{{hole}}")];
    let id = create(&etude, &spec(&columns, &[json!({})])).await;
    run(&etude, &id, json!({})).await;
    let ended = until(&etude, &id, is_idle).await;
    assert_eq!(counts(&ended), [0, 0, 1, 3, 0]);
    let codes: Vec<_> = cells(&etude, &id).await.iter().map(|cell| cell["error"]["code"].clone()).collect();
    assert_eq!(codes, [json!(null), json!("upstream_error"), json!("model_not_found"), json!("unfilled_variable")]);
    let calls = mock.count("calls").await;

    let mut mended = spec(&columns, &[json!({})]);
    mended["columns"][1] = column(2, FAST, "Hi");
    let save = json!({"id": id, "revision": ended["revision"], "name": "Mended", "spec": mended});
    let (status, saved) = call(&etude, "save-comparison", save.clone()).await;
    assert_eq!((status, &saved["name"]), (200, &json!("Mended")));
    assert_eq!(call(&etude, "save-comparison", save.clone()).await.0, 200, "the same once more is there already");
    let mut other = save;
    other["name"] = json!("Of another tab");
    assert_eq!(call(&etude, "save-comparison", other).await.0, 409, "another tab has saved meanwhile");
    run(&etude, &id, json!({"column": 2, "missing": true})).await;
    let ended = until(&etude, &id, is_idle).await;
    assert_eq!(counts(&ended), [0, 0, 2, 2, 0]);
    assert_eq!(mock.count("calls").await, calls + 1, "the others were not run again");
    // What has an answer is not missing.
    run(&etude, &id, json!({"missing": true})).await;
    until(&etude, &id, is_idle).await;
    assert_eq!(mock.count("calls").await, calls + 1);
}

#[tokio::test]
async fn a5_repetitions_are_runs_of_their_own_and_alike_answers_are_known() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[ECHO]).await;
    let mut spec = spec(&[column(1, ECHO, "Same"), column(2, ECHO, "Other")], &[json!({})]);
    spec["repetitions"] = json!(3);
    let id = create(&etude, &spec).await;
    run(&etude, &id, json!({})).await;
    until(&etude, &id, is_idle).await;
    assert_eq!(mock.count("calls").await, 6, "none was served from anywhere else");
    let cells = cells(&etude, &id).await;
    let runs: std::collections::BTreeSet<_> = cells.iter().filter_map(|cell| cell["run"].as_str()).collect();
    assert_eq!(runs.len(), 6);
    assert!(cells[..3].iter().all(|cell| cell["answer"] == cells[0]["answer"]));
    assert_ne!(cells[0]["answer"], cells[3]["answer"]);
    // A deleted run takes its words along.
    let gone = cells[5]["run"].as_str().expect("a run");
    etude.client.delete(format!("{}/v1/runs/{gone}", etude.url)).send().await.expect("answers");
    assert_eq!((&cells[5]["text"], &self::cells(&etude, &id).await[5]["text"]), (&json!("Other"), &json!(null)));
    // Run again, it is a run again.
    run(&etude, &id, json!({"column": 1})).await;
    until(&etude, &id, is_idle).await;
    assert_eq!(mock.count("calls").await, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn l3_a_kill_in_the_middle_runs_nothing_twice_and_what_waits_goes_on() {
    let mock = Mock::start();
    let mut etude = Etude::start(Some(&mock), &[BRISK]).await;
    let id =
        create(&etude, &spec(&[column(1, BRISK, "About {{topic}}"), column(2, BRISK, "On {{topic}}")], &topics(15)))
            .await;
    run(&etude, &id, json!({})).await;
    until(&etude, &id, |comparison| counts(comparison)[2] >= 8 && counts(comparison)[1] == 8).await;
    etude.kill();
    etude.restart();
    // Nobody asks: it goes on by itself.
    let ended = until(&etude, &id, is_idle).await;
    let [_, _, done, failed, stopped] = counts(&ended);
    assert_eq!((done + failed, stopped), (30, 0));
    assert!((1..=8).contains(&failed), "those that were going on are interrupted, {failed} of them");
    // One that was opened a moment before the kill may never have been sent.
    let calls = mock.count("calls").await;
    assert!((done..=30).contains(&calls), "nothing was run twice: {calls} calls for {done} answers of 30");
    for cell in cells(&etude, &id).await {
        let run = etude.run(cell["run"].as_str().expect("a run")).await;
        if cell["status"] == "done" {
            assert_eq!((&cell["text"], &run["status"]), (&json!(words(60)), &json!("finished")));
        } else {
            assert_eq!((&cell["error"]["code"], &run["status"]), (&json!("interrupted"), &json!("interrupted")));
        }
    }
    run(&etude, &id, json!({"missing": true})).await;
    assert_eq!(counts(&until(&etude, &id, is_idle).await), [0, 0, 30, 0, 0]);
    assert_eq!(mock.count("calls").await, calls + failed);
}

#[tokio::test]
async fn f7_it_stops_at_its_cap_and_goes_on_when_the_cap_is_raised() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &["mock-ttft1-rate0-n100"]).await;
    let mut one = column(1, "mock-ttft1-rate0-n100", "About {{topic}}");
    one["content"]["params"] = json!({"max_tokens": 100});
    let mut capped = spec(&[one], &topics(20));
    // An answer costs 200, its prompt some more: there is room for four.
    capped["cap_micros"] = json!(1_000);
    let id = create(&etude, &capped).await;
    let began = run(&etude, &id, json!({})).await;
    let held = until(&etude, &id, |comparison| comparison["held"] == "cap").await;
    assert_eq!(counts(&held), [16, 0, 4, 0, 0]);
    assert!(held["cost_micros"].as_i64().expect("a number") <= 1_000, "{}", held["cost_micros"]);
    assert_eq!(mock.count("calls").await, 4);

    capped["cap_micros"] = json!(2_000);
    let save = json!({"id": id, "revision": began["revision"], "name": "", "spec": capped});
    assert_eq!(call(&etude, "save-comparison", save).await.0, 200);
    let held = until(&etude, &id, |comparison| comparison["held"] == "cap" && counts(comparison)[2] > 4).await;
    assert!((8..=9).contains(&counts(&held)[2]) && held["cost_micros"].as_i64() <= Some(2_000), "{held}");
    let (status, raised) = call(&etude, "run-cells", json!({"id": id, "scope": {}, "cap_micros": 1_000_000})).await;
    assert_eq!((status, &raised["spec"]["cap_micros"]), (200, &json!(1_000_000)));
    // Those that are done are run again as well: nothing said that only missing ones are meant.
    assert_eq!(counts(&until(&etude, &id, is_idle).await), [0, 0, 20, 0, 0]);
}

#[tokio::test]
async fn f7_a_forecast_above_the_threshold_asks_for_a_cap_first() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST]).await;
    let mut dear = column(1, FAST, "About {{topic}}");
    dear["content"]["params"] = json!({"max_tokens": 100_000});
    let id = create(&etude, &spec(&[dear, column(2, "no-such-model", "Hi")], &topics(10))).await;
    let (_, forecast) = call(&etude, "forecast-comparison", json!({"id": id, "scope": {}})).await;
    assert_eq!(
        (&forecast["cells"], &forecast["runs"], &forecast["threshold_micros"]),
        (&json!(20), &json!(0), &json!(1_000_000))
    );
    assert_eq!(forecast["columns"][1], json!([2, null]), "no price is known");
    let most = forecast["most_micros"].as_i64().expect("a number");
    assert!((2_000_000..2_001_000).contains(&most), "{most}");
    let body = json!({"id": id, "scope": {}, "cap_micros": null});
    let (status, refused) = call(&etude, "run-cells", body).await;
    assert_eq!((status, &refused["param"]), (400, &json!("cap_micros")), "{refused}");
    assert_eq!(counts(&get(&etude, &id).await), [0; 5]);
    assert_eq!(call(&etude, "run-cells", json!({"id": id, "scope": {}, "cap_micros": 500_000})).await.0, 200);
    let ended = until(&etude, &id, |comparison| comparison["held"] == "cap" || is_idle(comparison)).await;
    assert!(ended["cost_micros"].as_i64() <= Some(500_000));
}

#[tokio::test]
async fn f7_earlier_answers_narrow_the_forecast() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST]).await;
    let mut one = column(1, FAST, "About {{topic}}");
    one["content"]["params"] = json!({"max_tokens": 1_000});
    let id = create(&etude, &spec(&[one], &topics(30))).await;
    let forecast = async |scope: Value| call(&etude, "forecast-comparison", json!({"id": id, "scope": scope})).await.1;
    assert_eq!(
        (&forecast(json!({"row": 0})).await["cells"], forecast(json!({})).await["runs"].as_u64()),
        (&json!(1), Some(0))
    );
    run(&etude, &id, json!({})).await;
    let ended = until(&etude, &id, is_idle).await;
    let again = forecast(json!({})).await;
    let (least, most) =
        (again["least_micros"].as_i64().expect("a number"), again["most_micros"].as_i64().expect("a number"));
    let cost = ended["cost_micros"].as_i64().expect("a number");
    assert_eq!((&again["cells"], &again["runs"]), (&json!(30), &json!(30)));
    assert!(least <= most && (cost * 9 / 10..=cost * 11 / 10).contains(&most), "{least} to {most}, it was {cost}");
    assert_eq!(forecast(json!({"missing": true})).await["cells"], 0);
}

#[tokio::test]
async fn a5_it_is_paused_stopped_and_changed_while_it_runs() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[SLOW, FAST]).await;
    let slow = spec(&[column(1, SLOW, "About {{topic}}")], &topics(12));
    let id = create(&etude, &slow).await;
    run(&etude, &id, json!({})).await;
    until(&etude, &id, |comparison| counts(comparison)[1] == 8).await;
    assert_eq!(submit(&etude, "pause-comparison", format!("id={id}&paused=true")).await, 200);
    let (status, stopped) = call(&etude, "stop-cells", json!({"id": id, "scope": {"row": 0}})).await;
    assert_eq!((status, &stopped["held"]), (200, &json!("paused")));
    let paused = until(&etude, &id, |comparison| counts(comparison)[4] == 1).await;
    assert_eq!(counts(&paused), [4, 7, 0, 0, 1], "nothing takes its place");
    assert_eq!(submit(&etude, "pause-comparison", format!("id={id}&paused=false")).await, 200);
    until(&etude, &id, |comparison| counts(comparison)[1] == 8).await;

    // Two rows go, one of them runs; the column becomes another, which makes no difference to what runs.
    let revision = get(&etude, &id).await["revision"].clone();
    let mut short = spec(&[column(1, FAST, "About {{topic}}")], &topics(12));
    short["rows"].as_array_mut().expect("rows").truncate(8);
    let save = json!({"id": id, "revision": revision, "name": "", "spec": short});
    assert_eq!(call(&etude, "save-comparison", save).await.0, 200);
    let left = until(&etude, &id, |comparison| counts(comparison).iter().sum::<u64>() == 8).await;
    assert_eq!(counts(&left), [0, 7, 0, 0, 1]);
    let cells = cells(&etude, &id).await;
    assert!(cells[1..].iter().all(|cell| cell["outdated"] == true), "another model is in the column now");
    call(&etude, "stop-cells", json!({"id": id, "scope": {}})).await;
    let ended = until(&etude, &id, is_idle).await;
    assert_eq!(counts(&ended), [0, 0, 0, 0, 8]);
    for _ in 0..100 {
        if mock.open().await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(mock.open().await, 0, "nobody is at work any more");

    assert_eq!(submit(&etude, "delete-comparison", format!("id={id}")).await, 200);
    assert_eq!(etude.get(&format!("/api/comparison?id={id}")).send().await.expect("answers").status(), 404);
    let list = read(&etude, "/api/comparisons").await;
    assert!(list[0]["undo_ms"].as_u64().is_some_and(|left| (1..=30_000).contains(&left)), "{list}");
    assert_eq!(submit(&etude, "rename-comparison", format!("id={id}&name=x")).await, 404);
    assert_eq!(etude.get(&format!("/v1/export?of={id}")).send().await.expect("answers").status(), 404);
    assert_eq!(submit(&etude, "restore-comparison", format!("id={id}")).await, 200);
    assert_eq!(submit(&etude, "rename-comparison", format!("id={id}&name=Tone")).await, 200);
    let back = get(&etude, &id).await;
    assert_eq!((&back["name"], counts(&back)), (&json!("Tone"), counts(&ended)));
    assert_eq!(submit(&etude, "duplicate-comparison", format!("id={id}")).await, 200);
    let list = read(&etude, "/api/comparisons").await;
    let names = ["Tone (copy)", "Tone"].map(|name| json!(name));
    assert_eq!([&list[0]["name"], &list[1]["name"]], [&names[0], &names[1]]);
}

#[tokio::test]
async fn f2_runs_of_clients_in_one_group_wait_for_a_place_and_say_why() {
    let mock = Mock::start();
    let tier = "[[tier]]\nname = \"default\"\nconcurrent_runs = 2\n";
    let etude = Etude::start_with(Some(&mock), &[BRISK, SLOW], tier).await;
    let group = format!("cmp_{}", "5a".repeat(16));
    let mut body = ask(BRISK, "Hi", json!({}));
    body["group"] = json!(group);
    let mut streams = Vec::new();
    for n in 0..12 {
        body["request_id"] = json!(format!("run {n}"));
        streams.push(etude.stream(&body).await);
    }
    let replayed = etude.stream(&body).await;
    assert_eq!(replayed.run, streams[11].run, "the same submission");
    let mut waited = 0;
    for stream in &mut streams {
        let events = stream.rest().await;
        assert_eq!(events.last().map(|event| event.kind.as_str()), Some("run.finished"));
        let Some(queued) = events.first().filter(|event| event.kind == "run.queued") else { continue };
        waited += 1;
        assert_eq!(queued.data["position"], waited);
        let reason = "8 runs of this comparison are going on, which is as many as it may have at a time.";
        assert_eq!(queued.data["reason"], reason);
    }
    assert_eq!(waited, 4);
    assert_eq!(mock.count("calls").await, 12);

    let mut body = ask(SLOW, "Hi", json!({}));
    body["group"] = json!(group);
    let mut streams = Vec::new();
    for _ in 0..9 {
        streams.push(etude.stream(&body).await);
    }
    let mut last = streams.pop().expect("the ninth");
    assert_eq!(last.next().await.expect("an event").kind, "run.queued");
    etude.post(&format!("/v1/runs/{}/cancel", last.run)).send().await.expect("answers");
    let rest = last.rest().await;
    assert_eq!((rest.len(), &rest[0].data["finish_reason"]), (1, &json!("cancelled")));
    assert!(rest[0].data["cancel_ms"].as_u64().is_some_and(|ms| ms < 500));
    for stream in &streams {
        etude.post(&format!("/v1/runs/{}/cancel", stream.run)).send().await.expect("answers");
    }
    assert_eq!(mock.count("calls").await, 20, "the one that waited was never sent");
}

#[tokio::test]
async fn b3_cells_are_followed_over_the_tabs_one_connection() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[BRISK]).await;
    let id = create(&etude, &spec(&[column(1, BRISK, "Hi"), column(2, BRISK, "Ho")], &[json!({})])).await;
    let mut socket = connect(&etude, Some(&etude.url)).await.expect("our own origin");
    hear(&mut socket).await;
    say(&mut socket, &json!({"type": "watch", "comparison": id})).await;
    let first = hear(&mut socket).await;
    assert_eq!((&first["type"], &first["cells"], &first["revision"]), (&json!("cells"), &json!([]), &json!(1)));
    run(&etude, &id, json!({})).await;
    let (mut running, mut done) = (std::collections::BTreeSet::new(), Vec::new());
    while done.len() < 2 {
        let frame = hear(&mut socket).await;
        assert_eq!((&frame["type"], &frame["comparison"]), (&json!("cells"), &json!(id)));
        for cell in frame["cells"].as_array().expect("cells") {
            match cell["status"].as_str() {
                Some("running") => drop(running.insert(cell["run"].to_string())),
                Some("done") => done.push((cell["text"].clone(), frame["counts"]["running"].as_u64())),
                other => assert_eq!(other, Some("waiting")),
            }
        }
    }
    assert_eq!(running.len(), 2, "each names its run while it runs");
    assert!(done.iter().all(|(text, _)| *text == words(60)));
    assert_eq!(done[1].1, Some(0));
    say(&mut socket, &json!({"type": "unwatch", "comparison": id})).await;
    // Of a grid, not all cells come: those in sight are to be read.
    let grid = create(&etude, &spec(&[column(1, BRISK, "Hi")], &topics(2))).await;
    say(&mut socket, &json!({"type": "watch", "comparison": grid})).await;
    let mut first = hear(&mut socket).await;
    while first["comparison"] != grid {
        first = hear(&mut socket).await;
    }
    assert_eq!((&first["reread"], &first["held"]), (&json!(true), &json!(null)));
    say(&mut socket, &json!({"type": "unwatch", "comparison": grid})).await;
    let unknown = format!("cmp_{}", "0".repeat(32));
    say(&mut socket, &json!({"type": "watch", "comparison": unknown})).await;
    let mut refused = hear(&mut socket).await;
    while refused["type"] == "cells" {
        refused = hear(&mut socket).await;
    }
    assert_eq!((&refused["comparison"], &refused["error"]["code"]), (&json!(unknown), &json!("not_found")));
}

#[tokio::test]
async fn a5_a_version_in_a_column_is_run_as_that_version_as_long_as_it_is_what_it_was() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST]).await;
    let body = json!({"name": "Rivers", "model": FAST, "messages": [{"role": "user", "content": "About {{topic}}"}]});
    let preset: Value =
        etude.post("/v1/presets").json(&body).send().await.expect("answers").json().await.expect("json");
    let of = |id: u32, text: &str, edited: bool| {
        let mut column = column(id, FAST, text);
        column["prompt"] = preset["id"].clone();
        column["version"] = preset["version"].clone();
        column["edited"] = json!(edited);
        column
    };
    let columns = [of(1, "About {{topic}}", false), of(2, "On {{topic}}", true), of(3, "By {{topic}}", false)];
    let id = create(&etude, &spec(&columns, &topics(1))).await;
    run(&etude, &id, json!({})).await;
    assert_eq!(counts(&until(&etude, &id, is_idle).await)[2], 3);
    let mut named = Vec::new();
    for cell in cells(&etude, &id).await {
        let request = etude.run(cell["run"].as_str().expect("a run")).await["request"].clone();
        named.push((request["messages"][0]["content"].clone(), request["prompt"].clone()));
    }
    let own = preset["id"].clone();
    let want = [("About {{topic}}", own), ("On {{topic}}", json!(null)), ("By {{topic}}", json!(null))];
    assert_eq!(named, want.map(|(text, prompt)| (json!(text), prompt)), "what is in the column is what is sent");
}

#[tokio::test]
async fn m2_what_cannot_be_compared_is_named() {
    let etude = Etude::start(None, &[]).await;
    let one = column(1, FAST, "Hi");
    let many: Vec<_> = (0..9).map(|id| column(id, FAST, "Hi")).collect();
    let mut often = spec(&many[..8], &topics(10_000));
    often["repetitions"] = json!(2);
    for (spec, part) in [
        (spec(&[], &[json!({})]), "columns"),
        (spec(&many, &[json!({})]), "columns"),
        (spec(&[one.clone(), one.clone()], &[json!({})]), "columns"),
        (spec(std::slice::from_ref(&one), &[]), "rows"),
        (often, "repetitions"),
    ] {
        let (status, refused) = call(&etude, "create-comparison", json!({"name": "", "spec": spec})).await;
        assert_eq!(status, 400, "{refused}");
        assert!(refused.to_string().contains(part), "{part}: {refused}");
    }
    let long = "x".repeat(10_000);
    let fine = spec(&[one], &[json!({})]);
    assert_eq!(call(&etude, "create-comparison", json!({"name": long, "spec": fine})).await.0, 400);
    let unknown = format!("cmp_{}", "0".repeat(32));
    assert_eq!(call(&etude, "stop-cells", json!({"id": unknown, "scope": {}})).await.0, 404);
}
