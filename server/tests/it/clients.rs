//! The routes of the vendors' SDKs, byte by byte: what goes on to a provider, what comes back, what is kept.
//! The SDKs themselves try them in `end2end/clients`.

use std::time::{Duration, Instant};

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Etude, Mock, PATIENCE, furnished};

/// A server with a provider for each wire: models of the first begin with `o-`, of the second with `a-`.
fn start(mock: &Mock, scripts: &[&str]) -> Etude {
    let mut config = String::new();
    for (letter, kind, path) in [("o", "openai", "/v1"), ("a", "anthropic", "")] {
        config += &format!(
            "[[provider]]\nname = \"{kind}-lab\"\nkind = \"{kind}\"\nbase_url = \"{}{path}\"\napi_key = \"sk\"\n",
            mock.url
        );
        for script in scripts {
            config += &format!("[[model]]\nname = \"{letter}-{script}\"\nprovider = \"{kind}-lab\"\n");
        }
    }
    Etude::start_over(furnished(), &config, &[])
}

async fn sent(request: RequestBuilder) -> Response {
    request.send().await.expect("answers")
}

/// Posts a body, and gives the run's id and the answer.
async fn post(etude: &Etude, path: &str, body: &str) -> (String, Value) {
    let request = etude.post(path).header("content-type", "application/json").header("authorization", "Bearer sk-me");
    let response = sent(request.body(body.to_owned())).await;
    let status = response.status();
    let run = response.headers().get("x-etude-run").map(|run| run.to_str().expect("ASCII").to_owned());
    let answer: Value = response.json().await.expect("json");
    assert_eq!(status, StatusCode::OK, "{body}: {answer}");
    (run.expect("a run"), answer)
}

async fn wire(etude: &Etude, run: &str) -> Value {
    sent(etude.get(&format!("/v1/runs/{run}/wire"))).await.json().await.expect("json")
}

/// What the provider was sent for a run.
async fn upstream_body(etude: &Etude, run: &str) -> Value {
    let wire = wire(etude, run).await;
    serde_json::from_str(wire["request"]["body"].as_str().expect("a body")).expect("json")
}

#[tokio::test]
async fn g1_a_clients_body_goes_to_its_own_wire_as_it_came() {
    const SCRIPTS: [&str; 1] = ["mock-rate0-n3"];
    let mock = Mock::start();
    let etude = start(&mock, &SCRIPTS);
    let chat =
        r#"{"odd": 1.10e0, "model":"o-mock-rate0-n3","messages":[{"role":"user","content":"{{x}}","name":"ada"}]}"#;
    let (run, answer) = post(&etude, "/v1/chat/completions", chat).await;
    assert_eq!(answer["choices"][0]["message"]["content"], "w0 w1 w2");
    let told = wire(&etude, &run).await;
    let body = told["request"]["body"].as_str().expect("a body");
    assert!(body.starts_with(r#"{"odd":1.10e0,"messages":[{"role":"user","content":"{{x}}","name":"ada"}]"#), "{body}");
    // What came is kept as it came, but for the client's key.
    assert_eq!(told["client"]["body"], chat);
    assert_eq!(told["client"]["headers"]["authorization"], "•••");
    let kept = etude.run(&run).await;
    assert_eq!((&kept["wire"], &kept["output"]["text"]), (&json!("openai.chat"), &json!("w0 w1 w2")));
    assert_eq!(kept["request"]["messages"][0]["content"], "\\{{x}}");

    let messages = r#"{"model":"a-mock-rate0-n3","max_tokens":9,"odd":1.10e0,"system":[{"type":"text","text":"Hi","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"x"}}]}]}"#;
    let request = etude.post("/v1/messages").header("content-type", "application/json");
    let request = request.header("anthropic-version", "2023-06-01").header("anthropic-beta", "files-api-2025-04-14");
    let response = sent(request.body(messages)).await;
    let run = response.headers()["x-etude-run"].to_str().expect("ASCII").to_owned();
    let told = wire(&etude, &run).await;
    let body = told["request"]["body"].as_str().expect("a body");
    assert!(
        body.contains(r#""odd":1.10e0,"system":[{"type":"text","text":"Hi","cache_control":{"type":"ephemeral"}}]"#)
    );
    assert_eq!(told["request"]["headers"]["anthropic-beta"], "files-api-2025-04-14");
    // The page can run it again: the document is in the request that it opens.
    let kept = etude.run(&run).await;
    let again =
        json!({"model": "a-mock-rate0-n3", "messages": kept["request"]["messages"], "params": {"max_tokens": 9}});
    let mut stream = etude.stream(&again).await;
    stream.rest().await;
    assert_eq!(upstream_body(&etude, &stream.run).await["messages"][0]["content"][0]["type"], "document");
}

/// A chat as a generator of numbers makes it, in the plainest of its spellings.
fn chat(random: &mut fastrand::Rng) -> Value {
    let word = |random: &mut fastrand::Rng| {
        const WORDS: [&str; 8] =
            ["rivers", "{{topic}}", "\\{{x}}", "ä\n\u{1f600}", "\"quoted\"", "\u{2028}", "a b", "}}"];
        WORDS[random.usize(..WORDS.len())].to_owned()
    };
    let mut messages = Vec::new();
    if random.bool() {
        messages.push(json!({"role": "system", "content": word(random)}));
    }
    let has_tools = random.bool();
    for turn in 0..random.usize(1..4) {
        messages.push(json!({"role": "user", "content": word(random)}));
        if has_tools && random.bool() {
            let ids: Vec<_> = (0..random.usize(1..3)).map(|n| format!("call_{turn}_{n}")).collect();
            let calls: Vec<_> = ids
                .iter()
                .map(|id| json!({"id": id, "type": "function", "function": {"name": "clock", "arguments": format!(r#"{{"zone":{}}}"#, json!(word(random)))}}))
                .collect();
            let text = if random.bool() { json!(word(random)) } else { Value::Null };
            messages.push(json!({"role": "assistant", "content": text, "tool_calls": calls}));
            messages.extend(ids.iter().map(|id| json!({"role": "tool", "content": word(random), "tool_call_id": id})));
        }
        messages.push(json!({"role": "assistant", "content": word(random)}));
    }
    messages.push(json!({"role": "user", "content": "And?"}));
    let mut chat = json!({"messages": messages, "max_tokens": random.u32(1..99)});
    if random.bool() {
        chat["temperature"] = json!(f64::from(random.u8(..=4)) / 4.0);
        chat["stop"] = json!([word(random), "END"]);
    }
    if has_tools {
        let schema = json!({"type": "object", "properties": {"zone": {"type": "string"}}});
        chat["tools"] = json!([{"type": "function", "function": {"name": "clock", "description": word(random), "parameters": schema}}]);
        match random.u8(..4) {
            0 => chat["tool_choice"] = json!("required"),
            1 => chat["tool_choice"] = json!({"type": "function", "function": {"name": "clock"}}),
            2 => chat["parallel_tool_calls"] = json!(false),
            _ => {}
        }
    }
    if random.bool() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "number"}}});
        chat["response_format"] = json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}});
    }
    chat
}

/// A list of one text is that text.
fn plain(mut chat: Value) -> Value {
    for name in ["model", "stream", "stream_options"] {
        chat.as_object_mut().expect("an object").remove(name);
    }
    for message in chat["messages"].as_array_mut().expect("messages") {
        if let Some([part]) = message["content"].as_array().map(Vec::as_slice) {
            message["content"] = part["text"].clone();
        } else if message["content"].as_array().is_some_and(Vec::is_empty) {
            message["content"] = Value::Null;
        }
    }
    chat
}

#[tokio::test]
async fn g1_from_one_wire_to_the_other_and_back_nothing_is_lost() {
    const CHATS: usize = 150;
    let mock = Mock::start_with(&["--rate", "0"]);
    let etude = start(&mock, &["mock-rate0-n1"]);
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..CHATS {
        let chat = chat(&mut random);
        let mut request = chat.clone();
        request["model"] = json!("a-mock-rate0-n1");
        let (run, _) = post(&etude, "/v1/chat/completions", &request.to_string()).await;
        let mut there = upstream_body(&etude, &run).await;
        there["model"] = json!("o-mock-rate0-n1");
        there["stream"] = json!(false);
        let (run, _) = post(&etude, "/v1/messages", &there.to_string()).await;
        let back = plain(upstream_body(&etude, &run).await);
        assert_eq!(back, chat, "by way of {there}");
    }
}

#[tokio::test]
async fn g2_errors_have_the_shape_of_the_wire() {
    let mock = Mock::start();
    let etude = start(&mock, &[]);
    let large = format!("{{\"model\":\"{}\"}}", "x".repeat(17 * 1024 * 1024));
    for (path, is_anthropic) in
        [("/v1/chat/completions", false), ("/v1/responses", false), ("/v1/completions", false), ("/v1/messages", true)]
    {
        let whole = |body: &str| etude.post(path).header("content-type", "application/json").body(body.to_owned());
        for (request, status) in [
            (etude.get(path), 405),
            (whole("{"), 400),
            (whole(&large), 413),
            (whole(r#"{"model":"nobody"}"#), 404),
            (etude.post(path).body("x"), 415),
            (whole("{}").header("origin", "http://evil.example"), 403),
        ] {
            let response = sent(request).await;
            assert_eq!(response.status(), status, "{path}");
            let headers = response.headers().clone();
            let id = headers["x-request-id"].to_str().expect("ASCII");
            assert_eq!(headers["content-type"], "application/json", "{path}");
            assert_eq!(headers["x-should-retry"], "false", "{path} {status}");
            let body: Value = response.json().await.expect("json");
            assert!(body["error"]["message"].as_str().is_some_and(|text| text.len() > 10), "{body}");
            assert!(body["error"]["type"].is_string(), "{body}");
            if is_anthropic {
                assert_eq!((&body["type"], body["request_id"].as_str()), (&json!("error"), Some(id)));
                assert_eq!(headers["request-id"], id);
            } else {
                assert!(body["error"].get("code").is_some() && body["error"].get("param").is_some(), "{body}");
            }
        }
    }
    let version = etude.post("/v1/messages").header("anthropic-version", "2020-01-01").json(&json!({}));
    let body: Value = sent(version).await.json().await.expect("json");
    assert!(body["error"]["message"].as_str().is_some_and(|text| text.contains("2023-06-01")), "{body}");
    let nowhere = sent(etude.get("/v1/nowhere").header("x-stainless-lang", "python")).await;
    assert_eq!(nowhere.status(), 404);
    assert!(nowhere.json::<Value>().await.expect("json")["error"]["message"].is_string());
    let own = sent(etude.get("/v1/runs/nothing").header("x-stainless-lang", "python")).await;
    assert_eq!(own.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn d2_the_same_key_is_the_same_run_and_another_body_a_conflict() {
    let mock = Mock::start();
    let etude = start(&mock, &["mock-rate0-n3"]);
    let ask = |text: &str, stream: bool| {
        let body =
            json!({"model": "o-mock-rate0-n3", "messages": [{"role": "user", "content": text}], "stream": stream});
        etude.post("/v1/chat/completions").header("idempotency-key", "k1").json(&body)
    };
    let first = sent(ask("Hi", true)).await;
    let run = first.headers()["x-etude-run"].clone();
    let again = sent(ask("Hi", true)).await;
    assert_eq!(again.headers()["x-etude-run"], run);
    assert!(again.text().await.expect("a body").contains("\"w0\""));
    assert_eq!(mock.count("calls").await, 1);
    for other in [ask("Ho", true), ask("Hi", false)] {
        let other = sent(other).await;
        assert_eq!(other.status(), StatusCode::CONFLICT);
        assert_eq!(other.json::<Value>().await.expect("json")["error"]["code"], "request_id_reused");
    }
}

#[tokio::test]
async fn b4_who_leaves_ends_the_run_unless_it_is_in_the_background() {
    let mock = Mock::start();
    let etude = start(&mock, &["mock-rate20-n4000"]);
    let body = |background: bool| json!({"model": "o-mock-rate20-n4000", "input": "Hi", "stream": true, "background": background});
    let left = sent(etude.post("/v1/responses").json(&body(false))).await;
    let gone = left.headers()["x-etude-run"].to_str().expect("ASCII").to_owned();
    drop(left);
    let kept = sent(etude.post("/v1/responses").json(&body(true))).await;
    let stays = kept.headers()["x-etude-run"].to_str().expect("ASCII").to_owned();
    drop(kept);
    let began = Instant::now();
    let run = etude.ended(&gone).await;
    assert!(began.elapsed() >= Duration::from_secs(4), "the grace is 5 s");
    assert_eq!(run["status"], "cancelled");
    assert!(run["output"]["text"].as_str().is_some_and(|text| text.starts_with("w0")), "{run}");
    assert_eq!(etude.run(&stays).await["status"], "running");
    let id = stays.replace("run_", "resp_");
    let stopped: Value = sent(etude.post(&format!("/v1/responses/{id}/cancel"))).await.json().await.expect("json");
    assert_eq!(stopped["status"], "cancelled");
    assert_eq!(mock.open().await, 0);
}

/// The numbers and the names of a response's events.
async fn events(response: Response) -> Vec<(u64, String)> {
    assert_eq!(response.status(), StatusCode::OK);
    let text = response.text().await.expect("a body");
    let data = text.split("\n\n").filter_map(|frame| frame.split_once("data: ").map(|(_, data)| data));
    data.map(|data| {
        let event: Value = serde_json::from_str(data).expect("json");
        (event["sequence_number"].as_u64().expect("a number"), event["type"].as_str().expect("a type").to_owned())
    })
    .collect()
}

#[tokio::test]
async fn b1_a_response_is_taken_up_again_also_after_the_server_was_killed() {
    let mock = Mock::start();
    let mut etude = start(&mock, &["mock-rate0-n5", "mock-rate50-n4000"]);
    let ask = |model: &str| json!({"model": model, "input": "Hi", "background": true});
    let start = async |etude: &Etude, model: &str| -> String {
        let response: Value = sent(etude.post("/v1/responses").json(&ask(model))).await.json().await.expect("json");
        assert!(matches!(response["status"].as_str(), Some("queued" | "in_progress")), "{response}");
        response["id"].as_str().expect("an id").to_owned()
    };
    let short = start(&etude, "o-mock-rate0-n5").await;
    let run = short.replace("resp_", "run_");
    assert_eq!(etude.ended(&run).await["status"], "finished");
    let all = events(sent(etude.get(&format!("/v1/responses/{short}?stream=true"))).await).await;
    assert_eq!(all.last().map(|(_, kind)| kind.as_str()), Some("response.completed"));

    let long = start(&etude, "o-mock-rate50-n4000").await;
    let deadline = Instant::now() + PATIENCE;
    while etude.run(&long.replace("resp_", "run_")).await["output"]["text"] == "" {
        assert!(Instant::now() < deadline, "it does not begin");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    etude.kill();
    etude.restart();
    for after in [0, 3, all.len() as u64 - 2] {
        let path = format!("/v1/responses/{short}?stream=true&starting_after={after}");
        assert_eq!(events(sent(etude.get(&path)).await).await, all[after as usize + 1..]);
    }
    let broken: Value = sent(etude.get(&format!("/v1/responses/{long}"))).await.json().await.expect("json");
    assert_eq!((&broken["status"], &broken["error"]["code"]), (&json!("failed"), &json!("server_error")));
    assert!(broken["output"][0]["content"][0]["text"].as_str().is_some_and(|text| text.starts_with("w0")), "{broken}");

    // D1: a conversation goes on from what was kept, also on another wire.
    let more =
        json!({"model": "a-mock-rate0-n5", "input": "And?", "previous_response_id": short, "max_output_tokens": 9});
    let (run, _) = post(&etude, "/v1/responses", &more.to_string()).await;
    let said = upstream_body(&etude, &run).await;
    let contents: Vec<_> =
        said["messages"].as_array().expect("messages").iter().map(|m| m["content"].clone()).collect();
    assert_eq!(contents, [json!("Hi"), json!("w0 w1 w2 w3 w4"), json!("And?")]);
    assert_eq!(etude.run(&run).await["parent"], short.replace("resp_", "run_"));
}

#[tokio::test]
async fn what_is_not_stored_cannot_be_read_and_what_is_deleted_is_gone() {
    let mock = Mock::start();
    let etude = start(&mock, &["mock-rate0-n2"]);
    let ask =
        |store: bool| json!({"model": "o-mock-rate0-n2", "input": "Hi", "instructions": "Be short.", "store": store});
    let (_, unkept) = post(&etude, "/v1/responses", &ask(false).to_string()).await;
    let id = unkept["id"].as_str().expect("an id");
    assert_eq!(sent(etude.get(&format!("/v1/responses/{id}"))).await.status(), 404);
    let (run, kept) = post(&etude, "/v1/responses", &ask(true).to_string()).await;
    let path = format!("/v1/responses/{}", kept["id"].as_str().expect("an id"));
    let again: Value = sent(etude.get(&path)).await.json().await.expect("json");
    assert_eq!(again, kept);
    let items: Value = sent(etude.get(&format!("{path}/input_items?order=asc"))).await.json().await.expect("json");
    assert_eq!(items["data"][0]["content"][0]["text"], "Hi", "the instructions are no item");
    let deleted: Value = sent(etude.client.delete(format!("{}{path}", etude.url))).await.json().await.expect("json");
    assert_eq!(deleted["deleted"], true);
    let gone = sent(etude.get(&path)).await;
    assert!(matches!(gone.status().as_u16(), 404 | 410), "{}", gone.status());
    assert_eq!(sent(etude.get(&format!("/v1/runs/{run}"))).await.status(), 410);
}

#[tokio::test]
async fn vectors_and_counts_are_asked_of_who_knows() {
    let mock = Mock::start();
    let etude = start(&mock, &["mock-rate0-n2"]);
    let vectors = json!({"model": "o-mock-rate0-n2", "input": ["a", "bcd"]});
    let made: Value = sent(etude.post("/v1/embeddings").json(&vectors)).await.json().await.expect("json");
    assert_eq!(made["data"][1]["embedding"], json!([3.0, 1.0]));
    let listed = json!({"model": "openai-lab/anything", "input": "a"});
    let made: Value = sent(etude.post("/v1/embeddings").json(&listed)).await.json().await.expect("json");
    assert_eq!(made["model"], "anything");
    for model in ["a-mock-rate0-n2", "smollm2-135m-instruct", "nobody"] {
        let none = sent(etude.post("/v1/embeddings").json(&json!({"model": model, "input": "a"}))).await;
        assert_eq!(none.status(), 404, "{model}");
    }
    for (model, is_exact) in [("a-mock-rate0-n2", true), ("smollm2-135m-instruct", true), ("o-mock-rate0-n2", false)] {
        let ask = json!({"model": model, "messages": [{"role": "user", "content": "How many are these?"}]});
        let response = sent(etude.post("/v1/messages/count_tokens").json(&ask)).await;
        assert_eq!(response.headers().contains_key("x-etude-notice"), !is_exact, "{model}");
        let counted: Value = response.json().await.expect("json");
        assert!(counted["input_tokens"].as_u64() > Some(3), "{model}: {counted}");
    }
}

#[tokio::test]
async fn a_stop_sequence_that_was_met_is_named() {
    let mock = Mock::start();
    let etude = start(&mock, &["mock-rate0-n9"]);
    for model in ["a-mock-rate0-n9", "smollm2-135m-instruct"] {
        let stop = if model.starts_with('a') { "w3" } else { "," };
        let ask = json!({"model": model, "max_tokens": 60, "stop_sequences": [stop], "temperature": 0,
            "messages": [{"role": "user", "content": "Count: one, two, three, four."}]});
        let (_, answer) = post(&etude, "/v1/messages", &ask.to_string()).await;
        assert_eq!(
            (&answer["stop_reason"], &answer["stop_sequence"]),
            (&json!("stop_sequence"), &json!(stop)),
            "{model}"
        );
    }
}
