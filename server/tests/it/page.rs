//! What the page asks for beside runs: drafts, providers, counts; and pictures, which are kept once.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::{Value, json};

use crate::harness::{Etude, Mock, ask, furnished};

/// Calls a server function that takes JSON.
pub async fn call(etude: &Etude, name: &str, body: Value) -> (u16, Value) {
    let answer = etude.post(&format!("/api/{name}")).json(&body).send().await.expect("answers");
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

/// Calls one that takes a form.
pub async fn submit(etude: &Etude, name: &str, form: String) -> u16 {
    let request = etude.post(&format!("/api/{name}")).header("content-type", "application/x-www-form-urlencoded");
    request.body(form).send().await.expect("answers").status().as_u16()
}

pub async fn read(etude: &Etude, path: &str) -> Value {
    etude.get(path).send().await.expect("answers").json().await.expect("json")
}

fn draft(text: &str) -> Value {
    json!({"system": "", "messages": [{"id": 1, "role": "user", "text": text}], "model": "m"})
}

fn titles(list: &Value) -> Vec<&str> {
    list["drafts"].as_array().expect("a list").iter().filter_map(|draft| draft["title"].as_str()).collect()
}

/// Pages asked for at a time, so that each is made by more than one thread.
const AT_A_TIME: usize = 64;
/// Pages asked for: of so many, two or more failed while a title was read where no signal can be.
const PAGES: usize = 2_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m1_many_pages_at_a_time_are_all_made() {
    let etude = Etude::start_over(furnished(), "", &[]);
    let mut asked = tokio::task::JoinSet::new();
    for n in 0..PAGES {
        if asked.len() == AT_A_TIME {
            let status = asked.join_next().await.expect("one is under way").expect("does not panic");
            assert_eq!(status, 200);
        }
        let request = etude.get(&format!("/?{n}"));
        asked.spawn(async move { request.send().await.expect("answers").status().as_u16() });
    }
    assert!(asked.join_all().await.into_iter().all(|status| status == 200));
}

#[tokio::test]
async fn a1_a_draft_is_kept_by_its_newest_revision_and_found_by_its_words() {
    let etude = Etude::start_over(furnished(), "", &[]);
    let id = |n: u8| format!("drf_{}", format!("{n:02x}").repeat(16));
    let save = |n: u8, revision: i64, text: &str| json!({"id": id(n), "revision": revision, "draft": draft(text)});
    assert_eq!(call(&etude, "save-draft", save(1, 5, "About rivers\nand more")).await.0, 200);
    assert_eq!(call(&etude, "save-draft", save(2, 1, "About Mountains")).await.0, 200);
    // What was sent late does not replace what came after it.
    assert_eq!(call(&etude, "save-draft", save(1, 3, "About nothing")).await.0, 200);
    let kept = read(&etude, &format!("/api/draft?id={}", id(1))).await;
    assert_eq!(
        (&kept["revision"], &kept["draft"]["messages"][0]["text"]),
        (&json!(5), &json!("About rivers\nand more"))
    );
    assert_eq!(titles(&read(&etude, "/api/drafts?query=").await), ["About Mountains", "About rivers"]);
    assert_eq!(titles(&read(&etude, "/api/drafts?query=mountain").await), ["About Mountains"]);
    assert_eq!(titles(&read(&etude, "/api/drafts?query=and%20more").await), ["About rivers"]);

    assert_eq!(submit(&etude, "remove-draft", format!("id={}", id(1))).await, 200);
    assert_eq!(titles(&read(&etude, "/api/drafts?query=").await), ["About Mountains"]);
    assert_eq!(read(&etude, &format!("/api/draft?id={}", id(1))).await, Value::Null);
    assert_eq!(submit(&etude, "restore-draft", format!("id={}", id(1))).await, 200);
    assert_eq!(titles(&read(&etude, "/api/drafts?query=").await).len(), 2);
    assert_eq!(submit(&etude, "remove-draft", format!("id={}", id(9))).await, 404);
    let long = "x".repeat(300);
    assert_eq!(etude.get(&format!("/api/drafts?query={long}")).send().await.expect("answers").status(), 400);
    // Up to the inline limit.
    let (status, _) = call(&etude, "save-draft", save(3, 1, &"y".repeat(10_000_000))).await;
    assert_eq!(status, 200);
    let (status, error) = call(&etude, "save-draft", save(3, 2, &"y".repeat(17_000_000))).await;
    assert_eq!((status, &error["code"]), (413, &json!("body_too_large")));
}

#[tokio::test]
async fn f7_tokens_are_counted_exactly_where_the_tokenizer_is_here() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &["mock-rate0-n3"]).await;
    // Who waits for a count does not wait until the model is loaded; a run does.
    etude.stream(&ask("smollm2-135m-instruct", "Hello.", json!({"max_tokens": 1}))).await.rest().await;
    let prompt = json!({
        "model": "smollm2-135m-instruct",
        "messages": [{"role": "system", "content": "You are a helpful assistant."}, {"role": "user", "content": "Write about {{topic}}."}],
        "params": {},
    });
    let (_, empty) = call(&etude, "count", json!({"run": prompt})).await;
    let mut filled = prompt.clone();
    filled["inputs"] = json!({"topic": "rivers and mountains"});
    let (_, counted) = call(&etude, "count", json!({"run": filled})).await;
    assert!(counted.as_u64() > empty.as_u64() && empty.as_u64() > Some(10), "{empty} {counted}");
    filled["params"] = json!({"max_tokens": 2});
    let mut stream = etude.stream(&filled).await;
    stream.rest().await;
    assert_eq!(etude.run(&stream.run).await["usage"]["input_tokens"], counted);
    let mut long = filled.clone();
    long["inputs"]["topic"] = json!("rivers ".repeat(200_000));
    assert_eq!(call(&etude, "count", json!({"run": long})).await, (200, Value::Null));
    let mut other = prompt;
    other["model"] = json!("mock-rate0-n3");
    assert_eq!(call(&etude, "count", json!({"run": other})).await, (200, Value::Null));
}

#[tokio::test]
async fn a1_a_picture_is_kept_once_however_often_it_is_sent() {
    let mock = Mock::start();
    let mut etude = Etude::start(Some(&mock), &["mock-rate0-n3"]).await;
    // Bytes that nothing can make smaller.
    let mut state = 7_u32;
    let picture: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(300_000)
    .collect();
    let data = BASE64.encode(&picture);
    let mut body = ask("mock-rate0-n3", "", json!({}));
    body["messages"][0]["content"] = json!([
        {"type": "text", "text": "What is this?"},
        {"type": "image", "media_type": "image/png", "data": data},
    ]);
    let mut runs = Vec::new();
    for _ in 0..5 {
        let mut stream = etude.stream(&body).await;
        stream.rest().await;
        runs.push(stream.run);
    }
    etude.restart();
    for run in &runs {
        let kept = etude.run(run).await;
        assert_eq!(kept["request"]["messages"][0]["content"][1]["data"], json!(data));
        let wire = read(&etude, &format!("/v1/runs/{run}/wire")).await;
        assert!(wire["request"]["body"].as_str().expect("a body").contains(&data), "{run}");
    }
    etude.kill();
    let bytes: u64 = ["etude.db", "etude.db-wal"]
        .iter()
        .filter_map(|name| Some(std::fs::metadata(etude.folder().join("data").join(name)).ok()?.len()))
        .sum();
    assert!(bytes < 2 * picture.len() as u64, "five runs of one picture take {bytes} bytes");
}

#[tokio::test]
async fn a2_a_provider_of_the_page_lives_through_restarts_and_says_when_its_key_is_lost() {
    let mock = Mock::start();
    let mut etude = Etude::start_over(furnished(), "", &[]);
    let provider =
        json!({"name": "lab", "speaks": "openai", "base_url": format!("{}/v1", mock.url), "api_key": "sk-canary"});
    let (status, id) = call(&etude, "save-provider", json!({"provider": provider, "id": null})).await;
    assert_eq!(status, 200, "{id}");
    let (status, error) = call(&etude, "save-provider", json!({"provider": provider, "id": null})).await;
    assert_eq!((status, &error["code"]), (409, &json!("conflict")));
    let mut listed = read(&etude, "/api/providers").await;
    let lab = |listed: &Value| {
        listed["providers"].as_array().expect("a list").iter().find(|one| one["name"] == "lab").cloned()
    };
    assert_eq!(lab(&listed).expect("there")["origin"], "page");
    assert!(!listed.to_string().contains("canary"));

    etude.restart();
    let (status, probe) = call(
        &etude,
        "try-provider",
        json!({"provider": {"name": "lab", "speaks": "openai", "base_url": format!("{}/v1", mock.url)}, "id": id}),
    )
    .await;
    assert_eq!((status, &probe["models"][0]["name"]), (200, &json!("mock")));
    // To another address the key does not go.
    let (status, _) = call(
        &etude,
        "try-provider",
        json!({"provider": {"name": "lab", "speaks": "openai", "base_url": mock.url}, "id": id}),
    )
    .await;
    assert_eq!(status, 400);
    for bad in ["http://169.254.169.254/v1", "http://[fe80::1]/v1", "http://0.0.0.0/v1"] {
        let (status, error) = call(
            &etude,
            "try-provider",
            json!({"provider": {"name": "x", "speaks": "openai", "base_url": bad}, "id": null}),
        )
        .await;
        assert_eq!(status, 400, "{bad}: {error}");
    }

    etude.kill();
    std::fs::remove_file(etude.folder().join("data").join("key")).expect("it was there");
    etude.restart();
    listed = read(&etude, "/api/providers").await;
    let error = lab(&listed).expect("still listed")["error"]["message"].clone();
    assert!(error.as_str().expect("why").contains("key file"), "{error}");
    let id = id.as_str().expect("an id");
    assert_eq!(submit(&etude, "remove-provider", format!("id={id}")).await, 200);
    assert!(lab(&read(&etude, "/api/providers").await).is_none());
    assert_eq!(submit(&etude, "restore-provider", format!("id={id}")).await, 200);
    assert!(lab(&read(&etude, "/api/providers").await).is_some());
}
