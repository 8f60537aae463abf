//! What was typed for a preset, kept in the tab: another prompt beside the list, or a reload, loses nothing.

use std::time::Duration;

use domain::PromptId;
use leptos::prelude::*;

use super::preset_run::PresetRun;
use crate::browser;
use crate::browser::editors::settle_editors;
use crate::state::preset::KeptForm;

/// How long the keys must rest before it is written.
const REST: Duration = Duration::from_millis(200);

fn key(id: PromptId) -> String {
    format!("etude.preset.{id}")
}

/// Brings back what the tab has for this preset, and keeps what is typed from now on.
pub(super) fn keep(runner: PresetRun, id: PromptId) {
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    let write = move || {
        if let Some(kept) = runner.kept()
            && let Ok(json) = serde_json::to_string(&kept)
        {
            // Where it is too large for the tab's storage, it stays on the page alone.
            browser::remember(&key(id), &json);
        }
    };
    Effect::new(move |before: Option<()>| {
        runner.track();
        if before.is_none() {
            let known = browser::remembered(&key(id)).and_then(|json| serde_json::from_str::<KeptForm>(&json).ok());
            if let Some(known) = known {
                runner.restore(known);
            }
            return;
        }
        stop();
        timer.set_value(set_timeout_with_handle(write, REST).ok());
    });
    Effect::new(move || {
        let leaving = window_event_listener_untyped("pagehide", move |_| {
            settle_editors();
            write();
        });
        on_cleanup(move || {
            leaving.remove();
            stop();
            write();
        });
    });
}
