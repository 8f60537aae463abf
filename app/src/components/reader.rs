//! The reader's place in a growing text: followed at the end, left alone anywhere else.

use std::time::Duration;

use leptos::html::Div;
use leptos::prelude::*;

use crate::state::run::RunState;

/// How far from the end one may be and still be taken to read along, in pixels.
const AT_END_PX: i32 = 32;
/// After this much rest the caret blinks.
const REST: Duration = Duration::from_millis(400);

/// Where the reader is, against the end of the text.
#[derive(Clone, Copy)]
pub(super) struct Reader {
    body: NodeRef<Div>,
    /// Whether to scroll along.
    along: StoredValue<bool>,
    last_top: StoredValue<i32>,
    /// Whether text came that is below the fold.
    pub(super) behind: RwSignal<bool>,
}

impl Reader {
    pub(super) fn new(body: NodeRef<Div>) -> Self {
        Self { body, along: StoredValue::new(true), last_top: StoredValue::new(0), behind: RwSignal::new(false) }
    }

    /// Scrolling up leaves the end; coming back to it follows again.
    pub(super) fn scrolled(self) {
        let Some(body) = self.body.get_untracked() else { return };
        let top = body.scroll_top();
        if body.scroll_height() - top - body.client_height() < AT_END_PX {
            self.along.set_value(true);
            self.behind.set(false);
        } else if top < self.last_top.get_value() {
            self.along.set_value(false);
        }
        self.last_top.set_value(top);
    }

    pub(super) fn to_end(self) {
        self.along.set_value(true);
        self.behind.set(false);
        if let Some(body) = self.body.get_untracked() {
            body.set_scroll_top(body.scroll_height());
        }
    }

    /// Follows what comes into `run`.
    pub(super) fn follow(self, run: RunState) {
        Effect::new(move || {
            run.epoch.track();
            self.along.set_value(true);
            self.behind.set(false);
        });
        Effect::new(move |before: Option<()>| {
            run.text.track();
            run.reasoning.track();
            if before.is_none() || !untrack(|| run.is_running()) {
                return;
            }
            if self.along.get_value() {
                // Once the text is there, whichever effect puts it there.
                request_animation_frame(move || {
                    if self.along.try_get_value() == Some(true) {
                        self.to_end();
                    }
                });
            } else {
                self.behind.set(true);
            }
        });
    }
}

/// Says whether text is moving.
pub(super) fn watch_flow(run: RunState, moving: RwSignal<bool>) {
    let timer = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |before: Option<()>| {
        run.text.track();
        if before.is_none() {
            return;
        }
        moving.set(true);
        timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
            *timer = set_timeout_with_handle(move || moving.set(false), REST).ok();
        });
    });
}
