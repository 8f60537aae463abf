//! A client's request as it came, and the run that is started for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use domain::fields::{Fields, quoted};
use domain::wire::BLANK;
use domain::{ApiError, ClientWire, Code, NewRun, RunId, WireRequest};
use engine::admission::LimitState;
use engine::log::Tail;
use engine::runs::ClientCall;
use wires::{Reading, Target, anthropic};

use crate::http::problem::{Refusal, limit_headers};
use crate::http::{json, request_id, runs, sse};
use crate::state::AppState;

use super::preset::Kept;

/// Headers whose values are nobody's business.
const SECRET: [HeaderName; 5] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
];

/// A request of a client.
pub struct Call {
    method: Method,
    uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, which is shared with the run that keeps it.
    pub body: Arc<str>,
}

impl Call {
    /// Reads a request.
    ///
    /// # Errors
    /// When its body cannot be read as text.
    pub async fn read(request: Request) -> Result<Self, ApiError> {
        let (method, uri, mut headers) = (request.method().clone(), request.uri().clone(), request.headers().clone());
        if request.extensions().get::<request_id::Own>().is_none() {
            headers.remove("x-request-id");
        }
        if headers.get("anthropic-beta").is_some_and(|beta| beta.to_str().is_err()) {
            let message = "`anthropic-beta` has characters that are not ASCII.";
            return Err(ApiError::new(Code::InvalidRequest, message).param("anthropic-beta"));
        }
        let body: Bytes = json::read(request).await?;
        let body = std::str::from_utf8(&body).map_err(|error| {
            let message = format!("The body is not UTF-8: byte {} is the first that is not.", error.valid_up_to());
            ApiError::new(Code::InvalidRequest, message)
        })?;
        Ok(Self { method, uri, headers, body: body.into() })
    }

    /// The request as it is kept with its run.
    fn view(&self) -> WireRequest {
        let shown = |name: &HeaderName, value: &HeaderValue| {
            if SECRET.contains(name) { BLANK.into() } else { String::from_utf8_lossy(value.as_bytes()).into_owned() }
        };
        let headers: BTreeMap<_, _> =
            self.headers.iter().map(|(name, value)| (name.as_str().to_owned(), shown(name, value))).collect();
        WireRequest { method: self.method.to_string(), url: self.uri.to_string(), headers, body: self.body.clone() }
    }

    /// The call of a run that was read from this request.
    pub fn of(&self, wire: ClientWire, reading: &Reading) -> ClientCall {
        let header = |name| self.headers.get(name).and_then(|value| value.to_str().ok());
        // The oldest version is spoken by nobody any more, its vendor included.
        let version = header("anthropic-version").filter(|version| *version != OLDEST);
        ClientCall {
            wire,
            request: self.view(),
            native: reading.native,
            beta: header("anthropic-beta").map(str::to_owned),
            version: version.map(str::to_owned),
            unsent: reading.unsent.clone(),
        }
    }
}

/// Who answers for the model that a request names.
///
/// # Errors
/// When it names none, or one that is not there.
pub async fn target(state: &AppState, fields: &mut Fields<'_>, preset: Option<&Kept>) -> Result<Target, Refusal> {
    let named = fields.take::<String>("model")?;
    // The vendors' clients cannot leave it out, but they can leave it empty.
    let named = named.filter(|model| preset.is_none() || !model.is_empty());
    let model = named.or_else(|| preset.map(Kept::model)).ok_or_else(|| fields.lacks("model"))?;
    let asked = state.engine.runs().model(&model).await;
    let (info, vendor) = asked.map_err(|error| error.reworded(|error| error.param("model")))?;
    Ok(Target { preset: preset.is_some(), ..Target::new(model, vendor, &info) })
}

/// A run that was started for a client, being read from its first event.
pub struct Running {
    /// The run.
    pub run: RunId,
    /// Its log.
    pub tail: Tail,
    concurrency: Option<LimitState>,
    unsent: Vec<String>,
    /// The client's name for the submission.
    key: Option<(AppState, String)>,
}

/// Starts the run; `keep` says whether it goes on when the client has gone (B4).
///
/// # Errors
/// Whatever is wrong with it; then nothing was started.
pub async fn start(
    state: &AppState,
    call: &Call,
    wire: ClientWire,
    mut reading: Reading,
    request_id: Option<String>,
    keep: bool,
) -> Result<Running, Refusal> {
    reading.run.keep = (!keep).then_some(false);
    reading.run.request_id = request_id;
    runs::take_idempotency_key(&call.headers, &mut reading.run)?;
    let client = call.of(wire, &reading);
    let runs = state.engine.runs();
    let request_id = reading.run.request_id.clone();
    let run = std::mem::replace(&mut reading.run, NewRun::new("", Vec::new()));
    let started = runs.start_for(&state.principal, run, Some(client)).await;
    let started = started.map_err(|error| error.reworded(|error| reading.in_own_words(wire, error)))?;
    // Before anything else is waited for: a run that is not to be kept going counts its readers.
    let tail = runs.tail(&state.principal, started.run, None).await?;
    let key = request_id.map(|id| (state.clone(), id));
    Ok(Running { run: started.run, tail, concurrency: started.concurrency, unsent: reading.unsent, key })
}

/// What an answer says of its run beside the answer.
pub struct Said {
    run: RunId,
    concurrency: Option<LimitState>,
    unsent: Vec<String>,
    key: Option<(AppState, String)>,
}

impl Running {
    /// Takes the log apart from what the answer's headers say.
    pub fn split(self) -> (Tail, Said) {
        let Self { run, tail, concurrency, unsent, key } = self;
        (tail, Said { run, concurrency, unsent, key })
    }
}

impl Said {
    /// The failure of the run as an error of the request. A provider's refusal is not remembered (D2): the same
    /// submission may be tried again. Any other failure is what the same submission will be answered with.
    pub fn failed(&self, mut error: ApiError) -> Refusal {
        if let Some((state, request_id)) = &self.key {
            if matches!(wires::error::status(&error), 429 | 503 | 529) {
                state.engine.runs().forget(&state.principal, request_id, self.run);
            } else {
                error.retryable = false;
            }
        }
        Refusal::of_run(error, self.run)
    }

    /// Puts it into the headers.
    pub fn into(self, mut response: Response) -> Response {
        sse::insert_run(&mut response, self.run);
        let headers = response.headers_mut();
        if let Some(state) = self.concurrency {
            limit_headers(headers, state, 0);
        }
        if !self.unsent.is_empty() {
            notice(headers, &format!("not passed on to this model: {}", self.unsent.join(", ")));
        }
        response
    }
}

/// Tells the client something beside the answer.
pub fn notice(headers: &mut HeaderMap, text: &str) {
    let text: String = text.chars().filter(|c| c.is_ascii() && !c.is_ascii_control()).take(NOTICE_CHARS_MAX).collect();
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.append(HeaderName::from_static("x-etude-notice"), value);
    }
}

/// The first version of Anthropic's wire, whose clients are given the second's.
const OLDEST: &str = "2023-01-01";

/// Longest notice in a header, in characters.
const NOTICE_CHARS_MAX: usize = 1_000;

/// Checks `anthropic-version`; one who gives none is given the newest.
///
/// # Errors
/// For one that is not known, with those that are.
pub fn check_version(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(version) = headers.get("anthropic-version") else { return Ok(()) };
    if version.to_str().is_ok_and(|version| anthropic::VERSIONS.contains(&version)) {
        return Ok(());
    }
    let asked = quoted(&String::from_utf8_lossy(version.as_bytes()));
    let known = anthropic::VERSIONS.join(", ");
    Err(ApiError::new(Code::InvalidRequest, format!("`anthropic-version` is `{asked}`; known are {known}."))
        .param("anthropic-version"))
}
