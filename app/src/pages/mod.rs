//! One file for each place that has a URL. Pages load, components show.

pub mod compare;
pub mod library;
pub mod models;
pub mod not_found;
pub mod playground;
pub mod run;
pub mod run_diff;
pub mod runs;
pub mod settings;
pub mod version_diff;
pub mod versions;
