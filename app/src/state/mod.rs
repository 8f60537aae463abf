//! What a page knows, apart from how it looks.
//!
//! | module | what stands there |
//! |---|---|
//! | [`address`] | addresses with a query |
//! | [`commands`] | everything that can be done, to be found by a few letters |
//! | [`compare`] | a comparison: its columns, rows and cells, and what can be done with them |
//! | [`compose`] | from what is typed to the run it asks for |
//! | [`content`] | from the fields to what a version holds, and back |
//! | [`csv`] | rows of inputs as people have them: CSV, JSONL |
//! | [`desk`] | all that the playground works with, and what its buttons do |
//! | [`diff_rows`] | two versions of a text as rows of a table |
//! | [`draft`] | what stands in the playground's fields |
//! | [`exact`] | what a version says and the fields cannot |
//! | [`figures`] | the eight figures under an output, as text |
//! | [`filters`] | what the history is asked for |
//! | [`forecast`] | before the run: tokens and cost |
//! | [`fuzzy`] | finding by a few letters |
//! | [`history`] | the versions of a prompt as a list |
//! | [`lanes`] | which version came of which, as lines |
//! | [`library`] | what the library is asked for, and the prompts that it shows |
//! | [`line_ends`] | line ends as they were, behind fields that show LF alone |
//! | [`models`] | models and providers as people read of them |
//! | [`overlays`] | what lies over the page |
//! | [`pasted`] | what was understood of something pasted |
//! | [`preset`] | running a preset: its form, the run that it asks for, the forecast |
//! | [`pretty`] | JSON for reading, every token as it was |
//! | [`rows`] | the rows of the history |
//! | [`run`] | one run as it grows |
//! | [`run_figures`] | the figures of two runs beside each other |
//! | [`run_pick`] | picking the run that another is compared with |
//! | [`settings`] | the parameters of the rail |
//! | [`secrets`] | keys that stand in a text |
//! | [`shares`] | links as people read of them |
//! | [`versions`] | which version was opened, whether it was edited, what saving makes of it |
//! | [`waterfall`] | where a run's time went |
//! | [`when`] | times as people read them |

pub mod address;
pub mod commands;
pub mod compare;
pub mod compose;
pub mod content;
pub mod csv;
pub mod desk;
pub mod diff_rows;
pub mod draft;
pub mod exact;
pub mod figures;
pub mod filters;
pub mod forecast;
pub mod fuzzy;
pub mod history;
pub mod lanes;
pub mod library;
pub mod line_ends;
pub mod models;
pub mod overlays;
pub mod pasted;
pub mod preset;
pub mod pretty;
pub mod replay;
pub mod rows;
pub mod run;
pub mod run_figures;
pub mod run_pick;
pub mod secrets;
pub mod settings;
pub mod shares;
pub mod spent;
pub mod versions;
pub mod waterfall;
pub mod when;
