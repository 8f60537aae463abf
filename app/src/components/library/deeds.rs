//! What can be done with a prompt of the library.

use domain::PromptId;
use domain::prompt::About;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Library, row_id, undo_id};
use crate::api::error::PageError;
use crate::api::prompts::{archive_prompt, describe_prompt, fork_prompt};
use crate::browser;
use crate::state::library::Shelf;

impl Library {
    /// Makes a prompt a favourite, or none. Shown at once; taken back where the server says no.
    pub(super) fn turn_favourite(self, id: PromptId) {
        self.listed.update(|listed| {
            if let Some(prompt) = listed.get_mut(id) {
                prompt.favourite = !prompt.favourite;
            }
        });
        if self.telling.with_value(|telling| telling.contains(&id)) {
            return;
        }
        self.telling.update_value(|telling| _ = telling.insert(id));
        self.undone.set(None);
        spawn_local(async move {
            // A hand may be faster than the answer: what it wanted last is told last.
            while let Some(wanted) = self.is_favourite(id) {
                let about = About { favourite: Some(wanted), ..About::default() };
                let told = describe_prompt(id, about).await;
                if let Err(PageError(error)) = told {
                    self.listed.try_update(|listed| {
                        if let Some(prompt) = listed.get_mut(id) {
                            prompt.favourite = !wanted;
                        }
                    });
                    self.undone.try_set(Some(error));
                    break;
                }
                if self.is_favourite(id) == Some(wanted) {
                    break;
                }
            }
            self.telling.try_update_value(|telling| telling.remove(&id));
            self.count();
        });
    }

    fn is_favourite(self, id: PromptId) -> Option<bool> {
        self.listed.try_with_untracked(|listed| listed.get(id).map(|prompt| prompt.favourite)).flatten()
    }

    /// Puts a prompt of the list away, or brings an archived one back; `back` undoes that.
    pub(super) fn put_away(self, id: PromptId, back: bool) {
        if self.telling.with_value(|telling| telling.contains(&id)) {
            return;
        }
        self.telling.update_value(|telling| _ = telling.insert(id));
        self.undone.set(None);
        let from_archive = self.asked.with_untracked(|asked| asked.shelf == Shelf::Archived);
        spawn_local(async move {
            let answer = archive_prompt(id, from_archive == back).await;
            self.telling.try_update_value(|telling| telling.remove(&id));
            if let Err(PageError(error)) = answer {
                self.undone.try_set(Some(error));
                return;
            }
            if back {
                self.moved.try_update(|moved| moved.remove(&id));
                browser::focus_soon(row_id(id));
            } else {
                self.moved.try_update(|moved| moved.insert(id));
                browser::focus_soon(undo_id(id));
            }
            self.count();
        });
    }

    /// Makes another prompt of this one, and goes there.
    pub(super) fn fork(self, id: PromptId) {
        self.undone.set(None);
        spawn_local(async move {
            match fork_prompt(id, None).await {
                Ok(saved) => _ = self.leave.try_run((format!("/p/{}", saved.id), false)),
                Err(PageError(error)) => _ = self.undone.try_set(Some(error)),
            }
        });
    }
}
