//! What is done with a comparison as a whole.

use leptos::task::spawn_local;

use super::Compare;
use crate::api::comparisons::{delete_comparison, duplicate_comparison};
use crate::api::error::PageError;
use crate::browser;

impl Compare {
    /// Makes another comparison of what stands here, and goes there.
    pub fn copy(self) {
        self.after_saved(move || {
            spawn_local(async move {
                match duplicate_comparison(self.id).await {
                    // A document of its own: this one is bound to the comparison that it shows.
                    Ok(copy) => browser::leave_for(&format!("/compare?id={}", copy.id)),
                    Err(PageError(error)) => self.refuse(error),
                }
            });
        });
    }

    /// Deletes it, and goes to the list, which has the way back.
    pub fn delete(self) {
        self.after_saved(move || {
            spawn_local(async move {
                match delete_comparison(self.id).await {
                    Ok(()) => browser::leave_for("/compare"),
                    Err(PageError(error)) => self.refuse(error),
                }
            });
        });
    }

    /// Gives it out as a file, with all that stands here: `json` to be imported again, `md` to be read.
    pub fn export(self, form: &'static str) {
        self.after_saved(move || browser::download(&format!("/v1/export?of={}&format={form}", self.id)));
    }
}
