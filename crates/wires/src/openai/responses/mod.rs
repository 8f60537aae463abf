//! Responses: what is asked for, the answer, whole and as events, and what can be read of it later.
//!
//! <https://platform.openai.com/docs/api-reference/responses>

mod answer;
mod events;
mod items;
mod request;

pub use answer::{Echo, RESPONSE, block_of, id, run_of, whole};
pub use events::Events;
pub use items::input_items;
pub use request::{Asked, Earlier, previous, read, references};
