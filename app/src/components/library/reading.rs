//! What the library asks the server for.

use domain::{Preset, PromptId};
#[cfg(feature = "ssr")]
use leptos::prelude::use_context;

use crate::api::error::PageError;
use crate::api::prompts::{PromptList, get_prompt, list_prompts};
use crate::state::library::Asked;
use crate::state::preset::usual_version;

/// Reads the list that is asked for.
///
/// # Errors
/// What the server says.
pub async fn read_list(asked: Asked) -> Result<PromptList, PageError> {
    let filter = asked.filter(wall_micros());
    list_prompts(filter, Some(asked.after).filter(|after| !after.is_empty()), None).await
}

/// Reads a prompt with a version; without one, with that which is usually run.
///
/// # Errors
/// What the server says.
pub async fn read_preset(id: PromptId, version: Option<u32>) -> Result<Preset, PageError> {
    let preset = get_prompt(id, version).await?;
    let usual = usual_version(&preset);
    if version.is_none() && preset.version != usual { get_prompt(id, Some(usual)).await } else { Ok(preset) }
}

/// Microseconds since 1970, UTC, by the nearest clock.
fn wall_micros() -> i64 {
    #[cfg(feature = "ssr")]
    return use_context::<engine::Engine>().map(|engine| engine.clock().now_micros()).unwrap_or_default();
    #[cfg(all(feature = "hydrate", not(feature = "ssr")))]
    return (js_sys::Date::now() * 1_000.0) as i64;
    #[cfg(not(any(feature = "ssr", feature = "hydrate")))]
    0
}
