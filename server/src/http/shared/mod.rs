//! `/s/{share}`: what a link shows, to whoever has it.
//!
//! Plain HTML that is made for each visitor; a style sheet of its own, and one small script (`islands/src/share.ts`) for
//! what needs one. Everything that must not be told apart gets the same page: [`not_there`].

mod comparison;
mod frame;
mod parts;
mod prompt;
mod run;
mod visitor;

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::{ApiError, RunId};
use engine::shares::{Carried, Counts, Page, Shown, Unlocked, Visit};
use serde::Deserialize;

use super::path::Name;
use super::problem::Refusal;
use crate::assets::fingerprint;
use crate::state::AppState;
pub use run::{events, start};
use visitor::{Guest, cookie};

/// The token of a link; what is no text is no token either.
type Token = Result<Name, Refusal>;

/// What a page is asked for with. Other parameters mean nothing: links pick them up on their way.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// It belongs to an opening that was counted.
    again: Option<String>,
    /// The run that was started through the link.
    run: Option<String>,
}

/// A form's passphrase.
#[derive(Deserialize)]
pub struct Typed {
    passphrase: String,
}

fn token(token: Token) -> String {
    token.map(|Name(token)| token).unwrap_or_default()
}

/// The run that is asked for; `Err` where that is no run.
fn run_of(asked: &Asked) -> Result<Option<RunId>, ()> {
    asked.run.as_deref().map(|run| run.parse().map_err(|_| ())).transpose()
}

/// The page of a link that was altered, has ended, was revoked, is used up, or never was: always the same.
pub fn not_there(state: &AppState) -> Response {
    sealed(StatusCode::NOT_FOUND, frame::not_there(&state.leptos), frame::POLICY_WITHOUT_SCRIPT)
}

/// An answer that is kept nowhere and listed nowhere.
fn sealed(status: StatusCode, html: String, policy: &str) -> Response {
    let mut response = (status, axum::response::Html(html)).into_response();
    seal(&mut response);
    if let Ok(policy) = HeaderValue::from_str(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Puts the headers on an answer that say so.
fn seal(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex, nofollow"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// The form that asks for the passphrase, and why it is there again.
fn locked(state: &AppState, token: &str, status: StatusCode, why: Option<&str>) -> Response {
    let nonce = nonce(state);
    sealed(status, frame::locked(&state.leptos, token, &nonce, why), &frame::policy(&nonce))
}

/// What a page's own script is told by.
fn nonce(state: &AppState) -> String {
    let mut random = [0; 16];
    state.engine.clock().random(&mut random);
    random.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A page, as it is answered.
fn shown(state: &AppState, guest: &Guest, token: &str, page: &Page, refused: Option<run::Refused>) -> Response {
    let nonce = nonce(state);
    let status = refused.as_ref().map_or(StatusCode::OK, run::Refused::status);
    let html = frame::page(&state.leptos, guest, token, &nonce, page, refused.as_ref());
    sealed(status, html, &frame::policy(&nonce))
}

/// Shows what a link shows.
pub async fn page(
    State(state): State<AppState>,
    method: Method,
    uri: Uri,
    name: Token,
    query: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let (token, guest) = (token(name), Guest::of(&state, &uri, &headers));
    let asked = query.map(|Query(asked)| asked).unwrap_or_default();
    let Ok(run) = run_of(&asked) else { return not_there(&state) };
    let counts = match (&method, asked.again.is_some() || run.is_some()) {
        (&Method::HEAD, _) => Counts::Never,
        (_, true) => Counts::Once,
        (_, false) => Counts::Always,
    };
    match state.engine.shares().page(&token, &guest.visitor, counts, run).await {
        Ok(Visit::Here { thing, opened }) => {
            let mut response = shown(&state, &guest, &token, &thing, None);
            cookie::opened(&mut response, &guest, &token, opened.as_ref());
            response
        }
        Ok(Visit::Locked) => locked(&state, &token, StatusCode::OK, None),
        Ok(Visit::NotThere) => not_there(&state),
        Err(error) => Refusal::from(error).into_response(),
    }
}

/// Shows how a comparison stands, to a page that follows it.
pub async fn live(State(state): State<AppState>, uri: Uri, name: Token, headers: HeaderMap) -> Response {
    let (token, guest) = (token(name), Guest::of(&state, &uri, &headers));
    match state.engine.shares().follow(&token, &guest.visitor).await {
        Ok(Visit::Here { thing: page, opened }) => {
            let Shown::Comparison(shown) = &page.shown else { return not_there(&state) };
            let mut response = since(&headers, comparison::main(&token, &page, shown));
            cookie::opened(&mut response, &guest, &token, opened.as_ref());
            response
        }
        Ok(Visit::Locked) => locked(&state, &token, StatusCode::FORBIDDEN, None),
        Ok(Visit::NotThere) => not_there(&state),
        Err(error) => Refusal::from(error).into_response(),
    }
}

/// A piece of HTML, or that it is what is known already.
fn since(headers: &HeaderMap, html: String) -> Response {
    let tag = format!("\"{:x}\"", fingerprint(html.as_bytes()));
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if is_known {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        seal(&mut response);
        response
    } else {
        sealed(StatusCode::OK, html, frame::POLICY_WITHOUT_SCRIPT)
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Takes a passphrase, and leads back to the page.
pub async fn unlock(
    State(state): State<AppState>,
    uri: Uri,
    name: Token,
    headers: HeaderMap,
    form: Result<Form<Typed>, FormRejection>,
) -> Response {
    let (token, guest) = (token(name), Guest::of(&state, &uri, &headers));
    let typed = form.map(|Form(typed)| typed.passphrase).unwrap_or_default();
    match state.engine.shares().unlock(&token, typed).await {
        Ok(Unlocked::Right(proof)) => {
            let mut response = see(&format!("/s/{token}"));
            cookie::unlocked(&mut response, &guest, &token, &proof);
            response
        }
        Ok(Unlocked::Wrong) => {
            locked(&state, &token, StatusCode::FORBIDDEN, Some("That is not the passphrase. Nothing was opened."))
        }
        Ok(Unlocked::Wait(wait_ms)) => {
            let seconds = wait_ms.div_ceil(1_000);
            let why = format!("Too many wrong passphrases. The next one is looked at in {seconds} s.");
            let mut response = locked(&state, &token, StatusCode::TOO_MANY_REQUESTS, Some(&why));
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            response
        }
        Ok(Unlocked::NotThere) => not_there(&state),
        Err(error) => Refusal::from(error).into_response(),
    }
}

/// Gives what a link shows as a file that another server imports.
pub async fn export(State(state): State<AppState>, uri: Uri, name: Token, headers: HeaderMap) -> Response {
    let (token, guest) = (token(name), Guest::of(&state, &uri, &headers));
    match state.engine.shares().export(&token, &guest.visitor).await {
        Ok(Visit::Here { thing, opened }) => {
            let mut response = thing.into_response();
            seal(&mut response);
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            let file = HeaderValue::from_static("attachment; filename=\"etude-share.json\"");
            headers.insert(header::CONTENT_DISPOSITION, file);
            cookie::opened(&mut response, &guest, &token, opened.as_ref());
            response
        }
        Ok(Visit::Locked) => locked(&state, &token, StatusCode::FORBIDDEN, None),
        Ok(Visit::NotThere) => not_there(&state),
        Err(error) => Refusal::from(error).into_response(),
    }
}

/// Makes a prompt of one's own of what a link shows. Only who sits at this machine has a library here.
pub async fn fork(State(state): State<AppState>, uri: Uri, name: Token, headers: HeaderMap) -> Response {
    let (token, guest) = (token(name), Guest::of(&state, &uri, &headers));
    if !guest.is_own {
        return not_there(&state);
    }
    match state.engine.shares().fork(&token, &guest.visitor, &state.principal).await {
        Ok(Visit::Here { thing, opened }) => {
            let mut response = match thing {
                Carried::Prompt(id) => see(&format!("/p/{id}")),
                Carried::Comparison(id) => see(&format!("/compare?id={id}")),
            };
            cookie::opened(&mut response, &guest, &token, opened.as_ref());
            response
        }
        Ok(Visit::Locked) => locked(&state, &token, StatusCode::FORBIDDEN, None),
        Ok(Visit::NotThere) => not_there(&state),
        Err(error) => Refusal::from(error).into_response(),
    }
}

/// Leads a form's browser on to a page.
fn see(place: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    seal(&mut response);
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

/// The words of an error, for a page.
fn sentence(error: &ApiError) -> String {
    error.to_string()
}
