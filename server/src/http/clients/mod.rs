//! The routes of the vendors' SDKs: each reads what its wire says, and answers from the run's log in the same words.

mod answer;
mod call;
pub mod chat;
pub mod completions;
pub mod embeddings;
pub mod messages;
pub mod preset;
pub mod responses;

pub use call::check_version;
