//! What clients say and hear: requests of the vendors' SDKs into runs, a run's events into the vendors' answers.
//!
//! Pure: no I/O, no clock, no async. An answer is a function of the run's log and of the client's request, so that a
//! second reader, a reconnect and a restart give the same bytes. The providers' side of the same wires, what is sent to
//! a model and how its answer is read, is the engine's.
//!
//! | module | what stands there |
//! |---|---|
//! | [`reading`] | a request as it is being read: what goes where the model is |
//! | [`answer`] | the fold of events into an answer's blocks, and what every wire makes of them |
//! | [`openai`] | chat completions, completions, responses |
//! | [`anthropic`] | messages |
//! | [`code`] | a run as a program: curl, Python, TypeScript, Rust |
//! | [`paste`] | a program, a body or an exported prompt as a run |
//! | [`error`] | errors in either vendor's shape, with the status that its SDK makes a class of |

pub mod answer;
pub mod anthropic;
pub mod code;
pub mod error;
pub mod openai;
pub mod paste;
pub mod reading;

pub use answer::{Answered, Speak};
pub use reading::{Reading, Target};
