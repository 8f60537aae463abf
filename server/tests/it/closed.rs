//! K1: closed to strangers.

use reqwest::StatusCode;
use serde_json::json;

use crate::harness::{Etude, ask, binary};

#[tokio::test]
async fn k1_foreign_hosts_and_other_sites_are_refused() {
    let etude = Etude::start(None, &[]).await;
    let body = ask("smollm2-135m-instruct", "Hi", json!({"max_tokens": 1}));
    let foreign = etude.get("/").header("host", "evil.example").send().await.expect("answers");
    assert_eq!(foreign.status(), StatusCode::MISDIRECTED_REQUEST);
    for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        let response = etude.post("/v1/runs").header(name, value).json(&body).send().await.expect("answers");
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{name}: {value}");
        let form = etude
            .post("/api/start")
            .header(name, value)
            .header("content-type", "application/x-www-form-urlencoded")
            .body("message=Hi")
            .send()
            .await
            .expect("answers");
        assert_eq!(form.status(), StatusCode::FORBIDDEN, "{name}: {value}");
    }
}

/// Every route of the binary's own table, as a method and a path that it takes.
fn routes() -> Vec<(reqwest::Method, String)> {
    let output = binary().arg("routes").output().expect("the binary starts");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines()
        .map(|line| {
            let (method, path) = line.split_once(' ').expect("a method and a path");
            let path = path
                .replace("{id}", "run_00000000000000000000000000000000")
                .replace("{prompt}", "prm_00000000000000000000000000000000")
                .replace("{version}", "1")
                .replace("{range}", "1..2")
                .replace(":id", "run_00000000000000000000000000000000")
                .replace("{*name}", "none")
                .replace("{share}", "none");
            (method.parse().expect("a method"), path)
        })
        .collect()
}

#[tokio::test]
async fn k1_no_route_is_open_to_strangers() {
    let etude = Etude::start(None, &[]).await;
    let routes = routes();
    for known in ["/", "/v1/runs", "/v1/live", "/v1/models", "/api/start", "/healthz"] {
        assert!(routes.iter().any(|(_, path)| path == known), "{known} is not in the table: {routes:?}");
    }
    let own = etude.url.trim_start_matches("http://").to_owned();
    for (method, path) in &routes {
        assert!(!path.contains(['{', ':', '*']), "{path}: give the test a value for it");
        let url = format!("{}{path}", etude.url);
        let ask = |headers: &[(&str, &str)]| {
            let request =
                etude.client.request(method.clone(), &url).header("content-type", "application/json").body("{}");
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send()
        };
        // DNS rebinding: the name is another's, the address ours.
        for host in ["evil.example", "127.0.0.1.evil.example:3000", "localhost@evil.example", "10.0.0.1"] {
            let status = ask(&[("host", host)]).await.expect("answers").status();
            assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{method} {path} for {host}");
        }
        for origin in ["https://evil.example", "null", "http://127.0.0.1:1", "file://"] {
            let status = ask(&[("origin", origin)]).await.expect("answers").status();
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path} from {origin}");
        }
        for mode in ["no-cors", "cors", "websocket"] {
            let headers = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", mode)];
            let status = ask(&headers).await.expect("answers").status();
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path} across sites, {mode}");
        }
        for origin in [None, Some("https://evil.example"), Some("http://localhost:1")] {
            let mut headers = vec![("upgrade", "websocket"), ("connection", "upgrade"), ("host", own.as_str())];
            headers.extend(origin.map(|origin| ("origin", origin)));
            let status = ask(&headers).await.expect("answers").status();
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}: a WebSocket of {origin:?}");
        }
        let status = ask(&[]).await.expect("answers").status();
        assert!(!matches!(status.as_u16(), 403 | 405 | 421), "{method} {path} for us: {status}");
    }
    let list: serde_json::Value = etude.get("/v1/runs").send().await.expect("answers").json().await.expect("json");
    assert_eq!(list["data"], json!([]), "nobody started anything");
}

#[tokio::test]
async fn pages_carry_a_strict_policy_with_a_nonce_of_their_own() {
    let etude = Etude::start(None, &[]).await;
    let mut nonces = Vec::new();
    for path in ["/", "/runs/run_00000000000000000000000000000000", "/nowhere"] {
        let response = etude.get(path).send().await.expect("answers");
        let policy = response.headers()["content-security-policy"].to_str().expect("text").to_owned();
        assert!(policy.contains("script-src 'nonce-") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("unsafe-eval'")
                || policy.contains("wasm-unsafe-eval"),
            "{policy}"
        );
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        let html = response.text().await.expect("html");
        assert!(!html.contains(" style="), "{path} has an inline style");
        nonces.push(policy.split("nonce-").nth(1).expect("a nonce")[..16].to_owned());
    }
    nonces.dedup();
    assert_eq!(nonces.len(), 3, "every page has a nonce of its own");
}
