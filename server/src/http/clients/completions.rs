//! `POST /v1/completions`.

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use domain::ClientWire;
use domain::fields::Fields;
use wires::openai::completions::{self, Chunks};

use super::call::{Call, start, target};
use super::{answer, preset};
use crate::http::live::Closing;
use crate::http::problem::Refusal;
use crate::state::AppState;

/// Runs a prompt, and answers whole or in chunks.
pub async fn create(
    State(state): State<AppState>,
    Extension(Closing(closing)): Extension<Closing>,
    request: Request,
) -> Result<Response, Refusal> {
    let call = Call::read(request).await?;
    let mut fields = Fields::of_body(call.body.as_bytes())?;
    let kept = preset::of_fields(&state, &mut fields).await?;
    let target = target(&state, &mut fields, kept.as_ref()).await?;
    let request_id = fields.take("request_id")?;
    let completions::Asked { mut reading, include_usage, echo } = completions::read(fields, &target)?;
    preset::put_before(kept, &mut reading);
    let stream = reading.stream;
    let running = start(&state, &call, ClientWire::Completions, reading, request_id, false).await?;
    if stream {
        let chunks = Chunks::new(running.run, &target.model, include_usage, echo);
        return answer::streamed(running, chunks, closing).await;
    }
    answer::whole(running, |answered| completions::whole(answered, &target.model, echo.as_deref())).await
}
