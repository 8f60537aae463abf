//! F7: runs at the cost of whoever shared a link, within its budget.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Etude, Mock, words};
use crate::shares::{FAST, FORM, SLOW, cookies, path, share, text, version, visitor};

/// What a link of scope `run` has spent.
async fn spent(etude: &Etude, share: &Value) -> i64 {
    let id = share["id"].as_str().expect("an id");
    let share: Value =
        etude.get(&format!("/v1/shares/{id}")).send().await.expect("answers").json().await.expect("json");
    share["spent_micros"].as_i64().expect("a number")
}

/// Waits until a link has spent something.
async fn settled(etude: &Etude, share: &Value) -> i64 {
    for _ in 0..500 {
        match spent(etude, share).await {
            0 => tokio::time::sleep(Duration::from_millis(10)).await,
            spent => return spent,
        }
    }
    panic!("nothing was settled");
}

#[tokio::test]
async fn f7_a_link_runs_within_its_budget() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST]).await;
    let preset = version(&etude, FAST, 50).await;
    let body = json!({"resource": preset["version_id"], "scope": "run", "budget_micros": 300});
    let made = share(&etude, body).await;
    let link = path(&made);
    let run = |inputs: Value| etude.post(&format!("{link}/runs")).json(&json!({"inputs": inputs})).send();

    let started = run(json!({"topic": "seas"})).await.expect("answers");
    assert_eq!(started.status(), 201);
    let cookie = cookies(&started);
    let started: Value = started.json().await.expect("json");
    let id = started["run"].as_str().expect("a run").to_owned();
    assert_eq!(started["events"], format!("{link}/events?run={id}"));
    let watched = etude.get(started["events"].as_str().expect("a path")).header("cookie", &cookie);
    assert!(text(watched).await.1.contains("event: run.finished"));
    let kept = etude.ended(&id).await;
    assert_eq!((&kept["request"]["inputs"]["topic"], &kept["status"]), (&json!("seas"), &json!("finished")));
    assert_eq!(kept["request"]["prompt"], preset["id"], "it is a run of the prompt");
    assert_eq!(settled(&etude, &made).await, kept["cost_micros"].as_i64().expect("priced"));

    let (status, page) = text(etude.get(&format!("{link}?run={id}")).header("cookie", &cookie)).await;
    assert_eq!(status, 200);
    assert!(page.contains(&words(20)) && page.contains(">\nseas</textarea>") && page.contains("Can be run"), "{page}");

    // The most that a run may cost: a token for each byte, and all of `max_tokens`. It does not fit a second time.
    let refused = run(json!({"topic": "y".repeat(200)})).await.expect("answers");
    assert_eq!(refused.status(), 409);
    let problem: Value = refused.json().await.expect("json");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("may cost up to")), "{problem}");
    for (inputs, status) in [(json!({"other": "x"}), 400), (json!("x"), 400)] {
        assert_eq!(run(inputs).await.expect("answers").status().as_u16(), status);
    }

    let form = |fields: &str| {
        let request = visitor().post(format!("{}{link}/runs", etude.url)).header("content-type", FORM);
        request.header("cookie", &cookie).body(fields.to_owned())
    };
    let led = form("inputs%5Btopic%5D=lakes%0D%0Aand+more").send().await.expect("answers");
    assert_eq!(led.status(), 303);
    let place = led.headers()["location"].to_str().expect("text").to_owned();
    let id = place.split("?run=").nth(1).expect("a run").to_owned();
    assert_eq!(etude.ended(&id).await["request"]["inputs"]["topic"], "lakes\nand more");
    let long = format!("inputs%5Btopic%5D={}", "z".repeat(400));
    let (status, page) = text(form(&long)).await;
    assert_eq!(status, 409);
    assert!(page.contains(&"z".repeat(400)) && page.contains("role=\"alert\""), "what was typed is there again");

    let streamed = etude.post(&format!("{link}/runs")).header("accept", "text/event-stream").json(&json!({}));
    let (status, events) = text(streamed).await;
    assert!(status == 409 || events.contains("event: run.finished"), "{status} {events}");
}

#[tokio::test]
async fn f7_what_runs_may_cost_is_reserved_and_two_go_on_at_a_time() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[SLOW]).await;
    let preset = version(&etude, SLOW, 900).await;
    let start = async |link: &str| etude.post(&format!("{link}/runs")).json(&json!({})).send().await.expect("answers");
    // One run may cost 1,800 for its answer and some for its prompt.
    let narrow = share(&etude, json!({"resource": preset["version_id"], "scope": "run", "budget_micros": 2_500})).await;
    let link = path(&narrow);
    let first: Value = start(&link).await.json().await.expect("json");
    let second = start(&link).await;
    assert_eq!(second.status(), 409);
    assert!(second.headers().contains_key("retry-after"), "it may fit once the first has ended");
    etude.post(&format!("/v1/runs/{}/cancel", first["run"].as_str().expect("a run"))).send().await.expect("answers");
    let cost = etude.ended(first["run"].as_str().expect("a run")).await["cost_micros"].as_i64();
    let spent = settled(&etude, &narrow).await;
    assert!(cost.is_none_or(|cost| cost == spent), "{cost:?} {spent}");

    let wide =
        share(&etude, json!({"resource": preset["version_id"], "scope": "run", "budget_micros": 1_000_000})).await;
    let link = path(&wide);
    for status in [201, 201, 429] {
        let answer = start(&link).await;
        assert_eq!(answer.status().as_u16(), status);
        if status == 429 {
            let problem: Value = answer.json().await.expect("json");
            assert_eq!(problem["limit"], "concurrency");
        }
    }
}

#[tokio::test]
async fn f7_a_run_that_a_kill_has_cut_is_settled_at_the_next_start() {
    let mock = Mock::start();
    let mut etude = Etude::start(Some(&mock), &[SLOW]).await;
    let preset = version(&etude, SLOW, 900).await;
    let made = share(&etude, json!({"resource": preset["version_id"], "scope": "run", "budget_micros": 4_500})).await;
    let link = path(&made);
    let mut answer = etude
        .post(&format!("{link}/runs"))
        .header("accept", "text/event-stream")
        .json(&json!({}))
        .send()
        .await
        .expect("answers");
    let mut came = String::new();
    while !came.contains("event: delta") {
        came += &String::from_utf8_lossy(&answer.chunk().await.expect("it comes").expect("it goes on"));
    }
    assert_eq!(spent(&etude, &made).await, 0);
    etude.restart();
    let most = spent(&etude, &made).await;
    assert!((1_800..2_200).contains(&most), "nobody knows what it cost: what was reserved counts, {most}");
    let again = etude.post(&format!("{link}/runs")).json(&json!({})).send().await.expect("answers");
    assert_eq!(again.status(), 201, "nothing is reserved any more");
}
