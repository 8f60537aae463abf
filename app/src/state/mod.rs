//! What a page knows, apart from how it looks.
//!
//! | module | what stands there |
//! |---|---|
//! | [`commands`] | everything that can be done, to be found by a few letters |
//! | [`compose`] | from what is typed to the run it asks for |
//! | [`desk`] | all that the playground works with, and what its buttons do |
//! | [`draft`] | what stands in the playground's fields |
//! | [`figures`] | the eight figures under an output, as text |
//! | [`filters`] | what the history is asked for |
//! | [`forecast`] | before the run: tokens and cost |
//! | [`fuzzy`] | finding by a few letters |
//! | [`models`] | models and providers as people read of them |
//! | [`overlays`] | what lies over the page |
//! | [`pretty`] | JSON for reading, every token as it was |
//! | [`rows`] | the rows of the history |
//! | [`run`] | one run as it grows |
//! | [`settings`] | the parameters of the rail |
//! | [`waterfall`] | where a run's time went |
//! | [`when`] | times as people read them |

pub mod commands;
pub mod compose;
pub mod desk;
pub mod draft;
pub mod figures;
pub mod filters;
pub mod forecast;
pub mod fuzzy;
pub mod models;
pub mod overlays;
pub mod pretty;
pub mod rows;
pub mod run;
pub mod settings;
pub mod waterfall;
pub mod when;
