//! The engine over a real worker process and the real model.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]
#![allow(clippy::disallowed_methods, reason = "what is measured here is real time")]

mod batching;
mod generating;
mod grammars;
mod lifetime;
mod measure;
mod prompts;
mod support;
