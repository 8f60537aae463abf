//! The engine's parts over real files.

mod log;
mod store;
mod support;
