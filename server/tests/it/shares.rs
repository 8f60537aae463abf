//! E1: links, from the outside: what they show, what they do not, and how they end.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Etude, Mock, ask, words};

/// Twenty tokens at once.
pub const FAST: &str = "mock-ttft1-rate0-n20";
/// A thousand, a hundred a second.
pub const SLOW: &str = "mock-ttft1-rate100-n1000";
pub const FORM: &str = "application/x-www-form-urlencoded";

/// A client that shows each answer as it comes, redirects too.
pub fn visitor() -> Client {
    Client::builder().redirect(Policy::none()).build().expect("a client")
}

pub async fn share(etude: &Etude, body: Value) -> Value {
    let answer = etude.post("/v1/shares").json(&body).send().await.expect("answers");
    let status = answer.status();
    let share: Value = answer.json().await.expect("json");
    assert_eq!(status, StatusCode::CREATED, "{share}");
    share
}

/// The path of a link on this server.
pub fn path(share: &Value) -> String {
    let url = share["url"].as_str().expect("a URL");
    url[url.find("/s/").expect("a link")..].to_owned()
}

pub async fn text(request: RequestBuilder) -> (StatusCode, String) {
    let answer = request.send().await.expect("answers");
    (answer.status(), answer.text().await.expect("text"))
}

/// The cookies that an answer sets, as a browser would send them back.
pub fn cookies(answer: &Response) -> String {
    let set = answer.headers().get_all("set-cookie").into_iter();
    let pairs = set.map(|cookie| cookie.to_str().expect("text").split(';').next().expect("a pair").to_owned());
    pairs.collect::<Vec<_>>().join("; ")
}

/// A finished run.
pub async fn finished(etude: &Etude, text: &str) -> String {
    let mut stream = etude.stream(&ask(FAST, text, json!({"max_tokens": 50}))).await;
    stream.rest().await;
    stream.run
}

/// A prompt with a variable, and the id of its version.
pub async fn version(etude: &Etude, model: &str, max_tokens: u32) -> Value {
    let body = json!({
        "name": "Rivers", "model": model, "params": {"max_tokens": max_tokens}, "inputs": {"topic": "the Po"},
        "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "About {{topic}}"}],
    });
    let answer = etude.post("/v1/presets").json(&body).send().await.expect("answers");
    assert_eq!(answer.status(), StatusCode::CREATED);
    answer.json().await.expect("json")
}

/// An answer without what is always its own.
async fn whole(answer: Response) -> (StatusCode, BTreeMap<String, String>, Vec<u8>) {
    let own = ["x-request-id", "date"];
    let headers = answer.headers().iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
    (answer.status(), headers, answer.bytes().await.expect("bytes").to_vec())
}

#[tokio::test]
async fn e1_links_are_made_listed_read_and_revoked() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST]).await;
    let run = finished(&etude, "About rivers").await;
    let made = share(&etude, json!({"resource": run, "expires_in_s": 60})).await;
    assert!(made["id"].as_str().is_some_and(|id| id.starts_with("shr_")), "{made}");
    assert!(made["url"].as_str().is_some_and(|url| url.starts_with(&format!("{}/s/", etude.url))), "{made}");
    assert_eq!((&made["scope"], &made["title"]), (&json!("view"), &json!("About rivers")));
    let lasts = made["expires_at"].as_i64().expect("a time") - made["created_at"].as_i64().expect("a time");
    assert!((60_000_000..=61_000_000).contains(&lasts), "{lasts}");
    let other = finished(&etude, "Another").await;
    let second = share(&etude, json!({"resource": other})).await;
    let read =
        async |path: &str| -> Value { etude.get(path).send().await.expect("answers").json().await.expect("json") };
    assert_eq!(read("/v1/shares").await["data"], json!([second, made]), "the newest first, the same links again");
    assert_eq!(read(&format!("/v1/shares?resource={run}")).await["data"], json!([made]));

    let agent = "Mozilla/5.0 (X11) Firefox/140.0";
    let opened = etude.get(&path(&made)).header("user-agent", agent).send().await.expect("answers");
    assert_eq!(opened.status(), 200);
    let id = made["id"].as_str().expect("an id").to_owned();
    let one = read(&format!("/v1/shares/{id}")).await;
    assert_eq!((&one["views"], &one["opened"][0]["agent"]), (&json!(1), &json!("Firefox")));
    assert_eq!((&one["opened"][0]["what"], &one["opened"][0]["at"]), (&json!("page"), &one["viewed_at"]));
    for _ in 0..2 {
        let gone = etude.client.delete(format!("{}/v1/shares/{id}", etude.url)).send().await.expect("answers");
        assert_eq!(gone.status(), 204);
    }
    assert_eq!(etude.get(&path(&made)).send().await.expect("answers").status(), 404, "at once");
    assert!(read(&format!("/v1/shares/{id}")).await["revoked_at"].is_i64());
    for missing in [format!("shr_{}", "0".repeat(32)), "nonsense".into()] {
        let gone = etude.client.delete(format!("{}/v1/shares/{missing}", etude.url)).send().await.expect("answers");
        assert_eq!(gone.status(), 404, "{missing}");
    }
}

#[tokio::test]
async fn e1_what_cannot_be_a_link_is_named() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST]).await;
    let run = finished(&etude, "x").await;
    let gone = finished(&etude, "y").await;
    etude.client.delete(format!("{}/v1/runs/{gone}", etude.url)).send().await.expect("answers");
    let nobody = "0".repeat(32);
    for (body, status, part) in [
        (json!({}), 400, "resource"),
        (json!({"resource": "prm_x"}), 400, "resource"),
        (json!({"resource": run, "scope": "edit"}), 400, "scope"),
        (json!({"resource": run, "expires_in_s": 0}), 400, "expires_in_s"),
        (json!({"resource": run, "passphrase": ""}), 400, "passphrase"),
        (json!({"resource": run, "views_max": 0}), 400, "views_max"),
        (json!({"resource": run, "scope": "run"}), 400, "budget_micros"),
        (json!({"resource": run, "budget_micros": 5}), 400, "budget_micros"),
        (json!({"resource": run, "password": "x"}), 400, "password"),
        (json!({"resource": format!("run_{nobody}")}), 404, "run_"),
        (json!({"resource": format!("ver_{nobody}")}), 404, "ver_"),
        (json!({"resource": format!("cmp_{nobody}")}), 404, "cmp_"),
        (json!({"resource": gone}), 410, "deleted"),
    ] {
        let answer = etude.post("/v1/shares").json(&body).send().await.expect("answers");
        assert_eq!(answer.status().as_u16(), status, "{body}");
        let problem: Value = answer.json().await.expect("json");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(part)), "{body}: {problem}");
    }
    let list: Value = etude.get("/v1/shares").send().await.expect("answers").json().await.expect("json");
    assert_eq!(list["data"], json!([]));
}

#[tokio::test]
async fn e1_one_page_for_all_that_is_not_there() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST]).await;
    let run = finished(&etude, "x").await;
    let made = share(&etude, json!({"resource": run, "scope": "fork"})).await;
    let link = path(&made);
    let token = link.strip_prefix("/s/").expect("a token");
    let nothing = whole(etude.get("/s/nothing").send().await.expect("answers")).await;
    assert_eq!(nothing.0, 404);
    assert_eq!(nothing.1["x-robots-tag"], "\"noindex, nofollow\"");
    assert_eq!((&*nothing.1["cache-control"], &*nothing.1["referrer-policy"]), ("\"no-store\"", "\"no-referrer\""));
    assert!(!String::from_utf8_lossy(&nothing.2).contains("<script"));

    let bytes = BASE64.decode(token).expect("base64");
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let answer = etude.get(&format!("/s/{}", BASE64.encode(bytes))).send().await.expect("answers");
        assert_eq!(whole(answer).await, nothing, "bit {bit}");
    }
    let revoked = share(&etude, json!({"resource": run})).await;
    let id = revoked["id"].as_str().expect("an id");
    etude.client.delete(format!("{}/v1/shares/{id}", etude.url)).send().await.expect("answers");
    let used = share(&etude, json!({"resource": run, "views_max": 1})).await;
    assert_eq!(etude.get(&path(&used)).send().await.expect("answers").status(), 200);
    let ended = share(&etude, json!({"resource": run, "expires_in_s": 1})).await;
    assert_eq!(etude.get(&path(&ended)).send().await.expect("answers").status(), 200);
    let lost = finished(&etude, "gone").await;
    let orphan = share(&etude, json!({"resource": lost})).await;
    etude.client.delete(format!("{}/v1/runs/{lost}", etude.url)).send().await.expect("answers");
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let paths = [
        format!("{link}A"),
        format!("{link}="),
        link[..link.len() - 1].to_owned(),
        format!("/s/{}", token.to_lowercase()),
        format!("{link}/nothing"),
        format!("{link}?run=run_{}", "0".repeat(32)),
        format!("{link}?run=nonsense"),
        "/s/%ff%fe".to_owned(),
        "/s/".to_owned(),
        path(&revoked),
        path(&used),
        path(&ended),
        path(&orphan),
        format!("{}/events", path(&ended)),
        format!("{}/export", path(&revoked)),
        // Beyond the scope.
        format!("{}/export", path(&share(&etude, json!({"resource": run})).await)),
    ];
    for path in &paths {
        assert_eq!(whole(etude.get(path).send().await.expect("answers")).await, nothing, "{path}");
    }
    for what in ["unlock", "runs", "fork"] {
        let request = etude.post(&format!("{}/{what}", path(&revoked))).header("content-type", FORM);
        assert_eq!(whole(request.body("passphrase=x").send().await.expect("answers")).await, nothing, "{what}");
    }
    assert_eq!(etude.get(&link).send().await.expect("answers").status(), 200, "the link itself works");
}

#[tokio::test]
async fn e1_a_run_is_shown_with_all_that_it_is() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST]).await;
    let body = json!({
        "model": FAST, "params": {"max_tokens": 50, "temperature": 0.5}, "inputs": {"topic": "rivers & <b>seas</b>"},
        "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "About {{topic}}"}],
    });
    let mut stream = etude.stream(&body).await;
    stream.rest().await;
    let made = share(&etude, json!({"resource": stream.run})).await;
    let answer = etude.get(&path(&made)).send().await.expect("answers");
    assert_eq!(answer.status(), 200);
    let policy = answer.headers()["content-security-policy"].to_str().expect("text").to_owned();
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned();
    assert!(policy.starts_with("default-src 'none'; script-src 'nonce-"), "{policy}");
    for (name, value) in
        [("x-robots-tag", "noindex, nofollow"), ("referrer-policy", "no-referrer"), ("cache-control", "no-store")]
    {
        assert_eq!(answer.headers()[name], value, "{name}");
    }
    let cookie = answer.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert!(cookie.contains(&format!("; Path={};", path(&made))), "{cookie}");
    assert!(cookie.contains("; HttpOnly; SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");
    let page = answer.text().await.expect("text");
    for part in [
        "<h1>About {{topic}}</h1>",
        "Be short.",
        r#"<span class="share__variable">{{topic}}</span>"#,
        "rivers &amp; &lt;b&gt;seas&lt;/b&gt;",
        &words(20),
        r#"aria-label="Run figures""#,
        "<dt>Temperature</dt><dd>0.5</dd>",
        "Read only",
        "Link ends",
        r#"<meta name="robots" content="noindex, nofollow">"#,
    ] {
        assert!(page.contains(part), "{part} is not on the page: {page}");
    }
    for script in page.split("<script").skip(1) {
        assert!(script.starts_with(&format!(" nonce=\"{nonce}\" ")), "{script:.80}");
        assert!(script.split('>').next().is_some_and(|tag| tag.contains("src=\"/pkg/test/islands/")), "{script:.80}");
    }
    assert!(!page.contains("<style") && !page.contains(" style="), "an inline style");
    for absent in [".wasm", "<nav", "Fork", "/export", "data-events", "<form"] {
        assert!(!page.contains(absent), "{absent} is on the page");
    }
}

#[tokio::test]
async fn e1_nothing_leaks_that_the_scope_does_not_name() {
    let mock = Mock::start();
    let etude = Etude::start_with(Some(&mock), &[FAST, "mock-status500-leak"], "").await;
    let first = finished(&etude, "canary-before").await;
    let preset = version(&etude, FAST, 50).await;
    let id = preset["id"].as_str().expect("an id");
    let later = json!({
        "name": "Rivers", "model": FAST, "note": "canary-note", "tags": ["canary-tag"], "description": "canary-about",
        "messages": [{"role": "user", "content": "canary-later {{topic}}"}],
    });
    let put = etude.client.put(format!("{}/v1/presets/{id}", etude.url)).json(&later).send().await.expect("answers");
    assert_eq!(put.status(), 200);
    let run = json!({"prompt": id, "version": 1, "parent": first, "request_id": "canary-request"});
    let mut stream = etude.stream(&run).await;
    stream.rest().await;
    let mut failed = etude.stream(&ask("mock-status500-leak", "x", json!({"max_tokens": 9}))).await;
    failed.rest().await;

    let ids = [id, preset["version_id"].as_str().expect("an id"), first.as_str()].map(str::to_owned);
    let host = mock.url.trim_start_matches("http://").to_owned();
    let mut seen = Vec::new();
    for resource in [stream.run.clone(), failed.run.clone(), preset["version_id"].as_str().expect("an id").into()] {
        for scope in ["view", "fork", "run"] {
            let mut body = json!({"resource": resource, "scope": scope});
            if scope == "run" {
                body["budget_micros"] = json!(1_000_000);
            }
            let made = share(&etude, body).await;
            for ending in ["", "/events", "/export"] {
                let answer = etude.get(&format!("{}{ending}", path(&made))).send().await.expect("answers");
                let head = format!("{:?}", answer.headers());
                let body = answer.text().await.expect("text");
                seen.push((format!("{scope} of {resource}: {ending}"), format!("{head} {body}"), made.clone()));
            }
        }
    }
    assert!(seen.iter().filter(|(_, text, _)| text.contains("run.finished")).count() >= 3, "events were looked at");
    assert!(seen.iter().any(|(_, text, _)| text.contains("\"format\":\"etude\"")), "a file was looked at");
    for (name, text, made) in &seen {
        for secret in ["canary", host.as_str(), "\"lab\"", "You", made["id"].as_str().expect("an id")] {
            assert!(!text.contains(secret), "{name} has {secret}: {text}");
        }
        for id in &ids {
            assert!(!text.contains(id), "{name} has {id}: {text}");
        }
    }
}

#[tokio::test]
async fn e1_a_used_up_link_lets_its_own_opening_go_on() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST]).await;
    let run = finished(&etude, "x").await;
    let made = share(&etude, json!({"resource": run, "scope": "fork", "views_max": 1})).await;
    let link = path(&made);
    let head = etude.client.head(format!("{}{link}", etude.url)).send().await.expect("answers");
    assert_eq!((head.status(), cookies(&head)), (StatusCode::OK, String::new()), "looking is not opening");
    let opened = etude.get(&link).send().await.expect("answers");
    let cookie = cookies(&opened);
    assert_eq!(opened.status(), 200);
    for (ending, with, without) in
        [("", 404, 404), ("?again=1", 200, 404), ("/events", 200, 404), ("/export", 200, 404)]
    {
        let url = format!("{link}{ending}");
        let own = etude.get(&url).header("cookie", &cookie).send().await.expect("answers");
        assert_eq!(own.status().as_u16(), with, "{ending} of the opening");
        assert_eq!(etude.get(&url).send().await.expect("answers").status().as_u16(), without, "{ending} of another");
    }
    let other = share(&etude, json!({"resource": run, "scope": "fork", "views_max": 1})).await;
    let foreign = etude.get(&format!("{}/export", path(&other))).header("cookie", &cookie).send().await;
    assert!(!cookies(&foreign.expect("answers")).is_empty(), "a proof is good for its own link alone");
    let list: Value = etude.get("/v1/shares").send().await.expect("answers").json().await.expect("json");
    assert_eq!((&list["data"][0]["views"], &list["data"][1]["views"]), (&json!(1), &json!(1)));

    // Of many at once one comes in.
    let single = path(&share(&etude, json!({"resource": run, "views_max": 1})).await);
    let visits = (0..8).map(|_| etude.get(&single).send());
    let statuses = futures::future::join_all(visits).await;
    let inside = statuses.into_iter().filter(|answer| answer.as_ref().expect("answers").status() == 200);
    assert_eq!(inside.count(), 1);
}

#[tokio::test]
async fn e1_a_passphrase_must_be_typed_and_cannot_be_guessed() {
    let mock = Mock::start();
    let mut etude = Etude::start(Some(&mock), &[FAST]).await;
    let run = finished(&etude, "canary-title").await;
    let body = json!({"resource": run, "scope": "fork", "passphrase": "öpen sesame", "views_max": 2});
    let link = path(&share(&etude, body).await);
    let visitor = visitor();
    let type_in = |etude: &Etude, word: &str| {
        let request = visitor.post(format!("{}{link}/unlock", etude.url)).header("content-type", FORM);
        request.body(format!("passphrase={word}")).send()
    };
    let (status, page) = text(etude.get(&link)).await;
    assert_eq!(status, 200);
    assert!(page.contains(r#"name="passphrase""#) && !page.contains("canary") && !page.contains("w0"), "{page}");
    for ending in ["/events", "/export"] {
        let (status, page) = text(etude.get(&format!("{link}{ending}"))).await;
        assert_eq!(status, 403, "{ending}");
        assert!(page.contains(r#"name="passphrase""#) && !page.contains("canary"));
    }
    let wrong = type_in(&etude, "open").await.expect("answers");
    assert_eq!((wrong.status(), cookies(&wrong)), (StatusCode::FORBIDDEN, String::new()));
    assert!(wrong.text().await.expect("text").contains("not the passphrase"));
    let right = type_in(&etude, "%C3%B6pen+sesame").await.expect("answers");
    assert_eq!((right.status().as_u16(), right.headers()["location"].to_str().expect("text")), (303, link.as_str()));
    let cookie = cookies(&right);
    let (status, page) = text(etude.get(&link).header("cookie", &cookie)).await;
    assert_eq!(status, 200);
    assert!(page.contains("canary-title"));
    etude.restart();
    let (status, page) = text(etude.get(&link).header("cookie", &cookie)).await;
    assert!(status == 200 && page.contains("canary-title"), "after a restart");
    assert_eq!(text(etude.get(&link).header("cookie", &cookie)).await.0, 404, "used up");

    let link = path(&share(&etude, json!({"resource": run, "passphrase": "x"})).await);
    let type_in = |word: &str| {
        let request = visitor.post(format!("{}{link}/unlock", etude.url)).header("content-type", FORM);
        request.body(format!("passphrase={word}")).send()
    };
    for guess in 0..5 {
        assert_eq!(type_in(&guess.to_string()).await.expect("answers").status(), 403, "guess {guess}");
    }
    let limited = type_in("x").await.expect("answers");
    assert_eq!(limited.status(), 429, "also the right one waits");
    let wait: u64 = limited.headers()["retry-after"].to_str().expect("text").parse().expect("a number");
    assert!((1..=5).contains(&wait), "{wait}");
}

#[tokio::test]
async fn e1_a_running_run_is_watched_live_until_the_link_is_revoked() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[SLOW]).await;
    let stream = etude.stream(&ask(SLOW, "x", json!({"max_tokens": 1000}))).await;
    let made = share(&etude, json!({"resource": stream.run})).await;
    let link = path(&made);
    let opened = etude.get(&link).send().await.expect("answers");
    let cookie = cookies(&opened);
    let page = opened.text().await.expect("text");
    assert!(page.contains(&format!("data-events=\"{link}/events\"")), "{page}");
    assert!(page.contains(&format!("data-again=\"{link}?again=1\"")) && page.contains("Load again"));

    let mut events = etude.get(&format!("{link}/events")).header("cookie", &cookie).send().await.expect("answers");
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let mut came = String::new();
    while came.matches("event: delta").count() < 20 {
        came += &String::from_utf8_lossy(&events.chunk().await.expect("it comes").expect("it goes on"));
    }
    assert!(came.starts_with("id: 0\nevent: run."), "{came:.200}");
    assert!(came.contains("\"endpoint\":\"\"") && came.contains("\"provider\":\"\""));
    let id = made["id"].as_str().expect("an id");
    etude.client.delete(format!("{}/v1/shares/{id}", etude.url)).send().await.expect("answers");
    let rest = async { while events.chunk().await.is_ok_and(|chunk| chunk.is_some()) {} };
    tokio::time::timeout(Duration::from_secs(2), rest).await.expect("it is cut off at once");
    assert_eq!(etude.run(&stream.run).await["status"], "running", "the run goes on");
    let again = etude.get(&format!("{link}/events")).header("cookie", &cookie).send().await.expect("answers");
    assert_eq!(again.status(), 404);

    let short = path(&share(&etude, json!({"resource": stream.run, "expires_in_s": 1})).await);
    let mut events = etude.get(&format!("{short}/events")).send().await.expect("answers");
    assert_eq!(events.status(), 200);
    let rest = async { while events.chunk().await.is_ok_and(|chunk| chunk.is_some()) {} };
    tokio::time::timeout(Duration::from_secs(4), rest).await.expect("it ends with the link");

    let live = path(&share(&etude, json!({"resource": stream.run})).await);
    etude.post(&format!("/v1/runs/{}/cancel", stream.run)).send().await.expect("answers");
    let (_, all) = text(etude.get(&format!("{live}/events"))).await;
    assert!(all.trim_end().rsplit("\n\n").next().is_some_and(|last| last.contains("event: run.finished")));
    let last = all.matches("\nevent: ").count() - 1;
    let request = etude.get(&format!("{live}/events")).header("last-event-id", last.to_string());
    assert_eq!(request.send().await.expect("answers").status(), 204);
}

#[tokio::test]
async fn e1_the_public_address_has_shared_pages_and_nothing_else() {
    let mock = Mock::start();
    let public = "[server]\npublic_url = \"https://etude.example\"\n";
    let etude = Etude::start_with(Some(&mock), &[FAST], public).await;
    let run = finished(&etude, "x").await;
    let body = json!({"resource": run, "scope": "fork", "passphrase": "x"});
    let made = share(&etude, body).await;
    assert!(made["url"].as_str().is_some_and(|url| url.starts_with("https://etude.example/s/")), "{made}");
    let link = path(&made);
    let from =
        |request: RequestBuilder| request.header("host", "etude.example").header("x-forwarded-for", "203.0.113.9");
    for (path, status) in [
        (link.as_str(), 200),
        ("/s/nothing", 404),
        ("/s/a/b", 404),
        ("/pkg/test/islands/none.js", 404),
        ("/", 421),
        ("/runs", 421),
        ("/v1/runs", 421),
        ("/v1/shares", 421),
        ("/v1/models", 421),
        ("/api/drafts?query=", 421),
        ("/healthz", 421),
        ("/openapi.json", 421),
        ("/docs", 421),
        ("/pkg/test/etude.js", 421),
    ] {
        assert_eq!(from(etude.get(path)).send().await.expect("answers").status().as_u16(), status, "{path}");
    }
    // By our own name, but passed on by a proxy.
    let passed = etude.get("/v1/runs").header("x-forwarded-for", "203.0.113.9").send().await.expect("answers");
    assert_eq!(passed.status(), 421);
    let visitor = visitor();
    let unlock = || {
        let request = visitor.post(format!("{}{link}/unlock", etude.url)).header("content-type", FORM);
        from(request).body("passphrase=x")
    };
    for (origin, site, status) in [
        ("https://etude.example", "same-origin", 303),
        ("null", "same-origin", 303),
        ("null", "cross-site", 403),
        ("https://evil.example", "cross-site", 403),
        ("http://127.0.0.1:3000", "same-origin", 403),
    ] {
        let request =
            unlock().header("origin", origin).header("sec-fetch-site", site).header("sec-fetch-mode", "navigate");
        assert_eq!(request.send().await.expect("answers").status().as_u16(), status, "{origin}, {site}");
    }
    let unlocked = unlock().send().await.expect("answers");
    let set = unlocked.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert!(set.ends_with("; HttpOnly; SameSite=Lax; Secure"), "{set}");
    let cookie = cookies(&unlocked);
    let (_, page) = text(from(etude.get(&link)).header("cookie", &cookie)).await;
    assert!(page.contains(&format!("href=\"{link}/export\" download")), "a fork is a file here");
    let fork = from(visitor.post(format!("{}{link}/fork", etude.url))).header("cookie", &cookie);
    assert_eq!(fork.send().await.expect("answers").status(), 404, "nobody has a library here");
    let (_, own) = text(etude.get(&link).header("cookie", &cookie)).await;
    assert!(own.contains(&format!("action=\"{link}/fork\"")), "on the machine itself it goes into the library");
}

#[tokio::test]
async fn e1_a_fork_is_a_file_that_imports_or_a_prompt_of_ones_own() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST]).await;
    let preset = version(&etude, FAST, 50).await;
    let run = finished(&etude, "About rivers").await;
    let visitor = visitor();
    for (resource, name) in [(preset["version_id"].clone(), "Rivers v1"), (json!(run), "About rivers")] {
        let link = path(&share(&etude, json!({"resource": resource, "scope": "fork"})).await);
        let answer = etude.get(&format!("{link}/export")).send().await.expect("answers");
        assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"etude-share.json\"");
        assert_eq!(answer.headers()["content-type"], "application/json");
        let file = answer.text().await.expect("text");
        assert_eq!(text(etude.get(&format!("{link}/export"))).await.1, file, "the same again");
        let read: Value = serde_json::from_str(&file).expect("json");
        assert_eq!((&read["format"], &read["version"]), (&json!("etude"), &json!(1)));
        assert_eq!(read["prompts"][0]["name"], name);

        let other = Etude::start(None, &[]).await;
        for created in [true, false] {
            let request = other.post("/v1/import").header("content-type", "application/json").body(file.clone());
            let answer = request.send().await.expect("answers");
            assert_eq!(answer.status(), 200, "{file}");
            let imported: Value = answer.json().await.expect("json");
            assert_eq!(imported["created"].as_u64() > Some(0), created, "{imported}");
        }
        if name == "About rivers" {
            let theirs = other.run(&run).await;
            assert_eq!((&theirs["output"]["text"], &theirs["endpoint"]), (&json!(words(20)), &json!("")));
        }

        let forked = visitor.post(format!("{}{link}/fork", etude.url)).send().await.expect("answers");
        assert_eq!(forked.status(), 303);
        let place = forked.headers()["location"].to_str().expect("text").to_owned();
        let id = place.strip_prefix("/p/").expect("a prompt");
        let own: Value =
            etude.get(&format!("/v1/presets/{id}")).send().await.expect("answers").json().await.expect("json");
        assert_eq!((&own["name"], &own["model"]), (&json!(name), &json!(FAST)));
        assert_ne!(own["id"], preset["id"]);
    }
}
