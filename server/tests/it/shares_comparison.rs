//! E1: a comparison behind a link.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Etude, Mock, words};
use crate::shares::{FAST, SLOW, cookies, finished, path, share, text, visitor};

#[tokio::test]
async fn e1_a_comparison_is_shown_with_its_columns_side_by_side() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST, "mock-rate0-n3"]).await;
    let column = |id: u32, model: &str| json!({"id": id, "content": {"model": model, "params": {}, "messages": [{"role": "user", "content": "About {{topic}}"}]}});
    let spec = json!({
        "columns": [column(1, FAST), column(2, "mock-rate0-n3")], "rows": [{"topic": "rivers"}], "repetitions": 1,
    });
    let call = async |name: &str, body: Value| -> Value {
        etude.post(&format!("/api/{name}")).json(&body).send().await.expect("answers").json().await.expect("json")
    };
    let comparison = call("create-comparison", json!({"name": "Two models", "spec": spec})).await;
    let id = comparison["id"].as_str().expect("an id").to_owned();
    call("run-cells", json!({"id": id, "scope": {}, "cap_micros": null})).await;
    for _ in 0..500 {
        let now: Value =
            etude.get(&format!("/api/comparison?id={id}")).send().await.expect("answers").json().await.expect("json");
        if now["counts"]["done"] == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let refused =
        etude.post("/v1/shares").json(&json!({"resource": id, "scope": "run", "budget_micros": 5})).send().await;
    assert_eq!(refused.expect("answers").status(), 400, "a comparison cannot be run from a link");
    let made = share(&etude, json!({"resource": id, "scope": "fork"})).await;
    assert_eq!(made["title"], "Two models");
    let (status, page) = text(etude.get(&path(&made))).await;
    assert_eq!(status, 200);
    for part in ["<h1>Two models</h1>", &words(20), &words(3), "A: mock-ttft1", "rivers", r#"aria-label="Figures""#] {
        assert!(page.contains(part), "{part} is not on the page: {page}");
    }
    assert!(!page.contains("run_") && !page.contains(&id));
    let forked = visitor().post(format!("{}{}/fork", etude.url, path(&made))).send().await.expect("answers");
    assert!(forked.headers()["location"].to_str().expect("text").starts_with("/compare?id=cmp_"));
    let (status, file) = text(etude.get(&format!("{}/export", path(&made)))).await;
    assert_eq!(status, 200);
    let other = Etude::start(None, &[]).await;
    let request = other.post("/v1/import").header("content-type", "application/json").body(file);
    assert_eq!(request.send().await.expect("answers").status(), 200);
}

#[tokio::test]
async fn e1_a_comparison_that_goes_on_is_followed_without_loading_again() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST, SLOW]).await;
    let column = |id: u32, model: &str| json!({"id": id, "content": {"model": model, "params": {}, "messages": [{"role": "user", "content": "Rivers"}]}});
    let spec = json!({"columns": [column(1, FAST), column(2, SLOW)], "rows": [{}], "repetitions": 1});
    let call = async |name: &str, body: Value| -> Value {
        etude.post(&format!("/api/{name}")).json(&body).send().await.expect("answers").json().await.expect("json")
    };
    let id = call("create-comparison", json!({"name": "Two paces", "spec": spec})).await["id"].clone();
    call("run-cells", json!({"id": id, "scope": {}, "cap_micros": null})).await;
    let made = share(&etude, json!({"resource": id, "views_max": 1})).await;
    let link = path(&made);
    let opened = etude.get(&link).send().await.expect("answers");
    let cookie = cookies(&opened);
    let page = opened.text().await.expect("text");
    assert!(page.contains(&format!("data-live=\"{link}/live\" data-again=\"{link}?again=1\"")), "{page}");
    assert_eq!(etude.get(&format!("{link}/live")).send().await.expect("answers").status(), 404, "it is another's");

    let live = async |known: &str| {
        let request = etude.get(&format!("{link}/live")).header("cookie", &cookie).header("if-none-match", known);
        let answer = request.send().await.expect("answers");
        let tag = answer.headers().get("etag").map(|tag| tag.to_str().expect("text").to_owned());
        (answer.status().as_u16(), tag.unwrap_or_default(), answer.text().await.expect("text"))
    };
    let mut known = String::new();
    let mut shown = String::new();
    for _ in 0..500 {
        if let (200, tag, now) = live(&known).await {
            (known, shown) = (tag, now);
        }
        if shown.contains(&words(20)) && shown.contains("aria-busy") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(shown.contains(&words(20)) && shown.contains(r#"id="answer-2""#) && shown.contains("data-live"), "{shown}");
    assert!(!shown.contains("run_") && !shown.contains("<html"), "{shown}");

    // Whose browser keeps no cookies takes each look by itself; none is counted behind their back.
    let free = share(&etude, json!({"resource": id, "views_max": 2})).await;
    for _ in 0..3 {
        assert_eq!(etude.get(&format!("{}/live", path(&free))).send().await.expect("answers").status(), 409);
    }
    call("stop-cells", json!({"id": id, "scope": {}})).await;
    for _ in 0..500 {
        if !shown.contains("data-live") {
            break;
        }
        if let (200, tag, now) = live(&known).await {
            (known, shown) = (tag, now);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!shown.contains("data-live") && !shown.contains("Some are still to come."), "{shown}");
    assert_eq!(live(&known).await.0, 304, "nothing is new");
    let id = made["id"].as_str().expect("an id");
    let one: Value = etude.get(&format!("/v1/shares/{id}")).send().await.expect("answers").json().await.expect("json");
    assert_eq!(one["views"], 1, "all of it is one opening");
    let run = path(&share(&etude, json!({"resource": finished(&etude, "x").await})).await);
    assert_eq!(etude.get(&format!("{run}/live")).send().await.expect("answers").status(), 404, "a run has its events");
    etude.client.delete(format!("{}/v1/shares/{id}", etude.url)).send().await.expect("answers");
    assert_eq!(live(&known).await.0, 404);
}
