//! The tab's draft: kept in the browser with every change, by the server soon after.
//!
//! Each tab has a draft of its own, under an id that the tab remembers; to open another draft is to take up its id. So
//! nothing is ever written over: what a tab had before stays where it is, and is found in the list of drafts.
//!
//! | where | when | what for |
//! |---|---|---|
//! | the tab's storage | at once | a reload begins with it, before anything is painted |
//! | the browser's database | at once | crash, closed tab, and what is too large for the tab's storage |
//! | the server | soon after | another browser, another machine |

#[cfg(feature = "hydrate")]
mod keeper;
pub mod parts;
#[cfg(feature = "hydrate")]
mod shelf;
#[cfg(feature = "hydrate")]
mod tab;

use domain::{DraftId, DraftSummary, PromptId, RunId};

use crate::state::desk::Desk;
use crate::state::draft::Draft;

/// What the page's address names. It wins over another draft, not over what was made of it in this tab.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Named {
    /// Nothing: the tab's draft, whatever it is.
    #[default]
    Nothing,
    /// A kept run.
    Run(RunId),
    /// A prompt.
    Prompt {
        /// Which one.
        id: PromptId,
        /// The version that is shown.
        version: u32,
        /// Whether the address has that number; else it is the newest.
        by_number: bool,
    },
}

/// Where the draft is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kept {
    /// Nothing was changed yet.
    #[default]
    Fresh,
    /// The latest change is being kept.
    Soon,
    /// In this browser; the server cannot be reached.
    Here,
    /// In this browser; it is too large for the server's list.
    TooLarge,
    /// In this browser and on the server.
    Saved,
    /// The browser keeps nothing for this page.
    Nowhere,
}

impl Kept {
    /// In words.
    #[must_use]
    pub const fn said(self) -> &'static str {
        match self {
            Self::Fresh => "",
            Self::Soon => "Saving",
            Self::Here | Self::TooLarge => "Kept in this browser",
            Self::Saved => "Draft saved",
            Self::Nowhere => "Not kept",
        }
    }

    /// What that means.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Fresh => "",
            Self::Soon => "This tab's draft is kept with every change.",
            Self::Here => "The server does not answer; it gets the draft when it does.",
            Self::TooLarge => {
                "The draft is too large for the server's list. A reload, a crash or a closed tab lose nothing."
            }
            Self::Saved => "In this browser and on the server. A reload, a crash or a closed tab lose nothing.",
            Self::Nowhere => "This browser keeps nothing for this page, and the server does not answer.",
        }
    }
}

/// Brings back what this tab had, and keeps what it has from now on.
#[cfg_attr(not(feature = "hydrate"), expect(unused_variables, reason = "only a browser keeps drafts"))]
pub fn keep(desk: Desk, named: Named) {
    #[cfg(feature = "hydrate")]
    keeper::Keeper::start(desk, named);
}

/// The version from which this tab has an unsaved draft of that prompt.
#[cfg_attr(not(feature = "hydrate"), expect(unused_variables, reason = "only a browser keeps drafts"))]
#[must_use]
pub fn unsaved_of(prompt: PromptId) -> Option<u32> {
    #[cfg(feature = "hydrate")]
    return tab::unsaved_of(prompt);
    #[cfg(not(feature = "hydrate"))]
    None
}

/// What this tab has in the fields of that prompt, saved or not.
#[cfg_attr(not(feature = "hydrate"), expect(unused_variables, reason = "only a browser keeps drafts"))]
pub async fn of_prompt(prompt: PromptId) -> Option<Draft> {
    #[cfg(feature = "hydrate")]
    return shelf::of_tab(prompt).await;
    #[cfg(not(feature = "hydrate"))]
    None
}

/// Loads the page with that draft in the tab; the present one stays where it is kept.
#[cfg_attr(not(feature = "hydrate"), expect(unused_variables, reason = "only a browser has tabs"))]
pub fn open(id: DraftId) {
    #[cfg(feature = "hydrate")]
    tab::take_up(Some(id));
}

/// Loads the page with a draft of its own; the present one stays where it is kept.
pub fn open_new() {
    #[cfg(feature = "hydrate")]
    tab::take_up(None);
}

/// Loads the page with these fields as a draft of their own; the present one stays where it is kept. Says whether the
/// browser took them: where it keeps nothing, nothing happens.
#[cfg_attr(not(feature = "hydrate"), expect(unused_variables, reason = "only a browser keeps drafts"))]
pub async fn open_with(draft: Draft) -> bool {
    #[cfg(feature = "hydrate")]
    return shelf::put_new(draft).await;
    #[cfg(not(feature = "hydrate"))]
    false
}

/// The id of the draft in this tab.
#[must_use]
pub fn current() -> Option<DraftId> {
    #[cfg(feature = "hydrate")]
    return tab::current();
    #[cfg(not(feature = "hydrate"))]
    None
}

/// Drafts of this browser that have the words in them, and the ids of those that a tab has open.
#[cfg_attr(not(feature = "hydrate"), expect(unused_variables, reason = "only a browser keeps drafts"))]
pub async fn in_browser(words: &str) -> (Vec<DraftSummary>, Vec<DraftId>) {
    #[cfg(feature = "hydrate")]
    return shelf::list(words).await;
    #[cfg(not(feature = "hydrate"))]
    (Vec::new(), Vec::new())
}

/// Takes a draft out of this browser.
#[cfg_attr(not(feature = "hydrate"), expect(unused_variables, reason = "only a browser keeps drafts"))]
pub async fn forget(id: DraftId) {
    #[cfg(feature = "hydrate")]
    shelf::forget(id).await;
}
