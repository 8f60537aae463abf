//! What every handler is given.

use std::sync::Arc;

use axum::extract::FromRef;
use engine::{Engine, Principal};
use leptos::config::LeptosOptions;

use crate::assets::Assets;
use crate::http::origin::Hosts;

/// What every handler is given. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// All I/O and all rules.
    pub engine: Engine,
    /// Who asks, while no accounts exist.
    pub principal: Principal,
    /// The page's files.
    pub assets: Arc<Assets>,
    /// Whom we answer for.
    pub hosts: Arc<Hosts>,
    /// Where the page's script and style stand.
    pub leptos: LeptosOptions,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}
