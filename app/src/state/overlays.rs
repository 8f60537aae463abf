//! What lies over the page, and what it acts on.

use leptos::prelude::*;

use super::desk::Desk;
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
}

/// What lies over the page. Provided once; every page can open one.
#[derive(Clone, Copy)]
pub struct Overlays {
    /// What is open.
    pub open: RwSignal<Option<Overlay>>,
    /// The playground, while it is the page.
    pub desk: RwSignal<Option<Desk>>,
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
