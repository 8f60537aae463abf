//! `/v1/responses`: create, read, take up again, cancel, delete.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::response::Response;
use domain::fields::{Fields, quoted};
use domain::limits::{MESSAGES_MAX, RUNS_PAGE_MAX};
use domain::{ApiError, ClientWire, Code, NewRun, Run, RunId, RunStatus};
use engine::runs::Cancelled;
use serde::Deserialize;
use serde_json::json;
use wires::Answered;
use wires::openai::responses::{self, Asked, Earlier, Echo, Events};

use super::call::{Call, start, target};
use super::{answer, preset};
use crate::http::live::Closing;
use crate::http::path::Name;
use crate::http::problem::Refusal;
use crate::state::AppState;

/// How long a response that is being cancelled is waited for, in milliseconds.
const CANCEL_MS: u64 = 5_000;
/// How long a run may take to keep its client's request, in milliseconds; it does so as its first deed.
const KEPT_MS: u64 = 1_000;
/// How often it is looked, in milliseconds.
const LOOK_MS: u64 = 5;
/// Items on a page, when nothing is said (OpenAI's number).
const ITEMS_PAGE_DEFAULT: usize = 20;

/// Runs a response: waits for it, streams it, or leaves it to itself.
pub async fn create(
    State(state): State<AppState>,
    Extension(Closing(closing)): Extension<Closing>,
    request: Request,
) -> Result<Response, Refusal> {
    let call = Call::read(request).await?;
    let mut fields = Fields::of_body(call.body.as_bytes())?;
    let kept = preset::of_prompt(&state, &mut fields).await?;
    let target = target(&state, &mut fields, kept.as_ref()).await?;
    let request_id = fields.take("request_id")?;
    let (parent, earlier) = match responses::previous(&mut fields)? {
        Some(id) => earlier(&state, &id).await?,
        None => (None, Earlier::default()),
    };
    let earlier = refer(&state, earlier, &responses::references(&fields)).await?;
    let Asked { mut reading, background, .. } = responses::read(fields, &target, earlier)?;
    preset::put_before(kept, &mut reading);
    reading.run.parent = parent;
    let stream = reading.stream;
    let echo = Echo::of(&call.body)?;
    let running = start(&state, &call, ClientWire::Responses, reading, request_id, background).await?;
    if stream {
        let events = Events::new(running.run, echo, None);
        return answer::streamed(running, events, closing).await;
    }
    if background {
        let run = running.run;
        let (_, said) = running.split();
        return Ok(said.into(answer::json(&responses::whole(&so_far(&state, run).await?, &echo))));
    }
    answer::whole(running, |answered| {
        // Who waits for an answer is told that there is none; what had come can be read with the run.
        if let Some(wires::answer::End::Failed(error)) = &answered.end {
            return Err(error.clone());
        }
        Ok(responses::whole(answered, &echo))
    })
    .await
}

/// The conversation that a response goes on with, and its run.
async fn earlier(state: &AppState, id: &str) -> Result<(Option<RunId>, Earlier), Refusal> {
    let refuse = |why: &str| {
        let message = format!("`previous_response_id` is `{}`, {why} Nothing was started.", quoted(id));
        ApiError::new(Code::InvalidRequest, message).param("previous_response_id")
    };
    let Ok((run, echo)) = find(state, id).await else {
        return Err(refuse("which is not there.").into());
    };
    if run.status != RunStatus::Finished {
        return Err(refuse("which has not ended with an answer.").into());
    }
    let asked: NewRun = serde_json::from_str(run.request.as_str())
        .map_err(|error| engine::Error::Corrupt(format!("a run's request: {error}")))?;
    let answered = so_far(state, run.id).await?;
    let messages = preset::without(state, &asked).await?;
    Ok((Some(run.id), Earlier::of(messages, echo.has_instructions && asked.prompt.is_none(), &answered)))
}

/// Looks the items up that a request refers to; what is not found is refused where it stands.
async fn refer(state: &AppState, mut earlier: Earlier, ids: &[String]) -> Result<Earlier, Refusal> {
    // A conversation refers to many items of few answers: each answer is read once.
    let mut answers: HashMap<RunId, Option<Answered>> = HashMap::new();
    for id in ids.iter().take(MESSAGES_MAX) {
        let Some((run, n)) = responses::block_of(id) else { continue };
        let answer = match answers.entry(run) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(match find(state, &responses::id(run)).await {
                Ok(_) => Some(so_far(state, run).await?),
                Err(_) => None,
            }),
        };
        if let Some(block) = answer.as_ref().and_then(|answer| answer.blocks().get(n)) {
            earlier.items.insert(id.clone(), block.clone());
        }
    }
    Ok(earlier)
}

/// How to read a response.
#[derive(Deserialize)]
pub struct RetrieveQuery {
    #[serde(default)]
    stream: bool,
    /// The number of the last event that the reader has.
    starting_after: Option<u64>,
}

/// Gives a response as it stands, or its events from the one after `starting_after`.
pub async fn retrieve(
    State(state): State<AppState>,
    Extension(Closing(closing)): Extension<Closing>,
    Name(id): Name,
    query: Result<Query<RetrieveQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(query) = query.map_err(|error| unreadable(&error))?;
    if query.starting_after.is_some() && !query.stream {
        return Err(ApiError::new(Code::InvalidRequest, "`starting_after` goes with `stream=true` alone.")
            .param("starting_after")
            .into());
    }
    let (run, echo) = find(&state, &id).await?;
    if query.stream {
        let tail = state.engine.runs().tail(&state.principal, run.id, None).await?;
        let events = Events::new(run.id, echo, query.starting_after);
        // Whoever reads it later is told of a failure as of all else that happened.
        return answer::tailed(run.id, tail, events, closing, false)
            .await?
            .map_err(|error| Refusal::of_run(error, run.id));
    }
    Ok(answer::json(&responses::whole(&so_far(&state, run.id).await?, &echo)))
}

/// Stops a response that is going on; one that has ended stays as it is.
pub async fn cancel(State(state): State<AppState>, Name(id): Name) -> Result<Response, Refusal> {
    let (run, echo) = find(&state, &id).await?;
    let runs = state.engine.runs();
    if let Cancelled::Asked = runs.cancel(&state.principal, run.id).await? {
        let ended = runs.wait(&state.principal, run.id);
        // What has not stopped by then is shown as it stands.
        if let Ok(ended) = tokio::time::timeout(Duration::from_millis(CANCEL_MS), ended).await {
            ended?;
        }
    }
    Ok(answer::json(&responses::whole(&so_far(&state, run.id).await?, &echo)))
}

/// Deletes a response that has ended, and the run with it.
pub async fn delete(State(state): State<AppState>, Name(id): Name) -> Result<Response, Refusal> {
    let (run, _) = find(&state, &id).await?;
    state.engine.runs().delete(&state.principal, run.id).await?;
    Ok(answer::json(&json!({"id": id, "object": "response", "deleted": true})))
}

/// Which items to list.
#[derive(Deserialize)]
pub struct ItemsQuery {
    limit: Option<usize>,
    /// `asc` or `desc`.
    order: Option<String>,
    after: Option<String>,
}

/// Lists what a response was asked with, the newest first unless told otherwise.
pub async fn input_items(
    State(state): State<AppState>,
    Name(id): Name,
    query: Result<Query<ItemsQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(query) = query.map_err(|error| unreadable(&error))?;
    let limit = query.limit.unwrap_or(ITEMS_PAGE_DEFAULT);
    let most = RUNS_PAGE_MAX as usize;
    if !(1..=most).contains(&limit) {
        let message = format!("`limit` is {limit}; 1 to {most} are taken.");
        return Err(ApiError::new(Code::ParameterOutOfRange, message).param("limit").into());
    }
    let newest_first = match query.order.as_deref() {
        None | Some("desc") => true,
        Some("asc") => false,
        Some(_) => {
            let message = "`order` is neither `asc` nor `desc`.";
            return Err(ApiError::new(Code::InvalidRequest, message).param("order").into());
        }
    };
    let (run, echo) = find(&state, &id).await?;
    let asked: NewRun = serde_json::from_str(run.request.as_str())
        .map_err(|error| engine::Error::Corrupt(format!("a run's request: {error}")))?;
    let mut items = responses::input_items(run.id, &asked.messages, echo.has_instructions)?;
    if newest_first {
        items.reverse();
    }
    if let Some(after) = &query.after {
        let Some(place) = items.iter().position(|(id, _)| id == after) else {
            let message = format!("`after` is `{}`, which is no item of this response.", quoted(after));
            return Err(ApiError::new(Code::InvalidRequest, message).param("after").into());
        };
        items.drain(..=place);
    }
    let has_more = items.len() > limit;
    items.truncate(limit);
    let (first, last) = (items.first().map(|(id, _)| id.clone()), items.last().map(|(id, _)| id.clone()));
    let data: Vec<_> = items.into_iter().map(|(_, item)| item).collect();
    let page = json!({"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": has_more});
    Ok(answer::json(&page))
}

fn unreadable(error: &QueryRejection) -> ApiError {
    ApiError::new(Code::InvalidRequest, format!("The query cannot be used: {}.", error.body_text()))
}

/// The run of a response that can be read later, and what its request said.
async fn find(state: &AppState, id: &str) -> Result<(Run, Echo), Refusal> {
    let absent = || {
        let message = format!("There is no response `{}`.", quoted(id));
        ApiError::new(Code::NotFound, message).hint("Responses that were asked for with `store: false` are not kept.")
    };
    let run = responses::run_of(id).ok_or_else(absent)?;
    let runs = state.engine.runs();
    let run = match runs.get(&state.principal, run).await {
        Ok(run) if run.wire == Some(ClientWire::Responses) => run,
        Ok(_) => return Err(absent().into()),
        Err(engine::Error::Refused(error)) if matches!(error.code, Code::NotFound | Code::Gone) => {
            return Err(absent().into());
        }
        Err(error) => return Err(error.into()),
    };
    for _ in 0..KEPT_MS / LOOK_MS {
        if let Some(client) = runs.wire(&state.principal, run.id).await?.client {
            let echo = Echo::of(&client.body)?;
            return if echo.store { Ok((run, echo)) } else { Err(absent().into()) };
        }
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    }
    Err(absent().into())
}

async fn so_far(state: &AppState, run: RunId) -> Result<Answered, engine::Error> {
    let mut answered = Answered::new(run);
    answer::fold(&mut answered, &state.engine.runs().so_far(&state.principal, run).await?)?;
    Ok(answered)
}
