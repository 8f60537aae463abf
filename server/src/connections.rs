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

/// Drives a connection to its end; told to close, it answers what it has been asked and takes no more. A macro, because
/// hyper's two kinds of connection have no trait in common.
macro_rules! until_closed {
    ($connection:expr, $closing:expr) => {{
        let mut connection = pin!($connection);
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
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new()).enable_connect_protocol();
        until_closed!(http.serve_connection(stream, service), closing)
    } else {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(head);
        until_closed!(http.serve_connection(stream, service).with_upgrades(), closing)
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
