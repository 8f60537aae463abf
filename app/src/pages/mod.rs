//! One file for each place that has a URL. Pages load, components show.

pub mod not_found;
pub mod playground;
pub mod run;
pub mod runs;
