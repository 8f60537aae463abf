//! What no route takes: files of the page, and what is not there.

use app::shell;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::{ApiError, Code};

use super::problem::Refusal;
use super::shared;
use crate::state::AppState;

/// A file, a page that says "not found", or a problem where a program asked.
pub async fn file_or_page(State(state): State<AppState>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if let Some(file) = state.assets.get(&path, request.headers()).filter(|_| reads) {
        return file;
    }
    if path.starts_with("/s/") {
        return shared::not_there(&state);
    }
    if is_api(request.uri()) || !reads {
        return Refusal::from(ApiError::new(Code::NotFound, format!("There is no `{path}`."))).into_response();
    }
    let options = state.leptos.clone();
    let page = leptos_axum::render_app_to_stream(move || shell(options.clone()));
    let mut response = page(request).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// The path exists, the method does not.
pub async fn method_not_allowed(method: Method, uri: Uri) -> Refusal {
    ApiError::new(Code::MethodNotAllowed, format!("`{}` does not take {method}.", uri.path())).into()
}

fn is_api(uri: &Uri) -> bool {
    ["/v1/", "/api/", "/pkg/", "/fonts/"].iter().any(|prefix| uri.path().starts_with(prefix))
}
