//! Chat completions: what is asked for, and the answer, whole and in chunks.
//!
//! <https://platform.openai.com/docs/api-reference/chat>

mod answer;
mod request;

pub use answer::{Chunks, whole};
pub(super) use answer::{reason, usage};
pub use request::{Asked, read};
pub(super) use request::{include_usage, parallel, several, stop, tool_choice};
