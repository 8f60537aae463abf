//! The models that the mock lists: any name will do for a request, but a list has an end.

use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Mock;

/// Lists them, in Anthropic's form where its version is named.
pub async fn list(State(mock): State<Arc<Mock>>, headers: HeaderMap) -> Json<Value> {
    let names = mock.models.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if headers.contains_key("anthropic-version") {
        let data = names.iter().map(|name| {
            json!({
                "type": "model", "id": name, "display_name": name, "created_at": "2023-11-14T22:13:20Z",
                "lifecycle": "active", "capabilities": null, "max_input_tokens": null, "max_tokens": null,
            })
        });
        let data: Vec<_> = data.collect();
        return Json(json!({"data": data, "has_more": false, "first_id": names.first(), "last_id": names.last()}));
    }
    let data: Vec<_> = names
        .iter()
        .map(|name| json!({"id": name, "object": "model", "created": 1_700_000_000, "owned_by": mock.owned_by}))
        .collect();
    Json(json!({"object": "list", "data": data}))
}

/// Names for the list.
#[derive(Deserialize)]
pub struct Names {
    models: Vec<String>,
}

/// Puts other names on the list.
pub async fn replace(State(mock): State<Arc<Mock>>, Json(names): Json<Names>) -> StatusCode {
    *mock.models.lock().unwrap_or_else(PoisonError::into_inner) = names.models;
    StatusCode::NO_CONTENT
}
