//! The whole HTTP surface, on one screen.

use app::{App, shell};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, delete, get, post};
use domain::limits::INLINE_BODY_BYTES_MAX;
use leptos::context::provide_context;
use leptos::server_fn::axum::server_fn_paths;
use leptos_axum::{LeptosRoutes, generate_route_list, handle_server_fns_with_context};
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};

use crate::http::{
    carry, clients, docs, fallback, headers, live, models, openapi, operations, origin, presets, problem, request_id,
    runs, shared, shares,
};
use crate::state::AppState;

/// A route, with its methods by name: axum cannot say which it has, and a test walks them all.
struct Route {
    methods: &'static [&'static str],
    path: &'static str,
    handler: MethodRouter<AppState>,
}

const fn route(methods: &'static [&'static str], path: &'static str, handler: MethodRouter<AppState>) -> Route {
    Route { methods, path, handler }
}

/// Every route but those of the page and its server functions.
fn table() -> Vec<Route> {
    vec![
        // The data plane.
        route(&["GET", "POST"], "/v1/runs", get(runs::list).post(runs::start)),
        route(&["GET", "DELETE"], "/v1/runs/{id}", get(runs::get).delete(runs::delete)),
        route(&["GET"], "/v1/runs/{id}/events", get(runs::events)),
        route(&["GET"], "/v1/runs/{id}/wire", get(runs::wire)),
        route(&["POST"], "/v1/runs/{id}/cancel", post(runs::cancel)),
        route(&["GET"], "/v1/live", get(live::open)),
        // The shelf of prompts.
        route(&["GET", "POST"], "/v1/presets", get(presets::list).post(presets::create)),
        route(
            &["GET", "PUT", "DELETE"],
            "/v1/presets/{id}",
            get(presets::get).put(presets::put).delete(presets::delete),
        ),
        route(&["GET"], "/v1/presets/{id}/versions", get(presets::versions)),
        // Links, and what they show.
        route(&["GET", "POST"], "/v1/shares", get(shares::list).post(shares::create)),
        route(&["GET", "DELETE"], "/v1/shares/{id}", get(shares::get).delete(shares::revoke)),
        route(&["GET"], "/s/{share}", get(shared::page)),
        route(&["GET"], "/s/{share}/events", get(shared::events)),
        route(&["GET"], "/s/{share}/live", get(shared::live)),
        route(&["POST"], "/s/{share}/unlock", post(shared::unlock)),
        route(&["POST"], "/s/{share}/runs", post(shared::start)),
        route(&["POST"], "/s/{share}/fork", post(shared::fork)),
        route(&["GET"], "/s/{share}/export", get(shared::export)),
        // Hand over, carry away.
        route(&["GET"], "/v1/export", get(carry::export)),
        route(&["POST"], "/v1/import", post(carry::import)),
        route(&["DELETE"], "/v1/import/{id}", delete(carry::take_back)),
        // The SDKs of the vendors.
        route(&["POST"], "/v1/chat/completions", post(clients::chat::create)),
        route(&["POST"], "/v1/completions", post(clients::completions::create)),
        route(&["POST"], "/v1/responses", post(clients::responses::create)),
        route(
            &["GET", "DELETE"],
            "/v1/responses/{id}",
            get(clients::responses::retrieve).delete(clients::responses::delete),
        ),
        route(&["POST"], "/v1/responses/{id}/cancel", post(clients::responses::cancel)),
        route(&["GET"], "/v1/responses/{id}/input_items", get(clients::responses::input_items)),
        route(&["POST"], "/v1/embeddings", post(clients::embeddings::create)),
        route(&["POST"], "/v1/messages", post(clients::messages::create)),
        route(&["POST"], "/v1/messages/count_tokens", post(clients::messages::count_tokens)),
        route(&["GET"], "/v1/models", get(models::list)),
        route(&["GET"], "/v1/models/{*name}", get(models::get)),
        // Operations.
        route(&["GET"], "/healthz", get(operations::health)),
        route(&["GET"], "/readyz", get(operations::readiness)),
        route(&["GET"], "/openapi.json", get(openapi::document_json)),
        route(&["GET"], "/docs", get(docs::page)),
    ]
}

/// Every route there is, as `METHOD /path`: the table, the server functions, the pages.
#[must_use]
pub fn list() -> Vec<String> {
    let table = table()
        .into_iter()
        .flat_map(|route| route.methods.iter().map(move |method| format!("{method} {}", route.path)));
    let functions = server_fn_paths().map(|(path, method)| format!("{method} {path}"));
    let pages = generate_route_list(App).into_iter().map(|page| format!("GET {}", page.path()));
    table.chain(functions).chain(pages).collect()
}

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

    let router = table().into_iter().fold(Router::new(), |router, route| router.route(route.path, route.handler));
    router
        // The control plane: server functions of the page.
        .route("/api/{*function}", get(functions.clone()).post(functions))
        // The page.
        .leptos_routes_with_context(&state, generate_route_list(App), page, move || shell(options.clone()))
        .fallback(fallback::file_or_page)
        .method_not_allowed_fallback(fallback::method_not_allowed)
        // Also for the routes of server functions that leptos adds by itself.
        .layer(DefaultBodyLimit::max(INLINE_BODY_BYTES_MAX))
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
