//! What lies over the page, and what it acts on.

use std::sync::Arc;

use domain::chat::Verbatim;
use domain::{ApiError, Shared};
use leptos::prelude::*;

use super::commands::Command;
use super::desk::Desk;
use super::versions::Opened;
use crate::browser;

/// Something that lies over the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlay {
    /// Every command, to be found by a few letters.
    Commands,
    /// The models, in the same way.
    Models,
    /// The keys.
    Shortcuts,
    /// Drafts of this tab and of others.
    Drafts,
    /// What stands in the fields, about to become a version.
    Save,
    /// A prompt's name, tags and description.
    Describe,
    /// Two versions that were made of the same one.
    Merge,
    /// The run as a program.
    Code,
    /// A program as a prompt.
    Paste,
    /// A link to what the page shows.
    Share,
    /// The links that there are.
    Links,
    /// A file that is brought in.
    Import,
    /// That the code of another one did not come.
    Missing,
}

/// Lists what can be done on a page, as it stands when it is asked. The page brings it, so that its code comes with it.
pub type Here = Arc<dyn Fn() -> Vec<Command> + Send + Sync>;

impl Overlay {
    /// Whether something leaves Etude by it, or comes in.
    #[must_use]
    pub const fn carries(self) -> bool {
        matches!(self, Self::Code | Self::Paste | Self::Share | Self::Links | Self::Import)
    }
}

/// What lies over the page. Provided once; every page can open one.
#[derive(Clone, Copy)]
pub struct Overlays {
    /// What is open.
    pub open: RwSignal<Option<Overlay>>,
    /// The playground, while it is the page.
    pub desk: RwSignal<Option<Desk>>,
    /// The prompt that the page is about.
    pub prompt: RwSignal<Option<Opened>>,
    /// Why something that was asked of that prompt was not done.
    pub trouble: RwSignal<Option<ApiError>>,
    /// What can be done on a page that the others know nothing of.
    pub here: RwSignal<Option<Here>>,
    /// What is about to be shared, and its name; else it is what the playground shows.
    pub sharing: RwSignal<Option<(Shared, String)>>,
    /// What was asked in the run that the page is about.
    pub asked: RwSignal<Option<Verbatim>>,
    /// The theme: `system`, `light` or `dark`.
    pub theme: RwSignal<&'static str>,
    /// Whether the main key for commands is ⌘.
    pub apple: RwSignal<bool>,
    /// Whether keys without Ctrl or ⌘ do something.
    pub single_keys: RwSignal<bool>,
}

impl Default for Overlays {
    fn default() -> Self {
        Self {
            open: RwSignal::new(None),
            desk: RwSignal::new(None),
            prompt: RwSignal::new(None),
            trouble: RwSignal::new(None),
            here: RwSignal::new(None),
            sharing: RwSignal::new(None),
            asked: RwSignal::new(None),
            theme: RwSignal::new("system"),
            apple: RwSignal::new(false),
            single_keys: RwSignal::new(true),
        }
    }
}

impl Overlays {
    /// Learns what only the browser knows.
    pub fn look(self) {
        Effect::new(move || {
            self.theme.set(match browser::theme().as_deref() {
                Some("light") => "light",
                Some("dark") => "dark",
                _ => "system",
            });
            self.apple.set(browser::is_apple());
            self.single_keys.set(browser::single_keys());
        });
    }

    /// Opens one in the place of another.
    pub fn show(self, overlay: Overlay) {
        browser::close_dialogs();
        self.open.set(Some(overlay));
    }

    /// Opens the dialog that shares this, by its name.
    pub fn share(self, what: Shared, name: impl Into<String>) {
        self.sharing.set(Some((what, name.into())));
        self.show(Overlay::Share);
    }

    /// Whether the page shows something that can be written as a program.
    #[must_use]
    pub fn has_code(self) -> bool {
        self.desk.with_untracked(Option::is_some) || self.asked.with_untracked(Option::is_some)
    }

    /// Goes from the system's theme to light, to dark, and back.
    pub fn next_theme(self) {
        self.set_theme(match self.theme.get_untracked() {
            "system" => "light",
            "light" => "dark",
            _ => "system",
        });
    }

    /// Changes the theme, and remembers it.
    pub fn set_theme(self, theme: &'static str) {
        browser::set_theme(theme);
        self.theme.set(theme);
    }

    /// Switches keys without Ctrl or ⌘ on or off, and remembers it.
    pub fn set_single_keys(self, on: bool) {
        browser::set_single_keys(on);
        self.single_keys.set(on);
    }
}
