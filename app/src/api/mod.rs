//! Server functions: what the page asks the server for, typed on both sides.
//!
//! Each is a public endpoint under `/api`. They hold no rules: state, principal, engine call, `?`.

pub mod carry;
pub mod code;
pub mod comparisons;
pub mod drafts;
pub mod error;
pub mod history;
mod html;
mod json;
pub mod models;
pub mod prompts;
pub mod providers;
pub mod run_diff;
pub mod runs;
pub mod shares;
pub mod versions;
