//! The provider contract: every wire, every fault of the scripted upstream, and always an end that says what happened.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Etude, Event, Mock, PATIENCE, ask, furnished, text, words};

/// The wires, by the letter with which the tests' models begin.
const WIRES: [(&str, &str, &str); 2] = [("o", "openai", "/v1"), ("a", "anthropic", "")];

/// A server with one provider for each wire, and a model of each for each script.
fn start(mock: &Mock, scripts: &[&str], timeouts: &str) -> Etude {
    let mut config = String::new();
    for (letter, kind, path) in WIRES {
        config += &format!(
            "[[provider]]\nname = \"{kind}-lab\"\nkind = \"{kind}\"\nbase_url = \"{}{path}\"\napi_key = \"sk-canary-{letter}\"\n{timeouts}\n",
            mock.url
        );
        for script in scripts {
            config += &format!("[[model]]\nname = \"{letter}-{script}\"\nprovider = \"{kind}-lab\"\n");
        }
    }
    Etude::start_over(furnished(), &config, &[])
}

async fn play(etude: &Etude, body: &Value) -> (Value, Vec<Event>) {
    let mut stream = etude.stream(body).await;
    let events = stream.rest().await;
    let seqs: Vec<_> = events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (0..events.len() as u64).collect::<Vec<_>>(), "{body}");
    let run = etude.run(&stream.run).await;
    assert_eq!(run["output"]["text"], text(&events), "{body}");
    (run, events)
}

#[tokio::test]
async fn b5_whatever_the_transport_does_to_an_answer_it_is_read_whole() {
    const SCRIPTS: [&str; 9] = [
        "mock-rate0-n9",
        "mock-rate0-n9-bytes",
        "mock-rate0-n9-split",
        "mock-rate0-n9-split-bytes",
        "mock-rate0-n9-junk",
        "mock-rate0-n9-nousage",
        "mock-rate0-n9-nodone",
        "mock-rate0-n9-twice",
        "mock-rate0-n9-jitter5-slowclose60000",
    ];
    let mock = Mock::start();
    let etude = start(&mock, &SCRIPTS, "");
    for (letter, ..) in WIRES {
        for script in SCRIPTS {
            let (run, events) = play(&etude, &ask(&format!("{letter}-{script}"), "Hi", json!({}))).await;
            let want = if script.contains("split") { words(9).replace('w', "ä") } else { words(9) };
            assert_eq!(
                (&run["status"], &run["output"]["text"]),
                (&json!("finished"), &json!(want)),
                "{letter}-{script}"
            );
            assert_eq!(run["finish_reason"], "stop", "{letter}-{script}");
            assert_eq!(run["usage"]["output_tokens"], 9, "{letter}-{script}");
            let counted = run["usage"]["input_tokens"].as_u64() > Some(0);
            assert_eq!(counted, !script.contains("nousage"), "{letter}-{script}");
            assert_eq!(events.last().map(|event| event.kind.as_str()), Some("run.finished"));
        }
    }
}

#[tokio::test]
async fn every_way_to_end_an_answer_has_its_word() {
    const SCRIPTS: [&str; 4] = ["mock-rate0-n9", "mock-rate0-n9-filter", "mock-rate0-n3-think4", "mock-rate0-n2-tool3"];
    let mock = Mock::start();
    let etude = start(&mock, &SCRIPTS, "");
    for (letter, ..) in WIRES {
        let model = |n: usize| format!("{letter}-{}", SCRIPTS[n]);
        let (run, _) = play(&etude, &ask(&model(0), "Hi", json!({"max_tokens": 4}))).await;
        assert_eq!((&run["finish_reason"], &run["output"]["text"]), (&json!("length"), &json!(words(4))));
        let (run, _) = play(&etude, &ask(&model(1), "Hi", json!({}))).await;
        assert_eq!((&run["status"], &run["finish_reason"]), (&json!("finished"), &json!("filtered")));
        let (run, _) = play(&etude, &ask(&model(2), "Hi", json!({}))).await;
        assert_eq!(run["output"]["reasoning"], words(4).replace('w', "t"));
        assert_eq!((&run["usage"]["output_tokens"], &run["usage"]["reasoning_tokens"]), (&json!(7), &json!(4)));
        let mut body = ask(&model(3), "Hi", json!({}));
        body["tools"] = json!([{"name": "clock", "parameters": {"type": "object"}}, {"name": "weather"}]);
        let (run, _) = play(&etude, &body).await;
        assert_eq!(run["finish_reason"], "tool_calls");
        let calls = run["output"]["tool_calls"].as_array().expect("calls");
        let named: Vec<_> = calls.iter().map(|call| (call["name"].as_str(), call["arguments"].as_str())).collect();
        let want = [("clock", "{\"n\":0}"), ("weather", "{\"n\":1}"), ("clock", "{\"n\":2}")];
        assert_eq!(named, want.map(|(name, arguments)| (Some(name), Some(arguments))));
        assert!(calls.iter().all(|call| call["id"].as_str().is_some_and(|id| !id.is_empty())));
    }
}

#[tokio::test]
async fn b5_every_fault_ends_the_log_with_what_had_arrived() {
    // The script, the code, and how many words are kept.
    const FAULTS: [(&str, &str, usize); 10] = [
        ("mock-rate0-n9-cut0", "upstream_cut", 0),
        ("mock-rate0-n9-cut3", "upstream_cut", 3),
        ("mock-rate0-n9-stall0", "timed_out", 0),
        ("mock-rate0-n9-stall3", "timed_out", 3),
        ("mock-head60000", "timed_out", 0),
        ("mock-rate0-n9-err0", "", 0),
        ("mock-rate0-n9-err3", "", 3),
        ("mock-rate0-n9-garble", "upstream_invalid", 1),
        ("mock-rate0-n9-endless", "upstream_invalid", 1),
        ("mock-rate0-n9-html", "upstream_invalid", 0),
    ];
    let mock = Mock::start();
    let scripts = FAULTS.map(|(script, ..)| script);
    let etude = start(&mock, &scripts, "timeouts = { first_token_ms = 400, idle_ms = 400 }");
    for (letter, kind, _) in WIRES {
        for (script, code, kept) in FAULTS {
            let (run, events) = play(&etude, &ask(&format!("{letter}-{script}"), "Hi", json!({}))).await;
            let last = events.last().expect("an end");
            let error = &last.data["error"];
            let code = match (code, kind) {
                ("", "openai") => "upstream_error",
                ("", _) => "upstream_overloaded",
                (code, _) => code,
            };
            assert_eq!((last.kind.as_str(), error["code"].as_str()), ("run.failed", Some(code)), "{letter}-{script}");
            assert_eq!((&run["status"], text(&events)), (&json!("failed"), words(kept)), "{letter}-{script}");
            assert!(error["hint"].is_string(), "{letter}-{script} says what to do");
            // Silence says nothing of the request.
            let named = code != "timed_out";
            assert_eq!(error["upstream"]["request_id"].is_string(), named, "{letter}-{script}: {error}");
            if script.contains("err") {
                assert!(error["upstream"]["message"].as_str().is_some_and(|said| said.contains("told to")));
                assert_eq!(error["retryable"], true);
            }
        }
    }
    assert_eq!(mock.open().await, 0, "every connection was let go of");
}

#[tokio::test]
async fn every_status_is_mapped_with_the_providers_words() {
    const STATUSES: [(u16, &str, bool); 10] = [
        (400, "upstream_error", false),
        (401, "upstream_authentication", false),
        (403, "upstream_authentication", false),
        (404, "upstream_error", false),
        (413, "upstream_error", false),
        (429, "upstream_rate_limit", true),
        (500, "upstream_error", true),
        (502, "upstream_error", true),
        (503, "upstream_overloaded", true),
        (529, "upstream_overloaded", true),
    ];
    let mock = Mock::start();
    let scripts: Vec<_> = STATUSES
        .iter()
        .flat_map(|(status, ..)| [format!("mock-status{status}"), format!("mock-status{status}-retry7")])
        .collect();
    let etude = start(&mock, &scripts.iter().map(String::as_str).collect::<Vec<_>>(), "");
    for (letter, ..) in WIRES {
        for (status, code, retryable) in STATUSES {
            for (ending, wait) in [("", Value::Null), ("-retry7", json!(7_000))] {
                let calls = mock.count("calls").await;
                let model = format!("{letter}-mock-status{status}{ending}");
                let (run, _) = play(&etude, &ask(&model, "Hi", json!({}))).await;
                let error = &run["error"];
                assert_eq!((&error["code"], &error["retryable"]), (&json!(code), &json!(retryable)), "{model}");
                assert_eq!(error["retry_after_ms"], wait, "{model}");
                assert_eq!(error["upstream"]["status"], status, "{model}");
                assert!(
                    error["upstream"]["request_id"].as_str().is_some_and(|id| id.starts_with("req_mock")),
                    "{model}"
                );
                assert!(error["upstream"]["message"].as_str().is_some_and(|said| said.contains("told to")), "{model}");
                assert_eq!(mock.count("calls").await, calls + 1, "nothing is tried twice");
            }
        }
    }
}

#[tokio::test]
async fn f5_the_whole_answer_has_a_time_limit() {
    let mock = Mock::start();
    let etude = start(&mock, &["mock-rate50-n500"], "timeouts = { total_ms = 300 }");
    for (letter, ..) in WIRES {
        let (run, events) = play(&etude, &ask(&format!("{letter}-mock-rate50-n500"), "Hi", json!({}))).await;
        assert_eq!((&run["status"], &run["error"]["code"]), (&json!("failed"), &json!("timed_out")));
        assert!(!text(&events).is_empty(), "what had arrived is kept");
    }
}

#[tokio::test]
async fn a_provider_that_says_it_is_at_work_is_waited_for_but_not_for_ever() {
    const AT_WORK: &str = "mock-ttft900-rate2-n2-ping100";
    const FOR_EVER: &str = "mock-ttft1-n9-stall3-ping50";
    let mock = Mock::start();
    let timeouts = "timeouts = { first_token_ms = 300, idle_ms = 300, total_ms = 2500 }";
    let etude = start(&mock, &[AT_WORK, FOR_EVER], timeouts);
    for (letter, ..) in WIRES {
        let (run, _) = play(&etude, &ask(&format!("{letter}-{AT_WORK}"), "Hi", json!({}))).await;
        assert_eq!((&run["status"], &run["output"]["text"]), (&json!("finished"), &json!(words(2))), "{run}");
        let (run, _) = play(&etude, &ask(&format!("{letter}-{FOR_EVER}"), "Hi", json!({}))).await;
        assert_eq!((&run["error"]["code"], &run["output"]["text"]), (&json!("timed_out"), &json!(words(3))), "{run}");
    }
}

#[tokio::test]
async fn f5_a_short_answer_has_time_for_its_first_token() {
    const SLOW: &str = "mock-ttft1500-rate0-n1";
    let mock = Mock::start();
    let etude = start(&mock, &[SLOW], "");
    for (letter, ..) in WIRES {
        let (run, _) = play(&etude, &ask(&format!("{letter}-{SLOW}"), "Hi", json!({"max_tokens": 1}))).await;
        assert_eq!(run["status"], "finished", "a second for each token, and the first one's patience: {run}");
    }
}

/// A listener that takes no connection: its queue is full.
fn deaf() -> (String, Vec<std::net::TcpStream>, rustix::fd::OwnedFd) {
    use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};
    let listener = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().expect("an address");
    bind(&listener, &any).expect("bound");
    listen(&listener, 0).expect("listens");
    let addr = std::net::SocketAddr::try_from(getsockname(&listener).expect("a name")).expect("an address");
    let mut waiting = Vec::new();
    while let Ok(stream) = std::net::TcpStream::connect_timeout(&addr, Duration::from_millis(200)) {
        waiting.push(stream);
    }
    (format!("http://{addr}"), waiting, listener)
}

#[tokio::test]
async fn f5_a_connection_that_does_not_stand_in_time() {
    let (url, _waiting, _listener) = deaf();
    let mut config = String::new();
    for (letter, kind, path) in WIRES {
        config += &format!(
            "[[provider]]\nname = \"{kind}-lab\"\nkind = \"{kind}\"\nbase_url = \"{url}{path}\"\ntimeouts = {{ connect_ms = 300 }}\n\
             [[model]]\nname = \"{letter}-m\"\nprovider = \"{kind}-lab\"\n"
        );
    }
    let etude = Etude::start_over(furnished(), &config, &[]);
    for (letter, ..) in WIRES {
        let (run, _) = play(&etude, &ask(&format!("{letter}-m"), "Hi", json!({}))).await;
        assert_eq!(run["error"]["code"], "timed_out", "{run}");
        assert!(run["error"]["message"].as_str().is_some_and(|why| why.contains("0.3 s")), "{run}");
    }
}

/// Waits until no answer is open: the mock drops one when its connection is closed. Says how long that took.
async fn until_closed(mock: &Mock) -> Duration {
    let began = Instant::now();
    while mock.open().await != 0 {
        assert!(began.elapsed() < PATIENCE, "an answer stays open");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    began.elapsed()
}

#[tokio::test]
async fn b4_cancel_closes_the_upstreams_socket_at_once_also_before_the_first_byte() {
    const SCRIPTS: [&str; 2] = ["mock-head60000", "mock-ttft1-rate20-n900"];
    let mock = Mock::start();
    let etude = start(&mock, &SCRIPTS, "timeouts = { first_token_ms = 60000 }");
    for (letter, ..) in WIRES {
        for script in SCRIPTS {
            let mut stream = etude.stream(&ask(&format!("{letter}-{script}"), "Hi", json!({}))).await;
            stream.next().await.expect("it runs");
            while mock.open().await == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            if script.contains("rate") {
                stream.next().await.expect("a token");
            }
            etude.post(&format!("/v1/runs/{}/cancel", stream.run)).send().await.expect("answers");
            let took = until_closed(&mock).await;
            // The issue asks for 100 ms; the rest is for a machine that is busy with other tests.
            assert!(took < Duration::from_millis(1_000), "{letter}-{script}: {took:?}");
            let end = stream.rest().await;
            let end = end.last().expect("an end");
            assert_eq!(end.data["finish_reason"], "cancelled", "{letter}-{script}");
            let cancel_ms = end.data["cancel_ms"].as_u64().expect("a number");
            println!("{letter}-{script}: cancel_ms {cancel_ms}, socket closed after {took:?}");
        }
    }
}

#[tokio::test]
async fn the_wire_view_shows_what_was_sent_and_no_secret() {
    const SCRIPTS: [&str; 3] = ["mock-rate0-n3", "mock-status429-leak", "mock-rate0-n9-err3-leak"];
    let mock = Mock::start();
    let mut etude = start(&mock, &SCRIPTS, "");
    let mut runs = Vec::new();
    for (letter, _, path) in WIRES {
        for script in SCRIPTS {
            let mut body = ask(&format!("{letter}-{script}"), "Why {{x}}?", json!({"temperature": 0.5}));
            body["inputs"] = json!({"x": "\"so\""});
            body["provider_options"] = json!({"metadata": {"trace": "t-1"}});
            let (run, _) = play(&etude, &body).await;
            assert!(!run.to_string().contains("canary"), "{run}");
            runs.push((run["id"].as_str().expect("an id").to_owned(), letter, path, script));
        }
    }
    for restarted in [false, true] {
        if restarted {
            assert!(etude.stop().await);
            etude.restart();
        }
        for (run, letter, path, script) in &runs {
            let wire: Value =
                etude.get(&format!("/v1/runs/{run}/wire")).send().await.expect("answers").json().await.expect("json");
            let (request, response) = (&wire["request"], &wire["response"]);
            let route = if *path == "/v1" { "/v1/chat/completions" } else { "/v1/messages" };
            assert_eq!((&request["method"], &request["url"]), (&json!("POST"), &json!(format!("{}{route}", mock.url))));
            let key = if *letter == "o" { "authorization" } else { "x-api-key" };
            assert_eq!(request["headers"][key], "•••");
            assert!(request["headers"]["user-agent"].as_str().is_some_and(|agent| agent.starts_with("etude/")));
            let sent: Value = serde_json::from_str(request["body"].as_str().expect("text")).expect("json");
            assert_eq!(sent["messages"], json!([{"role": "user", "content": "Why \"so\"?"}]));
            assert_eq!((&sent["temperature"], &sent["metadata"]["trace"]), (&json!(0.5), &json!("t-1")));
            assert_eq!(response["status"], if script.contains("429") { 429 } else { 200 });
            assert!(response["headers"]["content-type"].is_string());
            assert!(!wire.to_string().contains("canary"), "{wire}");
        }
    }
    let path = format!("/v1/runs/{}", runs[0].0);
    etude.client.delete(format!("{}{path}", etude.url)).send().await.expect("answers");
    assert_eq!(etude.get(&format!("{path}/wire")).send().await.expect("answers").status(), 410);
}

#[tokio::test]
async fn the_embedded_models_wire_is_the_frame_that_it_was_given() {
    let etude = Etude::start(None, &[]).await;
    let body = ask("smollm2-135m-instruct", "Hi", json!({"max_tokens": 2, "temperature": 0}));
    let (run, _) = play(&etude, &body).await;
    let path = format!("/v1/runs/{}/wire", run["id"].as_str().expect("an id"));
    let wire: Value = etude.get(&path).send().await.expect("answers").json().await.expect("json");
    let sent: Value = serde_json::from_str(wire["request"]["body"].as_str().expect("text")).expect("json");
    assert_eq!(sent["messages"], json!([{"role": "user", "content": "Hi"}]), "no prompt of our own");
    assert_eq!(sent["max_tokens"], 2);
}

#[tokio::test]
async fn what_a_wire_lacks_is_refused_by_name_before_the_run() {
    let mock = Mock::start();
    let etude = start(&mock, &["m"], "");
    let image =
        json!([{"type": "text", "text": "What?"}, {"type": "image", "media_type": "image/png", "data": "aGk="}]);
    let message = json!([{"role": "user", "content": "Hi"}]);
    for (body, part) in [
        (json!({"model": "a-m", "messages": message, "params": {"seed": 1}}), "params.seed"),
        (json!({"model": "a-m", "messages": message, "params": {"logprobs": 1}}), "params.logprobs"),
        (json!({"model": "a-m", "messages": message, "params": {"temperature": 1.5}}), "0 to 1"),
        (json!({"model": "a-m", "messages": message, "response_format": {"type": "json_object"}}), "response_format"),
        (json!({"model": "a-m", "messages": [message[0], {"role": "system", "content": "x"}]}), "messages[1]"),
        (
            json!({"model": "o-m", "messages": message, "tool_choice": "always", "tools": [{"name": "t"}]}),
            "tool_choice",
        ),
        (json!({"model": "o-m", "messages": [{"role": "tool", "content": "x"}]}), "tool_call_id"),
        (json!({"model": "smollm2-135m-instruct", "messages": [{"role": "user", "content": image}]}), "pictures"),
        (json!({"model": "o-m", "messages": message, "provider_options": {"model": "x"}}), "provider_options.model"),
        (json!({"model": "o-m", "messages": message, "params": {"stop": ["a\u{0}b"]}}), "NUL"),
    ] {
        let response = etude.post("/v1/runs").json(&body).send().await.expect("answers");
        let status = response.status();
        let problem: Value = response.json().await.expect("json");
        assert_eq!(status, 400, "{problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(part)), "{part}: {problem}");
    }
    assert_eq!(mock.count("calls").await, 0, "nothing was sent");
    for (letter, ..) in WIRES {
        let body = json!({"model": format!("{letter}-m"), "messages": [{"role": "user", "content": image}], "params": {"max_tokens": 2}});
        assert_eq!(play(&etude, &body).await.0["status"], "finished", "{letter} sees pictures");
    }
}
