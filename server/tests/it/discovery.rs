//! Models that nobody had to name, and those that go away.

use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{Etude, Mock, PATIENCE, ask, furnished, text, words};

async fn models(etude: &Etude) -> Vec<Value> {
    let list: Value = etude.get("/v1/models").send().await.expect("answers").json().await.expect("json");
    list["data"].as_array().expect("a list").clone()
}

async fn listed(etude: &Etude, name: &str) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(model) = models(etude).await.into_iter().find(|model| model["id"] == name) {
            return model;
        }
        assert!(Instant::now() < deadline, "{name} is not found");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn keys_in_the_environment_and_usual_ports_bring_their_models() {
    let openai = Mock::start_with(&["--model", "gpt-4o-2024-08-06", "--owned-by", "openai"]);
    let anthropic = Mock::start_with(&["--model", "claude-sonnet-4-5-20250929"]);
    let ollama = Mock::start_with(&["--model", "qwen3:4b", "--owned-by", "library"]);
    let llamacpp = Mock::start_with(&["--model", "local-gguf", "--owned-by", "llamacpp"]);
    let port = llamacpp.url.rsplit(':').next().expect("a port").to_owned();
    let base = format!("{}/v1", openai.url);
    let environment = [
        ("OPENAI_API_KEY", "sk-canary-openai"),
        ("OPENAI_BASE_URL", base.as_str()),
        ("ANTHROPIC_API_KEY", "sk-canary-anthropic"),
        ("ANTHROPIC_BASE_URL", anthropic.url.as_str()),
        ("OLLAMA_HOST", ollama.url.trim_start_matches("http://")),
        ("LLAMA_ARG_PORT", port.as_str()),
    ];
    let etude = Etude::start_over(furnished(), "", &environment);
    let gpt = listed(&etude, "gpt-4o-2024-08-06").await;
    assert_eq!(
        (&gpt["provider"], &gpt["owned_by"], &gpt["object"]),
        (&json!("openai"), &json!("openai"), &json!("model"))
    );
    let claude = listed(&etude, "claude-sonnet-4-5-20250929").await;
    assert_eq!(claude["provider"], "anthropic");
    assert!(claude["context_tokens"].as_u64() >= Some(200_000), "from the price table: {claude}");
    assert_eq!((&claude["price"]["input"], &claude["price"]["output"]), (&json!(3.0), &json!(15.0)), "{claude}");
    assert_eq!(listed(&etude, "qwen3:4b").await["price"]["input"], 0.0, "what runs here costs nothing");
    assert_eq!(listed(&etude, "local-gguf").await["provider"], "llama.cpp");
    let all = models(&etude).await;
    assert_eq!(all[0]["id"], "smollm2-135m-instruct", "the default comes first");
    let shaped = etude.get("/v1/models").header("anthropic-version", "2023-06-01").send().await.expect("answers");
    let shaped: Value = shaped.json().await.expect("json");
    assert_eq!((&shaped["has_more"], &shaped["first_id"]), (&json!(false), &all[0]["id"]));
    assert!(shaped["data"].as_array().is_some_and(|data| data.iter().all(|model| model["type"] == "model")));
    let one = etude.get("/v1/models/anthropic/claude-sonnet-4-5-20250929").send().await.expect("answers");
    assert_eq!(one.status(), 200, "under its long name too");
    let run = etude.stream(&ask("qwen3:4b", "Hi", json!({"max_tokens": 3}))).await.rest().await;
    assert_eq!(text(&run), words(3));
}

#[tokio::test]
async fn a_model_that_is_new_is_found_when_it_is_asked_for_and_one_that_is_gone_says_so() {
    let mock = Mock::start_with(&["--model", "first", "--owned-by", "library"]);
    let environment = [("OLLAMA_HOST", mock.url.trim_start_matches("http://"))];
    let etude = Etude::start_over(furnished(), "", &environment);
    listed(&etude, "first").await;
    mock.list(&["second"]).await;
    let run = etude.stream(&ask("second", "Hi", json!({"max_tokens": 2}))).await.rest().await;
    assert_eq!(text(&run), words(2), "asked for at once, since nobody knew it");
    assert_eq!(listed(&etude, "first").await["status"], "gone");
    let refused = etude.post("/v1/runs").json(&ask("first", "Hi", json!({}))).send().await.expect("answers");
    assert_eq!(refused.status(), 404);
    let problem: Value = refused.json().await.expect("json");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("any more")), "{problem}");
}

#[tokio::test]
async fn two_providers_with_one_name_for_a_model() {
    let (one, two) = (Mock::start_with(&["--model", "same"]), Mock::start_with(&["--model", "same"]));
    let config = [("one", &one), ("two", &two)]
        .map(|(name, mock)| {
            format!("[[provider]]\nname = \"{name}\"\nkind = \"openai\"\nbase_url = \"{}/v1\"\n", mock.url)
        })
        .concat();
    let etude = Etude::start_over(furnished(), &config, &[]);
    listed(&etude, "two/same").await;
    assert_eq!(listed(&etude, "same").await["provider"], "one");
    for (model, mock) in [("same", &one), ("one/same", &one), ("two/same", &two)] {
        let calls = mock.count("calls").await;
        etude.stream(&ask(model, "Hi", json!({"max_tokens": 1}))).await.rest().await;
        assert_eq!(mock.count("calls").await, calls + 1, "{model}");
    }
}
