//! Every request has an id: the client's own where it gives a sensible one, else a new one.

use axum::extract::Request;
use axum::http::{HeaderValue, Request as HttpRequest};
use axum::middleware::Next;
use axum::response::Response;
use engine::Clock;
use tower_http::request_id::{MakeRequestId, RequestId};

/// Longest id of a client that is taken, in bytes.
const ID_BYTES_MAX: usize = 128;

/// Makes ids.
#[derive(Clone)]
pub struct Make(pub Clock);

impl MakeRequestId for Make {
    fn make_request_id<B>(&mut self, _: &HttpRequest<B>) -> Option<RequestId> {
        let id = self.0.run_id().to_string().replace("run_", "req_");
        HeaderValue::from_str(&id).ok().map(RequestId::new)
    }
}

/// Marks a request whose id is the client's own.
#[derive(Clone, Copy)]
pub struct Own;

/// Drops a client's id that could confuse a log.
pub async fn sanitise(mut request: Request, next: Next) -> Response {
    let sensible = |id: &HeaderValue| {
        !id.is_empty() && {
            id.len() <= ID_BYTES_MAX && id.to_str().is_ok_and(|id| id.bytes().all(|b| b.is_ascii_graphic()))
        }
    };
    match request.headers().get("x-request-id") {
        Some(id) if sensible(id) => drop(request.extensions_mut().insert(Own)),
        Some(_) => drop(request.headers_mut().remove("x-request-id")),
        None => {}
    }
    next.run(request).await
}
