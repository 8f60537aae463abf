//! Kept prompts in requests of the vendors' SDKs: `preset_id` and `input_context` (G1), and OpenAI's `prompt` object.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::fields::{Fields, quoted};
use domain::{ApiError, ChatMessage, Code, NewRun, PromptContent, PromptId, Role, Which};
use engine::library::prompt_id;
use serde_json::value::RawValue;
use wires::Reading;

use crate::http::problem::Refusal;
use crate::state::AppState;

/// A version that a request names, and what is put into it.
pub struct Kept {
    content: Arc<PromptContent>,
    prompt: PromptId,
    number: u32,
    input_context: Option<String>,
    inputs: BTreeMap<String, String>,
    /// The field that names it.
    field: &'static str,
}

impl Kept {
    /// The model that it was saved with.
    pub fn model(&self) -> String {
        self.content.model.clone()
    }
}

/// The version that `preset_id` names, with `version` or `label` beside it.
///
/// # Errors
/// `not_found` for one that is not there or not the caller's.
pub async fn of_fields(state: &AppState, fields: &mut Fields<'_>) -> Result<Option<Kept>, Refusal> {
    let Some(id) = fields.take::<String>("preset_id")? else { return Ok(None) };
    let which = Which::of(fields.take("version")?, fields.take("label")?);
    let prompt = prompt_id(&id).map_err(|error| error.param("preset_id"))?;
    let (content, number) = state.engine.library().content(&state.principal, prompt, &which).await?;
    Ok(Some(Kept {
        content,
        prompt,
        number,
        input_context: fields.take("input_context")?,
        inputs: fields.take("inputs")?.unwrap_or_default(),
        field: "preset_id",
    }))
}

/// The version that OpenAI's `prompt` object names: `{"id", "version", "variables"}`, the id ours or OpenAI's own.
///
/// # Errors
/// `not_found`; `invalid_request` for a variable that is no text.
pub async fn of_prompt(state: &AppState, fields: &mut Fields<'_>) -> Result<Option<Kept>, Refusal> {
    let Some(mut prompt) = fields.object("prompt")? else { return of_fields(state, fields).await };
    // Their guide has long called it so.
    let by_other_name = prompt.take::<String>("prompt_id")?;
    let id = prompt.take::<String>("id")?.or(by_other_name).ok_or_else(|| prompt.lacks("id"))?;
    let version = match prompt.raw("version") {
        None => String::new(),
        Some(raw) => serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().to_owned()),
    };
    let mut inputs = BTreeMap::new();
    if let Some(variables) = prompt.object("variables")? {
        let at = variables.at().to_owned();
        for (name, value) in variables.rest() {
            inputs.insert(name.clone(), text(value, &domain::fields::join(&at, &name))?);
        }
    }
    if let Some((name, _)) = prompt.rest().next() {
        let message = format!("`prompt.{}` is not known. Nothing was sent.", quoted(&name));
        return Err(ApiError::new(Code::UnknownField, message).param("prompt").into());
    }
    let library = state.engine.library();
    let absent = || {
        let (id, version) = (quoted(&id), quoted(&version));
        let version = if version.is_empty() { String::new() } else { format!(" with version `{version}`") };
        ApiError::new(Code::NotFound, format!("There is no prompt `{id}`{version}."))
            .hint("Import it first: POST /v1/import takes OpenAI's prompt objects, too.")
            .param("prompt.id")
    };
    let (prompt, which) = if let Ok(prompt) = id.parse::<PromptId>() {
        let which = match version.parse::<u32>() {
            Ok(number) => Which::Number(number),
            Err(_) => Which::of(None, Some(version.clone()).filter(|label| !label.is_empty())),
        };
        (prompt, which)
    } else {
        let (prompt, number) = library.named(&state.principal, &id, &version).await?.ok_or_else(absent)?;
        (prompt, Which::Number(number))
    };
    let found = library.content(&state.principal, prompt, &which).await;
    let (content, number) = found.map_err(|error| error.reworded(|error| error.param("prompt.id")))?;
    Ok(Some(Kept { content, prompt, number, input_context: None, inputs, field: "prompt" }))
}

/// The value of a variable: a text, or a part that is one.
fn text(raw: &RawValue, at: &str) -> Result<String, ApiError> {
    if let Ok(text) = serde_json::from_str(raw.get()) {
        return Ok(text);
    }
    let refuse = || {
        let message =
            format!("`{at}` is neither a text nor an `input_text`; variables are texts here. Nothing was sent.");
        ApiError::new(Code::ParameterNotSupported, message).param(at)
    };
    let mut part = Fields::of(raw, at).map_err(|_| refuse())?;
    if part.take::<String>("type")?.as_deref() != Some("input_text") {
        return Err(refuse());
    }
    part.need("text")
}

/// Puts the version's messages before those of the request, and notes whose run it is; the engine adds the rest.
pub fn put_before(kept: Option<Kept>, reading: &mut Reading) {
    let Some(kept) = kept else { return };
    let run = &mut reading.run;
    let own = std::mem::take(&mut run.messages);
    // Instructions that a request gives itself stand in the place of those that were saved.
    let replaces = own.first().is_some_and(|message| message.role == Role::System);
    let saved = kept.content.messages.iter();
    let saved: Vec<ChatMessage> = if replaces {
        saved.skip_while(|m| m.role == Role::System).cloned().collect()
    } else {
        saved.cloned().collect()
    };
    let (first, rest) = own.split_at(usize::from(replaces));
    let at = usize::from(replaces);
    reading.paths.splice(at..at, saved.iter().map(|_| kept.field.to_owned()));
    run.messages = first.iter().cloned().chain(saved).chain(rest.iter().cloned()).collect();
    run.prompt = Some(kept.prompt);
    run.version = Some(kept.number);
    run.input_context = kept.input_context;
    run.inputs = kept.inputs;
}

/// The messages that a run asked with, without those of its prompt: what a conversation goes on with.
///
/// # Errors
/// When the prompt cannot be read any more.
pub async fn without(state: &AppState, asked: &NewRun) -> Result<Vec<ChatMessage>, Refusal> {
    let Some((prompt, number)) = asked.prompt.zip(asked.version) else { return Ok(asked.messages.clone()) };
    let library = state.engine.library();
    let (content, _) = library.content(&state.principal, prompt, &Which::Number(number)).await?;
    let kept = |message: &&ChatMessage| message.role != Role::System && !content.messages.contains(message);
    Ok(asked.messages.iter().filter(kept).cloned().collect())
}
