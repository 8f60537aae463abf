//! The whole HTTP surface, on one screen.

use app::{App, shell};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use domain::limits::INLINE_BODY_BYTES_MAX;
use leptos::context::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list, handle_server_fns_with_context};
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};

use crate::http::{fallback, headers, live, operations, origin, problem, request_id, runs};
use crate::state::AppState;

/// Builds the router. Streams end when `closing` is cancelled.
pub fn build(state: AppState, closing: &CancellationToken) -> Router {
    let page = {
        let (engine, principal, options) = (state.engine.clone(), state.principal.clone(), state.leptos.clone());
        move || {
            provide_context(engine.clone());
            provide_context(principal.clone());
            provide_context(options.clone());
        }
    };
    let functions = {
        let page = page.clone();
        move |request: axum::extract::Request| handle_server_fns_with_context(page.clone(), request)
    };
    let options = state.leptos.clone();

    Router::new()
        // The data plane.
        .route("/v1/runs", get(runs::list).post(runs::start))
        .route("/v1/runs/{id}", get(runs::get).delete(runs::delete))
        .route("/v1/runs/{id}/events", get(runs::events))
        .route("/v1/runs/{id}/cancel", post(runs::cancel))
        .route("/v1/live", get(live::open))
        // The control plane: server functions of the page.
        .route(
            "/api/{*function}",
            get(functions.clone()).post(functions).layer(DefaultBodyLimit::max(INLINE_BODY_BYTES_MAX)),
        )
        // Operations.
        .route("/healthz", get(operations::health))
        .route("/readyz", get(operations::readiness))
        // The page.
        .leptos_routes_with_context(&state, generate_route_list(App), page, move || shell(options.clone()))
        .fallback(fallback::file_or_page)
        .method_not_allowed_fallback(fallback::method_not_allowed)
        .layer(axum::Extension(live::Closing(closing.clone())))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn_with_state(state.clone(), origin::guard))
        .layer(from_fn(headers::secure))
        .layer(from_fn(problem::finish))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(request_id::Make(state.engine.clock().clone())))
        .layer(from_fn(request_id::sanitise))
        .with_state(state)
}
