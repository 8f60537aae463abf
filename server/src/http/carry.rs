//! `/v1/export` and `/v1/import`: files out, files in, neither whole in memory.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::limits::{IMPORT_BYTES_MAX, INLINE_BODY_BYTES_MAX, NOTE_CHARS_MAX};
use domain::{ApiError, Code, ImportId, Imported, Undone};
use engine::Error;
use engine::carry::{FOREIGN, Foreign, ForeignVersion, Form, How, Of, Spool, Spooled, too_large};
use http_body_util::BodyExt;
use serde::Deserialize;
use tokio_stream::wrappers::ReceiverStream;
use wires::paste::OpenaiPrompt;

use super::json;
use super::path::Name;
use super::problem::Refusal;
use crate::state::AppState;

/// What is carried away.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    of: Option<String>,
    format: Option<String>,
    #[serde(default)]
    runs: bool,
}

/// Writes a file as fast as it is taken.
pub async fn export(
    State(state): State<AppState>,
    query: Result<Query<ExportQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(query) = query.map_err(|error| unusable(&error))?;
    let of = query.of.as_deref().map(str::parse).transpose()?.unwrap_or(Of::All);
    let form = match query.format.as_deref() {
        None | Some("json") => Form::Json,
        Some("md") => Form::Markdown,
        Some(_) => {
            let error = ApiError::new(Code::InvalidRequest, "`format` is neither `json` nor `md`.");
            return Err(error.param("format").into());
        }
    };
    let export = state.engine.carry().export(&state.principal, of, form, query.runs).await?;
    let kind = if form == Form::Json { "application/json" } else { "text/markdown; charset=utf-8" };
    let name = format!("attachment; filename=\"{}\"", export.file_name);
    let mut response = Body::from_stream(ReceiverStream::new(export.pieces)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// How it is imported.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportQuery {
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    skip_refused: bool,
}

/// Takes a file in, and imports all of it or nothing, or all but what is refused.
pub async fn import(
    State(state): State<AppState>,
    query: Result<Query<ImportQuery>, QueryRejection>,
    request: Request,
) -> Result<axum::Json<Imported>, Refusal> {
    let Query(query) = query.map_err(|error| unusable(&error))?;
    json::check_kind(&request)?;
    let mut spool = state.engine.carry().spool()?;
    receive(&mut spool, request).await?;
    let file = Arc::new(spool.finish().await?);
    let (carry, how) = (state.engine.carry(), How { dry_run: query.dry_run, skip_refused: query.skip_refused });
    match carry.import(&state.principal, &file, how).await {
        Err(Error::Refused(refused)) if refused.param.as_deref() == Some(FOREIGN) => {
            let prompts = of_openai(&file)?.ok_or(refused)?;
            Ok(axum::Json(carry.adopt(&state.principal, prompts, how).await?))
        }
        imported => Ok(axum::Json(imported?)),
    }
}

/// Takes an import back.
pub async fn take_back(State(state): State<AppState>, Name(id): Name) -> Result<axum::Json<Undone>, Refusal> {
    let id: ImportId =
        id.parse().map_err(|error| ApiError::new(Code::NotFound, format!("There is no such import: {error}.")))?;
    Ok(axum::Json(state.engine.carry().take_back(&state.principal, id).await?))
}

/// The prompts of OpenAI's in a file; none where it is something else.
fn of_openai(file: &Spooled) -> Result<Option<Vec<Foreign>>, Refusal> {
    let Some(text) = file.text(INLINE_BODY_BYTES_MAX)? else { return Ok(None) };
    let prompts = wires::paste::prompts(&text)?;
    Ok(prompts.map(|prompts| prompts.into_iter().map(foreign).collect()))
}

fn foreign(prompt: OpenaiPrompt) -> Foreign {
    let versions = prompt.versions.into_iter().map(|version| {
        let left_out: Vec<_> = version.left_out.iter().map(|what| format!("`{what}`")).collect();
        let note = if left_out.is_empty() { String::new() } else { format!("Not taken: {}", left_out.join(", ")) };
        let note = note.chars().filter(|letter| !letter.is_control()).take(NOTE_CHARS_MAX).collect();
        ForeignVersion { version: version.version, content: version.content, note }
    });
    let name = prompt.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| prompt.id.clone());
    Foreign {
        name,
        author: "OpenAI".into(),
        production: prompt.production,
        versions: versions.collect(),
        id: prompt.id,
    }
}

async fn receive(spool: &mut Spool, request: Request) -> Result<(), Refusal> {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let mut body = request.into_body();
    if length.is_some_and(|length: usize| length > IMPORT_BYTES_MAX) {
        json::drain(body).await;
        return Err(too_large().into());
    }
    while let Some(frame) = body.frame().await {
        let cut = |_| {
            let message = "The file did not arrive whole. Nothing was imported.";
            ApiError::new(Code::InvalidRequest, message).retry(None)
        };
        let Ok(piece) = frame.map_err(cut)?.into_data() else { continue };
        if let Err(error) = spool.write(&piece).await {
            json::drain(body).await;
            return Err(error.into());
        }
    }
    Ok(())
}

fn unusable(error: &QueryRejection) -> ApiError {
    ApiError::new(Code::InvalidRequest, format!("The query cannot be used: {}.", error.body_text()))
}
