//! OpenAI's wires: chat completions, completions, responses.

pub mod chat;
pub mod completions;
mod messages;
pub mod responses;
