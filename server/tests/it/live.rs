//! The tab's one connection.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::harness::{Etude, Mock, PATIENCE, ask, words};

pub type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

pub async fn connect(etude: &Etude, origin: Option<&str>) -> Result<Socket, Error> {
    let mut request = format!("{}/v1/live", etude.url.replace("http", "ws")).into_client_request().expect("a request");
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().expect("a value"));
    }
    connect_async(request).await.map(|(socket, _)| socket)
}

pub async fn say(socket: &mut Socket, frame: &Value) {
    socket.send(Message::text(frame.to_string())).await.expect("sent");
}

pub async fn hear(socket: &mut Socket) -> Value {
    loop {
        match tokio::time::timeout(PATIENCE, socket.next()).await.expect("something comes") {
            Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).expect("json"),
            Some(Ok(_)) => {}
            other => panic!("the connection ended: {other:?}"),
        }
    }
}

pub async fn hear_until(socket: &mut Socket, kind: &str) -> Vec<Value> {
    let mut frames = vec![hear(socket).await];
    while frames.last().is_some_and(|frame| frame["type"] != kind) {
        frames.push(hear(socket).await);
    }
    frames
}

const MODEL: &str = "mock-ttft1-rate100-n60";

#[tokio::test]
async fn b3_one_connection_starts_tails_and_cancels_runs() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[MODEL]).await;
    let mut socket = connect(&etude, Some(&etude.url)).await.expect("our own origin");
    let hello = hear(&mut socket).await;
    assert_eq!((&hello["type"], &hello["build"]), (&json!("hello"), &json!("test")));

    say(&mut socket, &json!({"type": "start", "ref": "a1", "run": ask(MODEL, "Hi", json!({}))})).await;
    let frames = hear_until(&mut socket, "end").await;
    assert_eq!((&frames[0]["type"], &frames[0]["ref"]), (&json!("accepted"), &json!("a1")));
    let run = frames[0]["run"].clone();
    let events: Vec<_> = frames.iter().filter(|frame| frame["type"] == "event").collect();
    let seqs: Vec<_> = events.iter().filter_map(|event| event["seq"].as_u64()).collect();
    assert_eq!(seqs, (0..events.len() as u64).collect::<Vec<_>>());
    assert!(events.iter().all(|event| event["run"] == run));
    let text: String = events.iter().filter_map(|event| event["data"]["text"].as_str()).collect();
    assert_eq!(text, words(60));

    say(&mut socket, &json!({"type": "tail", "run": run, "after": seqs.len() - 2})).await;
    let frames = hear_until(&mut socket, "end").await;
    assert_eq!((frames.len(), &frames[0]["event"]), (2, &json!("run.finished")));

    say(&mut socket, &json!({"type": "start", "ref": "a2", "run": ask(MODEL, "Hi", json!({}))})).await;
    let run = hear(&mut socket).await["run"].clone();
    say(&mut socket, &json!({"type": "cancel", "run": run})).await;
    let frames = hear_until(&mut socket, "end").await;
    assert_eq!(frames[frames.len() - 2]["data"]["finish_reason"], "cancelled");
}

#[tokio::test]
async fn a_malformed_frame_is_refused_and_the_socket_stays() {
    let mock = Mock::start();
    let etude = Etude::start(Some(&mock), &[MODEL]).await;
    let mut socket = connect(&etude, Some(&etude.url)).await.expect("our own origin");
    hear(&mut socket).await;
    for (frame, code) in [
        ("nonsense".to_owned(), "invalid_request"),
        (json!({"type": "dance", "run": "x"}).to_string(), "invalid_request"),
        (json!({"type": "tail", "run": format!("run_{}", "0".repeat(32))}).to_string(), "not_found"),
        (json!({"type": "start", "ref": "b", "run": {"model": MODEL, "mesages": []}}).to_string(), "unknown_field"),
    ] {
        socket.send(Message::text(frame.clone())).await.expect("sent");
        let refused = hear(&mut socket).await;
        assert_eq!((&refused["type"], &refused["error"]["code"]), (&json!("refused"), &json!(code)), "{frame}");
    }
    say(&mut socket, &json!({"type": "start", "ref": "ok", "run": ask(MODEL, "Hi", json!({"max_tokens": 1}))})).await;
    hear_until(&mut socket, "end").await;
}

#[tokio::test]
async fn k1_a_foreign_or_missing_origin_is_refused() {
    let etude = Etude::start(None, &[]).await;
    for origin in [None, Some("https://evil.example"), Some("http://localhost:1"), Some("null")] {
        match connect(&etude, origin).await {
            Err(Error::Http(response)) => assert_eq!(response.status().as_u16(), 403, "{origin:?}"),
            other => panic!("{origin:?} must be refused: {other:?}"),
        }
    }
}
