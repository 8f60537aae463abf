//! `/healthz` and `/readyz`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use inference::Status;
use serde::Serialize;

use crate::state::AppState;

/// Says that the process answers.
pub async fn health() -> &'static str {
    "ok"
}

/// How things stand.
#[derive(Serialize)]
pub struct Readiness {
    ready: bool,
    model: &'static str,
    build: String,
}

/// Says whether runs are admitted: 200, else 503. The embedded model may still be loading.
pub async fn readiness(State(state): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let model = match &*state.engine.inference_status().borrow() {
        Status::Loading => "loading",
        Status::Ready(_) => "ready",
        Status::Restarting { .. } => "restarting",
        Status::Failed { .. } => "failed",
        Status::Stopped => "stopped",
    };
    let ready = state.engine.is_ready();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, model, build: state.assets.build().to_owned() }))
}
