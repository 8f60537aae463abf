//! Prompts with a history over HTTP: saved, found, run by reference, by our API and by the SDKs' routes.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Etude, Mock};

const FAST: &str = "mock-ttft1-rate0-n5";

fn body(name: &str, text: &str) -> Value {
    json!({"name": name, "model": FAST, "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": text}],
           "params": {"temperature": 0.25, "max_tokens": 64}, "tags": ["eu"]})
}

async fn send(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.expect("answers");
    let status = response.status();
    let text = response.text().await.expect("text");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

async fn created(etude: &Etude, body: &Value) -> Value {
    let (status, preset) = send(etude.post("/v1/presets").json(body)).await;
    assert_eq!(status, 201, "{preset}");
    preset
}

async fn put(etude: &Etude, id: &str, body: &Value) -> (StatusCode, Value) {
    let url = etude.get(&format!("/v1/presets/{id}")).build().expect("a request").url().clone();
    send(etude.client.put(url).json(body)).await
}

async fn get(etude: &Etude, path: &str) -> Value {
    let (status, value) = send(etude.get(path)).await;
    assert_eq!(status, 200, "{path}: {value}");
    value
}

/// Runs to the end, and gives the run.
async fn run(etude: &Etude, body: &Value) -> Value {
    let (status, run) = send(etude.post("/v1/runs").header("accept", "application/json").json(body)).await;
    assert_eq!(status, 200, "{run}");
    run
}

#[tokio::test]
async fn a4_versions_are_made_found_and_kept_over_a_restart() {
    let mock = Mock::start();
    let mut etude = Etude::start(Some(&mock), &[FAST]).await;
    let first = created(&etude, &body("Clause review", "About {{topic}}")).await;
    let id = first["id"].as_str().expect("an id").to_owned();
    assert!(id.starts_with("prm_") && first["version_id"].as_str().expect("an id").starts_with("ver_"));
    assert_eq!(first["version"], 1);

    let mut second = body("Clause review", "About {{topic}}, in verse");
    second["parent"] = json!(1);
    second["note"] = json!("In verse");
    second["labels"] = json!({"production": 0});
    let (status, saved) = put(&etude, &id, &second).await;
    assert_eq!((status.as_u16(), &saved["version"], &saved["created"]), (200, &json!(2), &json!(true)), "{saved}");
    assert!(saved.get("behind").is_none());
    // The same again makes none.
    let (_, again) = put(&etude, &id, &second).await;
    assert_eq!((&again["version"], &again["created"]), (&json!(2), &json!(false)));
    // Someone else has saved from the same parent: both are kept, and the second is told.
    let mut third = body("Clause review", "About {{topic}}, as a table");
    third["parent"] = json!(1);
    let (_, behind) = put(&etude, &id, &third).await;
    assert_eq!((&behind["version"], &behind["behind"]), (&json!(3), &json!(2)), "{behind}");

    etude.kill();
    etude.restart();
    let shown = get(&etude, &format!("/v1/presets/{id}")).await;
    assert_eq!((&shown["version"], &shown["parent"]), (&json!(3), &json!(1)));
    assert_eq!(shown["labels"], json!({"production": 2}));
    assert_eq!(get(&etude, &format!("/v1/presets/{id}?label=production")).await["note"], "In verse");
    let one = get(&etude, &format!("/v1/presets/{id}?version=1")).await;
    assert_eq!(
        (&one["messages"], &one["params"]),
        (&first["messages"], &json!({"temperature": 0.25, "max_tokens": 64}))
    );
    let versions = get(&etude, &format!("/v1/presets/{id}/versions?limit=2")).await;
    assert_eq!(versions["data"].as_array().expect("a list").len(), 2);
    assert_eq!(versions["next"], 2);
    assert_eq!(get(&etude, &format!("/v1/presets/{id}/versions?after=2")).await["data"][0]["version"], 1);
    assert_eq!(send(etude.get(&format!("/v1/presets/{id}?version=9"))).await.0, 404);

    let path = format!("/v1/presets/{id}");
    let url = etude.get(&path).build().expect("a request").url().clone();
    assert_eq!(etude.client.delete(url).send().await.expect("answers").status(), 204);
    assert_eq!(send(etude.get(&path)).await.0, 404);
    assert_eq!(send(etude.post("/v1/runs").json(&json!({"prompt": id}))).await.0, 404);
}

#[tokio::test]
async fn a8_prompts_are_found_as_one_types() {
    let etude = Etude::start(None, &[]).await;
    let examples = get(&etude, "/v1/presets").await;
    assert_eq!(examples["data"].as_array().expect("a list").len(), 5, "five are there on the first day");
    for n in 0..7 {
        created(&etude, &body(&format!("Zürich note {n}"), "Über {{topic}}: quarterly figures")).await;
    }
    for query in ["zurich", "note zurch", "quartely", "figures+note", "eu"] {
        let found = get(&etude, &format!("/v1/presets?query={query}&limit=50")).await;
        assert_eq!(found["data"].as_array().expect("a list").len(), 7, "{query}: {found}");
        let row = &found["data"][0];
        assert_eq!((&row["version"], &row["tags"]), (&json!(1), &json!(["eu"])));
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = get(&etude, &format!("/v1/presets?query=zurich&limit=3&after={after}")).await;
        seen.extend(page["data"].as_array().expect("a list").iter().map(|row| row["id"].clone()));
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen.len(), 7);
    assert_eq!(get(&etude, "/v1/presets?query=zurich").await["data"][0]["name_marks"], json!([[0, 6]]));
    assert_eq!(get(&etude, "/v1/presets?query=zzzzz").await["data"], json!([]));
    // An example becomes a row when someone saves it.
    let id = examples["data"][0]["id"].as_str().expect("an id").to_owned();
    let mut example = get(&etude, &format!("/v1/presets/{id}")).await;
    assert_eq!(example["example"], true);
    let content = example.as_object_mut().expect("an object");
    let keep = ["name", "model", "messages", "params", "inputs", "tags"];
    content.retain(|field, _| keep.contains(&field.as_str()));
    content.insert("note".into(), json!("Mine now"));
    content["messages"][0]["content"] = json!("Be long.");
    let (status, saved) = put(&etude, &id, &Value::Object(content.clone())).await;
    assert_eq!((status.as_u16(), &saved["version"]), (200, &json!(2)), "{saved}");
    assert!(get(&etude, &format!("/v1/presets/{id}")).await.get("example").is_none());
    assert_eq!(get(&etude, "/v1/presets").await["total"], 12);
}

#[tokio::test]
async fn a8_a_preset_is_run_by_reference_on_every_route() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST]).await;
    let preset = created(&etude, &body("p", "Write about {{input}} in a {{tone}} tone")).await;
    let id = preset["id"].as_str().expect("an id");
    let refused = send(etude.post("/v1/runs").json(&json!({"preset_id": id, "input_context": "rivers"}))).await;
    assert_eq!((refused.0.as_u16(), &refused.1["code"]), (400, &json!("unfilled_variable")));

    let asked = json!({"request_id": "one", "preset_id": id, "input_context": "{{rivers}}", "inputs": {"tone": "dry"},
        "params": {"max_tokens": 3}});
    let ended = run(&etude, &asked).await;
    assert_eq!(ended["status"], "finished", "{ended}");
    let request = &ended["request"];
    assert_eq!((&request["prompt"], &request["version"]), (&json!(id), &json!(1)));
    assert_eq!(request["inputs"], json!({"input": "{{rivers}}", "tone": "dry"}));
    assert_eq!(request["params"], json!({"temperature": 0.25, "max_tokens": 3}));
    assert_eq!(request["messages"], preset["messages"]);
    let run_id = ended["id"].as_str().expect("an id");
    let sent = get(&etude, &format!("/v1/runs/{run_id}/wire")).await;
    let sent: Value = serde_json::from_str(sent["request"]["body"].as_str().expect("a body")).expect("json");
    assert_eq!(sent["messages"][1]["content"], "Write about {{rivers}} in a dry tone");

    // The same submission is the same run, whatever the newest version is by now.
    let mut newer = body("p", "Entirely different");
    newer["parent"] = json!(1);
    put(&etude, id, &newer).await;
    assert_eq!(run(&etude, &asked).await["id"], ended["id"]);
    // Where there is no hole, the input stands after the last message.
    let added = run(&etude, &json!({"prompt": id, "version": 2, "input_context": "and {{this}}"})).await;
    assert_eq!(added["request"]["messages"][1]["content"], "Entirely different\n\nand \\{{this}}");

    let chat = json!({"model": "", "messages": [{"role": "user", "content": "Go on, {{now}}."}], "preset_id": id, "version": 1,
        "inputs": {"tone": "warm"}, "input_context": "seas"});
    let response = etude.post("/v1/chat/completions").json(&chat).send().await.expect("answers");
    assert_eq!(response.status(), 200);
    let run_id = response.headers()["x-etude-run"].to_str().expect("ascii").to_owned();
    let of_chat = etude.ended(&run_id).await;
    let messages = of_chat["request"]["messages"].as_array().expect("a list");
    assert_eq!(messages.len(), 3, "{of_chat}");
    assert_eq!((&messages[2]["content"], &of_chat["request"]["version"]), (&json!("Go on, \\{{now}}."), &json!(1)));
    assert_eq!(of_chat["model"], FAST);

    let anthropic = json!({"model": FAST, "max_tokens": 9, "messages": [], "preset_id": id, "version": 2});
    let (status, message) = send(etude.post("/v1/messages").json(&anthropic)).await;
    assert_eq!((status.as_u16(), &message["type"]), (200, &json!("message")), "{message}");
    let missing = json!({"model": FAST, "messages": [], "preset_id": "prm_00000000000000000000000000000099"});
    assert_eq!(send(etude.post("/v1/chat/completions").json(&missing)).await.0, 404);

    let versions = get(&etude, &format!("/v1/presets/{id}/versions")).await;
    for _ in 0..100 {
        let versions = get(&etude, &format!("/v1/presets/{id}/versions")).await;
        if versions["data"][1]["runs"] == 2 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("two runs of the first version are counted: {versions}");
}

#[tokio::test]
async fn g1_prompt_objects_of_responses() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[FAST]).await;
    let preset = created(&etude, &body("p", "Write about {{topic}}")).await;
    let id = preset["id"].as_str().expect("an id");
    let asked =
        json!({"prompt": {"id": id, "version": "1", "variables": {"topic": {"type": "input_text", "text": "rivers"}}}});
    let (status, response) = send(etude.post("/v1/responses").json(&asked)).await;
    assert_eq!(status, 200, "{response}");
    assert_eq!((&response["status"], &response["prompt"]), (&json!("completed"), &asked["prompt"]));
    let next = json!({"prompt": {"id": id, "variables": {"topic": "seas"}}, "input": "And then?",
        "previous_response_id": response["id"], "instructions": "Be long."});
    let (status, response) = send(etude.post("/v1/responses").json(&next)).await;
    assert_eq!(status, 200, "{response}");
    let run = response["id"].as_str().expect("an id").replace("resp_", "run_");
    let messages = etude.ended(&run).await["request"]["messages"].clone();
    let said: Vec<&str> = messages.as_array().expect("a list").iter().filter_map(|m| m["content"].as_str()).collect();
    assert_eq!((said[0], said[1], *said.last().expect("some")), ("Be long.", "Write about {{topic}}", "And then?"));
    for (prompt, status) in [
        (json!({"id": "pmpt_unknown"}), 404),
        (json!({"id": id, "version": "7"}), 404),
        (json!({"version": "1"}), 400),
        (json!({"id": id, "variables": {"topic": {"type": "input_image", "image_url": "x"}}}), 400),
    ] {
        let (got, error) = send(etude.post("/v1/responses").json(&json!({"prompt": prompt}))).await;
        assert_eq!(got.as_u16(), status, "{prompt}: {error}");
    }
}

#[tokio::test]
async fn m2_what_cannot_be_saved_is_named() {
    let etude = Etude::start(None, &[]).await;
    for (change, param) in [
        (json!({"name": "  "}), "name"),
        (json!({"name": "x".repeat(10_000)}), "name"),
        (json!({"name": "a\u{202e}b"}), "name"),
        (json!({"name": "a\u{0007}b"}), "name"),
        (json!({"tags": ["a,b"]}), "tags"),
        (json!({"params": {"temperature": 3.0}}), "params"),
        (json!({"messages": []}), "messages"),
        (json!({"model": ""}), "model"),
        (json!({"labels": {"latest": 1}}), "labels"),
        (json!({"labels": {"production": 7}}), "labels"),
        (json!({"parent": 3}), "parent"),
    ] {
        let mut preset = body("p", "x");
        preset.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        let (status, error) = send(etude.post("/v1/presets").json(&preset)).await;
        assert_eq!((status.as_u16(), &error["param"]), (400, &json!(param)), "{change}: {error}");
    }
    let (status, error) = send(etude.post("/v1/presets").json(&json!({"nmae": "p"}))).await;
    assert_eq!(
        (status.as_u16(), &error["code"], &error["hint"]),
        (400, &json!("unknown_field"), &json!("Did you mean `name`?"))
    );
    for path in ["/v1/presets/prm_x", "/v1/presets/run_00000000000000000000000000000000"] {
        assert_eq!(send(etude.get(path)).await.0, 404);
    }
    assert_eq!(send(etude.get("/v1/presets?limit=0")).await.0, 400);
    assert_eq!(send(etude.get("/v1/presets?after=x")).await.0, 400);
}
