//! Runs through a link: their events, and starting one.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use domain::{ApiError, Code, RunId};
use engine::shares::{Counts, Proof, SharedTail, Visit};
use futures::{FutureExt, stream};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::visitor::{Guest, cookie};
use super::{Asked, Token, locked, not_there, run_of, seal, see, shown, token};
use crate::http::feed::Feed;
use crate::http::json::Json;
use crate::http::live::Closing;
use crate::http::problem::Refusal;
use crate::http::sse;
use crate::state::AppState;

/// What a program sends to start a run.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartBody {
    #[serde(default)]
    inputs: BTreeMap<String, String>,
}

/// What it gets.
#[derive(Serialize)]
struct StartedRun {
    run: RunId,
    /// Where its events are.
    events: String,
}

/// A form that was refused: why, and what was typed.
pub struct Refused {
    /// Why.
    pub error: ApiError,
    /// What was typed.
    pub inputs: BTreeMap<String, String>,
}

impl Refused {
    /// The status of the page that says so.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Streams the log of a link's run, or of one that was started through it.
pub async fn events(
    State(state): State<AppState>,
    Extension(Closing(closing)): Extension<Closing>,
    name: Token,
    query: Result<Query<Asked>, QueryRejection>,
    request: Request,
) -> Response {
    let (uri, headers) = (request.uri(), request.headers());
    let (token, guest) = (token(name), Guest::of(&state, uri, headers));
    let asked = query.map(|Query(asked)| asked).unwrap_or_default();
    let Ok(run) = run_of(&asked) else { return not_there(&state) };
    let after = headers.get("last-event-id").and_then(|id| id.to_str().ok()).filter(|id| !id.is_empty());
    let after = match after.map(str::parse::<u64>) {
        None => None,
        Some(Ok(after)) => Some(after),
        Some(Err(_)) => {
            let why = "`Last-Event-ID` must be the id of an event of this run: a whole number.";
            return Refusal::from(ApiError::new(Code::InvalidRequest, why)).into_response();
        }
    };
    match state.engine.shares().tail(&token, &guest.visitor, run, after).await {
        Ok(Visit::Here { thing, opened }) => {
            let mut response = match thing.is_exhausted() {
                true => StatusCode::NO_CONTENT.into_response(),
                false => stream(thing, closing),
            };
            seal(&mut response);
            cookie::opened(&mut response, &guest, &token, opened.as_ref());
            response
        }
        Ok(Visit::Locked) => locked(&state, &token, StatusCode::FORBIDDEN, None),
        Ok(Visit::NotThere) => not_there(&state),
        Err(error) => Refusal::from(error).into_response(),
    }
}

/// Streams a tail until the link does not show it any more.
fn stream(tail: SharedTail, closing: CancellationToken) -> Response {
    let over = tail.over().boxed();
    let frames = stream::unfold((tail, over, Feed::new(closing)), |(mut tail, mut over, mut feed)| async move {
        let bytes = tokio::select! {
            biased;
            () = &mut over => return None,
            piece = feed.piece(tail.next()) => sse::said(piece?),
        };
        Some((Ok::<_, std::convert::Infallible>(bytes), (tail, over, feed)))
    });
    sse::events(Body::from_stream(frames).into_response())
}

/// Starts a run with a visitor's inputs: a form is led to its page, a program gets its id or its events.
pub async fn start(
    State(state): State<AppState>,
    Extension(Closing(closing)): Extension<Closing>,
    name: Token,
    request: Request,
) -> Response {
    let (token, guest) = (token(name), Guest::of(&state, request.uri(), request.headers()));
    let headers = request.headers().clone();
    if is_form(&headers) {
        let fields = Form::<Vec<(String, String)>>::from_request(request, &()).await;
        let inputs = fields.map(|Form(fields)| inputs(fields)).unwrap_or_default();
        return start_form(&state, guest, &token, inputs).await;
    }
    let body = match Json::<StartBody>::from_request(request, &()).await {
        Ok(Json(body)) => body,
        Err(refusal) => return refusal.into_response(),
    };
    match state.engine.shares().start(&token, &guest.visitor, body.inputs).await {
        Ok(Visit::Here { thing: run, opened }) => {
            let started = Started { run, opened };
            answer(&state, guest, &token, started, wants_stream(&headers).then_some(closing)).await
        }
        Ok(Visit::Locked) => locked(&state, &token, StatusCode::FORBIDDEN, None),
        Ok(Visit::NotThere) => not_there(&state),
        Err(error) => Refusal::from(error).into_response(),
    }
}

struct Started {
    run: RunId,
    opened: Option<Proof>,
}

/// What a program is answered: the run's id, or its events.
async fn answer(
    state: &AppState,
    mut guest: Guest,
    token: &str,
    started: Started,
    stream_until: Option<CancellationToken>,
) -> Response {
    let Started { run, opened } = started;
    let mut response = match stream_until {
        Some(closing) => {
            // This is the same opening.
            if let Some(opened) = &opened {
                guest.visitor.opened = Some(opened.text.clone());
            }
            match state.engine.shares().tail(token, &guest.visitor, Some(run), None).await {
                Ok(Visit::Here { thing, .. }) => stream(thing, closing),
                Ok(_) => return not_there(state),
                Err(error) => return Refusal::from(error).into_response(),
            }
        }
        None => {
            let events = format!("/s/{token}/events?run={run}");
            (StatusCode::CREATED, axum::Json(StartedRun { run, events })).into_response()
        }
    };
    seal(&mut response);
    sse::insert_run(&mut response, run);
    cookie::opened(&mut response, &guest, token, opened.as_ref());
    response
}

/// Starts what a form asks for; where that is refused, the page comes back with what was typed and why.
async fn start_form(state: &AppState, guest: Guest, token: &str, inputs: BTreeMap<String, String>) -> Response {
    let shares = state.engine.shares();
    let error = match shares.start(token, &guest.visitor, inputs.clone()).await {
        Ok(Visit::Here { thing: run, opened }) => {
            let mut response = see(&format!("/s/{token}?run={run}"));
            cookie::opened(&mut response, &guest, token, opened.as_ref());
            return response;
        }
        Ok(Visit::Locked) => return locked(state, token, StatusCode::FORBIDDEN, None),
        Ok(Visit::NotThere) => return not_there(state),
        Err(error) => error.public(),
    };
    match shares.page(token, &guest.visitor, Counts::Once, None).await {
        Ok(Visit::Here { thing, opened }) => {
            let retry_after_ms = error.retry_after_ms;
            let mut response = shown(state, &guest, token, &thing, Some(Refused { error, inputs }));
            if let Some(after_ms) = retry_after_ms {
                response.headers_mut().insert(header::RETRY_AFTER, after_ms.div_ceil(1_000).into());
            }
            cookie::opened(&mut response, &guest, token, opened.as_ref());
            response
        }
        Ok(_) => not_there(state),
        Err(error) => Refusal::from(error).into_response(),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().map(str::trim) == Some("application/x-www-form-urlencoded")
}

fn wants_stream(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/event-stream"))
}

/// The fields `inputs[name]` of a form. A form's line ends are CR LF; a text's are LF.
fn inputs(fields: Vec<(String, String)>) -> BTreeMap<String, String> {
    let of_field = |(field, value): (String, String)| {
        let name = field.strip_prefix("inputs[")?.strip_suffix(']')?;
        Some((name.to_owned(), value.replace("\r\n", "\n")))
    };
    fields.into_iter().filter_map(of_field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forms_fields_are_the_inputs() {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let read = inputs(vec![field("inputs[a]", "x\r\ny"), field("other", "z"), field("inputs[b", "z")]);
        assert_eq!(read, [("a".to_owned(), "x\ny".to_owned())].into());
    }
}
