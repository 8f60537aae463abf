//! K2: secrets are planted everywhere they may stand, and looked for in everything that is written or answered.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::harness::{Etude, Mock, ask, furnished};

/// Part of every secret that is planted, and the header that a password is sent as.
const CANARIES: [&str; 2] = ["canary", "dXNlcjpwdy1jYW5hcnktdXJs"];

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).expect("readable")));
        }
    }
    found
}

fn holds(bytes: &[u8]) -> bool {
    CANARIES.iter().any(|canary| bytes.windows(canary.len()).any(|window| window == canary.as_bytes()))
}

#[tokio::test]
async fn k2_no_secret_leaves_the_server_but_to_its_provider() {
    let mock = Mock::start();
    let host = mock.url.trim_start_matches("http://");
    let scripts =
        ["mock-rate0-n3", "mock-status401-leak", "mock-rate0-n3-err1-leak", "mock-rate0-n3-cut1", "mock-html"];
    let mut config = String::new();
    for (letter, kind, base, key) in [
        ("o", "openai", format!("{}/v1", mock.url), "api_key = \"sk-canary-toml\""),
        ("a", "anthropic", mock.url.clone(), "api_key_env = \"LAB_KEY\""),
        ("u", "openai", format!("http://user:pw-canary-url@{host}/v1"), ""),
    ] {
        config += &format!("[[provider]]\nname = \"{letter}-lab\"\nkind = \"{kind}\"\nbase_url = \"{base}\"\n{key}\n");
        for script in scripts {
            config += &format!("[[model]]\nname = \"{letter}-{script}\"\nprovider = \"{letter}-lab\"\n");
        }
    }
    let folder = furnished();
    let log = folder.path().join("log.txt");
    let base = format!("{}/v1", mock.url);
    let environment = [
        ("LAB_KEY", "sk-canary-variable"),
        ("OPENAI_API_KEY", "sk-canary-openai"),
        ("OPENAI_BASE_URL", base.as_str()),
        ("ETUDE_LOG", "trace"),
    ];
    std::fs::write(folder.path().join("etude.toml"), &config).expect("written");
    let file = std::fs::File::create(&log).expect("a file");
    let mut etude = Etude::start_logged(folder, &environment, Stdio::from(file));

    let mut answers = Vec::new();
    let mut runs = Vec::new();
    for letter in ["o", "a", "u"] {
        for script in scripts {
            let mut stream = etude.stream(&ask(&format!("{letter}-{script}"), "Hi", json!({}))).await;
            answers.push(format!("{:?}", stream.rest().await));
            runs.push(stream.run.clone());
        }
    }
    let mut paths: Vec<_> =
        ["/", "/v1/runs", "/v1/models", "/readyz", "/v1/models/none", "/v1/runs/none"].map(String::from).into();
    for run in &runs {
        paths.extend(["", "/wire", "/events"].map(|ending| format!("/v1/runs/{run}{ending}")));
        paths.push(format!("/runs/{run}"));
    }
    for path in paths {
        let response = etude.get(&path).send().await.expect("answers");
        answers.push(format!("{path} {:?} {}", response.headers().clone(), response.text().await.expect("text")));
    }
    let refused: Value = etude
        .post("/v1/runs")
        .json(&ask("unknown", "Hi", json!({})))
        .send()
        .await
        .expect("answers")
        .json()
        .await
        .expect("json");
    answers.push(refused.to_string());
    for answer in &answers {
        assert!(!holds(answer.as_bytes()), "{answer}");
    }
    assert!(etude.stop().await);
    let written = files(etude.folder());
    assert!(written.iter().any(|(name, _)| name.ends_with("etude.db")), "the database was looked at");
    let log = written.iter().find(|(name, _)| name.ends_with("log.txt")).expect("a log");
    assert!(log.1.len() > 10_000, "it logs at trace");
    for (name, bytes) in written.iter().filter(|(name, _)| !name.ends_with("etude.toml")) {
        assert!(!holds(bytes), "{name} holds a secret");
    }
    assert!(mock.count("calls").await >= 15, "the providers were really asked");
}
