//! The engine's parts over real files.

mod history;
mod log;
mod store;
mod support;
