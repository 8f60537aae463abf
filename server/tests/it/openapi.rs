//! The document of the API and its page: what is in the table of routes is in the document, and the other way round.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::Value;

use crate::harness::{Etude, binary};

/// The first parts of the paths that are not the API: pages, and the page's own functions.
const PAGES: [&str; 7] = ["", "api", "compare", "library", "p", "runs", "settings"];

/// Every route of the API in the binary's own table, as `METHOD /path`.
fn routes() -> BTreeSet<String> {
    let output = binary().arg("routes").output().expect("the binary starts");
    let text = String::from_utf8(output.stdout).expect("text");
    let of_api = |line: &&str| {
        let first = line.split('/').nth(1).expect("a path");
        !PAGES.contains(&first)
    };
    text.lines().filter(of_api).map(|line| line.replace("{*", "{")).collect()
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Every operation of the document, as `METHOD /path`.
fn operations(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().expect("paths");
    paths
        .iter()
        .flat_map(|(path, item)| {
            let known = item.as_object().expect("a path").keys().filter(|name| METHODS.contains(&name.as_str()));
            known.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect()
}

#[tokio::test]
async fn every_route_is_in_the_document_and_nothing_else() {
    let etude = Etude::start(None, &[]).await;
    let response = etude.get("/openapi.json").send().await.expect("answers");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/json");
    let document: Value = response.json().await.expect("JSON");
    assert_eq!(document["openapi"], "3.1.0");
    let (routes, operations) = (routes(), operations(&document));
    assert!(routes.len() > 20, "only {routes:?}");
    assert_eq!(routes, operations);
}

#[tokio::test]
async fn the_page_is_whole_and_runs_nothing_of_others() {
    let etude = Etude::start(None, &[]).await;
    let response = etude.get("/docs").send().await.expect("answers");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    let policy = response.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    let page = response.text().await.expect("text");
    for script in page.split("<script").skip(1) {
        assert!(
            script.split('>').next().is_some_and(|tag| tag.contains(" src=\"/pkg/")),
            "an inline script: {script:.80}"
        );
    }
    assert!(!page.contains("<style") && !page.contains(" style="), "an inline style");
    // A program that is copied from the page reaches this server.
    assert!(page.contains(&etude.url) && !page.contains("etude.invalid"));
    assert!(page.trim_end().ends_with("</html>"));
}
