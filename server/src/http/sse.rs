//! A run's log as server-sent events: `id` is the seq, `event` the kind, `data` the JSON.

use std::io::Write;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::RunId;
use engine::log::Tail;
use engine::tape::Entry;
use futures::stream;
use tokio_util::sync::CancellationToken;

use super::feed::{Feed, Piece};

/// Streams a tail. A reader that is slow holds a cursor; silence is broken by a comment.
#[must_use]
pub fn answer(run: RunId, tail: Tail, closing: CancellationToken) -> Response {
    let frames = stream::unfold((tail, Feed::new(closing)), |(mut tail, mut feed)| async move {
        let bytes = said(feed.piece(tail.next()).await?);
        Some((Ok::<_, std::convert::Infallible>(bytes), (tail, feed)))
    });
    head(Body::from_stream(frames).into_response(), run)
}

/// The head of a stream of a run's events.
pub fn head(response: Response, run: RunId) -> Response {
    let mut response = events(response);
    insert_run(&mut response, run);
    response
}

/// The head of a stream of events.
pub fn events(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that buffer would undo "flush per token".
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// Names the run in a header.
pub fn insert_run(response: &mut Response, run: RunId) {
    if let Ok(value) = HeaderValue::from_str(&run.to_string()) {
        response.headers_mut().insert(HeaderName::from_static("x-etude-run"), value);
    }
}

/// A piece of a stream.
pub fn said(piece: Piece) -> Bytes {
    match piece {
        Piece::Entries(entries) => encode(&entries),
        Piece::Ping => Bytes::from_static(b": ping\n\n"),
    }
}

/// Entries as they stand in a stream.
#[must_use]
pub fn encode(entries: &[Entry]) -> Bytes {
    let mut out = Vec::with_capacity(entries.iter().map(|entry| entry.data.len() + 48).sum());
    for Entry { seq, kind, data } in entries {
        write!(out, "id: {seq}\nevent: {}\ndata: ", kind.as_str()).expect("a vector takes all bytes");
        out.extend_from_slice(data);
        out.extend_from_slice(b"\n\n");
    }
    out.into()
}
