//! `POST /v1/messages` and `/v1/messages/count_tokens`.

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use domain::ClientWire;
use domain::fields::Fields;
use serde_json::json;
use wires::anthropic::answer::{Events, whole};
use wires::anthropic::request;

use super::call::{Call, check_version, notice, start, target};
use super::{answer, preset};
use crate::http::live::Closing;
use crate::http::problem::Refusal;
use crate::state::AppState;

/// Bytes of a text that are about one token, where nobody can count them.
const BYTES_PER_TOKEN: u64 = 4;

/// Runs a chat, and answers whole or as events.
pub async fn create(
    State(state): State<AppState>,
    Extension(Closing(closing)): Extension<Closing>,
    request: Request,
) -> Result<Response, Refusal> {
    check_version(request.headers())?;
    let call = Call::read(request).await?;
    let mut fields = Fields::of_body(call.body.as_bytes())?;
    let kept = preset::of_fields(&state, &mut fields).await?;
    let target = target(&state, &mut fields, kept.as_ref()).await?;
    let request_id = fields.take("request_id")?;
    let mut reading = request::read(fields, &target, false)?;
    preset::put_before(kept, &mut reading);
    let stream = reading.stream;
    let running = start(&state, &call, ClientWire::Messages, reading, request_id, false).await?;
    if stream {
        let events = Events::new(running.run, &target.model);
        return answer::streamed(running, events, closing).await;
    }
    answer::whole(running, |answered| whole(answered, &target.model)).await
}

/// Counts the tokens of a prompt: by its provider, or by the tokenizer here; else by its length, which is said.
pub async fn count_tokens(State(state): State<AppState>, request: Request) -> Result<Response, Refusal> {
    check_version(request.headers())?;
    let call = Call::read(request).await?;
    let mut fields = Fields::of_body(call.body.as_bytes())?;
    let target = target(&state, &mut fields, None).await?;
    let reading = request::read(fields, &target, true)?;
    let client = call.of(ClientWire::Messages, &reading);
    let counted = state.engine.runs().ask_count(&reading.run, &client).await;
    let in_own_words = |error| reading.in_own_words(ClientWire::Messages, error);
    if let Some(input_tokens) = counted.map_err(|error| error.reworded(in_own_words))? {
        return Ok(answer::json(&json!({"input_tokens": input_tokens})));
    }
    let texts = reading.run.messages.iter().flat_map(|message| message.content.texts());
    let bytes: u64 = texts.map(|text| text.len() as u64).sum();
    let mut response = answer::json(&json!({"input_tokens": bytes.div_ceil(BYTES_PER_TOKEN)}));
    notice(response.headers_mut(), "an estimate, a token for each 4 bytes: this model's provider cannot be asked");
    Ok(response)
}
