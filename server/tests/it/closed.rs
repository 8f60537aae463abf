//! K1: closed to strangers.

use reqwest::StatusCode;
use serde_json::json;

use crate::harness::{Etude, ask};

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
