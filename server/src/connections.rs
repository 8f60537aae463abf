//! The server's connections: taken, served, and closed in order.
//!
//! `axum::serve` would do, but for what a stream holds while it is open: it reads the first bytes of each connection into
//! a buffer of its own to tell HTTP/2 from HTTP/1, and the buffer behind that one is twice as large for it. Here the bytes
//! are looked at and left where they are.

use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// How long a client may take to send the head of a request, in milliseconds.
const HEAD_MS: u64 = 30_000;
/// How long to wait for the next connection when there are no file descriptors for one, in milliseconds.
const EXHAUSTED_MS: u64 = 1_000;
/// How long to wait for the rest of the first four bytes, in milliseconds.
const REST_MS: u64 = 10;
/// How a connection begins that speaks HTTP/2 from its first byte (RFC 9113, 3.4); no method of HTTP/1 begins so.
const HTTP2: &[u8] = b"PRI ";

/// Serves until `closing` is cancelled, then until the requests that are being answered are answered.
pub async fn serve(listener: TcpListener, router: Router, closing: CancellationToken) {
    let open = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = closing.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                open.spawn(connection(stream, router.clone(), closing.clone()));
            }
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                tracing::error!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(EXHAUSTED_MS)).await;
            }
        }
    }
    drop(listener);
    open.close();
    open.wait().await;
}

/// It went away before it was taken.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Drives a pinned connection to its end; told to close, it answers what it has been asked and takes no more. A macro,
/// because hyper's two kinds of connection have no trait in common.
macro_rules! until_closed {
    ($connection:expr, $closing:expr) => {{
        let mut connection = $connection;
        tokio::select! {
            served = connection.as_mut() => served,
            () = $closing.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    }};
}

async fn connection(stream: TcpStream, router: Router, closing: CancellationToken) {
    // An event must leave when it is there: else the second of two waits until the reader's system has acknowledged the
    // first, up to 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
    let head = Duration::from_millis(HEAD_MS);
    let speaks_http2 = tokio::select! {
        speaks = tokio::time::timeout(head, speaks_http2(&stream)) => speaks,
        () = closing.cancelled() => return,
    };
    let Ok(Ok(speaks_http2)) = speaks_http2 else { return };
    let service =
        TowerToHyperService::new(router.map_request(|request: hyper::Request<Incoming>| request.map(Body::new)));
    let stream = TokioIo::new(stream);
    let served = if speaks_http2 {
        // Boxed: it is more than twice as large as one of HTTP/1, of which there may be thousands.
        let connection = Box::pin({
            let mut http = http2::Builder::new(TokioExecutor::new());
            http.timer(TokioTimer::new()).enable_connect_protocol();
            http.serve_connection(stream, service)
        });
        until_closed!(connection, closing)
    } else {
        let connection = pin!({
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(head);
            http.serve_connection(stream, service).with_upgrades()
        });
        until_closed!(connection, closing)
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// Looks at the first bytes, and leaves them.
async fn speaks_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0; HTTP2.len()];
    loop {
        let seen = stream.peek(&mut first).await?;
        if seen == HTTP2.len() || seen == 0 || !HTTP2.starts_with(&first[..seen]) {
            return Ok(&first[..seen] == HTTP2);
        }
        tokio::time::sleep(Duration::from_millis(REST_MS)).await;
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::routing::get;
    use http_body_util::{BodyExt as _, Empty};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::task::JoinHandle;

    use super::*;

    /// How long `/slow` takes.
    const SLOW: Duration = Duration::from_millis(300);
    /// Longer than anything here takes.
    const PATIENCE: Duration = Duration::from_secs(10);

    async fn started() -> (SocketAddr, CancellationToken, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let slow = get(|| async {
            tokio::time::sleep(SLOW).await;
            "slow"
        });
        let router = Router::new().route("/", get(|| async { "quick" })).route("/slow", slow);
        let closing = CancellationToken::new();
        (addr, closing.clone(), tokio::spawn(serve(listener, router, closing)))
    }

    async fn sent(addr: SocketAddr, pieces: &[&str]) -> TcpStream {
        let mut stream = TcpStream::connect(addr).await.expect("connects");
        for piece in pieces {
            stream.write_all(piece.as_bytes()).await.expect("is sent");
            tokio::time::sleep(Duration::from_millis(3 * REST_MS)).await;
        }
        stream
    }

    async fn rest(mut stream: TcpStream) -> String {
        let mut text = String::new();
        tokio::time::timeout(PATIENCE, stream.read_to_string(&mut text)).await.expect("in time").expect("is read");
        text
    }

    #[tokio::test]
    async fn what_comes_in_pieces_is_understood() {
        let (addr, ..) = started().await;
        for pieces in [
            &["GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"][..],
            &["G", "ET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"],
        ] {
            let answer = rest(sent(addr, pieces).await).await;
            assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("quick"), "{answer}");
        }
        // It begins as HTTP/2 does, and is something else.
        let answer =
            rest(sent(addr, &["P", "RI", "NT / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"]).await).await;
        assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    }

    #[tokio::test]
    async fn both_versions_are_served_at_one_address() {
        let (addr, ..) = started().await;
        let stream = TokioIo::new(TcpStream::connect(addr).await.expect("connects"));
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.expect("shakes hands");
        tokio::spawn(connection);
        let ask = |path: &str| {
            let request = hyper::Request::get(format!("http://{addr}{path}"));
            request.body(Empty::<bytes::Bytes>::new()).expect("a request")
        };
        let (slow, quick) = tokio::join!(sender.clone().send_request(ask("/slow")), sender.send_request(ask("/")));
        for (answer, expected) in [(slow, "slow"), (quick, "quick")] {
            let answer = answer.expect("answers");
            assert_eq!(answer.version(), hyper::Version::HTTP_2);
            assert_eq!(answer.into_body().collect().await.expect("is read").to_bytes(), expected);
        }
    }

    #[tokio::test]
    async fn told_to_close_it_answers_what_it_was_asked_and_nobody_who_is_silent_holds_it() {
        let (addr, closing, served) = started().await;
        let silent = sent(addr, &[]).await;
        let idle = sent(addr, &["GET / HTTP/1.1\r\nhost: x\r\n\r\n"]).await;
        let asked = sent(addr, &["GET /slow HTTP/1.1\r\nhost: x\r\n\r\n"]).await;
        closing.cancel();
        tokio::time::timeout(PATIENCE, served).await.expect("it ends").expect("does not panic");
        assert!(rest(asked).await.ends_with("slow"));
        assert!(rest(idle).await.ends_with("quick"));
        assert_eq!(rest(silent).await, "");
        assert!(TcpStream::connect(addr).await.is_err(), "nobody listens any more");
    }
}
